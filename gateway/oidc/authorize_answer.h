#pragma once
/* What follows on a checked authorization request: a code, an error, or the login form. */
#include "gateway/oidc/authz_request.h"
#include "gateway/oidc/oauth_error.h"
#include "gateway/oidc/session.h"
#include "webui/pages/pages.h"

/* Decides by the browser's session: code, form, or (prompt=none) an error. notice: shown on the
 * form. */
void authorize_continue(const struct oidc_call *c, const struct authz_request *r,
                        enum login_notice notice);
/* 303 to the client with a code (RFC 6749 4.1.2, RFC 9207 2), or to our home page. */
void authorize_grant(const struct oidc_call *c, const struct authz_request *r,
                     const struct session *s);
/* 303 to the client with an error (RFC 6749 4.1.2.1); a page when there is no client. Emits. */
void authorize_refuse(const struct oidc_call *c, const struct authz_request *r,
                      enum oidc_outcome o);
/* 200 or, after a try, what the notice calls for. typed: name to prefill (may be absent). */
void authorize_show_form(const struct oidc_call *c, const struct authz_request *r,
                         enum login_notice notice, struct str typed);

/* What the form carries: the request, and the browser it belongs to. */
struct login_form {
    struct authz_request request;
    bool is_current; /* of this browser, and not too old */
};
bool login_form_open(const struct oidc_call *c, struct str state, struct login_form *ret);
enum login_notice login_notice_of(enum connector_outcome outcome);
