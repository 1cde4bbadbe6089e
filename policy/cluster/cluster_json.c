#include "policy/cluster/cluster_json.h"

#include "base/json.h"
#include "policy/rbac/rbac_json.h"

#define JSON_MAX        ((size_t)256 << 20)
#define RANCHER_PROJECT "field.cattle.io/projectId"

static int too_large(const struct cluster *c, struct json_scan *s)
{
    return json_scan_refuse(s, ERR_LIMIT, "%.*s: the cluster is too large", STR_F(c->site));
}

/* --- namespaces */

static void read_metadata(struct json_scan *s, struct policy_namespace *ns, bool *ret_leaves)
{
    struct str key, deleted = STR_NONE;
    struct str_pairs annotations = {0};
    if (!json_scan_object(s))
        return;
    while (json_scan_member(s, &key))
        if (str_is(key, "name"))
            (void)json_scan_str(s, &ns->name);
        else if (str_is(key, "deletionTimestamp"))
            (void)json_scan_str(s, &deleted);
        else if (str_is(key, "labels"))
            rbac_scan_pairs(s, &ns->labels);
        else if (str_is(key, "annotations"))
            rbac_scan_pairs(s, &annotations);
    ns->project = pairs_get(&annotations, STR(RANCHER_PROJECT));
    *ret_leaves = *ret_leaves || deleted.n > 0;
}

static int read_namespace(struct cluster *c, struct json_scan *s)
{
    struct policy_namespace ns = {0};
    bool leaves = false;
    struct str key;
    for (bool in = json_scan_object(s); in && json_scan_member(s, &key);)
        if (str_is(key, "metadata"))
            read_metadata(s, &ns, &leaves);
        else if (str_is(key, "status"))
            leaves = str_is(json_scan_peek(s, "phase"), "Terminating") || leaves;
    if (ns.name.n == 0)
        return json_scan_refuse(s, ERR_INPUT, "a namespace without a name");
    /* nothing can be created in a namespace that is on its way out */
    if (leaves || s->failed)
        return s->failed ? -1 : 0;
    struct policy_namespace *slot = ARENA_PUSH(c->arena, &c->namespaces);
    if (!slot)
        return too_large(c, s);
    *slot = ns;
    return 0;
}

/* --- discovery: group -> versions -> resources -> subresources */

struct where {
    struct str group, version, resource;
    bool namespaced;
};

static int add_resource(struct cluster *c, const struct where *at, struct str subresource,
                        struct json_scan *s)
{
    struct policy_resource *row = ARENA_PUSH(c->arena, &c->resources);
    if (!row)
        return too_large(c, s);
    *row = (struct policy_resource){.group = at->group,
                                    .version = at->version,
                                    .resource = at->resource,
                                    .subresource = subresource,
                                    .namespaced = at->namespaced};
    return 0;
}

static struct strs read_verbs(struct json_scan *s)
{
    struct str *verbs = NULL;
    size_t n = 0;
    (void)json_scan_strs(s, &verbs, &n);
    return (struct strs){verbs, n};
}

static int read_subresources(struct cluster *c, const struct where *at, struct json_scan *s)
{
    struct str key;
    if (!json_scan_array(s))
        return s->failed ? -1 : 0;
    while (json_scan_item(s)) {
        struct str name = STR_NONE;
        struct strs verbs = {0};
        for (bool in = json_scan_object(s); in && json_scan_member(s, &key);)
            if (str_is(key, "subresource"))
                (void)json_scan_str(s, &name);
            else if (str_is(key, "verbs"))
                verbs = read_verbs(s);
        if (add_resource(c, at, name, s) < 0)
            return -1;
        c->resources.items[c->resources.n - 1].verbs = verbs;
    }
    return s->failed ? -1 : 0;
}

static int read_resource(struct cluster *c, struct where at, struct json_scan *s)
{
    size_t row = c->resources.n;
    struct strs verbs = {0};
    struct str key;
    at.resource = json_scan_peek(s, "resource");
    at.namespaced = str_is(json_scan_peek(s, "scope"), "Namespaced");
    if (at.resource.n == 0)
        return json_scan_refuse(s, ERR_INPUT, "discovery: a resource without a name");
    /* a resource that only has subresources says no kind of its own and no verbs */
    if (add_resource(c, &at, STR_NONE, s) < 0)
        return -1;
    for (bool in = json_scan_object(s); in && json_scan_member(s, &key);)
        if (str_is(key, "verbs"))
            verbs = read_verbs(s);
        else if (str_is(key, "subresources") && read_subresources(c, &at, s) < 0)
            return -1;
    c->resources.items[row].verbs = verbs;
    return s->failed ? -1 : 0;
}

static int read_version(struct cluster *c, struct where at, struct json_scan *s)
{
    struct str key;
    at.version = json_scan_peek(s, "version");
    /* an APIService that does not answer: its resources are missing or of yesterday, and what
     * `*` and deny become would silently be wrong */
    if (str_is(json_scan_peek(s, "freshness"), "Stale"))
        return json_scan_refuse(
            s, ERR_BACKEND,
            "the discovery of %.*s/%.*s is stale: the API server behind its APIService "
            "does not answer. Mend or delete APIService %.*s.%.*s, then try again "
            "(apply without --cluster-wide needs no discovery)",
            STR_F(at.group), STR_F(at.version), STR_F(at.version), STR_F(at.group));
    if (!json_scan_object(s))
        return s->failed ? -1 : 0;
    while (json_scan_member(s, &key)) {
        if (!str_is(key, "resources") || !json_scan_array(s))
            continue;
        while (json_scan_item(s))
            if (read_resource(c, at, s) < 0)
                return -1;
    }
    return s->failed ? -1 : 0;
}

static struct str name_of(const struct json_scan *group)
{
    struct json_scan again = json_scan_again(group);
    struct str key, name = STR_NONE;
    for (bool in = json_scan_object(&again); in && !name.p && json_scan_member(&again, &key);)
        if (str_is(key, "metadata"))
            name = json_scan_peek(&again, "name");
    return name;
}

static int read_group(struct cluster *c, struct json_scan *s)
{
    struct where at = {.group = name_of(s)};
    struct str key;
    if (!json_scan_object(s))
        return s->failed ? -1 : 0;
    while (json_scan_member(s, &key)) {
        if (!str_is(key, "versions") || !json_scan_array(s))
            continue;
        while (json_scan_item(s))
            if (read_version(c, at, s) < 0)
                return -1;
    }
    return s->failed ? -1 : 0;
}

/* --- any document */

int cluster_scan_object(struct cluster *c, struct str kind, struct json_scan *s)
{
    enum rbac_kind rbac;
    if (str_is(kind, "Namespace"))
        return read_namespace(c, s);
    if (str_is(kind, "APIGroupDiscovery"))
        return read_group(c, s);
    return rbac_kind_of(kind, &rbac) ? rbac_scan_object(s, rbac, &c->objects) : 0;
}

static int read_item(struct json_scan *s, struct str kind, void *cluster)
{
    return cluster_scan_object(cluster, kind, s);
}

int cluster_read_json(struct cluster *c, struct str text, bool others_too, struct err *e)
{
    struct json_scan s;
    json_scan_init(&s, text, JSON_MAX, c->arena, e);
    struct str kind = json_scan_peek(&s, "kind");
    if (str_ends(kind, STR("List")) ? rbac_scan_list(&s, kind, read_item, c) < 0
                                    : cluster_scan_object(c, kind, &s) < 0)
        return -1;
    if (json_scan_end(&s) < 0)
        return -1;
    return kind.p || others_too ? 0 : fail(e, ERR_INPUT, "not a Kubernetes object: it has no kind");
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
            json_put_str(&j, arena_cstr(c->arena, ns->labels.items[k].key),
                         ns->labels.items[k].value);
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
