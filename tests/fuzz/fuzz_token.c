/*
 * The token endpoint, userinfo and revocation under arbitrary input. First byte: which of them,
 * second: which client's proof is put before the form; then the Authorization header up to a
 * newline, then the form. Bytes 1 to 4 in it stand for a fresh code, a refresh, an access and an ID
 * token, so that the fuzzer gets past the seals.
 */
#include "base/json.h"
#include "jose/jws.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/oidc_rig.h"

/* The provider lives on between the inputs, so a leak check after each one would find nothing and
 * take all the time. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}

static struct rig rig;
static struct str session; /* Ada's, kept */

static struct str value_of(char kind)
{
    static const char *const names[] = {NULL, NULL, "refresh_token", "access_token", "id_token"};
    rig.session_cookie = session;
    struct str code = rig_code(&rig, "spa", "scope=openid+offline_access+groups", "ada");
    if (kind == 1)
        return code;
    return rig_json(&rig, rig_redeem(&rig, "spa", code), names[(int)kind]);
}

static const char *fill_in(struct str text)
{
    struct buf out = BUF_INIT((size_t)1 << 18);
    for (size_t i = 0, filled = 0; i < text.n; i++) {
        if (text.p[i] < 1 || text.p[i] > 4)
            buf_char(&out, text.p[i]);
        else if (filled++ < 4)
            buf_add(&out, value_of(text.p[i]));
    }
    const char *copy = arena_cstr(&rig.work, buf_str(&out));
    buf_fini(&out);
    return copy;
}

static void check(const struct reply *reply)
{
    static const int statuses[] = {200, 400, 401, 403};
    bool known = false;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        known |= reply->status == statuses[i];
    MUST(known);
    MUST(reply->status != 401 || rig_header(reply, "WWW-Authenticate").n > 0);
    if (!reply->content_type) /* params that cannot be parsed are refused before us */
        return;
    struct err e;
    auto_json *body = json_read(reply->body, (size_t)1 << 20, &e);
    MUST(json_is_object(body));
    MUST(str_is(rig_header(reply, "Cache-Control"), "no-store"));
    struct str access = rig_json(&rig, reply, "access_token");
    struct claims claims;
    MUST(!access.n ||
         jws_verify(rig.env.keyset, access, TOKEN_ACCESS, &rig.work, &claims) == JWS_OK);
    MUST(!access.n || reply->status == 200);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const paths[] = {"/token", "/token", "/token/revoke", "/userinfo"};
    static const char *const proofs[] = {
        "", "client_id=spa&", "client_id=app&client_secret=s3cret&", "client_id=lotse-login&"};
    if (!rig.env.store) {
        rig_init(&rig);
        MUST(rig_code(&rig, "app", "", "ada").n > 0);
        session = rig.session_cookie;
    }
    if (n < 2 || memchr(data, 0, n))
        return 0;
    struct str rest = {(const char *)data + 2, n - 2}, header = STR_NONE, form = rest;
    str_split(rest, '\n', &header, &form);
    const char *authorization = fill_in(header);
    const struct ask ask = {
        .method = HTTP_POST,
        .path = paths[data[0] % 4],
        .authorization = authorization,
        .form = rig_fmt(&rig, "%s%s", proofs[data[1] % 4], fill_in(form)),
        .foreign = true,
    };
    check(rig_ask(&rig, &ask));
    rig_forget(&rig);
    static int runs;
    if (++runs % 1000 == 0) { /* families pile up in the store */
        rig_fini(&rig);
        memset(&rig, 0, sizeof(rig));
    }
    return 0;
}
