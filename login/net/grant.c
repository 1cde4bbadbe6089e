#include "login/net/grant.h"

#include "base/json.h"
#include "login/net/fetch.h"

#define ANSWER_MAX ((size_t)128 << 10)

static enum grant_result refusal(const json_t *j, int status, struct arena *a, struct str *ret_why)
{
    static const struct {
        const char *error;
        enum grant_result result;
    } rows[] = {
        /* RFC 6749 5.2, RFC 8707 2 */
        {"invalid_grant", GRANT_ENDED},      {"invalid_scope", GRANT_SCOPE},
        {"invalid_target", GRANT_SCOPE},     {"temporarily_unavailable", GRANT_UNREACHABLE},
        {"server_error", GRANT_UNREACHABLE},
    };
    struct str error = STR_NONE, description = STR_NONE;
    (void)json_get_str(j, "error", a, &error);
    (void)json_get_str(j, "error_description", a, &description);
    if (str_ends(description, STR("."))) /* it becomes part of a sentence */
        description.n--;
    *ret_why =
        description.n > 0 ? description : arena_fmt(a, "%.*s, status %d", STR_F(error), status);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (str_is(error, rows[i].error))
            return rows[i].result;
    return error.n > 0 ? GRANT_REFUSED : GRANT_UNREACHABLE;
}

enum grant_result grant_read(int status, struct str body, struct arena *a, struct grant *ret,
                             struct str *ret_why)
{
    struct err e;
    struct grant g = {0};
    if (status >= 500 || status == 429 || status < 200) {
        *ret_why = arena_fmt(a, "status %d", status);
        return GRANT_UNREACHABLE;
    }
    auto_json *j = json_read(body, ANSWER_MAX, &e);
    if (!j || !json_is_object(j)) {
        *ret_why = arena_fmt(a, "status %d with an answer that is no JSON object", status);
        return GRANT_UNREACHABLE;
    }
    if (status != 200)
        return refusal(j, status, a, ret_why);
    /* Core 3.1.3.3 and 12.2: we asked for openid, so an answer without an ID token is of no use */
    if (!json_get_str(j, "id_token", a, &g.id_token)) {
        *ret_why = STR("the answer has no id_token");
        return GRANT_UNREACHABLE;
    }
    (void)json_get_str(j, "refresh_token", a, &g.refresh_token);
    (void)json_get_i64(j, "expires_in", &g.expires_in_s);
    *ret = g;
    return GRANT_OK;
}

static enum grant_result ask(struct context *c, const struct gateway *g,
                             const struct fetch_form *form, struct grant *ret, struct str *ret_why)
{
    struct fetch_reply reply;
    int64_t asked_ms = clock_now_ms(c->clock);
    switch (fetch_post(c, g->token_endpoint, form, &reply, ret_why)) {
    case EXIT_OK: break;
    case EXIT_TLS: return GRANT_UNTRUSTED;
    default: return GRANT_UNREACHABLE;
    }
    enum grant_result result = grant_read(reply.status, reply.body, c->arena, ret, ret_why);
    if (result == GRANT_OK)
        ret->received_ms =
            asked_ms; /* the earlier end: a slow answer has lost some of its life already */
    return result;
}

enum grant_result grant_by_code(struct context *c, const struct gateway *g,
                                const struct grant_code *code, struct grant *ret,
                                struct str *ret_why)
{
    const struct param items[] = {
        {STR("grant_type"), STR("authorization_code")},
        {STR("client_id"), g->client_id}, /* RFC 6749 3.2.1: a public client names itself */
        {STR("code"), code->code},
        {STR("redirect_uri"), code->redirect_uri},
        {STR("code_verifier"), code->code_verifier},
    };
    struct fetch_form form = {items, sizeof(items) / sizeof(items[0])};
    return ask(c, g, &form, ret, ret_why);
}

enum grant_result grant_by_refresh(struct context *c, const struct gateway *g,
                                   const struct grant_refresh *refresh, struct grant *ret,
                                   struct str *ret_why)
{
    const struct param items[] = {
        {STR("grant_type"), STR("refresh_token")},
        {STR("client_id"), g->client_id},
        {STR("refresh_token"), refresh->refresh_token},
        {STR("scope"), refresh->scope},
    };
    struct fetch_form form = {items, sizeof(items) / sizeof(items[0])};
    return ask(c, g, &form, ret, ret_why);
}

bool grant_revoke(struct context *c, const struct gateway *g, struct str refresh_token,
                  struct str *ret_why)
{
    const struct param items[] = {
        {STR("token"), refresh_token},
        {STR("token_type_hint"), STR("refresh_token")},
        {STR("client_id"), g->client_id},
    };
    struct fetch_form form = {items, sizeof(items) / sizeof(items[0])};
    struct fetch_reply reply;
    if (fetch_post(c, g->revocation_endpoint, &form, &reply, ret_why) != EXIT_OK)
        return false;
    if (reply.status != 200) /* RFC 7009 2.2: 200 also for a token that is not known */
        *ret_why = arena_fmt(c->arena, "status %d", reply.status);
    return reply.status == 200;
}
