#pragma once
/*
 * The checked form of struct ldap_settings: everything copied, defaults filled, filters parsed.
 * Immutable after ldap_config_new, so any thread reads it. Every text in here is NUL-terminated
 * behind its end and has no NUL inside.
 */
#include <sys/time.h> /* before ldap.h, which only names struct timeval */

#include <ldap.h>

#include "connectors/ldap.h"
#include "connectors/ldap_filter.h"

enum ldap_transport { LDAP_TRANSPORT_LDAPS, LDAP_TRANSPORT_STARTTLS, LDAP_TRANSPORT_PLAINTEXT };
struct ldap_endpoint {
    const char *url; /* scheme://host:port/ as libldap takes it */
    enum ldap_transport transport;
};

#define LDAP_ATTRIBUTES_MAX 16

struct ldap_config {
    struct arena arena;
    const struct clock *clock;
    struct ldap_settings s; /* defaults filled; bind_password points to the copy below */
    struct secret bind_password;
    struct ldap_endpoint *endpoints;
    size_t n_endpoints;
    struct ldap_filter person, login, group; /* only login has a placeholder */
    struct str people_base, groups_base;     /* normal form */
    struct str decoy_dn;
    char *person_attributes[LDAP_ATTRIBUTES_MAX]; /* NULL-terminated */
    char *group_attributes[4];
    bool id_is_guid; /* objectGUID: 16 bytes, shown as a UUID */
};

struct ldap_config *ldap_config_new(const struct ldap_settings *settings, const struct clock *clock,
                                    struct err *e);
void ldap_config_free(struct ldap_config *c);
int ldap_scope_number(enum ldap_scope_of_search scope);
