#include "gateway/oidc/session.h"

#include "base/hash.h"
#include "gateway/oidc/cookie.h"
#include "gateway/oidc/subject.h"

#define SID_BYTES      16
#define SID_TEXT       22
#define SECRET_BYTES   32 /* OWASP ASVS 7.2.3: at least 128 bit */
#define SECRET_TEXT    43
#define CHECK_EVERY_MS 60000 /* a disabled person's session is good for no longer than this */

static struct str mark_of(const struct oidc_call *c, struct str secret)
{
    const struct str parts[] = {STR("session secret"), secret};
    struct sha256 hash = sha256_of_parts(parts, 2);
    auto_buf text = BUF_INIT(64);
    buf_base64url(&text, (struct str){(const char *)hash.bytes, sizeof(hash.bytes)});
    return arena_str(call_arena(c), buf_str(&text));
}

static struct str key_of(const struct oidc_call *c, struct str sid)
{
    return arena_fmt(call_arena(c), "session/%.*s", STR_F(sid));
}

/* Idle and absolute bound (OWASP ASVS 7.3.1, 7.3.2). */
static int64_t expiry_of(const struct oidc_settings *settings, const struct session *s)
{
    int64_t absolute = s->created_ms + settings->session_max_ms,
            idle = s->used_ms + settings->session_idle_ms;
    return idle < absolute ? idle : absolute;
}

enum session_found session_get(const struct oidc_call *c, struct str sid, struct session *ret,
                               struct err *e)
{
    struct store *store = c->env->store;
    struct record record;
    struct session s;
    if (sid.n != SID_TEXT)
        return SESSION_NONE;
    struct str key = key_of(c, sid);
    if (!key.n) {
        fail(e, ERR_LIMIT, "the request has used up its memory");
        return SESSION_FAILED;
    }
    switch (store->ops->get(store, call_arena(c), key, &record, e)) {
    case STORE_OK: break;
    case STORE_NOT_FOUND: return SESSION_NONE;
    case STORE_CONFLICT:
    case STORE_FAILED: return SESSION_FAILED;
    }
    if (!session_read(record.value, call_arena(c), &s)) {
        fail(e, ERR_BACKEND, "store: the session %.*s cannot be read", STR_F(sid));
        return SESSION_FAILED;
    }
    if (call_now_ms(c) >=
        expiry_of(c->env->settings, &s)) /* the settings may have become stricter since */
        return SESSION_NONE;
    s.sid = arena_str(call_arena(c), sid);
    s.revision = record.revision;
    *ret = s;
    return SESSION_FOUND;
}

enum session_found session_find(const struct oidc_call *c, struct session *ret, struct err *e)
{
    struct str cookie = cookie_get(c->request, c->env->prepared->session_cookie), sid, secret;
    if (!str_split(cookie, '.', &sid, &secret) || sid.n != SID_TEXT || secret.n != SECRET_TEXT)
        return SESSION_NONE;
    struct session s;
    enum session_found found = session_get(c, sid, &s, e);
    if (found != SESSION_FOUND)
        return found;
    struct str mark = mark_of(c, secret);
    if (mark.n != s.secret_mark.n || !bytes_eq_constant_time(mark.p, s.secret_mark.p, mark.n))
        return SESSION_NONE; /* the cookie of before the last authentication */
    *ret = s;
    return SESSION_FOUND;
}

static struct write write_of(const struct oidc_call *c, const struct session *s)
{
    return (struct write){
        .key = key_of(c, s->sid),
        .value = session_json(s, call_arena(c)),
        .expires_ms = expiry_of(c->env->settings, s),
        .durability = STORE_RELAXED, /* the next durable write, that of the code's redemption,
                                        carries it along */
    };
}

static bool is_same_person(const struct person *a, const struct person *b)
{
    return str_eq(a->id, b->id) && str_eq(a->connector_id, b->connector_id);
}

/* The session this browser had: the same person goes on in it, another one's is ended first. */
static int take_over(const struct oidc_call *c, const struct person *p, struct str *ret_sid,
                     struct err *e)
{
    struct session old;
    switch (session_find(c, &old, e)) {
    case SESSION_NONE: return 0;
    case SESSION_FAILED: return -1;
    case SESSION_FOUND: break;
    }
    if (is_same_person(&old.person, p)) {
        *ret_sid = old.sid;
        return 0;
    }
    if (c->env->store->ops->delete_if(c->env->store, key_of(c, old.sid), 0, e) == STORE_FAILED)
        return -1;
    EMIT(c, SESSION_REPLACED, .sid = old.sid, .username = old.person.username);
    return 0;
}

int session_start(const struct oidc_call *c, const struct person *p, struct session *ret,
                  struct err *e)
{
    int64_t now = call_now_ms(c);
    struct str sid = STR_NONE, secret = call_random_text(c, SECRET_BYTES);
    if (take_over(c, p, &sid, e) != 0)
        return -1;
    struct session s = {
        .sid = sid.n ? sid : call_random_text(c, SID_BYTES),
        .secret_mark = mark_of(c, secret),
        .person = *p,
        .auth_time_s = now / 1000,
        .created_ms = now,
        .used_ms = now,
        .checked_ms = now,
    };
    struct write w = write_of(c, &s);
    if (!w.value.n || !w.key.n)
        return fail(e, ERR_LIMIT, "the session of %.*s does not fit into a record",
                    STR_F(p->username));
    if (c->env->store->ops->put(c->env->store, &w, &s.revision, e) != STORE_OK)
        return fail_within(e, "session");
    cookie_set(c, c->env->prepared->session_cookie,
               arena_fmt(call_arena(c), "%.*s.%.*s", STR_F(s.sid), STR_F(secret)));
    EMIT(c, SESSION_STARTED, .sid = s.sid, .username = p->username, .connector_id = p->connector_id,
         .subject = subject_of(p, call_arena(c)));
    *ret = s;
    return 0;
}

static enum connector_outcome look_up(const struct oidc_call *c, const struct session *s,
                                      struct person *ret, struct err *e)
{
    struct connector *connector = connector_find(c->env, s->person.connector_id);
    if (!connector) /* taken out of the configuration: nobody vouches for this person any more */
        return CONNECTOR_GONE;
    return connector->ops->lookup(connector, call_arena(c), s->person.id, c->request->deadline_ms,
                                  ret, e);
}

enum connector_outcome session_recheck(const struct oidc_call *c, struct session *s, struct err *e)
{
    int64_t now = call_now_ms(c);
    bool fresh = now - s->checked_ms < CHECK_EVERY_MS && now >= s->checked_ms;
    if (fresh)
        return CONNECTOR_OK; /* used_ms may lag behind by as much: no write for it */
    struct person p;
    enum connector_outcome outcome = look_up(c, s, &p, e);
    if (outcome == CONNECTOR_UNAVAILABLE &&
        now - s->checked_ms < c->env->settings->directory_grace_ms)
        return CONNECTOR_OK;
    if (outcome == CONNECTOR_GONE || outcome == CONNECTOR_DISABLED) {
        struct err ignored; /* refused either way; the next use will try again */
        (void)!session_end(c, s, &ignored);
    }
    if (outcome != CONNECTOR_OK) {
        EMIT(c, SESSION_PERSON_REFUSED, .sid = s->sid, .username = s->person.username,
             .detail = str_from(e->text));
        return outcome;
    }
    s->person = p;
    s->checked_ms = s->used_ms = now;
    struct write w = write_of(c, s);
    struct err ignored; /* losing the race, or the store being away, only means asking the directory
                           again next time */
    if (w.value.n)
        (void)c->env->store->ops->compare_and_swap(c->env->store, &w, s->revision, &s->revision,
                                                   &ignored);
    return CONNECTOR_OK;
}

int session_end(const struct oidc_call *c, const struct session *s, struct err *e)
{
    cookie_clear(c, c->env->prepared->session_cookie);
    if (c->env->store->ops->delete_if(c->env->store, key_of(c, s->sid), 0, e) == STORE_FAILED)
        return fail_within(e, "session");
    return 0;
}
