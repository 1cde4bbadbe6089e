#pragma once
/*
 * Who is connected: counts per peer and in all, and the connections that wait for nothing, oldest
 * first. When the house is full the longest idle one makes room; so a thousand open, silent
 * connections never keep a working client out. Any thread.
 */
#include <pthread.h>

#include "gateway/http/peer.h"

#define CROWD_BUCKETS 512

struct crowd_member {
    int fd;
    struct address peer; /* IPv6: the /64 */
    bool inside, idle, asked_to_leave;
    struct crowd_member *next_in_bucket, *older, *newer;
};
struct crowd {
    pthread_mutex_t lock;
    unsigned max, max_per_peer; /* 0: no bound */
    unsigned n;
    uint64_t n_shed;
    struct crowd_member *oldest_idle, *newest_idle;
    struct crowd_member *buckets[CROWD_BUCKETS];
};
void crowd_init(struct crowd *c, unsigned max, unsigned max_per_peer);
void crowd_fini(struct crowd *c);
/* exempt: a trusted proxy, who speaks for many. False: no room; the socket was shut down and its
 * owner will see the end of it. */
bool crowd_enter(struct crowd *c, struct crowd_member *m, const struct address *peer, bool exempt);
/* Before the socket is closed: nobody shuts it down afterwards. */
void crowd_leave(struct crowd *c, struct crowd_member *m);
void crowd_set_idle(struct crowd *c, struct crowd_member *m, bool idle);
void crowd_count_shed(struct crowd *c);
void crowd_read(struct crowd *c, unsigned *ret_n, uint64_t *ret_shed);
