#include "policy/analysis/policy_words.h"

#define KINDS_SHOWN 4
#define LINES_SHOWN 2

static const struct {
    struct str verbs, target, word;
} rows[] = {
#define WORD(verbs, target, word) \
    {{verbs, sizeof(verbs) - 1}, {target, sizeof(target) - 1}, {word, sizeof(word) - 1}},
#include "policy/analysis/policy_words.tbl.h"
#undef WORD
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

static bool in_list(struct str list, struct str wanted)
{
    struct str one;
    while (str_next(&list, ',', &one))
        if (str_eq(one, wanted))
            return true;
    return false;
}

static bool any_in(struct str verbs, struct str of)
{
    struct str one;
    if (str_is(verbs, "*"))
        return true;
    while (str_next(&verbs, ',', &one))
        if (in_list(of, one))
            return true;
    return false;
}

/* Every verb of the line is in some word about this target. */
static bool covered(struct str verbs, struct str target)
{
    struct str one;
    bool all = str_is(verbs, "*");
    while (str_next(&verbs, ',', &one)) {
        bool found = false;
        for (size_t i = 0; i < N_ROWS && !found; i++)
            found = str_eq(rows[i].target, target) && (all || in_list(rows[i].verbs, one));
        if (!found)
            return false;
    }
    return true;
}

struct str policy_resource_word(struct str target)
{
    struct str group, resource;
    if (str_starts(target, STR("url:")) || !str_split(target, '/', &group, &resource))
        return target;
    return str_is(resource, "*") && group.n ? target : resource;
}

void policy_list(struct buf *out, struct strs items, size_t max)
{
    size_t shown = items.n <= max + 1 ? items.n : max; /* never "and 1 more" */
    for (size_t i = 0; i < shown; i++)
        buf_fmt(out, "%s%.*s", i ? ", " : "", STR_F(items.items[i]));
    if (shown < items.n)
        buf_fmt(out, " and %zu more", items.n - shown);
}

static struct str verbs_word(struct str verbs)
{
    static const struct str standard = {
        "get,list,watch,create,update,patch,delete,deletecollection", 58};
    struct str one, rest = verbs;
    size_t n = 0;
    while (str_next(&rest, ',', &one))
        n += in_list(standard, one);
    if (str_is(verbs, "*"))
        return STR("do everything with");
    if (str_is(verbs, "get,list,watch"))
        return STR("read");
    if (str_is(verbs, "create,update,patch,delete,deletecollection"))
        return STR("write");
    return n == 8 && str_eq(verbs, standard) ? STR("manage") : verbs;
}

struct words_of {
    struct arena *arena;
    struct {
        struct str *items;
        size_t n, cap;
    } said;
    size_t n_left; /* lines not said */
};

static void add_named(struct words_of *w, const struct access_permissions *items, size_t n)
{
    for (size_t r = 0; r < N_ROWS; r++)
        for (size_t i = 0; i < n; i++) {
            bool again = strs_has((struct strs){w->said.items, w->said.n}, rows[r].word);
            if (!again && in_list(items[i].targets, rows[r].target) &&
                any_in(items[i].verbs, rows[r].verbs))
                *ARENA_PUSH(w->arena, &w->said) = rows[r].word;
        }
}

static void add_rest(struct words_of *w, const struct access_permissions *line)
{
    struct strs kinds = {0};
    struct str rest = line->targets, one, *items = ARENA_ARRAY(w->arena, rest.n + 1, struct str);
    auto_buf text = BUF_INIT(65536);
    while (str_next(&rest, ',', &one))
        if (!covered(line->verbs, one))
            items[kinds.n++] = str_is(one, "*/*") ? STR("everything") : policy_resource_word(one);
    kinds.items = items;
    if (kinds.n == 0)
        return;
    if (w->said.n >= LINES_SHOWN) {
        w->n_left++;
        return;
    }
    buf_fmt(&text, "%.*s ", STR_F(verbs_word(line->verbs)));
    policy_list(&text, kinds, KINDS_SHOWN);
    if (line->names.n)
        buf_fmt(&text, " named %.*s", STR_F(line->names));
    *ARENA_PUSH(w->arena, &w->said) = arena_str(w->arena, buf_str(&text));
}

struct str policy_words(const struct access_permissions *items, size_t n, struct arena *a)
{
    struct words_of w = {.arena = a};
    auto_buf text = BUF_INIT(65536);
    add_named(&w, items, n);
    for (size_t i = 0; i < n; i++)
        add_rest(&w, &items[i]);
    for (size_t i = 0; i < w.said.n; i++)
        buf_fmt(&text, "%s%.*s", i ? ", " : "", STR_F(w.said.items[i]));
    if (w.n_left)
        buf_fmt(&text, " and %zu more", w.n_left);
    return arena_str(a, buf_str(&text));
}
