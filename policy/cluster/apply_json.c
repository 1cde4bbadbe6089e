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
