#pragma once
/*
 * The pages a person sees while logging in: HTML from typed structs, every value escaped by the
 * template filler, no JavaScript, German and English, under a policy of default-src 'none'.
 * Templates know these structs and never a request. Any thread.
 */
#include "base/buf.h"

enum lang { LANG_EN, LANG_DE };
/* RFC 9110 12.5.4: the best of en and de in Accept-Language; English when neither is asked for. */
enum lang lang_from_accept(struct str accept_language);

/* What stands above the login form after a try. Wrong password and unknown person are one message
 * on purpose. */
enum login_notice {
    LOGIN_NOTICE_NONE,
    LOGIN_NOTICE_WRONG,
    LOGIN_NOTICE_EMPTY,
    LOGIN_NOTICE_LOCKED,
    LOGIN_NOTICE_DISABLED,
    LOGIN_NOTICE_EXPIRED,
    LOGIN_NOTICE_MUST_CHANGE,
    LOGIN_NOTICE_UNAVAILABLE, /* the directory does not answer: nothing wrong with the password */
    LOGIN_NOTICE_THROTTLED,
    LOGIN_NOTICE_EXPIRED_FORM, /* the form was open too long, or belongs to another browser: here is
                                  a fresh one */
};
struct page_login {
    enum lang lang;
    struct str client_name; /* who asks: shown */
    struct str action;      /* where the form posts to, same origin */
    struct str state;       /* sealed unfinished login, hidden field `state` */
    struct str username;    /* prefilled */
    bool username_fixed;    /* re-authentication of a known person */
    const struct str
        *connectors; /* ids to choose from, select field `connector_id`; none: no choice */
    size_t n_connectors;
    struct str connector_id; /* the chosen one; absent: the first */
    enum login_notice notice;
};
void page_login(struct buf *out, const struct page_login *p);

struct page_error {
    enum lang lang;
    struct str code;       /* OAuth error code or short name, e.g. "invalid_redirect_uri" */
    struct str detail;     /* one sentence for whoever has to mend it; untrusted text is escaped */
    struct str request_id; /* to be quoted to the operator */
};
void page_error(struct buf *out, const struct page_error *p);

struct page_logout { /* asked before a logout that nobody vouched for (no valid id_token_hint) */
    enum lang lang;
    struct str action, state, username;
};
void page_logout(struct buf *out, const struct page_logout *p);
void page_logged_out(struct buf *out, enum lang lang);
void page_close_window(struct buf *out,
                       enum lang lang); /* "you are logged in; you may close this window" */

struct page_home_site {
    struct str name, audience, server;
};
struct page_home {
    enum lang lang;
    struct str issuer, username, display_name, mail, logout_action;
    const struct str *teams;
    size_t n_teams;
    const struct page_home_site *sites;
    size_t n_sites;
};
void page_home(struct buf *out, const struct page_home *p);

/* The header Content-Security-Policy for these pages. form_target: origin ("https://rp.example",
   "http://127.0.0.1:*") a form's redirect may end at, besides our own; STR_NONE when the page has
   no such form. */
void page_csp(struct buf *out, struct str form_target);
#define PAGE_CONTENT_TYPE "text/html; charset=utf-8"
