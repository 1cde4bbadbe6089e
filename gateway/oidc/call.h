#pragma once
/*
 * One request being answered: what nearly every function of this room needs, in one argument. Lives
 * on the stack of a handler.
 */
#include "gateway/oidc/oidc.h"

struct oidc_call {
    const struct oidc_env *env;
    const struct request *request;
    struct reply *reply;
};

/* What oidc_prepare() made, once per environment. */
struct oidc_prepared {
    struct str discovery, sites; /* JSON documents */
    struct str session_cookie, login_cookie;
    struct str cookie_attributes; /* "; Path=/; HttpOnly; SameSite=Lax; Secure" */
    struct str login_action, logout_action, logout_confirm_action; /* paths on our own origin */
    struct str home_url;
};

static inline struct arena *call_arena(const struct oidc_call *c)
{
    return c->request->arena;
}
static inline int64_t call_now_ms(const struct oidc_call *c)
{
    return clock_now_ms(c->env->clock);
}

/* Adds request id and peer, and hands the event to the sink. */
void call_emit(const struct oidc_call *c, const struct event *ev);
#define EMIT(call, symbol, ...) \
    call_emit((call), &(const struct event){.kind = EVENT_##symbol, __VA_ARGS__})

/* The parameters of a request: of the query for GET, of the form for POST. False: a POST that is no
 * form. */
bool call_params(const struct oidc_call *c, struct params *ret);

/* n random bytes (at most 64) as base64url. */
struct str call_random_text(const struct oidc_call *c, size_t n);

const struct client *client_find(const struct oidc_settings *settings, struct str id);
struct connector *connector_find(const struct oidc_env *env, struct str id);
