#include "policy/rbac/request_info.h"

#include "policy/rbac/request_query.h"

struct parts {
    struct str *items;
    size_t n, cap;
};

static struct parts split_path(struct str path, struct arena *a)
{
    struct parts parts = {0};
    size_t from = 0;
    while (path.n > 0 && path.p[0] == '/')
        path = str_from_to(path, 1, path.n);
    while (path.n > 0 && path.p[path.n - 1] == '/')
        path.n--;
    for (size_t i = 0; path.n > 0 && i <= path.n; i++)
        if (i == path.n || path.p[i] == '/') {
            *ARENA_PUSH(a, &parts) = str_from_to(path, from, i);
            from = i + 1;
        }
    return parts;
}

static struct str lower(struct str s, struct arena *a)
{
    char *out = arena_alloc(a, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        out[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
    return (struct str){out, s.n};
}

static struct str verb_of(struct str method)
{
    static const struct {
        const char *method, *verb;
    } verbs[] = {{"POST", "create"}, {"GET", "get"},     {"HEAD", "get"},
                 {"PUT", "update"},  {"PATCH", "patch"}, {"DELETE", "delete"}};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
        if (str_is(method, verbs[i].method))
            return STR_C(verbs[i].verb);
    return STR(""); /* only a rule with the verb * matches it */
}

static void drop(struct parts *parts, size_t n)
{
    parts->items += n;
    parts->n -= n;
}

/* What stands behind /api/VERSION or /apis/GROUP/VERSION. */
static void read_resource(struct parts parts, struct rbac_question *q)
{
    if (str_is(parts.items[0], "namespaces") && parts.n > 1) {
        q->namespace = parts.items[1];
        /* /namespaces/x/status and /finalize belong to the namespace itself */
        if (parts.n > 2 && !str_is(parts.items[2], "status") && !str_is(parts.items[2], "finalize"))
            drop(&parts, 2);
    }
    q->resource = parts.items[0];
    if (parts.n >= 2)
        q->name = parts.items[1];
    if (parts.n >= 3 && !str_is(q->verb, "proxy"))
        q->subresource = parts.items[2];
}

static void read_query(struct str query, bool verb_in_path, struct arena *a,
                       struct request_info *info)
{
    struct rbac_question *q = &info->question;
    struct request_options options = request_options_read(query, a);
    if (q->name.n == 0 && str_is(q->verb, "get")) {
        q->verb = options.watch ? STR("watch") : STR("list");
        q->name = options.name;
    }
    if (q->name.n == 0 && str_is(q->verb, "delete"))
        q->verb = STR("deletecollection");
    bool has_selectors =
        str_is(q->verb, "list") || str_is(q->verb, "watch") || str_is(q->verb, "deletecollection");
    if (verb_in_path || !has_selectors)
        return;
    info->field_selector = options.field_selector;
    info->label_selector = options.label_selector;
}

static enum request_outcome read_parts(struct str method, struct parts parts, struct str query,
                                       struct arena *a, struct request_info *ret)
{
    struct request_info info = {.question = {.verb = verb_of(method)}};
    bool verb_in_path;
    if (str_is(parts.items[0], "apis")) {
        info.question.api_group = parts.items[1];
        drop(&parts, 1);
    }
    info.api_version = parts.items[1];
    drop(&parts, 2);
    /* deprecated: /api/v1/watch/pods; proxy takes no subresource */
    verb_in_path = str_is(parts.items[0], "watch") || str_is(parts.items[0], "proxy");
    if (verb_in_path) {
        if (parts.n < 2)
            return REQUEST_NO_RESOURCE;
        info.question.verb = parts.items[0];
        drop(&parts, 1);
    }
    read_resource(parts, &info.question);
    read_query(query, verb_in_path, a, &info);
    *ret = info;
    return REQUEST_OK;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F)
            return true;
    return false;
}

enum request_outcome request_info_read(struct str method, struct str url, struct arena *a,
                                       struct request_info *ret)
{
    struct str path = url, query = STR_NONE;
    (void)str_split(url, '?', &path, &query);
    if (has_control(url) || (url.n > 0 && !str_starts(path, STR("/")) && !str_is(url, "*")) ||
        !request_unescape(path, false, a, &path))
        return REQUEST_BAD_URL;
    struct parts parts = split_path(path, a);
    bool core = parts.n >= 3 && str_is(parts.items[0], "api");
    bool group = parts.n >= 4 && str_is(parts.items[0], "apis");
    if (core || group)
        return read_parts(method, parts, query, a, ret);
    *ret = (struct request_info){
        .question = {.verb = lower(method, a), .path = path, .non_resource = true}};
    return REQUEST_OK;
}
