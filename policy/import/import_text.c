/* The policy as text: sections in the order of the language, entries by name, where they come from
 * beside them. */
#include <stdlib.h>

#include "policy/import/import.h"

#define TEXT_COLUMNS   96
#define COMMENT_COLUMN 56

struct line { /* entries that stand one below the other */
    struct buf *out;
    size_t start;
};

static void comment_at(const struct line *line)
{
    size_t used = line->out->n - line->start;
    buf_fmt(line->out, "%*s# ", used < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - used) : 2, "");
}

static void end_line(struct line *line)
{
    buf_char(line->out, '\n');
    line->start = line->out->n;
}

/* Breaks the line when the next word would be beyond the columns. */
static void next_word(struct line *line, const struct buf *word, bool first, int indent)
{
    if (!first)
        buf_c(line->out, ",");
    if (!first && line->out->n - line->start + word->n + 2 > TEXT_COLUMNS) {
        end_line(line);
        buf_fmt(line->out, "%*s", indent, "");
    } else if (!first)
        buf_char(line->out, ' ');
    buf_add(line->out, buf_str(word));
}

/* "a" or "[a, b]" */
static void put_words(struct line *line, struct strs words, int indent)
{
    bool list = words.n != 1;
    buf_c(line->out, list ? "[" : "");
    for (size_t i = 0; i < words.n; i++) {
        auto_buf word = BUF_INIT(4096);
        put_yaml(&word, words.items[i]);
        next_word(line, &word, i == 0, indent);
    }
    buf_c(line->out, list ? "]" : "");
}

/* --- order */

struct entry {
    struct str name;
    uint32_t id;
};
struct entries {
    struct entry *items;
    size_t n;
};

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void sort_entries(struct entries *e)
{
    if (e->n > 1)
        qsort(e->items, e->n, sizeof(*e->items), by_name);
}

/* --- permissions: lines of a form that agree in verbs and names stand together */

struct text_line {
    struct str verbs, names, target;
};

static int text_order(const void *a, const void *b)
{
    const struct text_line *x = a, *y = b;
    int order = str_cmp(x->names, y->names);
    if (order == 0)
        order = str_cmp(x->verbs, y->verbs);
    return order ? order : str_cmp(x->target, y->target);
}

static const struct {
    struct str name;
    bool standard;
} verb_rows[] = {
#define VERB(name, standard) {{name, sizeof(name) - 1}, standard},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
};
#define N_VERB_ROWS (sizeof(verb_rows) / sizeof(*verb_rows))

static struct str verbs_text(struct importer *im, import_verbs verbs)
{
    struct str names[IMPORT_VERBS_MAX], others[IMPORT_VERBS_MAX];
    size_t n = 0, n_others = 0, n_standard = 0, n_all = 0;
    for (size_t i = 0; i < N_VERB_ROWS; i++) {
        uint32_t id = intern_find(&im->verbs, verb_rows[i].name);
        n_all += verb_rows[i].standard;
        if (id >= IMPORT_VERBS_MAX || !verbs_have(verbs, id))
            continue;
        names[n++] = verb_rows[i].name;
        n_standard += verb_rows[i].standard;
        verbs &= ~((import_verbs)1 << id);
    }
    for (uint32_t id = 0; id < im->verbs.n && id < IMPORT_VERBS_MAX; id++)
        if (verbs_have(verbs, id))
            others[n_others++] = im->verbs.items[id];
    if (n == n_all && n_standard == n_all && n_others == 0)
        return STR("*");
    struct strs sorted = strs_sorted(im->arena, (struct strs){others, n_others});
    for (size_t i = 0; i < sorted.n; i++)
        names[n++] = sorted.items[i];
    return strs_join(im->arena, (struct strs){names, n}, ',');
}

static struct text_line *text_lines(struct importer *im, const struct form *form)
{
    struct text_line *lines = ARENA_ARRAY(im->arena, form->n, struct text_line);
    for (size_t i = 0; i < form->n; i++) {
        const struct form_line *l = &form->items[i];
        lines[i].verbs = verbs_text(im, l->verbs);
        lines[i].names = strs_join(im->arena, im->name_sets[l->names], ',');
        lines[i].target =
            CONCAT(im->arena, im->words.items[l->group], STR("/"), im->words.items[l->resource]);
    }
    if (form->n > 1)
        qsort(lines, form->n, sizeof(*lines), text_order);
    return lines;
}

/* indent 0: it stands on the line already */
static void put_permission(struct line *line, const struct text_line *lines, size_t n, int indent)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    auto_buf quoted = BUF_INIT((size_t)4 << 20);
    buf_add(&text, lines->verbs);
    for (size_t i = 0; i < n; i++) {
        buf_c(&text, i ? "," : " ");
        buf_add(&text, lines[i].target);
    }
    if (lines->names.n) {
        buf_c(&text, " names ");
        buf_add(&text, lines->names);
    }
    buf_json(&quoted, buf_str(&text));
    if (indent) {
        buf_char(line->out, ',');
        end_line(line);
        buf_fmt(line->out, "%*s", indent, "");
    }
    buf_add(line->out, buf_str(&quoted));
}

static void put_permissions(struct importer *im, struct line *line, const char *key,
                            const struct form *form)
{
    const struct text_line *lines = text_lines(im, form);
    size_t indent = strlen(key) + 7;
    buf_fmt(line->out, "    %s: [", key);
    for (size_t i = 0, end; i < form->n; i = end) {
        size_t width = lines[i].verbs.n + lines[i].target.n + lines[i].names.n;
        for (end = i + 1; end < form->n && str_eq(lines[end].verbs, lines[i].verbs) &&
                          str_eq(lines[end].names, lines[i].names) &&
                          width + lines[end].target.n + 14 < TEXT_COLUMNS;
             end++)
            width += lines[end].target.n + 1;
        put_permission(line, &lines[i], end - i, i == 0 ? 0 : (int)indent);
    }
    buf_char(line->out, ']');
    end_line(line);
}

/* --- sections */

static void write_head(struct importer *im, struct buf *out)
{
    buf_c(out, "# A policy made by `lotse-policy import` from the RBAC of ");
    for (size_t i = 0; i < im->n_sites; i++) {
        buf_c(out, i ? ", " : "");
        put_comment(out, im->in->sites[i].name);
    }
    buf_c(out,
          ".\n# Behind each entry stands where it comes from. It gives every group what it had; "
          "what could\n# not be taken over is in the report of the import.\nlotse: 1\nsites:\n");
    for (size_t i = 0; i < im->n_sites; i++)
        buf_fmt(out, "  %.*s: {audience: k8s-%.*s}\n", STR_F(im->in->sites[i].name),
                STR_F(im->in->sites[i].name));
    struct str base = teams_ldap_base(im);
    if (base.n) {
        buf_c(out, "ldap: {base: ");
        buf_json(out, base);
        buf_c(out, "}\n");
    }
}

static void write_teams(struct importer *im, struct buf *out)
{
    struct entries e = {ARENA_ARRAY(im->arena, im->groups.n, struct entry), im->groups.n};
    for (uint32_t i = 0; i < e.n; i++)
        e.items[i] = (struct entry){im->teams[i].name, i};
    sort_entries(&e);
    buf_c(out, e.n ? "teams:\n" : "");
    for (size_t i = 0; i < e.n; i++) {
        const struct import_team *team = &im->teams[e.items[i].id];
        struct line line = {out, out->n};
        buf_fmt(out, "  %.*s: {from: [", STR_F(team->name));
        put_yaml(out, team->from);
        buf_c(out, "]}");
        if (!str_eq(team->raw, team->name)) {
            comment_at(&line);
            buf_c(out, "group ");
            put_comment(out, team->raw);
        }
        end_line(&line);
    }
}

static void put_sources(struct importer *im, struct line *line, const struct import_role *role)
{
    if (role->sources.n == 0)
        return;
    comment_at(line);
    put_comment(line->out, object_name(im->arena, role->sources.items[0].object));
    if (role->sources.n > 1)
        buf_fmt(line->out, " and %zu more", role->sources.n - 1);
}

static struct str base_of(struct importer *im, const struct import_role *role)
{
    struct str cluster_role = role->cluster_role.n ? role->cluster_role : role->base_cluster_role;
    if (role->base != ID_NONE)
        return im->roles.items[role->base].name;
    return cluster_role.n ? CONCAT(im->arena, STR("k8s/"), cluster_role) : STR_NONE;
}

/* "view: {base: k8s/view}" */
static void write_short_role(struct importer *im, struct line *line, const struct import_role *role)
{
    buf_c(line->out, " {base: ");
    put_yaml(line->out, base_of(im, role));
    buf_c(line->out, role->wide ? ", cluster: true}" : "}");
    put_sources(im, line, role);
    end_line(line);
}

static void write_role(struct importer *im, struct buf *out, const struct import_role *role)
{
    struct line line = {out, out->n};
    struct str base = base_of(im, role);
    buf_fmt(out, "  %.*s:", STR_F(role->name));
    if (role->rest.n == 0 && role->deny.n == 0) {
        write_short_role(im, &line, role);
        return;
    }
    put_sources(im, &line, role);
    end_line(&line);
    if (base.n) {
        buf_c(out, "    base: ");
        put_yaml(out, base);
        end_line(&line);
    }
    if (role->wide) {
        buf_c(out, "    cluster: true");
        end_line(&line);
    }
    if (role->rest.n)
        put_permissions(im, &line, "can", &role->rest);
    if (role->deny.n)
        put_permissions(im, &line, "deny", &role->deny);
}

static void write_roles(struct importer *im, struct buf *out)
{
    struct entries e = {ARENA_ARRAY(im->arena, im->roles.n, struct entry), 0};
    bool *needed = ARENA_ARRAY(im->arena, im->roles.n, bool);
    for (uint32_t i = 0; i < im->roles.n; i++)
        for (uint32_t k = i; im->roles.items[i].n_uses && k != ID_NONE && !needed[k];
             k = im->roles.items[k].base)
            needed[k] = true;
    for (uint32_t i = 0; i < im->roles.n; i++)
        if (needed[i])
            e.items[e.n++] = (struct entry){im->roles.items[i].name, i};
    sort_entries(&e);
    im->out->n_roles = e.n;
    buf_c(out, e.n ? "roles:\n" : "");
    for (size_t i = 0; i < e.n; i++)
        write_role(im, out, &im->roles.items[e.items[i].id]);
}

static void write_spaces(struct importer *im, struct buf *out)
{
    struct entries e = {ARENA_ARRAY(im->arena, im->spaces.n, struct entry), 0};
    for (uint32_t i = 0; i < im->spaces.n; i++)
        if (im->spaces.items[i].used)
            e.items[e.n++] = (struct entry){im->spaces.items[i].name, i};
    sort_entries(&e);
    im->out->n_spaces = e.n;
    buf_c(out, e.n ? "spaces:\n" : "");
    for (size_t i = 0; i < e.n; i++) {
        const struct import_space *space = &im->spaces.items[e.items[i].id];
        struct line line = {out, out->n};
        buf_fmt(out, "  %.*s: {", STR_F(space->name));
        if (space->label.n)
            buf_add(out, space->definition);
        if (space->names.n) {
            buf_c(out, "names: ");
            put_words(&line, space->names, 4);
        }
        if (space->except.n) {
            buf_c(out, ", not: ");
            put_words(&line, space->except, 4);
        }
        buf_char(out, '}');
        if (space->extent.n != 1 || space->label.n) {
            comment_at(&line);
            buf_fmt(out, "%zu namespaces", space->extent.n);
        }
        end_line(&line);
    }
}

/* --- grants */

struct grant_order {
    struct str team, role;
    const struct import_grant *grant;
};

static int by_team(const void *a, const void *b)
{
    const struct grant_order *x = a, *y = b;
    int order = str_cmp(x->team, y->team);
    if (order == 0)
        order = str_cmp(x->role, y->role);
    return order ? order
                 : (x->grant->sites > y->grant->sites) - (x->grant->sites < y->grant->sites);
}

static void put_sites(struct importer *im, struct line *line, uint64_t sites)
{
    struct str names[64];
    size_t n = 0;
    if (sites == im->all_sites)
        return;
    for (size_t i = 0; i < im->n_sites; i++)
        if (has_site(sites, i))
            names[n++] = im->in->sites[i].name;
    buf_c(line->out, ", at: ");
    put_words(line, (struct strs){names, n}, 6);
}

static void write_grant(struct importer *im, struct buf *out, const struct grant_order *o)
{
    struct line line = {out, out->n};
    const struct import_grant *g = o->grant;
    struct str *spaces = ARENA_ARRAY(im->arena, g->spaces.n, struct str);
    for (size_t i = 0; i < g->spaces.n; i++)
        spaces[i] = im->spaces.items[g->spaces.items[i]].name;
    buf_fmt(out, "  - {team: %.*s, role: %.*s", STR_F(o->team), STR_F(o->role));
    if (g->spaces.n) {
        buf_c(out, ", in: ");
        put_words(&line, strs_sorted(im->arena, (struct strs){spaces, g->spaces.n}), 6);
    }
    put_sites(im, &line, g->sites);
    buf_char(out, '}');
    comment_at(&line);
    put_comment(out, object_name(im->arena, g->binding));
    if (g->n_bindings > 1)
        buf_fmt(out, " and %zu more", g->n_bindings - 1);
    end_line(&line);
}

static void write_grants(struct importer *im, struct buf *out)
{
    struct grant_order *order = ARENA_ARRAY(im->arena, im->grants.n, struct grant_order);
    for (size_t i = 0; i < im->grants.n; i++) {
        const struct import_grant *g = &im->grants.items[i];
        order[i] = (struct grant_order){im->teams[g->team].name, im->roles.items[g->role].name, g};
    }
    if (im->grants.n > 1)
        qsort(order, im->grants.n, sizeof(*order), by_team);
    buf_c(out, im->grants.n ? "grants:\n" : "");
    for (size_t i = 0; i < im->grants.n; i++)
        write_grant(im, out, &order[i]);
}

void text_write(struct importer *im, struct buf *out)
{
    write_head(im, out);
    write_teams(im, out);
    write_roles(im, out);
    write_spaces(im, out);
    write_grants(im, out);
    im->out->n_teams = im->groups.n;
    im->out->n_grants = im->grants.n;
}
