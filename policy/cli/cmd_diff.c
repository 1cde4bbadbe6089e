/* diff: who gains and who loses what, if the policy were applied, or between two policies. Subjects
 * first, objects as a count. */
#include <stdlib.h>

#include "policy/cli/run.h"
#include "policy/cluster/plan.h"

struct site_diff {
    const struct cluster *cluster;
    const struct policy *policy;
    struct plan plan;
    struct access_changes changes;
};

/* --- how many people are behind a subject */

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* -1: not a group of teams, or no directory */
static int64_t count_people(struct run *s, const struct site_diff *d,
                            const struct rbac_subject *subject)
{
    uint32_t *teams = NULL;
    struct strs_vec people = {0};
    const struct policy_at at = {d->policy, run_site(d->policy, d->cluster), s->now_ms, s->arena};
    if (!s->has_directory || subject->kind != RBAC_GROUP)
        return -1;
    size_t n = policy_teams_of_group(&at, subject->name, &teams);
    for (size_t i = 0; i < n; i++) {
        struct policy_members members =
            policy_team_members(d->policy, teams[i], s->now_ms, s->arena);
        for (size_t k = 0; k < members.n; k++)
            *ARENA_PUSH(s->arena, &people) = members.items[k].username;
    }
    size_t distinct = 0;
    if (people.n)
        qsort(people.items, people.n, sizeof(*people.items), by_name);
    for (size_t i = 0; i < people.n; i++)
        distinct += i == 0 || !str_eq(people.items[i], people.items[i - 1]);
    return n ? (int64_t)distinct : -1;
}

/* --- text: the same change in many namespaces is said once */

#define TARGETS_SHOWN 6 /* a whole role would fill the screen; JSON has all of them */

static void add_targets(struct buf *b, struct str targets, size_t max)
{
    struct str one;
    size_t n = 0;
    while (str_next(&targets, ',', &one)) {
        if (n++ < max)
            buf_fmt(b, "%s%.*s", n > 1 ? "," : "", STR_F(one));
    }
    if (n > max)
        buf_fmt(b, " and %zu more", n - max);
}

static void add_permissions(struct buf *b, char sign, const struct access_permissions *items,
                            size_t n, size_t max)
{
    for (size_t i = 0; i < n; i++) {
        buf_fmt(b, "    %c %.*s ", sign, STR_F(items[i].verbs));
        add_targets(b, items[i].targets, max);
        if (items[i].names.n)
            buf_fmt(b, " %.*s", STR_F(items[i].names));
        buf_char(b, '\n');
    }
}

/* max: how many targets of a line are shown */
static struct str text_of(struct run *s, const struct access_change *c, size_t max)
{
    auto_buf b = BUF_INIT((size_t)4 << 20);
    add_permissions(&b, '+', c->gained, c->n_gained, max);
    add_permissions(&b, '-', c->lost, c->n_lost, max);
    if (c->cause.n)
        buf_fmt(&b, "      %.*s\n", STR_F(c->cause));
    return arena_str(s->arena, str_trim(buf_str(&b)));
}

static void say_change(struct run *s, const struct site_diff *d, const struct rbac_subject *subject,
                       const struct strs_vec *namespaces, struct str text)
{
    auto_buf line = BUF_INIT((size_t)4 << 20);
    int64_t people = count_people(s, d, subject);
    buf_fmt(&line, "%.*s: %s ", STR_F(d->cluster->site), rbac_subject_kind_name(subject->kind));
    if (subject->namespace.n)
        buf_fmt(&line, "%.*s/", STR_F(subject->namespace));
    buf_add(&line, subject->name);
    if (people >= 0)
        buf_fmt(&line, " (%lld people)", (long long)people);
    for (size_t i = 0; i < namespaces->n && i < 8; i++) {
        buf_c(&line, i ? ", " : " in ");
        if (namespaces->items[i].n)
            buf_add(&line, namespaces->items[i]);
        else
            buf_c(&line, "the whole cluster");
    }
    if (namespaces->n > 8)
        buf_fmt(&line, " and %zu more namespaces", namespaces->n - 8);
    buf_fmt(&line, "\n    %.*s", STR_F(text));
    run_say_buf(s, &line);
}

static bool same_subject(const struct rbac_subject *a, const struct rbac_subject *b)
{
    return a->kind == b->kind && str_eq(a->name, b->name) && str_eq(a->namespace, b->namespace);
}

static void say_changes(struct run *s, const struct site_diff *d)
{
    size_t n = d->changes.n;
    struct str *texts = ARENA_ARRAY(s->arena, n + 1, struct str);
    for (size_t i = 0; i < n; i++)
        texts[i] = text_of(s, &d->changes.items[i], SIZE_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct access_change *c = &d->changes.items[i];
        struct strs_vec namespaces = {0};
        struct str text = texts[i];
        if (text.n == 0)
            continue; /* said with an earlier one */
        for (size_t k = i; k < n && same_subject(&c->subject, &d->changes.items[k].subject); k++)
            if (str_eq(texts[k], text)) {
                *ARENA_PUSH(s->arena, &namespaces) = d->changes.items[k].namespace;
                texts[k] = STR_NONE;
            }
        say_change(s, d, &c->subject, &namespaces, text_of(s, c, TARGETS_SHOWN));
    }
}

/* --- JSON */

static void permissions_json(struct json_out *j, const char *key,
                             const struct access_permissions *items, size_t n)
{
    json_key(j, key);
    json_open_array(j);
    for (size_t i = 0; i < n; i++) {
        json_open_object(j);
        json_put_str(j, "verbs", items[i].verbs);
        json_put_str(j, "targets", items[i].targets);
        json_put_str_opt(j, "names", items[i].names);
        json_close_object(j);
    }
    json_close_array(j);
}

static void diff_json(struct run *s, const struct site_diff *d)
{
    struct json_out *j = &s->json;
    json_open_object(j);
    json_put_str(j, "site", d->cluster->site);
    json_key(j, "objects");
    json_open_array(j);
    for (size_t i = 0; i < d->plan.n; i++) {
        auto_buf line = BUF_INIT((size_t)1 << 20);
        plan_describe(&d->plan.items[i], false, &line);
        json_str(j, buf_str(&line));
    }
    json_close_array(j);
    json_key(j, "access");
    json_open_array(j);
    for (size_t i = 0; i < d->changes.n; i++) {
        const struct access_change *c = &d->changes.items[i];
        int64_t people = count_people(s, d, &c->subject);
        json_open_object(j);
        json_put_str(j, "kind", STR_C(rbac_subject_kind_name(c->subject.kind)));
        json_put_str(j, "subject", c->subject.name);
        json_put_str_opt(j, "subject_namespace", c->subject.namespace);
        json_put_str_opt(j, "namespace", c->namespace);
        if (people >= 0)
            json_put_i64(j, "people", people);
        permissions_json(j, "gained", c->gained, c->n_gained);
        permissions_json(j, "lost", c->lost, c->n_lost);
        json_put_str_opt(j, "cause", c->cause);
        json_close_object(j);
    }
    json_close_array(j);
    json_close_object(j);
}

/* --- the difference of one site */

static int compare(struct run *s, struct site_diff *d, const struct rbac_set *before,
                   const struct rbac_set *after)
{
    const struct rbac_set *sets[] = {before, after};
    const struct universe *u =
        universe_new(s->arena, sets, 2, &d->cluster->data.resources, &s->err);
    const struct access *x = u ? access_new(s->arena, u, before, &s->err) : NULL;
    const struct access *y = x ? access_new(s->arena, u, after, &s->err) : NULL;
    if (!y)
        return -1;
    d->changes = access_diff(x, y, s->arena);
    return 0;
}

static int diff_site(struct run *s, struct site_diff *d, const struct policy *older)
{
    struct rbac_set *want = ARENA_NEW(s->arena, struct rbac_set),
                    *other = ARENA_NEW(s->arena, struct rbac_set);
    const struct rbac_set *before = other, *after = want;
    if (run_emit(s, d->policy, d->cluster, want, &s->err) < 0)
        return -1;
    if (older && run_emit(s, older, d->cluster, other, &s->err) < 0)
        return -1;
    d->plan = (struct plan){.arena = s->arena, .prune = !s->options->no_prune};
    const struct rbac_set *from = older ? other : &d->cluster->objects;
    if (plan_make(&d->plan, want, from, &s->err) < 0)
        return -1;
    if (!older) { /* what the cluster holds now, with everything that is not ours, and what it would
                     hold */
        before = &d->cluster->objects;
        after = other;
        if (plan_result(&d->plan, before, other, &s->err) < 0)
            return -1;
    }
    return compare(s, d, before, after);
}

static void say_site(struct run *s, const struct site_diff *d)
{
    static const char *const words[] = {"to create", "to patch", "to replace", "to delete"};
    size_t counts[4] = {0};
    auto_buf line = BUF_INIT(4096);
    if (s->options->json) {
        diff_json(s, d);
        return;
    }
    say_changes(s, d);
    for (size_t i = 0; i < d->plan.n; i++)
        counts[d->plan.items[i].kind]++;
    buf_fmt(&line, "%.*s: ", STR_F(d->cluster->site));
    for (size_t i = 0; i < 4; i++)
        if (counts[i])
            buf_fmt(&line, "%zu objects %s, ", counts[i], words[i]);
    buf_fmt(&line, d->plan.n ? "%zu as they are" : "no change (%zu objects)", d->plan.n_same);
    if (d->plan.n && d->changes.n == 0)
        buf_c(&line, "; nobody gains or loses anything");
    run_say_buf(s, &line);
}

enum cli_exit cmd_diff(struct run *s)
{
    const struct policy_tree *tree = NULL;
    const struct policy *older = NULL;
    bool different = false;
    int status = 0;
    if (s->options->from.n && !(older = run_policy(s, &s->options->from, &tree)))
        return CLI_USAGE;
    if (s->options->json) {
        json_key(&s->json, "sites");
        json_open_array(&s->json);
    }
    for (size_t i = 0; status == 0 && i < s->n_clusters; i++) {
        struct site_diff d = {.cluster = &s->clusters[i], .policy = s->policy};
        status = diff_site(s, &d, older);
        if (status == 0)
            say_site(s, &d);
        different = different || d.plan.n;
    }
    if (s->options->json)
        json_close_array(&s->json);
    if (status < 0)
        return run_fail(s);
    return different ? CLI_FINDINGS : CLI_OK;
}
