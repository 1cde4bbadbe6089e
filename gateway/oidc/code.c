#include "gateway/oidc/code.h"

#include "gateway/oidc/pack.h"

#define ID_TEXT    22 /* also that of a sid */
#define HEAD       ((size_t)2 * ID_TEXT + 16)
#define PLAIN_MAX  6000 /* a code travels in a URL */
#define CODE_MAX   16384
#define TTL_MAX_MS 60000 /* OWASP ASVS 10.4.3; RFC 6749 4.1.2 would allow ten minutes */

struct str code_seal(const struct oidc_call *c, const struct code *code)
{
    struct str request = authz_request_json(&code->request, true, call_arena(c));
    auto_buf plain = BUF_INIT(PLAIN_MAX);
    buf_add(&plain, code->id);
    buf_add(&plain, code->sid);
    pack_i64(&plain, code->auth_time_s);
    pack_i64(&plain, code->issued_ms);
    if (plain.n != HEAD || !request.n)
        return STR_NONE;
    buf_add(&plain, request);
    return buf_failed(&plain) ? STR_NONE
                              : seal(c->env->sealer, "code", buf_str(&plain), call_arena(c));
}

bool code_unseal(const struct oidc_call *c, struct str text, struct code *ret)
{
    struct str plain;
    struct code code = {0};
    if (text.n > CODE_MAX || !unseal(c->env->sealer, "code", text, call_arena(c), &plain) ||
        plain.n <= HEAD)
        return false;
    code.id = str_from_to(plain, 0, ID_TEXT);
    code.sid = str_from_to(plain, ID_TEXT, (size_t)2 * ID_TEXT);
    code.auth_time_s = unpack_i64(plain, (size_t)2 * ID_TEXT);
    code.issued_ms = unpack_i64(plain, (size_t)2 * ID_TEXT + 8);
    int64_t ttl =
        c->env->settings->code_ttl_ms < TTL_MAX_MS ? c->env->settings->code_ttl_ms : TTL_MAX_MS;
    int64_t age = call_now_ms(c) - code.issued_ms;
    if (age < -TTL_MAX_MS ||
        age >= ttl) /* a clock that was set back a little does not kill a login */
        return false;
    if (!authz_request_read(c->env->settings, str_from_to(plain, HEAD, plain.n), call_arena(c),
                            &code.request))
        return false;
    *ret = code;
    return true;
}
