#pragma once
/* Requests to the gateway: base/net/http_client with our rules (https only, TLS 1.2 at least, no
   redirects, the CA file the person named, ceilings) and exit codes. One thread. */
#include "base/exchange.h"
#include "login/net/context.h"

struct fetch_reply {
    int status;
    struct str body; /* in the context's arena */
};
struct fetch_form {
    const struct param *items;
    size_t n;
};
/* EXIT_OK: an answer, of whatever status; EXIT_UNREACHABLE or EXIT_TLS: *ret_why says what
 * happened. Nothing is printed. */
must_check int fetch_get(struct context *c, struct str url, struct fetch_reply *ret,
                         struct str *ret_why);
must_check int fetch_post(struct context *c, struct str url, const struct fetch_form *form,
                          struct fetch_reply *ret, struct str *ret_why);
void fetch_close(struct context *c);
