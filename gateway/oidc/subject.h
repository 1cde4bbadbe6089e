#pragma once
/*
 * `sub` as Dex writes it: base64url, without padding, of protobuf {1: user id, 2: connector id}; so
 * every binding made by subject survives a change from Dex. Stable and never reassigned, because
 * person.id is (OpenID Connect Core 2 and 8). Pure.
 */
#include "base/arena.h"
#include "connectors/connector.h"

struct str subject_encode(struct str user_id, struct str connector_id, struct arena *a);
static inline struct str subject_of(const struct person *p, struct arena *a)
{
    return subject_encode(p->id, p->connector_id, a);
}
