/*
 * apply: all sites are planned and guarded before the first write; then site by site, step by step,
 * each said when it has happened. A site that fails does not keep the others back. Without
 * --cluster-wide it reads namespaces and writes RoleBindings, which the binder's rights are enough
 * for.
 */
#include "policy/cli/lock_file.h"
#include "policy/cli/site_plan.h"

#define REFUSALS_SAID 3 /* of a site; the rest are counted */

struct site_apply {
    struct run *run;
    struct site_plan *plan;
    struct api *api;
};

static void say_step(const struct site_apply *x, const struct buf *line, enum apply_outcome outcome)
{
    static const char *const notes[] = {
        [APPLY_DONE] = "",
        [APPLY_ALREADY] = " - was done already",
        [APPLY_SKIPPED] = " - skipped: the namespace is gone",
        [APPLY_FOREIGN] = " - left alone: the name is taken by an object that is not ours",
        [APPLY_REFUSED] = " - refused"};
    static const char *const words[] = {"done", "already", "skipped", "foreign", "refused"};
    struct run *s = x->run;
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", x->plan->cluster->site);
        json_put_str(&s->json, "step", buf_str(line));
        json_put_str(&s->json, "result", STR_C(words[outcome]));
        json_close_object(&s->json);
        return;
    }
    run_say(s, "%.*s: %s%s%s", STR_F(x->plan->cluster->site), s->options->dry_run ? "would " : "",
            buf_cstr(line), notes[outcome]);
}

/* The step was carried out or not: counted and said. A refusal is an error of the run. */
static void book(const struct site_apply *x, const struct buf *line, enum apply_outcome outcome)
{
    struct run *s = x->run;
    x->plan->counts[outcome]++;
    if (outcome != APPLY_REFUSED || x->plan->counts[APPLY_REFUSED] <= REFUSALS_SAID)
        say_step(x, line, outcome);
    if (outcome != APPLY_REFUSED)
        return;
    if (x->plan->counts[APPLY_REFUSED] <= REFUSALS_SAID) {
        (void)fail_within(&s->err, "%.*s", STR_F(x->plan->cluster->site));
        (void)run_fail(s);
    }
    s->worst = CLI_BACKEND;
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

static int stopped(const struct site_apply *x, size_t n_done)
{
    return fail_within(&x->run->err,
                       "%.*s: stopped after %zu of %zu steps; run apply again to go on",
                       STR_F(x->plan->cluster->site), n_done, site_plan_n_steps(x->plan));
}

static int apply_manifests(const struct site_apply *x)
{
    const struct site_plan *p = x->plan;
    bool dry_run = x->run->options->dry_run;
    for (size_t i = 0; i < p->n_manifests; i++) {
        enum apply_outcome outcome = APPLY_DONE;
        auto_arena scratch = {0};
        auto_buf line = BUF_INIT((size_t)1 << 16);
        struct apply apply = {.api = x->api, .arena = &scratch, .dry_run = dry_run};
        arena_init(&scratch, (size_t)64 << 20);
        if (manifest_apply(&apply, &p->manifests[i], &outcome, &x->run->err) < 0)
            return stopped(x, i);
        manifest_describe(&p->manifests[i], outcome == APPLY_DONE && !dry_run, &line);
        book(x, &line, outcome);
    }
    return 0;
}

/* A phase with a refusal is the last one: what comes after it relies on what it takes away. */
static int apply_steps(const struct site_apply *x)
{
    const struct plan *plan = &x->plan->plan;
    bool dry_run = x->run->options->dry_run;
    for (size_t i = 0; i < plan->n; i++) {
        const struct step *step = &plan->items[i];
        enum apply_outcome outcome = APPLY_DONE;
        auto_arena scratch = {0};
        auto_buf line = BUF_INIT((size_t)1 << 20);
        struct apply apply = {.api = x->api, .arena = &scratch, .dry_run = dry_run};
        arena_init(&scratch, (size_t)64 << 20);
        if (x->plan->counts[APPLY_REFUSED] && i && step->phase != plan->items[i - 1].phase)
            break;
        if (apply_step(&apply, step, &outcome, &x->run->err) < 0)
            return stopped(x, x->plan->n_manifests + i);
        plan_describe(step, outcome == APPLY_DONE && !dry_run, &line);
        book(x, &line, outcome);
    }
    return 0;
}

static void say_summary(struct run *s, const struct site_plan *p)
{
    struct str site = p->cluster->site;
    size_t n = site_plan_n_steps(p), refused = p->counts[APPLY_REFUSED],
           same = p->plan.n_same + p->n_manifests_same;
    if (s->options->json)
        return;
    if (n == 0)
        run_say(s, "%.*s: no change (%zu object%s)", STR_F(site), same, PLURAL(same));
    else
        run_say(s, "%.*s: %zu of %zu change%s %s, %zu object%s right already", STR_F(site),
                p->counts[APPLY_DONE] + p->counts[APPLY_ALREADY], n, PLURAL(n),
                s->options->dry_run ? "accepted" : "made", same, same == 1 ? " was" : "s were");
    if (refused > REFUSALS_SAID)
        run_say(s, "%.*s: %zu writes were refused, %d of them are said above", STR_F(site), refused,
                REFUSALS_SAID);
}

static void summary_json(struct run *s, const struct site_plan *plans)
{
    json_key(&s->json, "sites");
    json_open_array(&s->json);
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct site_plan *p = &plans[i];
        json_open_object(&s->json);
        json_put_str(&s->json, "site", s->clusters[i].site);
        json_put_bool(&s->json, "written", !p->refused);
        json_put_i64(&s->json, "planned", (int64_t)site_plan_n_steps(p));
        json_put_i64(&s->json, "made", (int64_t)(p->counts[APPLY_DONE] + p->counts[APPLY_ALREADY]));
        json_put_i64(&s->json, "refused", (int64_t)p->counts[APPLY_REFUSED]);
        json_put_i64(&s->json, "unchanged", (int64_t)(p->plan.n_same + p->n_manifests_same));
        json_put_i64(&s->json, "foreign", (int64_t)(p->counts[APPLY_FOREIGN] + p->plan.foreign.n));
        json_close_object(&s->json);
    }
    json_close_array(&s->json);
}

static void apply_site(struct run *s, struct site_plan *p, struct api *api)
{
    struct site_apply x = {s, p, api};
    say_foreign(s, p);
    api_set_timeout(api, s->options->timeout_ms);
    if (apply_manifests(&x) < 0 || (!p->counts[APPLY_REFUSED] && apply_steps(&x) < 0))
        (void)run_fail(s);
    say_summary(s, p);
}

enum cli_exit cmd_apply(struct run *s)
{
    struct site_plan *plans = NULL;
    if (site_plans_make(s, &plans) < 0)
        return run_fail(s);
    if (s->options->json) {
        json_key(&s->json, "steps");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < s->n_clusters; i++)
        if (!plans[i].refused)
            apply_site(s, &plans[i], s->apis[i]);
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
