#pragma once
/* Which names may leave a connector: one rule for all of them. Pure; any thread. */
#include "base/str.h"

/* [a-z0-9._@-]{1,128}: what may stand in a token as a person's name. */
bool username_is_allowed(struct str name);
/* 1 to 256 bytes of UTF-8 without control, bidi or invisible characters, without `:` and `/`,
 * without spaces at the ends. */
bool group_name_is_allowed(struct str name);
/* 1 to 64 letters, digits and '-': what may stand in `sub`. */
bool person_id_is_allowed(struct str id);
