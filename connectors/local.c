#include "connectors/local.h"

#include <argon2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "connectors/local_file.h"

/* OWASP's floor for argon2id: 19 MiB, two passes, one lane */
#define MEMORY_KIB     19456
#define PASSES         2
#define LANES          1
#define SALT_BYTES     16
#define HASH_BYTES     32
#define PASSWORD_BYTES 1024
/* A hash in the file may ask for more than the floor, but not for a machine's memory. */
#define MEMORY_KIB_MAX (512u * 1024)
#define PASSES_MAX     64

struct stamp { /* of the file; another one means: read it again */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct local_connector {
    struct connector connector; /* first */
    struct arena arena;
    const char *path;
    pthread_mutex_t lock;
    struct local_people *people;
    struct stamp stamp;
    bool reading; /* somebody reads the file again; the others go on with what is there */
};

static struct local_connector *of(struct connector *c)
{
    return (struct local_connector *)(void *)c;
}

static bool stamp_of(const char *path, struct stamp *ret)
{
    struct stat s;
    if (stat(path, &s) != 0)
        return false;
    *ret = (struct stamp){s.st_dev, s.st_ino, s.st_size, s.st_mtim};
    return true;
}

static bool stamp_eq(const struct stamp *a, const struct stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* The stamp is taken before the file is read: a change in between is seen at the next look. */
static int read_again(struct local_connector *l, struct err *e)
{
    struct stamp stamp = {0};
    (void)stamp_of(l->path, &stamp);
    struct local_people *fresh = local_people_read(l->path, l->connector.id, e);
    pthread_mutex_lock(&l->lock);
    struct local_people *old = fresh ? l->people : NULL;
    if (fresh)
        l->people = fresh;
    l->stamp = stamp; /* also of a wrong file: it is complained about once, not at every call */
    pthread_mutex_unlock(&l->lock);
    local_people_unref(old);
    return fresh ? 0 : -1;
}

/* The people of now, referenced. */
static struct local_people *current(struct local_connector *l)
{
    struct stamp stamp;
    bool there = stamp_of(l->path, &stamp);
    pthread_mutex_lock(&l->lock);
    bool read = there && !l->reading && !stamp_eq(&stamp, &l->stamp);
    l->reading = l->reading || read;
    pthread_mutex_unlock(&l->lock);
    if (read) {
        struct err e = {0};
        if (read_again(l, &e) != 0)
            log_error("people file is not used, the last good one stays", LOG_C("why", e.text));
        else
            log_info("people file read again", LOG_C("path", l->path));
    }
    pthread_mutex_lock(&l->lock);
    l->reading = l->reading && !read;
    struct local_people *people = l->people;
    atomic_fetch_add(&people->refs, 1);
    pthread_mutex_unlock(&l->lock);
    return people;
}

static void people_unref_at(struct local_people **p)
{
    local_people_unref(*p);
}
#define auto_people struct local_people __attribute__((cleanup(people_unref_at)))

/* The parameters of "$argon2id$v=19$m=...,t=...,p=..." stay within what one login may cost. */
static bool is_affordable(struct str hash)
{
    unsigned memory = 0, passes = 0, lanes = 0;
    char text[128];
    size_t n = hash.n < sizeof text - 1 ? hash.n : sizeof text - 1;
    memcpy(text, hash.p, n);
    text[n] = '\0';
    if (sscanf(text, "$argon2id$v=19$m=%9u,t=%9u,p=%9u$", &memory, &passes, &lanes) != 3)
        return false;
    return memory <= MEMORY_KIB_MAX && passes <= PASSES_MAX && lanes <= 16;
}

/* What a login of somebody unknown is checked against: the floor's parameters, a password that
 * nobody has. */
static const char decoy[] = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* The hash whose parameters an unknown person's check costs: that of the first person in the file.
 */
static struct str hash_for(const struct local_people *people, const struct local_person *p)
{
    if (p)
        return p->hash;
    return people->n ? people->items[0].hash : STR(decoy);
}

static int copy_person(const struct person *from, struct arena *a, struct person *ret,
                       struct err *e)
{
    struct person p = *from;
    p.id = arena_str(a, from->id);
    p.username = arena_str(a, from->username);
    p.display_name = arena_str(a, from->display_name);
    p.mail = arena_str(a, from->mail);
    p.groups = ARENA_ARRAY(a, from->n_groups + 1, struct person_group);
    for (size_t i = 0; p.groups && i < from->n_groups; i++)
        p.groups[i] = (struct person_group){arena_str(a, from->groups[i].id),
                                            arena_str(a, from->groups[i].name)};
    if (a->exhausted)
        return fail(e, ERR_LIMIT, "the person is too large");
    *ret = p;
    return 0;
}

static enum connector_outcome finish(const struct local_person *p, struct arena *a,
                                     struct person *ret, struct err *e)
{
    if (copy_person(&p->person, a, ret, e) != 0)
        return CONNECTOR_UNAVAILABLE;
    return p->person.state == ACCOUNT_DISABLED ? CONNECTOR_DISABLED : CONNECTOR_OK;
}

static enum connector_outcome authenticate(struct connector *c, struct arena *a, struct str name,
                                           const struct secret *password, int64_t deadline_ms,
                                           struct person *ret_person, struct err *e)
{
    (void)deadline_ms; /* nothing here waits */
    struct str typed = secret_reveal(password);
    if (typed.n == 0 || typed.n > PASSWORD_BYTES || str_has(typed, '\0'))
        return CONNECTOR_WRONG_PASSWORD;
    auto_people *people = current(of(c));
    const struct local_person *p = local_people_by_name(people, name);
    struct str hash = hash_for(people, p); /* NUL-terminated: it lies in an arena */
    if (!is_affordable(hash)) {
        fail(e, ERR_CONFIG, "%s: the hash of '%.*s' has no or too high parameters", of(c)->path,
             STR_F(name));
        return p ? CONNECTOR_REFUSED : CONNECTOR_WRONG_PASSWORD;
    }
    bool right = argon2id_verify(hash.p, typed.p, typed.n) == ARGON2_OK;
    if (!p || !right)
        return CONNECTOR_WRONG_PASSWORD;
    return finish(p, a, ret_person, e);
}

static enum connector_outcome lookup(struct connector *c, struct arena *a, struct str id,
                                     int64_t deadline_ms, struct person *ret_person, struct err *e)
{
    (void)deadline_ms;
    auto_people *people = current(of(c));
    const struct local_person *p = local_people_by_id(people, id);
    return p ? finish(p, a, ret_person, e) : CONNECTOR_GONE;
}

static bool has_group(const struct directory *d, struct str id)
{
    for (size_t i = 0; i < d->n_groups; i++)
        if (str_eq(d->groups[i].id, id))
            return true;
    return false;
}

static int by_id(const void *a, const void *b)
{
    return str_cmp(((const struct directory_group *)a)->id,
                   ((const struct directory_group *)b)->id);
}

static int read_all(struct connector *c, struct arena *a, int64_t deadline_ms,
                    struct directory *ret_directory, struct err *e)
{
    (void)deadline_ms;
    auto_people *people = current(of(c));
    struct directory d = {0};
    size_t n_groups = 0;
    for (size_t i = 0; i < people->n; i++)
        n_groups += people->items[i].person.n_groups;
    d.people = ARENA_ARRAY(a, people->n + 1, struct person);
    d.groups = ARENA_ARRAY(a, n_groups + 1, struct directory_group);
    for (size_t i = 0; d.people && d.groups && i < people->n; i++) {
        struct person *person = &d.people[d.n_people++];
        if (copy_person(&people->items[i].person, a, person, e) != 0)
            return -1;
        for (size_t k = 0; k < person->n_groups; k++)
            if (!has_group(&d, person->groups[k].id))
                d.groups[d.n_groups++] =
                    (struct directory_group){person->groups[k].id, person->groups[k].name};
    }
    if (a->exhausted)
        return fail(e, ERR_LIMIT, "the directory is too large");
    qsort(d.groups, d.n_groups, sizeof *d.groups, by_id);
    *ret_directory = d;
    return 0;
}

static int health(struct connector *c, int64_t deadline_ms, struct err *e)
{
    (void)c;
    (void)deadline_ms;
    (void)e;
    return 0; /* there are always people: those of the last good file */
}

static void local_connector_free(struct connector *c)
{
    struct local_connector *l = of(c);
    if (!c)
        return;
    local_people_unref(l->people);
    pthread_mutex_destroy(&l->lock);
    arena_fini(&l->arena);
    mem_free(l);
}

static const struct connector_ops local_ops = {
    .authenticate = authenticate,
    .lookup = lookup,
    .read_all = read_all,
    .health = health,
    .free = local_connector_free,
};

int local_connector_new(const struct local_settings *settings, const struct clock *clock,
                        struct connector **ret, struct err *e)
{
    (void)clock; /* nothing expires here; the argument is that of every connector */
    struct local_connector *l = MEM_NEW(struct local_connector);
    arena_init(&l->arena, (size_t)1 << 16);
    pthread_mutex_init(&l->lock, NULL);
    l->connector = (struct connector){&local_ops, arena_str(&l->arena, settings->id)};
    l->path = arena_cstr(&l->arena, settings->path);
    if (read_again(l, e) != 0) {
        local_connector_free(&l->connector);
        return -1;
    }
    *ret = &l->connector;
    return 0;
}

int local_connector_reload(struct connector *c, struct err *e)
{
    return read_again(of(c), e);
}

int local_password_hash(const struct secret *password, struct arena *a, struct str *ret,
                        struct err *e)
{
    struct str typed = secret_reveal(password);
    unsigned char salt[SALT_BYTES];
    char text[256];
    if (typed.n == 0 || typed.n > PASSWORD_BYTES || str_has(typed, '\0'))
        return fail(e, ERR_INPUT, "a password has 1 to %d bytes, none of them NUL", PASSWORD_BYTES);
    random_fill(&random_system, salt, sizeof salt);
    int code = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, typed.p, typed.n, salt, sizeof salt,
                                     HASH_BYTES, text, sizeof text);
    if (code != ARGON2_OK)
        return fail(e, ERR_SYSTEM, "argon2id: %s", argon2_error_message(code));
    *ret = arena_str(a, str_from(text));
    return 0;
}
