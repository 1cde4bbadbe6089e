/* login, logout and clean. */
#include "login/net/browser.h"
#include "login/net/commands.h"
#include "login/net/grant.h"
#include "login/net/renew.h"

struct known { /* the gateways in the state folder */
    struct context *context;
    struct gateway one;
    size_t n;
};

static bool count_gateway(void *context, struct str content)
{
    struct known *k = context;
    struct gateway g;
    struct err e;
    struct str profile = option_get(k->context->options, OPTION_PROFILE);
    if (gateway_read_saved(content, k->context->arena, &g, &e) == 0 && str_eq(g.profile, profile)) {
        k->one = g;
        k->n++;
    }
    return true;
}

int command_find_issuer(struct context *c)
{
    struct known k = {.context = c};
    if (!option_is_set(c->options, OPTION_ISSUER)) {
        state_each(&c->state, STATE_ISSUER, count_gateway, &k);
        if (k.n != 1)
            return context_fail(c, EXIT_USAGE, MESSAGE_WHICH_ISSUER, STR_NONE, STR_NONE);
        c->options->value[OPTION_ISSUER] = k.one.issuer.p;
        c->options->value[OPTION_CLIENT_ID] = k.one.client_id.p;
        if (!option_is_set(c->options, OPTION_CA_FILE) && k.one.ca_file.n > 0)
            c->options->value[OPTION_CA_FILE] = k.one.ca_file.p;
    }
    c->session_key = state_key_of(c->options, STR_NONE);
    return EXIT_OK;
}

int command_login(struct context *c)
{
    struct gateway g;
    struct session s, old;
    struct str why;
    int code = command_find_issuer(c);
    if (code == EXIT_OK)
        code = context_lock(c);
    if (code != EXIT_OK)
        return code;
    bool had = saved_session_load(c, &old);
    failure_clear(&c->state, &c->session_key); /* whoever types this wants to be asked */
    code = authorize(c, login_means(c, true), &g, &s);
    if (code != EXIT_OK)
        return code;
    /* the session it replaces; when the gateway is not told it ends there by itself */
    if (had && g.revocation_endpoint.n > 0 && !grant_revoke(c, &g, old.refresh_token, &why))
        message_say(2, MESSAGE_REVOKE_FAILED, why, STR_NONE);
    /* so that the first kubectl of the day does not wait; a cluster this person may not enter says
     * so when it is used */
    renew_all(c, &g, &s);
    message_say(1, MESSAGE_LOGGED_IN, g.issuer, s.username);
    return EXIT_OK;
}

int command_logout(struct context *c)
{
    struct gateway g = {0};
    struct session s;
    struct str why = STR("the gateway has no revocation endpoint"), issuer;
    int code = command_find_issuer(c);
    if (code == EXIT_OK)
        code = context_lock(c);
    if (code != EXIT_OK)
        return code;
    issuer = option_get(c->options, OPTION_ISSUER);
    bool known = gateway_load(c, &g);
    bool had = saved_session_load(c, &s);
    saved_session_delete(c);
    gateway_delete_tokens(c, &g);
    failure_clear(&c->state, &c->session_key);
    if (!had) {
        message_say(1, MESSAGE_ALREADY_OUT, issuer, STR_NONE);
        return EXIT_OK;
    }
    if (!known || g.revocation_endpoint.n == 0 || !grant_revoke(c, &g, s.refresh_token, &why))
        return context_fail(c, EXIT_UNREACHABLE, MESSAGE_REVOKE_FAILED, why, STR_NONE);
    message_say(1, MESSAGE_LOGGED_OUT, issuer, STR_NONE);
    return EXIT_OK;
}

int command_clean(struct context *c)
{
    static const enum state_kind kinds[] = {STATE_TOKEN,
                                            STATE_FAILURE}; /* never a lock somebody may hold */
    size_t n = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        n += state_delete_all(&c->state, kinds[i]);
    auto_buf text = BUF_INIT(32);
    buf_i64(&text, (int64_t)n);
    message_say(1, MESSAGE_CLEANED, buf_str(&text), STR_NONE);
    return EXIT_OK;
}
