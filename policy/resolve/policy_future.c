/*
 * Namespaces to come. A space without one on a site grants nothing there today and everything of
 * its grants tomorrow, when the binder finds the first: whoever proves something for all dates
 * needs that one now.
 */
#include "policy/resolve/resolved.h"

#define NAME_BYTES_MAX 63 /* of a namespace: a DNS label */

static bool is_namespace_name(struct str name)
{
    if (name.n == 0 || name.n > NAME_BYTES_MAX || name.p[0] == '-' || name.p[name.n - 1] == '-')
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !(name.p[i] >= '0' && name.p[i] <= '9') &&
            name.p[i] != '-')
            return false;
    return true;
}

static struct str fill_stars(struct arena *a, struct str glob, struct str filler)
{
    auto_buf out = BUF_INIT(4096);
    for (size_t i = 0; i < glob.n; i++) {
        if (glob.p[i] == '*')
            buf_add(&out, filler);
        else
            buf_char(&out, glob.p[i]);
    }
    return buf_failed(&out) ? STR_NONE : arena_str(a, buf_str(&out));
}

struct futures {
    struct arena *arena;
    const struct policy_space *space;
    struct intern taken; /* names that are there, or given out already */
};

static bool try_name(struct futures *f, struct str name, struct policy_namespace *ret)
{
    struct policy_namespace one = {.name = name, .labels = f->space->label};
    if (!is_namespace_name(name) || intern_find(&f->taken, name) != ID_NONE ||
        !resolve_space_holds(f->space, &one))
        return false;
    intern_add(&f->taken, name);
    *ret = one;
    return true;
}

/* A name that the space takes. What only an odd one would satisfy is not found, and not said. */
static bool find_one(struct futures *f, struct policy_namespace *ret)
{
    static const struct str fillers[] = {{"new", 3}, {"x1", 2}, {"0", 1}, {"", 0}};
    const struct words *names = &f->space->names;
    for (size_t k = 0; k < sizeof(fillers) / sizeof(*fillers); k++) {
        struct str plain = CONCAT(f->arena, STR("new-"), f->space->name.text,
                                  k ? STR("-") : STR_NONE, k ? fillers[k] : STR_NONE);
        if (names->n == 0 && try_name(f, plain, ret))
            return true;
        for (size_t i = 0; i < names->n; i++)
            if (try_name(f, fill_stars(f->arena, names->items[i].text, fillers[k]), ret))
                return true;
    }
    return false;
}

size_t policy_future_namespaces(const struct policy *p, size_t site, struct arena *a,
                                const struct policy_namespace **ret)
{
    const struct policy_cluster *cluster = p->sites[site].cluster;
    struct list {
        struct policy_namespace *items;
        size_t n, cap;
    } out = {0};
    struct futures f = {.arena = a, .taken = {.arena = a}};
    for (size_t i = 0; cluster && i < cluster->n_namespaces; i++)
        intern_add(&f.taken, cluster->namespaces[i].name);
    for (size_t i = 0; cluster && i < p->tree->spaces.n; i++) {
        struct policy_namespace one;
        f.space = &p->tree->spaces.items[i];
        if (!(p->spaces[i].sites & site_bit(site)) || p->spaces[i].namespaces[site].n > 0 ||
            (f.space->names.n == 0 && f.space->label.n == 0) || !find_one(&f, &one))
            continue;
        *ARENA_PUSH(a, &out) = one;
    }
    *ret = out.items;
    return out.n;
}
