#pragma once
/*
 * The browser session (single sign-on). The record lies under the public id `sid` that tokens
 * carry; the cookie is "sid.secret", the record knows only the secret's hash. Every authentication
 * makes a new secret (OWASP ASVS 7.2.4); the same person keeps the sid, so that what hangs on the
 * session stays; another person gets another session and the old one ends (Keycloak CVE-2023-6787).
 */
#include "gateway/oidc/call.h"

struct session {
    struct str sid, secret_mark; /* mark: SHA-256 as base64url */
    struct person person;
    int64_t auth_time_s;
    int64_t created_ms, used_ms;
    int64_t checked_ms; /* the directory last confirmed the person */
    uint64_t revision;
};

enum session_found {
    SESSION_FOUND,
    SESSION_NONE,   /* no cookie, unknown, expired, ended */
    SESSION_FAILED, /* the store; e says how */
};
/* By the cookie of the request. Wrong values read as none. */
enum session_found session_find(const struct oidc_call *c, struct session *ret, struct err *e);
/* By sid, for who holds a sealed value that names it. */
enum session_found session_get(const struct oidc_call *c, struct str sid, struct session *ret,
                               struct err *e);

/* A person has just authenticated: writes the record (the one write of a login) and sets the
 * cookie. */
must_check int session_start(const struct oidc_call *c, const struct person *p, struct session *ret,
                             struct err *e);
/* Asks the directory again unless it did so within a minute, and notes the use. What comes back
 * other than OK is a refusal: gone and disabled end the session. */
enum connector_outcome session_recheck(const struct oidc_call *c, struct session *s, struct err *e);
/* Deletes the record and clears the cookie. */
must_check int session_end(const struct oidc_call *c, const struct session *s, struct err *e);

struct str session_json(const struct session *s, struct arena *a);
bool session_read(struct str text, struct arena *a,
                  struct session *ret); /* without sid and revision */
