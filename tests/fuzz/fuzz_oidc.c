/*
 * Sequences of requests against the whole provider, and what must hold whatever they are:
 *   I1  one code gives at most one set of tokens
 *   I2  a family has at most one live chain of refresh tokens
 *   I3  what was revoked, by request or by replay, never works again
 *   I5  nobody whom the directory disabled gets a token by refresh
 *   I9  no token names anything of system:
 * Three bytes a step: what, which, how.
 */
#include "base/base64.h"
#include "jose/jws.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/oidc_rig.h"

/* Half of the time would go into leak checks; the same flows run under the unit tests with them. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}

#define FAMILIES 8
#define TOKENS   12 /* refresh tokens of one family we remember */
#define STEPS    40

static const char *const clients[] = {"spa", "lotse-login", "app"};

struct chain { /* a code and what came of it */
    struct str code;
    const char *client, *person;
    int redeemed;
    bool revoked;
    struct str refresh[TOKENS], access, id_token;
    size_t n_refresh;
};
struct model {
    struct rig rig;
    struct chain chains[FAMILIES];
    size_t n;
};

static void keep(struct model *m, struct str *to, struct str s)
{
    *to = s.n ? arena_str(&m->rig.settled, s) : STR_NONE;
}

static void look_at_tokens(struct model *m, const struct reply *reply)
{
    struct claims claims;
    struct str id_token = rig_json(&m->rig, reply, "id_token");
    if (!id_token.n)
        return;
    MUST(jws_verify(m->rig.env.keyset, id_token, TOKEN_ID, &m->rig.work, &claims) == JWS_OK);
    for (size_t i = 0; i < claims.n_groups; i++) /* I9 */
        MUST(!name_is_reserved(claims.groups[i]));
    MUST(claims.exp > claims.iat && claims.sub.n > 0);
}

static void take_tokens(struct model *m, struct chain *c, const struct reply *reply)
{
    look_at_tokens(m, reply);
    struct str refresh = rig_json(&m->rig, reply, "refresh_token"),
               id_token = rig_json(&m->rig, reply, "id_token");
    keep(m, &c->access, rig_json(&m->rig, reply, "access_token"));
    if (id_token.n)
        keep(m, &c->id_token, id_token);
    if (!refresh.n)
        return;
    if (c->n_refresh == TOKENS) { /* the oldest is forgotten */
        memmove(c->refresh, c->refresh + 1, sizeof(c->refresh) - sizeof(c->refresh[0]));
        c->n_refresh--;
    }
    keep(m, &c->refresh[c->n_refresh++], refresh);
}

static void step_login(struct model *m, uint8_t which, uint8_t how)
{
    static const char *const scopes[] = {
        "scope=openid+groups", "scope=openid+offline_access+groups",
        "scope=openid+offline_access+groups&prompt=login", "scope=openid&prompt=none"};
    if (m->n == FAMILIES)
        return;
    struct chain *c = &m->chains[m->n];
    c->client = clients[which % 3];
    c->person = how & 4 ? "ben" : "ada";
    struct str code = rig_code(&m->rig, c->client, scopes[how % 4], c->person);
    if (!code.n)
        return;
    keep(m, &c->code, code);
    m->n++;
}

static void step_redeem(struct model *m, struct chain *c, uint8_t how)
{
    const char *client = how % 4 ? c->client : clients[how / 4 % 3];
    int before = rig_count(&m->rig, EVENT_CODE_REPLAYED);
    struct reply *reply = rig_redeem(&m->rig, client, c->code);
    c->revoked |= rig_count(&m->rig, EVENT_CODE_REPLAYED) > before;
    if (reply->status != 200)
        return;
    MUST(strcmp(client, c->client) == 0);
    MUST(++c->redeemed == 1); /* I1 */
    take_tokens(m, c, reply);
}

static void step_refresh(struct model *m, struct chain *c, uint8_t how)
{
    static const char *const mores[] = {"", "scope=openid",
                                        "scope=openid+groups+audience:server:client_id:k8s-fra",
                                        "scope=openid+email"};
    if (!c->n_refresh)
        return;
    size_t which = how & 16 ? c->n_refresh - 1 : (size_t)(how >> 5) % c->n_refresh;
    const char *client = how % 16 ? c->client : clients[which % 3];
    struct reply *reply = rig_refresh(&m->rig, client, c->refresh[which], mores[how % 4]);
    if (reply->status != 200)
        return;
    MUST(!c->revoked); /* I3 */
    MUST(strcmp(client, c->client) == 0);
    int who = strcmp(c->person, "ben") == 0 ? BEN : ADA;
    MUST(m->rig.directory.lookup[who] != CONNECTOR_DISABLED &&
         m->rig.directory.lookup[who] != CONNECTOR_GONE); /* I5 */
    take_tokens(m, c, reply);
}

static void step_revoke(struct model *m, struct chain *c, uint8_t how)
{
    struct str token = how & 1 && c->n_refresh ? c->refresh[how / 2 % c->n_refresh] : c->access;
    if (!token.n)
        return;
    const char *client = how & 128 ? clients[how % 3] : c->client;
    const char *secret = strcmp(client, "app") == 0 ? "&client_secret=s3cret" : "";
    const char *form = rig_fmt(&m->rig, "client_id=%s%s&token=%.*s", client, secret, STR_F(token));
    int before = rig_count(&m->rig, EVENT_FAMILY_REVOKED);
    struct reply *reply = rig_ask(
        &m->rig,
        &(struct ask){.method = HTTP_POST, .path = "/token/revoke", .form = form, .foreign = true});
    bool revoked = rig_count(&m->rig, EVENT_FAMILY_REVOKED) > before;
    MUST(!revoked || strcmp(client, c->client) == 0);
    c->revoked |= revoked && reply->status == 200;
}

static void step_directory(struct model *m, uint8_t which, uint8_t how)
{
    static const enum connector_outcome outcomes[] = {
        CONNECTOR_OK,     CONNECTOR_OK,      CONNECTOR_DISABLED,    CONNECTOR_GONE,
        CONNECTOR_LOCKED, CONNECTOR_EXPIRED, CONNECTOR_UNAVAILABLE, CONNECTOR_REFUSED};
    m->rig.directory.lookup[which % 2] = outcomes[how % 8];
    m->rig.directory.hostile = how & 8;
    m->rig.directory.n_groups[which % 2] = how / 16;
}

static void step_userinfo(struct model *m, struct chain *c)
{
    if (c->access.n)
        MUST(rig_userinfo(&m->rig, c->access)->status != 200 || !c->revoked);
}

static void step_logout(struct model *m, struct chain *c, uint8_t how)
{
    const char *query =
        how & 1 && c->id_token.n ? rig_fmt(&m->rig, "id_token_hint=%.*s", STR_F(c->id_token)) : "";
    struct reply *reply = rig_ask(&m->rig, &(struct ask){.path = "/logout", .query = query});
    MUST(reply->status == 200);
    struct str form = rig_form_state(&m->rig, reply);
    if (form.n && how & 2)
        rig_ask(&m->rig,
                &(struct ask){.method = HTTP_POST,
                              .path = "/logout/confirm",
                              .form = rig_fmt(&m->rig, "state=%.*s&confirm=yes", STR_F(form))});
}

static void step(struct model *m, const uint8_t *s)
{
    struct chain *c = m->n ? &m->chains[s[1] % m->n] : NULL;
    if (s[0] % 9 == 0)
        step_login(m, s[1], s[2]);
    else if (s[0] % 9 == 1)
        step_directory(m, s[1], s[2]);
    else if (s[0] % 9 == 2)
        rig_pass(&m->rig, (int64_t)s[1] * s[2] * 1000);
    if (!c)
        return;
    switch (s[0] % 9) {
    case 3: step_redeem(m, c, s[2]); break;
    case 4: step_refresh(m, c, s[2]); break;
    case 5: step_redeem(m, c, 1); break;
    case 6: step_revoke(m, c, s[2]); break;
    case 7: step_userinfo(m, c); break;
    case 8: step_logout(m, c, s[2]); break;
    default: break;
    }
}

/* I2: of all the different tokens of a family at most one still leads on. */
static void sweep(struct model *m, struct chain *c)
{
    int alive = 0;
    for (size_t i = c->n_refresh; i-- > 0;)
        alive += rig_refresh(&m->rig, c->client, c->refresh[i], "")->status == 200;
    MUST(alive <= 1 && (!alive || !c->revoked));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct model m;
    memset(&m, 0, sizeof(m));
    rig_init(&m.rig);
    for (size_t i = 0; i + 3 <= n && i < (size_t)3 * STEPS; i += 3) {
        step(&m, data + i);
        rig_forget(&m.rig);
    }
    for (size_t i = 0; i < m.n; i++)
        sweep(&m, &m.chains[i]);
    rig_fini(&m.rig);
    return 0;
}
