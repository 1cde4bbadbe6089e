#include "gateway/config_row.h"

#define ROWS_MAX 64

struct str path_resolve(struct arena *a, struct str folder, struct str path)
{
    if (path.n == 0 || path.p[0] == '/')
        return path;
    return arena_fmt(a, "%.*s/%.*s", STR_F(folder), STR_F(path));
}

int choice_index(const char *choices, struct str text)
{
    struct str rest = str_from(choices), one;
    for (int i = 0; str_next(&rest, '|', &one); i++)
        if (str_eq(one, text))
            return i;
    return -1;
}

/* --- one value */

static void read_choice(const struct row_reader *r, const struct config_row *row,
                        const struct yaml *y, int *ret)
{
    struct str text, names[8], rest = str_from(row->choices);
    size_t n = 0;
    if (!yaml_to_str(y, &text, r->diags))
        return;
    int index = choice_index(row->choices, text);
    if (index >= 0) {
        *ret = index;
        return;
    }
    while (n < 8 && str_next(&rest, '|', &names[n]))
        n++;
    diag_error(r->diags, y->pos, "'%.*s' is none of %s", STR_F(text), row->choices);
    diag_hint_nearest(r->diags, text, names, n);
}

static void read_texts(const struct row_reader *r, const struct yaml *y, struct texts *ret)
{
    size_t n = y->kind == YAML_LIST ? y->n : 1;
    struct texts t = {.items = ARENA_ARRAY(r->arena, n, struct str), .node = y};
    for (size_t i = 0; i < n; i++) {
        if (!yaml_to_str(y->kind == YAML_LIST ? &y->items[i] : y, &t.items[i], r->diags))
            return;
        t.n++;
    }
    *ret = t;
}

static void read_duration(const struct row_reader *r, const struct config_row *row,
                          const struct yaml *y, int64_t *ret)
{
    int64_t ms;
    if (y->kind == YAML_SCALAR && str_is(y->text, "0"))
        ms = 0;
    else if (!yaml_to_duration(y, &ms, r->diags))
        return;
    if (ms >= row->least && ms <= row->most) {
        *ret = ms;
        return;
    }
    diag_error(r->diags, y->pos, "%s must be from %llds to %llds", row->name,
               (long long)(row->least / 1000), (long long)(row->most / 1000));
}

static void read_value(const struct row_reader *r, const struct config_row *row,
                       const struct yaml *y, void *field)
{
    struct str text;
    switch (row->kind) {
    case ROW_TEXT: (void)yaml_to_str(y, field, r->diags); break;
    case ROW_TEXTS: read_texts(r, y, field); break;
    case ROW_PATH:
        if (yaml_to_str(y, &text, r->diags))
            *(struct str *)field = path_resolve(r->arena, r->folder, text);
        break;
    case ROW_DURATION: read_duration(r, row, y, field); break;
    case ROW_NUMBER: (void)yaml_to_i64(y, row->least, row->most, field, r->diags); break;
    case ROW_FLAG: (void)yaml_to_bool(y, field, r->diags); break;
    case ROW_CHOICE: read_choice(r, row, y, field); break;
    case ROW_LATER: break;
    }
}

/* --- sections */

static void read_fallback(const struct row_reader *r, const struct config_row *row, void *field)
{
    const struct yaml scalar = {.kind = YAML_SCALAR, .text = str_from(row->fallback)};
    read_value(r, row, &scalar, field);
}

static void read_row(const struct row_reader *r, const struct config_row *row,
                     const struct yaml *section, void *to)
{
    void *field = (char *)to + row->offset;
    const struct yaml *y = section ? yaml_get(section, str_from(row->name)) : NULL;
    if (y && !yaml_is_null(y))
        read_value(r, row, y, field);
    else if (row->fallback)
        read_fallback(r, row, field);
    if (row->need == MUST && (!y || yaml_is_null(y)))
        diag_error(r->diags, section ? section->pos : (struct pos){0}, "%s%s%s is missing",
                   row->section, row->section[0] ? "." : "", row->name);
}

/* The keys that may stand in a section; at the top the names of the sections too. */
static size_t names_in(const struct row_table *table, const char *section, struct str *names)
{
    size_t n = 0;
    const char *last = "";
    for (size_t i = 0; i < table->n && n < ROWS_MAX; i++) {
        const struct config_row *row = &table->rows[i];
        if (strcmp(row->section, section) == 0)
            names[n++] = str_from(row->name);
        else if (section[0] == 0 && strcmp(row->section, last) != 0)
            names[n++] = str_from(row->section);
        last = row->section;
    }
    return n;
}

static const struct yaml *open_section(const struct row_reader *r, const struct yaml *map,
                                       const struct row_table *table, const char *section)
{
    struct str names[ROWS_MAX];
    const struct yaml *y = section[0] ? yaml_get(map, str_from(section)) : map;
    if (!y || yaml_is_null(y))
        return NULL;
    if (y->kind != YAML_MAP) {
        diag_error(r->diags, y->pos, "'%s' must be a map of keys", section);
        return NULL;
    }
    (void)yaml_check_keys(y, names, names_in(table, section, names), r->diags);
    return y;
}

void rows_read(const struct row_reader *r, const struct yaml *map, const struct row_table *table,
               void *to)
{
    const char *section = NULL;
    const struct yaml *y = NULL;
    for (size_t i = 0; i < table->n; i++) {
        const struct config_row *row = &table->rows[i];
        if (!section || strcmp(row->section, section) != 0)
            y = open_section(r, map, table, row->section);
        section = row->section;
        read_row(r, row, y, to);
    }
}
