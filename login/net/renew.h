#pragma once
/* A fresh token for one audience: by refresh, else by a login. Writes token file and session. One
 * thread, under the lock. */
#include "login/net/authorize.h"

/* The network half of get-token. Exit code; the token file's bytes also go to c->result. */
must_check int renew(struct context *c);
/* One refresh for each cluster the gateway offers. What fails is left to the first use, which says
 * why. */
void renew_all(struct context *c, const struct gateway *g, struct session *s);
