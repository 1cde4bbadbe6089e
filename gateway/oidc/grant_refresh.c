#include "gateway/oidc/family.h"
#include "gateway/oidc/grant.h"
#include "gateway/oidc/refresh_token.h"
#include "gateway/oidc/subject.h"

#define TRIES_MAX 16 /* compare-and-swaps lost in a row */

struct refresh {
    struct refresh_token token;
    struct family family;
    struct scope scope; /* of this answer */
    bool repeated;      /* the token before the current one was used */
};

static enum oidc_outcome store_failed(const struct oidc_call *c, struct grant *g,
                                      const struct err *e)
{
    g->about.detail = arena_str(call_arena(c), str_from(e->text));
    return OIDC_TOKEN_STORE;
}

static enum oidc_outcome revoke(const struct oidc_call *c, struct grant *g, const struct family *f,
                                const char *why, enum oidc_outcome outcome)
{
    struct err e = {0};
    return family_revoke(c, f, why, &e) == 0 ? outcome : store_failed(c, g, &e);
}

static bool same(struct str a, struct str b)
{
    return a.n > 0 && a.n == b.n && bytes_eq_constant_time(a.p, b.p, a.n);
}

/* Reads the family and says what this token is to it. */
static enum oidc_outcome judge(const struct oidc_call *c, struct grant *g, struct refresh *r)
{
    struct err e = {0};
    struct family *f = &r->family;
    switch (family_get(c, r->token.family_id, f, &e)) {
    case FAMILY_FOUND: break;
    case FAMILY_NONE: return OIDC_REFRESH_INVALID;
    case FAMILY_FAILED: return store_failed(c, g, &e);
    }
    /* RFC 6749 6: bound to the client. Another client's attempt does not harm the owner. */
    if (!str_eq(f->client_id, g->client->id) || !f->offline)
        return OIDC_REFRESH_INVALID;
    g->about.username = f->person.username;
    g->about.family_id = f->id;
    g->about.sid = f->sid;
    g->about.subject = subject_of(&f->person, call_arena(c));
    if (f->revoked.n)
        return OIDC_REFRESH_INVALID;
    if (r->token.generation == f->generation && same(r->token.mark, f->current)) {
        r->repeated = false;
        return OIDC_OK;
    }
    if (r->token.generation == f->generation - 1 && same(r->token.mark, f->previous)) {
        r->repeated = true; /* its successor is still the current one, so nobody has used that */
        return OIDC_OK;
    }
    return revoke(c, g, f, "refresh_token_reused", OIDC_REFRESH_REUSE); /* RFC 9700 4.14.2 */
}

static enum oidc_outcome choose_scope(const struct oidc_call *c, const struct grant *g,
                                      struct refresh *r)
{
    struct str asked = params_get(c->request->form, STR("scope"));
    struct scope granted;
    if (!scope_parse_granted(c->env->settings, g->client, r->family.scope, call_arena(c), &granted))
        return OIDC_TOKEN_FAILED;
    if (!asked.n) {
        r->scope = granted;
        return OIDC_OK;
    }
    if (!scope_parse(c->env->settings, g->client, asked, call_arena(c), &r->scope))
        return OIDC_REFRESH_SCOPE;
    /* RFC 6749 6: MUST NOT include any scope not originally granted */
    return scope_is_within(&r->scope, &granted) ? OIDC_OK : OIDC_REFRESH_SCOPE;
}

/* The directory is asked at every refresh; no store transaction is open. Fresh data goes into the
 * family. */
static enum oidc_outcome ask_directory(const struct oidc_call *c, struct grant *g, struct family *f)
{
    struct err e = {0};
    struct person p;
    int64_t now = call_now_ms(c);
    struct connector *connector = connector_find(c->env, f->person.connector_id);
    if (!connector)
        return revoke(c, g, f, "connector_removed", OIDC_REFRESH_GONE);
    enum connector_outcome outcome = connector->ops->lookup(connector, call_arena(c), f->person.id,
                                                            c->request->deadline_ms, &p, &e);
    if (outcome != CONNECTOR_OK && e.text[0])
        g->about.detail = arena_str(call_arena(c), str_from(e.text));
    switch (outcome) {
    case CONNECTOR_OK: break;
    case CONNECTOR_GONE: return revoke(c, g, f, "person_gone", OIDC_REFRESH_GONE);
    case CONNECTOR_DISABLED: return revoke(c, g, f, "person_disabled", OIDC_REFRESH_DISABLED);
    case CONNECTOR_LOCKED: return OIDC_REFRESH_LOCKED;
    case CONNECTOR_EXPIRED:
    case CONNECTOR_MUST_CHANGE_PASSWORD: return OIDC_REFRESH_EXPIRED;
    case CONNECTOR_WRONG_PASSWORD:
    case CONNECTOR_REFUSED: return OIDC_REFRESH_UNUSABLE;
    case CONNECTOR_UNAVAILABLE:
        if (now - f->checked_ms >= c->env->settings->directory_grace_ms)
            return OIDC_REFRESH_UNAVAILABLE;
        EMIT(c, REFRESH_GRACE, .family_id = f->id, .client_id = f->client_id,
             .username = f->person.username);
        return OIDC_OK;
    }
    f->person = p;
    f->checked_ms = now;
    return OIDC_OK;
}

/* One compare-and-swap; lost, the family is read and judged again, with what the directory has just
 * said. */
static enum oidc_outcome rotate(const struct oidc_call *c, struct grant *g, struct refresh *r)
{
    struct err e = {0};
    const struct person person = r->family.person;
    const int64_t checked_ms = r->family.checked_ms;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct family next = r->family;
        next.person = person;
        next.checked_ms = checked_ms;
        if (!r->repeated) {
            next.previous = next.current;
            next.generation++;
        }
        g->tokens.refresh_token = refresh_token_new(c, next.id, next.generation, &next.current);
        if (!g->tokens.refresh_token.n)
            return OIDC_TOKEN_FAILED;
        switch (family_advance(c, &next, &e)) {
        case FAMILY_WRITTEN: return OIDC_OK;
        case FAMILY_WRITE_FAILED: return store_failed(c, g, &e);
        case FAMILY_TAKEN: break;
        }
        enum oidc_outcome outcome = judge(c, g, r);
        if (outcome != OIDC_OK)
            return outcome;
    }
    return OIDC_REFRESH_BUSY;
}

enum oidc_outcome grant_refresh(const struct oidc_call *c, struct grant *g)
{
    struct refresh r = {0};
    struct str text = params_get(c->request->form, STR("refresh_token"));
    if (!text.n)
        return OIDC_REFRESH_MISSING;
    if (!refresh_token_open(c, text, &r.token))
        return OIDC_REFRESH_INVALID;
    enum oidc_outcome outcome = judge(c, g, &r);
    if (outcome == OIDC_OK)
        outcome = choose_scope(c, g, &r);
    if (outcome == OIDC_OK)
        outcome = ask_directory(c, g, &r.family);
    if (outcome != OIDC_OK)
        return outcome;
    const struct grant_facts facts = {
        .client = g->client,
        .person = &r.family.person,
        .scope = &r.scope,
        .family_id = r.family.id,
        .sid = r.family.sid,
        .auth_time_s = r.family.auth_time_s, /* OpenID Connect Core 12.2: that of the original
                                                authentication, and no nonce */
        .end_ms = family_end_ms(c->env->settings, &r.family),
    };
    outcome = mint_tokens(c, &facts, &g->tokens, &g->about, &g->description);
    if (outcome == OIDC_OK)
        outcome = rotate(c, g, &r);
    if (outcome != OIDC_OK)
        return outcome;
    struct event ev = g->about;
    ev.kind = r.repeated ? EVENT_REFRESH_REPEATED : EVENT_REFRESH_OK;
    call_emit(c, &ev);
    return OIDC_OK;
}
