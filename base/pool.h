#pragma once
/*
 * A pool of worker threads with a bounded queue. Submitting never blocks: a full queue says no, and
 * the caller sheds load (503). Freed: what is queued is still run, then the threads end.
 */
#include <stdbool.h>
#include <stddef.h>

struct pool;
/* NULL when the system gives no threads. The threads block every signal. */
struct pool *pool_new(const char *name, unsigned n_threads, size_t queue_max);
void pool_free(struct pool *p);
bool pool_submit(struct pool *p, void (*run)(void *job), void *job);
size_t pool_queued(const struct pool *p);
