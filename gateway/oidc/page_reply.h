#pragma once
/* HTML replies with the headers every page carries (OWASP ASVS V3; RFC 9700 4.2.4, 4.16). */
#include "gateway/oidc/call.h"
#include "webui/pages/pages.h"

#define PAGE_MAX ((size_t)256 * 1024)

/* form_target: as of page_csp(). A page that grew over PAGE_MAX becomes a plain 500. */
void page_reply(const struct oidc_call *c, int status, const struct buf *html,
                struct str form_target);
void page_reply_error(const struct oidc_call *c, int status, struct str code, struct str detail);
/* The language of the pages: ui_locales (may be absent; OpenID Connect Core 3.1.2.1) before
 * Accept-Language. */
enum lang page_lang(const struct oidc_call *c, struct str ui_locales);
