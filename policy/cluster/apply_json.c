#include "base/json.h"
#include "policy/cluster/apply.h"

#define JSON_MAX ((size_t)4 << 20)

static int append(const char *bytes, size_t n, void *out)
{
    buf_bytes(out, bytes, n);
    return 0;
}

static json_t *text(struct str s)
{
    return json_stringn(s.p ? s.p : "", s.n);
}

int apply_json_patch(const struct rbac_object *want, const struct rbac_object *have,
                     struct buf *out, struct err *e)
{
    auto_buf whole = BUF_INIT(JSON_MAX);
    bool role = want->kind == RBAC_CLUSTER_ROLE || want->kind == RBAC_ROLE;
    rbac_write_json(want, &whole);
    auto_json *j = buf_failed(&whole) ? NULL : json_read(buf_str(&whole), JSON_MAX, e);
    json_t *metadata = json_object_get(j, "metadata");
    if (!metadata)
        return fail(e, ERR_BUG, "the object '%.*s' cannot be written as JSON", STR_F(want->name));
    /* the write happens only if nobody else wrote since we read: 409 otherwise */
    int bad = json_object_set_new(metadata, "resourceVersion", text(have->resource_version));
    /* an absent member of a merge patch means "leave it": an empty list must be written down */
    const char *list = role ? "rules" : "subjects";
    if (!json_object_get(j, list))
        bad |= json_object_set_new(j, list, json_array());
    if (have->aggregated && !want->aggregated)
        bad |= json_object_set_new(j, "aggregationRule", json_null());
    if (bad || json_dump_callback(j, append, out, JSON_COMPACT) < 0 || buf_failed(out))
        return fail(e, ERR_LIMIT, "the object '%.*s' is too large", STR_F(want->name));
    return 0;
}

void apply_json_delete(const struct rbac_object *have, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_str(&j, "apiVersion", STR("v1"));
    json_put_str(&j, "kind", STR("DeleteOptions"));
    json_key(&j, "preconditions");
    json_open_object(&j);
    json_put_str(&j, "resourceVersion", have->resource_version);
    json_close_object(&j);
    json_close_object(&j);
}

/* --- manifests */

static bool is_content(const char *key)
{
    static const char *const others[] = {"apiVersion", "kind", "metadata", "status"};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (strcmp(key, others[i]) == 0)
            return false;
    return true;
}

static bool is_labelled(const json_t *object)
{
    const json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");
    return json_object_get(labels, RBAC_LABEL_MANAGED) != NULL;
}

/* Live content that we do not want. What has no rights in it (a namespace, an account) may hold
 * more than we ask for. */
static bool is_extra(const json_t *wanted, const char *key)
{
    bool whole = json_object_get(wanted, "spec") || json_object_get(wanted, "rules") ||
                 json_object_get(wanted, "roleRef");
    return whole && is_content(key) && !json_object_get(wanted, key);
}

int manifest_json_same(struct str want, struct str have, bool *ret, struct err *e)
{
    auto_json *wanted = json_read(want, JSON_MAX, e);
    auto_json *live = wanted ? json_read(have, JSON_MAX, e) : NULL;
    const char *key;
    json_t *value;
    size_t n = 0;
    bool same = true;
    if (!live)
        return -1;
    json_object_foreach(wanted, key, value) if (is_content(key))
    {
        n++;
        same = same && json_equal(value, json_object_get(live, key));
    }
    json_object_foreach(live, key, value) same = same && !is_extra(wanted, key);
    /* what is wanted for its name alone (a namespace, an account) may belong to others */
    *ret = same && (n == 0 || is_labelled(live));
    return 0;
}

int manifest_json_merge(struct str want, struct str have, struct buf *out, struct err *e)
{
    auto_json *wanted = json_read(want, JSON_MAX, e);
    auto_json *live = wanted ? json_read(have, JSON_MAX, e) : NULL;
    const char *key;
    json_t *value;
    void *next;
    int bad = 0;
    json_t *metadata = json_object_get(live, "metadata");
    if (!metadata)
        return live ? fail(e, ERR_BACKEND, "the answer has no metadata") : -1;
    json_object_foreach_safe(live, next, key, value) if (is_extra(wanted, key)) bad |=
        json_object_del(live, key);
    json_object_foreach(wanted, key, value) if (is_content(key)) bad |=
        json_object_set(live, key, value);
    if (!json_object_get(metadata, "labels"))
        bad |= json_object_set_new(metadata, "labels", json_object());
    bad |= json_object_set_new(json_object_get(metadata, "labels"), RBAC_LABEL_MANAGED,
                               text(STR("true")));
    if (bad || json_dump_callback(live, append, out, JSON_COMPACT) < 0 || buf_failed(out))
        return fail(e, ERR_LIMIT, "the object is too large");
    return 0;
}

int api_json_self(struct str body, struct arena *a, struct api_self *ret, struct err *e)
{
    auto_json *j = json_read(body, JSON_MAX, e);
    const json_t *user = json_object_get(json_object_get(j, "status"), "userInfo");
    struct str *groups = NULL;
    size_t n = 0;
    if (!j || !json_get_str(user, "username", a, &ret->username))
        return j ? fail(e, ERR_BACKEND, "SelfSubjectReview: no user in the answer") : -1;
    (void)json_get_strs(user, "groups", a, &groups, &n);
    ret->groups = (struct strs){groups, n};
    return 0;
}
