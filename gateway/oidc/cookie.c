#include "gateway/oidc/cookie.h"

#include "base/hash.h"

#define LOGIN_COOKIE_BYTES 32
#define LOGIN_COOKIE_TEXT  43 /* 32 bytes as base64url */

void cookie_set(const struct oidc_call *c, struct str name, struct str value)
{
    struct str attributes = c->env->prepared->cookie_attributes;
    reply_header(
        c->reply, "Set-Cookie",
        arena_fmt(call_arena(c), "%.*s=%.*s%.*s", STR_F(name), STR_F(value), STR_F(attributes)));
}

void cookie_clear(const struct oidc_call *c, struct str name)
{
    struct str attributes = c->env->prepared->cookie_attributes;
    reply_header(c->reply, "Set-Cookie",
                 arena_fmt(call_arena(c), "%.*s=; Max-Age=0%.*s", STR_F(name), STR_F(attributes)));
}

struct str login_cookie_ensure(const struct oidc_call *c)
{
    struct str value = cookie_get(c->request, c->env->prepared->login_cookie);
    if (value.n == LOGIN_COOKIE_TEXT) /* other forms of this browser are tied to it: keep it */
        return value;
    value = call_random_text(c, LOGIN_COOKIE_BYTES);
    cookie_set(c, c->env->prepared->login_cookie, value);
    return value;
}

struct str login_cookie_mark(const struct oidc_call *c, struct str value)
{
    const struct str parts[] = {STR("login cookie"), value};
    struct sha256 hash = sha256_of_parts(parts, 2);
    auto_buf text = BUF_INIT(64);
    buf_base64url(&text, (struct str){(const char *)hash.bytes, sizeof(hash.bytes)});
    return arena_str(call_arena(c), buf_str(&text));
}
