#include "login/net/saved_session.h"

#include "base/json.h"

#define SESSION_FORMAT 1

bool saved_session_read(struct str text, struct arena *a, struct session *ret)
{
    struct session s = {0};
    struct err e;
    int64_t format;
    auto_json *j = json_read(text, STATE_FILE_MAX, &e);
    if (!j || !json_get_i64(j, "format", &format) || format != SESSION_FORMAT)
        return false;
    if (!json_get_str(j, "issuer", a, &s.issuer) ||
        !json_get_str(j, "client_id", a, &s.client_id) ||
        !json_get_str(j, "profile", a, &s.profile) || !json_get_str(j, "subject", a, &s.subject) ||
        !json_get_str(j, "refresh_token", a, &s.refresh_token))
        return false;
    (void)json_get_str(j, "username", a, &s.username);
    (void)json_get_str(j, "device", a, &s.device);
    (void)json_get_i64(j, "logged_in_ms", &s.logged_in_ms);
    (void)json_get_i64(j, "refreshed_ms", &s.refreshed_ms);
    *ret = s;
    return true;
}

void saved_session_write(struct buf *out, const struct session *s)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_i64(&j, "format", SESSION_FORMAT);
    json_put_str(&j, "issuer", s->issuer);
    json_put_str(&j, "client_id", s->client_id);
    json_put_str(&j, "profile", s->profile);
    json_put_str(&j, "subject", s->subject);
    json_put_str(&j, "username", s->username);
    json_put_str(&j, "device", s->device);
    json_put_i64(&j, "logged_in_ms", s->logged_in_ms);
    json_put_i64(&j, "refreshed_ms", s->refreshed_ms);
    json_put_str(&j, "refresh_token", s->refresh_token);
    json_close_object(&j);
    buf_char(out, '\n');
}

bool saved_session_load(struct context *c, struct session *ret)
{
    auto_buf text = BUF_INIT(STATE_FILE_MAX);
    struct err e;
    text.wipe = true;
    return state_read(&c->state, STATE_SESSION, &c->session_key, &text, &e) == STATE_OK &&
           saved_session_read(buf_str(&text), c->arena, ret);
}

int saved_session_store(struct context *c, const struct session *s, struct err *e)
{
    auto_buf text = BUF_INIT(STATE_FILE_MAX);
    text.wipe = true;
    saved_session_write(&text, s);
    if (buf_failed(&text))
        return fail(e, ERR_LIMIT, "the session is too long");
    return state_write(&c->state, STATE_SESSION, &c->session_key, buf_str(&text), e);
}

void saved_session_delete(struct context *c)
{
    state_delete(&c->state, STATE_SESSION, &c->session_key);
}
