#include "policy/cluster/review.h"

int review_ask(struct api *api, const struct rbac_user *user, const struct rbac_question *question,
               bool *ret_allowed, struct err *e)
{
    auto_buf body = BUF_INIT((size_t)1 << 20);
    struct api_answer answer;
    review_json_write(user, question, &body);
    struct api_call call = {.method = "POST",
                            .path = STR("/apis/authorization.k8s.io/v1/subjectaccessreviews"),
                            .content_type = "application/json",
                            .body = buf_str(&body)};
    if (api_send(api, &call, &answer, e) < 0)
        return -1;
    if (answer.status >= 300) {
        (void)api_refused(api, &call, &answer, e);
        return fail_within(e, "%.*s: SubjectAccessReview", STR_F(api_name(api)));
    }
    return review_json_read(answer.body, ret_allowed, e);
}
