#pragma once
/*
 * Inside gateway/store: the parts of the SQLite back end. One connection writes,
 * a few others read. A connection is used by one thread at a time. Only files of this back end
 * may include this (and its tests).
 */
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>

#include "base/mem.h"
#include "gateway/store/store_check.h"
#include "gateway/store/watchers.h"

#define SQLITE_READERS_MAX 4

/* --- sqlite_lock.c: the file belongs to one process */
struct sqlite_place {
    char *path;  /* of the database, resolved */
    int lock_fd; /* holds path.lock as long as the store lives; -1: not taken */
};
/* Takes the lock; refuses a file in use and a network file system (whose locks cannot be trusted).
 */
must_check int sqlite_place_take(struct sqlite_place *place, const char *path, struct err *e);
void sqlite_place_give(struct sqlite_place *place);

/* --- sqlite_connection.c */
enum sqlite_role { SQLITE_WRITES, SQLITE_READS };
must_check int sqlite_connect(const char *path, enum sqlite_role role, sqlite3 **ret_db,
                              struct err *e);
/* WAL, and the schema of this version made or found. */
must_check int sqlite_prepare_file(sqlite3 *db, const char *path, struct err *e);
must_check int sqlite_statement(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement,
                                struct err *e);
/* "path: what: SQLite's reason (system's reason)" */
int sqlite_fail(struct err *e, sqlite3 *db, const char *what) __attribute__((cold));
int sqlite_bind_str(sqlite3_stmt *statement, int place, struct str bytes);

/* --- sqlite_apply.c: one operation inside the open transaction */
enum op_kind {
    OP_PUT,
    OP_PUT_IF_ABSENT,
    OP_COMPARE_AND_SWAP,
    OP_DELETE_IF,
    OP_HEALTH,
    OP_CALL,
    N_OP_KINDS
};
struct op {
    struct op *next;
    enum op_kind kind;
    struct write write;
    uint64_t expected;                     /* revision; 0: any */
    void (*call)(sqlite3 *db, void *data); /* OP_CALL: runs alone, outside of any transaction */
    void *data;
    enum store_outcome outcome;
    uint64_t revision; /* of what was written */
    struct err *e;
    bool finished;
    sem_t turn; /* posted when it is finished, or is to lead (sqlite_writer.c) */
};

struct sqlite_applier {
    sqlite3 *db;
    sqlite3_stmt *statements[N_OP_KINDS];
    sqlite3_stmt *exists, *reserve;
    uint64_t revision;  /* the last one given */
    uint64_t reserved;  /* the file promises that no revision over this was ever given */
    uint64_t reserving; /* the same, once the open transaction is committed */
};
must_check int sqlite_applier_init(struct sqlite_applier *a, sqlite3 *db, struct err *e);
void sqlite_applier_fini(struct sqlite_applier *a);
/* SQLITE_OK with the outcome set, or SQLite's error code. */
int sqlite_reserve(struct sqlite_applier *a, size_t n_ops);
int sqlite_apply(struct sqlite_applier *a, struct op *op, int64_t now_ms);

/* --- sqlite_sweep.c: expired records, a few hundred rows at a time */
struct sqlite_sweeper {
    sqlite3 *db;
    sqlite3_stmt *look, *remove;
    char cursor[STORE_KEY_MAX];
    size_t n_cursor;
};
must_check int sqlite_sweeper_init(struct sqlite_sweeper *s, sqlite3 *db, struct err *e);
void sqlite_sweeper_fini(struct sqlite_sweeper *s);
/* One step; true when the end of the table was reached (or nothing can be done now). */
bool sqlite_sweep_step(struct sqlite_sweeper *s, int64_t now_ms);

/* --- sqlite_writer.c: the one connection that writes, used by one request at a time for all */
struct sqlite_writer;
must_check int sqlite_writer_new(sqlite3 *db, const struct clock *clock, struct watchers *watchers,
                                 struct sqlite_writer **ret_writer, struct err *e);
void sqlite_writer_free(
    struct sqlite_writer *w); /* runs what waits, then ends; the connection is closed */
/* Waits until the operation is done as its durability asks. */
enum store_outcome sqlite_writer_run(struct sqlite_writer *w, struct op *op, struct err *e);

/* --- sqlite_reader.c */
struct sqlite_readers {
    const char *path;
    const struct clock *clock;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct sqlite_reader *idle;
    unsigned n_open;
};
void sqlite_readers_init(struct sqlite_readers *r, const char *path, const struct clock *clock);
void sqlite_readers_fini(struct sqlite_readers *r);
enum store_outcome sqlite_readers_get(struct sqlite_readers *r, struct arena *a, struct str key,
                                      struct record *ret_record, struct err *e);
enum store_outcome sqlite_readers_list(struct sqlite_readers *r, struct arena *a,
                                       const struct store_range *range, struct records *ret_records,
                                       struct err *e);

/* --- store_sqlite.c, for tests: a call on the writer's thread, with its connection */
void store_sqlite_on_writer(struct store *s, void (*call)(sqlite3 *db, void *data), void *data);
