#pragma once
/* SubjectAccessReview (authorization.k8s.io/v1): what the API server itself answers. */
#include "policy/cluster/api.h"
#include "policy/rbac/rbac.h"

/* -1: no answer, or it does not want to be asked; e. */
must_check int review_ask(struct api *api, const struct rbac_user *user,
                          const struct rbac_question *question, bool *ret_allowed, struct err *e);

/* --- review_json.c */
void review_json_write(const struct rbac_user *user, const struct rbac_question *question,
                       struct buf *out);
must_check int review_json_read(struct str body, bool *ret_allowed, struct err *e);
