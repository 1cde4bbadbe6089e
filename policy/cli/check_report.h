#pragma once
/*
 * What `check` found, in one place: errors and warnings of the text, findings of the lints, broken
 * invariants, failed tests. Written as text, JSON, SARIF 2.1.0 (for code scanning) or JUnit XML
 * (for CI).
 */
#include "policy/cli/proving.h"
#include "policy/lint/lint.h"

struct check_report {
    struct run *s;
    struct policy_findings findings;  /* those that were asked for */
    struct policy_test_results tests; /* only with clusters, like these */
    struct policy_proving proving;
    struct prove_results invariants;
    bool whole;                 /* invariants and tests were looked at, not lints alone */
    enum lint_severity fail_on; /* LINT_NONE: never */
};
/* What the lints look at in this run: cells, the objects of the clusters, what was applied last.
 * Other than CLI_OK: said already. */
must_check enum cli_exit check_lint_input(struct run *s, struct policy_lint_input *ret);
/* Fills it; other than CLI_OK: said already. */
enum cli_exit check_run(struct check_report *r);
/* Findings at or above --fail-on, failed tests, broken invariants. */
bool check_fails(const struct check_report *r);
/* Does it count for the exit status? What is not ours only with --foreign-errors. */
bool check_counts(const struct check_report *r, const struct policy_finding *f);

const char *check_rule_of(const struct policy_invariant *invariant); /* "L54"; NULL: no lint */

void check_write_text(const struct check_report *r);
void check_write_json(const struct check_report *r);
void check_write_sarif(const struct check_report *r, struct buf *out); /* check_sarif.c */
void check_write_junit(const struct check_report *r, struct buf *out); /* check_junit.c */
void check_write(const struct check_report *r); /* the one that was asked for */
/* SARIF or JUnit of a policy that was refused. */
void check_refused(struct run *s);
