#pragma once
/* An access token of ours, judged: signature, type, time, audience, and the family it came from. */
#include "gateway/oidc/family.h"
#include "gateway/oidc/scope.h"

struct access {
    const struct client *client;
    struct scope scope;
    struct family family;
};
enum access_judged {
    ACCESS_GOOD,
    ACCESS_BAD, /* forged, expired, revoked, of a client or a session that is gone */
    ACCESS_STORE_FAILED,
};
enum access_judged access_judge(const struct oidc_call *c, struct str token, struct access *ret,
                                struct err *e);
