#include "gateway/oidc/claims.h"

#include "gateway/oidc/subject.h"
#include "jose/signer_local.h"

#define JTI_BYTES      16
#define GROUP_NAME_MAX 256

static bool is_in(const struct str *items, size_t n, struct str wanted)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(items[i], wanted))
            return true;
    return false;
}

/* Without a policy: names as the directory has them, except what the signer would refuse the whole
 * token for. */
static bool directory_groups(const struct oidc_call *c, const struct person *p,
                             struct snapshot_groups *ret)
{
    struct snapshot_groups groups = {.names = ARENA_ARRAY(call_arena(c), p->n_groups, struct str)};
    if (p->n_groups && !groups.names)
        return false;
    for (size_t i = 0; i < p->n_groups; i++) {
        struct str name = p->groups[i].name;
        bool usable = name.n > 0 && name.n <= GROUP_NAME_MAX && str_is_utf8(name) &&
                      !str_has_control(name) && !name_is_reserved(name);
        if (usable && !is_in(groups.names, groups.n, name))
            groups.names[groups.n++] = name;
    }
    *ret = groups;
    return true;
}

bool claims_groups(const struct oidc_call *c, const struct person *p, struct str audience,
                   struct snapshot_groups *ret)
{
    if (!c->env->policy)
        return directory_groups(c, p, ret);
    struct str *ids = ARENA_ARRAY(call_arena(c), p->n_groups, struct str);
    if (p->n_groups && !ids)
        return false;
    for (size_t i = 0; i < p->n_groups; i++)
        ids[i] = p->groups[i].id;
    const struct snapshot_subject subject = {.username = p->username,
                                             .group_ids = ids,
                                             .n_group_ids = p->n_groups,
                                             .audience = audience,
                                             .now_ms = call_now_ms(c)};
    return policy_snapshot_groups(c->env->policy, &subject, call_arena(c), ret);
}

/*
 * `aud`. Without cross-client scopes the client itself. With them as Dex does it: the others and
 * the client, azp the client; but a one_audience client gets tokens for exactly one party: the
 * other when it asked for one, itself when it asked for several.
 */
static bool audience_of(const struct oidc_call *c, const struct grant_facts *g, struct claims *ret)
{
    const struct scope *scope = g->scope;
    if (g->client->one_audience && scope->n_audiences == 1) {
        ret->aud = scope->audiences;
        ret->n_aud = 1;
    } else {
        bool others = scope->n_audiences > 0 && !g->client->one_audience;
        struct str *aud = ARENA_ARRAY(call_arena(c), scope->n_audiences + 1, struct str);
        if (!aud)
            return false;
        size_t n = 0;
        for (size_t i = 0; others && i < scope->n_audiences; i++)
            aud[n++] = scope->audiences[i];
        if (!is_in(aud, n, g->client->id))
            aud[n++] = g->client->id;
        ret->aud = aud;
        ret->n_aud = n;
    }
    if (ret->n_aud > 1 || !str_eq(ret->aud[0], g->client->id))
        ret->azp = g->client->id; /* OpenID Connect Core 2: when the ID Token's audience is not just
                                     the authorized party */
    return true;
}

/* Among all audiences: is one an API server, and what is the shortest lifetime? */
static bool look_at_audiences(const struct oidc_call *c, const struct claims *claims,
                              int64_t *ttl_ms)
{
    bool kubernetes = false;
    for (size_t i = 0; i < claims->n_aud; i++) {
        const struct client *audience = client_find(c->env->settings, claims->aud[i]);
        if (!audience)
            continue;
        kubernetes |= audience->is_kubernetes;
        if (audience->id_token_ttl_ms && audience->id_token_ttl_ms < *ttl_ms)
            *ttl_ms = audience->id_token_ttl_ms;
    }
    return kubernetes;
}

static void put_person(const struct person *p, unsigned claims, struct claims *ret)
{
    if (claims & CLAIM_PREFERRED_USERNAME)
        ret->preferred_username = p->username;
    if (claims & CLAIM_NAME)
        ret->name = p->display_name;
    if (claims & CLAIM_EMAIL)
        ret->email = p->mail;
    if (claims & CLAIM_EMAIL_VERIFIED && p->mail.n) /* the directory vouches for it, as with Dex */
        ret->has_email_verified = ret->email_verified = true;
}

static bool put_groups(const struct oidc_call *c, const struct person *p, struct claims *ret)
{
    struct snapshot_groups groups = {0};
    /* a token for several parties carries what holds at each of them: the teams */
    struct str audience = ret->n_aud == 1 ? ret->aud[0] : ret->azp;
    if (!claims_groups(c, p, audience, &groups))
        return false;
    ret->groups = groups.names;
    ret->n_groups = groups.n;
    ret->has_groups = groups.n > 0; /* Dex: left out when empty */
    if (groups.until_ms && groups.until_ms / 1000 < ret->exp)
        ret->exp = groups.until_ms / 1000; /* a right that ends takes its token with it */
    return true;
}

bool claims_build_id(const struct oidc_call *c, const struct grant_facts *g, struct claims *ret)
{
    int64_t now = call_now_ms(c);
    int64_t ttl =
        g->client->id_token_ttl_ms ? g->client->id_token_ttl_ms : c->env->settings->id_token_ttl_ms;
    struct claims claims = {
        .type = TOKEN_ID,
        .iss = c->env->settings->issuer,
        .sub = subject_of(g->person, call_arena(c)),
        .iat = now / 1000,
        .auth_time = g->auth_time_s,
        .nonce = g->nonce, /* OpenID Connect Core 2: MUST be passed through unmodified */
        .jti = call_random_text(c, JTI_BYTES),
        .sid = g->sid,
    };
    if (!audience_of(c, g, &claims))
        return false;
    unsigned wanted = claims_of_scope(g->scope->flags) | g->id_token;
    if (look_at_audiences(c, &claims, &ttl))
        wanted |= CLAIM_PREFERRED_USERNAME | CLAIM_GROUPS;
    claims.exp = (now + ttl) / 1000;
    put_person(g->person, wanted, &claims);
    if (wanted & CLAIM_ACR)
        claims.acr = STR(ACR_PASSWORD);
    if (g->scope->flags & SCOPE_FEDERATED_ID) {
        claims.federated_connector_id = g->person->connector_id;
        claims.federated_user_id = g->person->id;
    }
    if (wanted & CLAIM_GROUPS && !put_groups(c, g->person, &claims))
        return false;
    *ret = claims;
    return !call_arena(c)->exhausted;
}

bool claims_build_access(const struct oidc_call *c, const struct grant_facts *g, struct claims *ret)
{
    int64_t now = call_now_ms(c), end = now + c->env->settings->access_token_ttl_ms;
    if (g->end_ms && g->end_ms < end)
        end = g->end_ms;
    struct str random = call_random_text(c, JTI_BYTES);
    *ret = (struct claims){
        .type = TOKEN_ACCESS,
        .iss = c->env->settings->issuer,
        .sub = subject_of(g->person, call_arena(c)),
        .aud = &c->env->settings->issuer, /* good for our userinfo and nothing else */
        .n_aud = 1,
        .iat = now / 1000,
        .exp = end / 1000,
        .auth_time = g->auth_time_s,
        .jti = arena_fmt(call_arena(c), "%.*s.%.*s", STR_F(g->family_id), STR_F(random)),
        .client_id = g->client->id,
        .scope = scope_text(g->scope, call_arena(c)),
    };
    return !call_arena(c)->exhausted;
}

struct str claims_family_of(const struct claims *access)
{
    struct str family, random;
    return str_split(access->jti, '.', &family, &random) ? family : STR_NONE;
}
