#include "policy/cluster/cluster.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

#define FILE_MAX ((size_t)256 << 20)
#define RBAC     "/apis/rbac.authorization.k8s.io/v1/"
/* one answer for all resources of all groups; stable since 1.30 (KEP-3352) */
#define AGGREGATED "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"

size_t cluster_n_bindings(const struct cluster *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->objects.n; i++)
        n += c->objects.items[i].kind == RBAC_ROLE_BINDING ||
             c->objects.items[i].kind == RBAC_CLUSTER_ROLE_BINDING;
    return n;
}

static int namespace_order(const void *a, const void *b)
{
    return str_cmp(((const struct policy_namespace *)a)->name,
                   ((const struct policy_namespace *)b)->name);
}

/* The view that the policy takes, once everything is read. In order: the same cluster gives the
 * same proof and the same saved files, however it was listed. */
static bool same_labels(const struct str_pairs *a, const struct str_pairs *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (!str_eq(pairs_get(b, a->items[i].key), a->items[i].value))
            return false;
    return a->n == b->n;
}

/* Files may say the same twice; they must not say two things of one. Both lists are sorted. */
static int join_doubles(struct cluster *c, struct err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < c->namespaces.n; i++) {
        const struct policy_namespace *one = &c->namespaces.items[i];
        bool again = n > 0 && str_eq(one->name, c->namespaces.items[n - 1].name);
        if (again && !same_labels(&one->labels, &c->namespaces.items[n - 1].labels))
            return fail(
                e, ERR_CONFIG,
                "%.*s: namespace '%.*s' stands twice, with different labels: a folder of its "
                "own for each site keeps them apart",
                STR_F(c->site), STR_F(one->name));
        if (!again)
            c->namespaces.items[n++] = *one;
    }
    c->namespaces.n = n;
    n = 0;
    for (size_t i = 0; i < c->objects.n; i++) {
        const struct rbac_object *one = &c->objects.items[i];
        bool again = n > 0 && rbac_object_cmp(one, &c->objects.items[n - 1]) == 0;
        if (again && !rbac_object_same(one, &c->objects.items[n - 1]))
            return fail(
                e, ERR_CONFIG,
                "%.*s: %s '%.*s' stands twice, and they differ: a folder of its own for each "
                "site keeps them apart",
                STR_F(c->site), rbac_kind_name(one->kind), STR_F(one->name));
        if (!again)
            c->objects.items[n++] = *one;
    }
    c->objects.n = n;
    return 0;
}

int cluster_finish(struct cluster *c, struct err *e)
{
    size_t n = 0;
    struct rbac_object *roles = ARENA_ARRAY(c->arena, c->objects.n + 1, struct rbac_object);
    if (!roles)
        return fail(e, ERR_LIMIT, "%.*s: the cluster is too large", STR_F(c->site));
    rbac_set_sort(&c->objects);
    if (c->namespaces.n > 1)
        qsort(c->namespaces.items, c->namespaces.n, sizeof(*c->namespaces.items), namespace_order);
    if (join_doubles(c, e) < 0)
        return -1;
    for (size_t i = 0; i < c->objects.n; i++)
        if (c->objects.items[i].kind == RBAC_CLUSTER_ROLE)
            roles[n++] = c->objects.items[i];
    c->data = (struct policy_cluster){.site = c->site,
                                      .resources = {c->resources.items, c->resources.n},
                                      .namespaces = c->namespaces.items,
                                      .n_namespaces = c->namespaces.n,
                                      .cluster_roles = roles,
                                      .n_cluster_roles = n,
                                      .bindings_only = c->bindings_only};
    return 0;
}

/* --- from the API server */

#define N_BINDINGS_PATHS 2
static const char *const lists[] = {"/api/v1/namespaces", RBAC "rolebindings", RBAC "clusterroles",
                                    RBAC "clusterrolebindings", RBAC "roles"};

static int read_lists(struct cluster *c, struct api *api, size_t n, struct err *e)
{
    for (size_t p = 0; p < n; p++) {
        struct api_pages pages;
        if (api_list(api, lists[p], &pages, e) < 0)
            return -1;
        for (size_t i = 0; i < pages.n; i++)
            if (cluster_read_json(c, pages.items[i], false, e) < 0)
                return -1;
    }
    return 0;
}

int cluster_read_api(struct cluster *c, struct api *api, struct err *e)
{
    struct str core, groups;
    if (api_get(api, STR("/api"), AGGREGATED, &core, e) < 0 ||
        api_get(api, STR("/apis"), AGGREGATED, &groups, e) < 0)
        return -1;
    if (cluster_read_json(c, core, false, e) < 0 || cluster_read_json(c, groups, false, e) < 0 ||
        read_lists(c, api, sizeof(lists) / sizeof(*lists), e) < 0)
        return fail_within(e, "%.*s", STR_F(c->site));
    if (c->resources.n == 0)
        return fail(e, ERR_BACKEND,
                    "%.*s: no aggregated discovery; the API server is older than 1.30",
                    STR_F(c->site));
    return cluster_finish(c, e);
}

int cluster_read_bindings(struct cluster *c, struct api *api, struct err *e)
{
    if (read_lists(c, api, N_BINDINGS_PATHS, e) < 0)
        return fail_within(e, "%.*s", STR_F(c->site));
    c->bindings_only = true;
    return cluster_finish(c, e);
}

/* --- from files */

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool is_of_other_site(struct str file, struct str site, struct strs sites)
{
    file.n -= 5; /* ".json" */
    for (size_t i = 0; i < sites.n; i++) {
        struct str s = sites.items[i];
        if (!str_eq(s, site) && file.n > s.n && str_ends(file, s) &&
            file.p[file.n - s.n - 1] == '-')
            return true;
    }
    return false;
}

static void close_folder_at(DIR *const *d)
{
    if (*d)
        closedir(*d);
}

/* others_too: the folder may hold what is no Kubernetes object */
static int read_file_into(struct cluster *c, const char *path, bool others_too, struct err *e)
{
    auto_buf text = BUF_INIT(FILE_MAX);
    if (file_read(path, FILE_MAX, &text, e) < 0)
        return -1;
    if (cluster_read_json(c, arena_str(c->arena, buf_str(&text)), others_too, e) < 0)
        return fail_within(e, "%s", path);
    return 0;
}

/* Every .json of a folder, in the order of their names. A folder that does not exist has none. */
static int read_folder(struct cluster *c, const char *folder, struct strs sites, size_t *n_files,
                       struct err *e)
{
    __attribute__((cleanup(close_folder_at))) DIR *d = opendir(folder);
    struct {
        struct str *items;
        size_t n, cap;
    } files = {0};
    if (!d && errno == ENOENT)
        return 0;
    if (!d)
        return fail_errno(e, "%s", folder);
    for (const struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
        struct str name = STR_C(entry->d_name), *file;
        if (!str_ends(name, STR(".json")) || is_of_other_site(name, c->site, sites))
            continue;
        if (!(file = ARENA_PUSH(c->arena, &files)))
            return fail(e, ERR_LIMIT, "%s: too many files", folder);
        *file = arena_fmt(c->arena, "%s/%s", folder, entry->d_name);
    }
    if (files.n)
        qsort(files.items, files.n, sizeof(*files.items), by_name);
    for (size_t i = 0; i < files.n; i++)
        if (read_file_into(c, files.items[i].p, sites.n > 0, e) < 0)
            return -1;
    for (size_t i = 0; i < files.n; i++)
        *ARENA_PUSH(c->arena, &c->files) = files.items[i];
    *n_files += files.n;
    return 0;
}

int cluster_read_folder(struct cluster *c, struct str folder, struct strs sites, struct err *e)
{
    size_t n_files = 0;
    struct str top = arena_str(c->arena, folder),
               own = arena_fmt(c->arena, "%.*s/%.*s", STR_F(folder), STR_F(c->site));
    if (read_folder(c, top.p, sites, &n_files, e) < 0 ||
        read_folder(c, own.p, (struct strs){0}, &n_files, e) < 0)
        return -1;
    if (n_files == 0 && access(top.p, F_OK) < 0)
        return fail_errno(e, "--objects %s", top.p);
    if (n_files == 0)
        return fail(e, ERR_CONFIG, "%.*s: no saved objects of site '%.*s'", STR_F(folder),
                    STR_F(c->site));
    return cluster_finish(c, e);
}

int cluster_folder_sites(struct str folder, struct arena *a, struct strs *ret, struct err *e)
{
    struct str path = arena_str(a, folder);
    __attribute__((cleanup(close_folder_at))) DIR *d = opendir(path.p);
    struct {
        struct str *items;
        size_t n, cap;
    } names = {0};
    if (!d)
        return fail_errno(e, "%s", path.p);
    for (const struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
        struct str name = STR_C(entry->d_name), *slot;
        if (entry->d_type != DT_DIR || !is_policy_name(name))
            continue;
        if (!(slot = ARENA_PUSH(a, &names)))
            return fail(e, ERR_LIMIT, "%s: too many folders", path.p);
        *slot = arena_str(a, name);
    }
    *ret = strs_sorted(a, (struct strs){names.items, names.n});
    return 0;
}

/* --- to files */

static int save(const char *path, const struct buf *text, struct err *e)
{
    if (buf_failed(text))
        return fail(e, ERR_LIMIT, "%s: too large", path);
    return file_make(path, 0644, buf_str(text), e);
}

int cluster_save(const struct cluster *c, struct str folder, struct err *e)
{
    static const struct {
        const char *name;
        void (*write)(const struct cluster *, struct buf *);
    } files[] = {{"namespaces.json", cluster_write_namespaces},
                 {"discovery.json", cluster_write_discovery},
                 {"rbac.json", cluster_write_rbac}};
    struct str own = arena_fmt(c->arena, "%.*s/%.*s", STR_F(folder), STR_F(c->site));
    if (folder_make(own.p, 0755, e) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        auto_buf text = BUF_INIT(FILE_MAX);
        files[i].write(c, &text);
        if (save(arena_fmt(c->arena, "%.*s/%s", STR_F(own), files[i].name).p, &text, e) < 0)
            return -1;
    }
    return 0;
}
