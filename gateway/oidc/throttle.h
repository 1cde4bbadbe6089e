#pragma once
/*
 * How often a password may be tried: one try is at most one bind at the directory, so this is what
 * stands between a guesser and the directory's own lock-out. Three bounded tables: accounts, peers,
 * and passwords known to be wrong. Nothing is ever locked: a wait of at most a minute, and a right
 * password clears it. Any thread; no call blocks.
 *
 *   account   five free failures, then one try per 1, 2, 4 ... 60 s; forgotten after 15 minutes
 *   peer      fifty free failures, one more each two seconds (a whole company may sit behind one
 * address) password  a wrong one of the last ten minutes is answered here, without a bind: a mail
 * client that repeats an old password locks nobody
 */
#include "gateway/oidc/oidc.h"

enum throttle_verdict {
    THROTTLE_GO,          /* call login_throttle_end() afterwards */
    THROTTLE_KNOWN_WRONG, /* the same wrong password again */
    THROTTLE_WAIT,
};
enum throttle_result {
    THROTTLE_RIGHT,
    THROTTLE_WRONG,
    THROTTLE_NEITHER /* the directory did not judge the password */
};

struct throttle_key {
    uint8_t bytes[16];
};
struct throttle_try {
    struct throttle_key account, peer, password;
};
struct throttle_login {
    struct str connector_id, name, password, peer;
};
/* Counts the try as a failure at once, so that parallel tries cannot outrun it. now_ms: monotonic.
 */
enum throttle_verdict login_throttle_begin(struct login_throttle *t,
                                           const struct throttle_login *login, int64_t now_ms,
                                           struct throttle_try *ret_try);
void login_throttle_end(struct login_throttle *t, const struct throttle_try *try,
                        enum throttle_result result, int64_t now_ms);
