#include "connectors/ldap_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openldap.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "connectors/ldap_tls.h"

bool ldap_time_left(const struct ldap_config *c, int64_t deadline_ms, struct timeval *ret)
{
    int64_t left = deadline_ms - clock_monotonic_ms(c->clock);
    if (left <= 0)
        return false;
    if (left > c->s.operation_ms)
        left = c->s.operation_ms;
    *ret = (struct timeval){left / 1000, left % 1000 * 1000};
    return true;
}

int ldap_conn_fail(struct ldap_conn *conn, const struct ldap_config *c, int code, const char *what,
                   struct err *e)
{
    char *more = NULL;
    conn->last_error = code;
    ldap_get_option(conn->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
    fail(e, ERR_BACKEND, "%s: %s: %s%s%s", c->endpoints[conn->server].url, what,
         ldap_err2string(code), more && *more ? ": " : "", more ? more : "");
    ldap_memfree(more);
    return -1;
}

int ldap_conn_answer(struct ldap_conn *conn, const struct ldap_config *c, int msgid,
                     LDAPMessage **ret, struct err *e)
{
    struct timeval left;
    LDAPMessage *answer = NULL;
    int got = 0;
    if (ldap_time_left(c, conn->io_deadline_ms, &left))
        got = ldap_result(conn->ld, msgid, LDAP_MSG_ALL, &left, &answer);
    if (got > 0) {
        *ret = answer;
        return 0;
    }
    ldap_msgfree(answer); /* a message of type 0 looks like a timeout */
    int code = LDAP_TIMEOUT;
    if (got < 0)
        ldap_get_option(conn->ld, LDAP_OPT_RESULT_CODE, &code);
    return ldap_conn_fail(conn, c, code, "no answer", e);
}

/*
 * libldap waits with poll and then reads a whole message, and its TLS handshake (GnuTLS, Debian 12)
 * tries again for ever: a server that sends half of something, or nothing, would hold the thread.
 * So the socket's reads and writes end after half a second, and a layer between the socket and TLS
 * turns that, or a byte that comes too late, into an error for good.
 */
static bool is_late(const Sockbuf_IO_Desc *layer)
{
    const struct ldap_conn *conn = layer->sbiod_pvt;
    return clock_monotonic_ms(conn->clock) >= conn->io_deadline_ms;
}

static ber_slen_t read_in_time(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t n)
{
    ber_slen_t got = is_late(layer) ? -1 : LBER_SBIOD_READ_NEXT(layer, bytes, n);
    if (got < 0 && is_late(layer))
        errno = ETIMEDOUT;
    return got;
}

static ber_slen_t write_in_time(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t n)
{
    ber_slen_t done = LBER_SBIOD_WRITE_NEXT(layer, bytes, n);
    if (done < 0 && is_late(layer))
        errno = ETIMEDOUT;
    return done;
}

static int layer_setup(Sockbuf_IO_Desc *layer, void *conn)
{
    layer->sbiod_pvt = conn;
    return 0;
}

static int layer_control(Sockbuf_IO_Desc *layer, int option, void *arg)
{
    return LBER_SBIOD_CTRL_NEXT(layer, option, arg);
}

static Sockbuf_IO layer_in_time = {
    .sbi_setup = layer_setup,
    .sbi_ctrl = layer_control,
    .sbi_read = read_in_time,
    .sbi_write = write_in_time,
};

/* Called by libldap when the TCP connection stands, before anything is sent. -1: the connection is
 * not used. */
static int limit_io(LDAP *ld, Sockbuf *buffer, LDAPURLDesc *url, struct sockaddr *address,
                    struct ldap_conncb *callbacks)
{
    ber_socket_t fd = -1;
    const struct timeval slice = {0, 500 * 1000};
    const unsigned unacknowledged_ms = 5000;
    (void)ld, (void)url, (void)address;
    if (ber_sockbuf_ctrl(buffer, LBER_SB_OPT_GET_FD, &fd) != 1 || fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof slice) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &slice, sizeof slice) != 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
    const int below_tls = (LBER_SBIOD_LEVEL_PROVIDER + LBER_SBIOD_LEVEL_TRANSPORT) / 2;
    return ber_sockbuf_add_io(buffer, &layer_in_time, below_tls, callbacks->lc_arg);
}

static void forget(LDAP *ld, Sockbuf *buffer, struct ldap_conncb *callbacks)
{
    (void)ld, (void)buffer, (void)callbacks;
}

/* RFC 4511 4.2: the service account, on a connection that has its TLS by now. */
static int bind_service(struct ldap_conn *conn, const struct ldap_config *c, struct err *e)
{
    if (c->s.bind_dn.n == 0)
        return 0;
    struct str password = secret_reveal(&c->bind_password);
    struct berval cred = {password.n, (char *)(uintptr_t)password.p};
    LDAPMessage *answer = NULL;
    int msgid = -1, code = LDAP_OTHER;
    int sent =
        ldap_sasl_bind(conn->ld, c->s.bind_dn.p, LDAP_SASL_SIMPLE, &cred, NULL, NULL, &msgid);
    if (sent != LDAP_SUCCESS)
        return ldap_conn_fail(conn, c, sent, "bind of the service account", e);
    if (ldap_conn_answer(conn, c, msgid, &answer, e) != 0)
        return fail_within(e, "bind of the service account");
    int parsed = ldap_parse_result(conn->ld, answer, &code, NULL, NULL, NULL, NULL, 1);
    if (parsed != LDAP_SUCCESS || code != LDAP_SUCCESS)
        return ldap_conn_fail(conn, c, parsed != LDAP_SUCCESS ? parsed : code,
                              "bind of the service account", e);
    return 0;
}

static int encrypt_and_bind(struct ldap_conn *conn, const struct ldap_config *c,
                            int64_t deadline_ms, struct err *e)
{
    int code = ldap_connect(conn->ld);
    if (code != LDAP_SUCCESS)
        return ldap_conn_fail(conn, c, code, "connect", e);
    /* RFC 4513 3.1.1: nothing else before it; whatever goes wrong ends the connection, it never
     * goes on in plaintext. */
    if (c->endpoints[conn->server].transport == LDAP_TRANSPORT_STARTTLS) {
        code = ldap_start_tls_s(conn->ld, NULL, NULL);
        if (code != LDAP_SUCCESS)
            return ldap_conn_fail(conn, c, code, "StartTLS", e);
    }
    if (c->endpoints[conn->server].transport != LDAP_TRANSPORT_PLAINTEXT &&
        !ldap_tls_inplace(conn->ld))
        return fail(e, ERR_BACKEND, "%s: no TLS", c->endpoints[conn->server].url);
    conn->io_deadline_ms = deadline_ms;
    return conn->kind == LDAP_CONN_SERVICE ? bind_service(conn, c, e) : 0;
}

/* The times that libldap itself keeps (connect, handshake, StartTLS) end at the caller's deadline
 * too. */
static int shorten_times(LDAP *ld, const struct ldap_config *c, int64_t deadline_ms, struct err *e)
{
    struct timeval left;
    if (!ldap_time_left(c, deadline_ms, &left))
        return fail(e, ERR_BACKEND, "no time is left to connect to the directory");
    ldap_set_option(ld, LDAP_OPT_TIMEOUT, &left);
    if (left.tv_sec * 1000 + left.tv_usec / 1000 < c->s.connect_ms)
        ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &left);
    return 0;
}

int ldap_conn_open(const struct ldap_config *c, const struct ldap_conn_wish *wish,
                   struct ldap_conn **ret, struct err *e)
{
    const struct ldap_endpoint *endpoint = &c->endpoints[wish->server];
    struct ldap_conn *conn = MEM_NEW(struct ldap_conn);
    conn->kind = wish->kind;
    conn->server = wish->server;
    conn->clock = c->clock;
    int64_t connected_ms = clock_monotonic_ms(c->clock) + c->s.connect_ms;
    conn->io_deadline_ms = connected_ms < wish->deadline_ms ? connected_ms : wish->deadline_ms;
    int code = ldap_initialize(&conn->ld, endpoint->url);
    if (code != LDAP_SUCCESS) {
        mem_free(conn);
        return fail(e, ERR_BACKEND, "%s: %s", endpoint->url, ldap_err2string(code));
    }
    conn->callbacks = (struct ldap_conncb){limit_io, forget, conn};
    ldap_set_option(conn->ld, LDAP_OPT_CONNECT_CB, &conn->callbacks);
    if (ldap_options_set(conn->ld, c, endpoint->transport, e) != 0 ||
        shorten_times(conn->ld, c, wish->deadline_ms, e) != 0 ||
        encrypt_and_bind(conn, c, wish->deadline_ms, e) != 0) {
        ldap_conn_close(conn);
        return -1;
    }
    *ret = conn;
    return 0;
}

int ldap_conn_over(const struct ldap_config *c, int fd, enum ldap_conn_kind kind,
                   struct ldap_conn **ret, struct err *e)
{
    LDAP *ld = NULL;
    int code = ldap_init_fd(fd, LDAP_PROTO_TCP, c->endpoints[0].url, &ld);
    if (code != LDAP_SUCCESS)
        return fail(e, ERR_BACKEND, "ldap_init_fd: %s", ldap_err2string(code));
    struct ldap_conn *conn = MEM_NEW(struct ldap_conn);
    conn->ld = ld;
    conn->kind = kind;
    conn->clock = c->clock;
    conn->io_deadline_ms = clock_monotonic_ms(c->clock) + c->s.operation_ms;
    if (ldap_options_set(ld, c, LDAP_TRANSPORT_PLAINTEXT, e) != 0) {
        ldap_conn_close(conn);
        return -1;
    }
    *ret = conn;
    return 0;
}

void ldap_conn_close(struct ldap_conn *conn)
{
    if (!conn)
        return;
    ldap_unbind_ext(conn->ld, NULL, NULL);
    mem_free(conn);
}

bool ldap_conn_quiet(const struct ldap_conn *conn)
{
    struct pollfd p = {.fd = -1, .events = POLLIN | POLLRDHUP};
    return ldap_get_option(conn->ld, LDAP_OPT_DESC, &p.fd) == LDAP_OPT_SUCCESS && p.fd >= 0 &&
           poll(&p, 1, 0) == 0;
}
