#include "gateway/http/crowd.h"

#include "base/hash.h"

void crowd_init(struct crowd *c, unsigned max, unsigned max_per_peer)
{
    *c = (struct crowd){.max = max, .max_per_peer = max_per_peer};
    pthread_mutex_init(&c->lock, NULL);
}

void crowd_fini(struct crowd *c)
{
    pthread_mutex_destroy(&c->lock);
}

/* One household of IPv6 has a /64: 2^64 addresses are one peer. */
static struct address household(const struct address *peer)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct address a = *peer;
    if (memcmp(a.bytes, mapped, sizeof(mapped)) != 0)
        memset(a.bytes + 8, 0, 8);
    return a;
}

static struct crowd_member **bucket_of(struct crowd *c, const struct address *peer)
{
    struct str bytes = {(const char *)peer->bytes, sizeof(peer->bytes)};
    return &c->buckets[hash_fast(bytes) % CROWD_BUCKETS];
}

static void unlist_idle(struct crowd *c, struct crowd_member *m)
{
    if (!m->idle)
        return;
    *(m->older ? &m->older->newer : &c->oldest_idle) = m->newer;
    *(m->newer ? &m->newer->older : &c->newest_idle) = m->older;
    m->older = m->newer = NULL;
    m->idle = false;
}

static void list_idle(struct crowd *c, struct crowd_member *m)
{
    m->older = c->newest_idle;
    *(c->newest_idle ? &c->newest_idle->newer : &c->oldest_idle) = m;
    c->newest_idle = m;
    m->idle = true;
}

static void send_away(struct crowd *c, struct crowd_member *m)
{
    m->asked_to_leave = true;
    unlist_idle(c, m);
    shutdown(m->fd, SHUT_RDWR);
    c->n_shed++;
}

static unsigned count_of_peer(struct crowd_member *const *bucket, const struct address *peer)
{
    unsigned n = 0;
    for (const struct crowd_member *m = *bucket; m; m = m->next_in_bucket)
        n += memcmp(m->peer.bytes, peer->bytes, sizeof(peer->bytes)) == 0;
    return n;
}

bool crowd_enter(struct crowd *c, struct crowd_member *m, const struct address *peer, bool exempt)
{
    m->peer = household(peer);
    m->inside = true;
    pthread_mutex_lock(&c->lock);
    struct crowd_member **bucket = bucket_of(c, &m->peer);
    bool crowded = !exempt && c->max_per_peer && count_of_peer(bucket, &m->peer) >= c->max_per_peer;
    bool full = c->max && c->n >= c->max;
    m->next_in_bucket = *bucket;
    *bucket = m;
    c->n++;
    if (!crowded && full && c->oldest_idle) {
        send_away(c, c->oldest_idle);
        full = false;
    }
    if (crowded || full)
        send_away(c, m);
    else
        list_idle(c, m);
    pthread_mutex_unlock(&c->lock);
    return !crowded && !full;
}

void crowd_leave(struct crowd *c, struct crowd_member *m)
{
    if (!m->inside)
        return;
    pthread_mutex_lock(&c->lock);
    struct crowd_member **at = bucket_of(c, &m->peer);
    while (*at != m)
        at = &(*at)->next_in_bucket;
    *at = m->next_in_bucket;
    unlist_idle(c, m);
    c->n--;
    pthread_mutex_unlock(&c->lock);
    m->inside = false;
}

void crowd_set_idle(struct crowd *c, struct crowd_member *m, bool idle)
{
    pthread_mutex_lock(&c->lock);
    unlist_idle(c, m);
    if (idle && !m->asked_to_leave)
        list_idle(c, m);
    pthread_mutex_unlock(&c->lock);
}

void crowd_count_shed(struct crowd *c)
{
    pthread_mutex_lock(&c->lock);
    c->n_shed++;
    pthread_mutex_unlock(&c->lock);
}

void crowd_read(struct crowd *c, unsigned *ret_n, uint64_t *ret_shed)
{
    pthread_mutex_lock(&c->lock);
    *ret_n = c->n;
    *ret_shed = c->n_shed;
    pthread_mutex_unlock(&c->lock);
}
