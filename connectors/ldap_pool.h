#pragma once
/*
 * The connections of a connector: per server two lists that never mix (service, bind), and the
 * server's health. A server that failed three times in a row is left alone for five seconds, then
 * one call probes it. Any thread; the lock is held for list operations only, never across I/O.
 */
#include "connectors/ldap_conn.h"

#define LDAP_BREAKER_FAILURES 3
#define LDAP_BREAKER_OPEN_MS  ((int64_t)5000)
#define LDAP_ANY_SERVER       ((size_t)-1)

struct ldap_pool;
struct ldap_pool *ldap_pool_new(const struct ldap_config *c);
void ldap_pool_free(struct ldap_pool *p); /* every connection has been given back */

/* A connection to the preferred server if it is well, else to the first in order that is. -1: none,
 * e says why of each. */
must_check int ldap_pool_get(struct ldap_pool *p, const struct ldap_conn_wish *wish,
                             struct ldap_conn **ret, struct err *e);
enum ldap_conn_fate {
    LDAP_CONN_CLEAN,  /* the last answer was complete: keep it */
    LDAP_CONN_SPOILT, /* close it; not the server's fault (the caller gave up) */
    LDAP_CONN_BROKEN, /* close it, and it counts against the server */
};
void ldap_pool_put(struct ldap_pool *p, struct ldap_conn *conn, enum ldap_conn_fate fate);

struct ldap_server_health {
    bool open; /* the breaker: it is left alone now */
    unsigned failures, connections;
};
struct ldap_server_health ldap_pool_health(struct ldap_pool *p, size_t server);
