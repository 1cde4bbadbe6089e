/* GET / : who am I, my teams, how to set up kubectl. Whoever is not logged in gets the login form
 * and comes back here. */
#include "gateway/oidc/authorize_answer.h"
#include "gateway/oidc/claims.h"
#include "gateway/oidc/endpoints.h"
#include "gateway/oidc/page_reply.h"

static const struct page_home_site *sites_of(const struct oidc_call *c)
{
    const struct oidc_settings *settings = c->env->settings;
    struct page_home_site *sites =
        ARENA_ARRAY(call_arena(c), settings->n_sites, struct page_home_site);
    for (size_t i = 0; sites && i < settings->n_sites; i++) {
        const struct kubernetes_site *site = &settings->sites[i];
        sites[i] = (struct page_home_site){
            .name = site->name, .audience = site->audience, .server = site->server};
    }
    return sites;
}

/* "team:payments" -> "payments" */
static void strip_prefix(struct snapshot_groups *teams)
{
    const struct str prefix = STR("team:");
    for (size_t i = 0; i < teams->n; i++)
        if (str_starts(teams->names[i], prefix))
            teams->names[i] = str_from_to(teams->names[i], prefix.n, teams->names[i].n);
}

static void show(const struct oidc_call *c, const struct session *s)
{
    struct snapshot_groups teams = {0};
    const struct page_home_site *sites = sites_of(c);
    if (!sites || !claims_groups(c, &s->person, c->env->settings->helper_client_id, &teams)) {
        oauth_error_page(c, OIDC_AUTHZ_FAILED, NULL);
        return;
    }
    if (c->env->policy)
        strip_prefix(&teams);
    const struct page_home page = {
        .lang = page_lang(c, STR_NONE),
        .issuer = c->env->settings->issuer,
        .username = s->person.username,
        .display_name = s->person.display_name,
        .mail = s->person.mail,
        .logout_action = c->env->prepared->logout_action,
        .teams = teams.names,
        .n_teams = teams.n,
        .sites = sites,
        .n_sites = c->env->settings->n_sites,
    };
    auto_buf html = BUF_INIT(PAGE_MAX);
    page_home(&html, &page);
    page_reply(c, 200, &html, STR_NONE);
}

void home_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    const struct authz_request own = {.max_age_s = NO_MAX_AGE};
    struct err e = {0};
    struct session s;
    enum connector_outcome outcome;
    switch (session_find(&call, &s, &e)) {
    case SESSION_NONE: authorize_show_form(&call, &own, LOGIN_NOTICE_NONE, STR_NONE); return;
    case SESSION_FAILED:
        EMIT(&call, STORE_FAILED, .detail = str_from(e.text));
        oauth_error_page(&call, OIDC_AUTHZ_UNAVAILABLE, NULL);
        return;
    case SESSION_FOUND: break;
    }
    outcome = session_recheck(&call, &s, &e);
    if (outcome == CONNECTOR_OK)
        show(&call, &s);
    else
        authorize_show_form(&call, &own, login_notice_of(outcome), s.person.username);
}
