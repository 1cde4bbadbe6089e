#include "jose/claims_json.h"

#include "base/json.h"
#include "jose/jws.h"

#define MEMBERS_MAX  64
#define TIME_MAX     253402300799 /* the last second of the year 9999 */
#define LOGOUT_EVENT "http://schemas.openid.net/event/backchannel-logout"

/* The plain texts: name in the token, place in the struct. */
static const struct text_claim {
    const char *name;
    size_t offset;
} text_claims[] = {
#define TEXT_CLAIM(name) {#name, offsetof(struct claims, name)}
    TEXT_CLAIM(azp),
    TEXT_CLAIM(nonce),
    TEXT_CLAIM(at_hash),
    TEXT_CLAIM(jti),
    TEXT_CLAIM(sid),
    TEXT_CLAIM(acr),
    TEXT_CLAIM(client_id),
    TEXT_CLAIM(scope),
    TEXT_CLAIM(name),
    TEXT_CLAIM(email),
    TEXT_CLAIM(preferred_username),
#undef TEXT_CLAIM
};
#define N_TEXT_CLAIMS (sizeof(text_claims) / sizeof(text_claims[0]))

static void write_event(struct json_out *j)
{
    /* OpenID Connect Back-Channel Logout 2.4: the member MUST be there, SHOULD be the empty object
     */
    json_key(j, "events");
    json_open_object(j);
    json_key(j, LOGOUT_EVENT);
    json_open_object(j);
    json_close_object(j);
    json_close_object(j);
}

static void write_federated(struct json_out *j, const struct claims *c)
{
    if (c->federated_connector_id.n == 0 && c->federated_user_id.n == 0)
        return;
    json_key(j, "federated_claims");
    json_open_object(j);
    json_put_str_opt(j, "connector_id", c->federated_connector_id);
    json_put_str_opt(j, "user_id", c->federated_user_id);
    json_close_object(j);
}

void claims_write(struct buf *b, const struct claims *c)
{
    struct json_out j;

    json_out_init(&j, b);
    json_open_object(&j);
    json_put_str(&j, "iss", c->iss);
    json_put_str(&j, "sub", c->sub);
    if (c->n_aud == 1)
        json_put_str(&j, "aud", c->aud[0]);
    else
        json_put_strs(&j, "aud", c->aud, c->n_aud);
    json_put_i64(&j, "exp", c->exp);
    json_put_i64(&j, "iat", c->iat);
    if (c->nbf != 0)
        json_put_i64(&j, "nbf", c->nbf);
    if (c->auth_time != 0)
        json_put_i64(&j, "auth_time", c->auth_time);
    for (size_t i = 0; i < N_TEXT_CLAIMS; i++)
        json_put_str_opt(
            &j, text_claims[i].name,
            *(const struct str *)(const void *)((const char *)c + text_claims[i].offset));
    if (c->has_email_verified)
        json_put_bool(&j, "email_verified", c->email_verified);
    if (c->has_groups)
        json_put_strs(&j, "groups", c->groups, c->n_groups);
    write_federated(&j, c);
    if (c->type == TOKEN_LOGOUT)
        write_event(&j);
    json_close_object(&j);
}

/* The three below: absent is fine, there but of another type is not. */
static bool read_text(const json_t *json, const char *name, struct arena *a, struct str *out)
{
    return !json_object_get(json, name) || json_get_str(json, name, a, out);
}

static bool read_time(const json_t *json, const char *name, int64_t *out)
{
    /* RFC 7519 2 allows fractions in a NumericDate; we never write one, and readers that cut them
     * differently disagree */
    return !json_object_get(json, name) ||
           (json_get_i64(json, name, out) && *out > 0 && *out <= TIME_MAX);
}

static bool read_texts(const json_t *json, const char *name, struct arena *a,
                       const struct str **out, size_t *ret_n)
{
    struct str *texts = NULL;

    if (json_array_size(json_object_get(json, name)) > CLAIMS_LIST_MAX ||
        !json_get_strs(json, name, a, &texts, ret_n))
        return false;
    *out = texts;
    return true;
}

static bool read_audience(const json_t *json, struct arena *a, struct claims *c)
{
    /* RFC 7519 4.1.3: an array, or one string */
    if (!json_is_string(json_object_get(json, "aud")))
        return read_texts(json, "aud", a, &c->aud, &c->n_aud);
    struct str *one = ARENA_NEW(a, struct str);
    if (!one || !json_get_str(json, "aud", a, one))
        return false;
    c->aud = one;
    c->n_aud = 1;
    return true;
}

static bool read_federated(const json_t *json, struct arena *a, struct claims *c)
{
    const json_t *federated = json_object_get(json, "federated_claims");

    if (!federated)
        return true;
    return json_is_object(federated) &&
           read_text(federated, "connector_id", a, &c->federated_connector_id) &&
           read_text(federated, "user_id", a, &c->federated_user_id);
}

static bool read_lists(const json_t *json, struct arena *a, struct claims *c)
{
    c->has_groups = json_object_get(json, "groups") != NULL;
    c->has_email_verified = json_object_get(json, "email_verified") != NULL;
    if (c->has_groups && !read_texts(json, "groups", a, &c->groups, &c->n_groups))
        return false;
    return !c->has_email_verified || json_get_bool(json, "email_verified", &c->email_verified);
}

static bool read_members(const json_t *json, struct arena *a, struct claims *c)
{
    for (size_t i = 0; i < N_TEXT_CLAIMS; i++)
        if (!read_text(json, text_claims[i].name, a,
                       (struct str *)(void *)((char *)c + text_claims[i].offset)))
            return false;
    return read_text(json, "iss", a, &c->iss) && read_text(json, "sub", a, &c->sub) &&
           read_audience(json, a, c) && read_time(json, "exp", &c->exp) &&
           read_time(json, "iat", &c->iat) && read_time(json, "nbf", &c->nbf) &&
           read_time(json, "auth_time", &c->auth_time) && read_lists(json, a, c) &&
           read_federated(json, a, c);
}

static bool is_complete(const struct claims *c)
{
    if (c->iss.n == 0 || c->sub.n == 0 || c->exp == 0 || c->iat == 0 || c->n_aud == 0)
        return false;
    for (size_t i = 0; i < c->n_aud; i++)
        if (c->aud[i].n == 0)
            return false;
    return true;
}

static bool is_logout(const json_t *json)
{
    /* Back-Channel Logout 2.4: the event MUST be there, a nonce MUST NOT; otherwise an ID token
     * would pass for one */
    return !json_object_get(json, "nonce") &&
           json_is_object(json_object_get(json_object_get(json, "events"), LOGOUT_EVENT));
}

static bool fits_type(const json_t *json, const struct claims *c)
{
    switch (c->type) {
    case TOKEN_ID: return !json_object_get(json, "events");
    case TOKEN_ACCESS: return c->client_id.n > 0 && c->jti.n > 0; /* RFC 9068 2.2 */
    case TOKEN_LOGOUT: return c->jti.n > 0 && is_logout(json);
    }
    return false;
}

bool claims_read(struct str text, enum token_type type, struct arena *a, struct claims *ret_claims)
{
    struct claims c = {.type = type};
    struct err e;

    auto_json *json = json_read(text, JWS_TOKEN_MAX, &e);
    if (!json_is_object(json) || json_object_size(json) > MEMBERS_MAX)
        return false;
    if (!read_members(json, a, &c) || !is_complete(&c) || !fits_type(json, &c) || a->exhausted)
        return false;
    *ret_claims = c;
    return true;
}
