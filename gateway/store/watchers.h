#pragma once
/*
 * Inside gateway/store: who wants to hear of writes. Told in the order of the writes; after
 * watchers_remove has returned the watcher is not called again. Any thread; a watcher may not call
 * the store.
 */
#include <pthread.h>

#include "gateway/store/store.h"

struct watching;
struct watchers {
    pthread_mutex_t lock;
    struct watching *first;
};
void watchers_init(struct watchers *w);
void watchers_fini(struct watchers *w);
void watchers_add(struct watchers *w, struct str prefix, const struct store_watcher *watcher);
void watchers_remove(struct watchers *w, const struct store_watcher *watcher);
void watchers_tell(struct watchers *w, struct str key);
