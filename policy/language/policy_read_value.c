/* Typed values of the policy language. */
#include "base/clock.h"
#include "policy/language/policy_reader.h"

#define STAGE_COUNT_MAX 99
#define CHOICES_MAX     4
#define RULE_MAX        60

bool read_text(struct reader *r, const struct yaml *y, struct word *out)
{
    struct str text;
    if (!yaml_to_str(y, &text, r->d))
        return false;
    if (text.n == 0) {
        diag_error(r->d, y->pos, "an empty text");
        return false;
    }
    *out = (struct word){text, y->pos};
    return true;
}

static void add_word(struct reader *r, const struct yaml *y, struct words *out)
{
    struct word word;
    if (yaml_is_null(y))
        diag_error(r->d, y->pos, "an empty entry in a list");
    else if (read_text(r, y, &word))
        *ARENA_PUSH(r->arena, out) = word;
}

void read_words(struct reader *r, const struct yaml_pair *pair, struct words *out)
{
    if (pair->value.kind == YAML_SCALAR) {
        add_word(r, &pair->value, out);
        return;
    }
    if (pair->value.kind != YAML_LIST) {
        diag_error(r->d, pair->value.pos, "'%.*s' takes a name or a list of names",
                   STR_F(pair->key));
        return;
    }
    for (size_t i = 0; i < pair->value.n; i++)
        add_word(r, &pair->value.items[i], out);
}

static void read_labels(struct reader *r, const struct yaml_pair *pair, struct str_pairs *out)
{
    if (pair->value.kind != YAML_MAP) {
        diag_error(r->d, pair->value.pos, "'%.*s' takes labels: {name: value}", STR_F(pair->key));
        return;
    }
    for (size_t i = 0; i < pair->value.n; i++) {
        const struct yaml_pair *label = &pair->value.pairs[i];
        struct str value;
        if (yaml_is_null(&label->value))
            diag_error(r->d, label->key_pos, "label '%.*s' has no value", STR_F(label->key));
        else if (yaml_to_str(&label->value, &value, r->d))
            *ARENA_PUSH(r->arena, out) = (struct str_pair){label->key, value};
    }
}

static void read_permissions(struct reader *r, const struct yaml_pair *pair,
                             struct policy_permissions *out)
{
    if (pair->value.kind == YAML_SCALAR) {
        read_permission(r, &pair->value, out, NULL);
        return;
    }
    if (pair->value.kind != YAML_LIST) {
        diag_error(r->d, pair->value.pos, "'%.*s' takes a list of permissions", STR_F(pair->key));
        diag_hint(r->d, "for example [\"get,list,watch /pods,apps/deployments\"]");
        return;
    }
    for (size_t i = 0; i < pair->value.n; i++)
        read_permission(r, &pair->value.items[i], out, NULL);
}

static void read_adds(struct reader *r, const struct yaml_pair *pair, struct policy_adds *out)
{
    if (pair->value.kind != YAML_MAP) {
        diag_error(
            r->d, pair->value.pos,
            "'add' takes people with what holds for each: {person: {until: ..., reason: ...}}");
        return;
    }
    for (size_t i = 0; i < pair->value.n; i++) {
        const struct yaml_pair *person = &pair->value.pairs[i];
        struct policy_add *add = ARENA_PUSH(r->arena, out);
        add->person = (struct word){person->key, person->key_pos};
        add->until.ms = TIME_NONE;
        if (!is_username(person->key))
            diag_error(r->d, person->key_pos, "'%.*s' cannot be a username", STR_F(person->key));
        if (!yaml_is_null(&person->value))
            read_section(r, SECTION_add, &person->value, add);
    }
}

static void read_time(struct reader *r, const struct yaml *y, struct policy_time *out)
{
    struct str text;
    if (!yaml_to_str(y, &text, r->d))
        return;
    out->pos = y->pos;
    if (time_parse(text, &out->ms))
        return;
    diag_error(r->d, y->pos, "'%.*s' is not a time", STR_F(text));
    diag_hint(r->d, "write 2026-10-31T18:00:00Z, or 2026-10-31 for midnight UTC");
}

static void read_percent(struct reader *r, const struct yaml *y, int64_t *out)
{
    struct str text;
    if (!yaml_to_str(y, &text, r->d))
        return;
    int64_t percent;
    if (str_ends(text, STR("%")) && str_to_i64(str_from_to(text, 0, text.n - 1), &percent) &&
        percent >= 0 && percent <= 100)
        *out = percent;
    else
        diag_error(r->d, y->pos, "'%.*s' is not a share between 0%% and 100%%", STR_F(text));
}

/* `{1: [lead], 2: [platform]}`, or a list of such maps where a count is needed twice. */
static void read_stage_map(struct reader *r, const struct yaml *map, struct policy_stages *out)
{
    if (map->kind != YAML_MAP) {
        diag_error(r->d, map->pos, "'approve' takes how many of whom");
        diag_hint(r->d, "for example {1: [lead], 2: [platform]}");
        return;
    }
    for (size_t i = 0; i < map->n; i++) {
        struct policy_stage stage = {.pos = map->pairs[i].key_pos};
        if (!str_to_i64(map->pairs[i].key, &stage.count) || stage.count < 1 ||
            stage.count > STAGE_COUNT_MAX) {
            diag_error(r->d, stage.pos, "'%.*s' is not a number of people between 1 and %d",
                       STR_F(map->pairs[i].key), STAGE_COUNT_MAX);
            continue;
        }
        if (yaml_is_null(&map->pairs[i].value)) {
            diag_error(r->d, stage.pos, "%lld of whom? \"lead\", or names of teams",
                       (long long)stage.count);
            continue;
        }
        read_words(r, &map->pairs[i], &stage.by);
        *ARENA_PUSH(r->arena, out) = stage;
    }
}

static void read_stages(struct reader *r, const struct yaml *y, struct policy_stages *out)
{
    size_t before = r->d->n_errors;
    if (y->kind == YAML_LIST)
        for (size_t i = 0; i < y->n; i++)
            read_stage_map(r, &y->items[i], out);
    else
        read_stage_map(r, y, out);
    if (r->d->n_errors > before)
        return;
    if (out->n == 0)
        diag_error(r->d, y->pos, "nobody approves it: 'approve' needs somebody");
    if (out->n > POLICY_STAGES_MAX)
        diag_error(r->d, y->pos, "more than %d groups of people approve it", POLICY_STAGES_MAX);
}

static void read_choice(struct reader *r, enum value_type type, const struct yaml_pair *pair,
                        struct word *out)
{
    const char *const *choices = value_choices(type);
    struct str names[CHOICES_MAX];
    size_t n = 0;
    if (!read_text(r, &pair->value, out))
        return;
    for (; choices[n] && n < CHOICES_MAX; n++) {
        names[n] = STR_C(choices[n]);
        if (str_eq(out->text, names[n]))
            return;
    }
    struct str all = names[0];
    for (size_t i = 1; i < n; i++)
        all = CONCAT(r->arena, all, STR(" or "), names[i]);
    diag_error(r->d, out->pos, "'%.*s' takes %.*s, not '%.*s'", STR_F(pair->key), STR_F(all),
               STR_F(out->text));
    diag_hint_nearest(r->d, out->text, names, n);
}

static void read_name(struct reader *r, const struct yaml *y, struct word *out)
{
    if (!read_text(r, y, out) || is_policy_name(out->text))
        return;
    diag_error(r->d, y->pos, "'%.*s' is not a name", STR_F(out->text));
    diag_hint(r->d, "small letters, digits, and - . _ between them; at most 63 characters");
}

/* L01 to L60; what each of them is about, `lotse-policy explain` says. */
static void read_rule(struct reader *r, const struct yaml *y, struct word *out)
{
    int64_t number;
    if (!read_text(r, y, out))
        return;
    if (out->text.n == 3 && out->text.p[0] == 'L' &&
        str_to_i64(str_from_to(out->text, 1, 3), &number) && number >= 1 && number <= RULE_MAX)
        return;
    diag_error(r->d, y->pos, "'%.*s' is not the number of a rule: L01 to L%d", STR_F(out->text),
               RULE_MAX);
}

static bool read_scalar(struct reader *r, enum value_type type, const struct yaml *y, void *field)
{
    switch (type) {
    case VALUE_PERSON:
    case VALUE_TEXT: read_text(r, y, field); return true;
    case VALUE_NAME: read_name(r, y, field); return true;
    case VALUE_RULE: read_rule(r, y, field); return true;
    case VALUE_FLAG: yaml_to_bool(y, field, r->d); return true;
    case VALUE_COUNT: yaml_to_i64(y, 1, INT32_MAX, field, r->d); return true;
    case VALUE_PERCENT: read_percent(r, y, field); return true;
    case VALUE_DURATION: yaml_to_duration(y, field, r->d); return true;
    case VALUE_TIME: read_time(r, y, field); return true;
    case VALUE_WHO: read_who(r, y, field); return true;
    default: return false;
    }
}

void read_value(struct reader *r, enum value_type type, const struct yaml_pair *pair, void *field)
{
    if (yaml_is_null(&pair->value)) {
        diag_error(r->d, pair->key_pos, "'%.*s' has no value", STR_F(pair->key));
        return;
    }
    if (read_scalar(r, type, &pair->value, field))
        return;
    switch (type) {
    case VALUE_PEOPLE:
    case VALUE_WORDS: read_words(r, pair, field); break;
    case VALUE_LABELS: read_labels(r, pair, field); break;
    case VALUE_PERMISSIONS: read_permissions(r, pair, field); break;
    case VALUE_ADDS: read_adds(r, pair, field); break;
    case VALUE_STAGES: read_stages(r, &pair->value, field); break;
    case VALUE_DUTIES: read_duties(r, pair, field); break;
    default: read_choice(r, type, pair, field); break;
    }
}
