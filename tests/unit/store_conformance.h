#pragma once
/* What every back end of the store must do, as one suite. A back end gives a setup that fills
 * *state with a store_case. */
#include <stdatomic.h>

#include "gateway/store/store.h"
#include "tests/unit/unit.h"

struct case_clock { /* as clock_fixed, but the store's own threads may look at it while a test sets
                       it */
    struct clock clock;
    _Atomic int64_t ms;
};
void case_clock_init(struct case_clock *c);

struct store_case {
    struct store *store;
    struct case_clock clock;
    char folder[64]; /* a fresh one, for back ends with files */
};

int run_store_conformance(const char *name, CMFixtureFunction setup, CMFixtureFunction teardown);

/* Short forms for tests of one back end. */
struct write a_write(const char *key, const char *value);
enum store_outcome store_put_c(struct store *s, const char *key, const char *value,
                               uint64_t *ret_revision);
/* The value must be that; NULL: must not be found. */
void assert_stored(struct store *s, const char *key, const char *value);
void folder_make_fresh(char folder[64]);
void folder_remove(const char *folder);
