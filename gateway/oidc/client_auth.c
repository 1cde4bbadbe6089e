#include "gateway/oidc/client_auth.h"

#include "base/base64.h"

#define CREDENTIALS_MAX 4096

struct credentials {
    struct str id;
    struct str secret; /* absent: none was given */
};

/* RFC 6749 2.3.1: id and secret are form-encoded (appendix B) before they are joined. */
static bool form_decode(struct str text, struct arena *a, struct str *ret)
{
    struct params one;
    if (text.n == 0) {
        *ret = STR_NONE;
        return true;
    }
    struct str pair = arena_fmt(a, "v=%.*s", STR_F(text));
    if (!params_parse(pair, a, &one) || one.n != 1)
        return false;
    *ret = one.items[0].value;
    return true;
}

static bool basic_read(struct str header, struct arena *a, struct credentials *ret)
{
    struct str scheme, rest, id, secret;
    auto_buf text = {.max = CREDENTIALS_MAX, .wipe = true};
    if (!str_split(header, ' ', &scheme, &rest) || !str_eq_nocase(scheme, STR("Basic")))
        return false;
    if (!base64_decode(str_trim(rest), &text) || !str_split(buf_str(&text), ':', &id, &secret))
        return false;
    if (str_has(buf_str(&text), '\0'))
        return false;
    return form_decode(id, a, &ret->id) && form_decode(secret, a, &ret->secret) && ret->id.n > 0;
}

/* All secrets are looked at, whatever the first one says: the time tells nothing. */
static bool secret_is_right(const struct client *client, struct str given)
{
    bool right = false;
    for (size_t i = 0; i < client->n_secrets; i++)
        right |= secret_eq(&client->secrets[i], given);
    return right;
}

static bool credentials_are_right(const struct client *client, const struct credentials *given)
{
    if (!client)
        return false;
    if (client_is_public(client)) /* nothing to prove; but a secret that does not exist is a mistake
                                     to be told of */
        return given->secret.n == 0;
    return given->secret.n > 0 && secret_is_right(client, given->secret);
}

enum oidc_outcome client_authenticate(const struct oidc_call *c, const struct client **ret_client,
                                      struct str *ret_claimed)
{
    struct params form = c->request->form;
    struct str header = c->request->authorization;
    struct credentials given = {params_get(form, STR("client_id")),
                                params_get(form, STR("client_secret"))};
    bool asserted = params_get(form, STR("client_assertion")).n ||
                    params_get(form, STR("client_assertion_type")).n;
    *ret_claimed = given.id;
    /* RFC 6749 2.3: MUST NOT use more than one authentication method in each request */
    if ((header.n != 0) + (given.secret.n != 0) + asserted > 1)
        return OIDC_TOKEN_TWO_AUTHENTICATIONS;
    if (asserted)
        return OIDC_TOKEN_CLIENT;
    if (header.n) {
        struct credentials basic = {0};
        if (!basic_read(header, call_arena(c), &basic))
            return OIDC_TOKEN_CLIENT;
        if (given.id.n && !str_eq(given.id, basic.id))
            return OIDC_TOKEN_TWO_AUTHENTICATIONS;
        given = basic;
        *ret_claimed = given.id;
    }
    const struct client *client = client_find(c->env->settings, given.id);
    if (!credentials_are_right(client, &given))
        return OIDC_TOKEN_CLIENT;
    *ret_client = client;
    return OIDC_OK;
}
