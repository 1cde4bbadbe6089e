#include "gateway/store/sqlite_internal.h"

struct store_sqlite {
    struct store store;
    struct sqlite_place place;
    struct watchers watchers;
    struct sqlite_readers readers;
    struct sqlite_writer *writer;
};

static enum store_outcome run_write(struct store *s, enum op_kind kind, const struct write *w,
                                    uint64_t *ret_revision, struct err *e)
{
    struct op op = {.kind = kind, .write = *w};

    if (store_check_write(w, e) < 0)
        return STORE_FAILED;
    enum store_outcome outcome = sqlite_writer_run(((struct store_sqlite *)s)->writer, &op, e);
    if (outcome == STORE_OK && ret_revision)
        *ret_revision = op.revision;
    return outcome;
}

static enum store_outcome get(struct store *s, struct arena *a, struct str key,
                              struct record *ret_record, struct err *e)
{
    if (store_check_key(key, e) < 0)
        return STORE_FAILED;
    return sqlite_readers_get(&((struct store_sqlite *)s)->readers, a, key, ret_record, e);
}

static enum store_outcome put(struct store *s, const struct write *w, uint64_t *ret_revision,
                              struct err *e)
{
    return run_write(s, OP_PUT, w, ret_revision, e);
}

static enum store_outcome put_if_absent(struct store *s, const struct write *w,
                                        uint64_t *ret_revision, struct err *e)
{
    return run_write(s, OP_PUT_IF_ABSENT, w, ret_revision, e);
}

static enum store_outcome compare_and_swap(struct store *s, const struct write *w,
                                           uint64_t revision, uint64_t *ret_revision, struct err *e)
{
    struct op op = {.kind = OP_COMPARE_AND_SWAP, .write = *w, .expected = revision};

    if (store_check_write(w, e) < 0)
        return STORE_FAILED;
    if (revision == 0) {
        (void)fail(e, ERR_BUG, "compare-and-swap without a revision");
        return STORE_FAILED;
    }
    enum store_outcome outcome = sqlite_writer_run(((struct store_sqlite *)s)->writer, &op, e);
    if (outcome == STORE_OK && ret_revision)
        *ret_revision = op.revision;
    return outcome;
}

static enum store_outcome delete_if(struct store *s, struct str key, uint64_t revision,
                                    struct err *e)
{
    struct op op = {.kind = OP_DELETE_IF,
                    .write = {.key = key, .durability = STORE_DURABLE},
                    .expected = revision};

    if (store_check_key(key, e) < 0)
        return STORE_FAILED;
    return sqlite_writer_run(((struct store_sqlite *)s)->writer, &op, e);
}

static enum store_outcome list(struct store *s, struct arena *a, const struct store_range *range,
                               struct records *ret_records, struct err *e)
{
    if (store_check_range(range, e) < 0)
        return STORE_FAILED;
    return sqlite_readers_list(&((struct store_sqlite *)s)->readers, a, range, ret_records, e);
}

static int watch(struct store *s, struct str prefix, const struct store_watcher *w, struct err *e)
{
    if (prefix.n > STORE_KEY_MAX)
        return fail(e, ERR_LIMIT, "a watch over a prefix of %zu bytes", prefix.n);
    watchers_add(&((struct store_sqlite *)s)->watchers, prefix, w);
    return 0;
}

static void unwatch(struct store *s, const struct store_watcher *w)
{
    watchers_remove(&((struct store_sqlite *)s)->watchers, w);
}

static int health(struct store *s, struct err *e)
{
    struct op op = {.kind = OP_HEALTH, .write = {.durability = STORE_RELAXED}};

    return sqlite_writer_run(((struct store_sqlite *)s)->writer, &op, e) == STORE_OK ? 0 : -1;
}

static void free_store(struct store *store)
{
    struct store_sqlite *s = (struct store_sqlite *)store;

    /* The readers first: who closes last moves the log into the file, and that shall be the writer.
     */
    sqlite_readers_fini(&s->readers);
    sqlite_writer_free(s->writer);
    watchers_fini(&s->watchers);
    sqlite_place_give(&s->place);
    mem_free(s);
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

static int open_writer(struct store_sqlite *s, const struct clock *clock, struct err *e)
{
    sqlite3 *db = NULL;

    if (sqlite_connect(s->place.path, SQLITE_WRITES, &db, e) < 0)
        return -1;
    if (sqlite_prepare_file(db, s->place.path, e) < 0) {
        sqlite3_close(db);
        return -1;
    }
    return sqlite_writer_new(db, clock, &s->watchers, &s->writer, e);
}

int store_sqlite_open(const char *path, const struct clock *clock, struct store **ret_store,
                      struct err *e)
{
    struct store_sqlite *s = MEM_NEW(struct store_sqlite);

    s->store.ops = &ops;
    s->place.lock_fd = -1;
    watchers_init(&s->watchers);
    int result = sqlite_place_take(&s->place, path, e);
    sqlite_readers_init(&s->readers, s->place.path, clock);
    if (result == 0)
        result = open_writer(s, clock, e);
    if (result < 0) {
        free_store(&s->store);
        return -1;
    }
    *ret_store = &s->store;
    return 0;
}

void store_sqlite_on_writer(struct store *s, void (*call)(sqlite3 *db, void *data), void *data)
{
    struct op op = {.kind = OP_CALL, .call = call, .data = data};
    struct err e;

    (void)sqlite_writer_run(((struct store_sqlite *)s)->writer, &op, &e);
}
