#pragma once
/*
 * One API server as lotse-policy needs it: calls over one kept connection, lists page by page,
 * patience with an overloaded or restarting server up to a deadline. 429 and 5xx and broken
 * connections are tried again here, with the waits the server asks for; every other answer is the
 * caller's. One thread.
 */
#include "base/clock.h"
#include "policy/cluster/kubeconfig.h"

struct api;
/* name: the site, for messages. Nothing is connected. access must outlive it; arena: for the
 * answers that are handed out. */
struct api *api_new(struct str name, const struct kube_access *access, const struct clock *clock,
                    struct arena *arena);
void api_free(struct api *api);
struct str api_name(const struct api *api);
/* All calls from now on end within so many ms. */
void api_set_timeout(struct api *api, int64_t ms);
/* False: one try a call, the caller has its own patience. */
void api_set_retry(struct api *api, bool retry);

struct api_call {
    const char *method;
    struct str path; /* "/api/v1/namespaces", parts escaped by the caller (buf_url), with ?query */
    const char *accept, *content_type;
    struct str body;
};
struct api_answer {
    int status;
    struct str body; /* until the next call */
};
/* -1: no answer before the deadline, or a connection that cannot be trusted (ERR_BACKEND). */
must_check int api_send(struct api *api, const struct api_call *call, struct api_answer *ret,
                        struct err *e);
/* GET that must answer 200; the body is copied into the arena. */
must_check int api_get(struct api *api, struct str path, const char *accept, struct str *ret_body,
                       struct err *e);
/* -1, always: the sentence about an answer that is a refusal, with the right that is missing. */
int api_refused(const struct api *api, const struct api_call *call, const struct api_answer *answer,
                struct err *e);
struct api_pages {
    struct str *items;
    size_t n, cap;
};
/* All pages of a list, 500 objects each; begun again when the server has forgotten where we were
 * (410). */
must_check int api_list(struct api *api, const char *path, struct api_pages *ret, struct err *e);

/* --- api_json.c: what the API says about an answer (kind: Status), and where a list goes on */
struct str api_json_message(struct str body, struct arena *a); /* STR_NONE: none */
must_check int api_json_continue(struct str body, struct arena *a, struct str *ret_token,
                                 struct err *e);

static inline void api_free_at(struct api **api)
{
    api_free(*api);
}
#define auto_api __attribute__((cleanup(api_free_at))) struct api
