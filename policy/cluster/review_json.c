#include "base/json.h"
#include "policy/cluster/review.h"

#define JSON_MAX ((size_t)1 << 20)

static void write_resource(struct json_out *j, const struct rbac_question *q)
{
    json_key(j, "resourceAttributes");
    json_open_object(j);
    json_put_str(j, "verb", q->verb);
    json_put_str_opt(j, "group", q->api_group);
    json_put_str_opt(j, "resource", q->resource);
    json_put_str_opt(j, "subresource", q->subresource);
    json_put_str_opt(j, "name", q->name);
    json_put_str_opt(j, "namespace", q->namespace);
    json_close_object(j);
}

void review_json_write(const struct rbac_user *user, const struct rbac_question *q, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_str(&j, "apiVersion", STR("authorization.k8s.io/v1"));
    json_put_str(&j, "kind", STR("SubjectAccessReview"));
    json_key(&j, "spec");
    json_open_object(&j);
    json_put_str(&j, "user", user->name);
    json_put_strs(&j, "groups", user->groups.items, user->groups.n);
    if (q->path.n) {
        json_key(&j, "nonResourceAttributes");
        json_open_object(&j);
        json_put_str(&j, "verb", q->verb);
        json_put_str(&j, "path", q->path);
        json_close_object(&j);
    } else
        write_resource(&j, q);
    json_close_object(&j);
    json_close_object(&j);
}

int review_json_read(struct str body, bool *ret_allowed, struct err *e)
{
    auto_json *j = json_read(body, JSON_MAX, e);
    const json_t *status = json_object_get(j, "status");
    if (!status)
        return j ? fail(e, ERR_BACKEND, "SubjectAccessReview: no status in the answer") : -1;
    *ret_allowed = false; /* left out when false */
    (void)json_get_bool(status, "allowed", ret_allowed);
    return 0;
}
