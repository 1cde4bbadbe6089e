#pragma once
/* One line of `lotse-policy can`: {"site", "user", "groups", "verb", "group", "resource",
 * "subresource", "name", "namespace", "path"} in, {"allowed", "by"} out. */
#include "policy/rbac/rbac.h"

struct can_question {
    struct str site;
    struct rbac_user user;
    struct rbac_question question;
};
must_check int can_read_json(struct str line, struct arena *a, struct can_question *ret,
                             struct err *e);
void can_write_json(bool allowed, const struct rbac_reason *reason, struct buf *out);
