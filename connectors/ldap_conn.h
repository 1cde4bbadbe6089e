#pragma once
/*
 * One connection to one directory server. A service connection is bound as the service account when
 * it is opened and only searches; a bind connection is opened without any identity and only checks
 * passwords, each bind replacing the one before (RFC 4511 4.2.1). One thread at a time.
 */
#include "connectors/ldap_config.h"

enum ldap_conn_kind { LDAP_CONN_SERVICE, LDAP_CONN_BIND };

struct ldap_conn {
    LDAP *ld;
    enum ldap_conn_kind kind;
    size_t server;         /* index into ldap_config.endpoints */
    int64_t idle_since_ms; /* while it lies in the pool */
    const struct clock *clock;
    int64_t io_deadline_ms; /* no byte is waited for beyond it: the deadline of who has it now */
    struct ldap_conncb callbacks; /* of libldap, which keeps its address */
    int last_error;               /* of libldap, set by ldap_conn_fail */
    bool spoilt;                  /* the rest of an old answer may still come: close it */
    bool reused;            /* it came out of the pool: the server may have hung up meanwhile */
    struct ldap_conn *next; /* in the pool's list */
};

struct ldap_conn_wish {
    enum ldap_conn_kind kind;
    size_t server; /* the preferred one */
    int64_t deadline_ms;
};
/* Connected, encrypted and (service) bound, or -1. */
must_check int ldap_conn_open(const struct ldap_config *c, const struct ldap_conn_wish *wish,
                              struct ldap_conn **ret, struct err *e);
/* A connection over a descriptor that is there already, for the fuzzer: no TLS, no bind. Takes the
 * descriptor. */
must_check int ldap_conn_over(const struct ldap_config *c, int fd, enum ldap_conn_kind kind,
                              struct ldap_conn **ret, struct err *e);
void ldap_conn_close(struct ldap_conn *conn);
/* False: the server hung up or said something nobody asked for; such a connection is not used
 * again. */
bool ldap_conn_quiet(const struct ldap_conn *conn);

/* What is left until the deadline, at most the configured time of one operation. False: nothing is
 * left. */
bool ldap_time_left(const struct ldap_config *c, int64_t deadline_ms, struct timeval *ret);
/* Waits for the whole answer to msgid; the caller frees *ret. -1: late or broken, close the
 * connection. */
must_check int ldap_conn_answer(struct ldap_conn *conn, const struct ldap_config *c, int msgid,
                                LDAPMessage **ret, struct err *e);
int ldap_conn_fail(struct ldap_conn *conn, const struct ldap_config *c, int code, const char *what,
                   struct err *e);
