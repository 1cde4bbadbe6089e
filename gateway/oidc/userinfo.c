/*
 * Userinfo: OpenID Connect Core 5.3, RFC 6750. The directory is not asked: the answer comes from
 * the family's record, which is as fresh as the last login or refresh; a token lives no longer than
 * that is meant to be good for. A revoked family answers 401.
 */
#include "base/json.h"
#include "gateway/oidc/access.h"
#include "gateway/oidc/claims.h"
#include "gateway/oidc/endpoints.h"
#include "gateway/oidc/oauth_error.h"
#include "gateway/oidc/subject.h"

/* RFC 6750 3: the challenge; without a token no error code, only the invitation. */
static void refuse(const struct oidc_call *c, enum oidc_outcome o, const struct event *about)
{
    const struct oauth_error *row = oauth_error_of(o);
    if (o == OIDC_TOKEN_STORE) {
        oauth_error_json(c, o, about, STR_NONE);
        return;
    }
    oauth_error_emit(c, o, about);
    struct str challenge = STR("Bearer realm=\"lotse\"");
    if (row->error[0])
        challenge = arena_fmt(call_arena(c),
                              "Bearer realm=\"lotse\", error=\"%s\", error_description=\"%s\"",
                              row->error, row->description);
    reply_body(c->reply, row->status, "application/json",
               row->error[0]
                   ? arena_fmt(call_arena(c), "{\"error\":\"%s\",\"error_description\":\"%s\"}",
                               row->error, row->description)
                   : STR("{}"));
    reply_no_store(c->reply);
    reply_header(c->reply, "WWW-Authenticate", challenge);
}

/* RFC 6750 2.1 and 2.2: header or form body, never both, never the query (2.3, RFC 9700 4.3.2). */
static enum oidc_outcome find_token(const struct oidc_call *c, struct str *ret)
{
    struct str header = c->request->authorization, scheme, rest;
    struct str in_form = params_get(c->request->form, STR("access_token"));
    if (params_repeated(c->request->form).n || params_get(c->request->query, STR("access_token")).n)
        return OIDC_USERINFO_BAD_REQUEST;
    if (header.n && in_form.n)
        return OIDC_USERINFO_BAD_REQUEST;
    if (in_form.n) {
        *ret = in_form;
        return OIDC_OK;
    }
    if (!str_split(header, ' ', &scheme, &rest) || !str_eq_nocase(scheme, STR("Bearer")))
        return OIDC_USERINFO_NO_TOKEN;
    *ret = str_trim(rest);
    return ret->n ? OIDC_OK : OIDC_USERINFO_NO_TOKEN;
}

static void put_claims(const struct oidc_call *c, struct json_out *j, const struct access *access,
                       const struct snapshot_groups *groups)
{
    const struct person *p = &access->family.person;
    unsigned wanted = claims_of_scope(access->scope.flags) | access->family.userinfo;
    json_put_str(j, "sub", subject_of(p, call_arena(c))); /* Core 5.3.2: MUST always be returned */
    if (wanted & CLAIM_NAME)
        json_put_str_opt(j, "name", p->display_name);
    if (wanted & CLAIM_PREFERRED_USERNAME)
        json_put_str(j, "preferred_username", p->username);
    if (wanted & CLAIM_EMAIL)
        json_put_str_opt(j, "email", p->mail);
    if (wanted & CLAIM_EMAIL_VERIFIED && p->mail.n)
        json_put_bool(j, "email_verified", true);
    if (groups->n)
        json_put_strs(j, "groups", groups->names, groups->n);
}

static enum oidc_outcome answer(const struct oidc_call *c, struct event *about)
{
    struct err e = {0};
    struct str token;
    struct access access;
    struct snapshot_groups groups = {0};
    enum oidc_outcome outcome = find_token(c, &token);
    if (outcome != OIDC_OK)
        return outcome;
    switch (access_judge(c, token, &access, &e)) {
    case ACCESS_GOOD: break;
    case ACCESS_BAD: return OIDC_USERINFO_TOKEN;
    case ACCESS_STORE_FAILED:
        about->detail = arena_str(call_arena(c), str_from(e.text));
        return OIDC_TOKEN_STORE;
    }
    about->client_id = access.client->id;
    about->family_id = access.family.id;
    about->username = access.family.person.username;
    if (!(access.scope.flags & SCOPE_OPENID))
        return OIDC_USERINFO_SCOPE;
    bool wants_groups =
        (claims_of_scope(access.scope.flags) | access.family.userinfo) & CLAIM_GROUPS;
    if (wants_groups && !claims_groups(c, &access.family.person, access.client->id, &groups))
        return OIDC_TOKEN_FAILED;
    auto_buf body = BUF_INIT((size_t)256 * 1024);
    struct json_out j;
    json_out_init(&j, &body);
    json_open_object(&j);
    put_claims(c, &j, &access, &groups);
    json_close_object(&j);
    struct event ev = *about;
    ev.kind = EVENT_USERINFO_OK;
    call_emit(c, &ev);
    reply_body(c->reply, 200, "application/json", arena_str(call_arena(c), buf_str(&body)));
    reply_no_store(c->reply);
    return OIDC_OK;
}

void userinfo_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    struct event about = {0};
    enum oidc_outcome outcome = answer(&call, &about);
    if (outcome != OIDC_OK)
        refuse(&call, outcome, &about);
}
