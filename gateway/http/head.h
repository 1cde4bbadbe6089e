#pragma once
/*
 * The head of a request (RFC 9112 3 and 5): request line and header fields, read strictly. What two
 * parsers could understand in two ways is refused, because a proxy in front of us may be the other
 * parser. Pure; any thread.
 */
#include "base/exchange.h"

struct refusal { /* status 0: nothing to refuse */
    int status;
    const char *reason; /* static: nothing a peer sent is said back */
};

#define HEAD_FIELDS_MAX    64
#define HEAD_TARGET_MAX    8192
#define HEAD_FORWARDED_MAX 8

struct head { /* texts point into the bytes that were parsed */
    enum http_method method;
    bool method_known;
    bool http_1_0;
    struct str path, query; /* raw; query without the '?'. Of an absolute target what is behind the
                               authority */
    struct str host, content_type, content_encoding, authorization, cookie, origin, accept_language,
        user_agent, if_none_match, cors_method;
    struct str forwarded[HEAD_FORWARDED_MAX]; /* X-Forwarded-For, line by line */
    size_t n_forwarded;
    bool has_length, has_transfer_encoding, expects_continue;
    bool close; /* the connection ends after the reply */
    size_t content_length;
};

/* bytes: from the request line to the empty line, both included. */
struct refusal head_parse(struct str bytes, size_t body_max, struct head *ret);
/* The request line alone, without its CRLF. */
struct refusal head_check_line(struct str line);
