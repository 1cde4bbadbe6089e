#include "gateway/http/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static struct address from_ipv4(const void *four)
{
    struct address a;
    memcpy(a.bytes, mapped_prefix, sizeof(mapped_prefix));
    memcpy(a.bytes + 12, four, 4);
    return a;
}

static bool is_ipv4(const struct address *a)
{
    return memcmp(a->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool address_from_sockaddr(const struct sockaddr *sa, struct address *ret)
{
    if (sa && sa->sa_family == AF_INET) {
        *ret = from_ipv4(&((const struct sockaddr_in *)(const void *)sa)->sin_addr);
        return true;
    }
    if (!sa || sa->sa_family != AF_INET6)
        return false;
    memcpy(ret->bytes, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
    return true;
}

bool address_parse(struct str text, struct address *ret)
{
    char name[INET6_ADDRSTRLEN];
    uint8_t four[4];
    if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
        text = str_from_to(text, 1, text.n - 1);
    if (text.n == 0 || text.n >= sizeof(name) || memchr(text.p, 0, text.n))
        return false;
    memcpy(name, text.p, text.n);
    name[text.n] = 0;
    if (inet_pton(AF_INET, name, four) == 1) {
        *ret = from_ipv4(four);
        return true;
    }
    return inet_pton(AF_INET6, name, ret->bytes) == 1;
}

struct str address_format(const struct address *a, struct arena *arena)
{
    char name[INET6_ADDRSTRLEN] = "";
    if (is_ipv4(a))
        inet_ntop(AF_INET, a->bytes + 12, name, sizeof(name));
    else
        inet_ntop(AF_INET6, a->bytes, name, sizeof(name));
    return arena_str(arena, str_from(name));
}

bool address_is_loopback(const struct address *a)
{
    static const struct cidr loopback[] = {
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 0}}, 104},
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, 128}};
    return cidr_has(&loopback[0], a) || cidr_has(&loopback[1], a);
}

static bool bits_are_zero(const struct address *a, unsigned from)
{
    for (unsigned bit = from; bit < 128; bit++)
        if (a->bytes[bit / 8] & (0x80U >> (bit % 8)))
            return false;
    return true;
}

bool cidr_parse(struct str text, struct cidr *ret)
{
    struct str name = text, bits_text = STR_NONE;
    struct cidr c = {.bits = 128};
    int64_t bits;
    bool has_bits = str_split(text, '/', &name, &bits_text);
    if (!address_parse(name, &c.address))
        return false;
    if (has_bits) {
        int64_t most = is_ipv4(&c.address) && !str_has(name, ':') ? 32 : 128;
        if (!str_to_i64(bits_text, &bits) || bits < 0 || bits > most)
            return false;
        c.bits = (unsigned)(bits + 128 - most);
    }
    if (!bits_are_zero(&c.address, c.bits))
        return false;
    *ret = c;
    return true;
}

bool cidr_has(const struct cidr *c, const struct address *a)
{
    unsigned whole = c->bits / 8, rest = c->bits % 8;
    if (memcmp(c->address.bytes, a->bytes, whole) != 0)
        return false;
    return rest == 0 || ((c->address.bytes[whole] ^ a->bytes[whole]) >> (8 - rest)) == 0;
}

static bool is_trusted(const struct address *a, const struct cidr *trusted, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cidr_has(&trusted[i], a))
            return true;
    return false;
}

/* Takes the last comma-separated entry off the list. */
static bool last_entry(struct str *list, struct str *ret)
{
    if (!list->p)
        return false;
    size_t at = list->n;
    while (at > 0 && list->p[at - 1] != ',')
        at--;
    *ret = str_trim(str_from_to(*list, at, list->n));
    *list = at > 0 ? str_from_to(*list, 0, at - 1) : STR_NONE;
    return true;
}

struct address peer_of(const struct address *connection, const struct str *lists, size_t n_lists,
                       const struct cidr *trusted, size_t n_trusted)
{
    struct address peer = *connection, next;
    for (size_t line = n_lists; line-- > 0;) {
        struct str rest = lists[line], entry;
        while (is_trusted(&peer, trusted, n_trusted) && last_entry(&rest, &entry)) {
            if (!address_parse(entry, &next))
                return peer;
            peer = next;
        }
    }
    return peer;
}
