#pragma once
/* The one place that turns an outcome into an OAuth error, an HTTP status and an event: rows of
 * oauth_error.tbl.h. */
#include "gateway/oidc/call.h"

enum oidc_outcome {
    OIDC_OK,
#define OAUTH_ERROR(outcome, error, status, event, description) OIDC_##outcome,
#include "gateway/oidc/oauth_error.tbl.h"
#undef OAUTH_ERROR
    OIDC_OUTCOME_COUNT,
};

struct oauth_error {
    const char *error;
    int status;
    enum event_kind event;
    const char *description;
};
const struct oauth_error *oauth_error_of(enum oidc_outcome o);

/* Emits the row's event; `about` gives what is known besides (may be NULL). */
void oauth_error_emit(const struct oidc_call *c, enum oidc_outcome o, const struct event *about);
/* RFC 6749 5.2: JSON, no-store; 401 with a challenge. description: STR_NONE for the row's own.
 * Emits. */
void oauth_error_json(const struct oidc_call *c, enum oidc_outcome o, const struct event *about,
                      struct str description);
/* A page for a person; never a redirect. Emits. */
void oauth_error_page(const struct oidc_call *c, enum oidc_outcome o, const struct event *about);
