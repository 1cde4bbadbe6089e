#include "gateway/store/sqlite_internal.h"

/*
 * The table is walked in key order, some rows per step; there is no index over the expiry, because
 * every write of a record would have to keep it, and a write is what somebody waits for.
 */
static const char sql_look[] =
    "SELECT count(*), max(key), total(expires_ms <> 0 AND expires_ms <= ?2) FROM "
    "(SELECT key, expires_ms FROM record WHERE key > ?1 ORDER BY key LIMIT 500)";
static const char sql_remove[] =
    "DELETE FROM record WHERE key > ?1 AND key <= ?3 AND expires_ms <> 0 AND expires_ms <= ?2";

int sqlite_sweeper_init(struct sqlite_sweeper *s, sqlite3 *db, struct err *e)
{
    *s = (struct sqlite_sweeper){.db = db};
    if (sqlite_statement(db, sql_look, &s->look, e) < 0 ||
        sqlite_statement(db, sql_remove, &s->remove, e) < 0)
        return -1;
    return 0;
}

void sqlite_sweeper_fini(struct sqlite_sweeper *s)
{
    sqlite3_finalize(s->look);
    sqlite3_finalize(s->remove);
}

/* An error (full disk, busy) only means that the next round tries again. */
static void remove_up_to(struct sqlite_sweeper *s, struct str last, int64_t now_ms)
{
    sqlite_bind_str(s->remove, 1, (struct str){s->cursor, s->n_cursor});
    sqlite3_bind_int64(s->remove, 2, now_ms);
    sqlite_bind_str(s->remove, 3, last);
    (void)sqlite3_step(s->remove);
    sqlite3_reset(s->remove);
}

bool sqlite_sweep_step(struct sqlite_sweeper *s, int64_t now_ms)
{
    char last[STORE_KEY_MAX];
    size_t n_last = 0;
    bool any_expired = false;

    sqlite_bind_str(s->look, 1, (struct str){s->cursor, s->n_cursor});
    sqlite3_bind_int64(s->look, 2, now_ms);
    if (sqlite3_step(s->look) == SQLITE_ROW && sqlite3_column_int64(s->look, 0) > 0) {
        const void *key = sqlite3_column_blob(s->look, 1);
        n_last = (size_t)sqlite3_column_bytes(s->look, 1);
        n_last = n_last > sizeof(last) ? 0 : n_last; /* not written by us */
        memcpy(last, key, n_last);
        any_expired = sqlite3_column_double(s->look, 2) > 0;
    }
    sqlite3_reset(s->look);
    if (any_expired && n_last > 0)
        remove_up_to(s, (struct str){last, n_last}, now_ms);
    memcpy(s->cursor, last, n_last);
    s->n_cursor = n_last;
    return n_last == 0;
}
