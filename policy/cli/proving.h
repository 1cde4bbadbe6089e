#pragma once
/* What prove, reach, sod and check ask about: for each site that was read the cells of everything
 * that it would hold after an apply, foreign objects included. */
#include "policy/analysis/policy_prove.h"
#include "policy/cli/run.h"

/* For a policy against the run's clusters. -1: s->err. */
must_check int proving_open(struct run *s, const struct policy *policy, struct policy_proving *ret);

/* All invariants, also as they will be once empty spaces get a namespace. -1: s->err. */
must_check int proving_ask(struct run *s, const struct policy_proving *in,
                           struct prove_results *ret);

/* --- prove_report.c */
void prove_say(struct run *s, const struct policy_proving *in, const struct prove_results *results);
void prove_json(struct json_out *j, const struct policy_proving *in,
                const struct prove_results *results);
/* A line when the binder was left out of the cells (text mode). */
void proving_say_left_out(struct run *s, const struct policy_proving *in);
