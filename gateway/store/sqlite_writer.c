/*
 * Group commit: while one transaction is being synced, the operations of all other requests gather;
 * the next transaction takes them all. So a hundred waiting writes cost one fsync, and a single one
 * waits for nobody.
 *
 * Nobody hands work to a writing thread and sleeps: the first to come leads, writes what waits and
 * appoints the first of those who came meanwhile. A write that is alone never changes threads.
 */
#include <errno.h>
#include <time.h>

#include "base/log.h"
#include "gateway/store/sqlite_internal.h"

#define SWEEP_EVERY_S    10
#define SWEEP_STEPS      20   /* per round */
#define CHECKPOINT_PAGES 1000 /* 4 MB of log */

struct sqlite_writer {
    const struct clock *clock;
    struct watchers *watchers;
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t chores;
    struct op *first, **last; /* waiting, in order */
    bool led;                 /* somebody writes, or was appointed to */
    bool checkpoint_due, ending;

    /* only who leads touches what follows */
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *rollback;
    struct sqlite_applier applier;
    struct sqlite_sweeper sweeper;
    bool full_sync;   /* how `PRAGMA synchronous` stands */
    bool sync_failed; /* a sync failed: what the disk holds is unknown until the file is opened anew
                       */
    bool full_said;
    int wal_pages;
    struct timespec next_sweep;
};

static int run(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);

    sqlite3_reset(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static int set_sync(struct sqlite_writer *w, bool full)
{
    if (w->full_sync == full)
        return SQLITE_OK;
    int code = sqlite3_exec(w->db, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
                            NULL, NULL, NULL);
    if (code == SQLITE_OK)
        w->full_sync = full;
    return code;
}

/* --- one transaction */

static int apply_all(struct sqlite_writer *w, struct op *ops, size_t n, bool durable)
{
    int64_t now_ms = clock_now_ms(w->clock);

    int code = set_sync(w, durable);
    if (code == SQLITE_OK)
        code = run(w->begin);
    if (code == SQLITE_OK)
        code = sqlite_reserve(&w->applier, n);
    for (struct op *op = ops; op && code == SQLITE_OK; op = op->next)
        code = sqlite_apply(&w->applier, op, now_ms);
    if (code == SQLITE_OK)
        code = run(w->commit);
    if (code == SQLITE_OK)
        w->applier.reserved = w->applier.reserving;
    return code;
}

static bool is_full(int code)
{
    return (code & 0xff) == SQLITE_FULL;
}

/* After a failed fsync the kernel may have dropped the pages and forgotten it: a later one that
 * succeeds proves nothing. */
static bool is_failed_sync(int code)
{
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

static const char *advice(int code)
{
    if (is_full(code))
        return "nothing was written (free some disk space, then it goes on by itself)";
    if (is_failed_sync(code))
        return "the write may or may not have happened (look at the disk, then start again)";
    return (code & 0xff) == SQLITE_IOERR ? "the write may or may not have happened"
                                         : "nothing was written";
}

static void fail_all(struct sqlite_writer *w, struct op *ops, int code)
{
    struct err e;

    (void)sqlite_fail(&e, w->db, advice(code));
    for (struct op *op = ops; op; op = op->next) {
        op->outcome = STORE_FAILED;
        *op->e = e;
    }
    /* a quota or a limit on the file's size is no full disk to SQLite, but a failed write */
    bool no_room = is_full(code) || code == SQLITE_IOERR_WRITE;
    if (no_room && !w->full_said)
        log_error("the store cannot be written", LOG_C("reason", e.text));
    w->full_said = no_room;
}

static void fail_unsynced(struct op *ops)
{
    for (struct op *op = ops; op; op = op->next) {
        op->outcome = STORE_FAILED;
        (void)fail(op->e, ERR_BACKEND,
                   "the disk of the store failed to sync; nothing was written (look at the disk, "
                   "then start again)");
    }
}

/* False when it failed; the operations are then marked, or (retry) may be tried one by one. */
static bool transact(struct sqlite_writer *w, struct op *ops, size_t n, bool durable,
                     bool *ret_retry)
{
    *ret_retry = false;
    if (w->sync_failed) {
        fail_unsynced(ops);
        return false;
    }
    int code = apply_all(w, ops, n, durable);
    if (code == SQLITE_OK) {
        w->full_said = false;
        return true;
    }
    fail_all(w, ops, code);
    w->sync_failed = is_failed_sync(code);
    if (w->sync_failed)
        log_error("the disk of the store failed to sync", LOG_C("reason", ops->e->text));
    if (!sqlite3_get_autocommit(w->db))
        (void)run(w->rollback);
    /* One big value may not fit where the small ones beside it do. */
    *ret_retry = is_full(code) && n > 1;
    return false;
}

static void finish(struct sqlite_writer *w, struct op *op)
{
    if (op->outcome == STORE_OK && op->kind != OP_HEALTH)
        watchers_tell(w->watchers, op->write.key);
    op->finished = true;
    sem_post(&op->turn); /* from here on op is gone */
}

static void finish_all(struct sqlite_writer *w, struct op *ops)
{
    while (ops) {
        struct op *op = ops;
        ops = op->next;
        finish(w, op);
    }
}

static void write_singly(struct sqlite_writer *w, struct op *ops)
{
    while (ops) {
        struct op *op = ops;
        bool retry;
        ops = op->next;
        op->next = NULL;
        (void)transact(w, op, 1, op->write.durability == STORE_DURABLE, &retry);
        finish(w, op);
    }
}

static void write_together(struct sqlite_writer *w, struct op *ops)
{
    bool durable = false, retry = false;
    size_t n = 0;

    for (const struct op *op = ops; op; op = op->next, n++)
        durable |= op->write.durability == STORE_DURABLE;
    if (n > 0 && !transact(w, ops, n, durable, &retry) && retry)
        write_singly(w, ops);
    else
        finish_all(w, ops);
}

/* --- what is done between transactions, while nobody waits for it */

static int count_wal(void *data, sqlite3 *db, const char *name, int n_pages)
{
    struct sqlite_writer *w = data;

    (void)db;
    (void)name;
    w->wal_pages = n_pages;
    return SQLITE_OK;
}

static void checkpoint(struct sqlite_writer *w)
{
    if (w->wal_pages < CHECKPOINT_PAGES || w->sync_failed)
        return;
    int code = sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    w->sync_failed = is_failed_sync(code);
    w->wal_pages = 0; /* set anew by the next commit; the log is then reused from its start, or
                         still as long */
}

static bool has_waiting(struct sqlite_writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool waiting = w->first || w->ending;
    pthread_mutex_unlock(&w->lock);
    return waiting;
}

static void schedule_sweep(struct sqlite_writer *w)
{
    clock_gettime(CLOCK_MONOTONIC, &w->next_sweep);
    w->next_sweep.tv_sec += SWEEP_EVERY_S;
}

static void sweep(struct sqlite_writer *w)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec < w->next_sweep.tv_sec || w->sync_failed || set_sync(w, false) != SQLITE_OK)
        return;
    for (int i = 0; i < SWEEP_STEPS && !has_waiting(w); i++)
        if (sqlite_sweep_step(&w->sweeper, clock_now_ms(w->clock)))
            break;
    schedule_sweep(w);
}

static void do_chores(sqlite3 *db, void *data)
{
    (void)db;
    checkpoint(data);
    sweep(data);
}

/* The thread. It leads like everybody else, so nothing else is written meanwhile. */
static void *keep_house(void *data)
{
    struct sqlite_writer *w = data;
    struct err e;

    pthread_mutex_lock(&w->lock);
    while (!w->ending) {
        int waited = 0;
        while (!w->ending && !w->checkpoint_due && waited != ETIMEDOUT)
            waited = pthread_cond_timedwait(&w->chores, &w->lock, &w->next_sweep);
        w->checkpoint_due = false;
        if (w->ending)
            break;
        pthread_mutex_unlock(&w->lock);
        struct op op = {.kind = OP_CALL, .call = do_chores, .data = w};
        (void)sqlite_writer_run(w, &op, &e);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* --- who leads */

/* With the lock: everything that waits; a call is handed out alone. */
static struct op *take_ops(struct sqlite_writer *w)
{
    struct op *ops = w->first, **cut = &w->first;

    if (ops->kind == OP_CALL)
        cut = &ops->next;
    else
        while (*cut && (*cut)->kind != OP_CALL)
            cut = &(*cut)->next;
    struct op *rest = *cut;
    *cut = NULL;
    w->first = rest;
    if (!rest)
        w->last = &w->first;
    return ops;
}

/* The caller's operation is the first one. */
static void lead(struct sqlite_writer *w)
{
    pthread_mutex_lock(&w->lock);
    struct op *ops = take_ops(w);
    pthread_mutex_unlock(&w->lock);
    if (ops->kind == OP_CALL) {
        ops->call(w->db, ops->data);
        finish(w, ops);
    } else {
        write_together(w, ops);
    }
    bool due = w->wal_pages >= CHECKPOINT_PAGES && !w->sync_failed;
    pthread_mutex_lock(&w->lock);
    struct op *next = w->first;
    w->led = next != NULL;
    w->checkpoint_due |= due;
    pthread_mutex_unlock(&w->lock);
    if (due)
        pthread_cond_signal(&w->chores);
    if (next)
        sem_post(&next->turn);
}

static void wait_turn(struct op *op)
{
    while (sem_wait(&op->turn) < 0)
        ; /* EINTR only */
}

enum store_outcome sqlite_writer_run(struct sqlite_writer *w, struct op *op, struct err *e)
{
    op->e = e;
    op->next = NULL;
    op->finished = false;
    sem_init(&op->turn, 0, 0);
    pthread_mutex_lock(&w->lock);
    bool first = !w->led;
    w->led = true;
    *w->last = op;
    w->last = &op->next;
    pthread_mutex_unlock(&w->lock);
    if (!first)
        wait_turn(op);
    if (!op->finished) {
        lead(w);
        wait_turn(op); /* never long: finish() has posted it */
    }
    sem_destroy(&op->turn);
    return op->outcome;
}

static int prepare(struct sqlite_writer *w, struct err *e)
{
    if (sqlite_statement(w->db, "BEGIN IMMEDIATE", &w->begin, e) < 0 ||
        sqlite_statement(w->db, "COMMIT", &w->commit, e) < 0 ||
        sqlite_statement(w->db, "ROLLBACK", &w->rollback, e) < 0)
        return -1;
    if (sqlite_applier_init(&w->applier, w->db, e) < 0 ||
        sqlite_sweeper_init(&w->sweeper, w->db, e) < 0)
        return -1;
    if (sqlite3_exec(w->db, "PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(e, w->db, "set up");
    w->full_sync = true;
    sqlite3_wal_hook(w->db, count_wal, w);
    return 0;
}

static void release(struct sqlite_writer *w)
{
    sqlite3_finalize(w->begin);
    sqlite3_finalize(w->commit);
    sqlite3_finalize(w->rollback);
    sqlite_applier_fini(&w->applier);
    sqlite_sweeper_fini(&w->sweeper);
    sqlite3_close(w->db);
    pthread_cond_destroy(&w->chores);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

int sqlite_writer_new(sqlite3 *db, const struct clock *clock, struct watchers *watchers,
                      struct sqlite_writer **ret_writer, struct err *e)
{
    struct sqlite_writer *w = MEM_NEW(struct sqlite_writer);
    pthread_condattr_t monotonic;

    w->db = db;
    w->clock = clock;
    w->watchers = watchers;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->chores, &monotonic);
    pthread_condattr_destroy(&monotonic);
    schedule_sweep(w);
    int result = prepare(w, e);
    if (result == 0 && pthread_create(&w->thread, NULL, keep_house, w) != 0)
        result = fail(e, ERR_SYSTEM, "no thread for the store");
    if (result < 0) {
        release(w);
        return -1;
    }
    pthread_setname_np(w->thread, "store");
    *ret_writer = w;
    return 0;
}

void sqlite_writer_free(struct sqlite_writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_mutex_unlock(&w->lock);
    pthread_cond_signal(&w->chores);
    pthread_join(w->thread, NULL);
    release(w);
}
