#include <errno.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/http/exchange_run.h"
#include "gateway/http/http.h"
#include "gateway/http/intake.h"
#include "gateway/http/listener.h"
#include "gateway/http/tls.h"

#define STACK_BYTES      (256 * 1024)
#define CONNECTION_BYTES 16384 /* head of a reply; nothing of a request is kept in there */
#define IO_THREADS_MAX   4

struct old_pair { /* handshakes under way may still use it */
    struct tls_pair *pair;
    int64_t since_ms;
    struct old_pair *next;
};
struct http_server {
    struct http_settings settings;
    struct MHD_Daemon *daemon;
    uint16_t port;
    struct crowd crowd;
    _Atomic(struct tls_pair *) pair;
    struct old_pair *old_pairs;
    _Atomic unsigned n_running; /* requests whose reply has not left */
    _Atomic bool draining;
    _Atomic uint64_t n_refused;
};

enum phase { PHASE_NEW, PHASE_RUNNING, PHASE_ANSWERED };
struct turn { /* of libmicrohttpd's request: con_cls */
    struct http_server *server;
    struct intake *intake;
    struct MHD_Connection *connection;
    enum phase phase;
    struct exchange exchange;
};

/* --- connections */

static bool is_trusted_proxy(const struct http_server *s, const struct address *a)
{
    const struct http_routes *table = &s->settings.tables[0];
    struct http_view view = table->acquire(table->data);
    bool found = false;
    for (size_t i = 0; view.policy && i < view.policy->n_trusted_proxies && !found; i++)
        found = cidr_has(&view.policy->trusted_proxies[i], a);
    if (table->release)
        table->release(table->data, view.env);
    return found;
}

static void connection_started(struct http_server *s, struct MHD_Connection *c,
                               void **socket_context)
{
    const struct http_limits *l = &s->settings.limits;
    const struct guard_limits bounds = {l->header_bytes, l->body_bytes};
    struct intake *in = *socket_context = intake_new(c, &bounds);
    if (!in) { /* libmicrohttpd would read from it past the guard; on_request refuses that */
        const union MHD_ConnectionInfo *fd =
            MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (fd)
            shutdown(fd->connect_fd, SHUT_RDWR);
        return;
    }
    in->owner = s;
    in->head_seconds = (unsigned)((l->head_ms + 999) / 1000);
    in->idle_seconds = (unsigned)((l->idle_ms + 999) / 1000);
    crowd_enter(&s->crowd, &in->member, &in->address, is_trusted_proxy(s, &in->address));
    intake_start_deadline(in);
}

static void on_connection(void *cls, struct MHD_Connection *c, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *s = cls;
    struct intake *in = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection_started(s, c, socket_context);
    } else if (in) {
        crowd_leave(&s->crowd, &in->member);
        intake_free(in);
        *socket_context = NULL;
    }
}

/* --- requests */

static struct turn *turn_new(struct http_server *s, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct intake *in = info ? info->socket_context : NULL;
    if (!in || !in->delivered) { /* read past the guard: never answered */
        log_error("a request came past the guard; connection closed");
        return NULL;
    }
    struct turn *t = MEM_NEW(struct turn);
    *t = (struct turn){.server = s, .intake = in, .connection = c};
    exchange_init(&t->exchange, monotonic_us());
    atomic_fetch_add(&s->n_running, 1);
    crowd_set_idle(&s->crowd, &in->member, false);
    intake_stop_deadline(in);
    return t;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    struct http_server *s = cls;
    struct turn *t = *con_cls;
    (void)c, (void)code;
    if (!t)
        return;
    *con_cls = NULL;
    const struct guard *g = &t->intake->guard;
    if (s->settings.observe) {
        const struct http_observation o = {.route = t->exchange.route ? t->exchange.route->path
                                                                      : "other",
                                           .method = g->head.method,
                                           .method_known = g->state == GUARD_COMPLETE,
                                           .status = t->exchange.reply.status,
                                           .duration_us = monotonic_us() - t->exchange.started_us};
        s->settings.observe(s->settings.observe_data, &o);
    }
    intake_next(t->intake);
    crowd_set_idle(&s->crowd, &t->intake->member, true);
    exchange_fini(&t->exchange);
    mem_free(t);
    atomic_fetch_sub(&s->n_running, 1);
}

/* Worker thread. After the resume the turn is the I/O thread's again. */
static void run_on_worker(void *job)
{
    struct turn *t = job;
    exchange_run(&t->exchange);
    t->phase = PHASE_ANSWERED;
    MHD_resume_connection(t->connection);
}

/* Hands the request to a worker; false: nobody can take it. */
static bool suspend_for_worker(struct turn *t)
{
    struct http_server *s = t->server;
    /* n_running was raised before this is looked at, so http_server_stop() sees either the request
       or this refusal: nothing is suspended any more when the daemon ends */
    if (atomic_load(&s->draining))
        return false;
    t->phase = PHASE_RUNNING;
    MHD_suspend_connection(t->connection);
    if (pool_submit(s->settings.workers, run_on_worker, t))
        return true;
    crowd_count_shed(&s->crowd);
    exchange_answer_busy(&t->exchange);
    t->phase = PHASE_ANSWERED;
    MHD_resume_connection(t->connection);
    return true;
}

/* True: answered. False: a worker has it, or it comes back by a resume. */
static bool start_turn(struct turn *t)
{
    struct http_server *s = t->server;
    const struct exchange_source from = {.guard = &t->intake->guard,
                                         .connection = &t->intake->address,
                                         .tables = s->settings.tables,
                                         .n_tables = s->settings.n_tables,
                                         .request_ms = s->settings.limits.request_ms};
    bool must_run = exchange_prepare(&t->exchange, &from);
    if (t->intake->guard.state == GUARD_REFUSED)
        atomic_fetch_add(&s->n_refused, 1);
    if (must_run && s->settings.workers && !(t->exchange.route->flags & ROUTE_INLINE)) {
        if (suspend_for_worker(t))
            return false;
        exchange_answer_busy(&t->exchange);
    } else if (must_run) {
        exchange_run(&t->exchange);
    }
    t->phase = PHASE_ANSWERED;
    return true;
}

static bool add_header(struct MHD_Response *response, struct turn *t, const char *name,
                       struct str value)
{
    return value.n == 0 || MHD_add_response_header(
                               response, name, arena_cstr(&t->exchange.arena, value)) == MHD_YES;
}

static bool add_headers(struct MHD_Response *response, struct turn *t)
{
    const struct reply *r = &t->exchange.reply;
    bool good =
        !r->content_type || add_header(response, t, "Content-Type", str_from(r->content_type));
    for (size_t i = 0; i < r->n_headers; i++)
        good = good && add_header(response, t, r->headers[i].name, r->headers[i].value);
    if (t->intake->guard.head.close || atomic_load(&t->server->draining))
        good = good && add_header(response, t, "Connection", STR("close"));
    return good;
}

static enum MHD_Result send_reply(struct turn *t)
{
    struct reply *r = &t->exchange.reply;
    exchange_finish(&t->exchange, t->server->settings.hsts);
    /* the body lives in the exchange's arena, which outlives the reply; libmicrohttpd only reads it
     */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        r->body.n, (void *)(uintptr_t)r->body.p, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    bool good = add_headers(response, t);
    enum MHD_Result queued =
        good ? MHD_queue_response(t->connection, (unsigned)r->status, response) : MHD_NO;
    MHD_destroy_response(response);
    return queued;
}

/* Called for each request until it is answered: first to announce it, then when it may be answered,
 * and after a resume. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *n_data, void **con_cls)
{
    struct turn *t = *con_cls;
    (void)url, (void)method, (void)version, (void)data;
    *n_data = 0;
    if (!t) {
        *con_cls = turn_new(cls, c);
        return *con_cls ? MHD_YES : MHD_NO;
    }
    if (t->phase == PHASE_NEW && !start_turn(t)) /* the turn may be a worker's by now */
        return MHD_YES;
    return t->phase == PHASE_ANSWERED ? send_reply(t) : MHD_YES;
}

/* --- TLS */

static int give_certificate(gnutls_session_t session, const gnutls_datum_t *issuers, int n_issuers,
                            const gnutls_pk_algorithm_t *algorithms, int n_algorithms,
                            gnutls_pcert_st **chain, unsigned *n_chain, gnutls_privkey_t *key)
{
    (void)issuers, (void)n_issuers, (void)algorithms, (void)n_algorithms;
    const struct intake *in = intake_find(session);
    if (!in)
        return -1;
    const struct http_server *s = in->owner;
    tls_pair_use(atomic_load(&s->pair), chain, n_chain, key);
    return 0;
}

int http_tls_check(const char *certificate, const char *key, struct err *e)
{
    struct tls_pair *pair;
    if (tls_pair_load(certificate, key, &pair, e) < 0)
        return -1;
    tls_pair_free(pair);
    return 0;
}

static void free_old_pairs(struct http_server *s, int64_t older_than_ms)
{
    struct old_pair **at = &s->old_pairs;
    while (*at) {
        struct old_pair *old = *at;
        if (old->since_ms > older_than_ms) {
            at = &old->next;
            continue;
        }
        *at = old->next;
        tls_pair_free(old->pair);
        mem_free(old);
    }
}

int http_server_reload_tls(struct http_server *s, struct err *e)
{
    struct tls_pair *pair;
    if (!s->settings.tls_certificate)
        return 0;
    if (tls_pair_load(s->settings.tls_certificate, s->settings.tls_key, &pair, e) < 0)
        return -1;
    int64_t now_ms = monotonic_us() / 1000;
    struct old_pair *old = MEM_NEW(struct old_pair);
    *old = (struct old_pair){atomic_exchange(&s->pair, pair), now_ms, s->old_pairs};
    s->old_pairs = old;
    free_old_pairs(s, now_ms - 2 * s->settings.limits.head_ms); /* no handshake is older */
    return 0;
}

int64_t http_server_certificate_not_after(const struct http_server *s)
{
    struct tls_pair *pair = atomic_load(&s->pair);
    return pair ? tls_pair_not_after(pair) : 0;
}

/* --- start and stop */

static unsigned count_io_threads(const struct http_settings *settings)
{
    long n = settings->io_threads ? (long)settings->io_threads : sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1)
        n = 1;
    return n < IO_THREADS_MAX || settings->io_threads ? (unsigned)n : IO_THREADS_MAX;
}

static struct MHD_Daemon *start_daemon(struct http_server *s, int fd)
{
    const struct http_settings *c = &s->settings;
    unsigned n_threads = count_io_threads(c);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    struct MHD_OptionItem more[8] = {
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, s},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)((c->limits.idle_ms + 999) / 1000), NULL},
        /* we shed at limits.connections; its own way would be to leave newcomers unanswered */
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)(c->limits.connections * 2 + 64), NULL},
        {MHD_OPTION_END, 0, NULL}};
    int n = 4;
    if (n_threads > 1)
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)n_threads, NULL};
    if (c->tls_certificate) {
        flags |= MHD_USE_TLS;
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
                                            (void *)(uintptr_t)give_certificate};
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
                                            (void *)(uintptr_t)TLS_PRIORITIES};
    }
    more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
                            MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)2048,
                            MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
                            MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

static void server_free(struct http_server *s)
{
    free_old_pairs(s, INT64_MAX);
    tls_pair_free(atomic_load(&s->pair));
    crowd_fini(&s->crowd);
    mem_free(s);
}

int http_server_start(const struct http_settings *settings, struct http_server **ret_server,
                      struct err *e)
{
    auto_fd fd = -1;
    uint16_t port;
    struct tls_pair *pair = NULL;
    if (settings->tls_certificate &&
        tls_pair_load(settings->tls_certificate, settings->tls_key, &pair, e) < 0)
        return -1;
    if (listener_open(&settings->address, &fd, &port, e) < 0) {
        tls_pair_free(pair);
        return -1;
    }
    struct http_server *s = MEM_NEW(struct http_server);
    s->settings = *settings;
    s->port = port;
    atomic_store(&s->pair, pair);
    crowd_init(&s->crowd, settings->limits.connections, settings->limits.connections_per_peer);
    s->daemon = start_daemon(s, fd);
    if (!s->daemon) {
        server_free(s);
        return fail_errno(e, "the HTTP server does not start");
    }
    fd = -1; /* the daemon's now */
    *ret_server = s;
    return 0;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

struct http_stats http_server_stats(const struct http_server *s)
{
    struct http_stats stats = {.refused = atomic_load(&s->n_refused)};
    crowd_read((struct crowd *)(uintptr_t)&s->crowd, &stats.connections, &stats.shed);
    return stats;
}

bool http_server_stop(struct http_server *s, int64_t drain_ms)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    int64_t end_us = monotonic_us() + drain_ms * 1000;
    atomic_store(&s->draining, true);
    int fd = MHD_quiesce_daemon(s->daemon);
    if (fd >= 0)
        close(fd);
    while (atomic_load(&s->n_running) > 0 && monotonic_us() < end_us)
        nanosleep(&pause, NULL);
    if (atomic_load(&s->n_running) > 0)
        return false;
    MHD_stop_daemon(s->daemon);
    server_free(s);
    return true;
}
