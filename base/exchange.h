#pragma once
/*
 * One HTTP exchange as the protocol sees it: a request that was already framed, decoded and
 * checked, and a reply to fill. gateway/http makes the first and sends the second; gateway/oidc is
 * between them and knows no server library. Everything a request points at lives in its arena; a
 * reply's texts must live there too, or be static.
 */
#include "base/arena.h"
#include "base/buf.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_OPTIONS,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE
};

struct param { /* percent-decoded, UTF-8, no NUL */
    struct str name, value;
};
struct params {
    const struct param *items;
    size_t n;
};

struct request {
    struct arena *arena;
    enum http_method method;
    struct str path; /* raw, below the issuer's path; the route table matched it exactly */
    struct params query, form; /* form: only for POST with application/x-www-form-urlencoded */
    struct str body;           /* the raw body, at most 64 KiB */
    struct str content_type;   /* media type only, lower case, without parameters */
    struct str authorization, cookie, accept_language, user_agent, origin, if_none_match;
    struct str peer;     /* address of the client, text, as far as proxies are trusted */
    struct str id;       /* request id for log and audit, [A-Za-z0-9_-]{22} */
    int64_t received_ms; /* wall clock */
    int64_t deadline_ms; /* monotonic: every external call ends before it */
};

/* Absent and empty are the same (RFC 6749 3.1): STR_NONE. */
struct str params_get(struct params p, struct str name);
/* A name that stands twice; STR_NONE if none does (RFC 6749 3.1: request and response parameters
 * MUST NOT repeat). */
struct str params_repeated(struct params p);
/* The cookie's value; STR_NONE when absent, empty, or when it stands twice. */
struct str cookie_get(const struct request *r, struct str name);
/* application/x-www-form-urlencoded (WHATWG; RFC 6749 B): strict: bad %XX, NUL, invalid UTF-8, a
 * value without a name, > 64 pairs -> false. */
bool params_parse(struct str text, struct arena *a, struct params *ret);

#define REPLY_HEADERS_MAX 16
struct header {
    const char *name;
    struct str value;
};
struct reply {
    int status; /* 0: nobody answered; http turns it into 500 */
    const char *content_type;
    struct str body;
    struct header headers[REPLY_HEADERS_MAX];
    size_t n_headers;
    bool refused; /* a header was refused: the status stays 500, without a body */
};
/* Refuses (drops and sets status 500) values with control bytes: nothing a peer sent can split a
 * response. */
void reply_header(struct reply *r, const char *name, struct str value);
void reply_body(struct reply *r, int status, const char *content_type, struct str body);
/* 303 See Other (never 307: RFC 9700 4.12). */
void reply_redirect(struct reply *r, struct str location);
void reply_no_store(struct reply *r); /* Cache-Control: no-store, Pragma: no-cache */

/* What runs a request. env is the handler's own; worker thread unless the route says inline. */
typedef void handler_fn(void *env, const struct request *request, struct reply *reply);

/* Every endpoint as a row. Who offers endpoints makes a table that ends with path NULL; gateway/
 * hands it to gateway/http. */
enum route_flags {
    ROUTE_INLINE = 1, /* touches neither store nor directory: answered on the I/O thread */
    ROUTE_CORS = 2,   /* readable by registered origins without credentials */
};
#define METHOD_BIT(method) (1U << (method))
struct route {
    const char *path; /* below the table's prefix, compared byte for byte with the raw target */
    unsigned methods; /* METHOD_BIT(HTTP_GET) | ...; GET brings HEAD, ROUTE_CORS brings OPTIONS */
    handler_fn *handler;
    unsigned flags;
};
