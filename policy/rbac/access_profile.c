#include "policy/rbac/access_profile.h"

#include <stdlib.h>

#include "policy/rbac/access_cells.h"
#include "policy/rbac/universe_mask.h"

#define SETS_MAX ((size_t)64 << 20) /* words of all unions together: 512 MB */

/* A table from a few numbers to others: what was worked out before. */
struct memo {
    struct memo_entry {
        uint32_t key[5];
        uint32_t value[2];
        bool used;
    } *slots;
    size_t n, n_slots;
};
struct pair_entry { /* a pair of profiles */
    struct access_profile before, after;
    struct access_deltas deltas;
    uint64_t hash;
};
struct access_profiles {
    const struct access *before, *after;
    const struct universe *u;
    struct arena *arena;
    size_t n_words;
    bool failed;
    struct { /* every distinct set of both sides, and every union and difference; 0: nothing */
        const uint64_t **items;
        size_t n, cap;
    } sets;
    uint32_t *slots; /* hash of words -> set + 1 */
    size_t n_slots;
    uint32_t *of_before, *of_after; /* their numbers in ours */
    struct memo unions, differences;
    uint64_t *scratch, *scratch2;
    const uint64_t *in_namespace;
    bool *changed;       /* by subject: a cell of it differs */
    uint32_t *had, *has; /* by namespace, during one comparison */
    struct {
        uint32_t *items;
        size_t n, cap;
    } touched;
    struct {
        struct pair_entry **items;
        size_t n, cap;
    } pairs;
    uint32_t *pair_slots;
    size_t n_pair_slots;
    struct access_lines *lines; /* by set; made when asked for */
    size_t n_lines;
};

/* --- sets */

static uint64_t mix(uint64_t h, uint64_t w)
{
    h = (h ^ w) * UINT64_C(0xBF58476D1CE4E5B9);
    return h ^ h >> 29;
}

static size_t set_slot(const struct access_profiles *p, const uint64_t *w)
{
    uint64_t h = UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < p->n_words; i++)
        h = mix(h, w[i]);
    size_t mask = p->n_slots - 1, i = (size_t)h & mask;
    while (p->slots[i] && memcmp(p->sets.items[p->slots[i] - 1], w, p->n_words * sizeof(*w)) != 0)
        i = (i + 1) & mask;
    return i;
}

static void grow_sets(struct access_profiles *p)
{
    p->n_slots = p->n_slots ? p->n_slots * 2 : 1024;
    p->slots = ARENA_ARRAY(p->arena, p->n_slots, uint32_t);
    for (size_t i = 0; i < p->sets.n; i++)
        p->slots[set_slot(p, p->sets.items[i])] = (uint32_t)i + 1;
}

/* own: the words stay where they are */
static uint32_t set_intern(struct access_profiles *p, const uint64_t *w, bool own)
{
    if ((p->sets.n + 1) * 2 > p->n_slots)
        grow_sets(p);
    size_t slot = set_slot(p, w);
    if (p->slots[slot])
        return p->slots[slot] - 1;
    if ((p->sets.n + 1) * p->n_words > SETS_MAX) {
        p->failed = true;
        return 0;
    }
    if (!own) {
        uint64_t *copy = ARENA_ARRAY(p->arena, p->n_words, uint64_t);
        memcpy(copy, w, p->n_words * sizeof(*w));
        w = copy;
    }
    *ARENA_PUSH(p->arena, &p->sets) = w;
    p->slots[slot] = (uint32_t)p->sets.n;
    return (uint32_t)p->sets.n - 1;
}

static uint32_t *intern_sets(struct access_profiles *p, const struct access *x)
{
    uint32_t *out = ARENA_ARRAY(p->arena, x->n, uint32_t);
    for (size_t i = 0; i < x->n; i++)
        out[i] = set_intern(p, x->items[i].w, true);
    return out;
}

/* --- what was worked out before */

static struct memo_entry *memo_slot(const struct memo *m, const uint32_t key[5])
{
    uint64_t h = UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < 5; i++)
        h = mix(h, key[i]);
    size_t mask = m->n_slots - 1, i = (size_t)h & mask;
    while (m->slots[i].used && memcmp(m->slots[i].key, key, sizeof(m->slots[i].key)) != 0)
        i = (i + 1) & mask;
    return &m->slots[i];
}

static struct memo_entry *memo_find(struct arena *a, struct memo *m, const uint32_t key[5])
{
    if ((m->n + 1) * 2 > m->n_slots) {
        struct memo old = *m;
        m->n_slots = old.n_slots ? old.n_slots * 2 : 1024;
        m->slots = ARENA_ARRAY(a, m->n_slots, struct memo_entry);
        for (size_t i = 0; i < old.n_slots; i++)
            if (old.slots[i].used)
                *memo_slot(m, old.slots[i].key) = old.slots[i];
    }
    return memo_slot(m, key);
}

static void memo_keep(struct memo *m, struct memo_entry *e, const uint32_t key[5])
{
    memcpy(e->key, key, sizeof(e->key));
    e->used = true;
    m->n++;
}

static uint32_t unite(struct access_profiles *p, uint32_t a, uint32_t b)
{
    if (a == b || b == 0)
        return a;
    if (a == 0)
        return b;
    const uint32_t key[5] = {a < b ? a : b, a < b ? b : a};
    struct memo_entry *e = memo_find(p->arena, &p->unions, key);
    if (e->used)
        return e->value[0];
    for (size_t i = 0; i < p->n_words; i++)
        p->scratch[i] = p->sets.items[a][i] | p->sets.items[b][i];
    e->value[0] = set_intern(p, p->scratch, false);
    memo_keep(&p->unions, e, key);
    return e->value[0];
}

/* --- one place of a profile */

static void differ(struct access_profiles *p, const uint32_t key[5], uint32_t ret[2])
{
    const uint64_t *b = p->sets.items[key[0]], *a = p->sets.items[key[1]];
    const uint64_t *b0 = p->sets.items[key[2]], *a0 = p->sets.items[key[3]];
    bool inside = key[4];
    for (size_t w = 0; w < p->n_words; w++) {
        uint64_t had = b[w] | b0[w], has = a[w] | a0[w];
        uint64_t gained = has & ~had, lost = had & ~has;
        if (inside) { /* what changed cluster-wide is said there */
            gained &= ~(a0[w] & ~b0[w]) & p->in_namespace[w];
            lost &= ~(b0[w] & ~a0[w]) & p->in_namespace[w];
        }
        p->scratch[w] = gained;
        p->scratch2[w] = lost;
    }
    ret[0] = set_intern(p, p->scratch, false);
    ret[1] = set_intern(p, p->scratch2, false);
}

static void compare_place(struct access_profiles *p, uint32_t namespace, struct access_deltas *out)
{
    const uint32_t key[5] = {p->had[namespace], p->has[namespace], p->had[0], p->has[0],
                             namespace != 0};
    if (key[0] == key[1] && key[2] == key[3])
        return;
    struct memo_entry *e = memo_find(p->arena, &p->differences, key);
    if (!e->used) {
        differ(p, key, e->value);
        memo_keep(&p->differences, e, key);
    }
    if (e->value[0] || e->value[1])
        *ARENA_PUSH(p->arena, out) = (struct access_delta){namespace, e->value[0], e->value[1]};
}

static void add_cells(struct access_profiles *p, const struct access *x, struct access_profile who,
                      uint32_t *places)
{
    const uint32_t *numbers = x == p->before ? p->of_before : p->of_after;
    for (size_t i = 0; i < who.n; i++)
        for (uint32_t c = x->first_cell[who.items[i]]; c < x->first_cell[who.items[i] + 1]; c++) {
            uint32_t namespace = (uint32_t)x->cells[c].key;
            if (numbers[x->cells[c].value] == 0)
                continue; /* a role without rules */
            if (!p->had[namespace] && !p->has[namespace])
                *ARENA_PUSH(p->arena, &p->touched) = namespace;
            places[namespace] = unite(p, places[namespace], numbers[x->cells[c].value]);
        }
}

struct place_order {
    struct str name;
    struct access_delta delta;
};

static int by_place(const void *a, const void *b)
{
    return str_cmp(((const struct place_order *)a)->name, ((const struct place_order *)b)->name);
}

static void sort_deltas(const struct access_profiles *p, struct access_deltas *d)
{
    if (d->n < 2)
        return;
    struct place_order *order = ARENA_ARRAY(p->arena, d->n, struct place_order);
    for (size_t i = 0; i < d->n; i++)
        order[i] = (struct place_order){p->u->namespaces.items[d->items[i].namespace], d->items[i]};
    qsort(order, d->n, sizeof(*order), by_place);
    for (size_t i = 0; i < d->n; i++)
        d->items[i] = order[i].delta;
}

static struct access_deltas compare_pair(struct access_profiles *p, struct access_profile before,
                                         struct access_profile after)
{
    struct access_deltas out = {0};
    p->touched.n = 0;
    add_cells(p, p->before, before, p->had);
    add_cells(p, p->after, after, p->has);
    for (size_t i = 0; i < p->touched.n; i++)
        compare_place(p, p->touched.items[i], &out);
    for (size_t i = 0; i < p->touched.n; i++)
        p->had[p->touched.items[i]] = p->has[p->touched.items[i]] = 0;
    sort_deltas(p, &out);
    return out;
}

/* --- pairs of profiles: people with the same groups are the same */

static bool same_profile(struct access_profile a, struct access_profile b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.items, b.items, a.n * sizeof(*a.items)) == 0);
}

static uint64_t hash_pair(struct access_profile before, struct access_profile after)
{
    uint64_t h = mix(before.n, after.n);
    for (size_t i = 0; i < before.n; i++)
        h = mix(h, before.items[i]);
    for (size_t i = 0; i < after.n; i++)
        h = mix(h, after.items[i] ^ UINT64_C(0x100000000));
    return h;
}

static size_t pair_slot(const struct access_profiles *p, const struct pair_entry *e)
{
    size_t mask = p->n_pair_slots - 1, i = (size_t)e->hash & mask;
    for (; p->pair_slots[i]; i = (i + 1) & mask) {
        const struct pair_entry *other = p->pairs.items[p->pair_slots[i] - 1];
        if (other->hash == e->hash && same_profile(other->before, e->before) &&
            same_profile(other->after, e->after))
            break;
    }
    return i;
}

static struct access_profile copy_profile(struct arena *a, struct access_profile p)
{
    uint32_t *items = ARENA_ARRAY(a, p.n, uint32_t);
    if (p.n)
        memcpy(items, p.items, p.n * sizeof(*items));
    return (struct access_profile){items, p.n};
}

static bool touches_change(const struct access_profiles *p, struct access_profile who)
{
    for (size_t i = 0; i < who.n; i++)
        if (p->changed[who.items[i]])
            return true;
    return false;
}

const struct access_deltas *access_profiles_compare(struct access_profiles *p,
                                                    struct access_profile before,
                                                    struct access_profile after)
{
    static const struct access_deltas nothing = {0};
    if (same_profile(before, after) && !touches_change(p, after))
        return &nothing;
    if ((p->pairs.n + 1) * 2 > p->n_pair_slots) {
        p->n_pair_slots = p->n_pair_slots ? p->n_pair_slots * 2 : 1024;
        p->pair_slots = ARENA_ARRAY(p->arena, p->n_pair_slots, uint32_t);
        for (size_t i = 0; i < p->pairs.n; i++)
            p->pair_slots[pair_slot(p, p->pairs.items[i])] = (uint32_t)i + 1;
    }
    struct pair_entry wanted = {before, after, {0}, hash_pair(before, after)};
    size_t slot = pair_slot(p, &wanted);
    if (p->pair_slots[slot])
        return &p->pairs.items[p->pair_slots[slot] - 1]->deltas;
    struct pair_entry *e = ARENA_NEW(p->arena, struct pair_entry);
    *e = (struct pair_entry){copy_profile(p->arena, before), copy_profile(p->arena, after),
                             compare_pair(p, before, after), wanted.hash};
    *ARENA_PUSH(p->arena, &p->pairs) = e;
    p->pair_slots[slot] = (uint32_t)p->pairs.n;
    return &e->deltas;
}

const struct access_deltas *access_profiles_held(struct access_profiles *p,
                                                 struct access_profile after)
{
    return access_profiles_compare(p, (struct access_profile){0}, after);
}

/* --- making */

static void find_changed(struct access_profiles *p)
{
    const struct access *b = p->before, *a = p->after;
    size_t i = 0, k = 0;
    while (i < b->n_cells || k < a->n_cells) {
        uint64_t left = i < b->n_cells ? b->cells[i].key : UINT64_MAX;
        uint64_t right = k < a->n_cells ? a->cells[k].key : UINT64_MAX;
        uint64_t key = left < right ? left : right;
        uint32_t had = left == key ? p->of_before[b->cells[i++].value] : 0;
        uint32_t has = right == key ? p->of_after[a->cells[k++].value] : 0;
        if (had != has)
            p->changed[key >> 32] = true;
    }
}

struct access_profiles *access_profiles_new(const struct access *before, const struct access *after,
                                            struct arena *a)
{
    struct access_profiles *p = ARENA_NEW(a, struct access_profiles);
    *p = (struct access_profiles){
        .before = before, .after = after, .u = before->u, .arena = a, .n_words = before->n_words};
    p->scratch = ARENA_ARRAY(a, p->n_words, uint64_t);
    p->scratch2 = ARENA_ARRAY(a, p->n_words, uint64_t);
    set_intern(p, ARENA_ARRAY(a, p->n_words, uint64_t), true); /* 0: nothing */
    p->of_before = intern_sets(p, before);
    p->of_after = intern_sets(p, after);
    p->in_namespace = mask_namespaced(p->u, a);
    p->had = ARENA_ARRAY(a, p->u->namespaces.n, uint32_t);
    p->has = ARENA_ARRAY(a, p->u->namespaces.n, uint32_t);
    p->changed = ARENA_ARRAY(a, access_n_subjects(p->u), bool);
    find_changed(p);
    return p;
}

bool access_profiles_failed(const struct access_profiles *p)
{
    return p->failed;
}

struct access_lines access_profiles_lines(struct access_profiles *p, uint32_t set)
{
    if (p->n_lines < p->sets.n) {
        struct access_lines *lines = ARENA_ARRAY(p->arena, p->sets.n * 2, struct access_lines);
        if (p->n_lines)
            memcpy(lines, p->lines, p->n_lines * sizeof(*lines));
        p->lines = lines;
        p->n_lines = p->sets.n * 2;
    }
    if (set && !p->lines[set].items)
        p->lines[set].items = access_describe(p->u, p->sets.items[set], p->arena, &p->lines[set].n);
    return p->lines[set];
}

struct str access_profiles_namespace(const struct access_profiles *p, uint32_t namespace)
{
    return p->u->namespaces.items[namespace];
}

/* --- subjects */

uint32_t access_subject_id(const struct access *x, enum rbac_subject_kind kind, struct str name)
{
    const struct rbac_subject s = {.kind = kind, .name = name};
    return access_subject(x->u, &s, STR_NONE, x->arena);
}

bool access_user_next(const struct access *x, size_t *at, struct str *ret_name, uint32_t *ret_id)
{
    if (*at >= x->u->subject_users.n)
        return false;
    *ret_name = x->u->subject_users.items[*at];
    *ret_id = (uint32_t)(x->u->subject_groups.n + *at);
    ++*at;
    return true;
}

/* --- origins */

static bool profile_has(struct access_profile who, uint32_t subject)
{
    for (size_t i = 0; i < who.n; i++)
        if (who.items[i] == subject)
            return true;
    return false;
}

/* The same binding of the other side that names the subject. */
static const struct rbac_object *twin(const struct access *other, const struct rbac_object *binding,
                                      uint32_t namespace, uint32_t subject, uint32_t *ret_object)
{
    const struct target_list *list = &other->bindings[namespace];
    for (size_t i = 0; i < list->n; i++) {
        const struct rbac_object *o = &other->set->items[list->items[i]];
        if (!str_eq(o->name, binding->name) || !rbac_same_role_ref(o, binding))
            continue;
        for (size_t s = 0; s < o->n_subjects; s++)
            if (access_subject(other->u, &o->subjects[s], o->namespace, other->arena) == subject) {
                *ret_object = list->items[i];
                return o;
            }
    }
    return NULL;
}

struct origin_search {
    struct access_profiles *p;
    const struct access *x, *other;
    struct access_profile here, there;
    const uint64_t *words;
    uint32_t namespace;
    struct access_origins out;
};

static uint32_t common_set(const struct access_profiles *p, const struct access *x, uint32_t object)
{
    uint32_t set = x->role_sets[x->roles[object] - x->set->items];
    return x == p->before ? p->of_before[set] : p->of_after[set];
}

static void origins_of_binding(struct origin_search *o, uint32_t object)
{
    const struct rbac_object *binding = &o->x->set->items[object];
    uint32_t set = common_set(o->p, o->x, object), other_object = 0;
    bool touches = false;
    for (size_t w = 0; w < o->p->n_words && !touches; w++)
        touches = o->p->sets.items[set][w] & o->words[w];
    for (size_t s = 0; touches && s < binding->n_subjects; s++) {
        uint32_t subject =
            access_subject(o->x->u, &binding->subjects[s], binding->namespace, o->x->arena);
        if (subject == ID_NONE || !profile_has(o->here, subject))
            continue;
        const struct rbac_object *same =
            twin(o->other, binding, o->namespace, subject, &other_object);
        bool role_differs = same && common_set(o->p, o->other, other_object) != set;
        bool joined = same && !role_differs;
        if (joined && profile_has(o->there, subject))
            continue; /* held all the time: not this one */
        *ARENA_PUSH(o->p->arena, &o->out) = (struct access_origin){
            binding, o->x->roles[object], &binding->subjects[s], joined, role_differs};
    }
}

struct access_origins access_profiles_origins(struct access_profiles *p,
                                              struct access_profile before,
                                              struct access_profile after,
                                              const struct access_delta *delta, bool gained)
{
    struct origin_search o = {.p = p, .namespace = delta->namespace};
    o.x = gained ? p->after : p->before;
    o.other = gained ? p->before : p->after;
    o.here = gained ? after : before;
    o.there = gained ? before : after;
    o.words = p->sets.items[gained ? delta->gained : delta->lost];
    const struct target_list *list = &o.x->bindings[delta->namespace];
    for (size_t i = 0; i < list->n; i++)
        origins_of_binding(&o, list->items[i]);
    return o.out;
}
