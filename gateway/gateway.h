#pragma once
/*
 * The running gateway: store, keys, servers, and the snapshot that requests work with. Start,
 * reload and stop: the main thread.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "gateway/env.h"
#include "gateway/metrics.h"

#define GATEWAY_CONNECTORS_MAX 16

enum gateway_exit { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_CONFIG = 2, EXIT_STORE = 3 };

struct gateway_health { /* of a connector, asked at most every few seconds */
    _Atomic int64_t asked_ms;
    _Atomic bool healthy;
};
struct gateway {
    struct event_sink sink; /* first: the sink is the gateway */
    const char *config_path;
    struct arena arena; /* what the servers keep pointing at */
    pthread_mutex_t lock;
    struct env *current; /* under the lock */
    struct env_parts parts;
    struct store *store;
    struct sealer *sealer;
    struct keyset *keyset;
    struct metrics *metrics;
    struct pool *workers;
    struct http_routes tables[2];
    struct http_server *servers[CONFIG_LISTEN_MAX];
    size_t n_servers;
    struct http_server *metrics_server;
    struct gateway_health health[GATEWAY_CONNECTORS_MAX];
    _Atomic bool stopping;
};

/* Prints what is wrong and says how the process should end. */
enum gateway_exit gateway_start(struct gateway *g, const char *config_path);
/* All or nothing: when anything is wrong the old configuration stays, and the log says why. */
void gateway_reload(struct gateway *g);
/* False: requests were still running at the end of the drain time; the process should end without
 * touching anything. */
bool gateway_stop(struct gateway *g);
struct env *gateway_env(struct gateway *g); /* a reference */

/* --- operation.c: /healthz, /readyz, /metrics */
extern const struct route operation_routes[]; /* on the main listener; the env is the gateway */
extern const struct route metrics_routes[];   /* on the metrics listener */
