/*
 * Files that include files. A file with a `team` belongs to it: whoever may change that file can
 * give nothing away but what the including one lists. So such a file includes no others, and no
 * path leads out of the folder of the policy.
 */
#include "policy/language/policy_reader.h"

#define DEPTH_MAX      8
#define PATH_BYTES_MAX 1024

static bool is_inside(struct str path)
{
    struct str part, rest = path;
    if (path.n == 0 || path.n > PATH_BYTES_MAX || str_has(path, '\\') || str_has_control(path) ||
        path.p[0] == '/' || path.p[path.n - 1] == '/')
        return false;
    while (str_next(&rest, '/', &part))
        if (part.n == 0 || str_is(part, ".") || str_is(part, ".."))
            return false;
    return true;
}

static struct str last_part(struct str path)
{
    size_t from = path.n;
    while (from > 0 && path.p[from - 1] != '/')
        from--;
    return str_from_to(path, from, path.n);
}

/* Beside the file that says it. */
static struct str path_beside(struct reader *r, const struct source *from, struct str file)
{
    struct str name = STR_C(from->name);
    return CONCAT(r->arena, str_from_to(name, 0, name.n - last_part(name).n), file);
}

/* Objects say their lines without the folder, so that the same policy gives the same bytes wherever
 * it lies. */
static void warn_same_name(struct reader *r, const struct policy_include *include)
{
    struct str name = last_part(include->file.text);
    for (size_t i = 0; i < r->files.n; i++) {
        if (!str_eq(last_part(STR_C(r->files.items[i]->name)), name))
            continue;
        diag_warn(r->d, include->pos, "another file is called '%.*s', too", STR_F(name));
        diag_hint(r->d, "what is written to the clusters names lines of both as '%.*s:N'",
                  STR_F(name));
        return;
    }
}

static const struct source *open_include(struct reader *r, const struct policy_include *include,
                                         const struct source *from)
{
    struct str path = path_beside(r, from, include->file.text);
    struct err e = {0};
    for (size_t i = 0; i < r->files.n; i++)
        if (str_is(path, r->files.items[i]->name)) {
            diag_error(r->d, include->pos, "'%.*s' is part of the policy already", STR_F(path));
            diag_hint(r->d, "a file is included once, and never by what it includes itself");
            return NULL;
        }
    if (!r->loader) {
        diag_error(r->d, include->pos, "files cannot be included here");
        return NULL;
    }
    const struct source *source = r->loader->read(r->loader->context, path, &e);
    if (!source)
        diag_error(r->d, include->pos, "%s", e.text);
    else
        warn_same_name(r, include);
    return source;
}

static bool check_include(struct reader *r, const struct policy_include *include)
{
    size_t before = r->d->n_errors;
    if (!is_inside(include->file.text)) {
        diag_error(r->d, include->pos, "'%.*s' is not a file below this one",
                   STR_F(include->file.text));
        diag_hint(r->d, "a relative path without \"..\", for example teams/payments.yaml");
    }
    if (include->team.text.n == 0 && (include->spaces.n > 0 || include->roles.n > 0))
        diag_error(r->d, include->pos,
                   "the platform's file may say everything: 'spaces' and 'roles' are for a 'team'");
    if (r->depth >= DEPTH_MAX)
        diag_error(r->d, include->pos, "files in files in files: more than %d deep", DEPTH_MAX);
    return r->d->n_errors == before;
}

static void read_include(struct reader *r, const struct yaml_pair *pair, const struct source *from)
{
    struct policy_include include = {.pos = pair->key_pos, .file = {pair->key, pair->key_pos}};
    size_t slot = r->tree->includes.n;
    include.broken = !read_section(r, SECTION_include, &pair->value, &include);
    if (!check_include(r, &include))
        include.broken = true;
    if (!include.broken)
        include.source = open_include(r, &include, from);
    *ARENA_PUSH(r->arena, &r->tree->includes) = include;
    if (!include.source) {
        r->tree->unreadable = TREE_ALL; /* what it would have said is not missed a second time */
        return;
    }
    *ARENA_PUSH(r->arena, &r->files) = include.source;
    r->owner = include.team.text.n ? &r->tree->includes.items[slot] : NULL;
    r->depth++;
    if (!read_source(r, include.source))
        r->unreadable = true;
    r->depth--;
    r->owner = NULL; /* only the platform's files come here */
}

void read_includes(struct reader *r, const struct yaml_pair *section, const struct source *from)
{
    if (yaml_is_null(&section->value))
        return;
    if (section->value.kind != YAML_MAP) {
        diag_error(r->d, section->value.pos, "'include' takes files: {teams/payments.yaml: {...}}");
        r->tree->unreadable = TREE_ALL;
        return;
    }
    for (size_t i = 0; i < section->value.n; i++)
        read_include(r, &section->value.pairs[i], from);
}
