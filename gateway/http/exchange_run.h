#pragma once
/*
 * One request on its way: made of what the guard took, matched with a route, run by its handler,
 * answered. This is the pure part (no library names): server.c moves it between I/O thread and
 * worker. An exchange belongs to one thread at a time.
 */
#include "base/clock.h"
#include "base/random.h"
#include "gateway/http/guard.h"
#include "gateway/http/http.h"

struct exchange {
    struct arena arena;
    struct request request;
    struct reply reply;
    const struct http_routes *table; /* NULL: none matched */
    const struct route *route;
    struct http_view view; /* held while table is set */
    int64_t started_us;
};

void exchange_init(struct exchange *x, int64_t started_us);
void exchange_fini(struct exchange *x); /* gives the view back */
struct exchange_source {
    const struct guard *guard; /* complete or refused */
    const struct address *connection;
    const struct http_routes *tables;
    size_t n_tables;
    int64_t request_ms;
};
/* True: x->route's handler has to run now (here or on a worker). False: x->reply is already the
   answer (refused, not found, method, form, preflight). */
bool exchange_prepare(struct exchange *x, const struct exchange_source *from);
void exchange_run(
    struct exchange *x); /* the handler, or 503 when the deadline passed in the queue */
/* What every reply carries: CORS, caching and content rules, where the handler did not say
 * otherwise. */
void exchange_finish(struct exchange *x, bool hsts);
void exchange_answer_busy(struct exchange *x);
int64_t monotonic_us(void);
