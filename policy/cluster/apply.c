#include "policy/cluster/apply.h"

#define BODY_MAX  ((size_t)4 << 20)
#define TRIES_MAX 8 /* how often another writer may be faster before we give up */

struct job {
    struct api *api;
    struct arena *arena;
    const struct rbac_object *want;
    bool dry_run;
    struct api_call call; /* the last one, and */
    struct api_answer answer;
};

static const char *const collections[] = {
    [RBAC_CLUSTER_ROLE] = "clusterroles",
    [RBAC_ROLE] = "roles",
    [RBAC_CLUSTER_ROLE_BINDING] = "clusterrolebindings",
    [RBAC_ROLE_BINDING] = "rolebindings",
};

static void path_of(const struct job *job, const struct rbac_object *o, bool collection,
                    struct buf *out)
{
    buf_c(out, "/apis/rbac.authorization.k8s.io/v1/");
    if (o->namespace.n) {
        buf_c(out, "namespaces/");
        buf_url(out, o->namespace);
        buf_char(out, '/');
    }
    buf_c(out, collections[o->kind]);
    if (!collection) {
        buf_char(out, '/');
        buf_url(out, o->name);
    }
    if (job->dry_run)
        buf_c(out, "?dryRun=All");
}

/* One write; every answer below 500 is the caller's. */
static int write_object(struct job *job, const char *method, const struct rbac_object *o,
                        struct str body, struct err *e)
{
    auto_buf path = BUF_INIT(8192);
    bool create = strcmp(method, "POST") == 0, patch = strcmp(method, "PATCH") == 0;
    path_of(job, o, create, &path);
    job->call = (struct api_call){.method = method,
                                  .path = arena_str(job->arena, buf_str(&path)),
                                  .content_type =
                                      patch ? "application/merge-patch+json" : "application/json",
                                  .body = body};
    return api_send(job->api, &job->call, &job->answer, e);
}

/* The object as it is now; *ret NULL: there is none. */
static int read_again(const struct job *job, const struct rbac_object *o, struct rbac_object **ret,
                      struct err *e)
{
    auto_buf path = BUF_INIT(8192);
    struct job plain = *job;
    struct api_answer answer;
    struct rbac_set set = {0};
    plain.dry_run = false;
    path_of(&plain, o, false, &path);
    struct api_call call = {.method = "GET", .path = buf_str(&path)};
    if (api_send(job->api, &call, &answer, e) < 0)
        return -1;
    *ret = NULL;
    if (answer.status == 404)
        return 0;
    if (answer.status != 200)
        return fail(e, ERR_BACKEND, "GET answers %d", answer.status);
    if (rbac_read_json(arena_str(job->arena, answer.body), job->arena, &set, e) < 0)
        return -1;
    *ret = set.n ? &set.items[0] : NULL;
    return 0;
}

enum written { WRITTEN, CHANGED_MEANWHILE, NOT_THERE, NAMESPACE_ENDS, REFUSED, WRITE_FAILED };

static enum written finish(const struct job *job, struct err *e)
{
    if (job->answer.status < 300)
        return WRITTEN;
    if (job->answer.status == 409)
        return CHANGED_MEANWHILE;
    if (job->answer.status == 404)
        return NOT_THERE;
    /* admission plugin NamespaceLifecycle: 403 with this cause */
    if (job->answer.status == 403 && str_contains(job->answer.body, STR("NamespaceTerminating")))
        return NAMESPACE_ENDS;
    (void)api_refused(job->api, &job->call, &job->answer, e);
    return REFUSED;
}

static enum written create(struct job *job, struct err *e)
{
    auto_buf body = BUF_INIT(BODY_MAX);
    rbac_write_json(job->want, &body);
    if (write_object(job, "POST", job->want, buf_str(&body), e) < 0)
        return WRITE_FAILED;
    return finish(job, e);
}

static enum written patch(struct job *job, const struct rbac_object *have, struct err *e)
{
    auto_buf body = BUF_INIT(BODY_MAX);
    if (apply_json_patch(job->want, have, &body, e) < 0 ||
        write_object(job, "PATCH", job->want, buf_str(&body), e) < 0)
        return WRITE_FAILED;
    return finish(job, e);
}

static enum written remove_object(struct job *job, const struct rbac_object *have, struct err *e)
{
    auto_buf body = BUF_INIT(BODY_MAX);
    apply_json_delete(have, &body);
    if (write_object(job, "DELETE", have, buf_str(&body), e) < 0)
        return WRITE_FAILED;
    return finish(job, e);
}

/* Makes the live object `have` (NULL: none) what is wanted (NULL: none) by one write. */
static enum written write_once(struct job *job, const struct rbac_object *have, struct err *e)
{
    if (!have)
        return create(job, e);
    if (!job->want || (job->want->role_name.n && !rbac_same_role_ref(job->want, have)))
        return remove_object(job, have,
                             e); /* a wrong roleRef: the loop then finds nothing and creates */
    return patch(job, have, e);
}

/* Is there nothing (more) to do for what is there now? */
static bool settled(const struct job *job, const struct rbac_object *have, enum apply_outcome *ret)
{
    if (!have && !job->want)
        return true; /* gone, as wanted: *ret stays what it was */
    if (have && !rbac_is_managed(have)) {
        *ret = APPLY_FOREIGN;
        return true;
    }
    return have && job->want && rbac_object_same(job->want, have);
}

/* Is the step over after this write? Otherwise what is there now has to be looked at. */
static bool is_over(const struct step *step, const struct rbac_object *have, bool dry_run,
                    enum written written, enum apply_outcome *ret)
{
    switch (written) {
    case REFUSED: *ret = APPLY_REFUSED; return true;
    case NAMESPACE_ENDS: *ret = APPLY_SKIPPED; return true;
    case NOT_THERE:
        if (!have) /* 404 for a create: the namespace went away after we read it */
            *ret = APPLY_SKIPPED;
        return !have;
    case WRITTEN: *ret = APPLY_DONE; return step->kind != STEP_REPLACE || !have || dry_run;
    case CHANGED_MEANWHILE:
    case WRITE_FAILED: break;
    }
    return false;
}

int apply_step(struct apply *apply, const struct step *step, enum apply_outcome *ret, struct err *e)
{
    struct job job = {
        .api = apply->api, .arena = apply->arena, .want = step->want, .dry_run = apply->dry_run};
    const struct rbac_object *about = step->want ? step->want : step->have, *have = step->have;
    enum apply_outcome outcome = APPLY_ALREADY;
    auto_buf name = BUF_INIT(4096);
    plan_name(about, &name);
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        bool over = tries && settled(&job, have, &outcome);
        enum written written = over ? CHANGED_MEANWHILE : write_once(&job, have, e);
        over = over || is_over(step, have, apply->dry_run, written, &outcome);
        if (written == WRITTEN)
            apply->written = arena_str(apply->arena, job.answer.body);
        if (written == WRITE_FAILED || written == REFUSED)
            (void)fail_within(e, "%s", buf_cstr(&name));
        if (written == WRITE_FAILED)
            return -1;
        if (over) {
            *ret = outcome;
            return 0;
        }
        struct rbac_object *now = NULL;
        if (read_again(&job, about, &now, e) < 0)
            return fail_within(e, "%s", buf_cstr(&name));
        have = now;
    }
    return fail(e, ERR_BACKEND, "%s: somebody else keeps changing it", buf_cstr(&name));
}
