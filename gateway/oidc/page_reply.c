#include "gateway/oidc/page_reply.h"

void page_reply(const struct oidc_call *c, int status, const struct buf *html,
                struct str form_target)
{
    auto_buf csp = BUF_INIT(2048);
    page_csp(&csp, form_target);
    struct str body = arena_str(call_arena(c), buf_str(html));
    struct str policy = arena_str(call_arena(c), buf_str(&csp));
    if (buf_failed(html) || buf_failed(&csp) || !body.n || !policy.n) {
        reply_body(c->reply, 500, "text/plain", STR("The page could not be made.\n"));
    } else {
        reply_body(c->reply, status, PAGE_CONTENT_TYPE, body);
        reply_header(c->reply, "Content-Security-Policy", policy);
    }
    reply_no_store(c->reply);
    reply_header(c->reply, "X-Frame-Options", STR("DENY"));
    reply_header(c->reply, "X-Content-Type-Options", STR("nosniff"));
    reply_header(c->reply, "Referrer-Policy", STR("no-referrer"));
    /* no Cross-Origin-Opener-Policy: it would cut off relying parties that log in by a popup window
     * (Vault) */
}

void page_reply_error(const struct oidc_call *c, int status, struct str code, struct str detail)
{
    const struct page_error page = {
        .lang = page_lang(c, STR_NONE),
        .code = code,
        .detail = detail,
        .request_id = c->request->id,
    };
    auto_buf html = BUF_INIT(PAGE_MAX);
    page_error(&html, &page);
    page_reply(c, status, &html, STR_NONE);
}

enum lang page_lang(const struct oidc_call *c, struct str ui_locales)
{
    struct str rest = ui_locales, tag;
    while (str_next(&rest, ' ', &tag)) {
        struct str language =
            str_from_to(tag, 0, 2); /* RFC 5646: language, then '-' and what refines it */
        if (tag.n > 2 && tag.p[2] != '-')
            continue;
        if (str_eq_nocase(language, STR("de")))
            return LANG_DE;
        if (str_eq_nocase(language, STR("en")))
            return LANG_EN;
    }
    return lang_from_accept(c->request->accept_language);
}
