#pragma once
/* A session: the refresh token of one person at one gateway under one profile, on this machine.
   Written before anything that depends on it is used, so that a process that dies leaves either the
   old or the new one. One thread, under the lock. */
#include "login/net/context.h"

struct session {
    struct str issuer, client_id, profile;
    struct str refresh_token, subject, username, device;
    int64_t logged_in_ms, refreshed_ms;
};
must_check bool saved_session_load(struct context *c, struct session *ret);
must_check int saved_session_store(struct context *c, const struct session *s, struct err *e);
void saved_session_delete(struct context *c);

/* Pure, for status and tests. */
must_check bool saved_session_read(struct str text, struct arena *a, struct session *ret);
void saved_session_write(struct buf *out, const struct session *s);
