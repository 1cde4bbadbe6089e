/*
 * connector-probe: drives a connector from the tests. The first line of stdin is a JSON object with
 * the settings, every further one a call, answered by one JSON line on stdout.
 * tests/lib/connector.py writes the one and reads the other.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "connectors/ldap.h"
#include "connectors/local.h"

#define INPUT_MAX ((size_t)16 << 20)

static const char *const outcomes[] = {
    [CONNECTOR_OK] = "ok",
    [CONNECTOR_WRONG_PASSWORD] = "wrong_password",
    [CONNECTOR_GONE] = "gone",
    [CONNECTOR_DISABLED] = "disabled",
    [CONNECTOR_LOCKED] = "locked",
    [CONNECTOR_EXPIRED] = "expired",
    [CONNECTOR_MUST_CHANGE_PASSWORD] = "must_change",
    [CONNECTOR_REFUSED] = "refused",
    [CONNECTOR_UNAVAILABLE] = "unavailable",
};
static const char *const states[] = {
    [ACCOUNT_ACTIVE] = "active",
    [ACCOUNT_DISABLED] = "disabled",
    [ACCOUNT_LOCKED] = "locked",
    [ACCOUNT_EXPIRED] = "expired",
    [ACCOUNT_MUST_CHANGE_PASSWORD] = "must_change",
};

/* --- settings */

static int64_t number(const json_t *o, const char *key)
{
    int64_t n = 0;
    json_get_i64(o, key, &n);
    return n;
}

static struct str text(const json_t *o, const char *key, struct arena *a)
{
    struct str s = STR_NONE;
    json_get_str(o, key, a, &s);
    return s;
}

static struct connector *ldap_from(const json_t *o, struct arena *a)
{
    struct ldap_settings s = {.id = text(o, "id", a)};
    struct str *urls = NULL;
    auto_secret password = {0};
    struct connector *c = NULL;
    struct err e = {0};
    secret_set(&password, text(o, "bind_password", a));
    json_get_strs(o, "urls", a, &urls, &s.n_urls);
    s.urls = urls;
    json_get_bool(o, "insecure_plaintext", &s.insecure_plaintext);
    s.ca_file = text(o, "ca_file", a);
    s.bind_dn = text(o, "bind_dn", a);
    s.bind_password = &password;
    s.people.base = text(o, "people_base", a);
    s.people.filter = text(o, "people_filter", a);
    s.people.login = text(o, "login", a);
    s.people.id = text(o, "people_id", a);
    s.people.username = text(o, "username", a);
    json_get_bool(o, "lowercase_username", &s.people.lowercase_username);
    s.account.rules = (enum ldap_account_rules)number(o, "account_rules");
    s.account.disabled_attribute = text(o, "disabled_attribute", a);
    s.account.disabled_value = text(o, "disabled_value", a);
    s.account.lockout_ms = number(o, "lockout_ms");
    s.groups.rules = (enum ldap_group_rules)number(o, "group_rules");
    s.groups.base = text(o, "groups_base", a);
    s.groups.filter = text(o, "groups_filter", a);
    json_get_bool(o, "nested", &s.groups.nested);
    s.groups.cache_ms = number(o, "cache_ms");
    s.groups.max_per_person = (size_t)number(o, "max_per_person");
    s.groups.max_depth = (size_t)number(o, "max_depth");
    s.groups.max_groups = (size_t)number(o, "max_groups");
    s.decoy_dn = text(o, "decoy_dn", a);
    s.connect_ms = number(o, "connect_ms");
    s.operation_ms = number(o, "operation_ms");
    s.idle_ms = number(o, "idle_ms");
    s.max_connections = (unsigned)number(o, "max_connections");
    s.page_size = (unsigned)number(o, "page_size");
    if (ldap_connector_new(&s, &clock_system, &c, &e) != 0)
        fprintf(stderr, "%s\n", e.text);
    return c;
}

static struct connector *connector_from(const json_t *o, struct arena *a)
{
    struct local_settings local = {.id = STR("local"), .path = text(o, "path", a)};
    struct connector *c = NULL;
    struct err e = {0};
    if (local.path.n == 0)
        return ldap_from(o, a);
    if (local_connector_new(&local, &clock_system, &c, &e) != 0)
        fprintf(stderr, "%s\n", e.text);
    return c;
}

/* --- answers */

static void put_person(struct json_out *j, const struct person *p)
{
    json_put_str(j, "connector_id", p->connector_id);
    json_put_str(j, "id", p->id);
    json_put_str(j, "username", p->username);
    json_put_str_opt(j, "display_name", p->display_name);
    json_put_str_opt(j, "mail", p->mail);
    json_put_str(j, "state", str_from(states[p->state]));
    json_key(j, "groups");
    json_open_array(j);
    for (size_t i = 0; i < p->n_groups; i++) {
        json_open_object(j);
        json_put_str(j, "id", p->groups[i].id);
        json_put_str(j, "name", p->groups[i].name);
        json_close_object(j);
    }
    json_close_array(j);
}

static void put_directory(struct json_out *j, const struct directory *d)
{
    json_key(j, "people");
    json_open_array(j);
    for (size_t i = 0; i < d->n_people; i++) {
        json_open_object(j);
        put_person(j, &d->people[i]);
        json_close_object(j);
    }
    json_close_array(j);
    json_key(j, "groups");
    json_open_array(j);
    for (size_t i = 0; i < d->n_groups; i++) {
        json_open_object(j);
        json_put_str(j, "id", d->groups[i].id);
        json_put_str(j, "name", d->groups[i].name);
        json_close_object(j);
    }
    json_close_array(j);
}

/* --- calls */

struct call {
    struct connector *connector;
    struct str name, id;
    struct secret password;
    int64_t deadline_ms;
};

static int64_t cpu_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static enum connector_outcome one(const struct call *call, struct arena *a, struct person *person,
                                  struct err *e)
{
    const struct connector_ops *ops = call->connector->ops;
    int64_t deadline = clock_monotonic_ms(&clock_system) + call->deadline_ms;
    if (call->id.n)
        return ops->lookup(call->connector, a, call->id, deadline, person, e);
    return ops->authenticate(call->connector, a, call->name, &call->password, deadline, person, e);
}

static void run_one(const struct call *call, struct json_out *j)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct person person = {0};
    struct err e = {0};
    int64_t began = clock_monotonic_ms(&clock_system);
    enum connector_outcome outcome = one(call, &a, &person, &e);
    json_put_str(j, "outcome", str_from(outcomes[outcome]));
    json_put_i64(j, "ms", clock_monotonic_ms(&clock_system) - began);
    json_put_str(j, "why", str_from(e.text));
    if (person.id.n)
        put_person(j, &person);
}

struct crowd {
    const struct call *call;
    int64_t n;
    int64_t counts[CONNECTOR_UNAVAILABLE + 1];
    pthread_mutex_t lock;
};

static void *many(void *arg)
{
    struct crowd *crowd = arg;
    int64_t counts[CONNECTOR_UNAVAILABLE + 1] = {0};
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    for (int64_t i = 0; i < crowd->n; i++) {
        struct person person = {0};
        struct err e = {0};
        counts[one(crowd->call, &a, &person, &e)]++;
        arena_reset(&a);
    }
    pthread_mutex_lock(&crowd->lock);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        crowd->counts[i] += counts[i];
    pthread_mutex_unlock(&crowd->lock);
    return NULL;
}

#define THREADS_MAX 64

static void run_bench(const struct call *call, const json_t *o, struct json_out *j)
{
    pthread_t threads[THREADS_MAX];
    struct crowd crowd = {.call = call, .n = number(o, "n")};
    size_t n_threads = (size_t)number(o, "threads");
    if (n_threads > THREADS_MAX)
        n_threads = THREADS_MAX;
    pthread_mutex_init(&crowd.lock, NULL);
    int64_t wall = cpu_us(CLOCK_MONOTONIC), cpu = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < n_threads; i++)
        pthread_create(&threads[i], NULL, many, &crowd);
    for (size_t i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    json_put_i64(j, "wall_us", cpu_us(CLOCK_MONOTONIC) - wall);
    json_put_i64(j, "cpu_us", cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        json_put_i64(j, outcomes[i], crowd.counts[i]);
    pthread_mutex_destroy(&crowd.lock);
}

static void run_read_all(const struct call *call, struct json_out *j)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct directory d = {0};
    struct err e = {0};
    int64_t deadline = clock_monotonic_ms(&clock_system) + call->deadline_ms;
    int done = call->connector->ops->read_all(call->connector, &a, deadline, &d, &e);
    json_put_bool(j, "ok", done == 0);
    json_put_str(j, "why", str_from(e.text));
    put_directory(j, &d);
}

static void run_health(const struct call *call, struct json_out *j)
{
    struct err e = {0};
    int64_t deadline = clock_monotonic_ms(&clock_system) + call->deadline_ms;
    json_put_bool(j, "ok", call->connector->ops->health(call->connector, deadline, &e) == 0);
    json_put_str(j, "why", str_from(e.text));
}

static void run_hash(const struct call *call, struct json_out *j)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct str hash = STR_NONE;
    struct err e = {0};
    json_put_bool(j, "ok", local_password_hash(&call->password, &a, &hash, &e) == 0);
    json_put_str(j, "hash", hash);
}

/* JSON cannot carry every byte to a name or password: name_hex and password_hex can. */
static struct str bytes_from(const json_t *o, const char *key, const char *key_hex, struct arena *a)
{
    struct str hex = STR_NONE;
    if (!json_get_str(o, key_hex, a, &hex))
        return text(o, key, a);
    char *out = arena_alloc(a, hex.n / 2 + 1);
    for (size_t i = 0; out && i + 1 < hex.n; i += 2) {
        unsigned byte = 0;
        sscanf(hex.p + i, "%2x", &byte);
        out[i / 2] = (char)byte;
    }
    return (struct str){out, hex.n / 2};
}

static void run(struct connector *c, const json_t *o)
{
    auto_arena a = {0};
    arena_init(&a, INPUT_MAX);
    auto_buf out = BUF_INIT((size_t)256 << 20);
    struct json_out j;
    struct call call = {.connector = c, .deadline_ms = 5000};
    call.name = bytes_from(o, "name", "name_hex", &a);
    call.id = text(o, "id", &a);
    secret_set(&call.password, bytes_from(o, "password", "password_hex", &a));
    json_get_i64(o, "deadline_ms", &call.deadline_ms);
    struct str what = text(o, "call", &a);
    json_out_init(&j, &out);
    json_open_object(&j);
    if (str_is(what, "bench"))
        run_bench(&call, o, &j);
    else if (str_is(what, "read_all"))
        run_read_all(&call, &j);
    else if (str_is(what, "health"))
        run_health(&call, &j);
    else if (str_is(what, "hash"))
        run_hash(&call, &j);
    else
        run_one(&call, &j);
    json_close_object(&j);
    buf_char(&out, '\n');
    fwrite(out.p, 1, out.n, stdout);
    fflush(stdout);
    secret_fini(&call.password);
}

/* One line of input is one call, so that a test can change the directory between two of them. */
int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n = getline(&line, &cap, stdin);
    struct err e = {0};
    auto_arena a = {0};
    arena_init(&a, INPUT_MAX);
    log_setup(STDERR_FILENO, LOG_FORMAT_TEXT, LOG_INFO);
    auto_json *settings = n > 0 ? json_read((struct str){line, (size_t)n}, INPUT_MAX, &e) : NULL;
    struct connector *c = settings ? connector_from(settings, &a) : NULL;
    if (!c) {
        fprintf(stderr, "%s\n", e.text);
        free(line);
        return 1;
    }
    while ((n = getline(&line, &cap, stdin)) > 0) {
        auto_json *call = json_read((struct str){line, (size_t)n}, INPUT_MAX, &e);
        if (!call) {
            fprintf(stderr, "%s\n", e.text);
            break;
        }
        run(c, call);
    }
    c->ops->free(c);
    free(line);
    return 0;
}
