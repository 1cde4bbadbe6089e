/* What check would say beside errors, while one types: lints that hold for the policy itself, and
 * its tests. Only on the sites whose clusters are known. */
#include "policy/analysis/policy_tests.h"
#include "policy/emit/policy_emit.h"
#include "policy/lint/lint.h"
#include "policy/lsp/lsp_server.h"

static bool cells_of(const struct lsp_compiled *c, size_t site, struct arena *a,
                     const struct access **ret)
{
    struct err e;
    struct rbac_set *set = ARENA_NEW(a, struct rbac_set);
    const struct rbac_set *sets = set;
    if (!policy_emit(c->policy, site, a, set))
        return false;
    const struct policy_resources *known = &policy_cluster_of(c->policy, site)->resources;
    const struct universe *u = universe_new(a, &sets, 1, known, &e);
    *ret = u ? access_new(a, u, set, &e) : NULL;
    return *ret != NULL;
}

static void say_finding(const struct policy_finding *f, struct diags *d)
{
    if (f->foreign || f->pos.line == 0)
        return;
    diag_warn(d, f->pos, "%.*s %s: %.*s", STR_F(f->rule->id), lint_severity_name(f->severity),
              STR_F(f->message));
    if (f->mend.n)
        diag_hint(d, "%.*s", STR_F(f->mend));
}

static void run_tests(const struct lsp_compiled *c, const struct access *const *accesses,
                      struct arena *a, struct diags *d)
{
    struct policy_test_results results = policy_run_tests(c->policy, accesses, c->now_ms, a);
    for (size_t i = 0; i < results.n; i++) {
        struct str site = results.items[i].test->in.text, namespace;
        str_split(results.items[i].test->in.text, ':', &site, &namespace);
        uint32_t id = policy_site_find(c->policy, site);
        if (!results.items[i].passed && id != ID_NONE && accesses[id])
            diag_error(d, results.items[i].test->pos, "the test fails: %.*s",
                       STR_F(results.items[i].text));
    }
}

void lsp_lint(struct lsp_compiled *c, struct diags *d)
{
    struct arena *a = &c->arena;
    struct policy_findings findings = {0};
    struct err e;
    size_t n_sites = policy_n_sites(c->policy), n = 0;
    const struct access **accesses = ARENA_ARRAY(a, n_sites, const struct access *);
    struct policy_lint_site *sites = ARENA_ARRAY(a, n_sites, struct policy_lint_site);
    for (size_t i = 0; i < n_sites; i++)
        if (policy_cluster_of(c->policy, i) && cells_of(c, i, a, &accesses[i]))
            sites[n++] = (struct policy_lint_site){i, accesses[i], NULL};
    if (n == 0)
        return;
    const struct policy_lint_input in = {
        .policy = c->policy, .now_ms = c->now_ms, .sites = sites, .n_sites = n};
    if (policy_lint(&in, a, &findings, &e) == 0)
        for (size_t i = 0; i < findings.n; i++)
            say_finding(&findings.items[i], d);
    run_tests(c, accesses, a, d);
}
