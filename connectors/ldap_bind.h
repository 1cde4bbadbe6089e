#pragma once
/* Checks one password by one bind on a bind connection, and makes sure that the bind was what it
 * seems. */
#include "connectors/ldap_person.h"

enum ldap_bind_end {
    LDAP_BIND_YES,
    LDAP_BIND_NO,      /* the password is wrong, or there is no such entry */
    LDAP_BIND_STATE,   /* the account's state forbids it: *ret_state */
    LDAP_BIND_REFUSED, /* the server does not want such binds; e says why */
    LDAP_BIND_BROKEN,  /* no answer that could be believed; e says why */
};
struct ldap_bind {
    const struct ldap_found *found; /* whose entry; for a decoy only dn is set */
    struct str password;            /* not empty, at most 1024 bytes, no NUL: the caller looked */
    enum account_state state;       /* out, with LDAP_BIND_STATE */
};
enum ldap_bind_end ldap_bind(struct ldap_conn *conn, const struct ldap_config *c,
                             struct ldap_bind *b, struct err *e);
