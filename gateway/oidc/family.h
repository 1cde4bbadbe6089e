#pragma once
/*
 * A family: everything that came out of one redeemed code. Its record is the mark of the used code,
 * the state of the refresh chain, what userinfo answers, and, once revoked, the tombstone that
 * refuses all of it.
 *
 * Rotation (RFC 9700 4.14.2): the record keeps the marks of the current refresh token and of the
 * one before. The current one goes on and gets a successor. The one before is accepted as long as
 * its successor is unused, and then the successor is replaced: a lost answer never costs a login.
 * Anything else is a stolen copy, and the family ends.
 */
#include "gateway/oidc/call.h"

struct family {
    struct str id, client_id, scope; /* scope: as granted */
    struct str sid;                  /* session it came from */
    bool offline;                    /* has refresh tokens and outlives the session */
    struct person person;            /* as the directory last said */
    int64_t auth_time_s;
    unsigned userinfo; /* claims asked for one by one */
    int64_t created_ms, checked_ms;
    int64_t generation;           /* of the current refresh token; 0: none */
    struct str current, previous; /* marks */
    struct str revoked;           /* why; absent: alive */
    uint64_t revision;
};

enum family_found { FAMILY_FOUND, FAMILY_NONE, FAMILY_FAILED };
/* A revoked one is found as well. */
enum family_found family_get(const struct oidc_call *c, struct str id, struct family *ret,
                             struct err *e);

enum family_written {
    FAMILY_WRITTEN,
    FAMILY_TAKEN, /* create: the code was redeemed before. advance: somebody else was faster; read
                     again */
    FAMILY_WRITE_FAILED, /* e */
};
enum family_written family_create(const struct oidc_call *c, struct family *f, struct err *e);
enum family_written family_advance(const struct oidc_call *c, const struct family *f,
                                   struct err *e);
/* Durable when it returns 0. Emits FAMILY_REVOKED. */
must_check int family_revoke(const struct oidc_call *c, const struct family *f, const char *why,
                             struct err *e);
/* Absolute end of the refresh chain (OWASP ASVS 10.4.8), or of a family that has none. */
int64_t family_end_ms(const struct oidc_settings *settings, const struct family *f);

struct str family_json(const struct family *f, struct arena *a);
bool family_read(struct str text, struct arena *a,
                 struct family *ret); /* without id and revision */
