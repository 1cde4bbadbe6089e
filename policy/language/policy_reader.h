#pragma once
/* Inside of the read stage: typed values of the policy language. Only policy_read*.c and
 * policy_schema.c include this. */
#include "base/yaml.h"
#include "policy/language/policy_read.h"

/* A policy is an operator's own file, and ours is checked on big ones: more room than a
 * configuration gets. */
#define POLICY_LIMITS ((struct yaml_limits){(size_t)64 << 20, 32, (size_t)16 << 20})

struct reader {
    struct arena *arena;
    struct diags *d;
    struct policy_tree *tree;
    const struct policy_loader *loader;
    struct sources {
        const struct source **items;
        size_t n, cap;
    } files;         /* those that were given, then included ones as they are met */
    bool unreadable; /* an included file is no YAML */
    const struct policy_include *owner; /* of the file that is read; NULL: the platform's */
    int depth;                          /* of files in files */
};

enum value_type {
    VALUE_TEXT,
    VALUE_NAME,   /* is_policy_name */
    VALUE_PERSON, /* a username */
    VALUE_FLAG,
    VALUE_COUNT,
    VALUE_PERCENT,
    VALUE_DURATION,
    VALUE_TIME,
    VALUE_WORDS,
    VALUE_PEOPLE,
    VALUE_LABELS,
    VALUE_PERMISSIONS,
    VALUE_ADDS,
    VALUE_STAGES,
    VALUE_WHO,
    VALUE_DUTIES,
    VALUE_RULE,
    VALUE_VERDICT, /* the choices from here on */
    VALUE_REASON,
    VALUE_FACTOR,
};
enum section {
    SECTION_none,
    SECTION_ldap,
    SECTION_site,
    SECTION_team,
    SECTION_add,
    SECTION_role,
    SECTION_space,
    SECTION_grant,
    SECTION_request,
    SECTION_breakglass,
    SECTION_ci,
    SECTION_invariant,
    SECTION_test,
    SECTION_accept,
    SECTION_include,
};
enum shape { SHAPE_VERSION, SHAPE_ONE, SHAPE_ENTRIES, SHAPE_LIST, SHAPE_FILES };
enum owner { OWNER_PLATFORM, OWNER_TEAM };
enum need { NEED_OPTIONAL, NEED_REQUIRED };

/* --- the table of keys, policy_keys.c */
struct key_row {
    enum section section;
    struct str name;
    enum value_type type;
    enum need need;
    size_t offset;
    const char *text;
};
extern const struct key_row policy_keys[];
extern const size_t n_policy_keys;
/* One map of a section: unknown and missing keys, then each value into its field of `out`. False:
 * there was an error. */
bool read_section(struct reader *r, enum section section, const struct yaml *map, void *out);
/* The words of a choice, NULL-terminated; NULL when the type is none. */
const char *const *value_choices(enum value_type type);

/* --- policy_read_value.c */
/* One value by its type; `what` is the key, for messages. */
void read_value(struct reader *r, enum value_type type, const struct yaml_pair *pair, void *field);
bool read_text(struct reader *r, const struct yaml *y, struct word *out);
void read_words(struct reader *r, const struct yaml_pair *pair, struct words *out);

/* --- policy_read_permission.c */
struct cursor { /* the tokens of a scalar, by spaces */
    const struct yaml *y;
    struct str rest;
};
struct str read_token(struct cursor *c); /* empty at the end */
/* The place of a part of a scalar. */
struct pos read_place(const struct yaml *y, struct str part);
/* "verbs targets [names ...]"; with ret_in also " in <space>" behind it. */
void read_permission(struct reader *r, const struct yaml *scalar, struct policy_permissions *out,
                     struct word *ret_in);
/* --- policy_read_invariant.c */
void read_who(struct reader *r, const struct yaml *y, struct policy_who *out);
void read_duties(struct reader *r, const struct yaml_pair *pair, struct policy_duties *out);

/* --- policy_read_entry.c: the entries of the sections */
void read_site(struct reader *r, const struct yaml_pair *pair);
void read_team(struct reader *r, const struct yaml_pair *pair);
void read_role(struct reader *r, const struct yaml_pair *pair);
void read_space(struct reader *r, const struct yaml_pair *pair);
void read_grant(struct reader *r, const struct yaml *y);
void read_test(struct reader *r, const struct yaml *y);
/* --- policy_read_access.c: requests, breakglass, ci, never, always, accept */
void read_request(struct reader *r, const struct yaml_pair *pair);
void read_breakglass(struct reader *r, const struct yaml_pair *pair);
void read_ci(struct reader *r, const struct yaml_pair *pair);
void read_never(struct reader *r, const struct yaml *y);
void read_always(struct reader *r, const struct yaml *y);
void read_accept(struct reader *r, const struct yaml *y);
void check_name(struct reader *r, const char *what, const struct yaml_pair *pair);
void check_person(struct reader *r, const struct word *person);

/* --- policy_read_include.c: each file of `include` is read when it is met */
void read_includes(struct reader *r, const struct yaml_pair *section, const struct source *from);
/* --- policy_read.c */
bool read_source(struct reader *r, const struct source *source);
