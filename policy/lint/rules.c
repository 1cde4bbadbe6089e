/* The table of the rules. */
#include "policy/lint/finding.h"

#define S(literal) {literal, sizeof(literal) - 1}
const struct policy_rule policy_rules[] = {
#define RULE(id, name, severity, by, title, why, mend, source) \
    {S(#id), S(name), LINT_##severity, LINT_BY_##by, S(title), S(why), S(mend), S(source)},
#include "policy/lint/rules.tbl.h"
#undef RULE
};
const size_t policy_n_rules = sizeof(policy_rules) / sizeof(*policy_rules);

const struct policy_rule *policy_rule_find(struct str id)
{
    for (size_t i = 0; i < policy_n_rules; i++)
        if (str_eq_nocase(policy_rules[i].id, id) || str_eq(policy_rules[i].name, id))
            return &policy_rules[i];
    return NULL;
}

static const char *const severity_names[] = {"none", "info", "low", "medium", "high", "critical"};

const char *lint_severity_name(enum lint_severity severity)
{
    return severity_names[severity];
}

bool lint_severity_of(struct str name, enum lint_severity *ret)
{
    for (int i = LINT_INFO; i <= LINT_CRITICAL; i++)
        if (str_is(name, severity_names[i])) {
            *ret = (enum lint_severity)i;
            return true;
        }
    return false;
}
