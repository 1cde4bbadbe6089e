#include "login/net/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"
#include "login/message.h"

#define CONNECTION_MS 10000
#define PASTE_MAX     ((size_t)16 << 10)

static int open_v4(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, n) == 0 && listen(fd, 8) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &n) == 0) {
        *port = ntohs(address.sin_port);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_v6(unsigned port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT,
                                   .sin6_port = htons((uint16_t)port)};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0 &&
        bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 8) == 0)
        return fd;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return -1;
}

/* The same port on both addresses: some browsers know localhost only as ::1. A port that is free on
   one alone is given back and another one taken. */
int loopback_open(struct loopback *l, struct err *e)
{
    for (int i = 0; i < LOOPBACK_CONNECTIONS; i++)
        l->connections[i] = (struct loopback_connection){.fd = -1};
    for (int attempt = 0; attempt < 8; attempt++) {
        l->v4 = open_v4(&l->port);
        if (l->v4 < 0)
            break;
        l->v6 = open_v6(l->port);
        if (l->v6 >= 0 || errno != EADDRINUSE)
            return 0;
        close(l->v4);
        l->v4 = -1;
    }
    return fail_errno(e, "cannot listen on 127.0.0.1");
}

static void drop(struct loopback_connection *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    buf_fini(&c->in);
}

static void stop_listening(struct loopback *l)
{
    if (l->v4 >= 0)
        close(l->v4);
    if (l->v6 >= 0)
        close(l->v6);
    l->v4 = l->v6 = -1;
}

void loopback_close(struct loopback *l)
{
    stop_listening(l);
    for (int i = 0; i < LOOPBACK_CONNECTIONS && l->port; i++)
        drop(&l->connections[i]);
    l->port = 0;
}

static void accept_one(struct loopback *l, int from, int64_t now_ms)
{
    int fd = accept4(from, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    struct loopback_connection *oldest = &l->connections[0];
    for (int i = 0; i < LOOPBACK_CONNECTIONS; i++) {
        struct loopback_connection *c = &l->connections[i];
        if (c->fd < 0) {
            oldest = c;
            break;
        }
        if (c->since_ms < oldest->since_ms)
            oldest = c;
    }
    drop(oldest); /* browsers open connections ahead that they never use; nobody may fill the table
                     with them */
    oldest->fd = fd;
    oldest->since_ms = now_ms;
    buf_init(&oldest->in, CALLBACK_BYTES_MAX + 1);
}

static void reply(struct loopback_connection *c, enum callback_page page)
{
    auto_buf out = BUF_INIT(8192);
    callback_page(&out, page, message_is_german());
    (void)send(c->fd, out.p, out.n,
               MSG_NOSIGNAL); /* two kilobytes always fit into an empty socket buffer */
    (void)shutdown(c->fd, SHUT_WR);
    char rest[512];
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    /* reading what is still under way keeps the kernel from resetting the connection over our
     * answer */
    for (int i = 0; i < 16; i++)
        if (poll(&p, 1, 100) <= 0 || recv(c->fd, rest, sizeof(rest), 0) <= 0)
            break;
    drop(c);
}

static bool is_ours(struct str state, const struct callback *answer)
{
    return state.n == answer->state.n && bytes_eq_constant_time(state.p, answer->state.p, state.n);
}

static struct callback kept(struct arena *a, const struct callback *answer)
{
    return (struct callback){arena_str(a, answer->code), arena_str(a, answer->state),
                             arena_str(a, answer->issuer), arena_str(a, answer->error),
                             arena_str(a, answer->error_description)};
}

/* Looks at what the connection sent; true when it is the answer. What strangers send lives in an
 * arena of its own. */
static bool judge(struct loopback *l, struct loopback_connection *c, struct loopback_wait *w)
{
    auto_arena scratch = {0};
    struct callback answer;
    arena_init(&scratch, 8 * CALLBACK_BYTES_MAX);
    switch (callback_parse(buf_str(&c->in), l->port, &scratch, &answer)) {
    case CALLBACK_MORE: return false;
    case CALLBACK_NOT_FOUND: reply(c, CALLBACK_PAGE_NOT_FOUND); return false;
    case CALLBACK_METHOD:
    case CALLBACK_BAD: reply(c, CALLBACK_PAGE_BAD); return false;
    case CALLBACK_ANSWER: break;
    }
    if (!is_ours(w->state, &answer)) {
        reply(c, CALLBACK_PAGE_BAD);
        return false;
    }
    stop_listening(l); /* RFC 8252 8.3: closed as soon as the response has come */
    reply(c, answer.code.n > 0 ? CALLBACK_PAGE_DONE : CALLBACK_PAGE_REFUSED);
    w->ret_answer = kept(w->arena, &answer);
    return true;
}

/* True when this connection brought the answer. */
static bool serve(struct loopback *l, struct loopback_connection *c, struct loopback_wait *w)
{
    char *room = buf_reserve(&c->in, 4096);
    size_t space = room ? 4096 : CALLBACK_BYTES_MAX - c->in.n;
    if (!room)
        room = buf_reserve(&c->in, space);
    ssize_t n = room && space > 0 ? recv(c->fd, room, space, 0) : 0;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        drop(c);
        return false;
    }
    buf_commit(&c->in, (size_t)n);
    return judge(l, c, w);
}

/* True when the terminal brought the answer. */
static bool paste(struct loopback_wait *w, struct buf *typed)
{
    char *room = buf_reserve(typed, 1024);
    ssize_t n = room ? read(w->paste, room, 1024) : 0;
    if (n <= 0) {
        if (n == 0 || errno != EINTR)
            w->paste = -1;
        return false;
    }
    buf_commit(typed, (size_t)n);
    struct str line, rest;
    if (!str_split(buf_str(typed), '\n', &line, &rest))
        return false;
    if (callback_parse_pasted(line, w->arena, &w->ret_answer) && is_ours(w->state, &w->ret_answer))
        return true;
    if (str_trim(line).n > 0)
        w->wrong_paste();
    buf_reset(typed);
    return false;
}

enum { SLOT_V4 = LOOPBACK_CONNECTIONS, SLOT_V6, SLOT_PASTE, SLOTS };

static int next_event(struct loopback *l, const struct loopback_wait *w, struct pollfd *p)
{
    for (int i = 0; i < LOOPBACK_CONNECTIONS; i++)
        p[i] = (struct pollfd){.fd = l->connections[i].fd, .events = POLLIN};
    p[SLOT_V4] = (struct pollfd){.fd = l->v4, .events = POLLIN};
    p[SLOT_V6] = (struct pollfd){.fd = l->v6, .events = POLLIN};
    p[SLOT_PASTE] = (struct pollfd){.fd = w->paste, .events = POLLIN};
    int64_t left = w->deadline_ms - clock_monotonic_ms(w->clock);
    return left <= 0 ? -1 : poll(p, SLOTS, left > 1000 ? 1000 : (int)left);
}

/* True when one of the connections brought the answer. */
static bool serve_connections(struct loopback *l, struct loopback_wait *w, const struct pollfd *p,
                              int64_t now_ms)
{
    for (int i = 0; i < LOOPBACK_CONNECTIONS; i++) {
        struct loopback_connection *c = &l->connections[i];
        if (c->fd >= 0 && p[i].revents && serve(l, c, w))
            return true;
        if (c->fd >= 0 && now_ms - c->since_ms > CONNECTION_MS)
            drop(c);
    }
    return false;
}

enum loopback_result loopback_wait(struct loopback *l, struct loopback_wait *w)
{
    struct pollfd p[SLOTS];
    auto_buf typed = BUF_INIT(PASTE_MAX);
    typed.wipe = true;
    while (clock_monotonic_ms(w->clock) < w->deadline_ms) {
        if (next_event(l, w, p) < 0)
            continue; /* a signal, or the deadline */
        int64_t now_ms = clock_monotonic_ms(w->clock);
        if (serve_connections(l, w, p, now_ms))
            return LOOPBACK_ANSWER;
        if (p[SLOT_PASTE].revents && paste(w, &typed))
            return LOOPBACK_ANSWER;
        if (p[SLOT_V4].revents)
            accept_one(l, l->v4, now_ms);
        if (p[SLOT_V6].revents)
            accept_one(l, l->v6, now_ms);
    }
    return LOOPBACK_TIMEOUT;
}
