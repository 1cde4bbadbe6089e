#pragma once
/*
 * What one collection of an API server holds, kept up to date: listed once, then watched
 * (Kubernetes API concepts, "efficient detection of changes"): bookmarks move the place on, 410
 * Gone means listing again, a broken connection is made again after a wait. Namespaces, or
 * RoleBindings. One thread.
 */
#include "base/net/http_stream.h"
#include "policy/cluster/cluster.h"

enum feed_kind { FEED_NAMESPACES, FEED_BINDINGS };

struct feed_item {
    bool present;
    int64_t version;                   /* of what is known: what is older is not taken */
    struct policy_namespace namespace; /* FEED_NAMESPACES; those on their way out are not present */
    struct rbac_object binding;        /* FEED_BINDINGS */
};
struct feed {
    enum feed_kind kind;
    struct arena arena; /* of all items; begun anew with each list */
    struct intern keys; /* "name" or "namespace/name" */
    struct {
        struct feed_item *items; /* by id of the key */
        size_t n, cap;
    } items;
    size_t n_changes; /* since the list: what they replaced still lies in the arena */
    bool listed;      /* false: to be listed (again) */
    bool known;       /* was listed once: items are a whole state, perhaps not the newest */
    int64_t version;  /* resourceVersion to go on from */
    struct http_client *client;
    struct http_stream *stream;
    int64_t retry_at_ms; /* monotonic: not before */
    int n_failures;
};

enum feed_news {
    FEED_QUIET,
    FEED_CHANGED, /* items are other than before */
    FEED_AGAIN,   /* the place is lost: list again */
    FEED_BROKEN,  /* the watch ended with an error: e; open it again after retry_at_ms */
    FEED_REFUSED, /* the same, and it is the API server that does not want us: e */
};

void feed_init(struct feed *f, enum feed_kind kind);
void feed_fini(struct feed *f);
/* Reads the whole collection. -1: e; what was known stays. */
must_check int feed_list(struct feed *f, struct api *api, struct err *e);
/* Opens the watch where the list ended. */
must_check int feed_open(struct feed *f, struct http_streams *streams,
                         const struct kube_access *access, struct err *e);
void feed_close(struct feed *f);
/* Takes what has come. */
enum feed_news feed_take(struct feed *f, struct err *e);
/* One object as the API server answered it to a write of ours, so that nobody has to wait for the
 * watch to say it. */
must_check int feed_put(struct feed *f, struct str object, struct err *e);
/* An object that we have deleted. */
void feed_drop(struct feed *f, struct str namespace, struct str name);
/* So much of the arena is of yesterday that listing again is better. */
bool feed_is_stale(const struct feed *f);

/* --- feed_json.c: one line of a watch */
struct feed_event {
    enum feed_event_type { EVENT_PUT, EVENT_DELETED, EVENT_BOOKMARK, EVENT_ERROR } type;
    struct str namespace, name;
    int64_t version;
    int64_t code; /* EVENT_ERROR: 410 */
    struct str message;
    struct feed_item item; /* EVENT_PUT */
};
must_check int feed_read_event(enum feed_kind kind, struct str line, struct arena *a,
                               struct feed_event *ret, struct err *e);
must_check int feed_read_object(enum feed_kind kind, struct str object, struct arena *a,
                                struct feed_event *ret, struct err *e);
struct feed_page {
    struct feed_event *items;
    size_t n, cap;
    int64_t version;
};
/* A page of a list; adds to *ret. */
must_check int feed_read_page(enum feed_kind kind, struct str page, struct arena *a,
                              struct feed_page *ret, struct err *e);
