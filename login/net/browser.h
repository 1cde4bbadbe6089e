#pragma once
/* How a person can be asked here, and opening their browser. One thread. */
#include "login/net/context.h"

enum login_means { MEANS_NONE = 0, MEANS_BROWSER = 1, MEANS_PASTE = 2 };
/* A set of enum login_means. explicit_login: the person typed `lotse-login login`, so an address on
 * the terminal is enough. */
unsigned login_means(const struct context *c, bool explicit_login);
/* False: nothing could be started. The browser gets neither our descriptors nor our environment
 * variables. */
bool browser_open(const struct context *c, struct str url);
