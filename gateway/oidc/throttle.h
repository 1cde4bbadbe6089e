#pragma once
/*
 * How often a password may be tried: one try is at most one bind at the directory, so this is what
 * stands between a guesser and the directory's own lock-out. Bounded tables: accounts, peers,
 * passwords known to be wrong, and which typed names are the same person. Nothing is ever locked: a
 * wait of at most a minute, and a right password clears it. Any thread; no call blocks.
 *
 *   account   five free failures, then one try per 1, 2, 4 ... 60 s; forgotten after 15 minutes.
 *             "ALICE", full-width letters and, from their first wrong password on, mail address and
 *             login name count as one account (Authelia CVE-2025-24806)
 *   peer      fifty free failures, one more each two seconds (a whole company may sit behind one
 *             address); a /64 of IPv6 is one peer
 *   password  a wrong one is answered here, without a bind, for a minute (it may have been changed
 *             a moment ago, and a replica lag behind), and after a second time for ten: a mail
 *             client that repeats an old password locks nobody
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
    THROTTLE_COUNTED, /* the account cannot be used: no guess is confirmed, none forgiven */
    THROTTLE_NEITHER  /* the directory did not judge the password */
};

struct throttle_key {
    uint8_t bytes[16];
};
struct throttle_try {
    struct throttle_key account, peer, password, typed;
};
struct throttle_login {
    struct str connector_id, name, password, peer;
};
/* Counts the try as a failure at once, so that parallel tries cannot outrun it. now_ms: monotonic.
 */
enum throttle_verdict login_throttle_begin(struct login_throttle *t,
                                           const struct throttle_login *login, int64_t now_ms,
                                           struct throttle_try *ret_try);
struct throttle_end {
    enum throttle_result result;
    struct str connector_id, person_id; /* whose password it was; absent: nobody's, or not known */
};
void login_throttle_end(struct login_throttle *t, const struct throttle_try *try,
                        const struct throttle_end *end, int64_t now_ms);

/* The typed name as directories compare it (RFC 4518 2): compatibility forms, case, marks and what
 * leaves no ink are gone, spaces are one. */
void throttle_name_fold(struct str typed, struct buf *out);
