#include "gateway/store/watchers.h"

#include "base/mem.h"

struct watching {
    struct watching *next;
    const struct store_watcher *watcher;
    char *prefix;
    size_t n_prefix;
};

void watchers_init(struct watchers *w)
{
    pthread_mutex_init(&w->lock, NULL);
    w->first = NULL;
}

static void watching_free(struct watching *one)
{
    mem_free(one->prefix);
    mem_free(one);
}

void watchers_fini(struct watchers *w)
{
    while (w->first) {
        struct watching *one = w->first;
        w->first = one->next;
        watching_free(one);
    }
    pthread_mutex_destroy(&w->lock);
}

void watchers_add(struct watchers *w, struct str prefix, const struct store_watcher *watcher)
{
    struct watching *one = MEM_NEW(struct watching);

    one->watcher = watcher;
    one->prefix = mem_dup(prefix.p ? prefix.p : "", prefix.n);
    one->n_prefix = prefix.n;
    pthread_mutex_lock(&w->lock);
    one->next = w->first;
    w->first = one;
    pthread_mutex_unlock(&w->lock);
}

void watchers_remove(struct watchers *w, const struct store_watcher *watcher)
{
    pthread_mutex_lock(&w->lock);
    for (struct watching **at = &w->first; *at;) {
        struct watching *one = *at;
        if (one->watcher != watcher) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        watching_free(one);
    }
    pthread_mutex_unlock(&w->lock);
}

void watchers_tell(struct watchers *w, struct str key)
{
    pthread_mutex_lock(&w->lock);
    for (const struct watching *one = w->first; one; one = one->next)
        if (str_starts(key, (struct str){one->prefix, one->n_prefix}))
            one->watcher->changed(one->watcher->data, key);
    pthread_mutex_unlock(&w->lock);
}
