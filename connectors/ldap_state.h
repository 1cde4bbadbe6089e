#pragma once
/*
 * May this account be used? From the attributes of the entry, and from what a bind says besides yes
 * or no. Whatever cannot be read is not taken for a yes. Pure; any thread.
 */
#include "connectors/ldap_search.h"

/* -1: an attribute cannot be read (the login is then refused). */
must_check int ldap_state_of(const struct ldap_entry *entry, const struct ldap_config *c,
                             int64_t now_ms, enum account_state *ret, struct err *e);

/* draft-behera-ldap-password-policy 6.2, the response control of a bind */
enum ldap_ppolicy {
    LDAP_PPOLICY_NOTHING,
    LDAP_PPOLICY_EXPIRED,
    LDAP_PPOLICY_LOCKED,
    LDAP_PPOLICY_MUST_CHANGE,
    LDAP_PPOLICY_GRACE, /* expired, but this bind was let through */
    LDAP_PPOLICY_OTHER, /* an error that has nothing to do with a login */
};
/* False: not such a value. */
bool ldap_ppolicy_parse(struct str value, enum ldap_ppolicy *ret);

/* Active Directory's text of a refused bind: "... data 533, v1db1". False: no such reason, the
 * password was wrong. */
bool ldap_ad_reason(struct str text, enum account_state *ret);
