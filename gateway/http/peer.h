#pragma once
/*
 * Who is at the other end: addresses as text, networks in CIDR form, and what X-Forwarded-For is
 * worth. Pure; any thread.
 */
#include <sys/socket.h>

#include "base/arena.h"
#include "base/str.h"

struct address { /* IPv4 is kept as ::ffff:a.b.c.d */
    uint8_t bytes[16];
};
struct cidr {
    struct address address;
    unsigned bits; /* 0..128 */
};
bool address_from_sockaddr(const struct sockaddr *sa, struct address *ret);
/* A literal IPv4 or IPv6 address, also "[...]"; no port, no zone, nothing around it. */
bool address_parse(struct str text, struct address *ret);
struct str address_format(const struct address *a, struct arena *arena);
bool address_is_loopback(const struct address *a);
/* "10.0.0.0/8", "2001:db8::/32", or a single address; bits behind the prefix must be zero. */
bool cidr_parse(struct str text, struct cidr *ret);
bool cidr_has(const struct cidr *c, const struct address *a);

/* From the right, the first address that is not a trusted proxy. Only asked when the connection
   itself comes from one; an entry that cannot be read ends the walk: the last address that could be
   trusted counts. lists: the header's lines in order. */
struct address peer_of(const struct address *connection, const struct str *lists, size_t n_lists,
                       const struct cidr *trusted, size_t n_trusted);
