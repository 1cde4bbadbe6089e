/*
 * What a directory may answer: the input is everything that the server sends on one connection. It
 * goes through libldap over a socket pair into the same code as a login: search, person, groups,
 * bind, password policy, identity. The first byte chooses the settings. A hostile answer may be
 * refused in any way, but a bind alone never makes a person.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "connectors/ldap_bind.h"
#include "connectors/ldap_groups.h"
#include "connectors/ldap_state.h"
#include "connectors/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

/* libldap 2.5 forgets a request of its own when nonsense comes in between two answers
 * (hung-up-while-waiting in the corpus): not ours, some KiB per hostile connection. To tell it from
 * a leak of ours the whole stack is needed. */
const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}
const char *__lsan_default_suppressions(void)
{
    return "leak:ldap_send_server_request\nleak:ldap_new_connection";
}

#define PAIR_BYTES (256 * 1024) /* what fits into the socket at once, so that nobody waits */

static struct ldap_config *configs[4];

static struct ldap_config *config_of(uint8_t choice)
{
    static const struct str url = {"ldap://127.0.0.1:389", 20};
    size_t i = choice % 4;
    struct err e = {0};
    if (configs[i])
        return configs[i];
    struct ldap_settings s = {.id = STR("ldap"), .urls = &url, .n_urls = 1};
    s.insecure_plaintext = true;
    s.people.base = STR("dc=x");
    s.groups.base = STR("dc=x");
    s.groups.nested = true;
    s.groups.rules = i % 2 ? LDAP_GROUPS_MEMBER : LDAP_GROUPS_MEMBER_OF;
    s.account.rules = i / 2 ? LDAP_ACCOUNT_AD : LDAP_ACCOUNT_OPENLDAP;
    s.page_size = 2;
    configs[i] = ldap_config_new(&s, &clock_system, &e);
    if (!configs[i])
        abort();
    log_setup(-1, LOG_FORMAT_TEXT, LOG_AUDIT);
    return configs[i];
}

struct seen {
    const struct ldap_config *config;
    struct arena *arena;
    struct ldap_found found;
    size_t n;
};

static int take_person(void *user, const struct ldap_entry *entry, struct err *e)
{
    struct seen *s = user;
    s->n++;
    return ldap_person_of(entry, s->config, s->arena, &s->found, e);
}

static void check_person(const struct person *p)
{
    if (!username_is_allowed(p->username) || !person_id_is_allowed(p->id))
        abort();
    for (size_t i = 0; i < p->n_groups; i++)
        if (!group_name_is_allowed(p->groups[i].name) ||
            (i > 0 && str_cmp(p->groups[i - 1].id, p->groups[i].id) >= 0))
            abort();
}

/* A connection on which the whole input waits to be read, and behind it the end. */
static struct ldap_conn *conn_with(const struct ldap_config *c, enum ldap_conn_kind kind,
                                   const uint8_t *data, size_t n, int *ret_peer)
{
    int pair[2], size = PAIR_BYTES * 2;
    struct ldap_conn *conn = NULL;
    struct err e = {0};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        abort();
    setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (send(pair[1], data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && n > 0)
        abort();
    shutdown(pair[1], SHUT_WR);
    if (ldap_conn_over(c, pair[0], kind, &conn, &e) != 0)
        abort();
    *ret_peer = pair[1]; /* stays open for what we send; libldap closes its own end */
    return conn;
}

static void close_both(struct ldap_conn *conn, int peer)
{
    ldap_conn_close(conn);
    close(peer);
}

static void try_search(const struct ldap_config *c, const uint8_t *data, size_t n)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct err e = {0};
    struct seen seen = {.config = c, .arena = &a};
    int64_t deadline = clock_monotonic_ms(&clock_system) + 1000;
    int peer = -1;
    struct ldap_conn *conn = conn_with(c, LDAP_CONN_SERVICE, data, n, &peer);
    struct ldap_query q = {.base = "dc=x",
                           .filter = "(uid=a)",
                           .scope = LDAP_SCOPE_SUBTREE,
                           .attributes = (char **)(uintptr_t)c->person_attributes,
                           .entries_max = 2,
                           .deadline_ms = deadline,
                           .entry = take_person,
                           .user = &seen};
    struct ldap_groups *groups = ldap_groups_new(c);
    if (ldap_search(conn, c, &q, &e) == LDAP_SEARCH_WHOLE && seen.n == 1 &&
        ldap_groups_of(groups, conn, &seen.found, &a, &e) == LDAP_SEARCH_WHOLE)
        check_person(&seen.found.person);
    ldap_groups_free(groups);
    close_both(conn, peer);
}

static void try_bind(const struct ldap_config *c, const uint8_t *data, size_t n)
{
    struct err e = {0};
    struct ldap_found found = {.dn = STR("uid=a,dc=x"), .dn_normal = STR("uid=a,dc=x")};
    found.account_name = STR("a");
    struct ldap_bind b = {.found = &found, .password = STR("secret")};
    int peer = -1;
    struct ldap_conn *conn = conn_with(c, LDAP_CONN_BIND, data, n, &peer);
    (void)ldap_bind(conn, c, &b, &e);
    close_both(conn, peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    enum ldap_ppolicy said;
    if (n < 1 || n > PAIR_BYTES)
        return 0;
    const struct ldap_config *c = config_of(data[0]);
    try_search(c, data + 1, n - 1);
    try_bind(c, data + 1, n - 1);
    ldap_ppolicy_parse((struct str){(const char *)data, n}, &said);
    return 0;
}
