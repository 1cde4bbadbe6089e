#include "policy/resolve/snapshot.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "policy/language/policy_read.h"
#include "policy/resolve/resolved.h"

struct policy_snapshot {
    atomic_size_t n_refs;
    struct arena arena; /* the tree and what was resolved from it */
    const struct source *sources[1];
    struct policy_input nothing; /* no directory, no cluster: names only */
    const struct policy *policy;
    struct snapshot_site *sites;
};

struct policy_snapshot *policy_snapshot_ref(struct policy_snapshot *s)
{
    atomic_fetch_add_explicit(&s->n_refs, 1, memory_order_relaxed);
    return s;
}

void policy_snapshot_unref(struct policy_snapshot *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    arena_fini(&s->arena);
    mem_free(s);
}

static void release_snapshot(struct policy_snapshot **s)
{
    policy_snapshot_unref(*s);
}

struct policy_snapshot *policy_snapshot_new(const struct source *source,
                                            const struct policy_loader *loader, struct diags *d)
{
    __attribute__((cleanup(release_snapshot))) struct policy_snapshot *s =
        MEM_NEW(struct policy_snapshot);
    atomic_init(&s->n_refs, 1);
    arena_init(&s->arena, ARENA_NO_MAX);
    s->sources[0] = source; /* for the diagnostics of these two calls; not looked at later */
    const struct policy_tree *tree = policy_read(&s->arena, s->sources, 1, loader, d);
    s->policy = tree ? policy_resolve(&s->arena, tree, &s->nothing, d) : NULL;
    if (!s->policy)
        return NULL;
    s->sites = ARENA_ARRAY(&s->arena, tree->sites.n, struct snapshot_site);
    for (size_t i = 0; i < tree->sites.n; i++)
        s->sites[i] = (struct snapshot_site){tree->sites.items[i].name.text,
                                             tree->sites.items[i].audience.text};
    return take(s);
}

size_t policy_snapshot_sites(const struct policy_snapshot *s,
                             const struct snapshot_site **ret_sites)
{
    *ret_sites = s->sites;
    return s->policy->tree->sites.n;
}

static uint32_t site_of_audience(const struct policy_snapshot *s, struct str audience)
{
    for (uint32_t i = 0; i < s->policy->tree->sites.n; i++)
        if (str_eq(s->sites[i].audience, audience))
            return i;
    return ID_NONE;
}

bool policy_snapshot_groups(const struct policy_snapshot *s, const struct snapshot_subject *subject,
                            struct arena *a, struct snapshot_groups *ret)
{
    const struct policy_at at = {s->policy, site_of_audience(s, subject->audience), subject->now_ms,
                                 a};
    struct membership m;
    return members_of_person(&at, subject, &m) && members_groups(&at, &m, ret);
}
