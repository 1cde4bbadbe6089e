/* RFC 7517 5. */
#include "gateway/oidc/call.h"
#include "gateway/oidc/endpoints.h"

void jwks_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    reply_body(reply, 200, "application/json", keyset_jwks(call.env->keyset));
    /* more than 30 s, and API servers 1.32 to 1.37 answer 401 to a new kid until it has run out */
    reply_header(reply, "Cache-Control", STR("public, max-age=30"));
}
