#include "connectors/ldap_tls.h"

/* One message of a server. A person's entry is some KiB; a page of 500 groups with all their
 * members fits. */
#define INCOMING_MAX ((ber_len_t)8 << 20)

struct int_option {
    int option, value;
    const char *name;
};
struct text_option {
    int option;
    const char *value, *name;
};

static int set_ints(LDAP *ld, const struct int_option *options, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (ldap_set_option(ld, options[i].option, &options[i].value) != LDAP_OPT_SUCCESS)
            return fail(e, ERR_BUG, "libldap refuses the option %s", options[i].name);
    return 0;
}

static int set_tls(LDAP *ld, const struct ldap_config *c, struct err *e)
{
    static const struct int_option demands[] = {
        {LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND, "TLS_REQCERT"},
        /* CVE-2020-15719: a name in CN counts for nothing (RFC 6125 6.4.4) */
        {LDAP_OPT_X_TLS_REQUIRE_SAN, LDAP_OPT_X_TLS_DEMAND, "TLS_REQSAN"},
        {LDAP_OPT_X_TLS_PROTOCOL_MIN, LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, "TLS_PROTOCOL_MIN"},
    };
    const struct text_option files[] = {
        {LDAP_OPT_X_TLS_CACERTFILE, c->s.ca_file.p, "ca_file"},
        {LDAP_OPT_X_TLS_CERTFILE, c->s.certificate_file.p, "certificate_file"},
        {LDAP_OPT_X_TLS_KEYFILE, c->s.key_file.p, "key_file"},
    };
    if (set_ints(ld, demands, sizeof demands / sizeof *demands, e) != 0)
        return -1;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].value && *files[i].value &&
            ldap_set_option(ld, files[i].option, files[i].value) != LDAP_OPT_SUCCESS)
            return fail(e, ERR_CONFIG, "ldap: libldap refuses %s %s", files[i].name,
                        files[i].value);
    /* A TLS context of this handle's own, made from exactly the above. */
    const int client = 0;
    if (ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_OPT_SUCCESS)
        return fail(e, ERR_CONFIG, "ldap: ca_file %s or the client certificate cannot be used",
                    c->s.ca_file.p);
    return 0;
}

static int set_times(LDAP *ld, const struct ldap_config *c, struct err *e)
{
    /* The default of all of them is: wait for ever. */
    const struct timeval connect = {c->s.connect_ms / 1000, c->s.connect_ms % 1000 * 1000};
    const struct timeval operation = {c->s.operation_ms / 1000, c->s.operation_ms % 1000 * 1000};
    if (ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &connect) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_TIMEOUT, &operation) != LDAP_OPT_SUCCESS)
        return fail(e, ERR_BUG, "libldap refuses a timeout");
    return 0;
}

int ldap_options_set(LDAP *ld, const struct ldap_config *c, enum ldap_transport transport,
                     struct err *e)
{
    static const struct int_option always[] = {
        {LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3, "version 3"}, /* libldap's default is 2 */
        {LDAP_OPT_DEREF, LDAP_DEREF_NEVER, "deref"},
        {LDAP_OPT_X_KEEPALIVE_IDLE, 30, "keepalive"},
        {LDAP_OPT_X_KEEPALIVE_PROBES, 3, "keepalive"},
        {LDAP_OPT_X_KEEPALIVE_INTERVAL, 5, "keepalive"},
    };
    if (set_ints(ld, always, sizeof always / sizeof *always, e) != 0)
        return -1;
    /* A referral is a server telling us where to connect: never followed (on by default). */
    if (ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != LDAP_OPT_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON) != LDAP_OPT_SUCCESS)
        return fail(e, ERR_BUG, "libldap refuses an option");
    Sockbuf *buffer = NULL;
    ber_len_t most = INCOMING_MAX;
    if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer) != LDAP_OPT_SUCCESS || !buffer ||
        ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &most) != 1)
        return fail(e, ERR_BUG, "libldap takes no ceiling for a message");
    if (set_times(ld, c, e) != 0)
        return -1;
    return transport == LDAP_TRANSPORT_PLAINTEXT ? 0 : set_tls(ld, c, e);
}
