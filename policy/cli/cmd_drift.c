/*
 * drift: does each cluster give what the file says, no more and no less? By meaning: objects that
 * are written otherwise and allow the same are cosmetic, everything else is an alarm. Then the
 * sites beside one another.
 */
#include "policy/analysis/policy_words.h"
#include "policy/cli/drift_sites.h"
#include "policy/cluster/apply.h"
#include "policy/cluster/plan.h"

#define SAID_MAX       40 /* alarms of a site in text; JSON has all */
#define TARGETS_MAX    6
#define NAMESPACES_MAX 4

struct site_drift {
    const struct cluster *cluster;
    struct rbac_set want;
    struct plan plan;
    struct access_changes own;     /* gained: the cluster allows it and the file does not */
    struct access_changes foreign; /* gained: bindings that are not ours give it to our groups */
    struct strs_vec guards;        /* admission policies that are missing or other than wanted */
};

static int diff(struct run *s, const struct cluster *c, const struct rbac_set *const sets[2],
                struct access_changes *ret)
{
    const struct universe *u = universe_new(s->arena, sets, 2, &c->data.resources, &s->err);
    const struct access *x = u ? access_new(s->arena, u, sets[0], &s->err) : NULL;
    const struct access *y = x ? access_new(s->arena, u, sets[1], &s->err) : NULL;
    if (!y)
        return -1;
    *ret = access_diff(x, y, s->arena);
    return 0;
}

/* Of our groups and people alone: what others have is not the policy's business. */
static void keep_ours(struct access_changes *changes)
{
    size_t n = 0;
    for (size_t i = 0; i < changes->n; i++) {
        const struct access_change *c = &changes->items[i];
        if (c->n_gained && c->subject.kind != RBAC_SERVICE_ACCOUNT &&
            str_starts(c->subject.name, STR(RBAC_PREFIX)))
            changes->items[n++] = *c;
    }
    changes->n = n;
}

static int look_at_guards(struct run *s, struct site_drift *d, struct api *api)
{
    struct policy_owners owners = run_owners(s);
    struct manifests lists[2];
    policy_emit_vap(s->policy, run_site(s->policy, d->cluster), &owners, s->arena, &lists[0]);
    policy_emit_binder(s->policy, &owners, s->arena, &lists[1]);
    for (size_t k = 0; api && k < 2; k++)
        for (size_t i = 0; i < lists[k].n; i++) {
            struct manifest_step step;
            if (manifest_look(api, s->arena, &lists[k].items[i], &step, &s->err) < 0)
                return fail_within(&s->err, "%.*s", STR_F(d->cluster->site));
            if (step.change != MANIFEST_SAME)
                *ARENA_PUSH(s->arena, &d->guards) = arena_fmt(
                    s->arena, "%.*s %.*s %s", STR_F(step.want->kind), STR_F(step.want->name),
                    step.change == MANIFEST_CREATE ? "is missing" : "was changed");
        }
    return 0;
}

static int look_at_site(struct run *s, size_t i, struct site_drift *d)
{
    struct rbac_set *result = ARENA_NEW(s->arena, struct rbac_set);
    d->cluster = &s->clusters[i];
    d->plan = (struct plan){.arena = s->arena, .prune = true};
    if (run_emit(s, s->policy, d->cluster, &d->want, &s->err) < 0 ||
        plan_make(&d->plan, &d->want, &d->cluster->objects, &s->err) < 0 ||
        plan_result(&d->plan, &d->cluster->objects, result, &s->err) < 0)
        return -1;
    const struct rbac_set *const own[] = {result, &d->cluster->objects};
    const struct rbac_set *const foreign[] = {&d->want, result};
    if (diff(s, d->cluster, own, &d->own) < 0 || diff(s, d->cluster, foreign, &d->foreign) < 0)
        return -1;
    keep_ours(&d->foreign);
    return look_at_guards(s, d, s->apis[i]);
}

/* --- saying it */

static void write_permissions(const struct access_permissions *items, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        struct str targets = items[i].targets, one;
        size_t k = 0;
        buf_fmt(out, "%s%.*s ", i ? "; " : "", STR_F(items[i].verbs));
        while (str_next(&targets, ',', &one))
            if (k++ < TARGETS_MAX)
                buf_fmt(out, "%s%.*s", k > 1 ? "," : "", STR_F(one));
        if (k > TARGETS_MAX)
            buf_fmt(out, " and %zu more", k - TARGETS_MAX);
        if (items[i].names.n)
            buf_fmt(out, " %.*s", STR_F(items[i].names));
    }
}

/* What two changes have to have in common to be said once: all but the namespace. */
static struct str change_key(struct run *s, const struct access_change *c)
{
    auto_buf key = BUF_INIT((size_t)4 << 20);
    buf_fmt(&key, "%d %.*s/%.*s %d\n", (int)c->subject.kind, STR_F(c->subject.namespace),
            STR_F(c->subject.name), c->namespace.n > 0);
    for (size_t i = 0; i < c->n_gained; i++)
        buf_fmt(&key, "+%.*s %.*s %.*s\n", STR_F(c->gained[i].verbs), STR_F(c->gained[i].targets),
                STR_F(c->gained[i].names));
    for (size_t i = 0; i < c->n_lost; i++)
        buf_fmt(&key, "-%.*s %.*s %.*s\n", STR_F(c->lost[i].verbs), STR_F(c->lost[i].targets),
                STR_F(c->lost[i].names));
    buf_add(&key, c->cause);
    return arena_str(s->arena, buf_str(&key));
}

static void say_change(struct run *s, struct str site, const struct access_change *c,
                       struct strs namespaces, const char *why)
{
    auto_buf line = BUF_INIT((size_t)1 << 20);
    buf_fmt(&line, "%.*s: ALARM %s ", STR_F(site), rbac_subject_kind_name(c->subject.kind));
    if (c->subject.namespace.n)
        buf_fmt(&line, "%.*s/", STR_F(c->subject.namespace));
    buf_fmt(&line, "%.*s in ", STR_F(c->subject.name));
    if (c->namespace.n == 0)
        buf_lit(&line, "the whole cluster");
    else
        policy_list(&line, namespaces, NAMESPACES_MAX);
    if (c->n_gained)
        buf_fmt(&line, " may, and should not: %.*s",
                STR_F(policy_words(c->gained, c->n_gained, s->arena)));
    if (c->n_lost)
        buf_fmt(&line, "%s should, and may not: %.*s", c->n_gained ? ";" : "",
                STR_F(policy_words(c->lost, c->n_lost, s->arena)));
    buf_c(&line, why);
    if (c->cause.n)
        buf_fmt(&line, " (%.*s)", STR_F(c->cause));
    run_say_buf(s, &line);
}

/* The same change in many namespaces is one line. */
static void say_changes(struct run *s, struct str site, const struct access_changes *changes,
                        const char *why)
{
    struct intern keys = {.arena = s->arena};
    struct group {
        const struct access_change *change;
        struct strs_vec namespaces;
    } *groups = ARENA_ARRAY(s->arena, changes->n + 1, struct group);
    for (size_t i = 0; i < changes->n; i++) {
        const struct access_change *c = &changes->items[i];
        struct group *g = &groups[intern_add(&keys, change_key(s, c))];
        g->change = g->change ? g->change : c;
        *ARENA_PUSH(s->arena, &g->namespaces) = c->namespace;
    }
    for (size_t i = 0; i < keys.n && i < SAID_MAX; i++)
        say_change(s, site, groups[i].change,
                   (struct strs){groups[i].namespaces.items, groups[i].namespaces.n}, why);
    if (keys.n > SAID_MAX)
        run_say(s, "%.*s: and %zu more like %s (--output json has all)", STR_F(site),
                keys.n - SAID_MAX, keys.n - SAID_MAX == 1 ? "this" : "these");
}

static void change_json(struct run *s, const struct access_change *c, const char *by)
{
    struct json_out *j = &s->json;
    auto_buf more = BUF_INIT((size_t)1 << 20);
    auto_buf less = BUF_INIT((size_t)1 << 20);
    write_permissions(c->gained, c->n_gained, &more);
    write_permissions(c->lost, c->n_lost, &less);
    json_open_object(j);
    json_put_str(j, "by", STR_C(by));
    json_put_str(j, "kind", STR_C(rbac_subject_kind_name(c->subject.kind)));
    json_put_str(j, "subject", c->subject.name);
    json_put_str_opt(j, "subject_namespace", c->subject.namespace);
    json_put_str_opt(j, "namespace", c->namespace);
    json_put_str_opt(j, "more", buf_str(&more));
    json_put_str_opt(j, "less", buf_str(&less));
    json_put_str_opt(j, "cause", c->cause);
    json_close_object(j);
}

static size_t n_alarms(const struct site_drift *d)
{
    return d->own.n + d->foreign.n + d->guards.n + d->plan.foreign.n;
}

/* The cluster has not met the policy yet: one sentence, not one for each team. */
static bool nothing_applied(const struct site_drift *d)
{
    for (size_t i = 0; i < d->plan.n; i++)
        if (d->plan.items[i].kind != STEP_CREATE)
            return false;
    return d->plan.n > 0 && d->plan.n_same == 0;
}

static void site_json(struct run *s, const struct site_drift *d)
{
    struct json_out *j = &s->json;
    json_open_object(j);
    json_put_str(j, "site", d->cluster->site);
    json_put_bool(j, "alarm", n_alarms(d) > 0);
    json_put_i64(j, "objects_that_differ", (int64_t)d->plan.n);
    json_key(j, "access");
    json_open_array(j);
    for (size_t i = 0; i < d->own.n; i++)
        change_json(s, &d->own.items[i], "ours");
    for (size_t i = 0; i < d->foreign.n; i++)
        change_json(s, &d->foreign.items[i], "foreign bindings");
    json_close_array(j);
    json_put_strs(j, "guards", d->guards.items, d->guards.n);
    json_put_i64(j, "names_taken", (int64_t)d->plan.foreign.n);
    json_close_object(j);
}

static void say_site(struct run *s, const struct site_drift *d)
{
    struct str site = d->cluster->site;
    if (s->options->json) {
        site_json(s, d);
        return;
    }
    if (nothing_applied(d))
        run_say(s,
                "%.*s: ALARM nothing of the policy is on this cluster: plan --cluster-wide shows "
                "what is missing, apply --cluster-wide writes it",
                STR_F(site));
    else
        say_changes(s, site, &d->own, "");
    say_changes(s, site, &d->foreign, ", by a binding that is not ours");
    for (size_t i = 0; i < d->guards.n; i++)
        run_say(s, "%.*s: ALARM %.*s", STR_F(site), STR_F(d->guards.items[i]));
    for (size_t i = 0; i < d->plan.foreign.n; i++) {
        auto_buf name = BUF_INIT(4096);
        plan_name(d->plan.foreign.items[i], &name);
        run_say(s, "%.*s: ALARM %s has a name of ours and not our label", STR_F(site),
                buf_cstr(&name));
    }
    if (d->plan.n == 0 && n_alarms(d) == 0)
        run_say(s, "%.*s: no drift (%zu object%s)", STR_F(site), d->plan.n_same,
                PLURAL(d->plan.n_same));
    else if (n_alarms(d) == 0)
        run_say(s, "%.*s: cosmetic: %zu object%s written otherwise and mean%s the same",
                STR_F(site), d->plan.n, d->plan.n == 1 ? " is" : "s are",
                d->plan.n == 1 ? "s" : "");
    else
        run_say(s, "%.*s: %zu alarm%s (subject and namespace), %zu object%s", STR_F(site),
                n_alarms(d), PLURAL(n_alarms(d)), d->plan.n,
                d->plan.n == 1 ? " differs" : "s differ");
}

/* --- between the sites */

static void say_role(struct run *s, const struct sites_difference *d,
                     const struct role_difference *r)
{
    auto_buf line = BUF_INIT((size_t)1 << 20);
    buf_fmt(&line, "%.*s and %.*s: ALARM role %.*s:", STR_F(d->first->site), STR_F(d->second->site),
            STR_F(r->role));
    if (r->n_more) {
        buf_fmt(&line, " only on %.*s: ", STR_F(d->second->site));
        write_permissions(r->more, r->n_more, &line);
    }
    if (r->n_less) {
        buf_fmt(&line, "%s only on %.*s: ", r->n_more ? ";" : "", STR_F(d->first->site));
        write_permissions(r->less, r->n_less, &line);
    }
    run_say_buf(s, &line);
}

static void say_resources(struct run *s, const struct cluster *with, const struct cluster *without,
                          struct strs resources)
{
    struct str list = strs_join(s->arena, resources, ' ');
    if (resources.n)
        run_say(s, "%.*s has, and %.*s has not, of what our roles name: %.*s", STR_F(with->site),
                STR_F(without->site), STR_F(list));
}

static void sites_json(struct run *s, const struct sites_difference *d)
{
    struct json_out *j = &s->json;
    json_open_object(j);
    json_put_str(j, "first", d->first->site);
    json_put_str(j, "second", d->second->site);
    json_key(j, "roles");
    json_open_array(j);
    for (size_t i = 0; i < d->roles.n; i++) {
        const struct role_difference *r = &d->roles.items[i];
        auto_buf more = BUF_INIT((size_t)1 << 20);
        auto_buf less = BUF_INIT((size_t)1 << 20);
        write_permissions(r->more, r->n_more, &more);
        write_permissions(r->less, r->n_less, &less);
        json_open_object(j);
        json_put_str(j, "role", r->role);
        json_put_str_opt(j, "only_second", buf_str(&more));
        json_put_str_opt(j, "only_first", buf_str(&less));
        json_close_object(j);
    }
    json_close_array(j);
    json_key(j, "grants");
    json_open_array(j);
    for (size_t i = 0; i < d->grants.n; i++) {
        const struct grant_difference *g = &d->grants.items[i];
        json_open_object(j);
        json_put_str(j, "src", g->src);
        json_put_str(j, "role", g->role);
        json_put_str(j, "group", g->group);
        json_put_str(j, "only_on", g->on_first ? d->first->site : d->second->site);
        json_close_object(j);
    }
    json_close_array(j);
    json_put_strs(j, "resources_only_first", d->only_first.items, d->only_first.n);
    json_put_strs(j, "resources_only_second", d->only_second.items, d->only_second.n);
    json_close_object(j);
}

static void say_sites(struct run *s, const struct sites_difference *d)
{
    if (s->options->json) {
        sites_json(s, d);
        return;
    }
    for (size_t i = 0; i < d->roles.n; i++)
        say_role(s, d, &d->roles.items[i]);
    for (size_t i = 0; i < d->grants.n; i++) {
        const struct grant_difference *g = &d->grants.items[i];
        run_say(s, "%.*s and %.*s: ALARM %.*s to %.*s (%.*s) is in force only on %.*s",
                STR_F(d->first->site), STR_F(d->second->site), STR_F(g->role), STR_F(g->group),
                STR_F(g->src), STR_F(g->on_first ? d->first->site : d->second->site));
    }
    say_resources(s, d->first, d->second, d->only_first);
    say_resources(s, d->second, d->first, d->only_second);
    if (d->roles.n + d->grants.n == 0)
        run_say(s, "%.*s and %.*s: no difference between the two", STR_F(d->first->site),
                STR_F(d->second->site));
}

/* Each site against the first: who differs from it differs. */
static int between_sites(struct run *s, const struct site_drift *drifts, const bool *good,
                         bool *alarm)
{
    const struct site_drift *first = NULL;
    for (size_t i = 0; i < s->n_clusters; i++) {
        struct sites_difference d;
        if (!good[i])
            continue;
        if (!first) {
            first = &drifts[i];
            continue;
        }
        struct site_view a = {first->cluster, &first->want},
                         b = {drifts[i].cluster, &drifts[i].want};
        if (drift_sites_compare(&a, &b, s->arena, &d, &s->err) < 0)
            return -1;
        say_sites(s, &d);
        *alarm = *alarm || d.roles.n || d.grants.n;
    }
    return 0;
}

static void open_list(struct run *s, const char *key)
{
    if (!s->options->json)
        return;
    json_key(&s->json, key);
    json_open_array(&s->json);
}

static void close_list(struct run *s)
{
    if (s->options->json)
        json_close_array(&s->json);
}

enum cli_exit cmd_drift(struct run *s)
{
    struct site_drift *drifts = ARENA_ARRAY(s->arena, s->n_clusters + 1, struct site_drift);
    bool *good = ARENA_ARRAY(s->arena, s->n_clusters + 1, bool), alarm = false;
    open_list(s, "sites");
    for (size_t i = 0; i < s->n_clusters; i++) {
        good[i] = look_at_site(s, i, &drifts[i]) == 0;
        if (!good[i]) {
            (void)run_fail(s);
            continue;
        }
        say_site(s, &drifts[i]);
        alarm = alarm || n_alarms(&drifts[i]);
    }
    close_list(s);
    open_list(s, "between_sites");
    if (between_sites(s, drifts, good, &alarm) < 0)
        (void)run_fail(s);
    close_list(s);
    return alarm ? CLI_FINDINGS : CLI_OK;
}
