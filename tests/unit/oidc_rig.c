#include "tests/unit/oidc_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/mem.h"

#define NEED(what) \
    do { \
        if (!(what)) { \
            fprintf(stderr, "rig: %s:%d: %s\n", __FILE__, __LINE__, #what); \
            abort(); \
        } \
    } while (0)

/* --- the directory */

static const struct {
    const char *name, *password, *id, *display, *mail;
} people[RIG_PEOPLE] = {
    [ADA] = {"ada", "correct horse", "11111111-aaaa", "Ada Müller", "ada@corp.example"},
    [BEN] = {"ben", "battery staple", "22222222-bbbb", "Ben Weiß", "ben@corp.example"},
};

static const char *const hostile_names[] = {
    "system:masters",
    " system:nodes",
    "SYSTEM:masters",
    "s\xe2\x80\x8bystem:masters",
    "\xef\xbd\x93ystem:x",
    "",
    "esc\x1b[2J",
    "rtl\xe2\x80\xae",
    "fine",
    "fine",
};
#define N_HOSTILE (sizeof(hostile_names) / sizeof(hostile_names[0]))

static void fill_person(const struct rig_connector *d, int who, struct arena *a, struct person *ret)
{
    size_t n = d->n_groups[who], n_hostile = d->hostile ? N_HOSTILE : 0;
    *ret = (struct person){
        .connector_id = d->connector.id,
        .id = str_from(people[who].id),
        .username = str_from(people[who].name),
        .display_name = str_from(people[who].display),
        .mail = str_from(people[who].mail),
        .groups = ARENA_ARRAY(a, n + n_hostile, struct person_group),
        .n_groups = n + n_hostile,
    };
    for (size_t i = 0; i < n; i++)
        ret->groups[i] =
            (struct person_group){arena_fmt(a, "cn=group-%03zu,ou=groups,dc=corp,dc=example", i),
                                  arena_fmt(a, "group-%03zu", i)};
    for (size_t i = 0; i < n_hostile; i++)
        ret->groups[n + i] = (struct person_group){arena_fmt(a, "cn=zz-%zu,dc=example", i),
                                                   str_from(hostile_names[i])};
}

static enum connector_outcome rig_authenticate(struct connector *c, struct arena *a,
                                               struct str name, const struct secret *password,
                                               int64_t deadline_ms, struct person *ret,
                                               struct err *e)
{
    struct rig_connector *d = (struct rig_connector *)c;
    (void)deadline_ms;
    (void)e;
    atomic_fetch_add(&d->binds, 1);
    for (int i = 0; i < RIG_PEOPLE; i++) {
        if (!str_eq_nocase(name, str_from(people[i].name)))
            continue;
        if (d->login[i] != CONNECTOR_OK)
            return d->login[i];
        if (!secret_eq(password, str_from(people[i].password)))
            return CONNECTOR_WRONG_PASSWORD;
        fill_person(d, i, a, ret);
        return CONNECTOR_OK;
    }
    return CONNECTOR_WRONG_PASSWORD;
}

static enum connector_outcome rig_lookup(struct connector *c, struct arena *a, struct str id,
                                         int64_t deadline_ms, struct person *ret, struct err *e)
{
    struct rig_connector *d = (struct rig_connector *)c;
    (void)deadline_ms;
    (void)e;
    atomic_fetch_add(&d->lookups, 1);
    for (int i = 0; i < RIG_PEOPLE; i++) {
        if (!str_is(id, people[i].id))
            continue;
        if (d->lookup[i] == CONNECTOR_OK)
            fill_person(d, i, a, ret);
        return d->lookup[i];
    }
    return CONNECTOR_GONE;
}

static const struct connector_ops directory_ops = {.authenticate = rig_authenticate,
                                                   .lookup = rig_lookup};

/* --- clients */

static struct secret app_secret, weird_secret;
static const struct str app_uris[] = {{"https://app.example/cb", 22},
                                      {"https://app.example/cb?x=1", 26}};
static const struct str app_bye[] = {{"https://app.example/bye", 23}};
static const struct str spa_uris[] = {{"https://spa.example/cb", 22}};
static const struct str helper_uris[] = {{"http://127.0.0.1/callback", 25},
                                         {"http://[::1]/callback", 21}};
static const struct str helper_peers[] = {{"lotse-login", 11}};

static const struct client clients[] = {
    {.id = {"app", 3},
     .name = {"The App", 7},
     .secrets = &app_secret,
     .n_secrets = 1,
     .redirect_uris = app_uris,
     .n_redirect_uris = 2,
     .post_logout_redirect_uris = app_bye,
     .n_post_logout_redirect_uris = 1,
     .id_token_alg = JOSE_RS256,
     .pkce = PKCE_OPTIONAL,
     .allow_refresh = true,
     .unknown_scopes_ignored = true},
    {.id = {"strict", 6},
     .secrets = &weird_secret,
     .n_secrets = 1,
     .redirect_uris = spa_uris,
     .n_redirect_uris = 1,
     .id_token_alg = JOSE_ES256,
     .pkce = PKCE_REQUIRED},
    {.id = {"spa", 3},
     .redirect_uris = spa_uris,
     .n_redirect_uris = 1,
     .id_token_alg = JOSE_ES256,
     .pkce = PKCE_OPTIONAL,
     .allow_refresh = true,
     .unknown_scopes_ignored = true},
    {.id = {"lotse-login", 11},
     .redirect_uris = helper_uris,
     .n_redirect_uris = 2,
     .id_token_alg = JOSE_ES256,
     .allow_refresh = true,
     .one_audience = true},
    {.id = {"k8s-fra", 7},
     .trusted_peers = helper_peers,
     .n_trusted_peers = 1,
     .is_kubernetes = true,
     .id_token_alg = JOSE_ES256,
     .id_token_ttl_ms = 300000},
    {.id = {"k8s-muc", 7},
     .trusted_peers = helper_peers,
     .n_trusted_peers = 1,
     .is_kubernetes = true,
     .id_token_alg = JOSE_ES256},
    {.id = {"closed", 6}, .is_kubernetes = true, .id_token_alg = JOSE_ES256},
};
#define N_CLIENTS (sizeof(clients) / sizeof(clients[0]))

static const struct kubernetes_site sites[] = {
    {{"fra", 3},
     {"k8s-fra", 7},
     {"https://api.fra.example:6443", 28},
     {"-----BEGIN CERTIFICATE-----\n", 28}},
};

struct client *rig_client(struct rig *r, const char *id)
{
    for (size_t i = 0; i < N_CLIENTS; i++)
        if (str_is(r->clients[i].id, id))
            return &r->clients[i];
    NEED(false);
    return NULL;
}

/* --- the parts */

/* RSA keys cost 100 ms: one set for the whole program. */
static struct keyset *shared_keys(void)
{
    static struct keyset *keys;
    struct err e;
    if (!keys)
        NEED(keyset_generate(RIG_START_MS, &keys, &e) == 0);
    return keys;
}

static void count_event(const struct event_sink *s, const struct event *e)
{
    const struct rig *r =
        (const struct rig *)(const void *)((const char *)s - offsetof(struct rig, sink));
    atomic_fetch_add((atomic_int *)(uintptr_t)&r->events[e->kind], 1);
}

int rig_count(const struct rig *r, enum event_kind kind)
{
    return atomic_load(&r->events[kind]);
}

static void fill_settings(struct rig *r)
{
    r->clients = arena_alloc(&r->settled, sizeof(clients));
    memcpy(r->clients, clients, sizeof(clients));
    r->settings = (struct oidc_settings){
        .issuer = STR(RIG_ISSUER),
        .clients = r->clients,
        .n_clients = N_CLIENTS,
        .sites = sites,
        .n_sites = 1,
        .helper_client_id = STR("lotse-login"),
        .id_token_ttl_ms = 600000,
        .access_token_ttl_ms = 600000,
        .session_idle_ms = 3600000,
        .session_max_ms = 36000000,
        .refresh_idle_ms = 86400000,
        .refresh_max_ms = 604800000,
        .login_ttl_ms = 600000,
        .code_ttl_ms = 60000,
    };
}

static struct signer *new_signer(void)
{
    struct str audiences[N_CLIENTS + 1];
    for (size_t i = 0; i < N_CLIENTS; i++)
        audiences[i] = clients[i].id;
    audiences[N_CLIENTS] = STR(RIG_ISSUER);
    const struct signer_limits limits = {STR(RIG_ISSUER), audiences, N_CLIENTS + 1, 3600};
    return signer_local_new(shared_keys(), &limits);
}

static struct sealer *new_sealer(const struct random *random)
{
    struct err e;
    struct sealer *sealer = NULL;
    auto_secret key = {0};
    secret_set(&key, STR("0123456789abcdef0123456789abcdef"));
    NEED(sealer_new(&key, random, &sealer, &e) == 0);
    return sealer;
}

void rig_init(struct rig *r)
{
    struct err e;
    memset(r, 0, sizeof(*r));
    if (secret_is_empty(&app_secret)) {
        secret_set(&app_secret, STR("s3cret"));
        secret_set(&weird_secret, STR("p%s: +s/w&=\xc3\xbc"));
    }
    arena_init(&r->settled, ARENA_NO_MAX);
    arena_init(&r->work, ARENA_NO_MAX);
    clock_fixed_init(&r->clock, RIG_START_MS);
    random_seeded_init(&r->random, 42);
    fill_settings(r);
    r->directory.connector = (struct connector){&directory_ops, STR("ldap")};
    r->directory.n_groups[ADA] = 3;
    r->connectors[0] = &r->directory.connector;
    r->sink.emit = count_event;
    r->env = (struct oidc_env){
        .settings = &r->settings,
        .connectors = r->connectors,
        .n_connectors = 1,
        .store = store_memory_new(&r->clock.clock),
        .keyset = shared_keys(),
        .signer = new_signer(),
        .sealer = new_sealer(&random_system),
        .clock = &r->clock.clock,
        .random = &r->random.random,
        .events = &r->sink,
        .throttle = login_throttle_new(&random_system),
    };
    NEED(oidc_prepare(&r->env, &r->settled, &e) == 0);
}

void rig_fini(struct rig *r)
{
    r->env.store->ops->free(r->env.store);
    signer_local_free(r->env.signer);
    sealer_free((struct sealer *)(uintptr_t)r->env.sealer);
    login_throttle_free(r->env.throttle);
    arena_fini(&r->work);
    arena_fini(&r->settled);
}

void rig_forget(struct rig *r)
{
    arena_reset(&r->work);
}

void rig_pass(struct rig *r, int64_t ms)
{
    r->clock.ms += ms;
}

/* --- requests */

static struct str keep(struct rig *r, struct str s)
{
    return s.n ? arena_str(&r->settled, s) : STR_NONE;
}

/* What a browser does with Set-Cookie, as far as ours go. */
static void take_cookies(struct rig *r, const struct reply *reply)
{
    for (size_t i = 0; i < reply->n_headers; i++) {
        struct str name, rest, value, attributes;
        if (strcmp(reply->headers[i].name, "Set-Cookie") != 0)
            continue;
        NEED(str_split(reply->headers[i].value, '=', &name, &rest) &&
             str_split(rest, ';', &value, &attributes));
        if (str_eq(name, STR("__Host-lotse-session")))
            r->session_cookie = keep(r, value);
        else if (str_eq(name, STR("__Host-lotse-login")))
            r->login_cookie = keep(r, value);
    }
}

static struct str jar(struct rig *r)
{
    return arena_fmt(&r->work, "theme=dark; __Host-lotse-session=%.*s; __Host-lotse-login=%.*s",
                     STR_F(r->session_cookie), STR_F(r->login_cookie));
}

void rig_ask_in(const struct oidc_env *env, struct arena *a, const struct ask *ask,
                struct reply *ret)
{
    const char *type = ask->content_type ? ask->content_type
                       : ask->form       ? "application/x-www-form-urlencoded"
                                         : "";
    struct request request = {
        .arena = a,
        .method = ask->method,
        .path = str_from(ask->path),
        .body = str_from(ask->form),
        .content_type = str_from(type),
        .authorization = str_from(ask->authorization),
        .accept_language = str_from(ask->accept_language),
        .cookie = ask->cookie,
        .peer = str_from(ask->peer ? ask->peer : "192.0.2.1"),
        .id = STR("AAAAAAAAAAAAAAAAAAAAAA"),
        .received_ms = clock_now_ms(env->clock),
        .deadline_ms = clock_monotonic_ms(env->clock) + 5000,
    };
    *ret = (struct reply){0};
    bool good = !ask->query || params_parse(str_from(ask->query), a, &request.query);
    if (good && ask->form && strcmp(type, "application/x-www-form-urlencoded") == 0)
        good = params_parse(request.body, a, &request.form);
    if (!good) { /* as gateway/http does */
        ret->status = 400;
        return;
    }
    oidc_handle((void *)(uintptr_t)env, &request, ret);
}

struct reply *rig_ask(struct rig *r, const struct ask *ask)
{
    struct reply *reply = ARENA_NEW(&r->work, struct reply);
    struct ask with_jar = *ask;
    if (!ask->foreign && !ask->cookie.n)
        with_jar.cookie = jar(r);
    rig_ask_in(&r->env, &r->work, &with_jar, reply);
    if (!ask->foreign && !ask->cookie.n)
        take_cookies(r, reply);
    return reply;
}

/* --- reading replies */

struct str rig_header(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->n_headers; i++)
        if (str_eq_nocase(str_from(reply->headers[i].name), str_from(name)))
            return reply->headers[i].value;
    return STR_NONE;
}

struct str rig_location(struct rig *r, const struct reply *reply, const char *name)
{
    struct str before, query;
    struct params p;
    if (!str_split(rig_header(reply, "Location"), '?', &before, &query) ||
        !params_parse(query, &r->work, &p))
        return STR_NONE;
    return params_get(p, str_from(name));
}

struct str rig_json_of(struct rig *r, struct str json, const char *name)
{
    struct err e;
    struct str text = STR_NONE;
    auto_json *root = json_read(json, (size_t)1 << 20, &e);
    const json_t *member = json_object_get(root, name);
    if (!member || json_get_str(root, name, &r->work, &text))
        return text;
    char *dump = json_dumps(member, JSON_COMPACT | JSON_ENCODE_ANY);
    text = arena_str(&r->work, str_from(dump));
    free(dump);
    return text;
}

struct str rig_json(struct rig *r, const struct reply *reply, const char *name)
{
    return rig_json_of(r, reply->body, name);
}

struct str rig_claim(struct rig *r, struct str token, const char *name)
{
    struct str header, rest, payload, signature;
    auto_buf json = BUF_INIT((size_t)1 << 20);
    if (!str_split(token, '.', &header, &rest) || !str_split(rest, '.', &payload, &signature) ||
        !base64url_decode(payload, &json))
        return STR_NONE;
    return rig_json_of(r, buf_str(&json), name);
}

struct str rig_form_state(struct rig *r, const struct reply *reply)
{
    static const char marker[] = "name=\"state\" value=\"";
    const char *html = arena_cstr(&r->work, reply->body), *at = strstr(html, marker);
    if (!at)
        return STR_NONE;
    at += sizeof(marker) - 1;
    return arena_str(&r->work, (struct str){at, strcspn(at, "\"")});
}

const char *rig_fmt(struct rig *r, const char *format, ...)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    va_list args;
    va_start(args, format);
    buf_vfmt(&text, format, args);
    va_end(args);
    return arena_cstr(&r->work, buf_str(&text));
}

struct str rig_url(struct rig *r, struct str s)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    buf_url(&text, s);
    return arena_str(&r->work, buf_str(&text));
}

/* --- flows */

const char *rig_query(struct rig *r, const char *client_id, const char *more)
{
    struct client *client = rig_client(r, client_id);
    struct str uri = rig_url(r, client->redirect_uris[0]);
    return rig_fmt(r,
                   "client_id=%s&redirect_uri=%.*s&response_type=code&state=xyz&nonce=n-0S6"
                   "&code_challenge=" RIG_CHALLENGE "&code_challenge_method=S256%s%s",
                   client_id, STR_F(uri), strstr(more, "scope=") ? "&" : "&scope=openid&", more);
}

struct reply *rig_submit(struct rig *r, struct str state, const char *name, const char *password)
{
    const char *form =
        rig_fmt(r, "state=%.*s&login=%.*s&password=%.*s", STR_F(state),
                STR_F(rig_url(r, str_from(name))), STR_F(rig_url(r, str_from(password))));
    return rig_ask(r, &(struct ask){.method = HTTP_POST, .path = "/auth/login", .form = form});
}

static const char *password_of(const char *name)
{
    for (int i = 0; i < RIG_PEOPLE; i++)
        if (strcmp(people[i].name, name) == 0)
            return people[i].password;
    return "?";
}

struct reply *rig_login(struct rig *r, const char *query, const char *name)
{
    struct reply *form = rig_ask(r, &(struct ask){.path = "/auth", .query = query});
    struct str state = rig_form_state(r, form);
    return state.n ? rig_submit(r, state, name, password_of(name)) : form;
}

struct str rig_code(struct rig *r, const char *client_id, const char *more, const char *name)
{
    return rig_location(r, rig_login(r, rig_query(r, client_id, more), name), "code");
}

struct reply *rig_token(struct rig *r, const char *client_id, const char *form)
{
    struct client *client = rig_client(r, client_id);
    struct str secret =
        client->n_secrets ? rig_url(r, secret_reveal(&client->secrets[0])) : STR_NONE;
    const char *full =
        rig_fmt(r, "client_id=%s&client_secret=%.*s&%s", client_id, STR_F(secret), form);
    return rig_ask(
        r, &(struct ask){.method = HTTP_POST, .path = "/token", .form = full, .foreign = true});
}

struct reply *rig_redeem(struct rig *r, const char *client_id, struct str code)
{
    struct str uri = rig_url(r, rig_client(r, client_id)->redirect_uris[0]);
    return rig_token(
        r, client_id,
        rig_fmt(
            r,
            "grant_type=authorization_code&code=%.*s&redirect_uri=%.*s&code_verifier=" RIG_VERIFIER,
            STR_F(code), STR_F(uri)));
}

struct reply *rig_refresh(struct rig *r, const char *client_id, struct str refresh_token,
                          const char *more)
{
    return rig_token(r, client_id,
                     rig_fmt(r, "grant_type=refresh_token&refresh_token=%.*s%s%s",
                             STR_F(refresh_token), *more ? "&" : "", more));
}

struct reply *rig_userinfo(struct rig *r, struct str access_token)
{
    const char *bearer = rig_fmt(r, "Bearer %.*s", STR_F(access_token));
    return rig_ask(r, &(struct ask){.path = "/userinfo", .authorization = bearer, .foreign = true});
}

struct reply *rig_tokens(struct rig *r, const char *client_id, const char *scope, const char *name)
{
    struct str encoded = rig_url(r, str_from(scope));
    return rig_redeem(r, client_id,
                      rig_code(r, client_id, rig_fmt(r, "scope=%.*s", STR_F(encoded)), name));
}
