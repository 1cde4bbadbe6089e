/* until: the policy at another moment against now. expiring: who loses what when, and what begins
 * to fail. Nothing changes between the moments at which a grant, an `add` or an `accept` ends. */
#include <stdlib.h>

#include "policy/cli/begins.h"
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

static void say_people(struct run *s, struct timeline *t)
{
    if (s->options->json)
        diff_people_json(&t->people);
    else
        diff_people_say(&t->people);
}

/* --- what ends */

static void say_ending(struct run *s, const struct policy_time *until, const struct pos *pos,
                       struct str what)
{
    auto_buf line = BUF_INIT(65536);
    time_format(&line, until->ms, false);
    buf_fmt(&line, ": %.*s (%s:%u) ends", STR_F(what), pos->source->name, pos->line);
    run_say_buf(s, &line);
}

/* What of the policy ends after from_ms and not after to_ms. */
static void say_endings(struct run *s, int64_t from_ms, int64_t to_ms)
{
    const struct policy_tree *t = s->tree;
    for (size_t i = 0; i < t->grants.n; i++) {
        const struct policy_grant *g = &t->grants.items[i];
        if (g->until.ms > from_ms && g->until.ms <= to_ms)
            say_ending(s, &g->until, &g->pos,
                       CONCAT(s->arena, STR("the grant of role "), g->role.text, STR(" to team "),
                              g->team.text));
    }
    for (size_t i = 0; i < t->teams.n; i++)
        for (size_t k = 0; k < t->teams.items[i].add.n; k++) {
            const struct policy_add *add = &t->teams.items[i].add.items[k];
            if (add->until.ms > from_ms && add->until.ms <= to_ms)
                say_ending(s, &add->until, &add->person.pos,
                           CONCAT(s->arena, STR("the time of "), add->person.text, STR(" in team "),
                                  t->teams.items[i].name.text));
        }
    for (size_t i = 0; i < t->accepts.n; i++) {
        const struct policy_accept *accept = &t->accepts.items[i];
        if (accept->until.ms > from_ms && accept->until.ms <= to_ms)
            say_ending(s, &accept->until, &accept->pos,
                       CONCAT(s->arena, STR("the accept "), accept->id.text, STR(" of "),
                              accept->who.text.n ? accept->who.text : STR("any")));
    }
}

/* --- until */

enum cli_exit cmd_until(struct run *s)
{
    int64_t to_ms = 0;
    struct timeline t;
    struct begins b;
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
    enum cli_exit status = begins_open(s, t.by_site, s->now_ms, &b);
    if (status != CLI_OK)
        return status;
    say_endings(s, s->now_ms, to_ms);
    step(s, &t, s->now_ms, to_ms);
    say_people(s, &t);
    if ((status = begins_step(&b, to_ms)) != CLI_OK)
        return status;
    if (s->options->json)
        begins_json(&b);
    struct people_count n = diff_people_count(&t.people);
    run_say(s, "at %.*s: %zu %s gain%s, %zu lose%s; %.*s", STR_F(word), n.gain, PEOPLE(n.gain),
            n.gain == 1 ? "s" : "", n.lose, n.lose == 1 ? "s" : "", STR_F(begins_text(&b)));
    return CLI_OK;
}

/* --- expiring */

static int moment_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Sorted; some may be there twice. */
static struct policy_moments all_moments(struct run *s)
{
    struct policy_moments moments = {0};
    policy_moments_add(s->policy, s->now_ms, s->arena, &moments);
    for (size_t i = 0; i < s->tree->accepts.n; i++) {
        int64_t ms = s->tree->accepts.items[i].until.ms;
        if (ms != TIME_NONE && ms > s->now_ms)
            *ARENA_PUSH(s->arena, &moments) = ms;
    }
    if (moments.n > 1)
        qsort(moments.items, moments.n, sizeof(*moments.items), moment_order);
    return moments;
}

static enum cli_exit walk(struct run *s, struct timeline *t, struct begins *b, int64_t end_ms,
                          size_t *ret_n)
{
    int64_t last_ms = s->now_ms;
    struct policy_moments moments = all_moments(s);
    for (size_t i = 0; i < moments.n && moments.items[i] <= end_ms; i++) {
        int64_t to_ms = moments.items[i];
        if (to_ms == last_ms)
            continue;
        say_endings(s, last_ms, to_ms);
        step(s, t, last_ms, to_ms);
        if (!s->options->json)
            diff_people_say(&t->people);
        enum cli_exit status = begins_step(b, to_ms);
        if (status != CLI_OK)
            return status;
        last_ms = to_ms;
        ++*ret_n;
    }
    return CLI_OK;
}

enum cli_exit cmd_expiring(struct run *s)
{
    struct timeline t;
    struct begins b;
    int64_t days = s->options->days ? s->options->days : 30;
    size_t n_moments = 0;
    if (open_sites(s, &t) < 0)
        return run_fail(s);
    enum cli_exit status = begins_open(s, t.by_site, s->now_ms, &b);
    if (status == CLI_OK)
        status = walk(s, &t, &b, s->now_ms + days * DAY_MS, &n_moments);
    if (status != CLI_OK)
        return status;
    if (s->options->json) {
        begins_json(&b);
        diff_people_json(&t.people);
    }
    struct people_count n = diff_people_count(&t.people);
    run_say(s, "the next %lld day%s: %zu moment%s, %zu %s something; %.*s", (long long)days,
            PLURAL(days), n_moments, PLURAL(n_moments), n.lose,
            n.lose == 1 ? "person loses" : "people lose", STR_F(begins_text(&b)));
    return CLI_OK;
}
