#pragma once
/*
 * The memory of what went wrong. kubectl runs a plugin that failed up to five times in a row, and
 * forty waiters would each try again what the first has just seen fail. A failure is kept beside
 * the session: the same caller gets the same answer at once, and after a login that nobody finished
 * no browser is opened for a while. One thread, under the lock.
 */
#include "login/exit_code.h"
#include "login/state.h"

struct failure {
    int code; /* of exit_code.tbl.h */
    int64_t made_ms;
    int64_t until_ms;   /* for the same caller: the same answer until then */
    int64_t quiet_ms;   /* for every caller: no login is started until then */
    int64_t count;      /* unanswered logins in a row */
    char parent[64];    /* os_parent_key of the caller */
    char audience[208]; /* which cluster it is about; empty: all */
    char text[512];     /* one line, without control bytes */
};
must_check bool failure_load(const struct state *s, const struct state_key *session,
                             struct failure *ret);
/* Fills made, until, quiet and count from code and what was there before, and writes. */
void failure_store(const struct state *s, const struct state_key *session, struct failure *f,
                   int64_t now_ms);
void failure_clear(const struct state *s, const struct state_key *session);

/* The exit code this caller gets without a new try; EXIT_OK: try. since_ms: when the caller began
   to wait for the lock; what failed after that failed for it too. */
int failure_verdict(const struct failure *f, struct str audience, struct str parent,
                    int64_t since_ms, int64_t now_ms);
/* No login before f->quiet_ms. */
bool failure_forbids_login(const struct failure *f, int64_t now_ms);
