#pragma once
/*
 * The answer to kubectl. The cached path reads one file and writes it out; only when the token is
 * too old the network half is started, under the session's lock, so that forty callers make one
 * request. One thread.
 */
#include "login/options.h"

/* Prints to stdout; the exit code. */
int get_token(const struct options *o, char *const *environment);

/* Replaces this program by the network half, for every other command. Returns only when that is
 * impossible: the exit code. */
int network_half(char *const *argv, char *const *environment);

/* How the two halves talk: descriptors the child inherits, named in its environment. */
#define ENV_LOCK   "LOTSE_LOCK_FD"   /* the session's lock, held */
#define ENV_RESULT "LOTSE_RESULT_FD" /* where the token file's bytes go; absent: only to disk */
#define ENV_PARENT "LOTSE_PARENT"    /* os_parent_key of our caller */
#define ENV_QUIET  "LOTSE_QUIET"     /* renewing in the background: no login, no words */
