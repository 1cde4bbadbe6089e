#include "gateway/store/sqlite_internal.h"

#define RESERVE 100000 /* revisions promised at once, so that the promise is written rarely */

/* ?1 key ?2 value ?3 new revision ?4 expires_ms ?5 now_ms ?6 expected revision */
#define DELETE "DELETE FROM record WHERE key = ?1 AND (?6 = 0 OR revision = ?6) AND "
#define LIVE   "(expires_ms = 0 OR expires_ms > ?5)"
#define INSERT \
    "INSERT INTO record (key, value, revision, expires_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT " \
    "(key) "
#define UPDATE \
    "DO UPDATE SET value = excluded.value, revision = excluded.revision, expires_ms = " \
    "excluded.expires_ms"

static const char *const sql[N_OP_KINDS] = {
    [OP_PUT] = INSERT UPDATE,
    [OP_PUT_IF_ABSENT] = INSERT UPDATE " WHERE record.expires_ms <> 0 AND record.expires_ms <= ?5",
    [OP_COMPARE_AND_SWAP] = "UPDATE record SET value = ?2, revision = ?3, expires_ms = ?4 "
                            "WHERE key = ?1 AND revision = ?6 AND " LIVE,
    [OP_DELETE_IF] = DELETE LIVE,
    [OP_HEALTH] = "UPDATE meta SET number = number + 1 WHERE name = 'health'",
};
static const char sql_exists[] = "SELECT 1 FROM record WHERE key = ?1 AND " LIVE;
static const char sql_reserve[] = "UPDATE meta SET number = ?1 WHERE name = 'revision'";
static const char sql_reserved[] = "SELECT number FROM meta WHERE name = 'revision'";

/* A revision is never given twice, not even to a key that was deleted in between or over a restart:
 * an old compare-and-swap must not hit a new record. So a start goes on behind everything that was
 * ever promised. */
static int read_reserved(struct sqlite_applier *a, struct err *e)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite_statement(a->db, sql_reserved, &statement, e) < 0)
        return -1;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        a->reserved = (uint64_t)sqlite3_column_int64(statement, 0);
    else
        (void)sqlite_fail(e, a->db, "read the last revision");
    sqlite3_finalize(statement);
    a->revision = a->reserved;
    return code == SQLITE_ROW ? 0 : -1;
}

int sqlite_applier_init(struct sqlite_applier *a, sqlite3 *db, struct err *e)
{
    *a = (struct sqlite_applier){.db = db};
    for (size_t i = 0; i < N_OP_KINDS; i++)
        if (sql[i] && sqlite_statement(db, sql[i], &a->statements[i], e) < 0)
            return -1;
    if (sqlite_statement(db, sql_exists, &a->exists, e) < 0 ||
        sqlite_statement(db, sql_reserve, &a->reserve, e) < 0)
        return -1;
    return read_reserved(a, e);
}

void sqlite_applier_fini(struct sqlite_applier *a)
{
    for (size_t i = 0; i < N_OP_KINDS; i++)
        sqlite3_finalize(a->statements[i]);
    sqlite3_finalize(a->exists);
    sqlite3_finalize(a->reserve);
}

/* Steps a statement that gives at most one row; ret_row says whether it did. */
static int step(sqlite3_stmt *statement, bool *ret_row)
{
    int code = sqlite3_step(statement);

    *ret_row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        code = SQLITE_OK;
    sqlite3_reset(statement);
    return code;
}

int sqlite_reserve(struct sqlite_applier *a, size_t n_ops)
{
    bool row;

    a->reserving = a->reserved;
    if (a->revision + n_ops <= a->reserved)
        return SQLITE_OK;
    a->reserving = a->revision + n_ops + RESERVE;
    sqlite3_bind_int64(a->reserve, 1, (sqlite3_int64)a->reserving);
    return step(a->reserve, &row);
}

/* Nothing was changed: was there nothing, or another revision? */
static int why_not(struct sqlite_applier *a, struct op *op, int64_t now_ms)
{
    bool row;

    if (op->kind == OP_PUT_IF_ABSENT) {
        op->outcome = STORE_CONFLICT;
        return SQLITE_OK;
    }
    if (sqlite_bind_str(a->exists, 1, op->write.key) != SQLITE_OK)
        return sqlite3_extended_errcode(a->db);
    sqlite3_bind_int64(a->exists, 5, now_ms);
    int code = step(a->exists, &row);
    op->outcome = row ? STORE_CONFLICT : STORE_NOT_FOUND;
    return code;
}

static int bind(struct sqlite_applier *a, sqlite3_stmt *statement, const struct op *op,
                int64_t now_ms)
{
    int n = sqlite3_bind_parameter_count(statement); /* the highest number it uses */

    if (op->kind != OP_HEALTH && sqlite_bind_str(statement, 1, op->write.key) != SQLITE_OK)
        return sqlite3_extended_errcode(a->db);
    if (op->kind != OP_DELETE_IF && op->kind != OP_HEALTH) {
        if (sqlite_bind_str(statement, 2, op->write.value) != SQLITE_OK)
            return sqlite3_extended_errcode(a->db);
        sqlite3_bind_int64(statement, 3, (sqlite3_int64)(a->revision + 1));
        sqlite3_bind_int64(statement, 4, op->write.expires_ms);
    }
    if (n >= 5)
        sqlite3_bind_int64(statement, 5, now_ms);
    if (n >= 6)
        sqlite3_bind_int64(statement, 6, (sqlite3_int64)op->expected);
    return SQLITE_OK;
}

int sqlite_apply(struct sqlite_applier *a, struct op *op, int64_t now_ms)
{
    sqlite3_stmt *statement = a->statements[op->kind];
    bool row;

    int code = bind(a, statement, op, now_ms);
    if (code == SQLITE_OK)
        code = step(statement, &row);
    if (code != SQLITE_OK)
        return code;
    if (sqlite3_changes(a->db) == 0)
        return why_not(a, op, now_ms);
    op->outcome = STORE_OK;
    op->revision = ++a->revision;
    return SQLITE_OK;
}
