#include "webui/pages/pages.h"

#include "webui/pages/error.html.h"
#include "webui/pages/home.html.h"
#include "webui/pages/layout.html.h"
#include "webui/pages/login.html.h"
#include "webui/pages/logout.html.h"
#include "webui/pages/message.html.h"
#include "webui/pages/pages.css.h"
#include "webui/pages/template.h"

#define EMBEDDED(name) ((struct str){embedded_##name, embedded_##name##_size})
#define PAGE_MAX       ((size_t)256 << 10)
#define CHOICES_MAX    16  /* directories to choose from */
#define LIST_MAX       256 /* teams or sites shown; the rest is cut */

#define TEXTV(n, v)        {.name = (n), .type = VAR_TEXT, .text = (v)}
#define FLAGV(n, v)        {.name = (n), .type = VAR_FLAG, .flag = (v)}
#define LISTV(n, r, count) {.name = (n), .type = VAR_LIST, .rows = (r), .n_rows = (count)}
#define STATICV(n, v)      {.name = (n), .type = VAR_STATIC, .text = (v)}
#define ENDV               {.name = NULL}

static const struct {
    const char *key;
    struct str words[2]; /* indexed by enum lang */
} texts[] = {
#define TEXT(key, en, de) {#key, {{en, sizeof(en) - 1}, {de, sizeof(de) - 1}}},
#include "webui/pages/texts.tbl.h"
#undef TEXT
};

static struct str word(const struct template_words *w, struct str key)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (str_is(key, texts[i].key))
            return texts[i].words[w->lang];
    return STR_NONE;
}

static struct template_words words_of(enum lang lang)
{
    return (struct template_words){.word = word, .lang = (int)lang};
}

struct page {
    enum lang lang;
    struct str title, content;
    bool wide;
};

/* Fills the content first, then lays it into the layout: `content` is then trusted, its values are
 * escaped already. */
static void page_fill(struct buf *out, const struct page *page, const struct template_var *vars)
{
    struct template_words words = words_of(page->lang);
    auto_buf content = BUF_INIT(PAGE_MAX);
    template_fill(&content, page->content, vars, &words);
    const struct template_var layout[] = {
        TEXTV("lang", page->lang == LANG_DE ? STR("de") : STR("en")),
        TEXTV("title", page->title),
        FLAGV("wide", page->wide),
        STATICV("css", EMBEDDED(pages_css)),
        STATICV("content", buf_str(&content)),
        ENDV,
    };
    template_fill(out, EMBEDDED(layout_html), layout, &words);
    out->failed |= content.failed;
}

static struct str text(enum lang lang, const char *key)
{
    struct template_words words = words_of(lang);
    return word(&words, str_from(key));
}

static struct str notice_text(enum lang lang, enum login_notice notice)
{
    switch (notice) {
    case LOGIN_NOTICE_NONE: return STR_NONE;
    case LOGIN_NOTICE_WRONG: return text(lang, "notice_wrong");
    case LOGIN_NOTICE_EMPTY: return text(lang, "notice_empty");
    case LOGIN_NOTICE_LOCKED: return text(lang, "notice_locked");
    case LOGIN_NOTICE_DISABLED: return text(lang, "notice_disabled");
    case LOGIN_NOTICE_EXPIRED: return text(lang, "notice_expired");
    case LOGIN_NOTICE_MUST_CHANGE: return text(lang, "notice_must_change");
    case LOGIN_NOTICE_UNAVAILABLE: return text(lang, "notice_unavailable");
    case LOGIN_NOTICE_THROTTLED: return text(lang, "notice_throttled");
    case LOGIN_NOTICE_EXPIRED_FORM: return text(lang, "notice_expired_form");
    }
    return STR_NONE;
}

void page_login(struct buf *out, const struct page_login *p)
{
    struct template_var choice_vars[CHOICES_MAX][3];
    struct template_row choices[CHOICES_MAX];
    size_t n_choices = p->n_connectors < CHOICES_MAX ? p->n_connectors : CHOICES_MAX;
    for (size_t i = 0; i < n_choices; i++) {
        choice_vars[i][0] = (struct template_var)TEXTV("id", p->connectors[i]);
        choice_vars[i][1] =
            (struct template_var)FLAGV("chosen", str_eq(p->connectors[i], p->connector_id));
        choice_vars[i][2] = (struct template_var)ENDV;
        choices[i] = (struct template_row){choice_vars[i]};
    }
    const struct page page = {p->lang, text(p->lang, "login_title"), EMBEDDED(login_html), false};
    const struct template_var vars[] = {
        TEXTV("client_name", p->client_name),
        TEXTV("action", p->action),
        TEXTV("state", p->state),
        TEXTV("username", p->username),
        TEXTV("notice", notice_text(p->lang, p->notice)),
        FLAGV("fixed", p->username_fixed),
        FLAGV("focus_name", p->username.n == 0),
        FLAGV("has_choice", n_choices > 0),
        LISTV("choices", choices, n_choices),
        ENDV,
    };
    page_fill(out, &page, vars);
}

void page_error(struct buf *out, const struct page_error *p)
{
    const struct page page = {p->lang, text(p->lang, "error_title"), EMBEDDED(error_html), false};
    const struct template_var vars[] = {
        TEXTV("code", p->code),
        TEXTV("detail", p->detail),
        TEXTV("request_id", p->request_id),
        ENDV,
    };
    page_fill(out, &page, vars);
}

void page_logout(struct buf *out, const struct page_logout *p)
{
    const struct page page = {p->lang, text(p->lang, "logout_title"), EMBEDDED(logout_html), false};
    const struct template_var vars[] = {
        TEXTV("action", p->action),
        TEXTV("state", p->state),
        TEXTV("username", p->username),
        ENDV,
    };
    page_fill(out, &page, vars);
}

static void page_message(struct buf *out, enum lang lang, const char *title, const char *lead)
{
    const struct page page = {lang, text(lang, title), EMBEDDED(message_html), false};
    const struct template_var vars[] = {
        TEXTV("title", text(lang, title)),
        TEXTV("lead", text(lang, lead)),
        ENDV,
    };
    page_fill(out, &page, vars);
}

void page_logged_out(struct buf *out, enum lang lang)
{
    page_message(out, lang, "logged_out_title", "logged_out_lead");
}

void page_close_window(struct buf *out, enum lang lang)
{
    page_message(out, lang, "close_title", "close_lead");
}

void page_home(struct buf *out, const struct page_home *p)
{
    struct template_var team_vars[LIST_MAX][2], site_vars[LIST_MAX][3];
    struct template_row teams[LIST_MAX], sites[LIST_MAX];
    size_t n_teams = p->n_teams < LIST_MAX ? p->n_teams : LIST_MAX;
    size_t n_sites = p->n_sites < LIST_MAX ? p->n_sites : LIST_MAX;
    for (size_t i = 0; i < n_teams; i++) {
        team_vars[i][0] = (struct template_var)TEXTV("team", p->teams[i]);
        team_vars[i][1] = (struct template_var)ENDV;
        teams[i] = (struct template_row){team_vars[i]};
    }
    for (size_t i = 0; i < n_sites; i++) {
        site_vars[i][0] = (struct template_var)TEXTV("name", p->sites[i].name);
        site_vars[i][1] = (struct template_var)TEXTV("server", p->sites[i].server);
        site_vars[i][2] = (struct template_var)ENDV;
        sites[i] = (struct template_row){site_vars[i]};
    }
    const struct page page = {p->lang, text(p->lang, "home_title"), EMBEDDED(home_html), true};
    const struct template_var vars[] = {
        TEXTV("issuer", p->issuer),
        TEXTV("username", p->username),
        TEXTV("display_name", p->display_name),
        TEXTV("mail", p->mail),
        TEXTV("logout_action", p->logout_action),
        FLAGV("has_teams", n_teams > 0),
        LISTV("teams", teams, n_teams),
        FLAGV("has_sites", n_sites > 0),
        LISTV("sites", sites, n_sites),
        ENDV,
    };
    page_fill(out, &page, vars);
}

void page_csp(struct buf *out, struct str form_target)
{
    buf_lit(out, "default-src 'none'; style-src 'sha256-");
    buf_c(out, embedded_pages_css_sha256);
    buf_lit(out, "'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'");
    if (form_target.n) {
        /* Browsers apply form-action to every redirect after the form. A relying party may send its
           callback on to another host of its own: any https origin is let through. */
        buf_lit(out, " https: ");
        buf_add(out, form_target);
    }
}
