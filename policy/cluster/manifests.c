/* Manifests on a live cluster: looked at, compared as a whole, written by one POST or PUT each. */
#include "policy/cluster/apply.h"

#define BODY_MAX  ((size_t)4 << 20)
#define TRIES_MAX 8

static struct str path_of(const struct manifest *m, bool dry_run, bool collection, struct arena *a)
{
    auto_buf path = BUF_INIT(8192);
    buf_add(&path, m->path);
    if (!collection) {
        buf_char(&path, '/');
        buf_url(&path, m->name);
    }
    if (dry_run)
        buf_lit(&path, "?dryRun=All");
    return arena_str(a, buf_str(&path));
}

static int within(const struct manifest *m, struct err *e)
{
    return fail_within(e, "%.*s %.*s", STR_F(m->kind), STR_F(m->name));
}

int manifest_look(struct api *api, struct arena *a, const struct manifest *want,
                  struct manifest_step *ret, struct err *e)
{
    struct api_call call = {.method = "GET", .path = path_of(want, false, false, a)};
    struct api_answer answer;
    bool same = false;
    if (api_send(api, &call, &answer, e) < 0)
        return within(want, e);
    *ret = (struct manifest_step){.want = want, .change = MANIFEST_CREATE};
    if (answer.status == 404)
        return 0;
    if (answer.status != 200) {
        (void)api_refused(api, &call, &answer, e);
        return within(want, e);
    }
    ret->have = arena_str(a, answer.body);
    if (manifest_json_same(want->text, ret->have, &same, e) < 0)
        return within(want, e);
    ret->change = same ? MANIFEST_SAME : MANIFEST_UPDATE;
    return 0;
}

static int write_once(const struct apply *apply, const struct manifest_step *step,
                      struct api_call *call, struct api_answer *answer, struct err *e)
{
    auto_buf body = BUF_INIT(BODY_MAX);
    bool create = step->change == MANIFEST_CREATE;
    if (create)
        buf_add(&body, step->want->text);
    else if (manifest_json_merge(step->want->text, step->have, &body, e) < 0)
        return -1;
    *call = (struct api_call){.method = create ? "POST" : "PUT",
                              .path = path_of(step->want, apply->dry_run, create, apply->arena),
                              .content_type = "application/json",
                              .body = buf_str(&body)};
    int status = api_send(apply->api, call, answer, e);
    call->body = STR_NONE;
    return status;
}

int manifest_apply(struct apply *apply, const struct manifest_step *step, enum apply_outcome *ret,
                   struct err *e)
{
    struct manifest_step now = *step;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct api_call call;
        struct api_answer answer;
        if (now.change == MANIFEST_SAME) {
            *ret = APPLY_ALREADY;
            return 0;
        }
        if (write_once(apply, &now, &call, &answer, e) < 0)
            return within(step->want, e);
        *ret = answer.status < 300 ? APPLY_DONE : APPLY_SKIPPED;
        if (answer.status < 300 || (answer.status == 404 && now.change == MANIFEST_CREATE))
            return 0; /* 404: the namespace it is to stand in; in a dry run it was not created */
        if (answer.status != 409 && answer.status != 404) {
            (void)api_refused(apply->api, &call, &answer, e);
            (void)within(step->want, e);
            *ret = APPLY_REFUSED;
            return 0;
        }
        if (manifest_look(apply->api, apply->arena, step->want, &now, e) < 0)
            return -1;
    }
    (void)fail(e, ERR_BACKEND, "somebody else keeps changing it");
    return within(step->want, e);
}

void manifest_describe(const struct manifest_step *step, bool done, struct buf *out)
{
    const char *const words[][2] = {[MANIFEST_SAME] = {"keep", "kept"},
                                    [MANIFEST_CREATE] = {"create", "created"},
                                    [MANIFEST_UPDATE] = {"update", "updated"}};
    const struct manifest *m = step->want;
    buf_fmt(out, "%s %.*s ", words[step->change][done], STR_F(m->kind));
    if (m->namespace.n)
        buf_fmt(out, "%.*s/", STR_F(m->namespace));
    buf_add(out, m->name);
}

int api_self(struct api *api, struct arena *a, struct api_self *ret, struct err *e)
{
    struct api_call call = {.method = "POST",
                            .path = STR("/apis/authentication.k8s.io/v1/selfsubjectreviews"),
                            .content_type = "application/json",
                            .body = STR("{\"apiVersion\":\"authentication.k8s.io/v1\","
                                        "\"kind\":\"SelfSubjectReview\"}")};
    struct api_answer answer;
    if (api_send(api, &call, &answer, e) < 0)
        return -1;
    if (answer.status >= 300)
        return api_refused(api, &call, &answer, e);
    return api_json_self(answer.body, a, ret, e);
}
