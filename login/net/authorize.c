#include "login/net/authorize.h"

#include <unistd.h>

#include "base/hash.h"
#include "base/secret.h"
#include "login/net/browser.h"
#include "login/net/id_token.h"
#include "login/net/loopback.h"
#include "login/os.h"

static struct str random_text(struct context *c)
{
    char bytes[32]; /* RFC 7636 7.1: 256 bits; more than enough for state and nonce, too */
    auto_buf text = BUF_INIT(64);
    random_fill(c->random, bytes, sizeof(bytes));
    buf_base64url(&text, (struct str){bytes, sizeof(bytes)});
    bytes_wipe(bytes, sizeof(bytes));
    return arena_str(c->arena, buf_str(&text));
}

static void parameter(struct buf *out, const char *name, struct str value)
{
    buf_char(out, str_has(buf_str(out), '?') ? '&' : '?');
    buf_c(out, name);
    buf_char(out, '=');
    buf_url(out, value);
}

void authorization_url(struct buf *out, const struct gateway *g,
                       const struct authorization_request *r)
{
    auto_buf scope = BUF_INIT((size_t)32 << 10), audiences = BUF_INIT((size_t)32 << 10),
             challenge = BUF_INIT(64);
    struct sha256 hash = sha256_of(r->code_verifier);
    gateway_audience_scopes(&audiences, g, r->audience);
    buf_lit(&scope, "openid offline_access profile email groups");
    if (audiences.n > 0)
        buf_char(&scope, ' ');
    buf_add(&scope, buf_str(&audiences));
    buf_base64url(&challenge, (struct str){(const char *)hash.bytes, SHA256_BYTES});
    buf_add(out, g->authorization_endpoint);
    parameter(out, "response_type", STR("code"));
    parameter(out, "client_id", g->client_id);
    parameter(out, "redirect_uri", r->redirect_uri);
    parameter(out, "scope", buf_str(&scope));
    parameter(out, "state", r->state);
    parameter(out, "nonce", r->nonce);
    parameter(out, "code_challenge", buf_str(&challenge));
    parameter(out, "code_challenge_method", STR("S256"));
}

static void wrong_paste(void)
{
    message_say(2, MESSAGE_PASTE_WRONG, STR_NONE, STR_NONE);
}

/* Tells the person where to log in, and waits. Exit code. */
static int ask_person(struct context *c, struct loopback *l, unsigned means, struct str url,
                      struct loopback_wait *w)
{
    bool opened = (means & MEANS_BROWSER) && browser_open(c, url);
    if (!opened && !(means & MEANS_PASTE))
        return context_fail(c, EXIT_LOGIN_REQUIRED, MESSAGE_LOGIN_REQUIRED,
                            option_get(c->options, OPTION_ISSUER), STR_NONE);
    auto_buf purpose = BUF_INIT(4096);
    buf_lit(&purpose, "login ");
    buf_add(&purpose, url);
    context_purpose(c, buf_failed(&purpose) ? STR("login") : buf_str(&purpose));
    message_say(2, opened ? MESSAGE_OPEN_URL : MESSAGE_OPEN_URL_PASTE, url, STR_NONE);
    enum loopback_result result = loopback_wait(l, w);
    context_purpose(c, STR_NONE);
    if (result == LOOPBACK_ANSWER)
        return EXIT_OK;
    auto_buf seconds = BUF_INIT(32);
    buf_i64(&seconds, c->options->timeout_ms / 1000);
    return context_fail(c, EXIT_LOGIN_TIMEOUT, MESSAGE_TIMEOUT, buf_str(&seconds), STR_NONE);
}

static int check_answer(struct context *c, const struct gateway *g, const struct callback *answer)
{
    /* RFC 9207 2.4: compare when it is there; refuse when it is missing though the gateway says it
     * sends it */
    bool missing = answer->issuer.n == 0 && g->sends_issuer;
    if (missing || (answer->issuer.n > 0 && !str_eq(answer->issuer, g->issuer)))
        return context_fail(c, EXIT_ACCESS, MESSAGE_BAD_ANSWER,
                            STR("the login came from another issuer (RFC 9207)"), STR_NONE);
    if (answer->error.n == 0)
        return EXIT_OK;
    struct str why = answer->error_description.n > 0
                         ? arena_fmt(c->arena, "%.*s (%.*s)", STR_F(answer->error_description),
                                     STR_F(answer->error))
                         : answer->error;
    if (str_is(answer->error, "temporarily_unavailable") || str_is(answer->error, "server_error"))
        return context_fail(c, EXIT_UNREACHABLE, MESSAGE_UNREACHABLE, why, STR_NONE);
    int code = str_is(answer->error, "access_denied") ? EXIT_CANCELLED : EXIT_ACCESS;
    return context_fail(c, code, MESSAGE_DENIED, why, STR_NONE);
}

static struct str device_label(struct context *c)
{
    char name[256] = "";
    if (gethostname(name, sizeof(name) - 1) != 0)
        return STR("?");
    return arena_str(c->arena, STR_C(name));
}

/* Code to tokens to session. */
static int redeem(struct context *c, const struct gateway *g, const struct authorization_request *r,
                  struct str code, struct session *ret)
{
    struct grant grant;
    struct str why;
    struct err e;
    struct id_token token;
    struct grant_code form = {code, r->redirect_uri, r->code_verifier};
    switch (grant_by_code(c, g, &form, &grant, &why)) {
    case GRANT_OK: break;
    case GRANT_UNREACHABLE:
        return context_fail(c, EXIT_UNREACHABLE, MESSAGE_UNREACHABLE, why, STR_NONE);
    case GRANT_UNTRUSTED: return context_fail(c, EXIT_TLS, MESSAGE_TLS, why, STR_NONE);
    case GRANT_ENDED:
    case GRANT_SCOPE:
    case GRANT_REFUSED: return context_fail(c, EXIT_ACCESS, MESSAGE_ACCESS, g->issuer, why);
    }
    struct id_token_expected expected = {g->issuer, g->client_id, g->client_id, r->nonce, STR_NONE};
    if (id_token_read(grant.id_token, c->arena, &token, &e) != 0 ||
        id_token_check(&token, &expected, &e) != 0)
        return context_fail(c, EXIT_UNREACHABLE, MESSAGE_BAD_ANSWER, STR_C(e.text), STR_NONE);
    if (grant.refresh_token.n == 0)
        return context_fail(c, EXIT_ACCESS, MESSAGE_BAD_ANSWER,
                            STR("no refresh token came (offline_access)"), STR_NONE);
    *ret = (struct session){.issuer = g->issuer,
                            .client_id = g->client_id,
                            .profile = g->profile,
                            .refresh_token = grant.refresh_token,
                            .subject = token.subject,
                            .username = token.username,
                            .device = device_label(c),
                            .logged_in_ms = grant.received_ms,
                            .refreshed_ms = grant.received_ms};
    gateway_delete_tokens(c, g);              /* they may be of another person */
    if (saved_session_store(c, ret, &e) != 0) /* a read-only home: this call still gets its token */
        message_say(2, MESSAGE_NOT_SAVED, STR_C(e.text), STR_NONE);
    return EXIT_OK;
}

int authorize(struct context *c, unsigned means, struct gateway *ret_gateway,
              struct session *ret_session)
{
    auto_loopback loopback = LOOPBACK_NONE;
    auto_buf url = BUF_INIT((size_t)64 << 10);
    struct err e;
    int code = gateway_discover(c, ret_gateway);
    if (code != EXIT_OK)
        return code;
    gateway_store(c, ret_gateway);
    if (loopback_open(&loopback, &e) != 0)
        return context_fail(c, EXIT_INTERNAL, MESSAGE_INTERNAL, STR_C(e.text), STR_NONE);
    struct authorization_request request = {
        .redirect_uri = arena_fmt(c->arena, "http://127.0.0.1:%u" CALLBACK_PATH, loopback.port),
        .state = random_text(c),
        .nonce = random_text(c),
        .code_verifier = random_text(c),
        .audience = option_get(c->options, OPTION_AUDIENCE),
    };
    authorization_url(&url, ret_gateway, &request);
    if (buf_failed(&url))
        return context_fail(c, EXIT_INTERNAL, MESSAGE_INTERNAL, STR("address too long"), STR_NONE);
    struct loopback_wait w = {.state = request.state,
                              .paste = means & MEANS_PASTE ? 0 : -1,
                              .deadline_ms = clock_monotonic_ms(c->clock) + c->options->timeout_ms,
                              .clock = c->clock,
                              .arena = c->arena,
                              .wrong_paste = wrong_paste};
    os_die_with_parent(); /* nobody is left to use the login when our caller has gone */
    code = ask_person(c, &loopback, means, buf_str(&url), &w);
    loopback_close(&loopback);
    if (code == EXIT_OK)
        code = check_answer(c, ret_gateway, &w.ret_answer);
    return code == EXIT_OK ? redeem(c, ret_gateway, &request, w.ret_answer.code, ret_session)
                           : code;
}
