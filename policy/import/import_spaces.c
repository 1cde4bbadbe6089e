/* From facts to grants: for each team and role the namespaces, said by spaces. */
#include <stdlib.h>

#include "policy/import/import_space.h"

/* --- indexes */

static bool label_may_define(const struct str_pair *label)
{
    /* what Kubernetes and its tools put on namespaces says nothing about whose they are */
    static const struct str others[] = {{"kubernetes.io/", 14},
                                        {"k8s.io/", 7},
                                        {"istio.io/", 9},
                                        {"istio-injection", 15},
                                        {"lotse.io/", 9}};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (str_contains(label->key, others[i]))
            return false;
    return label->value.n > 0 && name_is_safe(label->key) && name_is_safe(label->value);
}

static int label_order(const void *a, const void *b)
{
    const struct str_pair *x = a, *y = b;
    if (x->key.n != y->key.n) /* the shorter key is the one people chose */
        return x->key.n < y->key.n ? -1 : 1;
    int order = str_cmp(x->key, y->key);
    return order ? order : str_cmp(x->value, y->value);
}

static void index_labels(struct spacer *s, uint32_t place, const struct policy_namespace *ns)
{
    struct arena *a = s->im->arena;
    struct str_pair *sorted = ARENA_ARRAY(a, ns->labels.n, struct str_pair);
    if (ns->labels.n == 0)
        return;
    memcpy(sorted, ns->labels.items, ns->labels.n * sizeof(*sorted));
    qsort(sorted, ns->labels.n, sizeof(*sorted), label_order);
    for (size_t i = 0; i < ns->labels.n; i++) {
        if (!label_may_define(&sorted[i]))
            continue;
        size_t before = s->label_keys.n;
        uint32_t id =
            intern_add(&s->label_keys, CONCAT(a, sorted[i].key, STR("\n"), sorted[i].value));
        if (s->label_keys.n > before)
            *(struct label_places *)arena_push(a, (void **)&s->labels, &s->n_labels, &s->cap_labels,
                                               sizeof(struct label_places)) =
                (struct label_places){.key = sorted[i].key, .value = sorted[i].value};
        *ARENA_PUSH(a, &s->labels[id].places) = place;
        *ARENA_PUSH(a, &s->place_labels[place]) = id;
    }
}

struct named {
    struct str name;
    uint32_t id;
};

static int named_order(const void *a, const void *b)
{
    return str_cmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void sort_names(struct spacer *s)
{
    struct named *order = ARENA_ARRAY(s->im->arena, s->names.n, struct named);
    s->sorted_names = ARENA_ARRAY(s->im->arena, s->names.n, uint32_t);
    for (uint32_t i = 0; i < s->names.n; i++)
        order[i] = (struct named){s->names.items[i], i};
    if (s->names.n > 1)
        qsort(order, s->names.n, sizeof(*order), named_order);
    for (size_t i = 0; i < s->names.n; i++)
        s->sorted_names[i] = order[i].id;
}

void spacer_init(struct spacer *s, struct importer *im)
{
    struct arena *a = im->arena;
    size_t n = im->n_places;
    *s = (struct spacer){.im = im, .stamp = 1};
    s->names.arena = s->label_keys.arena = s->definitions.arena = a;
    s->place_name = ARENA_ARRAY(a, n, struct str);
    s->place_name_id = ARENA_ARRAY(a, n, uint32_t);
    s->place_labels = ARENA_ARRAY(a, n, struct import_ids);
    s->spaces_of = ARENA_ARRAY(a, n, struct import_ids);
    s->mark = ARENA_ARRAY(a, n, uint32_t);
    s->by_name = ARENA_ARRAY(a, n, struct import_ids);
    for (uint32_t site = 0; site < im->n_sites; site++) {
        const struct import_site_state *state = &im->sites[site];
        const struct policy_cluster *c = im->in->sites[site].cluster;
        for (size_t i = 0; i < c->n_namespaces; i++) {
            uint32_t place =
                state->first_place + intern_find(&state->namespaces, c->namespaces[i].name);
            if (s->place_name[place].p)
                continue; /* listed twice */
            s->place_name[place] = c->namespaces[i].name;
            s->place_name_id[place] = intern_add(&s->names, c->namespaces[i].name);
            index_labels(s, place, &c->namespaces[i]);
        }
    }
    for (uint32_t place = 0; place < n; place++)
        *ARENA_PUSH(a, &s->by_name[s->place_name_id[place]]) = place;
    sort_names(s);
}

/* --- sets to say */

struct task { /* one team, one role: what is to be said */
    const struct import_fact *facts;
    size_t n_facts;
    struct place_set set;
};

static bool same_role(const struct import_fact *a, const struct import_fact *b)
{
    return a->team == b->team && a->role == b->role;
}

static struct task task_of(struct importer *im, const struct import_fact *facts, size_t n)
{
    struct task t = {facts, n, {0}};
    uint32_t *places = ARENA_ARRAY(im->arena, n, uint32_t);
    for (size_t i = 0; i < n; i++)
        if (t.set.n == 0 || places[t.set.n - 1] != facts[i].place) {
            places[t.set.n++] = facts[i].place;
            t.set.sites |= (uint64_t)1 << im->place_site[facts[i].place];
        }
    t.set.items = places;
    return t;
}

static int smaller_first(const void *a, const void *b)
{
    const struct task *x = a, *y = b;
    if (x->set.n != y->set.n)
        return x->set.n < y->set.n ? -1 : 1;
    for (size_t i = 0; i < x->set.n; i++)
        if (x->set.items[i] != y->set.items[i])
            return x->set.items[i] < y->set.items[i] ? -1 : 1;
    if (x->facts->team != y->facts->team)
        return x->facts->team < y->facts->team ? -1 : 1;
    return (x->facts->role > y->facts->role) - (x->facts->role < y->facts->role);
}

static void add_grant(struct importer *im, const struct task *t, uint64_t sites,
                      const struct import_ids *spaces)
{
    *ARENA_PUSH(im->arena, &im->grants) = (struct import_grant){.team = t->facts->team,
                                                                .role = t->facts->role,
                                                                .sites = sites,
                                                                .spaces = *spaces,
                                                                .binding = t->facts->binding,
                                                                .n_bindings = t->n_facts};
    for (size_t i = 0; i < spaces->n; i++) {
        struct import_space *space = &im->spaces.items[spaces->items[i]];
        space->team = !space->used || space->team == t->facts->team ? t->facts->team : ID_NONE;
        space->used = true;
    }
}

static bool define(struct spacer *s, const struct place_set *set, struct import_ids *ret)
{
    spacer_mark(s, set);
    uint32_t id = space_by_label(s, set);
    if (id == ID_NONE)
        id = space_of_nearly_all(s, set);
    if (id == ID_NONE && space_cover(s, set, ret))
        return true;
    if (id == ID_NONE)
        id = space_by_names(s, set);
    if (id != ID_NONE)
        *ARENA_PUSH(s->im->arena, ret) = id;
    return id != ID_NONE;
}

/* The same names on several sites are one grant; a site that differs gets its own. */
static void define_by_site(struct spacer *s, const struct task *t)
{
    struct importer *im = s->im;
    for (size_t i = 0, end; i < t->set.n; i = end) {
        uint32_t site = im->place_site[t->set.items[i]];
        struct import_ids spaces = {0};
        for (end = i + 1; end < t->set.n && im->place_site[t->set.items[end]] == site;)
            end++;
        struct place_set part = {t->set.items + i, end - i, (uint64_t)1 << site};
        if (define(s, &part, &spaces)) /* on one site names always say it */
            add_grant(im, t, part.sites, &spaces);
    }
}

static void say(struct spacer *s, const struct task *t)
{
    struct import_ids spaces = {0};
    if (t->set.items[0] >= s->im->n_places)
        add_grant(s->im, t, t->set.sites, &spaces);
    else if (define(s, &t->set, &spaces))
        add_grant(s->im, t, t->set.sites, &spaces);
    else
        define_by_site(s, t);
}

void spaces_make(struct importer *im)
{
    struct spacer s;
    size_t n = 0;
    struct task *tasks = ARENA_ARRAY(im->arena, im->facts.n, struct task);
    spacer_init(&s, im);
    for (size_t i = 0, end; i < im->facts.n; i = end) {
        for (end = i + 1;
             end < im->facts.n && same_role(&im->facts.items[i], &im->facts.items[end]);)
            end++;
        tasks[n++] = task_of(im, &im->facts.items[i], end - i);
    }
    if (n > 1)
        qsort(tasks, n, sizeof(*tasks), smaller_first);
    for (size_t i = 0; i < n; i++)
        say(&s, &tasks[i]);
}

/* --- names */

static struct str common_beginning(struct strs names)
{
    struct str first = names.n ? names.items[0] : STR_NONE;
    size_t n = first.n;
    for (size_t i = 1; i < names.n; i++)
        while (n > 0 && !str_starts(names.items[i], str_from_to(first, 0, n)))
            n--;
    while (names.n > 1 && n > 0 && first.p[n - 1] != '-')
        n--;
    return str_from_to(first, 0, n);
}

static struct str wanted_name(struct importer *im, const struct import_space *space)
{
    struct arena *a = im->arena;
    if (space->label.n == 1)
        return name_from(a, space->label.items[0].value, "space");
    if (space->label.n > 1)
        return name_from(
            a, CONCAT(a, space->label.items[0].value, STR("-"), space->label.items[1].value),
            "space");
    if (str_is(space->names.items[0], "*"))
        return space->except.n ? STR("nearly-everything") : STR("everything");
    struct str beginning = name_from(a, common_beginning(space->names), "");
    if (beginning.n)
        return beginning;
    if (space->team != ID_NONE)
        return im->teams[space->team].name;
    return name_from(a, CONCAT(a, space->names.items[0], STR("-and-more")), "space");
}

/* The simplest first: they get the names without numbers. */
void spaces_name(struct importer *im)
{
    struct intern taken = {.arena = im->arena};
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < im->spaces.n; i++) {
            struct import_space *space = &im->spaces.items[i];
            if ((space->label.n == 0) == (round == 0) || !space->used)
                continue;
            space->name = name_unique(im->arena, &taken, wanted_name(im, space));
        }
}
