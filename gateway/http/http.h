#pragma once
/*
 * The HTTP server: libmicrohttpd for sockets, TLS, threads and replies; our own guard in front of
 * its parser, so that every library version takes and refuses the same requests (guard.h,
 * intake.h). It knows routes and struct request, no protocol.
 *
 * Threads: an epoll pool does the I/O and answers ROUTE_INLINE rows; every other request is
 * suspended, run on the worker pool and resumed with its reply. http_server_* functions: the thread
 * that started the server.
 */
#include "base/err.h"
#include "base/exchange.h"
#include "base/pool.h"
#include "gateway/http/peer.h"

/* What may change while the server runs; part of whatever snapshot acquire() hands out. */
struct http_policy {
    const struct cidr *trusted_proxies; /* only these may name another client by X-Forwarded-For */
    size_t n_trusted_proxies;
    const struct str *cors_origins; /* exact; for ROUTE_CORS rows */
    size_t n_cors_origins;
};
struct http_view {
    void *env;                        /* what the handlers of the table get */
    const struct http_policy *policy; /* may be NULL: trusts nobody */
};
/* One table of routes below one prefix ("" or "/dex"). Lives as long as the server. */
struct http_routes {
    struct str prefix;
    const struct route *routes;
    void *data;
    struct http_view (*acquire)(void *data); /* any thread; held until the reply has left */
    void (*release)(void *data, void *env);
};

struct http_limits {
    size_t header_bytes, body_bytes;
    int64_t head_ms; /* TLS handshake, and from the first byte of a request to its last: absolute */
    int64_t idle_ms; /* kept alive without a request; also a reply that nobody reads */
    int64_t request_ms; /* from the complete request to its reply; struct request.deadline_ms */
    unsigned connections,
        connections_per_peer; /* a peer: an IPv4 address or an IPv6 /64; 0: no bound */
};
#define HTTP_LIMITS_DEFAULT \
    ((struct http_limits){.header_bytes = 16384, \
                          .body_bytes = 65536, \
                          .head_ms = 10000, \
                          .idle_ms = 60000, \
                          .request_ms = 15000, \
                          .connections = 4000, \
                          .connections_per_peer = 200})

struct http_observation { /* one answered request, for metrics and the log */
    const char *route;    /* path of the row; "other" when none matched */
    enum http_method method;
    bool method_known;
    int status;
    int64_t duration_us; /* from the complete request to the end of the reply */
};
struct http_address {
    struct str host; /* literal address; "*" is every address, IPv6 and IPv4 */
    uint16_t port;   /* 0: the kernel chooses; http_server_port() tells */
};
struct http_settings {
    struct http_address address;
    const char *tls_certificate, *tls_key; /* PEM files; both NULL: plain HTTP */
    bool hsts;                             /* Strict-Transport-Security on every reply */
    struct http_limits limits;
    unsigned io_threads;  /* 0: one per processor, at most 4 */
    struct pool *workers; /* NULL: every route is inline */
    const struct http_routes *tables;
    size_t n_tables;
    void (*observe)(void *data, const struct http_observation *o); /* may be NULL; I/O threads */
    void *observe_data;
};

struct http_server;
must_check int http_server_start(const struct http_settings *settings,
                                 struct http_server **ret_server, struct err *e);
uint16_t http_server_port(const struct http_server *s);
/* Reads certificate and key again; handshakes from now on use them. On failure the old pair stays.
 */
must_check int http_server_reload_tls(struct http_server *s, struct err *e);
/* Only checks that the pair can be used: --check, and before a reload. */
must_check int http_tls_check(const char *certificate, const char *key, struct err *e);
int64_t http_server_certificate_not_after(
    const struct http_server *s); /* seconds since 1970; 0: plain */
struct http_stats {
    unsigned connections; /* open now */
    uint64_t refused;     /* requests the guard refused, since the start */
    uint64_t shed;        /* connections closed and requests answered 503 for want of room */
};
struct http_stats http_server_stats(const struct http_server *s);
/* Accepts nobody any more, lets what runs finish for at most drain_ms, then ends. False: something
   still ran; the server is then left as it is, and the process should end without touching it
   again. */
bool http_server_stop(struct http_server *s, int64_t drain_ms);
