#include "connectors/ldap_groups.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/dn.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "connectors/ldap_graph.h"

/* A group that is not in the graph may be new: then it is read again, but not more often than this.
 */
#define RELOAD_LEAST_MS ((int64_t)1000)

/* [MS-ADTS] 3.1.1.3.4.4.3: LDAP_MATCHING_RULE_TRANSITIVE_EVAL */
#define IN_CHAIN "1.2.840.113556.1.4.1941"

struct ldap_groups {
    const struct ldap_config *config;
    pthread_mutex_t lock;
    pthread_cond_t loaded;
    struct ldap_graph *graph; /* NULL before the first use */
    bool loading;
    uint64_t warned; /* a digest of the refused names that the log has seen */
};

struct ldap_groups *ldap_groups_new(const struct ldap_config *c)
{
    struct ldap_groups *g = MEM_NEW(struct ldap_groups);
    g->config = c;
    pthread_mutex_init(&g->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&g->loaded, &attr);
    pthread_condattr_destroy(&attr);
    return g;
}

void ldap_groups_free(struct ldap_groups *g)
{
    if (!g)
        return;
    ldap_graph_unref(g->graph);
    pthread_cond_destroy(&g->loaded);
    pthread_mutex_destroy(&g->lock);
    mem_free(g);
}

/* The refused names, once per change of theirs, not with every reading. */
static void warn_refused(struct ldap_groups *g, const struct ldap_graph *graph)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (!graph->nodes[i].allowed)
            digest ^= hash_fast(graph->nodes[i].id);
    pthread_mutex_lock(&g->lock);
    bool news = digest != g->warned;
    g->warned = digest;
    pthread_mutex_unlock(&g->lock);
    for (size_t i = 0; news && i < graph->n_nodes; i++)
        if (!graph->nodes[i].allowed)
            log_warn("group left out: its name may not be used",
                     LOG_STR("group", graph->nodes[i].id), LOG_STR("name", graph->nodes[i].name));
}

enum ldap_search_end ldap_graph_load(struct ldap_groups *g, struct ldap_conn *conn,
                                     int64_t deadline_ms, struct ldap_graph **ret, struct err *e)
{
    enum ldap_search_end end = graph_read(g->config, conn, deadline_ms, ret, e);
    if (end == LDAP_SEARCH_WHOLE)
        warn_refused(g, *ret);
    return end;
}

static struct ldap_graph *ref(struct ldap_graph *graph)
{
    atomic_fetch_add(&graph->refs, 1);
    return graph;
}

/* With the lock: until somebody else has read the graph, or the deadline. */
static bool wait_loaded(struct ldap_groups *g, int64_t deadline_ms)
{
    int64_t left = deadline_ms - clock_monotonic_ms(g->config->clock);
    if (left <= 0)
        return false;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + left % 1000 * 1000000;
    until.tv_sec += left / 1000 + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_cond_timedwait(&g->loaded, &g->lock, &until);
    return true;
}

/*
 * With the lock. A graph of at most max_age_ms, referenced; or NULL, and *ret_load says whether the
 * caller is the one to read it (else: time is up).
 */
static struct ldap_graph *current(struct ldap_groups *g, int64_t max_age_ms, int64_t deadline_ms,
                                  bool *ret_load)
{
    for (;;) {
        int64_t age =
            g->graph ? clock_monotonic_ms(g->config->clock) - g->graph->loaded_ms : INT64_MAX;
        *ret_load = !g->loading && age >= max_age_ms / 2;
        if (*ret_load) {
            g->loading = true;
            return NULL;
        }
        if (age < max_age_ms)
            return ref(g->graph);
        if (!wait_loaded(g, deadline_ms))
            return NULL;
    }
}

static enum ldap_search_end graph_get(struct ldap_groups *g, struct ldap_conn *conn,
                                      int64_t max_age_ms, struct ldap_graph **ret, struct err *e)
{
    int64_t deadline_ms = conn->io_deadline_ms;
    bool load = false;
    pthread_mutex_lock(&g->lock);
    struct ldap_graph *graph = current(g, max_age_ms, deadline_ms, &load);
    pthread_mutex_unlock(&g->lock);
    if (graph) {
        *ret = graph;
        return LDAP_SEARCH_WHOLE;
    }
    if (!load) {
        fail(e, ERR_BACKEND, "no time is left to read the groups");
        return LDAP_SEARCH_FAILED;
    }
    enum ldap_search_end end = ldap_graph_load(g, conn, deadline_ms, &graph, e);
    struct ldap_graph *old = NULL;
    pthread_mutex_lock(&g->lock);
    g->loading = false;
    if (end == LDAP_SEARCH_WHOLE) {
        old = g->graph;
        g->graph = ref(graph);
        *ret = graph;
    }
    pthread_cond_broadcast(&g->loaded);
    pthread_mutex_unlock(&g->lock);
    ldap_graph_unref(old);
    return end;
}

/* --- from a person's own groups to all of them */

struct walk {
    const struct ldap_config *config;
    const struct ldap_graph *graph;
    struct arena *arena;
    uint8_t *seen;   /* one per node */
    uint32_t *queue; /* nodes in the order in which they were reached */
    size_t n, cap;
};

static int reach(struct walk *w, size_t node, struct err *e)
{
    if (w->seen[node])
        return 0;
    if (w->n == w->cap)
        return fail(e, ERR_LIMIT, "the person is in more than %zu groups", w->cap);
    w->seen[node] = 1;
    w->queue[w->n++] = (uint32_t)node;
    return 0;
}

/* Breadth first, level by level, each group once: cycles end by themselves, and the depth is known.
 */
static int walk_up(struct walk *w, struct err *e)
{
    size_t done = 0;
    for (size_t depth = 1; done < w->n; depth++) {
        if (depth > w->config->s.groups.max_depth)
            return fail(e, ERR_LIMIT, "groups are nested deeper than %zu",
                        w->config->s.groups.max_depth);
        for (size_t level_end = w->n; done < level_end; done++) {
            const struct graph_node *node = &w->graph->nodes[w->queue[done]];
            for (size_t k = 0; k < node->n_parents; k++)
                if (reach(w, node->parents[k], e) != 0)
                    return -1;
        }
    }
    return 0;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* nodes are sorted by id, so their numbers are too */
static int write_groups(struct walk *w, struct person *person, struct err *e)
{
    if (w->n == 0)
        return 0;
    qsort(w->queue, w->n, sizeof *w->queue, by_number);
    person->groups = ARENA_ARRAY(w->arena, w->n, struct person_group);
    for (size_t i = 0; person->groups && i < w->n; i++) {
        const struct graph_node *node = &w->graph->nodes[w->queue[i]];
        if (!node->allowed)
            continue;
        person->groups[person->n_groups++] =
            (struct person_group){arena_str(w->arena, node->id), arena_str(w->arena, node->name)};
    }
    return w->arena->exhausted ? fail(e, ERR_LIMIT, "the person's groups are too large") : 0;
}

struct names { /* a person's own groups, in normal form */
    struct str *items;
    size_t n, cap;
};

/* *ret_unknown: one of them lies below groups.base but is not in the graph */
static int resolve(struct walk *w, const struct names *own, struct person *person,
                   bool *ret_unknown, struct err *e)
{
    w->cap = w->config->s.groups.max_per_person;
    size_t most = w->graph->n_nodes < w->cap ? w->graph->n_nodes : w->cap;
    w->seen = arena_alloc(w->arena, w->graph->n_nodes + 1);
    w->queue = ARENA_ARRAY(w->arena, most + 1, uint32_t);
    if (!w->seen || !w->queue)
        return fail(e, ERR_LIMIT, "the directory has too many groups");
    *ret_unknown = false;
    for (size_t i = 0; i < own->n; i++) {
        size_t node = graph_find(w->graph, own->items[i]);
        if (node == (size_t)-1)
            *ret_unknown = *ret_unknown || dn_is_below(own->items[i], w->config->groups_base);
        else if (reach(w, node, e) != 0)
            return -1;
    }
    if (w->config->s.groups.nested && walk_up(w, e) != 0)
        return -1;
    return write_groups(w, person, e);
}

static int own_from_member_of(const struct ldap_found *found, struct arena *a, struct names *own,
                              struct err *e)
{
    own->items = ARENA_ARRAY(a, found->n_member_of + 1, struct str);
    for (size_t i = 0; own->items && i < found->n_member_of; i++)
        if (!dn_normalise(found->member_of[i], a, &own->items[own->n++]))
            return fail(e, ERR_BACKEND, "the directory says memberOf '%.*s'",
                        STR_F(found->member_of[i]));
    return own->items ? 0 : fail(e, ERR_LIMIT, "the person's groups are too large");
}

/* --- the searches for (member=<person>) */

struct collect {
    const struct ldap_config *config;
    struct arena *arena;
    struct names own;
};

static int collect_own(void *user, const struct ldap_entry *entry, struct err *e)
{
    struct collect *c = user;
    struct str *own = ARENA_PUSH(c->arena, &c->own);
    if (!own || !dn_normalise(entry->dn, c->arena, own) ||
        !dn_is_below(*own, c->config->groups_base))
        return fail(e, ERR_BACKEND, "the directory answered with the group '%.*s'",
                    STR_F(entry->dn));
    return 0;
}

static enum ldap_search_end search_member(struct collect *c, struct ldap_conn *conn,
                                          const struct ldap_found *found, struct err *e)
{
    char no_attributes[] = LDAP_NO_ATTRS, *nothing[] = {no_attributes, NULL};
    const struct ldap_settings *s = &c->config->s;
    auto_buf filter = BUF_INIT(LDAP_FILTER_MAX + 4 * DN_MAX);
    buf_lit(&filter, "(&");
    ldap_filter_render(&c->config->group, STR_NONE, &filter);
    buf_char(&filter, '(');
    buf_add(&filter, s->groups.member);
    if (s->groups.rules == LDAP_GROUPS_MEMBER_IN_CHAIN)
        buf_lit(&filter, ":" IN_CHAIN ":");
    buf_char(&filter, '=');
    ldap_filter_value(&filter, found->dn);
    buf_lit(&filter, "))");
    struct ldap_query q = {
        .base = s->groups.base.p,
        .filter = buf_cstr(&filter),
        .scope = ldap_scope_number(s->groups.scope),
        .attributes = nothing,
        .entries_max = s->groups.max_per_person,
        .page_size = (int)s->page_size,
        .deadline_ms = conn->io_deadline_ms,
        .entry = collect_own,
        .user = c,
    };
    return ldap_search(conn, c->config, &q, e);
}

static enum ldap_search_end own_groups(struct collect *c, struct ldap_conn *conn,
                                       const struct ldap_found *found, struct err *e)
{
    if (c->config->s.groups.rules != LDAP_GROUPS_MEMBER_OF)
        return search_member(c, conn, found, e);
    if (own_from_member_of(found, c->arena, &c->own, e) == 0)
        return LDAP_SEARCH_WHOLE;
    return LDAP_SEARCH_FAILED;
}

enum ldap_search_end ldap_groups_of(struct ldap_groups *g, struct ldap_conn *conn,
                                    struct ldap_found *found, struct arena *a, struct err *e)
{
    struct collect c = {.config = g->config, .arena = a};
    if (g->config->s.groups.rules == LDAP_GROUPS_NONE)
        return LDAP_SEARCH_WHOLE;
    enum ldap_search_end end = own_groups(&c, conn, found, e);
    int64_t max_age_ms = g->config->s.groups.cache_ms;
    for (int round = 0; round < 2 && end == LDAP_SEARCH_WHOLE; round++) {
        struct ldap_graph *graph = NULL;
        struct person person = found->person;
        bool unknown = false;
        end = graph_get(g, conn, max_age_ms, &graph, e);
        if (end != LDAP_SEARCH_WHOLE)
            break;
        struct walk w = {.config = g->config, .graph = graph, .arena = a};
        int done = resolve(&w, &c.own, &person, &unknown, e);
        int64_t age = clock_monotonic_ms(g->config->clock) - graph->loaded_ms;
        ldap_graph_unref(graph);
        if (done != 0)
            return LDAP_SEARCH_FAILED;
        if (round == 1 || !unknown || age < RELOAD_LEAST_MS) {
            found->person = person;
            return LDAP_SEARCH_WHOLE;
        }
        max_age_ms = RELOAD_LEAST_MS;
    }
    return end;
}

/* --- everybody */

int ldap_graph_groups_of(const struct ldap_config *c, const struct ldap_graph *graph,
                         struct ldap_found *found, struct arena *a, struct err *e)
{
    struct walk w = {.config = c, .graph = graph, .arena = a};
    struct names own = {0};
    bool unknown;
    if (c->s.groups.rules != LDAP_GROUPS_MEMBER) {
        if (own_from_member_of(found, a, &own, e) != 0)
            return -1;
        return resolve(&w, &own, &found->person, &unknown, e);
    }
    for (size_t i = graph_edges_of(graph, found->dn_normal);
         i < graph->n_edges && str_eq(graph->edges[i].child, found->dn_normal); i++) {
        struct str *one = ARENA_PUSH(a, &own);
        if (!one)
            return fail(e, ERR_LIMIT, "the directory is too large");
        *one = graph->edges[i].parent;
    }
    return resolve(&w, &own, &found->person, &unknown, e);
}

int ldap_graph_list(const struct ldap_graph *graph, struct arena *a, struct directory *ret,
                    struct err *e)
{
    ret->groups = ARENA_ARRAY(a, graph->n_nodes + 1, struct directory_group);
    if (!ret->groups)
        return fail(e, ERR_LIMIT, "the directory is too large");
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct graph_node *node = &graph->nodes[i];
        if (node->allowed)
            ret->groups[ret->n_groups++] =
                (struct directory_group){arena_str(a, node->id), arena_str(a, node->name)};
    }
    return a->exhausted ? fail(e, ERR_LIMIT, "the directory is too large") : 0;
}
