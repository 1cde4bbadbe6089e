#pragma once
/* Inside of the read stage: typed values of the policy language. Only policy_read*.c include this.
 */
#include "base/yaml.h"
#include "policy/language/policy_tree.h"

struct reader {
    struct arena *arena;
    struct diags *d;
    struct policy_tree *tree;
};

enum value_type {
    VALUE_TEXT,
    VALUE_FLAG,
    VALUE_COUNT,
    VALUE_PERCENT,
    VALUE_DURATION,
    VALUE_TIME,
    VALUE_WORDS,
    VALUE_LABELS,
    VALUE_PERMISSIONS,
    VALUE_ADDS,
    VALUE_VERDICT,
    VALUE_LATER,
};
enum section {
    SECTION_document,
    SECTION_ldap,
    SECTION_site,
    SECTION_team,
    SECTION_add,
    SECTION_role,
    SECTION_space,
    SECTION_grant,
    SECTION_test,
};

/* One map of a section: unknown and missing keys, then each value into its field of `out`. False:
 * there was an error. */
bool read_section(struct reader *r, enum section section, const struct yaml *map, void *out);
/* The rows of LATER: true and a diagnostic when the key is one of them. */
bool read_is_later(struct reader *r, const struct yaml_pair *pair);
/* One value by its type; `what` is the key, for messages. */
void read_value(struct reader *r, enum value_type type, const struct yaml_pair *pair, void *field);
/* "verbs targets [names ...]" */
void read_permission(struct reader *r, const struct yaml *scalar, struct policy_permissions *out);
