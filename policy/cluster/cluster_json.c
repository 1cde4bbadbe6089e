#include "policy/cluster/cluster_json.h"
#include "policy/rbac/rbac_json.h"

#define JSON_MAX        ((size_t)256 << 20)
#define RANCHER_PROJECT "field.cattle.io/projectId"

static struct str get(const json_t *object, const char *key, struct arena *a)
{
    struct str value = STR_NONE;
    (void)json_get_str(object, key, a, &value);
    return value;
}

static int too_large(const struct cluster *c, struct err *e)
{
    return fail(e, ERR_LIMIT, "%.*s: the cluster is too large", STR_F(c->site));
}

/* --- namespaces */

static int read_namespace(struct cluster *c, const json_t *j, struct err *e)
{
    const json_t *metadata = json_object_get(j, "metadata"),
                 *labels = json_object_get(metadata, "labels");
    struct str name = get(metadata, "name", c->arena);
    if (name.n == 0)
        return fail(e, ERR_INPUT, "a namespace without a name");
    /* nothing can be created in a namespace that is on its way out */
    if (get(metadata, "deletionTimestamp", c->arena).n ||
        str_is(get(json_object_get(j, "status"), "phase", c->arena), "Terminating"))
        return 0;
    struct policy_namespace *ns = ARENA_PUSH(c->arena, &c->namespaces);
    if (!ns)
        return too_large(c, e);
    *ns = (struct policy_namespace){
        .name = name,
        .project = get(json_object_get(metadata, "annotations"), RANCHER_PROJECT, c->arena)};
    void *i = json_object_iter((json_t *)(uintptr_t)labels);
    for (; i; i = json_object_iter_next((json_t *)(uintptr_t)labels, i)) {
        struct str_pair *pair = ARENA_PUSH(c->arena, &ns->labels);
        if (!pair)
            return too_large(c, e);
        pair->key = arena_str(c->arena, STR_C(json_object_iter_key(i)));
        pair->value = arena_str(c->arena, STR_C(json_string_value(json_object_iter_value(i))));
    }
    return 0;
}

/* --- discovery: group -> versions -> resources -> subresources */

struct where {
    struct str group, version, resource;
    bool namespaced;
};

static int add_resource(struct cluster *c, const struct where *at, const json_t *j,
                        struct str subresource, struct err *e)
{
    struct policy_resource *row = ARENA_PUSH(c->arena, &c->resources);
    struct str *verbs = NULL;
    size_t n = 0;
    if (!row)
        return too_large(c, e);
    (void)json_get_strs(j, "verbs", c->arena, &verbs, &n);
    *row = (struct policy_resource){.group = at->group,
                                    .version = at->version,
                                    .resource = at->resource,
                                    .subresource = subresource,
                                    .namespaced = at->namespaced,
                                    .verbs = {verbs, n}};
    return 0;
}

static int read_resource(struct cluster *c, struct where at, const json_t *j, struct err *e)
{
    const json_t *subs = json_object_get(j, "subresources"), *sub;
    size_t i;
    at.resource = get(j, "resource", c->arena);
    at.namespaced = str_is(get(j, "scope", c->arena), "Namespaced");
    if (at.resource.n == 0)
        return fail(e, ERR_INPUT, "discovery: a resource without a name");
    /* a resource that only has subresources says no kind of its own and no verbs */
    if (add_resource(c, &at, j, STR_NONE, e) < 0)
        return -1;
    json_array_foreach(subs, i, sub)
    {
        if (add_resource(c, &at, sub, get(sub, "subresource", c->arena), e) < 0)
            return -1;
    }
    return 0;
}

static int read_group(struct cluster *c, const json_t *group, struct err *e)
{
    const json_t *version, *resource;
    size_t i, k;
    struct where at = {.group = get(json_object_get(group, "metadata"), "name", c->arena)};
    json_array_foreach(json_object_get(group, "versions"), i, version)
    {
        at.version = get(version, "version", c->arena);
        /* an APIService that does not answer: its resources are missing or of yesterday, and what
         * `*` and deny become would silently be wrong */
        if (str_is(get(version, "freshness", c->arena), "Stale"))
            return fail(e, ERR_BACKEND,
                        "the discovery of %.*s/%.*s is stale: the API server behind its APIService "
                        "does not answer. Mend or delete APIService %.*s.%.*s, then try again "
                        "(apply without --cluster-wide needs no discovery)",
                        STR_F(at.group), STR_F(at.version), STR_F(at.version), STR_F(at.group));
        json_array_foreach(json_object_get(version, "resources"), k, resource)
        {
            if (read_resource(c, at, resource, e) < 0)
                return -1;
        }
    }
    return 0;
}

/* --- any document */

static int read_item(struct cluster *c, const json_t *j, struct str kind, struct err *e)
{
    if (str_is(kind, "Namespace"))
        return read_namespace(c, j, e);
    if (str_is(kind, "APIGroupDiscovery"))
        return read_group(c, j, e);
    return 0;
}

static int read_list(struct cluster *c, const json_t *items, struct str kind, struct err *e)
{
    const json_t *item;
    size_t i;
    kind.n -= 4; /* the items of a NamespaceList say no kind themselves */
    json_array_foreach(items, i, item)
    {
        struct str own = get(item, "kind", c->arena);
        if (read_item(c, item, own.n ? own : kind, e) < 0)
            return -1;
    }
    return 0;
}

int cluster_read_value(struct cluster *c, const json_t *object, struct err *e)
{
    return read_item(c, object, get(object, "kind", c->arena), e);
}

int cluster_read_json(struct cluster *c, struct str text, bool others_too, struct err *e)
{
    auto_json *j = json_read(text, JSON_MAX, e);
    if (!j)
        return -1;
    struct str kind = get(j, "kind", c->arena);
    if (kind.n == 0 && others_too)
        return 0;
    bool list = str_ends(kind, STR("List"));
    if ((list ? read_list(c, json_object_get(j, "items"), kind, e) : read_item(c, j, kind, e)) < 0)
        return -1;
    return rbac_read_value(j, c->arena, &c->objects, e);
}

/* --- out */

static void open_list(struct json_out *j, const char *version, const char *kind)
{
    json_open_object(j);
    json_put_str(j, "apiVersion", STR_C(version));
    json_put_str(j, "kind", STR_C(kind));
    json_key(j, "items");
    json_open_array(j);
}

static void close_list(struct json_out *j)
{
    json_close_array(j);
    json_close_object(j);
    buf_char(j->b, '\n');
}

void cluster_write_namespaces(const struct cluster *c, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    open_list(&j, "v1", "NamespaceList");
    for (size_t i = 0; i < c->namespaces.n; i++) {
        const struct policy_namespace *ns = &c->namespaces.items[i];
        buf_char(out, '\n');
        json_open_object(&j);
        json_key(&j, "metadata");
        json_open_object(&j);
        json_put_str(&j, "name", ns->name);
        json_key(&j, "labels");
        json_open_object(&j);
        for (size_t k = 0; k < ns->labels.n; k++) {
            struct str key = ns->labels.items[k].key; /* NUL-terminated: it came from arena_str */
            json_put_str(&j, key.p, ns->labels.items[k].value);
        }
        json_close_object(&j);
        if (ns->project.n) {
            json_key(&j, "annotations");
            json_open_object(&j);
            json_put_str(&j, RANCHER_PROJECT, ns->project);
            json_close_object(&j);
        }
        json_close_object(&j);
        json_close_object(&j);
    }
    close_list(&j);
}

static void write_one_resource(struct json_out *j, const struct policy_resource *r)
{
    bool sub = r->subresource.n > 0;
    json_open_object(j);
    json_put_str(j, sub ? "subresource" : "resource", sub ? r->subresource : r->resource);
    if (!sub)
        json_put_str(j, "scope", r->namespaced ? STR("Namespaced") : STR("Cluster"));
    json_put_strs(j, "verbs", r->verbs.items, r->verbs.n);
}

/* The rows of one group and version, from row *i on: resources with their subresources behind them.
 */
static void write_version(const struct cluster *c, size_t *i, struct json_out *j)
{
    const struct policy_resource *rows = c->resources.items;
    struct str group = rows[*i].group, version = rows[*i].version;
    json_open_object(j);
    json_put_str(j, "version", version);
    json_key(j, "resources");
    json_open_array(j);
    while (*i < c->resources.n && str_eq(rows[*i].group, group) &&
           str_eq(rows[*i].version, version)) {
        struct str resource = rows[*i].resource;
        write_one_resource(j, &rows[(*i)++]);
        json_key(j, "subresources");
        json_open_array(j);
        while (*i < c->resources.n && rows[*i].subresource.n &&
               str_eq(rows[*i].resource, resource)) {
            write_one_resource(j, &rows[(*i)++]);
            json_close_object(j);
        }
        json_close_array(j);
        json_close_object(j);
    }
    json_close_array(j);
    json_close_object(j);
}

void cluster_write_discovery(const struct cluster *c, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    open_list(&j, "apidiscovery.k8s.io/v2", "APIGroupDiscoveryList");
    for (size_t i = 0; i < c->resources.n;) {
        struct str group = c->resources.items[i].group;
        buf_char(out, '\n');
        json_open_object(&j);
        json_key(&j, "metadata");
        json_open_object(&j);
        json_put_str_opt(&j, "name", group);
        json_close_object(&j);
        json_key(&j, "versions");
        json_open_array(&j);
        while (i < c->resources.n && str_eq(c->resources.items[i].group, group))
            write_version(c, &i, &j);
        json_close_array(&j);
        json_close_object(&j);
    }
    close_list(&j);
}

void cluster_write_rbac(const struct cluster *c, struct buf *out)
{
    buf_c(out, "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n");
    for (size_t i = 0; i < c->objects.n; i++) {
        if (i)
            buf_c(out, ",\n");
        rbac_write_json(&c->objects.items[i], out);
    }
    buf_c(out, "]}\n");
}
