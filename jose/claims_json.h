#pragma once
/* Typed claims <-> the JSON payload of a token. Inside jose. */
#include "base/arena.h"
#include "base/buf.h"
#include "jose/claims.h"

#define CLAIMS_LIST_MAX 1024 /* groups, audiences */

void claims_write(struct buf *b, const struct claims *c);
/* False unless it is a token of this type to the letter: the claims this type must have, each of
 * its type. Claims that we do not know are left alone (RFC 7519 4). Texts are copied into a. */
bool claims_read(struct str json, enum token_type type, struct arena *a, struct claims *ret_claims);
