/* The back end in memory passes the suite of all back ends. */
#include "base/mem.h"
#include "tests/unit/store_conformance.h"

static int setup(void **state)
{
    struct store_case *c = MEM_NEW(struct store_case);

    case_clock_init(&c->clock);
    c->store = store_memory_new(&c->clock.clock);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct store_case *c = *state;

    c->store->ops->free(c->store);
    mem_free(c);
    return 0;
}

int main(void)
{
    return run_store_conformance("store_memory", setup, teardown);
}
