#include "base/json.h"
#include "gateway/oidc/authz_request.h"
#include "gateway/oidc/redirect_uri.h"

#define REQUEST_MAX ((size_t)24 * 1024)

struct str authz_request_json(const struct authz_request *r, bool for_code, struct arena *a)
{
    auto_buf text = BUF_INIT(REQUEST_MAX);
    struct json_out j;
    json_out_init(&j, &text);
    json_open_object(&j);
    json_put_str_opt(&j, "client", r->client ? r->client->id : STR_NONE);
    json_put_str_opt(&j, "redirect_uri", r->redirect_uri);
    json_put_str_opt(&j, "nonce", r->nonce);
    json_put_str_opt(&j, "scope", scope_text(&r->scope, a));
    json_put_str_opt(&j, "challenge", r->code_challenge);
    json_put_i64(&j, "id_token", r->id_token);
    json_put_i64(&j, "userinfo", r->userinfo);
    if (!for_code) {
        json_put_str_opt(&j, "state", r->state);
        json_put_i64(&j, "prompt", r->prompt);
        json_put_i64(&j, "max_age", r->max_age_s);
        json_put_str_opt(&j, "subject", r->subject);
        json_put_str_opt(&j, "login_hint", r->login_hint);
        json_put_str_opt(&j, "connector", r->connector_id);
        json_put_str_opt(&j, "ui_locales", r->ui_locales);
    }
    json_close_object(&j);
    return buf_failed(&text) ? STR_NONE : arena_str(a, buf_str(&text));
}

static void read_texts(const json_t *root, struct arena *a, struct authz_request *r)
{
    json_get_str(root, "redirect_uri", a, &r->redirect_uri);
    json_get_str(root, "nonce", a, &r->nonce);
    json_get_str(root, "challenge", a, &r->code_challenge);
    json_get_str(root, "state", a, &r->state);
    json_get_str(root, "subject", a, &r->subject);
    json_get_str(root, "login_hint", a, &r->login_hint);
    json_get_str(root, "connector", a, &r->connector_id);
    json_get_str(root, "ui_locales", a, &r->ui_locales);
}

static unsigned read_flags(const json_t *root, const char *key)
{
    int64_t value = 0;
    json_get_i64(root, key, &value);
    return (unsigned)value;
}

bool authz_request_read(const struct oidc_settings *settings, struct str text, struct arena *a,
                        struct authz_request *ret)
{
    struct err e;
    struct str client_id = STR_NONE, scope = STR_NONE;
    struct authz_request r = {.max_age_s = NO_MAX_AGE};
    auto_json *root = json_read(text, REQUEST_MAX, &e);
    if (!json_is_object(root))
        return false;
    read_texts(root, a, &r);
    json_get_str(root, "scope", a, &scope);
    json_get_i64(root, "max_age", &r.max_age_s);
    r.prompt = read_flags(root, "prompt");
    r.id_token = read_flags(root, "id_token");
    r.userinfo = read_flags(root, "userinfo");
    if (json_get_str(root, "client", a, &client_id)) {
        r.client = client_find(settings, client_id);
        if (!r.client || !redirect_uri_is_registered(r.client, r.redirect_uri) ||
            !scope_parse(settings, r.client, scope, a, &r.scope))
            return false;
    }
    *ret = r;
    return !a->exhausted;
}
