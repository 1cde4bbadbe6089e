#include "connectors/ldap_bind.h"

#include "base/dn.h"
#include "connectors/ldap_state.h"

/* One request and its answer. */
struct answer {
    int code;
    char *text;
    LDAPControl **controls;
};

static void answer_fini(struct answer *a)
{
    ldap_memfree(a->text);
    ldap_controls_free(a->controls);
}

static int exchange_bind(struct ldap_conn *conn, const struct ldap_config *c,
                         const struct ldap_bind *b, struct answer *ret, struct err *e)
{
    struct berval cred = {b->password.n, (char *)(uintptr_t)b->password.p};
    LDAPControl policy = {.ldctl_oid = (char[]){LDAP_CONTROL_PASSWORDPOLICYREQUEST}};
    LDAPControl *controls[] = {&policy, NULL};
    bool ask = c->s.account.rules == LDAP_ACCOUNT_OPENLDAP;
    LDAPMessage *message = NULL;
    int msgid = -1;
    int code = ldap_sasl_bind(conn->ld, b->found->dn.p, LDAP_SASL_SIMPLE, &cred,
                              ask ? controls : NULL, NULL, &msgid);
    if (code != LDAP_SUCCESS)
        return ldap_conn_fail(conn, c, code, "bind", e);
    if (ldap_conn_answer(conn, c, msgid, &message, e) != 0)
        return fail_within(e, "bind");
    if (ldap_msgtype(message) != LDAP_RES_BIND) {
        ldap_msgfree(message);
        return fail(e, ERR_BACKEND, "the directory answered a bind with something else");
    }
    code =
        ldap_parse_result(conn->ld, message, &ret->code, NULL, &ret->text, NULL, &ret->controls, 1);
    return code == LDAP_SUCCESS ? 0 : ldap_conn_fail(conn, c, code, "the answer to a bind", e);
}

/* "u:CORP\name" of Active Directory, "dn:uid=name,..." of the others (RFC 4532, RFC 4513 5.2.1.8)
 */
static bool is_same_person(struct str authzid, const struct ldap_config *c,
                           const struct ldap_found *found)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct str who, domain, name, dn;
    if (c->s.account.rules == LDAP_ACCOUNT_AD && str_starts(authzid, STR("u:"))) {
        who = str_from_to(authzid, 2, authzid.n);
        return str_split(who, '\\', &domain, &name) && name.n > 0 &&
               str_eq_nocase(name, found->account_name);
    }
    if (!str_starts(authzid, STR("dn:")))
        return false;
    who = str_from_to(authzid, 3, authzid.n);
    return dn_normalise(who, &a, &dn) && dn.n > 0 && str_eq(dn, found->dn_normal);
}

/* RFC 4513 5.1.2, 6.3.1: a bind may succeed and still be anonymous. Who does the server think we
 * are now? */
static int check_identity(struct ldap_conn *conn, const struct ldap_config *c,
                          const struct ldap_bind *b, struct err *e)
{
    LDAPMessage *message = NULL;
    struct berval *authzid = NULL;
    int msgid = -1, result = LDAP_OTHER;
    int code = ldap_whoami(conn->ld, NULL, NULL, &msgid);
    if (code != LDAP_SUCCESS)
        return ldap_conn_fail(conn, c, code, "who am I", e);
    if (ldap_conn_answer(conn, c, msgid, &message, e) != 0)
        return fail_within(e, "who am I");
    code = ldap_parse_result(conn->ld, message, &result, NULL, NULL, NULL, NULL, 0);
    if (code == LDAP_SUCCESS && result == LDAP_SUCCESS)
        code = ldap_parse_whoami(conn->ld, message, &authzid);
    ldap_msgfree(message);
    bool same =
        authzid && is_same_person((struct str){authzid->bv_val, authzid->bv_len}, c, b->found);
    ber_bvfree(authzid);
    if (code != LDAP_SUCCESS || result != LDAP_SUCCESS)
        return ldap_conn_fail(conn, c, code != LDAP_SUCCESS ? code : result, "who am I", e);
    if (!same)
        return fail(e, ERR_BACKEND, "%s: bound as '%.*s', but the directory says somebody else",
                    c->endpoints[conn->server].url, STR_F(b->found->dn));
    return 0;
}

/* What the ppolicy control says; grace logins are no logins. True: it decides. */
static bool policy_forbids(const struct answer *answer, enum account_state *ret, bool *ret_odd)
{
    enum ldap_ppolicy said = LDAP_PPOLICY_NOTHING;
    const LDAPControl *control =
        ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, answer->controls, NULL);
    *ret_odd = control &&
               !ldap_ppolicy_parse(
                   (struct str){control->ldctl_value.bv_val, control->ldctl_value.bv_len}, &said);
    switch (said) {
    case LDAP_PPOLICY_EXPIRED: *ret = ACCOUNT_MUST_CHANGE_PASSWORD; return true;
    case LDAP_PPOLICY_GRACE: *ret = ACCOUNT_MUST_CHANGE_PASSWORD; return true;
    case LDAP_PPOLICY_MUST_CHANGE: *ret = ACCOUNT_MUST_CHANGE_PASSWORD; return true;
    case LDAP_PPOLICY_LOCKED: *ret = ACCOUNT_LOCKED; return true;
    case LDAP_PPOLICY_OTHER:
    case LDAP_PPOLICY_NOTHING: break;
    }
    return false;
}

static enum ldap_bind_end judge(struct ldap_conn *conn, const struct ldap_config *c,
                                struct ldap_bind *b, const struct answer *answer, struct err *e)
{
    bool odd = false;
    if (policy_forbids(answer, &b->state, &odd))
        return LDAP_BIND_STATE;
    if (odd) {
        fail(e, ERR_BACKEND, "the directory's password policy control cannot be read");
        return LDAP_BIND_BROKEN;
    }
    switch (answer->code) {
    case LDAP_SUCCESS: break;
    case LDAP_INVALID_CREDENTIALS:
        if (c->s.account.rules == LDAP_ACCOUNT_AD &&
            ldap_ad_reason(str_from(answer->text), &b->state))
            return LDAP_BIND_STATE;
        return LDAP_BIND_NO;
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_INAPPROPRIATE_AUTH: /* the entry has no password */
    case LDAP_INSUFFICIENT_ACCESS: return LDAP_BIND_NO;
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
    case LDAP_PROTOCOL_ERROR:
        ldap_conn_fail(conn, c, answer->code, "bind", e);
        return LDAP_BIND_BROKEN;
    default:
        fail(e, ERR_BACKEND, "bind of '%.*s': %s", STR_F(b->found->dn),
             ldap_err2string(answer->code));
        return LDAP_BIND_REFUSED;
    }
    return check_identity(conn, c, b, e) == 0 ? LDAP_BIND_YES : LDAP_BIND_BROKEN;
}

enum ldap_bind_end ldap_bind(struct ldap_conn *conn, const struct ldap_config *c,
                             struct ldap_bind *b, struct err *e)
{
    if (conn->kind != LDAP_CONN_BIND) { /* or the service account's identity would be replaced */
        fail(e, ERR_BUG, "a person's bind on a service connection");
        return LDAP_BIND_BROKEN;
    }
    struct answer answer __attribute__((cleanup(answer_fini))) = {.code = LDAP_OTHER};
    if (exchange_bind(conn, c, b, &answer, e) != 0)
        return LDAP_BIND_BROKEN;
    return judge(conn, c, b, &answer, e);
}
