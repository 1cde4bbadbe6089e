#pragma once
/* One line of `lotse-policy can`: {"site", "user", "groups", "verb", and "path", or "group",
 * "resource", "subresource", "name", "namespace"} in, {"allowed", "reason", "binding", "namespace",
 * "role", "subject"} out. The reason is the one of the API server's audit log. */
#include "policy/rbac/rbac.h"

struct can_question {
    struct str site;
    struct rbac_user user;
    struct rbac_question question;
};
must_check int can_read_json(struct str line, struct arena *a, struct can_question *ret,
                             struct err *e);
/* Allowed for no reason of RBAC: by system:masters. */
void can_write_json(bool allowed, const struct rbac_reason *reason, struct buf *out);
