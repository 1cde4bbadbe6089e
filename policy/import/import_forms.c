/*
 * What a role allows, in one form: a line per resource and set of names, sorted, with nothing that
 * another line allows already. Roles that were written differently and allow the same have the same
 * form, apart from what only the discovery could tell (a list of all resources against a `*`).
 */
#include <stdlib.h>

#include "policy/import/import.h"

enum { WORD_STAR = 0 }; /* "*" is interned first, among words and verbs */

static uint32_t names_id(struct importer *im, struct strs names)
{
    struct strs sorted = strs_sorted(im->arena, names);
    if (names.n == 0)
        return 0;
    size_t before = im->names.n;
    uint32_t id = intern_add(&im->names, CONCAT(im->arena, arena_fmt(im->arena, "%zu", sorted.n),
                                                STR("\0"), strs_join(im->arena, sorted, '\0')));
    if (im->names.n > before)
        *(struct strs *)arena_push(im->arena, (void **)&im->name_sets, &im->n_name_sets,
                                   &im->cap_name_sets, sizeof(struct strs)) = sorted;
    return id;
}

static import_verbs verbs_of(struct importer *im, struct strs verbs)
{
    import_verbs set = 0;
    for (size_t i = 0; i < verbs.n; i++) {
        uint32_t id = intern_add(&im->verbs, verbs.items[i]);
        if (id >= IMPORT_VERBS_MAX)
            im->too_many_verbs = true;
        else
            set |= (import_verbs)1 << id;
    }
    return verbs_have(set, WORD_STAR) ? 1 : set;
}

static int by_target(const void *a, const void *b)
{
    const struct form_line *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->resource != y->resource)
        return x->resource < y->resource ? -1 : 1;
    return (x->names > y->names) - (x->names < y->names);
}

struct lines {
    struct form_line *items;
    size_t n, cap;
};

static void add_rule(struct importer *im, const struct rbac_rule *rule, struct lines *lines)
{
    import_verbs verbs = verbs_of(im, rule->verbs);
    uint32_t names = names_id(im, rule->resource_names);
    for (size_t g = 0; verbs && g < rule->api_groups.n; g++)
        for (size_t r = 0; r < rule->resources.n; r++)
            *ARENA_PUSH(im->arena, lines) = (struct form_line){
                intern_add(&im->words, rule->api_groups.items[g]),
                intern_add(&im->words, rule->resources.items[r]), names, 0, verbs};
    for (size_t u = 0; verbs && u < rule->non_resource_urls.n; u++)
        *ARENA_PUSH(im->arena, lines) = (struct form_line){
            URL_GROUP, intern_add(&im->words, rule->non_resource_urls.items[u]), 0, 0, verbs};
}

static void merge_lines(struct lines *lines)
{
    size_t n = 0;
    if (lines->n > 1)
        qsort(lines->items, lines->n, sizeof(*lines->items), by_target);
    for (size_t i = 0; i < lines->n; i++) {
        if (n > 0 && by_target(&lines->items[n - 1], &lines->items[i]) == 0)
            lines->items[n - 1].verbs |= lines->items[i].verbs;
        else
            lines->items[n++] = lines->items[i];
    }
    lines->n = n;
    for (size_t i = 0; i < n; i++)
        if (verbs_have(lines->items[i].verbs, WORD_STAR))
            lines->items[i].verbs = 1;
}

static bool resource_covers(const struct importer *im, uint32_t wide, uint32_t resource)
{
    struct str w = im->words.items[wide], r = im->words.items[resource], name, sub;
    if (wide == WORD_STAR || wide == resource)
        return true;
    return w.n > 2 && w.p[0] == '*' && w.p[1] == '/' && str_split(r, '/', &name, &sub) &&
           str_eq(sub, str_from_to(w, 2, w.n));
}

static bool url_covers(const struct importer *im, uint32_t wide, uint32_t url)
{
    struct str w = im->words.items[wide];
    bool star = str_ends(w, STR("*"));
    while (w.n && w.p[w.n - 1] == '*')
        w.n--;
    return wide == url || (star && str_starts(im->words.items[url], w));
}

static bool line_covers(const struct importer *im, const struct form_line *wide,
                        const struct form_line *line)
{
    if ((wide->group == URL_GROUP) != (line->group == URL_GROUP))
        return false;
    if (wide->group == URL_GROUP)
        return url_covers(im, wide->resource, line->resource);
    return (wide->group == WORD_STAR || wide->group == line->group) &&
           (wide->names == 0 || wide->names == line->names) &&
           resource_covers(im, wide->resource, line->resource);
}

/* Can it cover another line at all? */
static bool is_wide(const struct importer *im, const struct form_line *line, bool has_names)
{
    struct str resource = im->words.items[line->resource];
    return line->group == WORD_STAR || str_starts(resource, STR("*")) ||
           (line->group == URL_GROUP && str_ends(resource, STR("*"))) ||
           (has_names && line->names == 0);
}

static import_verbs verbs_minus(import_verbs verbs, import_verbs without)
{
    return verbs_have(without, WORD_STAR) ? 0 : verbs & ~without;
}

static void drop_covered(const struct importer *im, struct lines *lines)
{
    bool has_names = false;
    size_t n = 0;
    for (size_t i = 0; i < lines->n; i++)
        has_names = has_names || lines->items[i].names;
    for (size_t w = 0; w < lines->n; w++) {
        const struct form_line *wide = &lines->items[w];
        if (!wide->verbs || !is_wide(im, wide, has_names))
            continue;
        for (size_t i = 0; i < lines->n; i++)
            if (i != w && line_covers(im, wide, &lines->items[i]))
                lines->items[i].verbs = verbs_minus(lines->items[i].verbs, wide->verbs);
    }
    for (size_t i = 0; i < lines->n; i++)
        if (lines->items[i].verbs)
            lines->items[n++] = lines->items[i];
    lines->n = n;
}

static uint32_t form_id(struct importer *im, const struct form_line *lines, size_t n)
{
    /* an empty form is the empty text; the lines have no padding that could differ */
    struct str bytes = {(const char *)lines, n * sizeof(*lines)};
    uint32_t id = intern_add(&im->forms, n ? bytes : STR(""));
    while (im->n_form_states < im->forms.n) {
        struct form_state *state =
            arena_push(im->arena, (void **)&im->form_states, &im->n_form_states,
                       &im->cap_form_states, sizeof(*state));
        state->without_urls = ID_NONE;
    }
    return id;
}

uint32_t form_add(struct importer *im, const struct form *form)
{
    return form_id(im, form->items, form->n);
}

bool form_has_star(const struct importer *im, const struct form *form)
{
    for (size_t i = 0; i < form->n; i++)
        if (form->items[i].group == WORD_STAR || verbs_have(form->items[i].verbs, WORD_STAR) ||
            str_starts(im->words.items[form->items[i].resource], STR("*")))
            return true;
    return false;
}

uint32_t form_of_rules(struct importer *im, const struct rbac_object *role)
{
    struct lines lines = {0};
    for (size_t i = 0; i < role->n_rules; i++)
        add_rule(im, &role->rules[i], &lines);
    merge_lines(&lines);
    drop_covered(im, &lines);
    return form_id(im, lines.items, lines.n);
}

struct form form_get(const struct importer *im, uint32_t id)
{
    struct str bytes = im->forms.items[id];
    struct form_line *lines = (struct form_line *)(uintptr_t)bytes.p; /* an arena's, aligned */
    return (struct form){bytes.n ? lines : NULL, bytes.n / sizeof(*lines)};
}

uint32_t form_without_urls(struct importer *im, uint32_t id)
{
    if (im->form_states[id].without_urls != ID_NONE)
        return im->form_states[id].without_urls;
    struct form form = form_get(im, id);
    size_t n = form.n; /* URLs have the last group */
    while (n > 0 && form.items[n - 1].group == URL_GROUP)
        n--;
    uint32_t without = n == form.n ? id : form_id(im, form.items, n);
    im->form_states[id].without_urls = without;
    return without;
}

/* The verbs that a form gives on what a line speaks of. */
static import_verbs verbs_on(const struct importer *im, const struct form *form,
                             const struct form_line *line)
{
    import_verbs verbs = 0;
    for (size_t i = 0; i < form->n; i++)
        if (line_covers(im, &form->items[i], line))
            verbs |= form->items[i].verbs;
    return verbs;
}

bool form_covers(const struct importer *im, const struct form *a, const struct form *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (verbs_minus(b->items[i].verbs, verbs_on(im, a, &b->items[i])))
            return false;
    return true;
}

struct form form_minus(struct importer *im, const struct form *a, const struct form *b)
{
    struct lines left = {0};
    for (size_t i = 0; i < a->n; i++) {
        struct form_line line = a->items[i];
        line.verbs = verbs_minus(line.verbs, verbs_on(im, b, &line));
        if (line.verbs)
            *ARENA_PUSH(im->arena, &left) = line;
    }
    return (struct form){left.items, left.n};
}

struct form form_union(struct importer *im, const struct form *a, const struct form *b)
{
    struct lines all = {0};
    for (size_t i = 0; i < a->n; i++)
        *ARENA_PUSH(im->arena, &all) = a->items[i];
    for (size_t i = 0; i < b->n; i++)
        *ARENA_PUSH(im->arena, &all) = b->items[i];
    merge_lines(&all);
    return (struct form){all.items, all.n};
}
