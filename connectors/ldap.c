#include "connectors/ldap.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "connectors/ldap_bind.h"
#include "connectors/ldap_groups.h"
#include "connectors/ldap_pool.h"

#define NAME_MAX_BYTES     256
#define PASSWORD_MAX_BYTES 1024
#define AFFINITIES         1024
#define ATTEMPTS_MAX       4
#define PEOPLE_MAX         ((size_t)1000000)

struct ldap_connector {
    struct connector connector; /* first */
    struct ldap_config *config;
    struct ldap_pool *pool;
    struct ldap_groups *groups;
    /* By person: the server (plus one) that checked the password last. It is asked first at the
     * next lookup, so that a replica that does not know a change yet has no say in it. Collisions
     * only cost that preference. */
    atomic_uchar affinity[AFFINITIES];
};

static struct ldap_connector *of(struct connector *c)
{
    return (struct ldap_connector *)(void *)c;
}

/* --- reading one person */

struct wanted {
    struct ldap_connector *l;
    struct arena *arena;
    const char *filter;
    int64_t deadline_ms;
    bool with_groups;
    size_t server; /* in: preferred; out: who answered */
    struct ldap_found found;
    size_t n;     /* entries that came */
    bool refused; /* the entry is not usable; e says why */
};

static int take_person(void *user, const struct ldap_entry *entry, struct err *e)
{
    struct wanted *w = user;
    if (++w->n > 1) /* ambiguous: nobody is picked */
        return fail(e, ERR_BACKEND, "the search finds more than one person, also '%.*s'",
                    STR_F(entry->dn));
    if (ldap_person_of(entry, w->l->config, w->arena, &w->found, e) == 0)
        return 0;
    w->refused = true;
    return -1;
}

static enum ldap_search_end read_once(struct wanted *w, struct ldap_conn *conn, struct err *e)
{
    const struct ldap_config *c = w->l->config;
    w->n = 0;
    w->refused = false;
    struct ldap_query q = {
        .base = c->s.people.base.p,
        .filter = w->filter,
        .scope = ldap_scope_number(c->s.people.scope),
        .attributes = (char **)(uintptr_t)c->person_attributes,
        .entries_max = 2,
        .deadline_ms = w->deadline_ms,
        .entry = take_person,
        .user = w,
    };
    enum ldap_search_end end = ldap_search(conn, c, &q, e);
    if (end == LDAP_SEARCH_WHOLE && w->n == 1 && w->with_groups)
        end = ldap_groups_of(w->l->groups, conn, &w->found, w->arena, e);
    return end;
}

/* On the preferred server or the next one that is well. A search may be asked again; a bind never
 * is. */
static enum ldap_search_end read_person(struct wanted *w, struct err *e)
{
    enum ldap_search_end end = LDAP_SEARCH_BROKEN;
    for (int attempt = 0; attempt < ATTEMPTS_MAX && end == LDAP_SEARCH_BROKEN; attempt++) {
        const struct ldap_conn_wish wish = {LDAP_CONN_SERVICE, w->server, w->deadline_ms};
        struct ldap_conn *conn = NULL;
        if (ldap_pool_get(w->l->pool, &wish, &conn, e) != 0)
            break;
        end = read_once(w, conn, e);
        w->server = conn->server;
        bool broken = end == LDAP_SEARCH_BROKEN;
        if (broken)
            log_warn("directory search failed", LOG_C("why", e->text));
        ldap_pool_put(w->l->pool, conn, broken ? LDAP_CONN_BROKEN : LDAP_CONN_CLEAN);
        if (clock_monotonic_ms(w->l->config->clock) >= w->deadline_ms)
            break;
    }
    return end;
}

/* What a finished search means, for both operations; `none` when nobody was found. */
static enum connector_outcome outcome_of(const struct wanted *w, enum ldap_search_end end,
                                         enum connector_outcome none)
{
    switch (end) {
    case LDAP_SEARCH_WHOLE: return w->n == 0 ? none : CONNECTOR_OK;
    case LDAP_SEARCH_TOO_MANY: return w->n > 1 ? CONNECTOR_REFUSED : CONNECTOR_UNAVAILABLE;
    case LDAP_SEARCH_FAILED: /* an entry nobody can use, or a server that says no */
        return w->refused || w->n > 1 ? CONNECTOR_REFUSED : CONNECTOR_UNAVAILABLE;
    case LDAP_SEARCH_BROKEN: break;
    }
    return CONNECTOR_UNAVAILABLE;
}

static enum connector_outcome outcome_of_state(enum account_state state)
{
    switch (state) {
    case ACCOUNT_ACTIVE: break;
    case ACCOUNT_DISABLED: return CONNECTOR_DISABLED;
    case ACCOUNT_LOCKED: return CONNECTOR_LOCKED;
    case ACCOUNT_EXPIRED: return CONNECTOR_EXPIRED;
    case ACCOUNT_MUST_CHANGE_PASSWORD: return CONNECTOR_MUST_CHANGE_PASSWORD;
    }
    return CONNECTOR_OK;
}

static atomic_uchar *affinity(struct ldap_connector *l, struct str id)
{
    return &l->affinity[hash_fast(id) % AFFINITIES];
}

/* --- lookup */

static enum connector_outcome lookup(struct connector *c, struct arena *a, struct str id,
                                     int64_t deadline_ms, struct person *ret_person, struct err *e)
{
    struct ldap_connector *l = of(c);
    auto_buf filter = BUF_INIT(LDAP_FILTER_MAX);
    if (!ldap_id_filter(l->config, id, &filter))
        return CONNECTOR_GONE; /* no id that this connector ever gave */
    struct wanted w = {
        .l = l,
        .arena = a,
        .filter = buf_cstr(&filter),
        .deadline_ms = deadline_ms,
        .with_groups = true,
        .server = (size_t)atomic_load(affinity(l, id)) - 1, /* 0 - 1: any */
    };
    enum connector_outcome outcome = outcome_of(&w, read_person(&w, e), CONNECTOR_GONE);
    if (outcome != CONNECTOR_OK)
        return outcome;
    if (!str_eq(w.found.person.id, id)) { /* a lying server: not who we asked for */
        fail(e, ERR_BACKEND, "the directory answered with another person than asked for");
        return CONNECTOR_UNAVAILABLE;
    }
    *ret_person = w.found.person;
    return outcome_of_state(w.found.person.state);
}

/* --- authenticate */

static enum connector_outcome outcome_of_bind(const struct ldap_bind *b, enum ldap_bind_end end)
{
    switch (end) {
    case LDAP_BIND_YES: return CONNECTOR_OK;
    case LDAP_BIND_STATE: return outcome_of_state(b->state);
    case LDAP_BIND_REFUSED: return CONNECTOR_REFUSED;
    case LDAP_BIND_BROKEN: return CONNECTOR_UNAVAILABLE;
    case LDAP_BIND_NO: break;
    }
    /* slapd answers a locked account as if the password were wrong; its entry says more */
    return b->found->person.state == ACCOUNT_LOCKED ? CONNECTOR_LOCKED : CONNECTOR_WRONG_PASSWORD;
}

/* The one bind of a login. Nothing of it is repeated: an attempt counts in the directory even if
 * its answer is lost. */
static enum connector_outcome check_password(struct wanted *w, struct str password, struct err *e)
{
    struct ldap_connector *l = w->l;
    const struct ldap_conn_wish wish = {LDAP_CONN_BIND, w->server, w->deadline_ms};
    struct ldap_conn *conn = NULL;
    if (ldap_pool_get(l->pool, &wish, &conn, e) != 0)
        return CONNECTOR_UNAVAILABLE;
    struct ldap_bind b = {.found = &w->found, .password = password};
    enum ldap_bind_end end = ldap_bind(conn, l->config, &b, e);
    w->server = conn->server;
    ldap_pool_put(l->pool, conn, end == LDAP_BIND_BROKEN ? LDAP_CONN_BROKEN : LDAP_CONN_CLEAN);
    return outcome_of_bind(&b, end);
}

/* An unknown person costs the directory, and so the clock, the same as a known one. */
static enum connector_outcome check_nobody(struct wanted *w, struct str password,
                                           enum connector_outcome outcome, struct err *e)
{
    struct err ignored = {0};
    w->found = (struct ldap_found){.dn = w->l->config->decoy_dn};
    if (check_password(w, password, outcome == CONNECTOR_REFUSED ? &ignored : e) ==
        CONNECTOR_UNAVAILABLE)
        return CONNECTOR_UNAVAILABLE;
    return outcome;
}

/* RFC 4513 5.1.2: an empty password is no password but an anonymous bind, and C strings end at the
 * first NUL. */
static bool could_be_right(struct str name, struct str password)
{
    return name.n > 0 && name.n <= NAME_MAX_BYTES && str_is_utf8(name) && !str_has_control(name) &&
           password.n > 0 && password.n <= PASSWORD_MAX_BYTES && !str_has(password, '\0');
}

static enum connector_outcome authenticate(struct connector *c, struct arena *a, struct str name,
                                           const struct secret *password, int64_t deadline_ms,
                                           struct person *ret_person, struct err *e)
{
    struct ldap_connector *l = of(c);
    struct str typed = secret_reveal(password);
    if (!could_be_right(name, typed))
        return CONNECTOR_WRONG_PASSWORD;
    auto_buf filter = BUF_INIT(4 * LDAP_FILTER_MAX);
    buf_lit(&filter, "(&");
    ldap_filter_render(&l->config->person, STR_NONE, &filter);
    ldap_filter_render(&l->config->login, name, &filter);
    buf_char(&filter, ')');
    if (buf_failed(&filter))
        return CONNECTOR_WRONG_PASSWORD;
    struct wanted w = {.l = l,
                       .arena = a,
                       .filter = buf_cstr(&filter),
                       .deadline_ms = deadline_ms,
                       .server = LDAP_ANY_SERVER};
    enum connector_outcome outcome = outcome_of(&w, read_person(&w, e), CONNECTOR_WRONG_PASSWORD);
    if (outcome == CONNECTOR_UNAVAILABLE)
        return outcome;
    if (outcome != CONNECTOR_OK)
        return check_nobody(&w, typed, outcome, e);
    outcome = check_password(&w, typed, e);
    if (outcome == CONNECTOR_WRONG_PASSWORD)
        ret_person->id = w.found.person.id;
    if (outcome != CONNECTOR_OK)
        return outcome;
    /* Once more and with groups, from the server that checked the password: a bind that succeeds
     * says nothing about the account's state, and what was read before it may be of another server.
     */
    atomic_store(affinity(l, w.found.person.id), (unsigned char)(w.server + 1));
    outcome = lookup(c, a, w.found.person.id, deadline_ms, ret_person, e);
    if (outcome != CONNECTOR_GONE)
        return outcome;
    fail(e, ERR_BACKEND, "the directory lost the entry of '%.*s' during the login",
         STR_F(w.found.dn));
    return CONNECTOR_UNAVAILABLE;
}

/* --- everybody */

struct everybody {
    struct ldap_connector *l;
    struct arena *arena;
    struct ldap_graph *graph;
    struct {
        struct person *items;
        size_t n, cap;
    } people;
};

static int take_one_of_all(void *user, const struct ldap_entry *entry, struct err *e)
{
    struct everybody *all = user;
    struct ldap_found found;
    if (ldap_person_of(entry, all->l->config, all->arena, &found, e) != 0) {
        if (all->arena->exhausted)
            return -1;
        log_warn("person left out", LOG_C("why", e->text)); /* who cannot log in either */
        *e = (struct err){0};
        return 0;
    }
    if (all->graph && ldap_graph_groups_of(all->l->config, all->graph, &found, all->arena, e) != 0)
        return -1;
    struct person *person = ARENA_PUSH(all->arena, &all->people);
    if (!person)
        return fail(e, ERR_LIMIT, "the directory is too large");
    *person = found.person;
    return 0;
}

static int by_username(const void *a, const void *b)
{
    return str_cmp(((const struct person *)a)->username, ((const struct person *)b)->username);
}

static enum ldap_search_end read_everybody(struct everybody *all, struct ldap_conn *conn,
                                           int64_t deadline_ms, struct err *e)
{
    const struct ldap_config *c = all->l->config;
    all->people.n = 0;
    if (c->s.groups.rules != LDAP_GROUPS_NONE) {
        enum ldap_search_end end =
            ldap_graph_load(all->l->groups, conn, deadline_ms, &all->graph, e);
        if (end != LDAP_SEARCH_WHOLE)
            return end;
    }
    auto_buf filter = BUF_INIT(LDAP_FILTER_MAX);
    ldap_filter_render(&c->person, STR_NONE, &filter);
    struct ldap_query q = {
        .base = c->s.people.base.p,
        .filter = buf_cstr(&filter),
        .scope = ldap_scope_number(c->s.people.scope),
        .attributes = (char **)(uintptr_t)c->person_attributes,
        .entries_max = PEOPLE_MAX,
        .page_size = (int)c->s.page_size,
        .deadline_ms = deadline_ms,
        .entry = take_one_of_all,
        .user = all,
    };
    return ldap_search(conn, c, &q, e);
}

static int read_all(struct connector *c, struct arena *a, int64_t deadline_ms,
                    struct directory *ret_directory, struct err *e)
{
    struct everybody all = {.l = of(c), .arena = a};
    struct directory d = {0};
    struct ldap_conn *conn = NULL;
    const struct ldap_conn_wish wish = {LDAP_CONN_SERVICE, LDAP_ANY_SERVER, deadline_ms};
    if (ldap_pool_get(all.l->pool, &wish, &conn, e) != 0)
        return -1;
    enum ldap_search_end end = read_everybody(&all, conn, deadline_ms, e);
    bool broken = end == LDAP_SEARCH_BROKEN;
    ldap_pool_put(all.l->pool, conn, broken ? LDAP_CONN_BROKEN : LDAP_CONN_CLEAN);
    int done = end == LDAP_SEARCH_WHOLE ? 0 : -1;
    if (done == 0 && all.graph)
        done = ldap_graph_list(all.graph, a, &d, e);
    ldap_graph_unref(all.graph);
    if (done != 0)
        return -1;
    if (all.people.n > 0)
        qsort(all.people.items, all.people.n, sizeof *all.people.items, by_username);
    d.people = all.people.items;
    d.n_people = all.people.n;
    *ret_directory = d;
    return 0;
}

/* --- the rest */

static int take_base(void *user, const struct ldap_entry *entry, struct err *e)
{
    (void)entry;
    (void)e;
    *(bool *)user = true;
    return 0;
}

/* The base of the people can be read: the service account works and the server answers. */
static int health(struct connector *c, int64_t deadline_ms, struct err *e)
{
    struct ldap_connector *l = of(c);
    struct ldap_conn *conn = NULL;
    char no_attributes[] = LDAP_NO_ATTRS, *nothing[] = {no_attributes, NULL};
    bool seen = false;
    struct ldap_query q = {
        .base = l->config->s.people.base.p,
        .filter = "(objectClass=*)",
        .scope = LDAP_SCOPE_BASE,
        .attributes = nothing,
        .entries_max = 1,
        .deadline_ms = deadline_ms,
        .entry = take_base,
        .user = &seen,
    };
    const struct ldap_conn_wish wish = {LDAP_CONN_SERVICE, LDAP_ANY_SERVER, deadline_ms};
    if (ldap_pool_get(l->pool, &wish, &conn, e) != 0)
        return -1;
    enum ldap_search_end end = ldap_search(conn, l->config, &q, e);
    bool broken = end == LDAP_SEARCH_BROKEN;
    ldap_pool_put(l->pool, conn, broken ? LDAP_CONN_BROKEN : LDAP_CONN_CLEAN);
    if (end != LDAP_SEARCH_WHOLE)
        return -1;
    return seen ? 0 : fail(e, ERR_BACKEND, "the service account cannot read '%s'", q.base);
}

static void ldap_connector_free(struct connector *c)
{
    struct ldap_connector *l = of(c);
    if (!c)
        return;
    ldap_groups_free(l->groups);
    ldap_pool_free(l->pool);
    ldap_config_free(l->config);
    mem_free(l);
}

static const struct connector_ops ldap_ops = {
    .authenticate = authenticate,
    .lookup = lookup,
    .read_all = read_all,
    .health = health,
    .free = ldap_connector_free,
};

int ldap_connector_new(const struct ldap_settings *settings, const struct clock *clock,
                       struct connector **ret, struct err *e)
{
    struct ldap_config *config = ldap_config_new(settings, clock, e);
    if (!config)
        return -1;
    struct ldap_connector *l = MEM_NEW(struct ldap_connector);
    l->connector = (struct connector){&ldap_ops, config->s.id};
    l->config = config;
    l->pool = ldap_pool_new(config);
    l->groups = ldap_groups_new(config);
    *ret = &l->connector;
    return 0;
}
