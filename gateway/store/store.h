#pragma once
/*
 * The store: small revisioned records with expiry, under keys "kind/id". Back ends: memory (tests),
 * SQLite (one machine); etcd (three sites) later. One conformance suite runs against all of them.
 * Any thread; calls block until the write is what `durability` asks for. No call is made while
 * another lock is held, and none waits for a directory.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

#define STORE_KEY_MAX   256
#define STORE_VALUE_MAX (64 * 1024)

enum store_outcome {
    STORE_OK,
    STORE_NOT_FOUND, /* absent or expired */
    STORE_CONFLICT,  /* put_if_absent: it is there; compare_and_swap, delete_if: another revision is
                      */
    STORE_FAILED,    /* the back end failed; e says how. The write may or may not have happened only
                        where e says so. */
};

enum durability {
    STORE_DURABLE, /* survives a power cut when the call returns (one fsync, shared with whoever
                      waits beside) */
    STORE_RELAXED, /* survives a killed process when the call returns, a power cut after the next
                      durable write */
};

struct record {
    struct str key, value;
    uint64_t revision;  /* grows with every write of the record, never 0 */
    int64_t expires_ms; /* wall clock; 0 never */
};

struct write {
    struct str key, value;
    int64_t expires_ms;
    enum durability durability;
};

/* What list gives, in the caller's arena. */
struct records {
    struct record *items;
    size_t n, cap;
};
struct store_range {
    struct str prefix, after;
    size_t limit;
};
struct store_watcher { /* lives until unwatch has returned; after that it is not called again */
    void (*changed)(void *data, struct str key);
    void *data;
};

struct store;
struct store_ops {
    /* The record is copied into a. An expired one is not found, also before it is swept. */
    enum store_outcome (*get)(struct store *s, struct arena *a, struct str key,
                              struct record *ret_record, struct err *e);
    enum store_outcome (*put)(struct store *s, const struct write *w, uint64_t *ret_revision,
                              struct err *e);
    enum store_outcome (*put_if_absent)(struct store *s, const struct write *w,
                                        uint64_t *ret_revision, struct err *e);
    enum store_outcome (*compare_and_swap)(struct store *s, const struct write *w,
                                           uint64_t revision, uint64_t *ret_revision,
                                           struct err *e);
    /* revision 0: whatever is there. */
    enum store_outcome (*delete_if)(struct store *s, struct str key, uint64_t revision,
                                    struct err *e);
    /* Records whose key starts with prefix and is greater than after, in key order, at most limit
     * of them. */
    enum store_outcome (*list)(struct store *s, struct arena *a, const struct store_range *range,
                               struct records *ret_records, struct err *e);
    /* Calls changed(key) after each write under prefix until unwatch; on a thread of the store;
     * must not call the store. */
    int (*watch)(struct store *s, struct str prefix, const struct store_watcher *w, struct err *e);
    void (*unwatch)(struct store *s, const struct store_watcher *w);
    /* Can it be written now? (disk full, read-only) For readiness. */
    int (*health)(struct store *s, struct err *e);
    void (*free)(struct store *s);
};
struct store {
    const struct store_ops *ops;
};

struct store *store_memory_new(const struct clock *clock);
/* Opens or creates. Refuses a file that another process holds ("... is used by process 123; ...").
 */
must_check int store_sqlite_open(const char *path, const struct clock *clock,
                                 struct store **ret_store, struct err *e);
