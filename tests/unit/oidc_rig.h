#pragma once
/*
 * The whole provider in one process: a clock that stands still, seeded randomness, the store in
 * memory, a scripted directory, and a browser that keeps cookies. Used by the unit tests and by the
 * fuzz targets; it knows no test library and ends the process when something it needs itself fails.
 */
#include <stdatomic.h>

#include "gateway/oidc/oidc.h"
#include "jose/signer_local.h"

#define RIG_ISSUER    "https://login.example"
#define RIG_VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" /* RFC 7636 B */
#define RIG_CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define RIG_START_MS  1700000000000

enum rig_person { ADA, BEN, RIG_PEOPLE };

struct rig_connector {
    struct connector connector;
    enum connector_outcome login[RIG_PEOPLE], lookup[RIG_PEOPLE]; /* CONNECTOR_OK: by password */
    size_t n_groups[RIG_PEOPLE];                                  /* "group-000" ... */
    bool hostile; /* everybody is in groups that no token may name */
    atomic_int binds, lookups;
};

struct rig {
    struct arena settled, work; /* configuration; requests and replies until rig_forget() */
    struct clock_fixed clock;
    struct random_seeded random;
    struct oidc_settings settings;
    struct client *clients; /* the same as settings.clients, writable */
    struct rig_connector directory;
    struct connector *connectors[2];
    struct event_sink sink;
    atomic_int events[EVENT_KIND_COUNT];
    struct oidc_env env;
    struct str session_cookie, login_cookie; /* the browser's jar */
};

void rig_init(struct rig *r);
void rig_fini(struct rig *r);
void rig_forget(struct rig *r); /* requests and replies so far; cookies stay */
struct client *rig_client(struct rig *r, const char *id);
int rig_count(const struct rig *r, enum event_kind kind);
void rig_pass(struct rig *r, int64_t ms);

struct ask {
    enum http_method method;
    const char *path, *query, *form;
    const char *authorization, *content_type, *accept_language, *peer;
    struct str cookie; /* instead of the jar */
    bool foreign;      /* another browser: no jar at all */
};
/* Runs it through oidc_handle(). The reply lives until rig_forget(). */
struct reply *rig_ask(struct rig *r, const struct ask *ask);
/* The same in an arena of the caller's, without jar: for threads. */
void rig_ask_in(const struct oidc_env *env, struct arena *a, const struct ask *ask,
                struct reply *ret);

struct str rig_header(const struct reply *reply, const char *name); /* STR_NONE: absent */
/* A parameter of the Location, decoded; absent: STR_NONE. */
struct str rig_location(struct rig *r, const struct reply *reply, const char *name);
/* A member of the JSON body: a text as it is, anything else as JSON text; absent: STR_NONE. */
struct str rig_json(struct rig *r, const struct reply *reply, const char *name);
struct str rig_json_of(struct rig *r, struct str json, const char *name);
/* A claim of a token, unverified. */
struct str rig_claim(struct rig *r, struct str token, const char *name);
struct str rig_form_state(struct rig *r,
                          const struct reply *reply); /* the sealed value in a page's form */
const char *rig_fmt(struct rig *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str rig_url(struct rig *r, struct str s); /* percent-encoded */

/* A good authorization request of the client, with `more` behind it. */
const char *rig_query(struct rig *r, const char *client_id, const char *more);
/* Asks /auth with it and fills the form in: the reply of the login. */
struct reply *rig_login(struct rig *r, const char *query, const char *name);
struct reply *rig_submit(struct rig *r, struct str state, const char *name, const char *password);
/* A whole login: the code. */
struct str rig_code(struct rig *r, const char *client_id, const char *more, const char *name);
/* POST /token with the right authentication of the client. form: what follows. */
struct reply *rig_token(struct rig *r, const char *client_id, const char *form);
struct reply *rig_redeem(struct rig *r, const char *client_id, struct str code);
struct reply *rig_refresh(struct rig *r, const char *client_id, struct str refresh_token,
                          const char *more);
struct reply *rig_userinfo(struct rig *r, struct str access_token);
/* Login and redemption with offline_access: the token response. */
struct reply *rig_tokens(struct rig *r, const char *client_id, const char *scope, const char *name);
