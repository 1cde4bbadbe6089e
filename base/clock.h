#pragma once
/* Time behind a vtable, so that the protocol is tested with a clock that stands still. Milliseconds
 * everywhere, int64_t. */
#include <stdint.h>

struct clock {
    int64_t (*now_ms)(const struct clock *c); /* wall clock, since 1970-01-01 UTC: for expiry */
    int64_t (*monotonic_ms)(const struct clock *c); /* never goes back: for deadlines and limits */
};
extern const struct clock clock_system;

/* A clock for tests: both faces show `ms`. */
struct clock_fixed {
    struct clock clock;
    int64_t ms;
};
void clock_fixed_init(struct clock_fixed *c, int64_t ms);

static inline int64_t clock_now_ms(const struct clock *c)
{
    return c->now_ms(c);
}
static inline int64_t clock_monotonic_ms(const struct clock *c)
{
    return c->monotonic_ms(c);
}

/* RFC 3339 UTC. format: "2026-11-23T10:42:37Z" or with .mmm; parse takes Z or a numeric offset, or
 * a bare date (midnight UTC). */
#include "base/buf.h"
void time_format(struct buf *b, int64_t ms, bool with_millis);
bool time_parse(struct str text, int64_t *ret_ms);
/* "90s" "15m" "12h" "7d" "500ms": a positive whole number and one unit. */
bool duration_parse(struct str text, int64_t *ret_ms);
