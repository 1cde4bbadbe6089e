/* The store in memory: one lock, one sorted array. For tests and trials; nothing survives the
 * process. */
#include <pthread.h>

#include "base/mem.h"
#include "gateway/store/store_check.h"
#include "gateway/store/watchers.h"

#define SWEEP_EVERY 1024 /* writes */

struct item {
    struct record record;
    char bytes[]; /* key, value */
};

struct store_memory {
    struct store store;
    const struct clock *clock;
    pthread_mutex_t lock;
    struct item **items; /* by key */
    size_t n, cap;
    uint64_t revision;
    unsigned n_writes;
    struct watchers watchers;
};

/* Under the lock, from here to the ops. */

/* The first place whose key is not less than this one. */
static size_t place_of(const struct store_memory *m, struct str key)
{
    size_t low = 0, high = m->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(m->items[middle]->record.key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct store_memory *m, size_t place, struct str key)
{
    return place < m->n && str_eq(m->items[place]->record.key, key);
}

/* NULL: absent or expired. */
static const struct item *live_at(const struct store_memory *m, size_t place, struct str key)
{
    if (!is_at(m, place, key) ||
        store_is_expired(m->items[place]->record.expires_ms, clock_now_ms(m->clock)))
        return NULL;
    return m->items[place];
}

static struct item *item_new(const struct write *w, uint64_t revision)
{
    struct item *item = mem_alloc(sizeof(*item) + w->key.n + w->value.n);

    memcpy(item->bytes, w->key.p, w->key.n);
    if (w->value.n > 0)
        memcpy(item->bytes + w->key.n, w->value.p, w->value.n);
    item->record = (struct record){.key = {item->bytes, w->key.n},
                                   .value = {item->bytes + w->key.n, w->value.n},
                                   .revision = revision,
                                   .expires_ms = w->expires_ms};
    return item;
}

static void sweep(struct store_memory *m)
{
    int64_t now_ms = clock_now_ms(m->clock);
    size_t kept = 0;

    for (size_t i = 0; i < m->n; i++)
        if (store_is_expired(m->items[i]->record.expires_ms, now_ms))
            mem_free(m->items[i]);
        else
            m->items[kept++] = m->items[i];
    m->n = kept;
}

static void remove_at(struct store_memory *m, size_t place)
{
    mem_free(m->items[place]);
    m->n--;
    memmove(m->items + place, m->items + place + 1, (m->n - place) * sizeof(struct item *));
}

static void write_at(struct store_memory *m, size_t place, const struct write *w,
                     uint64_t *ret_revision)
{
    struct item *item = item_new(w, ++m->revision);

    if (is_at(m, place, w->key)) {
        mem_free(m->items[place]);
    } else {
        if (m->n == m->cap) {
            m->cap = m->cap ? 2 * m->cap : 64;
            m->items = mem_realloc(m->items, m->cap * sizeof(struct item *));
        }
        memmove(m->items + place + 1, m->items + place, (m->n - place) * sizeof(struct item *));
        m->n++;
    }
    m->items[place] = item;
    if (ret_revision)
        *ret_revision = item->record.revision;
    if (++m->n_writes % SWEEP_EVERY == 0)
        sweep(m);
}

static bool copy_record(struct arena *a, const struct record *from, struct record *to)
{
    *to = *from;
    to->key = arena_str(a, from->key);
    to->value = arena_str(a, from->value);
    return !a->exhausted;
}

static enum store_outcome full_arena(struct err *e)
{
    (void)fail(e, ERR_LIMIT, "the records do not fit into the caller's memory");
    return STORE_FAILED;
}

/* --- ops */

static enum store_outcome get(struct store *s, struct arena *a, struct str key,
                              struct record *ret_record, struct err *e)
{
    struct store_memory *m = (struct store_memory *)s;
    struct record copy = {0};

    if (store_check_key(key, e) < 0)
        return STORE_FAILED;
    pthread_mutex_lock(&m->lock);
    const struct item *item = live_at(m, place_of(m, key), key);
    bool fits = !item || copy_record(a, &item->record, &copy);
    pthread_mutex_unlock(&m->lock);
    if (!fits)
        return full_arena(e);
    if (!item)
        return STORE_NOT_FOUND;
    *ret_record = copy;
    return STORE_OK;
}

enum condition { ALWAYS, IF_ABSENT, IF_REVISION };

static enum store_outcome judge(const struct item *live, enum condition condition,
                                uint64_t revision)
{
    if (condition == ALWAYS)
        return STORE_OK;
    if (condition == IF_ABSENT)
        return live ? STORE_CONFLICT : STORE_OK;
    if (!live)
        return STORE_NOT_FOUND;
    return revision == 0 || live->record.revision == revision ? STORE_OK : STORE_CONFLICT;
}

static enum store_outcome write_if(struct store_memory *m, const struct write *w,
                                   enum condition condition, uint64_t revision,
                                   uint64_t *ret_revision)
{
    pthread_mutex_lock(&m->lock);
    size_t place = place_of(m, w->key);
    enum store_outcome outcome = judge(live_at(m, place, w->key), condition, revision);
    if (outcome == STORE_OK) {
        write_at(m, place, w, ret_revision);
        watchers_tell(&m->watchers, w->key);
    }
    pthread_mutex_unlock(&m->lock);
    return outcome;
}

static enum store_outcome put(struct store *s, const struct write *w, uint64_t *ret_revision,
                              struct err *e)
{
    if (store_check_write(w, e) < 0)
        return STORE_FAILED;
    return write_if((struct store_memory *)s, w, ALWAYS, 0, ret_revision);
}

static enum store_outcome put_if_absent(struct store *s, const struct write *w,
                                        uint64_t *ret_revision, struct err *e)
{
    if (store_check_write(w, e) < 0)
        return STORE_FAILED;
    return write_if((struct store_memory *)s, w, IF_ABSENT, 0, ret_revision);
}

static enum store_outcome compare_and_swap(struct store *s, const struct write *w,
                                           uint64_t revision, uint64_t *ret_revision, struct err *e)
{
    if (store_check_write(w, e) < 0)
        return STORE_FAILED;
    if (revision == 0) {
        (void)fail(e, ERR_BUG, "compare-and-swap without a revision");
        return STORE_FAILED;
    }
    return write_if((struct store_memory *)s, w, IF_REVISION, revision, ret_revision);
}

static enum store_outcome delete_if(struct store *s, struct str key, uint64_t revision,
                                    struct err *e)
{
    struct store_memory *m = (struct store_memory *)s;

    if (store_check_key(key, e) < 0)
        return STORE_FAILED;
    pthread_mutex_lock(&m->lock);
    size_t place = place_of(m, key);
    enum store_outcome outcome = judge(live_at(m, place, key), IF_REVISION, revision);
    if (outcome == STORE_OK) {
        remove_at(m, place);
        watchers_tell(&m->watchers, key);
    }
    pthread_mutex_unlock(&m->lock);
    return outcome;
}

static bool copy_range(const struct store_memory *m, const struct store_range *range,
                       struct arena *a, struct records *records)
{
    int64_t now_ms = clock_now_ms(m->clock);
    size_t i = place_of(m, str_cmp(range->after, range->prefix) > 0 ? range->after : range->prefix);

    for (; i < m->n && records->n < range->limit; i++) {
        const struct record *record = &m->items[i]->record;
        if (range->after.n > 0 && str_cmp(record->key, range->after) <= 0)
            continue;
        if (!str_starts(record->key, range->prefix))
            break;
        if (store_is_expired(record->expires_ms, now_ms))
            continue;
        struct record *copy = ARENA_PUSH(a, records);
        if (!copy || !copy_record(a, record, copy))
            return false;
    }
    return true;
}

static enum store_outcome list(struct store *s, struct arena *a, const struct store_range *range,
                               struct records *ret_records, struct err *e)
{
    struct store_memory *m = (struct store_memory *)s;
    struct records records = {0};

    if (store_check_range(range, e) < 0)
        return STORE_FAILED;
    pthread_mutex_lock(&m->lock);
    bool fits = copy_range(m, range, a, &records);
    pthread_mutex_unlock(&m->lock);
    if (!fits)
        return full_arena(e);
    *ret_records = records;
    return STORE_OK;
}

static int watch(struct store *s, struct str prefix, const struct store_watcher *w, struct err *e)
{
    if (prefix.n > STORE_KEY_MAX)
        return fail(e, ERR_LIMIT, "a watch over a prefix of %zu bytes", prefix.n);
    watchers_add(&((struct store_memory *)s)->watchers, prefix, w);
    return 0;
}

static void unwatch(struct store *s, const struct store_watcher *w)
{
    watchers_remove(&((struct store_memory *)s)->watchers, w);
}

static int health(struct store *s, struct err *e)
{
    (void)s;
    (void)e;
    return 0;
}

static void free_store(struct store *s)
{
    struct store_memory *m = (struct store_memory *)s;

    for (size_t i = 0; i < m->n; i++)
        mem_free(m->items[i]);
    mem_free(m->items);
    watchers_fini(&m->watchers);
    pthread_mutex_destroy(&m->lock);
    mem_free(m);
}

static const struct store_ops ops = {
    .get = get,
    .put = put,
    .put_if_absent = put_if_absent,
    .compare_and_swap = compare_and_swap,
    .delete_if = delete_if,
    .list = list,
    .watch = watch,
    .unwatch = unwatch,
    .health = health,
    .free = free_store,
};

struct store *store_memory_new(const struct clock *clock)
{
    struct store_memory *m = MEM_NEW(struct store_memory);

    m->store.ops = &ops;
    m->clock = clock;
    pthread_mutex_init(&m->lock, NULL);
    watchers_init(&m->watchers);
    return &m->store;
}
