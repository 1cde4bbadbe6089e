#include "base/json.h"
#include "gateway/oidc/person_json.h"
#include "gateway/oidc/session.h"

struct str session_json(const struct session *s, struct arena *a)
{
    auto_buf text = BUF_INIT(STORE_VALUE_MAX);
    struct json_out j;
    json_out_init(&j, &text);
    json_open_object(&j);
    json_put_str(&j, "mark", s->secret_mark);
    json_put_i64(&j, "auth_time", s->auth_time_s);
    json_put_i64(&j, "created", s->created_ms);
    json_put_i64(&j, "used", s->used_ms);
    json_put_i64(&j, "checked", s->checked_ms);
    json_key(&j, "person");
    person_json_write(&j, &s->person);
    json_close_object(&j);
    return buf_failed(&text) ? STR_NONE : arena_str(a, buf_str(&text));
}

bool session_read(struct str text, struct arena *a, struct session *ret)
{
    struct err e;
    struct session s = {0};
    auto_json *root = json_read(text, STORE_VALUE_MAX, &e);
    if (!json_get_str(root, "mark", a, &s.secret_mark) ||
        !json_get_i64(root, "auth_time", &s.auth_time_s) ||
        !json_get_i64(root, "created", &s.created_ms) || !json_get_i64(root, "used", &s.used_ms) ||
        !json_get_i64(root, "checked", &s.checked_ms) ||
        !person_json_read(json_object_get(root, "person"), a, &s.person))
        return false;
    *ret = s;
    return true;
}
