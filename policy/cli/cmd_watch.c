/*
 * watch: the binder of one site. Level-triggered: whatever happened, what is wanted is made anew
 * from the policy and the namespaces as they are now, and what differs is written. So a restart, a
 * lost event or a second binder beside this one do no harm. One cell that cannot be written waits
 * by itself; the others go on.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "policy/cli/watched_policy.h"
#include "policy/cluster/apply.h"
#include "policy/cluster/feed.h"

#define WAIT_MS       1000
#define LIST_MS       60000
#define WRITE_MS      10000
#define BACKOFF_FIRST 500
#define BACKOFF_LAST  60000
#define GUARD_MIN     3 /* so many may always go, as with apply */

struct patience { /* with a namespace that could not be written */
    int64_t try_at_ms;
    int n_failures;
};
struct watcher {
    struct run *run;
    struct str site;
    struct watched_policy policy;
    struct arena access_arena, scratch, lasting;
    struct kube_access access;
    struct api *api;
    struct http_streams *streams;
    struct feed feeds[2];
    struct intern namespaces; /* those that were ever in trouble */
    struct {
        struct patience *items;
        size_t n, cap;
    } patience;
    bool dirty, held_said, stopped, access_said;
    int64_t due_ms;    /* of the next round, when one is wanted */
    int n_failures;    /* of rounds: nobody answered */
    size_t n_troubled; /* cells that wait, after the last round */
    int signals;
};

static int64_t now_of(const struct watcher *w)
{
    return clock_monotonic_ms(w->run->clock);
}

/* 0.5 s, 1 s, 2 s ... 60 s, each a little shorter or longer, so that three binders do not march in
 * step. */
static int64_t backoff(int n_failures)
{
    uint8_t byte = 0;
    int64_t ms = BACKOFF_FIRST;
    for (int i = 1; i < n_failures && ms < BACKOFF_LAST; i++)
        ms *= 2;
    random_fill(&random_system, &byte, 1);
    return (ms < BACKOFF_LAST ? ms : BACKOFF_LAST) * (820 + byte) / 1000;
}

/* --- a line for each act */

static void note(const struct watcher *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void note(const struct watcher *w, const char *format, ...)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    auto_buf line = BUF_INIT((size_t)2 << 20);
    va_list args;
    va_start(args, format);
    buf_vfmt(&text, format, args);
    va_end(args);
    if (!w->run->options->json) {
        run_say(w->run, "%.*s: %s", STR_F(w->site), buf_cstr(&text));
        return;
    }
    struct json_out j;
    auto_buf time = BUF_INIT(64);
    time_format(&time, clock_now_ms(w->run->clock), true);
    json_out_init(&j, &line);
    json_open_object(&j);
    json_put_str(&j, "time", buf_str(&time));
    json_put_str(&j, "site", w->site);
    json_put_str(&j, "text", buf_str(&text));
    json_close_object(&j);
    run_print(&line);
}

/* --- the API server */

/* The kubeconfig is read again before each connection: tokens of pods are renewed in their file. */
static int refresh_access(struct watcher *w)
{
    auto_arena fresh = {0};
    struct run own = *w->run;
    struct kube_access access = {0};
    arena_init(&fresh, ARENA_NO_MAX);
    own.arena = &fresh;
    if (run_access(&own, w->site, &access) < 0) {
        w->run->err = own.err;
        return -1;
    }
    if (w->api && str_eq(access.token, w->access.token) &&
        str_eq(access.cert_pem, w->access.cert_pem) && str_eq(access.server, w->access.server))
        return 0;
    api_free(w->api);
    arena_fini(&w->access_arena);
    w->access_arena = fresh;
    fresh = (struct arena){0};
    w->access = access;
    w->api = api_new(w->site, &w->access, w->run->clock, &w->scratch);
    api_set_retry(w->api, false);
    return 0;
}

static void trouble(struct watcher *w, struct feed *f)
{
    int64_t wait = backoff(++f->n_failures);
    f->retry_at_ms = now_of(w) + wait;
    note(w, "%s; again in %.1f s", w->run->err.text, (double)wait / 1000);
}

static void list(struct watcher *w, struct feed *f)
{
    if (refresh_access(w) < 0) {
        trouble(w, f);
        return;
    }
    api_set_timeout(w->api, LIST_MS);
    if (feed_list(f, w->api, &w->run->err) < 0) {
        trouble(w, f);
        return;
    }
    w->dirty = true;
}

static void keep_up(struct watcher *w, struct feed *f)
{
    if (now_of(w) < f->retry_at_ms)
        return;
    if (!f->listed || feed_is_stale(f))
        list(w, f);
    if (!f->listed || f->stream || w->run->options->once || now_of(w) < f->retry_at_ms)
        return;
    f->retry_at_ms = now_of(w) + WAIT_MS; /* a server that ends it at once is not asked at once */
    if (refresh_access(w) < 0 || feed_open(f, w->streams, &w->access, &w->run->err) < 0)
        trouble(w, f);
}

static void take_news(struct watcher *w, struct feed *f)
{
    switch (feed_take(f, &w->run->err)) {
    case FEED_QUIET: break;
    case FEED_CHANGED: w->dirty = true; break;
    case FEED_AGAIN:
        feed_close(f);
        f->listed = false;
        (void)fail(&w->run->err, ERR_BACKEND, "the place in the watch is gone, listing again");
        trouble(w, f);
        break;
    case FEED_BROKEN:
    case FEED_REFUSED:
        feed_close(f);
        trouble(w, f);
        break;
    }
}

/* --- one round */

static void collect(const struct watcher *w, struct policy_cluster *cluster, struct rbac_set *live,
                    struct arena *a)
{
    const struct feed *f = &w->feeds[FEED_NAMESPACES], *b = &w->feeds[FEED_BINDINGS];
    struct policy_namespace *namespaces = ARENA_ARRAY(a, f->items.n + 1, struct policy_namespace);
    size_t n = 0;
    for (size_t i = 0; i < f->items.n; i++)
        if (f->items.items[i].present)
            namespaces[n++] = f->items.items[i].namespace;
    *cluster = (struct policy_cluster){
        .site = w->site, .namespaces = namespaces, .n_namespaces = n, .bindings_only = true};
    live->items = ARENA_ARRAY(a, b->items.n + 1, struct rbac_object);
    for (size_t i = 0; i < b->items.n; i++)
        if (b->items.items[i].present)
            live->items[live->n++] = b->items.items[i].binding;
    rbac_set_sort(live);
}

static int want_of(const struct watcher *w, const struct policy_cluster *data, struct arena *a,
                   struct rbac_set *ret)
{
    struct policy_input input = {.clusters = data, .n_clusters = 1, .now_ms = w->run->now_ms};
    struct cluster c = {.site = w->site, .data = *data};
    struct run own = *w->run;
    struct diags d;
    diags_init(&d, a);
    own.arena = a;
    const struct policy *policy = policy_resolve(a, w->policy.tree, &input, &d);
    if (!policy)
        return fail(&w->run->err, ERR_BUG, "the policy does not resolve any more");
    return run_emit(&own, policy, &c, ret, &w->run->err);
}

static struct patience *patience_of(struct watcher *w, struct str namespace)
{
    uint32_t id = intern_find(&w->namespaces, namespace);
    if (id == ID_NONE) {
        id = intern_add(&w->namespaces, arena_str(&w->lasting, namespace));
        (void)ARENA_PUSH(&w->lasting, &w->patience);
    }
    return &w->patience.items[id];
}

static bool must_wait(const struct watcher *w, struct str namespace, int64_t *soonest)
{
    uint32_t id = intern_find(&w->namespaces, namespace);
    if (id == ID_NONE || w->patience.items[id].n_failures == 0)
        return false;
    int64_t at = w->patience.items[id].try_at_ms;
    if (now_of(w) >= at)
        return false;
    *soonest = at < *soonest ? at : *soonest;
    return true;
}

static void be_patient(struct watcher *w, struct str namespace, const char *why, int64_t *soonest)
{
    struct patience *p = patience_of(w, namespace);
    int64_t wait = backoff(++p->n_failures);
    p->try_at_ms = now_of(w) + wait;
    *soonest = p->try_at_ms < *soonest ? p->try_at_ms : *soonest;
    note(w, "%s; again in %.1f s", why, (double)wait / 1000);
}

/* What the server now has is known without waiting for the watch. */
static int remember(struct watcher *w, const struct apply *apply, const struct step *step)
{
    struct feed *bindings = &w->feeds[FEED_BINDINGS];
    if (!step->want) {
        feed_drop(bindings, step->have->namespace, step->have->name);
        return 0;
    }
    return apply->written.n ? feed_put(bindings, apply->written, &w->run->err) : 0;
}

/* -1: nobody answers; the round is over. */
static int carry_out(struct watcher *w, const struct step *step, int64_t *soonest)
{
    const struct rbac_object *o = step->want ? step->want : step->have;
    enum apply_outcome outcome = APPLY_DONE;
    auto_arena scratch = {0};
    auto_buf line = BUF_INIT((size_t)1 << 20);
    struct apply apply = {.api = w->api, .arena = &scratch};
    arena_init(&scratch, (size_t)64 << 20);
    api_set_timeout(w->api, WRITE_MS);
    if (apply_step(&apply, step, &outcome, &w->run->err) < 0)
        return -1;
    plan_describe(step, true, &line);
    switch (outcome) {
    case APPLY_DONE:
        note(w, "%s", buf_cstr(&line));
        if (remember(w, &apply, step) < 0)
            return -1;
        break;
    case APPLY_ALREADY: break; /* the watch will say it */
    case APPLY_SKIPPED:
        be_patient(w, o->namespace, "the namespace is on its way out, skipped", soonest);
        return 0;
    case APPLY_FOREIGN:
        plan_name(o, &line);
        be_patient(w, o->namespace, "a binding under our name is not ours: left alone", soonest);
        return 0;
    case APPLY_REFUSED: be_patient(w, o->namespace, w->run->err.text, soonest); return 0;
    }
    if (intern_find(&w->namespaces, o->namespace) != ID_NONE)
        patience_of(w, o->namespace)->n_failures = 0;
    return 0;
}

/* Much would go at once: somebody should look. What is given and mended goes on. */
static bool deletes_held(struct watcher *w, const struct plan *plan)
{
    const struct cli_options *o = w->run->options;
    struct err e;
    if (o->allow_shrink || plan->n_deletes <= GUARD_MIN ||
        plan_guard(plan, w->site, o->max_prune, &e) == 0) {
        w->held_said = false;
        return false;
    }
    if (!w->held_said)
        note(w,
             "%zu of our %zu bindings would go, more than --max-prune allows: they stay until "
             "apply --allow-shrink has been run or the policy is mended",
             plan->n_deletes, plan->n_owned);
    w->held_said = true;
    return true;
}

static int write_all(struct watcher *w, const struct plan *plan, int64_t *soonest)
{
    bool held = deletes_held(w, plan);
    w->n_troubled = held ? plan->n_deletes : 0;
    for (size_t i = 0; i < plan->n; i++) {
        const struct step *step = &plan->items[i];
        const struct rbac_object *o = step->want ? step->want : step->have;
        bool waits = (held && step->kind == STEP_DELETE) || must_wait(w, o->namespace, soonest);
        if (!waits && carry_out(w, step, soonest) < 0)
            return -1;
        int64_t ignored = INT64_MAX;
        w->n_troubled += must_wait(w, o->namespace, &ignored);
    }
    return 0;
}

static void round_over(struct watcher *w, int status, int64_t soonest)
{
    if (status < 0) {
        int64_t wait = backoff(++w->n_failures);
        w->due_ms = now_of(w) + wait;
        note(w, "%s; again in %.1f s", w->run->err.text, (double)wait / 1000);
        return;
    }
    w->n_failures = 0;
    w->dirty = soonest != INT64_MAX;
    w->due_ms = w->dirty ? soonest : 0;
}

static void reconcile(struct watcher *w)
{
    auto_arena arena = {0};
    struct policy_cluster cluster;
    struct rbac_set live = {0}, want = {0};
    int64_t soonest = INT64_MAX;
    arena_init(&arena, ARENA_NO_MAX);
    struct plan plan = {.arena = &arena, .prune = !w->run->options->no_prune};
    collect(w, &cluster, &live, &arena);
    int status = want_of(w, &cluster, &arena, &want);
    if (status == 0)
        status = plan_make(&plan, &want, &live, &w->run->err);
    if (status == 0)
        status = write_all(w, &plan, &soonest);
    round_over(w, status, soonest);
}

/* --- the life of it */

/* A feed that is to be listed again does not hold up the other: what is planned on an older state
 * is refused by the server where it no longer fits (409, 404) and planned anew. */
static bool all_known(const struct watcher *w)
{
    return w->feeds[0].known && w->feeds[1].known;
}

static size_t n_present(const struct feed *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->items.n; i++)
        n += f->items.items[i].present;
    return n;
}

static void look_at_policy(struct watcher *w)
{
    switch (watched_policy_look(&w->policy, w->run, now_of(w))) {
    case WATCHED_SAME: break;
    case WATCHED_NEW:
        note(w, "policy read: %zu grants", w->policy.tree->grants.n);
        w->dirty = true;
        w->due_ms = 0;
        break;
    case WATCHED_WRONG:
        note(w, "the policy is wrong: %s",
             w->policy.tree ? "the last good one stays in force" : "there is none yet");
        break;
    }
}

static void take_signals(struct watcher *w)
{
    struct signalfd_siginfo info;
    while (read(w->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        w->stopped = true;
}

static int64_t wait_of(const struct watcher *w)
{
    int64_t until = now_of(w) + WAIT_MS;
    if (w->dirty && all_known(w) && w->due_ms < until)
        until = w->due_ms;
    for (size_t i = 0; i < 2; i++)
        if (!w->feeds[i].stream && w->feeds[i].retry_at_ms < until)
            until = w->feeds[i].retry_at_ms;
    int64_t wait = until - now_of(w);
    return wait > 0 ? wait : 0;
}

static void step(struct watcher *w)
{
    arena_reset(&w->scratch);
    look_at_policy(w);
    for (size_t i = 0; i < 2; i++)
        keep_up(w, &w->feeds[i]);
    if (w->dirty && w->policy.tree && all_known(w) && now_of(w) >= w->due_ms)
        reconcile(w);
}

static enum cli_exit run_on(struct watcher *w)
{
    bool said = false;
    while (!w->stopped) {
        step(w);
        if (!said && all_known(w)) {
            note(w, "%zu namespaces, %zu bindings", n_present(&w->feeds[FEED_NAMESPACES]),
                 n_present(&w->feeds[FEED_BINDINGS]));
            said = true;
        }
        http_streams_wait(w->streams, w->signals, wait_of(w));
        take_signals(w);
        for (size_t i = 0; i < 2; i++)
            take_news(w, &w->feeds[i]);
    }
    note(w, "ended by a signal");
    return CLI_OK;
}

static enum cli_exit run_once(struct watcher *w)
{
    step(w);
    if (!w->policy.tree)
        return CLI_USAGE;
    if (!all_known(w) || w->n_failures)
        return CLI_BACKEND;
    note(w, "%zu namespaces, %zu bindings", n_present(&w->feeds[FEED_NAMESPACES]),
         n_present(&w->feeds[FEED_BINDINGS]));
    return w->n_troubled ? CLI_FINDINGS : CLI_OK;
}

static int signals_fd(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool knows_site(const struct watcher *w)
{
    for (size_t i = 0; w->policy.tree && i < w->policy.tree->sites.n; i++)
        if (str_eq(w->policy.tree->sites.items[i].name.text, w->site))
            return true;
    return false;
}

static void watcher_init(struct watcher *w, struct run *s)
{
    *w = (struct watcher){.run = s, .site = s->options->sites.items[0], .signals = signals_fd()};
    arena_init(&w->access_arena, ARENA_NO_MAX);
    arena_init(&w->scratch, ARENA_NO_MAX);
    arena_init(&w->lasting, ARENA_NO_MAX);
    w->namespaces.arena = &w->lasting;
    w->streams = http_streams_new();
    feed_init(&w->feeds[FEED_NAMESPACES], FEED_NAMESPACES);
    feed_init(&w->feeds[FEED_BINDINGS], FEED_BINDINGS);
    watched_policy_init(&w->policy);
}

static void watcher_fini(struct watcher *w)
{
    for (size_t i = 0; i < 2; i++)
        feed_fini(&w->feeds[i]);
    http_streams_free(w->streams);
    api_free(w->api);
    watched_policy_fini(&w->policy);
    arena_fini(&w->access_arena);
    arena_fini(&w->scratch);
    arena_fini(&w->lasting);
    fd_close_at(&w->signals);
}

enum cli_exit cmd_watch(struct run *s)
{
    struct watcher w;
    enum cli_exit status = CLI_USAGE;
    if (s->options->sites.n != 1) {
        (void)fail(&s->err, ERR_CONFIG, "watch keeps one site: say --site SITE");
        return run_fail(s);
    }
    watcher_init(&w, s);
    look_at_policy(&w); /* one that is wrong at the start is no policy to stay with */
    if (w.policy.tree && !knows_site(&w)) {
        (void)fail(&s->err, ERR_CONFIG, "--site %.*s: the policy has no such site", STR_F(w.site));
        status = run_fail(s);
    } else if (w.policy.tree && refresh_access(&w) < 0)
        status = run_fail(s);
    else if (w.policy.tree)
        status = s->options->once ? run_once(&w) : run_on(&w);
    watcher_fini(&w);
    return status;
}
