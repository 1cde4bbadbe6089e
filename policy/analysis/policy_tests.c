/* The policy's own tests: who may, who may not, at a moment. */
#include "policy/analysis/policy_tests.h"
#include "base/clock.h"
#include "policy/resolve/resolved.h"

struct tester {
    const struct policy *p;
    struct arena *arena;
    const struct policy_test *test;
    const struct access *access;
    const struct rbac_set *access_set;
    size_t site;
    int64_t at_ms;
    struct policy_test_result *result;
};

/* --- one question for one person */

static void explain(struct tester *t, const struct rbac_user *user, const struct rbac_question *q,
                    bool allowed)
{
    struct rbac_reason why;
    struct str resource = q->resource;
    if (q->subresource.n > 0)
        resource = arena_fmt(t->arena, "%.*s/%.*s", STR_F(q->resource), STR_F(q->subresource));
    struct str what = arena_fmt(t->arena, "%.*s %s %.*s %.*s/%.*s%s%.*s", STR_F(user->name),
                                allowed ? "may" : "may not", STR_F(q->verb), STR_F(q->api_group),
                                STR_F(resource), q->name.n ? " " : "", STR_F(q->name));
    if (allowed && rbac_allows(t->access_set, user, q, &why))
        what = arena_fmt(t->arena, "%.*s: %.*s, %s %.*s (%.*s), rule %.*s", STR_F(what),
                         STR_F(why.subject->name), rbac_kind_name(why.binding->kind),
                         STR_F(why.binding->name), STR_F(why.subject->src), STR_F(why.rule->src));
    t->result->text = what;
    t->result->passed = false;
}

static bool ask(struct tester *t, const struct rbac_user *user, const struct rbac_question *q)
{
    bool allowed = access_allows(t->access, user, q);
    if (allowed == str_is(t->test->is.text, "allow"))
        return true;
    explain(t, user, q, allowed);
    return false;
}

static bool ask_names(struct tester *t, const struct rbac_user *user,
                      const struct policy_permission *permission, struct rbac_question *q)
{
    for (size_t i = 0; i < permission->names.n; i++) {
        q->name = permission->names.items[i].text;
        if (!ask(t, user, q))
            return false;
    }
    return permission->names.n > 0 || ask(t, user, q);
}

static const struct str all_verbs[] = {
#define VERB(name, standard) {standard ? name : "", standard ? sizeof(name) - 1 : 0},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
};

static bool ask_verb(struct tester *t, const struct rbac_user *user,
                     const struct policy_permission *permission, struct str verb)
{
    struct str in = t->test->in.text, site, namespace = STR_NONE;
    str_split(in, ':', &site, &namespace);
    for (size_t i = 0; i < permission->n_targets; i++) {
        const struct policy_target *target = &permission->targets[i];
        struct rbac_question q = {.verb = verb,
                                  .api_group = target->group,
                                  .resource = target->resource,
                                  .subresource = target->subresource,
                                  .namespace = namespace};
        if (!ask_names(t, user, permission, &q))
            return false;
    }
    return true;
}

static bool ask_all(struct tester *t, const struct rbac_user *user)
{
    for (size_t i = 0; i < t->test->can.n; i++) {
        const struct policy_permission *permission = &t->test->can.items[i];
        bool star = str_is(permission->verbs.items[0].text, "*");
        size_t n = star ? sizeof(all_verbs) / sizeof(*all_verbs) : permission->verbs.n;
        for (size_t v = 0; v < n; v++) {
            struct str verb = star ? all_verbs[v] : permission->verbs.items[v].text;
            if (verb.n > 0 && !ask_verb(t, user, permission, verb))
                return false;
        }
    }
    return true;
}

/* --- who */

/* Every member, and somebody who is in this team alone: the answer must not depend on who happens
 * to be in it today. */
static void ask_team(struct tester *t, uint32_t team)
{
    const struct policy_at at = {t->p, t->site, t->at_ms, t->arena};
    struct policy_members members = policy_team_members(t->p, team, t->at_ms, t->arena);
    for (size_t i = 0; i < members.n; i++) {
        struct rbac_user user = policy_user(&at, members.items[i].username);
        if (!ask_all(t, &user))
            return;
    }
    struct membership alone = {.teams = {&team, 1, 0}, .until_ms = TIME_NONE};
    struct snapshot_groups groups = {0};
    if (!members_groups(&at, &alone, &groups))
        return;
    struct str *names = ARENA_ARRAY(t->arena, groups.n, struct str);
    for (size_t i = 0; i < groups.n; i++)
        names[i] = arena_fmt(t->arena, RBAC_PREFIX "%.*s", STR_F(groups.names[i]));
    struct rbac_user anybody = {
        arena_fmt(t->arena, "anybody of %.*s", STR_F(t->p->tree->teams.items[team].name.text)),
        {names, groups.n}};
    ask_all(t, &anybody);
}

static void run(struct tester *t, const struct access *const *accesses)
{
    struct str site = t->test->in.text, namespace;
    str_split(t->test->in.text, ':', &site, &namespace);
    t->site = intern_find(&t->p->site_ids, site);
    t->access = accesses[t->site];
    if (!t->access) {
        t->result->passed = false;
        t->result->text = arena_fmt(t->arena, "there is no data of site '%.*s'", STR_F(site));
        return;
    }
    t->access_set = access_set(t->access);
    struct str as = t->test->as.text, prefix = STR("any of ");
    if (str_starts(as, prefix)) {
        ask_team(t, intern_find(&t->p->team_ids, str_trim(str_from_to(as, prefix.n, as.n))));
        return;
    }
    const struct policy_at at = {t->p, t->site, t->at_ms, t->arena};
    struct rbac_user user = policy_user(&at, as);
    ask_all(t, &user);
}

struct policy_test_results policy_run_tests(const struct policy *p,
                                            const struct access *const *accesses, int64_t now_ms,
                                            struct arena *a)
{
    struct policy_test_results out = {0};
    for (size_t i = 0; i < p->tree->tests.n; i++) {
        struct policy_test_result *result = ARENA_PUSH(a, &out);
        *result = (struct policy_test_result){.test = &p->tree->tests.items[i], .passed = true};
        struct tester t = {.p = p, .arena = a, .test = result->test, .result = result};
        t.at_ms = t.test->at.ms == TIME_NONE ? now_ms : t.test->at.ms;
        run(&t, accesses);
        out.n_failed += !result->passed;
    }
    return out;
}
