#pragma once
/*
 * From an HTTP request to what is authorised: method and URL become a question
 * (apiserver/pkg/endpoints/request/requestinfo.go: NewRequestInfo, with the decoding of list
 * options that stands behind it). For audit logs, and for people who have a URL and want to know
 * the verb. Pure; any thread.
 */
#include "base/err.h"
#include "policy/rbac/rbac.h"

enum request_outcome {
    REQUEST_OK,
    REQUEST_BAD_URL,    /* no absolute path, a control character, or a % without two digits */
    REQUEST_NO_RESOURCE /* /api/v1/watch and nothing behind it: the API server answers 500 */
};
struct request_info {
    struct rbac_question question; /* verb, and either path or group, resource, ... */
    struct str api_version;        /* no part of the question: RBAC does not know versions */
    struct str field_selector, label_selector; /* carried along; RBAC ignores them (KEP-4601) */
};
/* method: "GET", as sent. url: path and query as in a request line, "/api/v1/pods?watch=1". The
 * texts in *ret stand in the arena. */
enum request_outcome request_info_read(struct str method, struct str url, struct arena *a,
                                       struct request_info *ret);
