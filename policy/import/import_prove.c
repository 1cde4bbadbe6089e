/* The proof: the text is read, resolved and compiled as any policy is, and what it gives every
 * group is compared with what the group had. */
#include "policy/emit/policy_emit.h"
#include "policy/import/import.h"
#include "policy/language/policy_read.h"

static const struct policy *compile(struct importer *im, struct err *e)
{
    struct arena *a = im->arena;
    struct source *source = ARENA_NEW(a, struct source);
    const struct source **sources = ARENA_NEW(a, const struct source *);
    struct policy_cluster *clusters = ARENA_ARRAY(a, im->n_sites, struct policy_cluster);
    struct policy_input *input = ARENA_NEW(a, struct policy_input);
    struct diags d;
    *source = (struct source){"import.yaml", im->out->text};
    *sources = source;
    for (size_t i = 0; i < im->n_sites; i++) {
        clusters[i] = *im->in->sites[i].cluster;
        clusters[i].site = im->in->sites[i].name;
    }
    /* without the directory: who is in a group changes nothing on a cluster */
    *input = (struct policy_input){.clusters = clusters, .n_clusters = im->n_sites};
    diags_init(&d, a);
    const struct policy_tree *tree = policy_read(a, sources, 1, NULL, &d);
    const struct policy *policy = tree ? policy_resolve(a, tree, input, &d) : NULL;
    for (size_t i = 0; !policy && i < d.n; i++)
        if (d.items[i].severity == SEVERITY_ERROR) {
            (void)fail(e, ERR_BUG, "the policy made is no good: line %u: %.*s", d.items[i].pos.line,
                       STR_F(d.items[i].message));
            break;
        }
    return policy;
}

/* What was taken, under the names that the policy gives. */
static void before_of(struct importer *im, uint32_t site, struct rbac_set *out)
{
    struct arena *a = im->arena;
    const struct rbac_set *live = im->in->sites[site].objects, *taken = &im->sites[site].taken;
    for (size_t i = 0; i < live->n; i++)
        if (live->items[i].kind == RBAC_CLUSTER_ROLE || live->items[i].kind == RBAC_ROLE)
            *ARENA_PUSH(a, out) = live->items[i];
    for (size_t i = 0; i < taken->n; i++) {
        struct rbac_object *o = ARENA_PUSH(a, out);
        *o = taken->items[i];
        o->subjects = ARENA_ARRAY(a, o->n_subjects, struct rbac_subject);
        for (size_t k = 0; k < o->n_subjects; k++) {
            uint32_t team = intern_find(&im->groups, taken->items[i].subjects[k].name);
            o->subjects[k] = taken->items[i].subjects[k];
            o->subjects[k].name = CONCAT(a, STR(RBAC_PREFIX "team:"), im->teams[team].name);
        }
    }
    rbac_set_sort(out);
}

static size_t count_groups(struct importer *im, uint32_t site)
{
    struct intern groups = {.arena = im->arena};
    const struct rbac_set *taken = &im->sites[site].taken;
    for (size_t i = 0; i < taken->n; i++)
        for (size_t k = 0; k < taken->items[i].n_subjects; k++)
            intern_add(&groups, taken->items[i].subjects[k].name);
    return groups.n;
}

static int prove_site(struct importer *im, const struct policy *policy, uint32_t site,
                      struct err *e)
{
    struct rbac_set *before = ARENA_NEW(im->arena, struct rbac_set),
                    *after = ARENA_NEW(im->arena, struct rbac_set);
    struct import_proof *proof = &im->out->proofs[site];
    const struct rbac_set *sets[] = {before, after};
    uint32_t id = policy_site_find(policy, im->in->sites[site].name);
    before_of(im, site, before);
    if (id == ID_NONE || !policy_emit(policy, id, im->arena, after))
        return fail(e, ERR_BUG, "%.*s: nothing could be compiled", STR_F(im->in->sites[site].name));
    rbac_set_sort(after);
    const struct universe *u =
        universe_new(im->arena, sets, 2, &im->in->sites[site].cluster->resources, e);
    const struct access *x = u ? access_new(im->arena, u, before, e) : NULL;
    const struct access *y = x ? access_new(im->arena, u, after, e) : NULL;
    if (!y)
        return -1;
    *proof = (struct import_proof){.site = im->in->sites[site].name,
                                   .n_bindings = im->sites[site].taken.n,
                                   .n_groups = count_groups(im, site),
                                   .changes = access_diff(x, y, im->arena)};
    return 0;
}

int import_prove(struct importer *im, struct err *e)
{
    const struct policy *policy = compile(im, e);
    im->out->proofs = ARENA_ARRAY(im->arena, im->n_sites, struct import_proof);
    im->out->equal = true;
    if (!policy)
        return -1;
    for (uint32_t site = 0; site < im->n_sites; site++) {
        if (prove_site(im, policy, site, e) < 0)
            return -1;
        im->out->equal = im->out->equal && im->out->proofs[site].changes.n == 0;
    }
    return 0;
}
