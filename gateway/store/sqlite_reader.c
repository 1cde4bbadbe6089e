#include "gateway/store/sqlite_internal.h"

struct sqlite_reader {
    struct sqlite_reader *next;
    sqlite3 *db;
    sqlite3_stmt *get, *list;
    const struct clock *clock;
};

static const char sql_get[] = "SELECT revision, expires_ms, value FROM record WHERE key = ?1";
static const char sql_list[] =
    "SELECT revision, expires_ms, value, key FROM record WHERE key >= ?1 AND key < ?2 "
    "AND (expires_ms = 0 OR expires_ms > ?3) ORDER BY key LIMIT ?4";

void sqlite_readers_init(struct sqlite_readers *r, const char *path, const struct clock *clock)
{
    *r = (struct sqlite_readers){.path = path, .clock = clock};
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->returned, NULL);
}

static void reader_free(struct sqlite_reader *one)
{
    sqlite3_finalize(one->get);
    sqlite3_finalize(one->list);
    sqlite3_close(one->db);
    mem_free(one);
}

void sqlite_readers_fini(struct sqlite_readers *r)
{
    while (r->idle) {
        struct sqlite_reader *one = r->idle;
        r->idle = one->next;
        reader_free(one);
    }
    pthread_cond_destroy(&r->returned);
    pthread_mutex_destroy(&r->lock);
}

static struct sqlite_reader *reader_new(const char *path, struct err *e)
{
    struct sqlite_reader *one = MEM_NEW(struct sqlite_reader);

    if (sqlite_connect(path, SQLITE_READS, &one->db, e) < 0 ||
        sqlite_statement(one->db, sql_get, &one->get, e) < 0 ||
        sqlite_statement(one->db, sql_list, &one->list, e) < 0) {
        reader_free(one);
        return NULL;
    }
    return one;
}

/* An idle connection, a fresh one while there are few, or the next that comes back. NULL: none
 * could be opened. */
static struct sqlite_reader *reader_take(struct sqlite_readers *r, struct err *e)
{
    pthread_mutex_lock(&r->lock);
    while (!r->idle && r->n_open == SQLITE_READERS_MAX)
        pthread_cond_wait(&r->returned, &r->lock);
    struct sqlite_reader *one = r->idle;
    if (one)
        r->idle = one->next;
    else
        r->n_open++;
    pthread_mutex_unlock(&r->lock);
    if (one)
        return one;
    one = reader_new(r->path, e);
    if (one) {
        one->clock = r->clock;
        return one;
    }
    pthread_mutex_lock(&r->lock);
    r->n_open--;
    pthread_mutex_unlock(&r->lock);
    pthread_cond_signal(&r->returned);
    return NULL;
}

static void reader_give(struct sqlite_readers *r, struct sqlite_reader *one)
{
    pthread_mutex_lock(&r->lock);
    one->next = r->idle;
    r->idle = one;
    pthread_mutex_unlock(&r->lock);
    pthread_cond_signal(&r->returned);
}

static struct str column(sqlite3_stmt *statement, int i, struct arena *a)
{
    const char *bytes = sqlite3_column_blob(statement, i);

    return arena_str(a, (struct str){bytes, (size_t)sqlite3_column_bytes(statement, i)});
}

static void read_row(sqlite3_stmt *statement, struct arena *a, struct record *ret_record)
{
    *ret_record = (struct record){.revision = (uint64_t)sqlite3_column_int64(statement, 0),
                                  .expires_ms = sqlite3_column_int64(statement, 1),
                                  .value = column(statement, 2, a)};
}

static enum store_outcome full_arena(struct err *e)
{
    (void)fail(e, ERR_LIMIT, "the records do not fit into the caller's memory");
    return STORE_FAILED;
}

static enum store_outcome failed(struct sqlite_reader *one, struct err *e)
{
    (void)sqlite_fail(e, one->db, "read");
    return STORE_FAILED;
}

static enum store_outcome get_with(struct sqlite_reader *one, struct arena *a, struct str key,
                                   struct record *ret_record, struct err *e)
{
    if (sqlite_bind_str(one->get, 1, key) != SQLITE_OK)
        return failed(one, e);
    int code = sqlite3_step(one->get);
    if (code == SQLITE_DONE)
        return STORE_NOT_FOUND;
    if (code != SQLITE_ROW)
        return failed(one, e);
    if (store_is_expired(sqlite3_column_int64(one->get, 1), clock_now_ms(one->clock)))
        return STORE_NOT_FOUND;
    struct record record;
    read_row(one->get, a, &record);
    record.key = arena_str(a, key);
    if (a->exhausted)
        return full_arena(e);
    *ret_record = record;
    return STORE_OK;
}

enum store_outcome sqlite_readers_get(struct sqlite_readers *r, struct arena *a, struct str key,
                                      struct record *ret_record, struct err *e)
{
    struct sqlite_reader *one = reader_take(r, e);

    if (!one)
        return STORE_FAILED;
    enum store_outcome outcome = get_with(one, a, key, ret_record, e);
    sqlite3_reset(one->get);
    reader_give(r, one);
    return outcome;
}

/* --- list */

#define BOUND_MAX (STORE_KEY_MAX + 1)

/* The smallest key that may come: the prefix itself, or what follows `after` (that with a zero byte
 * behind it). */
static struct str lower_bound(const struct store_range *range, char bytes[BOUND_MAX])
{
    if (range->after.n == 0 || str_cmp(range->after, range->prefix) < 0)
        return range->prefix;
    memcpy(bytes, range->after.p, range->after.n);
    bytes[range->after.n] = 0;
    return (struct str){bytes, range->after.n + 1};
}

/* The smallest text behind all that begin with the prefix: the last byte that can grow grows by
 * one. */
static struct str upper_bound(struct str prefix, char bytes[BOUND_MAX])
{
    size_t n = prefix.n;

    while (n > 0 && (uint8_t)prefix.p[n - 1] == 0xff)
        n--;
    if (n == 0) { /* nothing is behind: no key is as long as this */
        memset(bytes, 0xff, BOUND_MAX);
        return (struct str){bytes, BOUND_MAX};
    }
    memcpy(bytes, prefix.p, n);
    bytes[n - 1] = (char)((uint8_t)bytes[n - 1] + 1);
    return (struct str){bytes, n};
}

static enum store_outcome read_rows(struct sqlite_reader *one, struct arena *a,
                                    struct records *records, struct err *e)
{
    int code;

    while ((code = sqlite3_step(one->list)) == SQLITE_ROW) {
        struct record *record = ARENA_PUSH(a, records);
        if (!record)
            return full_arena(e);
        read_row(one->list, a, record);
        record->key = column(one->list, 3, a);
        if (a->exhausted)
            return full_arena(e);
    }
    return code == SQLITE_DONE ? STORE_OK : failed(one, e);
}

static enum store_outcome list_with(struct sqlite_reader *one, struct arena *a,
                                    const struct store_range *range, struct records *records,
                                    struct err *e)
{
    char low[BOUND_MAX], high[BOUND_MAX];
    sqlite3_int64 limit = range->limit > INT32_MAX ? INT32_MAX : (sqlite3_int64)range->limit;

    if (sqlite_bind_str(one->list, 1, lower_bound(range, low)) != SQLITE_OK ||
        sqlite_bind_str(one->list, 2, upper_bound(range->prefix, high)) != SQLITE_OK)
        return failed(one, e);
    sqlite3_bind_int64(one->list, 3, clock_now_ms(one->clock));
    sqlite3_bind_int64(one->list, 4, limit);
    enum store_outcome outcome = read_rows(one, a, records, e);
    sqlite3_reset(one->list);
    return outcome;
}

enum store_outcome sqlite_readers_list(struct sqlite_readers *r, struct arena *a,
                                       const struct store_range *range, struct records *ret_records,
                                       struct err *e)
{
    struct sqlite_reader *one = reader_take(r, e);
    struct records records = {0};

    if (!one)
        return STORE_FAILED;
    enum store_outcome outcome = list_with(one, a, range, &records, e);
    reader_give(r, one);
    if (outcome == STORE_OK)
        *ret_records = records;
    return outcome;
}
