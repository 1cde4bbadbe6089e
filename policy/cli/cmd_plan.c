/* plan: what apply would write, and nothing is written. Exit status 1 when there is anything. */
#include "policy/cli/site_plan.h"

static void put_step(struct run *s, const char *action, struct str kind, struct str namespace,
                     struct str name)
{
    json_open_object(&s->json);
    json_put_str(&s->json, "action", STR_C(action));
    json_put_str(&s->json, "kind", kind);
    json_put_str_opt(&s->json, "namespace", namespace);
    json_put_str(&s->json, "name", name);
}

static void say_steps(struct run *s, const struct site_plan *p)
{
    static const char *const changes[] = {"keep", "create", "update"};
    static const char *const actions[] = {"create", "patch", "replace", "delete"};
    for (size_t i = 0; i < p->n_manifests; i++) {
        const struct manifest_step *step = &p->manifests[i];
        auto_buf line = BUF_INIT((size_t)1 << 16);
        manifest_describe(step, false, &line);
        run_say(s, "%.*s: %s", STR_F(p->cluster->site), buf_cstr(&line));
        if (!s->options->json)
            continue;
        put_step(s, changes[step->change], step->want->kind, step->want->namespace,
                 step->want->name);
        json_put_str(&s->json, "text", buf_str(&line));
        json_close_object(&s->json);
    }
    for (size_t i = 0; i < p->plan.n; i++) {
        const struct step *step = &p->plan.items[i];
        const struct rbac_object *o = step->want ? step->want : step->have;
        auto_buf line = BUF_INIT((size_t)1 << 20);
        plan_describe(step, false, &line);
        run_say(s, "%.*s: %s", STR_F(p->cluster->site), buf_cstr(&line));
        if (!s->options->json)
            continue;
        put_step(s, actions[step->kind], STR_C(rbac_kind_name(o->kind)), o->namespace, o->name);
        json_put_str(&s->json, "text", buf_str(&line));
        json_put_str_opt(&s->json, "src", o->src);
        json_close_object(&s->json);
    }
}

static void say_site(struct run *s, const struct site_plan *p)
{
    struct str site = p->cluster->site;
    const char *scope =
        !s->options->cluster_wide ? "; RoleBindings only: --cluster-wide plans the rest"
        : s->options->objects.n ? "; saved objects: admission policies and binder are not compared"
                                : "";
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", site);
        json_key(&s->json, "steps");
        json_open_array(&s->json);
    }
    say_steps(s, p);
    for (size_t i = 0; i < p->plan.foreign.n; i++) {
        auto_buf name = BUF_INIT(4096);
        plan_name(p->plan.foreign.items[i], &name);
        run_say(s, "%.*s: %s is not ours and will be left alone", STR_F(site), buf_cstr(&name));
    }
    if (s->options->json) {
        json_close_array(&s->json);
        json_put_i64(&s->json, "unchanged", (int64_t)(p->plan.n_same + p->n_manifests_same));
        json_put_i64(&s->json, "foreign", (int64_t)p->plan.foreign.n);
        json_close_object(&s->json);
    }
    if (site_plan_n_steps(p) == 0)
        run_say(s, "%.*s: nothing to do (%zu objects are as they should be%s)", STR_F(site),
                p->plan.n_same + p->n_manifests_same, scope);
    else
        run_say(s, "%.*s: %zu write%s, %zu objects are as they should be%s", STR_F(site),
                site_plan_n_steps(p), PLURAL(site_plan_n_steps(p)),
                p->plan.n_same + p->n_manifests_same, scope);
}

enum cli_exit cmd_plan(struct run *s)
{
    struct site_plan *plans = NULL;
    bool any = false;
    if (site_plans_make(s, &plans) < 0)
        return run_fail(s);
    if (s->options->json) {
        json_key(&s->json, "sites");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < s->n_clusters; i++) {
        if (plans[i].refused)
            continue;
        say_site(s, &plans[i]);
        any = any || site_plan_n_steps(&plans[i]) > 0;
    }
    if (s->options->json)
        json_close_array(&s->json);
    return any ? CLI_FINDINGS : CLI_OK;
}
