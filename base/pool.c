#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/mem.h"

struct job {
    void (*run)(void *job);
    void *job;
};
struct worker {
    struct pool *pool;
    pthread_t thread;
    pthread_cond_t woken;
    struct job job; /* set before it is woken; run == NULL: none */
    struct worker *next_idle;
};
struct pool {
    pthread_mutex_t lock;
    struct job *ring;
    size_t head, cap;
    _Atomic size_t n; /* written under the lock, read by pool_queued without it */
    bool ending;
    /* The last to become idle is the first to work again: its stack is still in the caches, and
     * workers beyond what the load needs stay asleep. */
    struct worker *idle;
    struct worker *workers;
    unsigned n_workers;
};

/* Waits for a job; false when the pool ends and nothing is left. */
static bool next_job(struct worker *w, struct job *ret)
{
    struct pool *p = w->pool;
    pthread_mutex_lock(&p->lock);
    if (p->n > 0) {
        w->job = p->ring[p->head];
        p->head = (p->head + 1) % p->cap;
        p->n--;
    } else if (!p->ending) {
        w->next_idle = p->idle;
        p->idle = w;
        while (!w->job.run && !p->ending)
            pthread_cond_wait(&w->woken, &p->lock);
    }
    *ret = w->job;
    w->job = (struct job){0};
    pthread_mutex_unlock(&p->lock);
    return ret->run != NULL;
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct job job;
    while (next_job(w, &job))
        job.run(job.job);
    return NULL;
}

static bool start(struct pool *p, const char *name, unsigned n_threads)
{
    for (unsigned i = 0; i < n_threads; i++) {
        struct worker *w = &p->workers[i];
        w->pool = p;
        pthread_cond_init(&w->woken, NULL);
        if (pthread_create(&w->thread, NULL, work, w) != 0) {
            pthread_cond_destroy(&w->woken);
            return false;
        }
        p->n_workers++;
        char label[16]; /* the kernel's limit */
        snprintf(label, sizeof(label), "%.10s-%u", name, i % 1000);
        pthread_setname_np(w->thread, label);
    }
    return true;
}

struct pool *pool_new(const char *name, unsigned n_threads, size_t queue_max)
{
    struct pool *p = MEM_NEW(struct pool);
    p->cap = queue_max ? queue_max : 1;
    p->ring = mem_array(p->cap, sizeof(*p->ring));
    p->workers = mem_array(n_threads, sizeof(*p->workers));
    pthread_mutex_init(&p->lock, NULL);
    sigset_t all, before; /* signals are the main thread's business */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = n_threads > 0 && start(p, name, n_threads);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        return p;
    pool_free(p);
    return NULL;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    for (unsigned i = 0; i < p->n_workers; i++)
        pthread_cond_signal(&p->workers[i].woken);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n_workers; i++) {
        pthread_join(p->workers[i].thread, NULL);
        pthread_cond_destroy(&p->workers[i].woken);
    }
    pthread_mutex_destroy(&p->lock);
    mem_free(p->workers);
    mem_free(p->ring);
    mem_free(p);
}

bool pool_submit(struct pool *p, void (*run)(void *job), void *job)
{
    pthread_mutex_lock(&p->lock);
    struct worker *w = p->ending ? NULL : p->idle;
    bool room = w || (p->n < p->cap && !p->ending);
    if (w) {
        p->idle = w->next_idle;
        w->job = (struct job){run, job};
    } else if (room) {
        p->ring[(p->head + p->n) % p->cap] = (struct job){run, job};
        p->n++;
    }
    pthread_mutex_unlock(&p->lock);
    if (w) /* without the lock: woken at once, it would only wait for that */
        pthread_cond_signal(&w->woken);
    return room;
}

size_t pool_queued(const struct pool *p)
{
    return p->n;
}
