#pragma once
/* What a rule means, with an example that fires it and the same mended: `lotse-policy explain`. */
#include "policy/lint/finding.h"

enum lint_example_kind { EXAMPLE_NONE, EXAMPLE_POLICY, EXAMPLE_OBJECTS, EXAMPLE_AUTHN };
struct lint_example {
    struct str id;
    enum lint_example_kind kind;
    struct str fires, mended; /* EXAMPLE_NONE: fires says why there is none */
};
extern const struct lint_example lint_examples[];
extern const size_t lint_n_examples;
/* The first part of a policy of which the examples are the rest. */
extern const struct str lint_example_head;
const struct lint_example *lint_example_of(const struct policy_rule *rule); /* NULL: none */
void lint_explain(const struct policy_rule *rule, struct buf *out);         /* text */
