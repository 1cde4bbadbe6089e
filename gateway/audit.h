#pragma once
/*
 * The audit trail: each event of the protocol becomes one line of the log, level AUDIT, before the
 * answer it belongs to leaves. Field names are those of the Elastic Common Schema where it has one,
 * lotse.* otherwise. Any thread.
 */
#include "gateway/oidc/event.h"

void audit_event(const struct event *e);
/* What the operator did: "config.reloaded", "keys.created", ...; detail may be absent. */
void audit_operation(const char *action, bool success, struct str detail);
