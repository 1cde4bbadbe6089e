#pragma once
/* Every option of a handle, set one by one and checked: nothing is inherited from the process, its
 * environment or a file. */
#include "connectors/ldap_config.h"

must_check int ldap_options_set(LDAP *ld, const struct ldap_config *c,
                                enum ldap_transport transport, struct err *e);
