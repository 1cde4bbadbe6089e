#include "gateway/http/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/mem.h"

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool is_mapped_ipv4(const struct address *a)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(a->bytes, prefix, sizeof(prefix)) == 0;
}

static socklen_t fill(union any_address *to, const struct address *a, bool ipv4, uint16_t port)
{
    memset(to, 0, sizeof(*to));
    if (ipv4) {
        to->v4.sin_family = AF_INET;
        to->v4.sin_port = htons(port);
        memcpy(&to->v4.sin_addr, a->bytes + 12, 4);
        return sizeof(to->v4);
    }
    to->v6.sin6_family = AF_INET6;
    to->v6.sin6_port = htons(port);
    memcpy(&to->v6.sin6_addr, a->bytes, 16);
    return sizeof(to->v6);
}

static int open_one(const union any_address *to, socklen_t n, bool only_v6)
{
    auto_fd fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, v6only = only_v6;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
        return -1;
    if (to->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)) < 0)
        return -1;
    /* accepted sockets inherit it: the halves of a reply must not wait for each other */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (bind(fd, &to->any, n) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
        return -1;
    int opened = fd;
    fd = -1;
    return opened;
}

static uint16_t port_of(int fd)
{
    union any_address bound;
    socklen_t n = sizeof(bound);
    if (getsockname(fd, &bound.any, &n) < 0)
        return 0;
    return ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
}

int listener_open(const struct http_address *address, int *ret_fd, uint16_t *ret_port,
                  struct err *e)
{
    static const struct address any_v4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};
    union any_address to;
    struct address a = {0};
    bool every = str_is(address->host, "*");
    if (!every && !address_parse(address->host, &a))
        return fail(e, ERR_CONFIG, "listen: '%.*s' is no IP address", STR_F(address->host));
    socklen_t n = fill(&to, &a, !every && is_mapped_ipv4(&a), address->port);
    int fd = open_one(&to, n, !every);
    if (fd < 0 && every && errno == EAFNOSUPPORT) {
        n = fill(&to, &any_v4, true, address->port);
        fd = open_one(&to, n, false);
    }
    if (fd < 0)
        return fail_errno(e, "cannot listen on %.*s port %u", STR_F(address->host), address->port);
    *ret_fd = fd;
    *ret_port = port_of(fd);
    return 0;
}
