#include "base/json.h"
#include "gateway/oidc/family.h"
#include "gateway/oidc/person_json.h"

struct str family_json(const struct family *f, struct arena *a)
{
    auto_buf text = BUF_INIT(STORE_VALUE_MAX);
    struct json_out j;
    json_out_init(&j, &text);
    json_open_object(&j);
    json_put_str(&j, "client", f->client_id);
    json_put_str_opt(&j, "revoked", f->revoked);
    json_put_str(&j, "scope", f->scope);
    json_put_str(&j, "sid", f->sid);
    json_put_bool(&j, "offline", f->offline);
    json_put_i64(&j, "auth_time", f->auth_time_s);
    json_put_i64(&j, "userinfo", f->userinfo);
    json_put_i64(&j, "created", f->created_ms);
    json_put_i64(&j, "checked", f->checked_ms);
    json_put_i64(&j, "generation", f->generation);
    json_put_str_opt(&j, "current", f->current);
    json_put_str_opt(&j, "previous", f->previous);
    json_key(&j, "person");
    person_json_write(&j, &f->person);
    json_close_object(&j);
    return buf_failed(&text) ? STR_NONE : arena_str(a, buf_str(&text));
}

bool family_read(struct str text, struct arena *a, struct family *ret)
{
    struct err e;
    struct family f = {0};
    int64_t userinfo;
    auto_json *root = json_read(text, STORE_VALUE_MAX, &e);
    if (!json_get_str(root, "client", a, &f.client_id) ||
        !json_get_str(root, "scope", a, &f.scope) || !json_get_str(root, "sid", a, &f.sid) ||
        !json_get_bool(root, "offline", &f.offline) ||
        !json_get_i64(root, "auth_time", &f.auth_time_s) ||
        !json_get_i64(root, "userinfo", &userinfo))
        return false;
    if (!json_get_i64(root, "created", &f.created_ms) ||
        !json_get_i64(root, "checked", &f.checked_ms) ||
        !json_get_i64(root, "generation", &f.generation) ||
        !person_json_read(json_object_get(root, "person"), a, &f.person))
        return false;
    json_get_str(root, "revoked", a, &f.revoked);
    json_get_str(root, "current", a, &f.current);
    json_get_str(root, "previous", a, &f.previous);
    f.userinfo = (unsigned)userinfo;
    *ret = f;
    return true;
}
