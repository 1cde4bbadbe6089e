#pragma once
/*
 * What begins to fail between two moments, for until and expiring: tests of the policy, `always`
 * (as of a moment: policy_prove_moment), and findings of check, which count again when their
 * `accept` ends. A `never` cannot begin to fail: moments only end access.
 */
#include "policy/cli/run.h"
#include "policy/rbac/access.h"

enum begin_kind { BEGIN_TEST, BEGIN_INVARIANT, BEGIN_FINDING, BEGIN_KINDS };

struct begin { /* fails from this moment on, and did not just before */
    enum begin_kind kind;
    int64_t from_ms;
    struct pos pos;  /* line 0: on a cluster, not in the policy */
    struct str what; /* "always oncall-logs", "L13 of team shop"; of a test its place */
    struct str text;
};
struct begins {
    struct run *run;
    struct begins_inside *inside;
    struct begin *items;
    size_t n, cap;
    size_t n_of[BEGIN_KINDS];
};
/* accesses: one per site of the policy. Everything after this is what begins after from_ms.
 * Other than CLI_OK: said already. */
must_check enum cli_exit begins_open(struct run *s, const struct access *const *accesses,
                                     int64_t from_ms, struct begins *ret);
/* What passes until then and fails at to_ms: appended, and said in text mode. */
must_check enum cli_exit begins_step(struct begins *b, int64_t to_ms);
void begins_json(const struct begins *b);       /* "tests", "invariants", "findings": [...] */
struct str begins_text(const struct begins *b); /* "2 tests and 0 invariants begin to fail, ..." */
