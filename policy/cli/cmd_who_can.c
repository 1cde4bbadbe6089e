/* who-can: every subject that may do it, and through which binding, role and line. */
#include "policy/cli/run.h"
#include "policy/cluster/plan.h"

static int ask(struct run *s, const struct cluster *c, struct rbac_question *ret)
{
    const struct cli_options *o = s->options;
    struct str verb = o->arguments.items[0], target = o->arguments.items[1], url = STR("url:");
    if (str_starts(target, url)) {
        *ret = (struct rbac_question){.verb = verb, .path = str_from_to(target, url.n, target.n)};
        return 0;
    }
    const struct policy_at at = {s->policy, run_site(s->policy, c), s->now_ms, s->arena};
    if (policy_question(&at, verb, target, ret, &s->err) < 0)
        return -1;
    ret->namespace = o->namespace;
    ret->name = o->name;
    return 0;
}

/* The live objects, or what they would be after an apply. */
static int objects_of(struct run *s, const struct cluster *c, const struct rbac_set **ret)
{
    struct rbac_set want, *result = ARENA_NEW(s->arena, struct rbac_set);
    struct plan plan = {.arena = s->arena, .prune = true};
    *ret = &c->objects;
    if (!s->options->planned)
        return 0;
    if (run_emit(s, s->policy, c, &want, &s->err) < 0 ||
        plan_make(&plan, &want, &c->objects, &s->err) < 0 ||
        plan_result(&plan, &c->objects, result, &s->err) < 0)
        return -1;
    *ret = result;
    return 0;
}

static void say_holder(struct run *s, const struct cluster *c, const struct policy_holder *h)
{
    const struct rbac_reason *r = &h->holder.reason;
    auto_buf line = BUF_INIT((size_t)1 << 16), binding = BUF_INIT(4096), role = BUF_INIT(4096);
    size_t people = 0;
    plan_name(r->binding, &binding);
    plan_name(r->role, &role);
    if (h->team != ID_NONE && s->has_directory)
        people = policy_team_members(s->policy, h->team, s->now_ms, s->arena).n;
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", c->site);
        json_put_str(&s->json, "kind", STR_C(rbac_subject_kind_name(r->subject->kind)));
        json_put_str(&s->json, "subject", r->subject->name);
        json_put_str_opt(&s->json, "subject_namespace", r->subject->namespace);
        json_put_str(&s->json, "binding", buf_str(&binding));
        json_put_str(&s->json, "role", buf_str(&role));
        if (h->team != ID_NONE)
            json_put_str(&s->json, "team", s->tree->teams.items[h->team].name.text);
        if (h->team != ID_NONE && s->has_directory)
            json_put_i64(&s->json, "people", (int64_t)people);
        json_put_str_opt(&s->json, "src", r->binding->src);
        json_close_object(&s->json);
        return;
    }
    buf_fmt(&line, "  %s ", rbac_subject_kind_name(r->subject->kind));
    if (r->subject->namespace.n)
        buf_fmt(&line, "%.*s/", STR_F(r->subject->namespace));
    buf_add(&line, r->subject->name);
    if (h->team != ID_NONE && s->has_directory)
        buf_fmt(&line, " (%zu people)", people);
    buf_fmt(&line, "  by %s -> %s", buf_cstr(&binding), buf_cstr(&role));
    if (h->grant)
        buf_fmt(&line, "  %s:%u", h->grant->pos.source->name, h->grant->pos.line);
    else if (r->binding->src.n)
        buf_fmt(&line, "  %.*s", STR_F(r->binding->src));
    if (h->until_ms != TIME_NONE) {
        buf_c(&line, "  until ");
        time_format(&line, h->until_ms, false);
    }
    run_say_buf(s, &line);
}

static int who_can_site(struct run *s, const struct cluster *c, size_t *n)
{
    const struct rbac_set *set = NULL;
    struct rbac_question question = {0};
    if (ask(s, c, &question) < 0 || objects_of(s, c, &set) < 0)
        return -1;
    const struct universe *u = universe_new(s->arena, &set, 1, &c->data.resources, &s->err);
    const struct access *x = u ? access_new(s->arena, u, set, &s->err) : NULL;
    if (!x)
        return -1;
    const struct policy_at at = {s->policy, run_site(s->policy, c), s->now_ms, s->arena};
    struct policy_holders holders = policy_who_can(&at, x, &question);
    run_say(s, "%.*s: %zu may %.*s %.*s%s%.*s", STR_F(c->site), holders.n,
            STR_F(s->options->arguments.items[0]), STR_F(s->options->arguments.items[1]),
            question.namespace.n ? " in " : " in the whole cluster", STR_F(question.namespace));
    for (size_t i = 0; i < holders.n; i++)
        say_holder(s, c, &holders.items[i]);
    *n += holders.n;
    return 0;
}

enum cli_exit cmd_who_can(struct run *s)
{
    size_t n = 0;
    int status = 0;
    if (s->options->json) {
        json_key(&s->json, "holders");
        json_open_array(&s->json);
    }
    for (size_t i = 0; status == 0 && i < s->n_clusters; i++)
        status = who_can_site(s, &s->clusters[i], &n);
    if (s->options->json)
        json_close_array(&s->json);
    return status < 0 ? run_fail(s) : CLI_OK;
}
