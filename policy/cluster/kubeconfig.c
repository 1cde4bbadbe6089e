#include "policy/cluster/kubeconfig.h"

#include "base/base64.h"
#include "base/file.h"

#define FILE_MAX ((size_t)4 << 20)

static const struct kube_named *find(const struct kube_list *list, struct str name)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->items[i].name, name))
            return &list->items[i];
    return NULL;
}

static int unknown(const struct kube_list *list, const char *what, struct str name, struct arena *a,
                   struct err *e)
{
    struct str *names = ARENA_ARRAY(a, list->n + 1, struct str);
    for (size_t i = 0; names && i < list->n; i++)
        names[i] = list->items[i].name;
    struct str near = names ? nearest_name(name, names, list->n) : STR_NONE;
    if (near.n)
        return fail(e, ERR_CONFIG, "the kubeconfig has no %s '%.*s': did you mean '%.*s'?", what,
                    STR_F(name), STR_F(near));
    return fail(e, ERR_CONFIG, "the kubeconfig has no %s '%.*s'", what, STR_F(name));
}

static struct str text_of(const struct yaml *map, const char *key)
{
    const struct yaml *y = yaml_get(map, STR_C(key));
    return y && y->kind == YAML_SCALAR && !yaml_is_null(y) ? y->text : STR_NONE;
}

/* keys: of the list, and of what stands in an entry beside its name */
static int add_list(struct kube_list *list, const struct yaml *top, const char *const keys[2],
                    struct str folder, struct arena *a)
{
    const struct yaml *y = yaml_get(top, STR_C(keys[0]));
    for (size_t i = 0; y && y->kind == YAML_LIST && i < y->n; i++) {
        struct str name = text_of(&y->items[i], "name");
        const struct yaml *value = yaml_get(&y->items[i], STR_C(keys[1]));
        if (name.n == 0 || !value || find(list, name))
            continue; /* client-go: the first of two wins */
        struct kube_named *item = ARENA_PUSH(a, list);
        if (!item)
            return -1;
        *item = (struct kube_named){.name = name, .value = value, .folder = folder};
    }
    return 0;
}

static struct str folder_of(const char *path)
{
    struct str p = STR_C(path);
    size_t n = p.n;
    while (n > 0 && p.p[n - 1] != '/')
        n--;
    return (struct str){p.p, n};
}

int kubeconfig_read(struct kubeconfig *k, const char *path, struct arena *a, struct err *e)
{
    auto_buf text = BUF_INIT(FILE_MAX);
    if (file_read(path, FILE_MAX, &text, e) < 0)
        return -1;
    struct source *source = ARENA_NEW(a, struct source);
    struct diags d;
    diags_init(&d, a);
    if (!source)
        return fail(e, ERR_LIMIT, "%s: too large", path);
    *source = (struct source){arena_cstr(a, STR_C(path)), arena_str(a, buf_str(&text))};
    struct yaml_limits limits = {FILE_MAX, 16, 100000};
    const struct yaml *top = yaml_read(a, source, &limits, &d);
    if (!top && d.n)
        return fail(e, ERR_CONFIG, "%s:%u:%u: %.*s", path, d.items[0].pos.line,
                    d.items[0].pos.column, STR_F(d.items[0].message));
    if (!top || top->kind != YAML_MAP || !str_is(text_of(top, "kind"), "Config"))
        return fail(e, ERR_CONFIG, "%s: not a kubeconfig (kind: Config)", path);
    struct str folder = folder_of(source->name);
    if (add_list(&k->clusters, top, (const char *const[]){"clusters", "cluster"}, folder, a) < 0 ||
        add_list(&k->users, top, (const char *const[]){"users", "user"}, folder, a) < 0 ||
        add_list(&k->contexts, top, (const char *const[]){"contexts", "context"}, folder, a) < 0)
        return fail(e, ERR_LIMIT, "%s: too large", path);
    if (k->current_context.n == 0)
        k->current_context = text_of(top, "current-context");
    return 0;
}

/* The content behind KEY-data (base64) or KEY (a file). Absent: *ret stays. The data win
 * (client-go). */
static int read_material(const struct kube_named *entry, const char *key, struct arena *a,
                         struct str *ret, struct err *e)
{
    struct str data_key = arena_fmt(a, "%s-data", key);
    struct str data = text_of(entry->value, data_key.p), file = text_of(entry->value, key);
    auto_buf out = BUF_INIT(FILE_MAX);
    if (data.n) {
        if (!base64_decode(data, &out))
            return fail(e, ERR_CONFIG, "kubeconfig: %.*s of '%.*s' is not base64", STR_F(data_key),
                        STR_F(entry->name));
    } else if (file.n) {
        struct str path = file.p[0] == '/'
                              ? arena_str(a, file)
                              : arena_fmt(a, "%.*s%.*s", STR_F(entry->folder), STR_F(file));
        if (file_read(path.p, FILE_MAX, &out, e) < 0)
            return fail_within(e, "kubeconfig: %s of '%.*s'", key, STR_F(entry->name));
    } else
        return 0;
    *ret = arena_str(a, buf_str(&out));
    return 0;
}

/* What we do not do is refused by its name: to leave it out silently would talk to somebody else,
 * or unchecked. */
static int refuse(const struct kube_named *entry, const char *const (*refused)[2], struct err *e)
{
    for (; (*refused)[0]; refused++) {
        const struct yaml *y = yaml_get(entry->value, STR_C((*refused)[0]));
        if (y && !yaml_is_null(y) && !(y->kind == YAML_SCALAR && str_is(y->text, "false")))
            return fail(e, ERR_CONFIG, "kubeconfig: '%.*s' has %s: %s", STR_F(entry->name),
                        (*refused)[0], (*refused)[1]);
    }
    return 0;
}

static int read_cluster(const struct kube_named *cluster, struct arena *a, struct kube_access *ret,
                        struct err *e)
{
    static const char *const refused[][2] = {
        {"insecure-skip-tls-verify",
         "connections are always checked; give certificate-authority-data"},
        {"tls-server-name", "not supported; use a server name that its certificate carries"},
        {"proxy-url", "not supported; set HTTPS_PROXY"},
        {NULL, NULL}};
    if (refuse(cluster, refused, e) < 0)
        return -1;
    ret->server = text_of(cluster->value, "server");
    while (ret->server.n && ret->server.p[ret->server.n - 1] == '/')
        ret->server.n--;
    if (!str_starts(ret->server, STR("https://")))
        return fail(e, ERR_CONFIG,
                    "kubeconfig: the server of cluster '%.*s' is not an https:// URL",
                    STR_F(cluster->name));
    return read_material(cluster, "certificate-authority", a, &ret->ca_pem, e);
}

static int read_user(const struct kube_named *user, struct arena *a, struct kube_access *ret,
                     struct err *e)
{
    static const char *const refused[][2] = {
        {"exec", "a program and perhaps a person would have to log in; use a client certificate or "
                 "a token"},
        {"auth-provider", "gone from Kubernetes; use a client certificate or a token"},
        {"username", "gone from Kubernetes; use a client certificate or a token"},
        {"as", "not supported; use an account that has the rights itself"},
        {NULL, NULL}};
    if (refuse(user, refused, e) < 0 ||
        read_material(user, "client-certificate", a, &ret->cert_pem, e) < 0 ||
        read_material(user, "client-key", a, &ret->key_pem, e) < 0)
        return -1;
    if ((ret->cert_pem.n == 0) != (ret->key_pem.n == 0))
        return fail(e, ERR_CONFIG,
                    "kubeconfig: user '%.*s' has only one of client certificate and key",
                    STR_F(user->name));
    struct str token = text_of(user->value, "token"), file = text_of(user->value, "tokenFile");
    if (file.n) { /* client-go: tokenFile takes precedence over token; it is rotated underneath us
                   */
        auto_buf content = BUF_INIT(FILE_MAX);
        struct str path = file.p[0] == '/'
                              ? arena_str(a, file)
                              : arena_fmt(a, "%.*s%.*s", STR_F(user->folder), STR_F(file));
        if (file_read(path.p, FILE_MAX, &content, e) < 0)
            return fail_within(e, "kubeconfig: tokenFile of '%.*s'", STR_F(user->name));
        token = arena_str(a, str_trim(buf_str(&content)));
    }
    ret->token = token;
    if (ret->cert_pem.n == 0 && ret->token.n == 0)
        return fail(e, ERR_CONFIG,
                    "kubeconfig: user '%.*s' has neither client certificate nor token",
                    STR_F(user->name));
    return 0;
}

bool kubeconfig_has_context(const struct kubeconfig *k, struct str context)
{
    return find(&k->contexts, context) != NULL;
}

int kubeconfig_access(const struct kubeconfig *k, struct str context, struct arena *a,
                      struct kube_access *ret, struct err *e)
{
    struct kube_access access = {0};
    const struct kube_named *entry = find(&k->contexts, context);
    if (!entry)
        return unknown(&k->contexts, "context", context, a, e);
    struct str cluster_name = text_of(entry->value, "cluster"),
               user_name = text_of(entry->value, "user");
    const struct kube_named *cluster = find(&k->clusters, cluster_name);
    const struct kube_named *user = find(&k->users, user_name);
    if (!cluster)
        return unknown(&k->clusters, "cluster", cluster_name, a, e);
    if (!user)
        return unknown(&k->users, "user", user_name, a, e);
    if (read_cluster(cluster, a, &access, e) < 0 || read_user(user, a, &access, e) < 0)
        return -1;
    *ret = access;
    return 0;
}
