#pragma once
/* The commands a person types, one function each; the exit code. One thread. */
#include "login/net/gateway.h"
#include "login/net/saved_session.h"

must_check int command_login(struct context *c);
must_check int command_logout(struct context *c);
must_check int command_status(struct context *c);
must_check int command_whoami(struct context *c);
must_check int command_clean(struct context *c);
must_check int command_setup(struct context *c);

/* Without --issuer: the one gateway this machine knows, when it is only one. Sets the session's
 * key. Exit code. */
must_check int command_find_issuer(struct context *c);
