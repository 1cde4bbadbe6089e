#include "connectors/ldap_pool.h"

#include <pthread.h>

#include "base/log.h"
#include "base/mem.h"

struct server {
    unsigned failures; /* in a row */
    int64_t open_until_ms;
    struct ldap_conn *idle[2];
    unsigned n_open[2];
};
struct ldap_pool {
    const struct ldap_config *config;
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    struct server *servers;
};

struct ldap_pool *ldap_pool_new(const struct ldap_config *c)
{
    struct ldap_pool *p = MEM_NEW(struct ldap_pool);
    p->config = c;
    p->servers = mem_array(c->n_endpoints, sizeof *p->servers);
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->given_back, &attr);
    pthread_condattr_destroy(&attr);
    return p;
}

static void close_list(struct ldap_conn *list)
{
    while (list) {
        struct ldap_conn *next = list->next;
        ldap_conn_close(list);
        list = next;
    }
}

/* Takes all idle connections of a server out of the lists; close them without the lock. */
static struct ldap_conn *take_idle(struct server *s)
{
    struct ldap_conn *all = NULL;
    for (int kind = 0; kind < 2; kind++)
        while (s->idle[kind]) {
            struct ldap_conn *one = s->idle[kind];
            s->idle[kind] = one->next;
            s->n_open[kind]--;
            one->next = all;
            all = one;
        }
    return all;
}

void ldap_pool_free(struct ldap_pool *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->config->n_endpoints; i++)
        close_list(take_idle(&p->servers[i]));
    pthread_cond_destroy(&p->given_back);
    pthread_mutex_destroy(&p->lock);
    mem_free(p->servers);
    mem_free(p);
}

/* With the lock: may a call go to this server now? When the time of an open breaker is over one
 * call goes through, and the time starts anew; if that call succeeds the breaker closes. */
static bool admit(struct ldap_pool *p, struct server *s)
{
    int64_t now = clock_monotonic_ms(p->config->clock);
    if (s->failures < LDAP_BREAKER_FAILURES)
        return true;
    if (now < s->open_until_ms)
        return false;
    s->open_until_ms = now + LDAP_BREAKER_OPEN_MS;
    return true;
}

/* With the lock. What must be closed comes back. */
static struct ldap_conn *count_failure(struct ldap_pool *p, size_t server)
{
    struct server *s = &p->servers[server];
    if (++s->failures < LDAP_BREAKER_FAILURES)
        return NULL;
    s->open_until_ms = clock_monotonic_ms(p->config->clock) + LDAP_BREAKER_OPEN_MS;
    if (s->failures == LDAP_BREAKER_FAILURES)
        log_warn("directory server is left alone",
                 LOG_C("server", p->config->endpoints[server].url),
                 LOG_INT("failures", s->failures));
    return take_idle(s);
}

static void count_success(struct ldap_pool *p, size_t server)
{
    struct server *s = &p->servers[server];
    if (s->failures >= LDAP_BREAKER_FAILURES)
        log_info("directory server is back", LOG_C("server", p->config->endpoints[server].url));
    s->failures = 0;
}

enum found { FOUND_IDLE, FOUND_ROOM, FOUND_DOWN, FOUND_BUSY };

/* With the lock: an idle connection that is young enough, or the right to open one. Stale ones are
 * put on *stale. */
static enum found find(struct ldap_pool *p, size_t server, enum ldap_conn_kind kind,
                       struct ldap_conn **ret, struct ldap_conn **stale)
{
    struct server *s = &p->servers[server];
    int64_t oldest = clock_monotonic_ms(p->config->clock) - p->config->s.idle_ms;
    if (!admit(p, s))
        return FOUND_DOWN;
    while (s->idle[kind]) {
        struct ldap_conn *conn = s->idle[kind];
        s->idle[kind] = conn->next;
        conn->next = NULL;
        if (conn->idle_since_ms >= oldest) {
            conn->reused = true;
            *ret = conn;
            return FOUND_IDLE;
        }
        s->n_open[kind]--;
        conn->next = *stale;
        *stale = conn;
    }
    if (s->n_open[kind] < p->config->s.max_connections) {
        s->n_open[kind]++;
        return FOUND_ROOM;
    }
    return FOUND_BUSY;
}

static bool wait_given_back(struct ldap_pool *p, int64_t deadline_ms)
{
    int64_t left = deadline_ms - clock_monotonic_ms(p->config->clock);
    if (left <= 0)
        return false;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += left / 1000;
    until.tv_nsec += left % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&p->given_back, &p->lock, &until);
    return true;
}

static int open_one(struct ldap_pool *p, const struct ldap_conn_wish *wish, struct ldap_conn **ret)
{
    struct err e = {0};
    if (ldap_conn_open(p->config, wish, ret, &e) == 0)
        return 0;
    log_warn("directory server cannot be reached", LOG_C("why", e.text));
    pthread_mutex_lock(&p->lock);
    p->servers[wish->server].n_open[wish->kind]--;
    struct ldap_conn *stale = count_failure(p, wish->server);
    pthread_cond_broadcast(&p->given_back);
    pthread_mutex_unlock(&p->lock);
    close_list(stale);
    return -1;
}

static enum found find_or_wait(struct ldap_pool *p, const struct ldap_conn_wish *wish,
                               struct ldap_conn **ret)
{
    struct ldap_conn *stale = NULL;
    pthread_mutex_lock(&p->lock);
    enum found found = find(p, wish->server, wish->kind, ret, &stale);
    while (found == FOUND_BUSY && wait_given_back(p, wish->deadline_ms))
        found = find(p, wish->server, wish->kind, ret, &stale);
    pthread_mutex_unlock(&p->lock);
    close_list(stale);
    return found;
}

/* An idle connection on which something came, or that was closed. */
static void drop(struct ldap_pool *p, struct ldap_conn *conn)
{
    pthread_mutex_lock(&p->lock);
    p->servers[conn->server].n_open[conn->kind]--;
    pthread_cond_broadcast(&p->given_back);
    pthread_mutex_unlock(&p->lock);
    ldap_conn_close(conn);
}

/* From this server, now or when one is given back. 0, or -1: it is down, or time is up. */
static int get_from(struct ldap_pool *p, const struct ldap_conn_wish *wish, struct ldap_conn **ret)
{
    enum found found;
    /* the system is asked about the connection without the lock, on which all workers meet */
    while ((found = find_or_wait(p, wish, ret)) == FOUND_IDLE && !ldap_conn_quiet(*ret))
        drop(p, *ret);
    switch (found) {
    case FOUND_IDLE: (*ret)->io_deadline_ms = wish->deadline_ms; return 0;
    case FOUND_ROOM: return open_one(p, wish, ret);
    case FOUND_DOWN:
    case FOUND_BUSY: break;
    }
    return -1;
}

int ldap_pool_get(struct ldap_pool *p, const struct ldap_conn_wish *wish, struct ldap_conn **ret,
                  struct err *e)
{
    size_t n = p->config->n_endpoints;
    if (wish->server < n && get_from(p, wish, ret) == 0)
        return 0;
    struct ldap_conn_wish other = *wish;
    for (other.server = 0; other.server < n; other.server++) {
        if (other.server != wish->server &&
            clock_monotonic_ms(p->config->clock) < wish->deadline_ms &&
            get_from(p, &other, ret) == 0)
            return 0;
    }
    return fail(e, ERR_BACKEND, "no directory server can be reached (%zu tried, %s first)", n,
                p->config->endpoints[0].url);
}

void ldap_pool_put(struct ldap_pool *p, struct ldap_conn *conn, enum ldap_conn_fate fate)
{
    struct server *s = &p->servers[conn->server];
    struct ldap_conn *close = NULL;
    pthread_mutex_lock(&p->lock);
    /* that the server closed an idle connection says nothing about its health */
    bool stale = conn->reused && conn->last_error == LDAP_SERVER_DOWN;
    if (fate == LDAP_CONN_CLEAN)
        count_success(p, conn->server);
    if (fate == LDAP_CONN_BROKEN && !stale)
        close = count_failure(p, conn->server);
    if (fate == LDAP_CONN_CLEAN && !conn->spoilt) {
        conn->idle_since_ms = clock_monotonic_ms(p->config->clock);
        conn->next = s->idle[conn->kind];
        s->idle[conn->kind] = conn;
    } else {
        s->n_open[conn->kind]--;
        conn->next = close;
        close = conn;
    }
    pthread_cond_broadcast(&p->given_back);
    pthread_mutex_unlock(&p->lock);
    close_list(close);
}

struct ldap_server_health ldap_pool_health(struct ldap_pool *p, size_t server)
{
    pthread_mutex_lock(&p->lock);
    const struct server *s = &p->servers[server];
    struct ldap_server_health h = {
        .open = s->failures >= LDAP_BREAKER_FAILURES &&
                clock_monotonic_ms(p->config->clock) < s->open_until_ms,
        .failures = s->failures,
        .connections = s->n_open[0] + s->n_open[1],
    };
    pthread_mutex_unlock(&p->lock);
    return h;
}
