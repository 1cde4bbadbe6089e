#pragma once
/*
 * What every command of the network half works with. Functions here and around return an exit code
 * (exit_code.tbl.h): the reason has then been said on stderr, and is remembered for the next
 * callers. One thread.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "login/exit_code.h"
#include "login/failure.h"
#include "login/message.h"
#include "login/options.h"
#include "login/state.h"

struct http_client;
struct context {
    struct options *options;
    char *const *environment;
    const struct clock *clock;
    const struct random *random;
    struct arena *arena;
    struct state state;
    struct state_key session_key;
    struct http_client *http; /* made at the first request */
    int lock;                 /* -1: none */
    int result;               /* the cached path's pipe; -1: none */
    bool quiet;               /* renewing in the background */
    bool holds_token; /* a token good for some seconds is there: an unreachable gateway is no news
                         yet */
    struct failure failure; /* what went wrong last */
};

/* Says it (unless quiet) and notes it for failure_store. Returns code. */
int context_fail(struct context *c, int code, enum message m, struct str a, struct str b);
/* The session's lock: taken over from the cached path, or taken now. EXIT_OK also when the home is
 * read-only. */
must_check int context_lock(struct context *c);
/* What others see while they wait: "login ADDRESS"; STR_NONE: nothing in particular. */
void context_purpose(struct context *c, struct str purpose);
void context_unlock(struct context *c);
