#pragma once
/*
 * Between the sockets and libmicrohttpd. Its parser takes much that two parsers read differently
 * (two Content-Length, two Host, folded and half-ended lines), differently from version to version,
 * and it has no hook in front of that parser. So we stand there by defining the two functions it
 * reads with, recv(2) and gnutls_record_recv(3): a program's own definition comes before a
 * library's. For sockets that are not ours both pass through.
 *
 * For ours the guard takes the bytes. Nothing reaches libmicrohttpd before a request is complete or
 * refused, and then it sees a constant ("GET / HTTP/1.1", "Host: -"), never a byte that a peer
 * wrote. The handler takes the request from the guard. If a library should ever read in another
 * way, no request gets past: the handler finds the guard empty and closes the connection.
 *
 * An intake belongs to the I/O thread of its connection.
 */
#include "gateway/http/crowd.h"
#include "gateway/http/gnutls.h"
#include "gateway/http/guard.h"

#include <microhttpd.h>

struct intake {
    int fd;
    struct MHD_Connection *connection;
    gnutls_session_t tls; /* NULL: plain */
    void *owner;
    struct address address;
    struct crowd_member member;
    struct guard guard;
    unsigned head_seconds, idle_seconds;
    struct str constant; /* what libmicrohttpd has yet to be given */
    bool delivered;      /* the request is being answered */
    bool hurried;        /* the short deadline is set */
    bool told_to_continue;
};

#define INTAKE_FD_MAX 65536
/* NULL: the descriptor is too high, or this is no socket of a peer. */
struct intake *intake_new(struct MHD_Connection *connection, const struct guard_limits *limits);
void intake_free(struct intake *in);
struct intake *intake_find(gnutls_session_t session);
void intake_start_deadline(struct intake *in); /* from now on head_seconds */
void intake_stop_deadline(struct intake *in);  /* idle_seconds again */
/* The reply has left: takes the next request. */
void intake_next(struct intake *in);
