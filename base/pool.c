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
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    struct job *ring;
    size_t head, cap;
    _Atomic size_t n; /* written under the lock, read by pool_queued without it */
    bool ending;
    pthread_t *threads;
    unsigned n_threads;
};

/* Waits for a job; false when the pool ends and nothing is left. */
static bool next_job(struct pool *p, struct job *ret)
{
    pthread_mutex_lock(&p->lock);
    while (p->n == 0 && !p->ending)
        pthread_cond_wait(&p->not_empty, &p->lock);
    bool found = p->n > 0;
    if (found) {
        *ret = p->ring[p->head];
        p->head = (p->head + 1) % p->cap;
        p->n--;
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

static void *work(void *argument)
{
    struct pool *p = argument;
    struct job job;
    while (next_job(p, &job))
        job.run(job.job);
    return NULL;
}

static bool start(struct pool *p, const char *name, unsigned n_threads)
{
    for (unsigned i = 0; i < n_threads; i++) {
        if (pthread_create(&p->threads[i], NULL, work, p) != 0)
            return false;
        p->n_threads++;
        char label[16]; /* the kernel's limit */
        snprintf(label, sizeof(label), "%.10s-%u", name, i % 1000);
        pthread_setname_np(p->threads[i], label);
    }
    return true;
}

struct pool *pool_new(const char *name, unsigned n_threads, size_t queue_max)
{
    struct pool *p = MEM_NEW(struct pool);
    p->cap = queue_max ? queue_max : 1;
    p->ring = mem_array(p->cap, sizeof(*p->ring));
    p->threads = mem_array(n_threads, sizeof(*p->threads));
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->not_empty, NULL);
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
    pthread_cond_broadcast(&p->not_empty);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n_threads; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->not_empty);
    pthread_mutex_destroy(&p->lock);
    mem_free(p->threads);
    mem_free(p->ring);
    mem_free(p);
}

bool pool_submit(struct pool *p, void (*run)(void *job), void *job)
{
    pthread_mutex_lock(&p->lock);
    bool room = p->n < p->cap && !p->ending;
    if (room) {
        p->ring[(p->head + p->n) % p->cap] = (struct job){run, job};
        p->n++;
        pthread_cond_signal(&p->not_empty);
    }
    pthread_mutex_unlock(&p->lock);
    return room;
}

size_t pool_queued(const struct pool *p)
{
    return p->n;
}
