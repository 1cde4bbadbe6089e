#include "gateway/oidc/discovery.h"

#define DOCUMENT_MAX ((size_t)4 * 1024 * 1024)

static void name_cookies(const struct oidc_settings *settings, struct arena *a,
                         struct oidc_prepared *p)
{
    struct str path = settings->issuer_path;
    bool https = str_starts(settings->issuer, STR("https://"));
    bool whole_origin = path.n == 0 || str_is(path, "/");
    /* RFC 6265bis 4.1.3: __Host- means Secure, Path=/ and no Domain: no neighbour can set it */
    const char *prefix = https && whole_origin ? "__Host-" : https ? "__Secure-" : "";
    p->session_cookie = arena_fmt(a, "%slotse-session", prefix);
    p->login_cookie = arena_fmt(a, "%slotse-login", prefix);
    p->cookie_attributes =
        arena_fmt(a, "; Path=%.*s; HttpOnly; SameSite=Lax%s", STR_F(whole_origin ? STR("/") : path),
                  https ? "; Secure" : "");
}

static struct str path_of(const struct oidc_settings *settings, struct arena *a, const char *path)
{
    struct str base = settings->issuer_path;
    if (str_ends(base, STR("/")))
        base.n--;
    return arena_fmt(a, "%.*s%s", STR_F(base), path);
}

int oidc_prepare(struct oidc_env *env, struct arena *a, struct err *e)
{
    const struct oidc_settings *settings = env->settings;
    auto_buf discovery = BUF_INIT(DOCUMENT_MAX);
    auto_buf sites = BUF_INIT(DOCUMENT_MAX);
    struct oidc_prepared *p = ARENA_NEW(a, struct oidc_prepared);
    discovery_write(&discovery, settings);
    kubernetes_sites_write(&sites, settings);
    if (!p || buf_failed(&discovery) || buf_failed(&sites))
        return fail(e, ERR_LIMIT, "the discovery document or the list of sites is too large");
    struct str issuer = settings->issuer;
    if (str_ends(issuer, STR("/")))
        issuer.n--;
    p->discovery = arena_str(a, buf_str(&discovery));
    p->sites = arena_str(a, buf_str(&sites));
    p->login_action = path_of(settings, a, "/auth/login");
    p->logout_action = path_of(settings, a, "/logout");
    p->logout_confirm_action = path_of(settings, a, "/logout/confirm");
    p->home_url = arena_fmt(a, "%.*s/", STR_F(issuer));
    name_cookies(settings, a, p);
    if (a->exhausted)
        return fail(e, ERR_LIMIT, "no room for the prepared answers");
    env->prepared = p;
    return 0;
}
