#pragma once
/* A directory entry becomes a struct person (without its groups), in the caller's arena; or it is
 * refused with the reason. */
#include "connectors/ldap_search.h"

struct ldap_found {
    struct person person;
    struct str dn; /* as the server wrote it: what is bound */
    struct str dn_normal;
    struct str account_name; /* Active Directory: sAMAccountName, for the check after the bind */
    struct str *member_of;   /* as the server wrote them */
    size_t n_member_of;
};
must_check int ldap_person_of(const struct ldap_entry *entry, const struct ldap_config *c,
                              struct arena *a, struct ldap_found *ret, struct err *e);

/* The search filter for an id as ldap_person_of makes it; false: no id of ours. */
bool ldap_id_filter(const struct ldap_config *c, struct str id, struct buf *out);
