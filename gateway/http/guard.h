#pragma once
/*
 * The guard: takes the bytes of one request as they come, in pieces of any size, and says when it
 * is complete or must be refused. It never keeps more than its limits. Refusals come as early as
 * they can be known: a NUL, a lone CR or LF, a line that is too long are refused at that byte, so
 * that no malformed request ever waits for a timeout. Pure; one connection.
 */
#include "gateway/http/head.h"

#define GUARD_SWALLOW_MAX ((size_t)1 << 20)
struct guard_limits {
    size_t header_bytes, body_bytes;
};
enum guard_state {
    GUARD_EMPTY, /* not a byte of the request came yet */
    GUARD_HEAD,
    GUARD_BODY,
    GUARD_COMPLETE, /* head and body are there; bytes behind them set head.close (see guard_feed) */
    GUARD_REFUSED,  /* refusal says why; further bytes are ignored */
};
struct guard {
    struct guard_limits limits;
    enum guard_state state;
    struct buf head_bytes, body;
    size_t line_start; /* of the line now coming */
    bool skipped_line; /* the empty line before a request */
    struct head head;  /* valid from GUARD_BODY on */
    struct refusal refusal;
    size_t n_swallow; /* of a refused body: to be read before the answer, or it would be lost in a
                         reset */
};

void guard_init(struct guard *g, struct guard_limits limits);
void guard_fini(struct guard *g);
void guard_reset(struct guard *g); /* for the next request: wipes what the last one said */
/*
 * Bytes behind a complete request (pipelining) are dropped and head.close is set: the request is
 * answered, then the connection ends, and the client repeats the rest as RFC 9112 9.3.2 tells it. A
 * second request is thus never taken from behind a body.
 */
void guard_feed(struct guard *g, struct str bytes);
