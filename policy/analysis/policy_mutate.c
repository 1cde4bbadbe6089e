/* Mutation of grants. A mutant is the resolved policy with another list of grants; whether a test
 * sees it is asked on the namespaces that tests name, so that a mutant costs little. */
#include "policy/analysis/policy_mutate.h"

#include "base/clock.h"
#include "policy/analysis/policy_tests.h"
#include "policy/emit/policy_emit.h"
#include "policy/rbac/covers.h"
#include "policy/resolve/resolved.h"

struct mutator {
    const struct policy *p;
    struct arena *kept, *scratch; /* scratch is emptied after each mutant */
    int64_t now_ms;
    struct space *tested; /* the spaces with those namespaces only that a test names */
    struct policy_mutants *out;
    struct err *e;
};
struct mutant { /* a policy beside the real one */
    struct policy policy;
    struct policy_tree tree;
};

/* --- making mutants */

/* With room for one grant more, which is not usable yet. */
static void begin(const struct mutator *m, struct mutant *out)
{
    const struct policy *p = m->p;
    size_t n = p->tree->grants.n;
    size_t n_others = p->tree->requests.n + p->tree->breakglass.n + p->tree->ci.n;
    *out = (struct mutant){*p, *p->tree};
    out->tree.grants.items = ARENA_ARRAY(m->scratch, n + 1, struct policy_grant);
    out->tree.grants.n = n + 1;
    out->policy.grants = ARENA_ARRAY(m->scratch, n + 1, struct grant);
    out->policy.srcs = ARENA_ARRAY(m->scratch, n + 1 + n_others, struct str);
    memcpy(out->tree.grants.items, p->tree->grants.items, n * sizeof(struct policy_grant));
    memcpy(out->policy.grants, p->grants, n * sizeof(struct grant));
    out->policy.grants[n] = (struct grant){.team = ID_NONE, .role = ID_NONE};
    memcpy(out->policy.srcs, p->srcs, n * sizeof(struct str));
    memcpy(out->policy.srcs + n + 1, p->srcs + n, n_others * sizeof(struct str));
    out->policy.tree = &out->tree;
}

/* The grant once more, with another role or in another space. */
static size_t add_copy(const struct mutator *m, struct mutant *out, size_t id)
{
    size_t n = m->p->tree->grants.n;
    uint32_t team = m->p->grants[id].team;
    out->tree.grants.items[n] = out->tree.grants.items[id];
    out->policy.grants[n] = out->policy.grants[id];
    out->policy.srcs[n] = out->policy.srcs[id];
    /* grants are also found by their team */
    struct ids *of_team = ARENA_ARRAY(m->scratch, m->p->tree->teams.n, struct ids);
    memcpy(of_team, m->p->grants_of_team, m->p->tree->teams.n * sizeof(*of_team));
    struct ids more = {0};
    for (size_t i = 0; i < of_team[team].n; i++)
        *ARENA_PUSH(m->scratch, &more) = of_team[team].items[i];
    *ARENA_PUSH(m->scratch, &more) = (uint32_t)n;
    of_team[team] = more;
    out->policy.grants_of_team = of_team;
    return n;
}

/* --- looking at them */

static int access_of(const struct mutator *m, const struct policy *p, size_t site,
                     const struct access **ret)
{
    struct rbac_set *set = ARENA_NEW(m->scratch, struct rbac_set);
    const struct rbac_set *sets = set;
    *ret = NULL;
    if (!policy_emit(p, site, m->scratch, set))
        return 0;
    const struct universe *u =
        universe_new(m->scratch, &sets, 1, &p->sites[site].cluster->resources, m->e);
    return u && (*ret = access_new(m->scratch, u, set, m->e)) ? 0 : -1;
}

static int run_tests(const struct mutator *m, const struct policy *p,
                     const struct policy_test **ret_failed)
{
    struct policy small = *p;
    const struct access **accesses =
        ARENA_ARRAY(m->scratch, p->tree->sites.n, const struct access *);
    small.spaces = m->tested;
    for (size_t site = 0; site < p->tree->sites.n; site++)
        if (access_of(m, &small, site, &accesses[site]) < 0)
            return -1;
    struct policy_test_results results = policy_run_tests(p, accesses, m->now_ms, m->scratch);
    *ret_failed = NULL;
    for (size_t i = 0; i < results.n && !*ret_failed; i++)
        if (!results.items[i].passed)
            *ret_failed = results.items[i].test;
    return 0;
}

/* --- a test that would see it */

struct candidate {
    struct str as, verb, target, in;
    bool allow;
    int64_t at_ms;
};

static struct policy_test *test_of(const struct mutator *m, const struct candidate *c)
{
    struct policy_test *test = ARENA_NEW(m->scratch, struct policy_test);
    struct policy_permission *permission = ARENA_PUSH(m->scratch, &test->can);
    struct policy_target *target = ARENA_NEW(m->scratch, struct policy_target);
    struct str rest;
    if (!str_split(c->target, '/', &target->group, &rest))
        return NULL;
    if (!str_split(rest, '/', &target->resource, &target->subresource))
        target->resource = rest;
    *ARENA_PUSH(m->scratch, &permission->verbs) = (struct word){.text = c->verb};
    permission->targets = target;
    permission->n_targets = permission->cap_targets = 1;
    test->as.text = c->as;
    test->in.text = c->in;
    test->is.text = c->allow ? STR("allow") : STR("deny");
    test->at.ms = c->at_ms;
    return test;
}

/* 1: it passes on this policy, 0: it fails */
static int passes(const struct mutator *m, const struct policy *p, const struct policy_test *test,
                  const struct access *const *accesses)
{
    struct policy asked = *p;
    struct policy_tree tree = *p->tree;
    tree.tests.items = ARENA_NEW(m->scratch, struct policy_test);
    tree.tests.items[0] = *test;
    tree.tests.n = 1;
    asked.tree = &tree;
    return policy_run_tests(&asked, accesses, m->now_ms, m->scratch).n_failed == 0;
}

static struct str written(const struct mutator *m, const struct candidate *c)
{
    auto_buf line = BUF_INIT(4096);
    buf_fmt(&line, "{as: %.*s", STR_F(c->as));
    if (c->at_ms != TIME_NONE) {
        buf_c(&line, ", at: ");
        time_format(&line, c->at_ms, false);
    }
    buf_fmt(&line, ", can: \"%.*s %.*s\", in: \"%.*s\", is: %s}", STR_F(c->verb), STR_F(c->target),
            STR_F(c->in), c->allow ? "allow" : "deny");
    return arena_str(m->kept, buf_str(&line));
}

struct sides { /* by site: before and after, in one universe */
    const struct access **before, **after;
};

static bool would_see(const struct mutator *m, const struct mutant *mutant,
                      const struct sides *sides, const struct candidate *c)
{
    const struct policy_test *test = test_of(m, c);
    return test && passes(m, m->p, test, sides->before) &&
           !passes(m, &mutant->policy, test, sides->after);
}

static struct str first_of(struct str list)
{
    struct str first = list;
    str_next(&list, ',', &first);
    return first;
}

/* Of several resources the one that people know. */
static struct str well_known(struct str list)
{
    static const char *const known[] = {"apps/deployments", "/pods", "/secrets", "/pods/exec",
                                        "/configmaps"};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        struct str rest = list, one;
        while (str_next(&rest, ',', &one))
            if (str_is(one, known[i]))
                return one;
    }
    return STR_NONE;
}

/* Anybody of the team first: such a test holds whoever is in it. Then a few of its people. */
static bool find_person(const struct mutator *m, const struct mutant *mutant,
                        const struct sides *sides, uint32_t team, struct candidate *c)
{
    c->as = CONCAT(m->scratch, STR("any of "), m->p->tree->teams.items[team].name.text);
    if (would_see(m, mutant, sides, c))
        return true;
    struct policy_members members = policy_team_members(m->p, team, m->now_ms, m->scratch);
    for (size_t i = 0; i < members.n && i < 4; i++) {
        c->as = members.items[i].username;
        if (would_see(m, mutant, sides, c))
            return true;
    }
    return false;
}

static bool find_in_change(const struct mutator *m, const struct mutant *mutant,
                           const struct sides *sides, const struct access_change *change,
                           struct candidate *c)
{
    uint32_t team = mutant->policy.grants[mutant->tree.grants.n - 1].team;
    c->allow = change->n_gained == 0;
    size_t n = c->allow ? change->n_lost : change->n_gained;
    for (size_t i = 0; i < 2 * n; i++) { /* those that people know, then all of them */
        const struct access_permissions *p =
            c->allow ? &change->lost[i % n] : &change->gained[i % n];
        c->verb = first_of(p->verbs);
        c->target = i < n ? well_known(p->targets) : first_of(p->targets);
        bool spelt = str_has(c->target, '/') && !str_has(c->target, '*') && p->names.n == 0 &&
                     !str_has(c->verb, '*');
        if (spelt && find_person(m, mutant, sides, team, c))
            return true;
    }
    return false;
}

static int compare(const struct mutator *m, const struct mutant *mutant, size_t site,
                   struct sides *sides, struct access_changes *ret)
{
    struct rbac_set *before = ARENA_NEW(m->scratch, struct rbac_set),
                    *after = ARENA_NEW(m->scratch, struct rbac_set);
    const struct rbac_set *sets[] = {before, after};
    *ret = (struct access_changes){0};
    if (!policy_emit(m->p, site, m->scratch, before) ||
        !policy_emit(&mutant->policy, site, m->scratch, after))
        return 0;
    const struct universe *u =
        universe_new(m->scratch, sets, 2, &m->p->sites[site].cluster->resources, m->e);
    if (!u || !(sides->before[site] = access_new(m->scratch, u, before, m->e)) ||
        !(sides->after[site] = access_new(m->scratch, u, after, m->e)))
        return -1;
    *ret = access_diff(sides->before[site], sides->after[site], m->scratch);
    return 0;
}

struct site_changes {
    size_t site;
    const struct access_changes *changes;
};

/* A few places of each subject are enough to look at. */
static struct str find_on_site(const struct mutator *m, const struct mutant *mutant,
                               const struct sides *sides, struct site_changes on, int64_t at_ms)
{
    const struct access_changes *all = on.changes;
    struct str name = m->p->tree->sites.items[on.site].name.text;
    size_t of_subject = 0;
    for (size_t i = 0; i < all->n; i++) {
        bool same = i > 0 && str_eq(all->items[i].subject.name, all->items[i - 1].subject.name);
        of_subject = same ? of_subject + 1 : 0;
        if (of_subject >= 3)
            continue;
        struct candidate c = {.at_ms = at_ms, .in = name};
        if (all->items[i].namespace.n)
            c.in = CONCAT(m->scratch, name, STR(":"), all->items[i].namespace);
        if (find_in_change(m, mutant, sides, &all->items[i], &c))
            return written(m, &c);
    }
    return STR_NONE;
}

/* Only for what no test sees: does it change anything at all, and what test would have seen it? */
static int look_closer(const struct mutator *m, const struct mutant *mutant,
                       struct policy_mutant *ret)
{
    size_t n_sites = m->p->tree->sites.n;
    struct sides sides = {ARENA_ARRAY(m->scratch, n_sites, const struct access *),
                          ARENA_ARRAY(m->scratch, n_sites, const struct access *)};
    struct access_changes *changes = ARENA_ARRAY(m->scratch, n_sites, struct access_changes);
    size_t n_changes = 0;
    for (size_t site = 0; site < n_sites; site++) {
        if (compare(m, mutant, site, &sides, &changes[site]) < 0)
            return -1;
        n_changes += changes[site].n;
    }
    ret->harmless = n_changes == 0;
    for (size_t site = 0; site < n_sites && !ret->test.n; site++)
        ret->test =
            find_on_site(m, mutant, &sides, (struct site_changes){site, &changes[site]},
                         ret->mutation == MUTATION_ENDLESS ? ret->grant->until.ms : TIME_NONE);
    return 0;
}

/* --- the rounds */

static int judge(const struct mutator *m, const struct mutant *mutant, struct policy_mutant about)
{
    if (run_tests(m, &mutant->policy, &about.seen) < 0 ||
        (!about.seen && look_closer(m, mutant, &about) < 0))
        return -1;
    /* what the real policy says stays; mutants and their tests are gone with the scratch */
    m->out->n_seen += about.seen != NULL;
    m->out->n_harmless += about.harmless;
    about.what = arena_str(m->kept, about.what);
    *ARENA_PUSH(m->kept, m->out) = about;
    arena_reset(m->scratch);
    return 0;
}

static int drop(const struct mutator *m, size_t id)
{
    struct mutant mutant;
    begin(m, &mutant);
    /* the dropped one last: what looks for its team finds it there */
    size_t last = add_copy(m, &mutant, id);
    mutant.policy.grants[id].usable = mutant.policy.grants[last].usable = false;
    mutant.policy.grants[id].sites = mutant.policy.grants[last].sites = 0;
    return judge(m, &mutant,
                 (struct policy_mutant){MUTATION_DROPPED, &m->p->tree->grants.items[id],
                                        STR("dropped"), NULL, false, STR_NONE});
}

static int make_endless(const struct mutator *m, size_t id)
{
    struct mutant mutant;
    begin(m, &mutant);
    size_t last = add_copy(m, &mutant, id);
    mutant.tree.grants.items[id].until.ms = mutant.tree.grants.items[last].until.ms = TIME_NONE;
    mutant.policy.grants[id].timed = mutant.policy.grants[last].timed = false;
    return judge(m, &mutant,
                 (struct policy_mutant){MUTATION_ENDLESS, &m->p->tree->grants.items[id],
                                        STR("without its end"), NULL, false, STR_NONE});
}

static int make_everywhere(const struct mutator *m, size_t id)
{
    struct mutant mutant;
    begin(m, &mutant);
    size_t last = add_copy(m, &mutant, id);
    mutant.policy.grants[last].sites = UINT64_MAX;
    return judge(m, &mutant,
                 (struct policy_mutant){MUTATION_EVERYWHERE, &m->p->tree->grants.items[id],
                                        STR("on every site"), NULL, false, STR_NONE});
}

/* Does a role allow something on any site that the other does not? */
static bool gives_more(const struct mutator *m, uint32_t role, uint32_t than)
{
    const struct policy *p = m->p;
    for (size_t site = 0; site < p->tree->sites.n; site++) {
        struct rbac_object mine = {0}, other = {0};
        if (!p->sites[site].cluster)
            continue;
        atoms_to_rules(p, &p->roles[role].rules[site], m->scratch, &mine);
        atoms_to_rules(p, &p->roles[than].rules[site], m->scratch, &other);
        if (!rbac_covers(rbac_rules_of(&other), rbac_rules_of(&mine)))
            return true;
    }
    return false;
}

/* The most dangerous role of those that could stand there: a sensitive one, else the next one. */
static uint32_t other_role(const struct mutator *m, const struct grant *g)
{
    const struct policy *p = m->p;
    uint32_t found = ID_NONE;
    for (uint32_t i = 1; i < p->tree->roles.n; i++) {
        uint32_t role = (uint32_t)((g->role + i) % p->tree->roles.n);
        if (p->roles[role].cluster != p->roles[g->role].cluster || !gives_more(m, role, g->role))
            continue;
        if (p->roles[role].sensitive)
            return role;
        if (found == ID_NONE)
            found = role;
    }
    return found;
}

static int raise(const struct mutator *m, size_t id)
{
    struct mutant mutant;
    uint32_t role = other_role(m, &m->p->grants[id]);
    if (role == ID_NONE)
        return 0;
    begin(m, &mutant);
    size_t last = add_copy(m, &mutant, id);
    mutant.policy.grants[last].role = role;
    struct str what = arena_fmt(m->scratch, "also with role '%.*s'",
                                STR_F(m->p->tree->roles.items[role].name.text));
    return judge(m, &mutant,
                 (struct policy_mutant){MUTATION_RAISED, &m->p->tree->grants.items[id], what, NULL,
                                        false, STR_NONE});
}

static bool team_is_in(const struct policy *p, uint32_t team, uint32_t space)
{
    for (size_t i = 0; i < p->tree->grants.n; i++)
        for (size_t k = 0; p->grants[i].team == team && k < p->grants[i].spaces.n; k++)
            if (p->grants[i].spaces.items[k] == space)
                return true;
    return false;
}

static int widen(const struct mutator *m, size_t id)
{
    struct mutant mutant;
    const struct policy *p = m->p;
    const struct grant *g = &p->grants[id];
    uint32_t space = g->spaces.n ? g->spaces.items[0] : 0, n = (uint32_t)p->tree->spaces.n;
    uint32_t tried = 1;
    if (g->spaces.n == 0)
        return 0;
    while (tried < n && team_is_in(p, g->team, (space + tried) % n))
        tried++;
    if (tried >= n)
        return 0;
    space = (space + tried) % n;
    begin(m, &mutant);
    size_t last = add_copy(m, &mutant, id);
    uint32_t *ids = ARENA_NEW(m->scratch, uint32_t);
    *ids = space;
    mutant.policy.grants[last].spaces = (struct ids){ids, 1, 1};
    struct str what =
        arena_fmt(m->scratch, "also in '%.*s'", STR_F(p->tree->spaces.items[space].name.text));
    return judge(m, &mutant,
                 (struct policy_mutant){MUTATION_WIDENED, &p->tree->grants.items[id], what, NULL,
                                        false, STR_NONE});
}

static int mutate_grant(const struct mutator *m, size_t id)
{
    const struct policy_grant *written = &m->p->tree->grants.items[id];
    if (drop(m, id) < 0 || raise(m, id) < 0 || widen(m, id) < 0)
        return -1;
    if (written->until.ms != TIME_NONE && make_endless(m, id) < 0)
        return -1;
    return written->at.n > 0 ? make_everywhere(m, id) : 0;
}

/* --- what the tests name */

static bool is_tested(const struct policy *p, size_t site, uint32_t namespace)
{
    const struct policy_cluster *cluster = p->sites[site].cluster;
    for (size_t i = 0; i < p->tree->tests.n; i++) {
        struct str name = STR_NONE, wanted = STR_NONE;
        str_split(p->tree->tests.items[i].in.text, ':', &name, &wanted);
        if (str_eq(wanted, cluster->namespaces[namespace].name) &&
            str_eq(name, p->tree->sites.items[site].name.text))
            return true;
    }
    return false;
}

static struct space *tested_spaces(const struct policy *p, struct arena *a)
{
    struct space *spaces = ARENA_ARRAY(a, p->tree->spaces.n, struct space);
    for (size_t site = 0; site < p->tree->sites.n; site++) {
        size_t n = p->sites[site].cluster ? p->sites[site].cluster->n_namespaces : 0;
        bool *tested = ARENA_ARRAY(a, n, bool);
        for (uint32_t i = 0; i < n; i++)
            tested[i] = is_tested(p, site, i);
        for (size_t s = 0; s < p->tree->spaces.n; s++) {
            if (site == 0) {
                spaces[s] = p->spaces[s];
                spaces[s].namespaces = ARENA_ARRAY(a, p->tree->sites.n, struct ids);
            }
            const struct ids *all = &p->spaces[s].namespaces[site];
            for (size_t i = 0; i < all->n; i++)
                if (tested[all->items[i]])
                    *ARENA_PUSH(a, &spaces[s].namespaces[site]) = all->items[i];
        }
    }
    return spaces;
}

int policy_mutate(const struct policy *p, int64_t now_ms, struct arena *a,
                  struct policy_mutants *ret, struct err *e)
{
    struct policy_mutants out = {0};
    auto_arena scratch = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    struct mutator m = {p, a, &scratch, now_ms, tested_spaces(p, a), &out, e};
    const struct policy_test *failed = NULL;
    if (run_tests(&m, p, &failed) < 0)
        return -1;
    if (failed)
        return fail(e, ERR_INPUT,
                    "%s:%u: this test fails already: mend it first (lotse-policy test)",
                    failed->pos.source->name, failed->pos.line);
    arena_reset(&scratch);
    for (size_t id = 0; id < p->tree->grants.n; id++)
        if (p->grants[id].usable && mutate_grant(&m, id) < 0)
            return -1;
    *ret = out;
    return 0;
}
