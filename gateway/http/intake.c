#include "gateway/http/intake.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>

#include "base/mem.h"

#define CHUNK        16384 /* one TLS record (RFC 8446 5.1) */
#define DISCARD_MAX  64    /* chunks thrown away behind a refused request */
#define INTAKE_ERROR (-1)
#define INTAKE_WAIT  (-2)

static _Atomic(struct intake *) by_fd[INTAKE_FD_MAX];

/* --- the sockets that are ours */

static struct intake *find(int fd)
{
    return fd >= 0 && fd < INTAKE_FD_MAX ? atomic_load_explicit(&by_fd[fd], memory_order_acquire)
                                         : NULL;
}

/* Another library's session carries a pointer where ours has a descriptor: it must be the very
 * session. */
struct intake *intake_find(gnutls_session_t session)
{
    struct intake *in = find(gnutls_transport_get_int(session));
    return in && in->tls == session ? in : NULL;
}

struct intake *intake_new(struct MHD_Connection *connection, const struct guard_limits *limits)
{
    const union MHD_ConnectionInfo *fd, *address, *tls;
    fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!fd || fd->connect_fd < 0 || fd->connect_fd >= INTAKE_FD_MAX)
        return NULL;
    struct intake *in = MEM_NEW(struct intake);
    in->fd = in->member.fd = fd->connect_fd;
    in->connection = connection;
    address = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!address || !address_from_sockaddr(address->client_addr, &in->address)) {
        mem_free(in);
        return NULL;
    }
    tls = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    in->tls = tls ? tls->tls_session : NULL;
    guard_init(&in->guard, *limits);
    atomic_store_explicit(&by_fd[in->fd], in, memory_order_release);
    return in;
}

void intake_free(struct intake *in)
{
    atomic_store_explicit(&by_fd[in->fd], NULL, memory_order_release);
    guard_fini(&in->guard);
    mem_free(in);
}

/* --- deadlines: libmicrohttpd counts from the last byte it was given, and it is given none before
 * the request is complete */

static void set_timeout(struct intake *in, unsigned seconds)
{
    /* from zero to a value: only this way the count begins anew */
    MHD_set_connection_option(in->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
    MHD_set_connection_option(in->connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

void intake_start_deadline(struct intake *in)
{
    if (!in->hurried)
        set_timeout(in, in->head_seconds);
    in->hurried = true;
}

void intake_stop_deadline(struct intake *in)
{
    if (in->hurried)
        set_timeout(in, in->idle_seconds);
    in->hurried = false;
}

/* --- bytes in */

typedef ssize_t record_recv_fn(gnutls_session_t session, void *data, size_t n);

/* The library's own function behind the one we define below. */
static record_recv_fn *real_record_recv(void)
{
    static _Atomic(record_recv_fn *) known;
    record_recv_fn *f = atomic_load_explicit(&known, memory_order_relaxed);
    if (!f) {
        *(void **)&f = dlsym(RTLD_NEXT, "gnutls_record_recv");
        atomic_store_explicit(&known, f, memory_order_relaxed);
    }
    return f;
}

/* Bytes, 0 at the end, INTAKE_WAIT, or INTAKE_ERROR with *ret_error as the caller's caller knows
 * it. */
static ssize_t receive(struct intake *in, void *p, size_t n, ssize_t *ret_error)
{
    ssize_t got = in->tls ? real_record_recv()(in->tls, p, n)
                          : recvfrom(in->fd, p, n, MSG_DONTWAIT, NULL, NULL);
    if (got >= 0)
        return got;
    if (in->tls ? (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
                : (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return INTAKE_WAIT;
    *ret_error = in->tls ? got : errno;
    return INTAKE_ERROR;
}

/* What a refused peer still says is read and forgotten, so that closing does not reset the
 * connection under our answer. */
static void discard(struct intake *in)
{
    char chunk[CHUNK];
    ssize_t error;
    for (int i = 0; i < DISCARD_MAX; i++)
        if (receive(in, chunk, sizeof(chunk), &error) <= 0)
            return;
}

/* RFC 9110 10.1.1: a client that expects it is told to go on, once, unless the body is coming
 * already. */
static void tell_to_continue(struct intake *in)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (in->told_to_continue || in->guard.state != GUARD_BODY || !in->guard.head.expects_continue ||
        in->guard.body.n > 0)
        return;
    in->told_to_continue = true;
    ssize_t sent = in->tls ? gnutls_record_send(in->tls, text, sizeof(text) - 1)
                           : send(in->fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != sizeof(text) - 1) /* nothing else is on its way, so the peer is gone */
        shutdown(in->fd, SHUT_RDWR);
}

static bool is_done(const struct intake *in)
{
    const struct guard *g = &in->guard;
    return g->state == GUARD_COMPLETE || (g->state == GUARD_REFUSED && g->n_swallow == 0);
}

/* Feeds the guard until the request is done (1), the peer has nothing more now (INTAKE_WAIT), or
 * the end (0, INTAKE_ERROR). */
static ssize_t take_request(struct intake *in, ssize_t *ret_error)
{
    char chunk[CHUNK];
    bool maybe_more =
        true; /* a plain socket that gave less than asked is empty; its next byte wakes us */
    while (!is_done(in) && maybe_more) {
        ssize_t got = receive(in, chunk, sizeof(chunk), ret_error);
        if (got <= 0 && got != INTAKE_WAIT)
            return got;
        if (got == INTAKE_WAIT)
            break;
        guard_feed(&in->guard, (struct str){chunk, (size_t)got});
        maybe_more = in->tls || (size_t)got == sizeof(chunk);
        if (in->guard.state == GUARD_COMPLETE && !in->tls && maybe_more)
            in->guard.head.close = true; /* bytes may be left of which no event would tell */
    }
    if (in->guard.state == GUARD_REFUSED && is_done(in))
        discard(in);
    if (is_done(in))
        return 1;
    tell_to_continue(in);
    if (in->guard.state != GUARD_EMPTY)
        intake_start_deadline(in);
    return INTAKE_WAIT;
}

/* --- what libmicrohttpd is given */

static struct str constant_for(const struct guard *g)
{
    static const struct str kept = {"GET / HTTP/1.1\r\nHost: -\r\n\r\n", 27};
    static const struct str closed = {"GET / HTTP/1.1\r\nHost: -\r\nConnection: close\r\n\r\n", 46};
    static const struct str head_kept = {"HEAD / HTTP/1.1\r\nHost: -\r\n\r\n", 28};
    static const struct str head_closed = {
        "HEAD / HTTP/1.1\r\nHost: -\r\nConnection: close\r\n\r\n", 47};
    if (g->state == GUARD_COMPLETE && g->head.method == HTTP_HEAD)
        return g->head.close ? head_closed : head_kept;
    return g->head.close ? closed : kept;
}

static ssize_t give(struct intake *in, char *out, size_t n, ssize_t *ret_error)
{
    if (in->delivered && in->constant.n == 0)
        return INTAKE_WAIT;
    if (!in->delivered) {
        ssize_t taken = take_request(in, ret_error);
        if (taken <= 0)
            return taken;
        in->delivered = true;
        in->constant = constant_for(&in->guard);
    }
    struct str piece = str_from_to(in->constant, 0, n);
    memcpy(out, piece.p, piece.n);
    in->constant = str_from_to(in->constant, piece.n, in->constant.n);
    return (ssize_t)piece.n;
}

void intake_next(struct intake *in)
{
    if (in->guard.state == GUARD_REFUSED || in->guard.head.close)
        discard(in);
    guard_reset(&in->guard);
    in->guard.head = (struct head){0};
    in->constant = STR_NONE;
    in->delivered = in->told_to_continue = false;
}

/* --- the two functions */

#define IN_FRONT __attribute__((visibility("default"), used))

IN_FRONT ssize_t recv(int fd, void *p, size_t n, int flags)
{
    struct intake *in = find(fd);
    if (!in || in->tls) /* a TLS library reads its records below gnutls_record_recv */
        return recvfrom(fd, p, n, flags, NULL, NULL);
    ssize_t error = EIO, got = give(in, p, n, &error);
    if (got >= 0)
        return got;
    errno = got == INTAKE_WAIT ? EAGAIN : (int)error;
    return -1;
}

IN_FRONT ssize_t gnutls_record_recv(gnutls_session_t session, void *data, size_t n)
{
    struct intake *in = intake_find(session);
    if (!in)
        return real_record_recv()(session, data, n);
    ssize_t error = GNUTLS_E_PULL_ERROR, got = give(in, data, n, &error);
    if (got >= 0)
        return got;
    return got == INTAKE_WAIT ? GNUTLS_E_AGAIN : error;
}
