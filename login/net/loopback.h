#pragma once
/*
 * Waits for the end of a login: on a random port of 127.0.0.1 and ::1, and at the same time on a
 * terminal into which a person may paste the address their browser ended at. One thread; everything
 * closed by loopback_close.
 */
#include "base/clock.h"
#include "base/err.h"
#include "login/net/callback.h"

#define LOOPBACK_CONNECTIONS 16
struct loopback_connection {
    int fd;
    struct buf in;
    int64_t since_ms;
};
struct loopback {
    int v4, v6; /* v6: -1 where there is no IPv6 */
    unsigned port;
    struct loopback_connection connections[LOOPBACK_CONNECTIONS];
};
#define LOOPBACK_NONE {.v4 = -1, .v6 = -1}
#define auto_loopback struct loopback __attribute__((cleanup(loopback_close)))

must_check int loopback_open(struct loopback *l, struct err *e);
void loopback_close(struct loopback *l);

struct loopback_wait {
    struct str state;    /* only an answer with it counts; others get a refusal and are forgotten */
    int paste;           /* descriptor lines are read from, or -1 */
    int64_t deadline_ms; /* monotonic */
    const struct clock *clock;
    struct arena *arena;
    void (*wrong_paste)(void);
    struct callback ret_answer;
};
enum loopback_result { LOOPBACK_ANSWER, LOOPBACK_TIMEOUT };
/* After LOOPBACK_ANSWER nothing listens any more: a second answer finds a closed port. */
enum loopback_result loopback_wait(struct loopback *l, struct loopback_wait *w);
