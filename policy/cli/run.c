#include "policy/cli/run.h"

#include <stdlib.h>

#include "policy/cli/directory_file.h"
#include "policy/cli/policy_files.h"

/* --- the policy */

/* The policy itself is wrong: for check that is its answer, for the others a wrong configuration.
 */
static enum cli_exit policy_is_wrong(struct run *s)
{
    if (s->err.class != ERR_NONE)
        return run_fail(s);
    run_diags(s, &s->diags);
    return s->options->command == COMMAND_CHECK ? CLI_FINDINGS : CLI_USAGE;
}

static enum cli_exit read_policy(struct run *s)
{
    s->tree = policy_files_read(s, &s->options->policy, true, &s->diags);
    if (!s->tree)
        return policy_is_wrong(s);
    struct str *names = ARENA_ARRAY(s->arena, s->tree->sites.n + 1, struct str);
    for (size_t i = 0; i < s->tree->sites.n; i++)
        names[i] = s->tree->sites.items[i].name.text;
    s->sites = (struct strs){names, s->tree->sites.n};
    return CLI_OK;
}

const struct policy *run_policy(struct run *s, const struct strs_vec *files,
                                const struct policy_tree **ret_tree)
{
    struct diags d;
    diags_init(&d, s->arena);
    const struct policy_tree *tree = policy_files_read(s, files, false, &d);
    if (!tree && s->err.class != ERR_NONE) {
        (void)run_fail(s);
        return NULL;
    }
    struct policy_input *in = ARENA_NEW(s->arena, struct policy_input);
    *in = s->input; /* as it is now; the policy keeps it */
    const struct policy *policy = tree ? policy_resolve(s->arena, tree, in, &d) : NULL;
    if (!policy)
        run_diags(s, &d);
    *ret_tree = tree;
    return policy;
}

/* --- the directory */

static int read_directory(struct run *s)
{
    const struct cli_options *o = s->options;
    s->has_directory = o->directory.n || o->directory_config.n;
    if (o->directory.n)
        return directory_read_file(arena_cstr(s->arena, o->directory), s->arena, &s->directory,
                                   &s->err);
    if (o->directory_config.n) {
        struct directory_source source = {arena_cstr(s->arena, o->directory_config), s->clock,
                                          o->timeout_ms};
        return directory_read_live(&source, s->arena, &s->directory, &s->err);
    }
    return 0;
}

/* --- the clusters */

static bool wanted_site(const struct run *s, struct str site)
{
    return s->options->sites.n == 0 ||
           strs_has((struct strs){s->options->sites.items, s->options->sites.n}, site);
}

static int check_site_names(struct run *s)
{
    for (size_t i = 0; i < s->options->sites.n; i++) {
        struct str name = s->options->sites.items[i],
                   near = nearest_name(name, s->sites.items, s->sites.n);
        if (strs_has(s->sites, name))
            continue;
        return fail(&s->err, ERR_CONFIG, "--site %.*s: the policy has no such site%s%.*s%s",
                    STR_F(name), near.n ? ": did you mean '" : "", STR_F(near), near.n ? "'?" : "");
    }
    return 0;
}

static struct str context_of(const struct run *s, struct str site)
{
    struct str name, context;
    for (size_t i = 0; i < s->options->contexts.n; i++)
        if (str_split(s->options->contexts.items[i], '=', &name, &context) && str_eq(name, site))
            return context;
    return site;
}

#define NO_ACCESS "no access to clusters (--kubeconfig FILE, or --objects FOLDER for saved ones)"

static int read_kubeconfigs(struct run *s, struct kubeconfig *k)
{
    const char *environment = getenv("KUBECONFIG"), *home = getenv("HOME");
    struct str list = s->options->kubeconfig, path;
    if (list.n == 0)
        list = STR_C(environment);
    if (list.n == 0 && home)
        list = arena_fmt(s->arena, "%s/.kube/config", home);
    if (list.n == 0)
        return fail(&s->err, ERR_CONFIG, NO_ACCESS);
    while (str_next(&list, ':', &path))
        if (path.n && kubeconfig_read(k, arena_cstr(s->arena, path), s->arena, &s->err) < 0)
            return fail_within(&s->err, NO_ACCESS);
    return 0;
}

int run_access(struct run *s, struct str site, struct kube_access *ret)
{
    struct kubeconfig kubeconfig = {0};
    if (read_kubeconfigs(s, &kubeconfig) < 0)
        return -1;
    if (kubeconfig_access(&kubeconfig, context_of(s, site), s->arena, ret, &s->err) < 0)
        return fail_within(&s->err, "site %.*s", STR_F(site));
    return 0;
}

static int read_cluster_live(struct run *s, const struct kubeconfig *k, struct cluster *c,
                             struct api **ret_api)
{
    struct kube_access *access = ARENA_NEW(s->arena, struct kube_access);
    struct str context = context_of(s, c->site);
    if (!access || kubeconfig_access(k, context, s->arena, access, &s->err) < 0)
        return fail_within(&s->err, "site %.*s", STR_F(c->site));
    *ret_api = api_new(c->site, access, s->clock, s->arena);
    api_set_timeout(*ret_api, s->options->timeout_ms);
    return c->bindings_only ? cluster_read_bindings(c, *ret_api, &s->err)
                            : cluster_read_api(c, *ret_api, &s->err);
}

static void give_up_site(struct run *s)
{
    size_t n = --s->n_clusters;
    (void)run_fail(s);
    api_free(s->apis[n]);
    s->apis[n] = NULL;
    s->clusters[n] = (struct cluster){0};
}

static int read_clusters(struct run *s, bool bindings_only)
{
    struct kubeconfig kubeconfig = {0};
    bool live = s->options->objects.n == 0;
    if (check_site_names(s) < 0 || (live && read_kubeconfigs(s, &kubeconfig) < 0))
        return -1;
    s->clusters = ARENA_ARRAY(s->arena, s->sites.n + 1, struct cluster);
    s->apis = ARENA_ARRAY(s->arena, s->sites.n + 1, struct api *);
    if (!s->clusters || !s->apis)
        return fail(&s->err, ERR_LIMIT, "too many sites");
    for (size_t i = 0; i < s->sites.n; i++) {
        if (!wanted_site(s, s->sites.items[i]))
            continue;
        size_t n = s->n_clusters++;
        struct cluster *c = &s->clusters[n];
        *c = (struct cluster){
            .site = s->sites.items[i], .arena = s->arena, .bindings_only = bindings_only};
        int status = live ? read_cluster_live(s, &kubeconfig, c, &s->apis[n])
                          : cluster_read_folder(c, s->options->objects, s->sites, &s->err);
        /* the sites are independent: one that is down must not keep the others from being served */
        if (status < 0 && s->err.class != ERR_BACKEND)
            return -1;
        if (status < 0)
            give_up_site(s);
    }
    return s->n_clusters || s->sites.n == 0
               ? 0
               : fail(&s->err, ERR_BACKEND, "no cluster could be read");
}

/* --- what it looked at */

static void looked_at_json(struct run *s)
{
    json_key(&s->json, "looked_at");
    json_open_object(&s->json);
    json_key(&s->json, "sites");
    json_open_array(&s->json);
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct cluster *c = &s->clusters[i];
        json_open_object(&s->json);
        json_put_str(&s->json, "site", c->site);
        json_put_i64(&s->json, "namespaces", (int64_t)c->namespaces.n);
        json_put_i64(&s->json, "bindings", (int64_t)cluster_n_bindings(c));
        json_close_object(&s->json);
    }
    json_close_array(&s->json);
    if (s->has_directory) {
        json_key(&s->json, "directory");
        json_open_object(&s->json);
        json_put_i64(&s->json, "people", (int64_t)s->directory.n_people);
        json_put_i64(&s->json, "groups", (int64_t)s->directory.n_groups);
        json_close_object(&s->json);
    }
    json_close_object(&s->json);
}

static void looked_at(struct run *s)
{
    auto_buf line = BUF_INIT(65536);
    if (s->options->json) {
        looked_at_json(s);
        return;
    }
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct cluster *c = &s->clusters[i];
        buf_fmt(&line, "%.*s: ", STR_F(c->site));
        buf_count(&line, c->namespaces.n);
        buf_fmt(&line, " namespace%s, ", PLURAL(c->namespaces.n));
        buf_count(&line, cluster_n_bindings(c));
        buf_fmt(&line, " binding%s; ", PLURAL(cluster_n_bindings(c)));
    }
    if (s->n_clusters == 0)
        buf_c(&line, "no cluster (--kubeconfig, --objects); ");
    if (s->has_directory) {
        buf_c(&line, "directory: ");
        buf_count(&line, s->directory.n_people);
        buf_fmt(&line, " %s, ", PEOPLE(s->directory.n_people));
        buf_count(&line, s->directory.n_groups);
        buf_fmt(&line, " group%s", PLURAL(s->directory.n_groups));
    } else
        buf_c(&line, "no directory (--directory-config, --directory)");
    run_say_buf(s, &line);
}

/* --- opening */

void run_fill_input(struct run *s)
{
    struct policy_cluster *data = ARENA_ARRAY(s->arena, s->n_clusters + 1, struct policy_cluster);
    for (size_t i = 0; i < s->n_clusters; i++)
        data[i] = s->clusters[i].data;
    s->input = (struct policy_input){.directory = s->has_directory ? &s->directory : NULL,
                                     .clusters = data,
                                     .n_clusters = s->n_clusters,
                                     .now_ms = s->now_ms};
}

static enum cli_exit resolve(struct run *s)
{
    run_fill_input(s);
    s->policy = policy_resolve(s->arena, s->tree, &s->input, &s->diags);
    if (!s->policy)
        return policy_is_wrong(s);
    run_diags(s, &s->diags); /* warnings */
    return CLI_OK;
}

/* Before there is a policy. */
static enum cli_exit find_sites(struct run *s)
{
    const struct cli_options *o = s->options;
    if (o->objects.n && cluster_folder_sites(o->objects, s->arena, &s->sites, &s->err) < 0)
        return run_fail(s);
    if (s->sites.n)
        return CLI_OK;
    (void)fail(&s->err, ERR_CONFIG,
               "which sites? --site NAME for each, or --objects FOLDER with a folder per site");
    return run_fail(s);
}

/* The names of the sites: given, found, or those of the policy. */
static enum cli_exit name_sites(struct run *s, unsigned needs)
{
    if ((needs & NEED_SITES) && s->options->sites.n > 0) {
        s->sites = (struct strs){s->options->sites.items, s->options->sites.n};
        return CLI_OK;
    }
    if (needs & NEED_FIND_SITES)
        return find_sites(s);
    return needs & NEED_NO_POLICY ? CLI_OK : read_policy(s);
}

/* What they write is for programs, or they look at nothing but files. */
static bool is_quiet(const struct cli_options *o)
{
    return o->command == COMMAND_LSP || o->command == COMMAND_BUNDLE || o->format.n > 0 ||
           (o->command == COMMAND_CAN && o->arguments.n == 0);
}

enum cli_exit run_open(struct run *s, unsigned needs)
{
    const struct cli_options *o = s->options;
    if (needs == 0)
        return CLI_OK;
    enum cli_exit status = name_sites(s, needs);
    if (status != CLI_OK)
        return status;
    if (read_directory(s) < 0)
        return run_fail(s);
    bool clusters = (needs & NEED_CLUSTERS) ||
                    ((needs & NEED_CLUSTERS_MAYBE) && (o->objects.n || o->kubeconfig.n));
    if (clusters && read_clusters(s, (needs & NEED_BINDINGS) && !o->cluster_wide) < 0)
        return run_fail(s);
    if (!is_quiet(o))
        looked_at(s);
    return needs & NEED_POLICY ? resolve(s) : CLI_OK;
}

size_t run_site(const struct policy *policy, const struct cluster *c)
{
    return policy_site_find(policy, c->site);
}

struct policy_owners run_owners(const struct run *s)
{
    const struct cli_options *o = s->options;
    return (struct policy_owners){o->binder, {o->platform.items, o->platform.n}};
}

int run_emit(struct run *s, const struct policy *policy, const struct cluster *c,
             struct rbac_set *ret, struct err *e)
{
    struct rbac_set set = {0};
    uint32_t site = policy_site_find(policy, c->site);
    if (site == ID_NONE || !policy_emit(policy, site, s->arena, &set))
        return fail(e, ERR_CONFIG, "%.*s: the policy says nothing about this site", STR_F(c->site));
    rbac_set_sort(&set);
    if (c->data.bindings_only) {
        size_t n = 0;
        for (size_t i = 0; i < set.n; i++)
            if (set.items[i].kind == RBAC_ROLE_BINDING)
                set.items[n++] = set.items[i];
        set.n = n;
    }
    *ret = set;
    return 0;
}
