/* A space for a set of namespaces: by a label, by names, or by earlier spaces. Each definition
 * holds, on the sites of the set, exactly the namespaces of the set. */
#include <stdlib.h>

#include "policy/import/import_space.h"

#define COVER_MAX      6 /* spaces in one `in` */
#define GLOB_NAMES_MIN 3 /* so many namespaces make a pattern */
#define NEARLY_ALL_MIN 8 /* so many namespaces can be "all but" */
#define EXCEPT_MAX     8
#define BUT_NAMES_MIN  4 /* so many namespaces make a pattern with exceptions */
#define BUT_MAX        2

void spacer_mark(struct spacer *s, const struct place_set *set)
{
    s->stamp++;
    for (size_t i = 0; i < set->n; i++)
        s->mark[set->items[i]] = s->stamp;
}

static bool on_sites(const struct spacer *s, const struct place_set *set, uint32_t place)
{
    return has_site(set->sites, s->im->place_site[place]);
}

/* --- one more space */

static void add_extent(struct spacer *s, struct import_space *space, uint32_t place)
{
    *ARENA_PUSH(s->im->arena, &space->extent) = place;
    space->n_at[s->im->place_site[place]]++;
}

static uint32_t space_add(struct spacer *s, struct import_space *space,
                          const struct import_ids *extent)
{
    struct importer *im = s->im;
    size_t before = s->definitions.n;
    uint32_t id = intern_add(&s->definitions, space->definition);
    if (s->definitions.n == before)
        return id;
    space->n_at = ARENA_ARRAY(im->arena, im->n_sites, uint32_t);
    space->team = ID_NONE;
    for (size_t i = 0; i < extent->n; i++) {
        add_extent(s, space, extent->items[i]);
        *ARENA_PUSH(im->arena, &s->spaces_of[extent->items[i]]) = id;
    }
    *ARENA_PUSH(im->arena, &im->spaces) = *space;
    return id;
}

/* --- by label */

static bool differs_in_name(const struct spacer *s, const struct place_set *set)
{
    for (size_t i = 1; i < set->n; i++)
        if (s->place_name_id[set->items[i]] != s->place_name_id[set->items[0]])
            return true;
    return false;
}

/* The places of the shorter list that carry both labels. */
static void both(struct spacer *s, uint32_t x, uint32_t y, struct import_ids *out)
{
    const struct import_ids *a = &s->labels[x].places;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < s->place_labels[a->items[i]].n; k++)
            if (s->place_labels[a->items[i]].items[k] == y)
                *ARENA_PUSH(s->im->arena, out) = a->items[i];
}

static bool is_exactly(const struct spacer *s, const struct place_set *set,
                       const struct import_ids *places)
{
    size_t n = 0;
    for (size_t i = 0; i < places->n; i++) {
        if (!on_sites(s, set, places->items[i]))
            continue;
        if (!is_marked(s, places->items[i]))
            return false;
        n++;
    }
    return n == set->n;
}

static struct str label_text(struct spacer *s, const uint32_t *labels, size_t n)
{
    auto_buf out = BUF_INIT(4096);
    buf_c(&out, "label: {");
    for (size_t i = 0; i < n; i++) {
        buf_c(&out, i ? ", " : "");
        put_yaml(&out, s->labels[labels[i]].key);
        buf_c(&out, ": ");
        put_yaml(&out, s->labels[labels[i]].value);
    }
    buf_char(&out, '}');
    return arena_str(s->im->arena, buf_str(&out));
}

static uint32_t add_labelled(struct spacer *s, const uint32_t *labels, size_t n,
                             const struct import_ids *extent)
{
    struct import_space space = {.definition = label_text(s, labels, n)};
    for (size_t i = 0; i < n; i++)
        *ARENA_PUSH(s->im->arena, &space.label) =
            (struct str_pair){s->labels[labels[i]].key, s->labels[labels[i]].value};
    return space_add(s, &space, extent);
}

uint32_t space_by_label(struct spacer *s, const struct place_set *set)
{
    const struct import_ids *labels = &s->place_labels[set->items[0]];
    if (!differs_in_name(s, set)) /* one namespace: its name says it, a label would say more */
        return ID_NONE;
    for (size_t i = 0; i < labels->n; i++) {
        uint32_t id = labels->items[i];
        if (s->labels[id].places.n >= set->n && is_exactly(s, set, &s->labels[id].places))
            return add_labelled(s, &id, 1, &s->labels[id].places);
    }
    for (size_t i = 0; i < labels->n; i++)
        for (size_t k = i + 1; k < labels->n; k++) {
            uint32_t pair[] = {labels->items[i], labels->items[k]};
            struct import_ids places = {0};
            if (s->labels[pair[0]].places.n < set->n || s->labels[pair[1]].places.n < set->n)
                continue;
            both(s, pair[0], pair[1], &places);
            if (is_exactly(s, set, &places))
                return add_labelled(s, pair, 2, &places);
        }
    return ID_NONE;
}

/* --- names and patterns */

struct name_list {
    struct str *items;
    size_t n, cap;
};

/* A name is inside when all its places on the sites are marked, outside when none is; both at once
 * cannot be said by names. */
enum side { SIDE_NONE, SIDE_IN, SIDE_OUT, SIDE_MIXED };
static enum side side_of(const struct spacer *s, const struct place_set *set, uint32_t name)
{
    bool in = false, out = false;
    for (size_t i = 0; i < s->by_name[name].n; i++) {
        uint32_t place = s->by_name[name].items[i];
        if (!on_sites(s, set, place))
            continue;
        in = in || is_marked(s, place);
        out = out || !is_marked(s, place);
    }
    if (in && out)
        return SIDE_MIXED;
    return in ? SIDE_IN : out ? SIDE_OUT : SIDE_NONE;
}

struct sides {
    enum side *items; /* in the order of the sorted names */
    size_t n;
    bool mixed;
};

static struct sides sides_of(struct spacer *s, const struct place_set *set)
{
    struct sides x = {ARENA_ARRAY(s->im->arena, s->names.n, enum side), s->names.n, false};
    for (size_t i = 0; i < x.n; i++) {
        x.items[i] = side_of(s, set, s->sorted_names[i]);
        x.mixed = x.mixed || x.items[i] == SIDE_MIXED;
    }
    return x;
}

static struct str sorted_name(const struct spacer *s, size_t i)
{
    return s->names.items[s->sorted_names[i]];
}

/* From i on, the end of the names that begin like the first n bytes of name i; 0 when one of them,
 * or one before, is on the other side. */
static size_t run_of(const struct spacer *s, const struct sides *x, size_t i, size_t n)
{
    struct str prefix = str_from_to(sorted_name(s, i), 0, n);
    enum side wanted = x->items[i];
    size_t end = i + 1, n_wanted = 0, from = i;
    while (from > 0 && str_starts(sorted_name(s, from - 1), prefix))
        from--;
    while (end < x->n && str_starts(sorted_name(s, end), prefix))
        end++;
    for (size_t k = from; k < end; k++) {
        n_wanted += x->items[k] == wanted;
        if (x->items[k] != wanted && x->items[k] != SIDE_NONE)
            return 0;
    }
    return n_wanted >= GLOB_NAMES_MIN ? end : 0;
}

/* The names of one side, those with a common beginning as a pattern. */
static struct strs listed(struct spacer *s, const struct sides *x, enum side wanted)
{
    struct name_list list = {0};
    struct arena *a = s->im->arena;
    for (size_t i = 0; i < x->n; i++) {
        struct str name = sorted_name(s, i);
        size_t end = 0, cut = 0;
        if (x->items[i] != wanted)
            continue;
        for (cut = 1; cut < name.n && end == 0; cut++)
            if (name.p[cut - 1] == '-')
                end = run_of(s, x, i, cut);
        *ARENA_PUSH(a, &list) = end ? CONCAT(a, str_from_to(name, 0, cut - 1), STR("*")) : name;
        i = end ? end - 1 : i;
    }
    return (struct strs){list.items, list.n};
}

static bool any_glob(struct strs globs, struct str name)
{
    for (size_t i = 0; i < globs.n; i++)
        if (glob_matches(globs.items[i], name))
            return true;
    return false;
}

static void put_names(struct buf *out, const char *key, struct strs names)
{
    buf_fmt(out, "%s: ", key);
    buf_c(out, names.n > 1 ? "[" : "");
    for (size_t i = 0; i < names.n; i++) {
        buf_c(out, i ? ", " : "");
        put_yaml(out, names.items[i]);
    }
    buf_c(out, names.n > 1 ? "]" : "");
}

static void add_matching(struct spacer *s, struct str name, struct strs except,
                         struct import_ids *extent)
{
    bool pattern = str_has(name, '*');
    uint32_t from = pattern ? 0 : intern_find(&s->names, name);
    size_t end = pattern ? s->names.n : from + (size_t)1;
    for (size_t i = from; i < end; i++) {
        if (!glob_matches(name, s->names.items[i]) || any_glob(except, s->names.items[i]))
            continue;
        for (size_t k = 0; k < s->by_name[i].n; k++)
            *ARENA_PUSH(s->im->arena, extent) = s->by_name[i].items[k];
    }
}

static uint32_t add_named(struct spacer *s, struct strs names, struct strs except)
{
    struct import_space space = {.names = names, .except = except};
    struct import_ids extent = {0};
    auto_buf text = BUF_INIT((size_t)16 << 20);
    put_names(&text, "names", names);
    if (except.n) {
        buf_c(&text, ", ");
        put_names(&text, "not", except);
    }
    space.definition = arena_str(s->im->arena, buf_str(&text));
    if (intern_find(&s->definitions, space.definition) != ID_NONE)
        return intern_find(&s->definitions, space.definition);
    for (size_t i = 0; i < names.n; i++)
        add_matching(s, names.items[i], except, &extent);
    return space_add(s, &space, &extent);
}

uint32_t space_of_nearly_all(struct spacer *s, const struct place_set *set)
{
    static const struct str star = {"*", 1};
    size_t n_all = 0;
    for (uint32_t p = 0; p < s->im->n_places; p++)
        n_all += on_sites(s, set, p);
    if (n_all == set->n && set->n > 1)
        return add_named(s, (struct strs){&star, 1}, (struct strs){0});
    if (set->n < NEARLY_ALL_MIN || set->n * 2 < n_all)
        return ID_NONE;
    struct sides x = sides_of(s, set);
    struct strs except = x.mixed ? (struct strs){0} : listed(s, &x, SIDE_OUT);
    if (except.n == 0 || except.n > EXCEPT_MAX)
        return ID_NONE;
    return add_named(s, (struct strs){&star, 1}, except);
}

/* "shop-*" but not shop-legacy */
static uint32_t by_beginning(struct spacer *s, const struct sides *x)
{
    size_t n_in = 0, n_out = 0;
    struct str beginning = STR_NONE, outside[BUT_MAX];
    for (size_t i = 0; i < x->n; i++) {
        if (x->items[i] != SIDE_IN)
            continue;
        if (n_in++ == 0)
            beginning = sorted_name(s, i);
        while (!str_starts(sorted_name(s, i), beginning))
            beginning.n--;
    }
    while (beginning.n && beginning.p[beginning.n - 1] != '-')
        beginning.n--;
    if (beginning.n == 0 || n_in < BUT_NAMES_MIN)
        return ID_NONE;
    for (size_t i = 0; i < x->n; i++) {
        if (x->items[i] != SIDE_OUT || !str_starts(sorted_name(s, i), beginning))
            continue;
        if (n_out == BUT_MAX)
            return ID_NONE;
        outside[n_out++] = sorted_name(s, i);
    }
    struct str *items = ARENA_ARRAY(s->im->arena, n_out + 1, struct str);
    items[0] = CONCAT(s->im->arena, beginning, STR("*"));
    memcpy(items + 1, outside, n_out * sizeof(*items));
    return add_named(s, (struct strs){items, 1}, (struct strs){items + 1, n_out});
}

uint32_t space_by_names(struct spacer *s, const struct place_set *set)
{
    if (set->n <= GLOB_NAMES_MIN) { /* a few: no need to look at all names */
        struct str *names = ARENA_ARRAY(s->im->arena, set->n, struct str);
        for (size_t i = 0; i < set->n; i++) {
            names[i] = s->place_name[set->items[i]];
            if (side_of(s, set, s->place_name_id[set->items[i]]) == SIDE_MIXED)
                return ID_NONE;
        }
        struct strs sorted = strs_sorted(s->im->arena, (struct strs){names, set->n});
        if (sorted.n < GLOB_NAMES_MIN)
            return add_named(s, sorted, (struct strs){0});
    }
    struct sides x = sides_of(s, set);
    if (x.mixed)
        return ID_NONE;
    uint32_t id = by_beginning(s, &x);
    return id != ID_NONE ? id : add_named(s, listed(s, &x, SIDE_IN), (struct strs){0});
}

/* --- by other spaces */

static size_t extent_on(const struct spacer *s, const struct place_set *set, uint32_t space)
{
    size_t n = 0;
    for (size_t site = 0; site < s->im->n_sites; site++)
        if (has_site(set->sites, site))
            n += s->im->spaces.items[space].n_at[site];
    return n;
}

static size_t gain_of(const struct spacer *s, const struct place_set *set, uint32_t space)
{
    const struct import_ids *extent = &s->im->spaces.items[space].extent;
    size_t n = 0;
    for (size_t i = 0; i < extent->n; i++)
        n += on_sites(s, set, extent->items[i]) && is_marked(s, extent->items[i]);
    return n;
}

static void unmark(struct spacer *s, uint32_t space)
{
    const struct import_ids *extent = &s->im->spaces.items[space].extent;
    for (size_t i = 0; i < extent->n; i++)
        if (is_marked(s, extent->items[i]))
            s->mark[extent->items[i]] = s->stamp - 1;
}

/* The spaces that lie inside of the set. */
static void inner_spaces(struct spacer *s, const struct place_set *set, struct import_ids *out)
{
    struct import_ids touched = {0};
    if (s->cap_hits < s->im->spaces.n) {
        s->cap_hits = s->im->spaces.n * 2;
        s->hits = ARENA_ARRAY(s->im->arena, s->cap_hits, uint32_t);
    }
    for (size_t i = 0; i < set->n; i++) {
        const struct import_ids *spaces = &s->spaces_of[set->items[i]];
        for (size_t k = 0; k < spaces->n; k++)
            if (s->hits[spaces->items[k]]++ == 0)
                *ARENA_PUSH(s->im->arena, &touched) = spaces->items[k];
    }
    for (size_t i = 0; i < touched.n; i++) {
        if (s->hits[touched.items[i]] == extent_on(s, set, touched.items[i]))
            *ARENA_PUSH(s->im->arena, out) = touched.items[i];
        s->hits[touched.items[i]] = 0;
    }
}

bool space_cover(struct spacer *s, const struct place_set *set, struct import_ids *ret)
{
    struct import_ids inner = {0}, chosen = {0};
    size_t left = set->n;
    inner_spaces(s, set, &inner);
    while (left > 0 && chosen.n < COVER_MAX) {
        uint32_t best = ID_NONE;
        size_t most = 0;
        for (size_t i = 0; i < inner.n; i++) {
            size_t gain = gain_of(s, set, inner.items[i]);
            if (gain > most || (gain == most && gain && inner.items[i] < best)) {
                best = inner.items[i];
                most = gain;
            }
        }
        if (most == 0)
            break;
        *ARENA_PUSH(s->im->arena, &chosen) = best;
        unmark(s, best);
        left -= most;
    }
    if (left > 0)
        spacer_mark(s, set); /* as it was */
    else
        *ret = chosen;
    return left == 0;
}
