/* until: the policy at another moment against now. expiring: who loses what when, and which test
 * begins to fail. Nothing changes between the moments at which a grant or an `add` ends. */
#include "policy/cli/diff_people.h"
#include "policy/cli/site_access.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

struct timeline {
    struct site_access *sites;
    struct policy_compare *compares;
    const struct access **by_site; /* by site of the policy, for its tests */
    struct diff_people people;
};

/* What the policy means: the clusters as they would be after an apply. */
static int open_sites(struct run *s, struct timeline *t)
{
    t->sites = ARENA_ARRAY(s->arena, s->n_clusters + 1, struct site_access);
    t->compares = ARENA_ARRAY(s->arena, s->n_clusters + 1, struct policy_compare);
    t->by_site = ARENA_ARRAY(s->arena, policy_n_sites(s->policy), const struct access *);
    diff_people_init(&t->people, s);
    for (size_t i = 0; i < s->n_clusters; i++) {
        struct site_access *a = &t->sites[i];
        if (site_access_new(s, &s->clusters[i], a) < 0)
            return -1;
        t->compares[i] = (struct policy_compare){
            .before = a->at, .after = a->at, .access_before = a->x, .access_after = a->x};
        policy_compare_begin(&t->compares[i]);
        t->by_site[a->at.site] = a->x;
    }
    s->not_applied = 0; /* both moments are the policy's */
    return 0;
}

static void step(struct run *s, struct timeline *t, int64_t from_ms, int64_t to_ms)
{
    for (size_t i = 0; i < s->n_clusters; i++) {
        t->compares[i].before.now_ms = from_ms;
        t->compares[i].after.now_ms = to_ms;
        diff_people_add(&t->people, &t->compares[i], s->clusters[i].site, to_ms);
    }
}

/* --- the policy's own tests */

static void say_test(struct run *s, const struct policy_test_result *r, int64_t at_ms)
{
    auto_buf time = BUF_INIT(64);
    time_format(&time, at_ms, false);
    if (!s->options->json) {
        run_say(s, "from %s: test %s:%u begins to fail: %.*s", buf_cstr(&time),
                r->test->pos.source->name, r->test->pos.line, STR_F(r->text));
        return;
    }
    json_open_object(&s->json);
    json_put_str(&s->json, "from", buf_str(&time));
    json_put_str(&s->json, "file", STR_C(r->test->pos.source->name));
    json_put_i64(&s->json, "line", r->test->pos.line);
    json_put_str(&s->json, "text", r->text);
    json_close_object(&s->json);
}

/* Tests that pass just before the moment and fail at it. */
static size_t failing_tests(struct run *s, const struct timeline *t, int64_t from_ms, int64_t to_ms)
{
    size_t n = 0;
    struct policy_test_results before = policy_run_tests(s->policy, t->by_site, from_ms, s->arena);
    struct policy_test_results after = policy_run_tests(s->policy, t->by_site, to_ms, s->arena);
    for (size_t i = 0; i < after.n && i < before.n; i++)
        if (before.items[i].passed && !after.items[i].passed) {
            say_test(s, &after.items[i], to_ms);
            n++;
        }
    return n;
}

static void open_tests(struct run *s)
{
    if (!s->options->json)
        return;
    json_key(&s->json, "tests");
    json_open_array(&s->json);
}

static void close_tests(struct run *s)
{
    if (s->options->json)
        json_close_array(&s->json);
}

static void say_people(struct run *s, struct timeline *t)
{
    if (s->options->json)
        diff_people_json(&t->people);
    else
        diff_people_say(&t->people);
}

/* --- until */

enum cli_exit cmd_until(struct run *s)
{
    int64_t to_ms = 0;
    struct timeline t;
    struct str word = s->options->arguments.items[0];
    if (!time_parse(word, &to_ms) || to_ms <= s->now_ms) {
        (void)fail(&s->err, ERR_CONFIG,
                   "until %.*s: expected a moment that is still to come, 2031-12-31 or "
                   "2031-12-31T18:00:00Z",
                   STR_F(word));
        return run_fail(s);
    }
    if (open_sites(s, &t) < 0)
        return run_fail(s);
    step(s, &t, s->now_ms, to_ms);
    say_people(s, &t);
    open_tests(s);
    size_t n_tests = failing_tests(s, &t, s->now_ms, to_ms);
    close_tests(s);
    struct people_count n = diff_people_count(&t.people);
    run_say(s, "at %.*s: %zu people gain, %zu lose; %zu tests begin to fail", STR_F(word), n.gain,
            n.lose, n_tests);
    return CLI_OK;
}

/* --- expiring */

static void say_endings(struct run *s, int64_t from_ms, int64_t to_ms)
{
    for (size_t i = 0; i < s->tree->grants.n; i++) {
        const struct policy_grant *g = &s->tree->grants.items[i];
        auto_buf line = BUF_INIT(65536);
        if (g->until.ms == TIME_NONE || g->until.ms <= from_ms || g->until.ms > to_ms)
            continue;
        time_format(&line, g->until.ms, false);
        buf_fmt(&line, ": the grant %s:%u ends (team %.*s, role %.*s)", g->pos.source->name,
                g->pos.line, STR_F(g->team.text), STR_F(g->role.text));
        run_say_buf(s, &line);
    }
}

enum cli_exit cmd_expiring(struct run *s)
{
    struct timeline t;
    struct policy_moments moments = {0};
    int64_t days = s->options->days ? s->options->days : 30, last_ms = s->now_ms;
    int64_t end_ms = s->now_ms + days * DAY_MS;
    size_t n_tests = 0, n_moments = 0;
    if (open_sites(s, &t) < 0)
        return run_fail(s);
    policy_moments_add(s->policy, s->now_ms, s->arena, &moments);
    open_tests(s);
    for (size_t i = 0; i < moments.n && moments.items[i] <= end_ms; i++) {
        say_endings(s, last_ms, moments.items[i]);
        step(s, &t, last_ms, moments.items[i]);
        if (!s->options->json)
            diff_people_say(&t.people);
        n_tests += failing_tests(s, &t, last_ms, moments.items[i]);
        last_ms = moments.items[i];
        n_moments++;
    }
    close_tests(s);
    if (s->options->json)
        diff_people_json(&t.people);
    struct people_count n = diff_people_count(&t.people);
    run_say(s,
            "the next %lld days: %zu moments, %zu people lose something; %zu tests begin to fail",
            (long long)days, n_moments, n.lose, n_tests);
    return CLI_OK;
}
