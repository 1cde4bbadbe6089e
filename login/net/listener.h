#pragma once
/*
 * Waits for the end of a login: on a random port of 127.0.0.1 and ::1, and at the same time on a
 * terminal into which a person may paste the address their browser ended at. One thread; everything
 * closed by listener_close.
 */
#include "base/clock.h"
#include "base/err.h"
#include "login/net/callback.h"

#define LISTENER_CONNECTIONS 16
struct listener_connection {
    int fd;
    struct buf in;
    int64_t since_ms;
};
struct listener {
    int v4, v6; /* v6: -1 where there is no IPv6 */
    unsigned port;
    struct listener_connection connections[LISTENER_CONNECTIONS];
};
#define LISTENER_NONE {.v4 = -1, .v6 = -1}
#define auto_listener struct listener __attribute__((cleanup(listener_close)))

must_check int listener_open(struct listener *l, struct err *e);
void listener_close(struct listener *l);

struct listener_wait {
    struct str state;    /* only an answer with it counts; others get a refusal and are forgotten */
    int paste;           /* descriptor lines are read from, or -1 */
    int64_t deadline_ms; /* monotonic */
    const struct clock *clock;
    struct arena *arena;
    void (*wrong_paste)(void);
    struct callback ret_answer;
};
enum listener_result { LISTENER_ANSWER, LISTENER_TIMEOUT };
/* After LISTENER_ANSWER nothing listens any more: a second answer finds a closed port. */
enum listener_result listener_wait(struct listener *l, struct listener_wait *w);
