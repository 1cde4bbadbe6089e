#include "connectors/ldap_state.h"

#define DAY_MS        ((int64_t)86400000)
#define AD_DISABLED   0x2
#define AD_LOCKOUT    0x10
#define AD_PW_EXPIRED 0x800000
#define AD_NEVER      INT64_C(0x7fffffffffffffff)
/* 100 ns steps from 1601 to 1970 */
#define AD_EPOCH INT64_C(116444736000000000)

/* GeneralizedTime in UTC (RFC 4517 3.3.13), as slapd writes it: YYYYMMDDHHMMSS[.fraction]Z */
static bool parse_time(struct str s, int64_t *ret_ms)
{
    static const char shape[] = "####-##-##T##:##:##Z"; /* RFC 3339, what time_parse knows */
    auto_buf iso = BUF_INIT(sizeof shape);
    if (s.n < 15 || s.n > 30 || s.p[s.n - 1] != 'Z' || (s.n > 15 && s.p[14] != '.'))
        return false;
    const char *digit = s.p;
    for (const char *c = shape; *c; c++)
        buf_char(&iso, *c == '#' ? *digit++ : *c);
    return time_parse(buf_str(&iso), ret_ms);
}

static int odd(struct err *e, struct str attribute)
{
    return fail(e, ERR_BACKEND, "the account's %.*s cannot be read", STR_F(attribute));
}

/* The only value of an attribute, if the entry has it. -1: it has several. */
static int one_value(const struct ldap_entry *entry, struct str name, struct str *ret,
                     struct err *e)
{
    const struct ldap_attribute *a = ldap_entry_get(entry, name);
    *ret = STR_NONE;
    if (!a || a->n == 0)
        return 0;
    if (a->n > 1)
        return odd(e, name);
    *ret = ldap_value(a, 0);
    return ret->n ? 0 : odd(e, name);
}

static int64_t shortest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* slapo-ppolicy(5): 000001010000Z is for ever; else until pwdLockoutDuration is over */
static int openldap_locked(const struct ldap_entry *entry, const struct ldap_config *c,
                           int64_t now_ms, bool *ret, struct err *e)
{
    const struct str name = STR("pwdAccountLockedTime");
    struct str since;
    int64_t since_ms;
    *ret = false;
    if (one_value(entry, name, &since, e) != 0)
        return -1;
    if (since.n == 0)
        return 0;
    *ret = true;
    if (str_starts(since, STR("000001010000")) || c->s.account.lockout_ms <= 0)
        return 0;
    if (!parse_time(since, &since_ms))
        return odd(e, name);
    *ret = now_ms < since_ms + c->s.account.lockout_ms;
    return 0;
}

/* slapo-ppolicy(5): the password works from pwdStartTime until before pwdEndTime; shadowExpire:
 * days since 1970, the account ends with that day's beginning (RFC 2307, shadow(5)) */
static int openldap_expired(const struct ldap_entry *entry, int64_t now_ms, bool *ret,
                            struct err *e)
{
    struct str start, end, shadow;
    int64_t start_ms = 0, end_ms = INT64_MAX, days = -1;
    if (one_value(entry, STR("pwdStartTime"), &start, e) != 0 ||
        one_value(entry, STR("pwdEndTime"), &end, e) != 0 ||
        one_value(entry, STR("shadowExpire"), &shadow, e) != 0)
        return -1;
    if (start.n && !parse_time(start, &start_ms))
        return odd(e, STR("pwdStartTime"));
    if (end.n && !parse_time(end, &end_ms))
        return odd(e, STR("pwdEndTime"));
    if (shadow.n && (!str_to_i64(shadow, &days) || days < -1))
        return odd(e, STR("shadowExpire"));
    int64_t last = days < 0 ? INT64_MAX : shortest(days, INT64_MAX / DAY_MS) * DAY_MS;
    *ret = now_ms < start_ms || now_ms >= end_ms || now_ms >= last;
    return 0;
}

static int openldap_state(const struct ldap_entry *entry, const struct ldap_config *c,
                          int64_t now_ms, enum account_state *ret, struct err *e)
{
    bool locked = false, expired = false;
    struct str reset;
    if (openldap_expired(entry, now_ms, &expired, e) != 0 ||
        openldap_locked(entry, c, now_ms, &locked, e) != 0 ||
        one_value(entry, STR("pwdReset"), &reset, e) != 0)
        return -1;
    if (expired)
        *ret = ACCOUNT_EXPIRED;
    else if (locked)
        *ret = ACCOUNT_LOCKED;
    else if (reset.n && !str_eq_nocase(reset, STR("FALSE")))
        *ret = ACCOUNT_MUST_CHANGE_PASSWORD;
    return 0;
}

static int ad_number(const struct ldap_entry *entry, struct str name, int64_t absent, int64_t *ret,
                     struct err *e)
{
    struct str text;
    *ret = absent;
    if (one_value(entry, name, &text, e) != 0)
        return -1;
    return text.n && !str_to_i64(text, ret) ? odd(e, name) : 0;
}

/* [MS-ADTS] 2.2.16 userAccountControl bits; accountExpires 0 and 0x7FFF...: never; pwdLastSet 0:
 * must change */
static int ad_state(const struct ldap_entry *entry, int64_t now_ms, enum account_state *ret,
                    struct err *e)
{
    int64_t control, computed, expires, last_set;
    if (ad_number(entry, STR("userAccountControl"), AD_DISABLED, &control, e) != 0 ||
        ad_number(entry, STR("msDS-User-Account-Control-Computed"), 0, &computed, e) != 0 ||
        ad_number(entry, STR("accountExpires"), 0, &expires, e) != 0 ||
        ad_number(entry, STR("pwdLastSet"), 1, &last_set, e) != 0)
        return -1;
    bool ends = expires != 0 && expires != AD_NEVER;
    if (control &
        AD_DISABLED) /* also when we may not read it: an account that tells nothing is not used */
        *ret = ACCOUNT_DISABLED;
    else if (ends && now_ms >= (expires - AD_EPOCH) / 10000)
        *ret = ACCOUNT_EXPIRED;
    else if ((control | computed) & AD_LOCKOUT)
        *ret = ACCOUNT_LOCKED;
    else if (last_set == 0 || ((control | computed) & AD_PW_EXPIRED))
        *ret = ACCOUNT_MUST_CHANGE_PASSWORD;
    return 0;
}

int ldap_state_of(const struct ldap_entry *entry, const struct ldap_config *c, int64_t now_ms,
                  enum account_state *ret, struct err *e)
{
    enum account_state state = ACCOUNT_ACTIVE;
    int done = 0;
    if (c->s.account.rules == LDAP_ACCOUNT_OPENLDAP)
        done = openldap_state(entry, c, now_ms, &state, e);
    else if (c->s.account.rules == LDAP_ACCOUNT_AD)
        done = ad_state(entry, now_ms, &state, e);
    const struct ldap_attribute *a = c->s.account.disabled_attribute.n
                                         ? ldap_entry_get(entry, c->s.account.disabled_attribute)
                                         : NULL;
    for (size_t i = 0; a && i < a->n; i++)
        if (str_eq_nocase(ldap_value(a, i), c->s.account.disabled_value))
            state = ACCOUNT_DISABLED;
    if (done == 0)
        *ret = state;
    return done;
}

/* One BER element of definite short length (that is all this control needs, CVE-2026-9801 was a
 * longer one believed). */
static bool ber_element(struct str *rest, unsigned char *ret_tag, struct str *ret_body)
{
    if (rest->n < 2)
        return false;
    size_t n = (unsigned char)rest->p[1];
    if (n > 127 || n > rest->n - 2)
        return false;
    *ret_tag = (unsigned char)rest->p[0];
    *ret_body = str_from_to(*rest, 2, 2 + n);
    *rest = str_from_to(*rest, 2 + n, rest->n);
    return true;
}

/* PasswordPolicyResponseValue ::= SEQUENCE { warning [0] CHOICE { timeBeforeExpiration [0],
 * graceAuthNsRemaining [1] } OPTIONAL, error [1] ENUMERATED OPTIONAL } */
static bool ppolicy_part(unsigned char tag, struct str part, enum ldap_ppolicy *found)
{
    static const enum ldap_ppolicy errors[] = {LDAP_PPOLICY_EXPIRED, LDAP_PPOLICY_LOCKED,
                                               LDAP_PPOLICY_MUST_CHANGE};
    unsigned char choice;
    struct str number;
    if (tag == 0x81 && part.n == 1) {
        size_t code = (unsigned char)part.p[0];
        *found = code < 3 ? errors[code] : LDAP_PPOLICY_OTHER;
        return true;
    }
    if (tag != 0xa0 || !ber_element(&part, &choice, &number) || part.n != 0 || number.n < 1 ||
        number.n > 4)
        return false;
    if (choice == 0x81 && *found == LDAP_PPOLICY_NOTHING)
        *found = LDAP_PPOLICY_GRACE;
    return true;
}

bool ldap_ppolicy_parse(struct str value, enum ldap_ppolicy *ret)
{
    unsigned char tag;
    struct str rest = value, body, part;
    enum ldap_ppolicy found = LDAP_PPOLICY_NOTHING;
    if (value.n > 64 || !ber_element(&rest, &tag, &body) || tag != 0x30 || rest.n != 0)
        return false;
    while (body.n > 0)
        if (!ber_element(&body, &tag, &part) || !ppolicy_part(tag, part, &found))
            return false;
    *ret = found;
    return true;
}

bool ldap_ad_reason(struct str text, enum account_state *ret)
{
    static const struct {
        const char *data;
        enum account_state state;
    } reasons[] = {
        {", data 532,", ACCOUNT_MUST_CHANGE_PASSWORD},
        {", data 533,", ACCOUNT_DISABLED},
        {", data 701,", ACCOUNT_EXPIRED},
        {", data 773,", ACCOUNT_MUST_CHANGE_PASSWORD},
        {", data 775,", ACCOUNT_LOCKED},
        {", data 530,", ACCOUNT_DISABLED},
        {", data 531,", ACCOUNT_DISABLED}, /* not at this hour, not from this machine */
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (str_contains(text, str_from(reasons[i].data))) {
            *ret = reasons[i].state;
            return true;
        }
    }
    return false;
}
