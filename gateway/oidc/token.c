/* The token endpoint: RFC 6749 3.2, OpenID Connect Core 3.1.3. */
#include "base/json.h"
#include "gateway/oidc/client_auth.h"
#include "gateway/oidc/endpoints.h"
#include "gateway/oidc/grant.h"

static const struct {
    struct str type;
    grant_fn *run;
} grants[] = {
    {{"authorization_code", 18}, grant_code},
    {{"refresh_token", 13}, grant_refresh},
};

static enum oidc_outcome check_shape(const struct oidc_call *c)
{
    if (!str_is(c->request->content_type, "application/x-www-form-urlencoded"))
        return OIDC_TOKEN_NOT_FORM;
    if (c->request->query.n) /* RFC 6749 2.3.1: MUST NOT be included in the request URI */
        return OIDC_TOKEN_QUERY;
    if (params_repeated(c->request->form).n) /* RFC 6749 3.2 */
        return OIDC_TOKEN_REPEATED;
    return OIDC_OK;
}

static enum oidc_outcome choose_grant(const struct oidc_call *c, const struct client *client,
                                      grant_fn **ret)
{
    struct str type = params_get(c->request->form, STR("grant_type"));
    if (!type.n)
        return OIDC_TOKEN_NO_GRANT;
    for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++)
        if (str_eq(grants[i].type, type)) {
            *ret = grants[i].run;
            return *ret == grant_refresh && !client->allow_refresh ? OIDC_TOKEN_GRANT_FORBIDDEN
                                                                   : OIDC_OK;
        }
    return OIDC_TOKEN_GRANT;
}

static void answer(const struct oidc_call *c, const struct grant *g)
{
    auto_buf body = BUF_INIT((size_t)64 * 1024);
    struct json_out j;
    json_out_init(&j, &body);
    json_open_object(&j);
    json_put_str(&j, "access_token", g->tokens.access_token);
    json_put_str(&j, "token_type", STR("Bearer"));
    json_put_i64(&j, "expires_in", g->tokens.expires_in_s);
    json_put_str_opt(&j, "refresh_token", g->tokens.refresh_token);
    json_put_str_opt(&j, "id_token", g->tokens.id_token);
    json_put_str_opt(
        &j, "scope",
        g->tokens.scope); /* RFC 6749 5.1: needed where it differs from what was asked */
    json_close_object(&j);
    struct event ev = g->about;
    ev.kind = EVENT_TOKEN_ISSUED;
    call_emit(c, &ev);
    reply_body(c->reply, 200, "application/json", arena_str(call_arena(c), buf_str(&body)));
    reply_no_store(c->reply); /* RFC 6749 5.1: MUST */
}

void token_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    struct grant g = {0};
    grant_fn *run = NULL;
    enum oidc_outcome outcome = check_shape(&call);
    if (outcome == OIDC_OK)
        outcome = client_authenticate(&call, &g.client, &g.about.client_id);
    if (outcome == OIDC_OK)
        outcome = choose_grant(&call, g.client, &run);
    if (outcome == OIDC_OK)
        outcome = run(&call, &g);
    if (outcome == OIDC_OK)
        answer(&call, &g);
    else
        oauth_error_json(&call, outcome, &g.about, g.description);
}
