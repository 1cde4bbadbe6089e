#pragma once
/*
 * The state folder: session, tokens, gateway metadata, locks and failures of one user, mode 0700,
 * files 0600. Everything is opened relative to a descriptor of the folder, never through a symbolic
 * link, and refused when it belongs to another user or others may read or write it. Never in a
 * shared temporary folder. One thread.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "login/options.h"

enum state_kind {
    STATE_TOKEN,
    STATE_SESSION,
    STATE_ISSUER,
    STATE_FAILURE,
    STATE_LOCK,
    STATE_KIND_COUNT
};

/* A key names one file: SHA-256 over issuer, client, audience and profile; without audience for
 * sessions and locks. */
struct state_key {
    struct sha256 hash;
};
struct state_key state_key_of(const struct options *o, struct str audience);

struct state {
    int fd; /* of the folder; -1: there is none */
    char path[512];
};
#define STATE_NONE {.fd = -1}
enum state_result {
    STATE_OK,
    STATE_ABSENT,  /* not there, or a file too long for the caller */
    STATE_REFUSED, /* of another owner, open to others, or a link: e says which */
};

/* Where it is or would be: --state-dir, $XDG_STATE_HOME/lotse, ~/.local/state/lotse. */
must_check int state_path(struct state *s, const struct options *o, char *const *environment,
                          struct err *e);
/* create: makes folders that are missing; a read-only home gives STATE_ABSENT. */
must_check enum state_result state_open(struct state *s, bool create, struct err *e);
void state_close(struct state *s);

/* STATE_ABSENT also when it is longer than ret's maximum. */
must_check enum state_result state_read(const struct state *s, enum state_kind kind,
                                        const struct state_key *key, struct buf *ret,
                                        struct err *e);
/* temp file, fsync, rename: the old content or the new, never half (a rotated refresh token must be
 * on disk before it counts). */
must_check int state_write(const struct state *s, enum state_kind kind, const struct state_key *key,
                           struct str content, struct err *e);
void state_delete(const struct state *s, enum state_kind kind, const struct state_key *key);
/* "locks/<key>": for os_lock_open. */
void state_name(struct buf *ret, enum state_kind kind, const struct state_key *key);
/* Calls visit with the content of each file of a kind; stops when it says so. */
typedef bool state_visit(void *context, struct str content);
void state_each(const struct state *s, enum state_kind kind, state_visit *visit, void *context);
/* Deletes all files of a kind; how many. */
size_t state_delete_all(const struct state *s, enum state_kind kind);

#define STATE_FILE_MAX ((size_t)64 << 10)
#define auto_state     struct state __attribute__((cleanup(state_close)))
