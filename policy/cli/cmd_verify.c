/*
 * verify --live N: the API servers are asked themselves, and their answers compared with ours. A
 * difference is asked again after a moment with the cluster read again: caches of an API server lag
 * behind its writes, and others write meanwhile. What then still differs is said.
 */
#include <time.h>

#include "policy/cli/sampler.h"
#include "policy/cluster/review.h"

#define PATIENCE    5    /* times a difference is looked at again */
#define PATIENCE_MS 1000 /* between two of them */
#define SAID_MAX    20

struct verifier {
    struct run *run;
    struct cluster *cluster; /* as it was read last */
    struct api *api;
    const struct access *access;
    struct {
        struct sample *items;
        size_t n, cap;
    } wrong;
    size_t n_asked, n_allowed;
};

static int evaluate(struct verifier *v)
{
    const struct rbac_set *set = &v->cluster->objects;
    const struct universe *u =
        universe_new(v->run->arena, &set, 1, &v->cluster->data.resources, &v->run->err);
    v->access = u ? access_new(v->run->arena, u, set, &v->run->err) : NULL;
    return v->access ? 0 : -1;
}

/* Both evaluators against the API server. -1: it cannot be asked. */
static int agrees(struct verifier *v, const struct sample *s, bool *ret, bool *ret_allowed)
{
    bool fast = access_allows(v->access, &s->user, &s->question);
    bool plain = rbac_allows(&v->cluster->objects, &s->user, &s->question, NULL);
    if (review_ask(v->api, &s->user, &s->question, ret_allowed, &v->run->err) < 0)
        return -1;
    *ret = fast == *ret_allowed && plain == *ret_allowed;
    return 0;
}

static int ask_all(struct verifier *v, struct sampler *sampler, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sample sample;
        bool same = false, allowed = false;
        if (!sampler_draw(sampler, i, &sample))
            return 0;
        if (agrees(v, &sample, &same, &allowed) < 0)
            return -1;
        v->n_asked++;
        v->n_allowed += allowed;
        if (!same)
            *ARENA_PUSH(v->run->arena, &v->wrong) = sample;
    }
    return 0;
}

static int ask_again(struct verifier *v)
{
    struct timespec pause = {.tv_sec = PATIENCE_MS / 1000, .tv_nsec = PATIENCE_MS % 1000 * 1000000};
    struct cluster *now = ARENA_NEW(v->run->arena, struct cluster);
    size_t n = 0;
    nanosleep(&pause, NULL);
    *now = (struct cluster){.site = v->cluster->site, .arena = v->run->arena};
    if (cluster_read_api(now, v->api, &v->run->err) < 0)
        return -1;
    v->cluster = now;
    if (evaluate(v) < 0)
        return -1;
    for (size_t i = 0; i < v->wrong.n; i++) {
        bool same = false, allowed = false;
        if (agrees(v, &v->wrong.items[i], &same, &allowed) < 0)
            return -1;
        if (!same)
            v->wrong.items[n++] = v->wrong.items[i];
    }
    v->wrong.n = n;
    return 0;
}

static void write_question(const struct sample *s, struct buf *out)
{
    const struct rbac_question *q = &s->question;
    buf_fmt(out, "%.*s ", STR_F(q->verb));
    if (q->path.n)
        buf_fmt(out, "url:%.*s", STR_F(q->path));
    else
        buf_fmt(out, "%.*s/%.*s", STR_F(q->api_group), STR_F(q->resource));
    if (q->subresource.n)
        buf_fmt(out, "/%.*s", STR_F(q->subresource));
    if (q->name.n)
        buf_fmt(out, " named %.*s", STR_F(q->name));
    if (q->namespace.n)
        buf_fmt(out, " in %.*s", STR_F(q->namespace));
}

static void say_wrong(struct verifier *v, const struct sample *s)
{
    bool ours = access_allows(v->access, &s->user, &s->question);
    struct run *run = v->run;
    auto_buf question = BUF_INIT(65536);
    auto_buf groups = BUF_INIT(65536);
    write_question(s, &question);
    for (size_t i = 0; i < s->user.groups.n; i++)
        buf_fmt(&groups, "%s%.*s", i ? "," : "", STR_F(s->user.groups.items[i]));
    if (run->options->json) {
        json_open_object(&run->json);
        json_put_str(&run->json, "user", s->user.name);
        json_put_strs(&run->json, "groups", s->user.groups.items, s->user.groups.n);
        json_put_str(&run->json, "question", buf_str(&question));
        json_put_bool(&run->json, "ours", ours);
        json_close_object(&run->json);
        return;
    }
    run_say(run, "%.*s: %.*s (%s) %s: we say %s, the API server does not", STR_F(v->cluster->site),
            STR_F(s->user.name), buf_cstr(&groups), buf_cstr(&question), ours ? "yes" : "no");
}

static void say_site(struct verifier *v)
{
    struct run *s = v->run;
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", v->cluster->site);
        json_put_i64(&s->json, "asked", (int64_t)v->n_asked);
        json_put_i64(&s->json, "allowed", (int64_t)v->n_allowed);
        json_put_i64(&s->json, "disagreements", (int64_t)v->wrong.n);
        json_key(&s->json, "wrong");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < v->wrong.n && i < SAID_MAX; i++)
        say_wrong(v, &v->wrong.items[i]);
    if (s->options->json) {
        json_close_array(&s->json);
        json_close_object(&s->json);
    }
    run_say(s, "%.*s: %zu questions, %zu allowed by the API server, %zu disagreements",
            STR_F(v->cluster->site), v->n_asked, v->n_allowed, v->wrong.n);
}

static int verify_site(struct run *s, size_t i, bool *differs)
{
    struct verifier v = {.run = s, .cluster = &s->clusters[i], .api = s->apis[i]};
    struct policy_at at = {s->policy, run_site(s->policy, v.cluster), s->now_ms, s->arena};
    struct sampler sampler;
    sampler_init(&sampler, &at, v.cluster, s->has_directory ? &s->directory : NULL,
                 (uint64_t)s->options->seed);
    api_set_timeout(v.api, s->options->timeout_ms + s->options->live * 20);
    if (evaluate(&v) < 0 || ask_all(&v, &sampler, (size_t)s->options->live) < 0)
        return -1;
    for (int k = 0; k < PATIENCE && v.wrong.n; k++)
        if (ask_again(&v) < 0)
            return -1;
    say_site(&v);
    *differs = *differs || v.wrong.n;
    return 0;
}

static enum cli_exit verify_live(struct run *s)
{
    bool differs = false;
    if (s->options->objects.n) {
        (void)fail(&s->err, ERR_CONFIG,
                   "verify --live asks API servers: --objects makes no sense with it");
        return run_fail(s);
    }
    enum cli_exit status = run_open(s, NEED_POLICY | NEED_CLUSTERS);
    if (status != CLI_OK)
        return status;
    if (s->options->json) {
        json_key(&s->json, "sites");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < s->n_clusters; i++)
        if (verify_site(s, i, &differs) < 0)
            (void)run_fail(s);
    if (s->options->json)
        json_close_array(&s->json);
    return differs ? CLI_FINDINGS : CLI_OK;
}

enum cli_exit cmd_verify(struct run *s)
{
    return s->options->live ? verify_live(s) : cmd_verify_bundle(s);
}
