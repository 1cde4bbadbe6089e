#include "base/buf.h"
#include "gateway/store/sqlite_internal.h"

#define APPLICATION_ID 0x4c747365 /* "Ltse" */
#define SCHEMA_VERSION 1
#define BUSY_MS        2000 /* somebody with the sqlite3 shell, or a backup */

/*
 * The value stands last, so that looking at an expiry never reads the pages a long value flows
 * into. meta: revision, the promise of sqlite_reserve; health, written by the readiness check.
 */
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE record (key BLOB PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, expires_ms "
    "INTEGER NOT NULL,"
    "                     value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('revision', 0), ('health', 0);"
    "PRAGMA application_id = 1282700133;"
    "PRAGMA user_version = 1;"
    "COMMIT;";
_Static_assert(APPLICATION_ID == 1282700133 && SCHEMA_VERSION == 1, "the schema says the same");

/* Everything lowered to what our few statements need: what is not needed cannot be reached
 * (CVE-2022-35737 and its kind). */
static const struct {
    int id, value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 2 * STORE_VALUE_MAX},
    {SQLITE_LIMIT_SQL_LENGTH, 4096},
    {SQLITE_LIMIT_COLUMN, 16},
    {SQLITE_LIMIT_EXPR_DEPTH, 32},
    {SQLITE_LIMIT_COMPOUND_SELECT, 4},
    {SQLITE_LIMIT_VDBE_OP, 4096},
    {SQLITE_LIMIT_FUNCTION_ARG, 8},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 16},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 16},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static const struct {
    int id, on;
} switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
};

/* Only these have a reason that the system gave; for others the number is left over from long ago.
 */
static bool has_system_reason(int code)
{
    return code == SQLITE_IOERR || code == SQLITE_FULL || code == SQLITE_CANTOPEN;
}

int sqlite_fail(struct err *e, sqlite3 *db, const char *what)
{
    const char *path = sqlite3_db_filename(db, "main");
    int number = sqlite3_system_errno(db);
    int code = sqlite3_extended_errcode(db);

    (void)fail(e, ERR_BACKEND, "%s: %s: %s (code %d)", path ? path : "store", what,
               sqlite3_errmsg(db), code);
    if (number != 0 && has_system_reason(code & 0xff))
        return fail(e, ERR_BACKEND, "%s: %s: %s (code %d, %s)", path ? path : "store", what,
                    sqlite3_errmsg(db), code, strerror(number));
    return -1;
}

static int execute(sqlite3 *db, const char *sql, const char *what, struct err *e)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sqlite_fail(e, db, what);
}

int sqlite_statement(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement, struct err *e)
{
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL) !=
        SQLITE_OK)
        return sqlite_fail(e, db, "prepare");
    return 0;
}

/* An absent text is an empty one, not NULL. The bytes stay where they are until the statement was
 * stepped. */
int sqlite_bind_str(sqlite3_stmt *statement, int place, struct str bytes)
{
    return sqlite3_bind_blob(statement, place, bytes.n > 0 ? bytes.p : "", (int)bytes.n,
                             SQLITE_STATIC);
}

int sqlite_connect(const char *path, enum sqlite_role role, sqlite3 **ret_db, struct err *e)
{
    /* Small caches on purpose: the kernel keeps the file, we keep the memory. */
    const char *pragmas =
        role == SQLITE_WRITES
            ? "PRAGMA cache_size=-1024; PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=2"
            : "PRAGMA cache_size=-256; PRAGMA query_only=1; PRAGMA temp_store=2";
    sqlite3 *db = NULL;

    int code = sqlite3_open_v2(
        path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (code != SQLITE_OK) {
        (void)fail(e, ERR_BACKEND, "%s: open: %s", path,
                   db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
        sqlite3_close(db);
        return -1;
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        sqlite3_limit(db, limits[i].id, limits[i].value);
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
        sqlite3_db_config(db, switches[i].id, switches[i].on, NULL);
    if (execute(db, pragmas, "set up", e) < 0) {
        sqlite3_close(db);
        return -1;
    }
    *ret_db = db;
    return 0;
}

static int get_number(sqlite3 *db, const char *sql, int64_t *ret_number, struct err *e)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite_statement(db, sql, &statement, e) < 0)
        return -1;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret_number = sqlite3_column_int64(statement, 0);
    else
        (void)sqlite_fail(e, db, "read");
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : -1;
}

static int judge_version(sqlite3 *db, const char *path, bool *ret_empty, struct err *e)
{
    int64_t application = 0, version = 0, n_tables = 0;

    if (get_number(db, "PRAGMA application_id", &application, e) < 0 ||
        get_number(db, "PRAGMA user_version", &version, e) < 0 ||
        get_number(db, "SELECT count(*) FROM sqlite_schema", &n_tables, e) < 0)
        return -1;
    *ret_empty = application == 0 && version == 0 && n_tables == 0;
    if (!*ret_empty && application != APPLICATION_ID)
        return fail(e, ERR_CONFIG,
                    "%s is a database of another program; give the store a file of its own", path);
    if (!*ret_empty && version != SCHEMA_VERSION)
        return fail(e, ERR_CONFIG,
                    "%s was written by another version (schema %lld, this one knows %d)", path,
                    (long long)version, SCHEMA_VERSION);
    return 0;
}

int sqlite_prepare_file(sqlite3 *db, const char *path, struct err *e)
{
    sqlite3_stmt *statement = NULL;
    bool empty = false;

    if (judge_version(db, path, &empty, e) < 0)
        return -1;
    if (sqlite_statement(db, "PRAGMA journal_mode=WAL", &statement, e) < 0)
        return -1;
    bool wal = sqlite3_step(statement) == SQLITE_ROW &&
               sqlite3_stricmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    if (!wal)
        return sqlite_fail(e, db, "switch to the write-ahead log");
    return empty ? execute(db, schema, "create", e) : 0;
}
