/* diff: who gains and who loses what, if the policy were applied, or between two policies or two
 * directories. People first, then subjects, objects as a count. */
#include <stdlib.h>

#include "policy/analysis/policy_offers.h"
#include "policy/cli/diff_people.h"
#include "policy/cli/directory_file.h"
#include "policy/cluster/plan.h"

struct site_diff {
    const struct cluster *cluster;
    const struct policy *policy,
        *before; /* whose people hold what is there before; may be the same */
    bool two_policies;
    struct plan plan;
    struct policy_compare compare;
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
    const struct rbac_set **sets = ARENA_ARRAY(s->arena, 2, const struct rbac_set *);
    sets[0] = before;
    sets[1] = after;
    const struct universe *u =
        universe_new(s->arena, sets, 2, &d->cluster->data.resources, &s->err);
    struct policy_compare *c = &d->compare;
    c->before = (struct policy_at){d->before, run_site(d->before, d->cluster), s->now_ms, s->arena};
    c->after = (struct policy_at){d->policy, run_site(d->policy, d->cluster), s->now_ms, s->arena};
    c->access_before = u ? access_new(s->arena, u, before, &s->err) : NULL;
    c->access_after = c->access_before ? access_new(s->arena, u, after, &s->err) : NULL;
    if (!c->access_after)
        return -1;
    policy_compare_begin(c);
    d->changes = access_diff(c->access_before, c->access_after, s->arena);
    return 0;
}

static int diff_site(struct run *s, struct site_diff *d)
{
    struct rbac_set *want = ARENA_NEW(s->arena, struct rbac_set),
                    *other = ARENA_NEW(s->arena, struct rbac_set);
    const struct rbac_set *before = other, *after = want;
    if (run_emit(s, d->policy, d->cluster, want, &s->err) < 0)
        return -1;
    if (d->two_policies && run_emit(s, d->before, d->cluster, other, &s->err) < 0)
        return -1;
    d->plan = (struct plan){.arena = s->arena, .prune = !s->options->no_prune};
    const struct rbac_set *from = d->two_policies ? other : &d->cluster->objects;
    if (plan_make(&d->plan, want, from, &s->err) < 0)
        return -1;
    if (!d->two_policies) { /* what the cluster holds now, with everything that is not ours, and
                               what it would hold */
        before = &d->cluster->objects;
        after = other;
        if (plan_result(&d->plan, before, other, &s->err) < 0)
            return -1;
    }
    return compare(s, d, before, after);
}

/* Who holds team: and jit: groups is worked out person by person; anybody may hold the others. */
static bool others_change(const struct site_diff *d)
{
    for (size_t i = 0; i < d->changes.n; i++) {
        const struct rbac_subject *subject = &d->changes.items[i].subject;
        const struct policy_at *was = &d->compare.before, *is = &d->compare.after;
        bool minted = subject->kind == RBAC_GROUP &&
                      (policy_group_is_minted(was, subject->name) ||
                       policy_group_is_minted(is, subject->name)) &&
                      !policy_group_is_offered(was, subject->name) &&
                      !policy_group_is_offered(is, subject->name);
        if (!minted)
            return true;
    }
    return false;
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
            buf_fmt(&line, "%zu object%s %s, ", counts[i], PLURAL(counts[i]), words[i]);
    if (d->plan.n)
        buf_fmt(&line, "%zu as they are", d->plan.n_same);
    else
        buf_fmt(&line, "no change (%zu object%s)", d->plan.n_same, PLURAL(d->plan.n_same));
    if (d->plan.n && d->changes.n == 0)
        buf_c(&line, "; no subject gains or loses anything");
    run_say_buf(s, &line);
}

/* --- people, now and at every later moment at which a grant or an `add` ends */

static void add_people(struct diff_people *people, struct site_diff *d,
                       const struct policy_moments *moments)
{
    struct policy_compare *c = &d->compare;
    diff_people_add(people, c, d->cluster->site, 0);
    for (size_t i = 0; i < moments->n; i++) {
        c->before.now_ms = c->after.now_ms = moments->items[i];
        diff_people_add(people, c, d->cluster->site, moments->items[i]);
    }
    c->before.now_ms = c->after.now_ms = people->run->now_ms;
}

static enum cli_exit verdict(struct run *s, const struct diff_people *people, bool others,
                             struct strs offers)
{
    bool same = !diff_people_any(people) && !others && !people->incomplete && offers.n == 0;
    struct people_count n = diff_people_count(people);
    if (s->options->json) {
        diff_people_json(people);
        json_put_strs(&s->json, "offers", offers.items, offers.n);
        json_put_bool(&s->json, "no_access_change", same);
        json_put_i64(&s->json, "people_gaining", (int64_t)n.gain);
        json_put_i64(&s->json, "people_losing", (int64_t)n.lose);
        json_put_i64(&s->json, "moments", (int64_t)people->n_moments + 1);
    }
    for (size_t i = 0; i < offers.n; i++)
        run_say(s, "%.*s", STR_F(offers.items[i]));
    if (people->incomplete)
        run_say(s, "the sentences about people are incomplete: too many different permissions");
    if (same)
        run_say(s,
                "no access change: for everybody who is or could be there, now and at %zu later "
                "moment%s, on %zu site%s",
                people->n_moments, PLURAL(people->n_moments), s->n_clusters, PLURAL(s->n_clusters));
    else if (n.gain + n.lose == 0)
        run_say(s, "%s",
                s->has_directory ? "access changes, but for none of today's people"
                                 : "access changes");
    else
        run_say(s, "access changes: %zu %s gain%s, %zu lose%s", n.gain, PEOPLE(n.gain),
                n.gain == 1 ? "s" : "", n.lose, n.lose == 1 ? "s" : "");
    return same || !s->options->exit_code ? CLI_OK : CLI_FINDINGS;
}

/* --- the two sides */

/* The directory as it was, and in it everybody whom the policies may name today, without groups:
 * who joined since is nobody's error. */
static int directory_before(struct run *s, struct policy_directory *ret)
{
    struct policy_directory was;
    struct intern names = {.arena = s->arena}, ids = {.arena = s->arena};
    if (directory_read_file(arena_cstr(s->arena, s->options->directory_before), s->arena, &was,
                            &s->err) < 0)
        return -1;
    struct policy_person *people =
        ARENA_ARRAY(s->arena, was.n_people + s->directory.n_people, struct policy_person);
    struct policy_group *groups =
        ARENA_ARRAY(s->arena, was.n_groups + s->directory.n_groups, struct policy_group);
    for (size_t i = 0; i < was.n_people; i++)
        people[intern_add(&names, was.people[i].username)] = was.people[i];
    for (size_t i = 0; i < was.n_groups; i++)
        groups[intern_add(&ids, was.groups[i].id)] = was.groups[i];
    for (size_t i = 0; i < s->directory.n_people; i++)
        if (intern_find(&names, s->directory.people[i].username) == ID_NONE)
            people[intern_add(&names, s->directory.people[i].username)].username =
                s->directory.people[i].username;
    for (size_t i = 0; i < s->directory.n_groups; i++)
        if (intern_find(&ids, s->directory.groups[i].id) == ID_NONE)
            groups[intern_add(&ids, s->directory.groups[i].id)] = s->directory.groups[i];
    *ret = (struct policy_directory){people, names.n, groups, ids.n, 0};
    return 0;
}

static const struct policy *read_before(struct run *s)
{
    const struct policy_tree *tree = NULL;
    const struct cli_options *o = s->options;
    struct policy_input now = s->input;
    struct policy_directory *was = ARENA_NEW(s->arena, struct policy_directory);
    if (o->directory_before.n) {
        if (!s->has_directory) {
            (void)fail(&s->err, ERR_CONFIG,
                       "--directory-before needs the directory of today beside it "
                       "(--directory-config, --directory)");
            (void)run_fail(s);
            return NULL;
        }
        if (directory_before(s, was) < 0) {
            (void)run_fail(s);
            return NULL;
        }
        s->input.directory = was;
    }
    if (!o->from.n && !o->directory_before.n)
        return s->policy;
    const struct policy *before = run_policy(s, o->from.n ? &o->from : &o->policy, &tree);
    s->input = now;
    return before;
}

enum cli_exit cmd_diff(struct run *s)
{
    bool others = false;
    int status = 0;
    struct diff_people people;
    struct policy_moments moments = {0};
    const struct policy *before = read_before(s);
    if (!before)
        return CLI_USAGE;
    diff_people_init(&people, s);
    policy_moments_add(before, s->now_ms, s->arena, &moments);
    policy_moments_add(s->policy, s->now_ms, s->arena, &moments);
    people.n_moments = moments.n;
    struct site_diff *sites = ARENA_ARRAY(s->arena, s->n_clusters + 1, struct site_diff);
    for (size_t i = 0; status == 0 && i < s->n_clusters; i++) {
        sites[i] = (struct site_diff){.cluster = &s->clusters[i],
                                      .policy = s->policy,
                                      .before = before,
                                      .two_policies =
                                          s->options->from.n || s->options->directory_before.n};
        status = diff_site(s, &sites[i]);
        if (status < 0)
            return run_fail(s);
        others = others || others_change(&sites[i]);
        add_people(&people, &sites[i], &moments);
    }
    diff_people_say(&people);
    if (s->options->json) {
        json_key(&s->json, "sites");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < s->n_clusters; i++)
        say_site(s, &sites[i]);
    if (s->options->json)
        json_close_array(&s->json);
    return verdict(s, &people, others, policy_offers_diff(before, s->policy, s->arena));
}
