/*
 * apply: all sites are planned and guarded before the first write; then site by site, step by step,
 * each said when it has happened. A site that fails does not keep the others back.
 */
#include "policy/cli/lock_file.h"
#include "policy/cli/run.h"
#include "policy/cluster/apply.h"

struct site_plan {
    const struct cluster *cluster;
    struct rbac_set want;
    struct plan plan;
    size_t counts[4]; /* by enum apply_outcome */
};

static int plan_site(struct run *s, const struct cluster *c, struct site_plan *p)
{
    const struct cli_options *o = s->options;
    p->cluster = c;
    p->plan = (struct plan){.arena = s->arena, .prune = !o->no_prune};
    if (run_emit(s, s->policy, c, &p->want, &s->err) < 0 ||
        plan_make(&p->plan, &p->want, &c->objects, &s->err) < 0)
        return -1;
    return o->allow_shrink ? 0 : plan_guard(&p->plan, c->site, o->max_prune, &s->err);
}

static void say_step(struct run *s, const struct site_plan *p, const struct step *step,
                     enum apply_outcome outcome)
{
    static const char *const notes[] = {
        [APPLY_DONE] = "",
        [APPLY_ALREADY] = " - was done already",
        [APPLY_SKIPPED] = " - skipped: the namespace is gone",
        [APPLY_FOREIGN] = " - left alone: the name is taken by an object that is not ours"};
    static const char *const words[] = {"done", "already", "skipped", "foreign"};
    auto_buf line = BUF_INIT((size_t)1 << 20);
    plan_describe(step, outcome == APPLY_DONE && !s->options->dry_run, &line);
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", p->cluster->site);
        json_put_str(&s->json, "step", buf_str(&line));
        json_put_str(&s->json, "result", STR_C(words[outcome]));
        json_close_object(&s->json);
        return;
    }
    run_say(s, "%.*s: %s%s%s", STR_F(p->cluster->site), s->options->dry_run ? "would " : "",
            buf_cstr(&line), notes[outcome]);
}

/* Names of ours that somebody else has taken: our object cannot be there, so the run is not a
 * success. */
static void say_foreign(struct run *s, const struct site_plan *p)
{
    for (size_t i = 0; i < p->plan.foreign.n; i++) {
        auto_buf name = BUF_INIT(4096);
        plan_name(p->plan.foreign.items[i], &name);
        (void)fail(&s->err, ERR_CONFIG,
                   "%.*s: %s is not ours (no label " RBAC_LABEL_MANAGED
                   "): left alone. Remove it, or give it the label",
                   STR_F(p->cluster->site), buf_cstr(&name));
        (void)run_fail(s);
    }
}

static int apply_site(struct run *s, struct site_plan *p, struct api *api)
{
    api_set_timeout(api, s->options->timeout_ms);
    for (size_t i = 0; i < p->plan.n; i++) {
        enum apply_outcome outcome = APPLY_DONE;
        auto_arena scratch = {0};
        struct apply apply = {.api = api, .arena = &scratch, .dry_run = s->options->dry_run};
        arena_init(&scratch, (size_t)64 << 20);
        if (apply_step(&apply, &p->plan.items[i], &outcome, &s->err) < 0)
            return fail_within(&s->err,
                               "%.*s: stopped after %zu of %zu steps; run apply again to go on",
                               STR_F(p->cluster->site), i, p->plan.n);
        p->counts[outcome]++;
        say_step(s, p, &p->plan.items[i], outcome);
    }
    return 0;
}

static void say_summary(struct run *s, const struct site_plan *p)
{
    struct str site = p->cluster->site;
    if (s->options->json)
        return;
    if (p->plan.n == 0)
        run_say(s, "%.*s: no change (%zu objects)", STR_F(site), p->plan.n_same);
    else
        run_say(s, "%.*s: %zu of %zu changes %s, %zu objects were right already", STR_F(site),
                p->counts[APPLY_DONE] + p->counts[APPLY_ALREADY], p->plan.n,
                s->options->dry_run ? "accepted" : "made", p->plan.n_same);
}

static void summary_json(struct run *s, const struct site_plan *plans)
{
    json_key(&s->json, "sites");
    json_open_array(&s->json);
    for (size_t i = 0; i < s->n_clusters; i++) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", plans[i].cluster->site);
        json_put_i64(&s->json, "planned", (int64_t)plans[i].plan.n);
        json_put_i64(&s->json, "made",
                     (int64_t)(plans[i].counts[APPLY_DONE] + plans[i].counts[APPLY_ALREADY]));
        json_put_i64(&s->json, "unchanged", (int64_t)plans[i].plan.n_same);
        json_put_i64(&s->json, "foreign",
                     (int64_t)(plans[i].counts[APPLY_FOREIGN] + plans[i].plan.foreign.n));
        json_close_object(&s->json);
    }
    json_close_array(&s->json);
}

static int guard(struct run *s, struct site_plan *plans)
{
    if (s->has_directory && !s->options->allow_shrink &&
        lock_file_guard(s, lock_file_path(s), &s->err) < 0)
        return -1;
    for (size_t i = 0; i < s->n_clusters; i++)
        if (plan_site(s, &s->clusters[i], &plans[i]) < 0)
            return -1;
    return 0;
}

enum cli_exit cmd_apply(struct run *s)
{
    struct site_plan *plans = ARENA_ARRAY(s->arena, s->n_clusters + 1, struct site_plan);
    if (guard(s, plans) < 0)
        return run_fail(s);
    if (s->options->json) {
        json_key(&s->json, "steps");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < s->n_clusters; i++) {
        say_foreign(s, &plans[i]);
        if (apply_site(s, &plans[i], s->apis[i]) < 0)
            (void)run_fail(s);
        say_summary(s, &plans[i]);
    }
    if (s->options->json) {
        json_close_array(&s->json);
        summary_json(s, plans);
    }
    /* the lock stands for what all sites hold: a run that left one behind must not move the guard's
     * measure */
    if (s->worst == CLI_OK && s->has_directory && !s->options->dry_run &&
        lock_file_write(s, lock_file_path(s), &s->err) < 0)
        return run_fail(s);
    return CLI_OK;
}
