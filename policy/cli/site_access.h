#pragma once
/* One site, ready to be asked: its objects as they are, or as they would be after an apply, with
 * the lines of the policy behind those that are ours. */
#include "policy/cli/run.h"

struct site_access {
    const struct cluster *cluster;
    struct policy_at at;
    const struct rbac_set *set;
    const struct access *x;
};
/* As it would be after an apply, or with --as-is as it is. -1: see s->err. */
must_check int site_access_new(struct run *s, const struct cluster *c, struct site_access *ret);
/* "get" and "pods", "/secrets", "url:/metrics", with --namespace and --name. */
must_check int site_question(struct run *s, const struct site_access *a, const struct str words[2],
                             struct rbac_question *ret);
/* "get pods in pay-api", for messages */
struct str site_question_text(struct run *s, const struct str words[2]);
