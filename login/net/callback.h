#pragma once
/*
 * The one HTTP request the loopback listener waits for (RFC 8252 7.3). A pure function over the
 * bytes read so far; anyone on this machine and any page in the browser can send to that port, so
 * nothing in it is believed before `state` matches.
 */
#include "base/arena.h"
#include "base/buf.h"

#define CALLBACK_PATH      "/callback"
#define CALLBACK_BYTES_MAX ((size_t)16 << 10)

struct callback {
    struct str code, state, issuer, error, error_description;
};
enum callback_result {
    CALLBACK_MORE,      /* the head is not complete yet */
    CALLBACK_ANSWER,    /* ret is filled; state is not checked yet */
    CALLBACK_NOT_FOUND, /* another path (the browser asks for /favicon.ico, too) */
    CALLBACK_METHOD,    /* not GET */
    CALLBACK_BAD, /* not HTTP/1.x, another Host (DNS rebinding), repeated parameters, too long */
};
enum callback_result callback_parse(struct str bytes, unsigned port, struct arena *a,
                                    struct callback *ret);
/* What a person pasted: the address the browser ended at, or only what stands behind its '?'. */
bool callback_parse_pasted(struct str line, struct arena *a, struct callback *ret);

/* A whole HTTP response, connection closed, no-store, no-referrer, default-src 'none'. */
enum callback_page {
    CALLBACK_PAGE_DONE,
    CALLBACK_PAGE_REFUSED,
    CALLBACK_PAGE_NOT_FOUND,
    CALLBACK_PAGE_BAD
};
void callback_page(struct buf *out, enum callback_page page, bool german);
