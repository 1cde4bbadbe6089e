#include "policy/cluster/feed.h"

#define LINE_MAX_BYTES ((size_t)8 << 20) /* etcd holds no object above 1.5 MB */
#define WATCH_SECONDS  290 /* the server ends the watch then; our own end comes after */
#define STALE_MIN      10000

static const char *const paths[] = {
    [FEED_NAMESPACES] = "/api/v1/namespaces",
    [FEED_BINDINGS] = "/apis/rbac.authorization.k8s.io/v1/rolebindings",
};

void feed_init(struct feed *f, enum feed_kind kind)
{
    *f = (struct feed){.kind = kind};
    arena_init(&f->arena, ARENA_NO_MAX);
}

void feed_close(struct feed *f)
{
    http_stream_close(f->stream);
    http_client_free(f->client);
    f->stream = NULL;
    f->client = NULL;
}

void feed_fini(struct feed *f)
{
    feed_close(f);
    arena_fini(&f->arena);
}

/* --- what is known */

static struct str key_of(struct arena *a, struct str namespace, struct str name)
{
    return namespace.n ? CONCAT(a, namespace, STR("/"), name) : arena_str(a, name);
}

/* True when it is news. */
static bool put(struct feed *f, const struct feed_event *ev, bool present)
{
    struct str key = key_of(&f->arena, ev->namespace, ev->name);
    uint32_t id = intern_add(&f->keys, key);
    while (f->items.n <= id)
        (void)ARENA_PUSH(&f->arena, &f->items);
    struct feed_item *item = &f->items.items[id];
    if (item->version && ev->version <= item->version) /* our own write knew better already */
        return false;
    *item = ev->item;
    item->version = ev->version;
    item->present = present && ev->item.present;
    return true;
}

int feed_list(struct feed *f, struct api *api, struct err *e)
{
    struct api_pages pages;
    struct feed_page all = {0};
    auto_arena fresh = {0};
    arena_init(&fresh, ARENA_NO_MAX);
    if (api_list(api, paths[f->kind], &pages, e) < 0)
        return -1;
    for (size_t i = 0; i < pages.n; i++)
        if (feed_read_page(f->kind, pages.items[i], &fresh, &all, e) < 0)
            return fail_within(e, "%s", paths[f->kind]);
    feed_close(f);
    arena_fini(&f->arena);
    f->arena = fresh;
    fresh = (struct arena){0};
    f->keys = (struct intern){.arena = &f->arena};
    f->items.items = NULL;
    f->items.n = f->items.cap = 0;
    for (size_t i = 0; i < all.n; i++)
        (void)put(f, &all.items[i], true);
    f->version = all.version;
    f->n_changes = 0;
    f->listed = f->known = true;
    return 0;
}

int feed_put(struct feed *f, struct str object, struct err *e)
{
    struct feed_event ev;
    if (feed_read_object(f->kind, object, &f->arena, &ev, e) < 0)
        return -1;
    f->n_changes++;
    (void)put(f, &ev, true);
    return 0;
}

void feed_drop(struct feed *f, struct str namespace, struct str name)
{
    uint32_t id = intern_find(&f->keys, key_of(&f->arena, namespace, name));
    if (id != ID_NONE)
        f->items.items[id].present = false;
}

bool feed_is_stale(const struct feed *f)
{
    return f->n_changes > STALE_MIN && f->n_changes > 2 * f->items.n;
}

/* --- the watch */

int feed_open(struct feed *f, struct http_streams *streams, const struct kube_access *access,
              struct err *e)
{
    struct http_client_config config = {.ca_pem = access->ca_pem,
                                        .cert_pem = access->cert_pem,
                                        .key_pem = access->key_pem,
                                        .user_agent = "lotse-policy"};
    auto_buf url = BUF_INIT(8192);
    buf_fmt(&url,
            "%.*s%s?watch=true&allowWatchBookmarks=true&resourceVersion=%lld&timeoutSeconds=%d",
            STR_F(access->server), paths[f->kind], (long long)f->version, WATCH_SECONDS);
    struct header headers[] = {{"Accept", STR("application/json")}};
    struct http_client_request request = {.url = buf_cstr(&url),
                                          .headers = headers,
                                          .n_headers = 1,
                                          .bearer = access->token,
                                          .total_ms = (WATCH_SECONDS + 30) * 1000};
    feed_close(f);
    f->client = http_client_new(&config);
    f->stream = http_stream_open(streams, f->client, &request, LINE_MAX_BYTES, e);
    return f->stream ? 0 : -1;
}

static enum feed_news take_line(struct feed *f, struct str line, struct err *e)
{
    struct feed_event ev;
    if (feed_read_event(f->kind, line, &f->arena, &ev, e) < 0)
        return FEED_BROKEN;
    f->n_changes++;
    switch (ev.type) {
    case EVENT_ERROR:
        (void)fail(e, ERR_BACKEND, "watch: %lld: %.*s", (long long)ev.code, STR_F(ev.message));
        return ev.code == 410 ? FEED_AGAIN
                              : FEED_BROKEN; /* Gone: that version was compacted away */
    case EVENT_BOOKMARK:
    case EVENT_PUT:
    case EVENT_DELETED: break;
    }
    if (ev.version > f->version)
        f->version = ev.version;
    if (ev.type == EVENT_BOOKMARK)
        return FEED_QUIET;
    return put(f, &ev, ev.type == EVENT_PUT) ? FEED_CHANGED : FEED_QUIET;
}

static enum feed_news take_end(struct feed *f, struct err *e)
{
    struct http_stream_end end;
    if (!http_stream_ended(f->stream, &end, e))
        return FEED_QUIET;
    if (end.status == 410)
        return FEED_AGAIN;
    if (end.outcome != HTTP_CLIENT_ANSWERED)
        return FEED_BROKEN;
    if (end.status == 200) { /* its time was up: go on from where it ended */
        feed_close(f);
        return FEED_QUIET;
    }
    struct str message = api_json_message(end.rest, &f->arena);
    (void)fail(e, ERR_BACKEND, "%s: watch answers %d: %.*s", paths[f->kind], end.status,
               STR_F(message));
    return end.status == 401 || end.status == 403 ? FEED_REFUSED : FEED_BROKEN;
}

enum feed_news feed_take(struct feed *f, struct err *e)
{
    enum feed_news news = FEED_QUIET;
    struct str line;
    while (f->stream && http_stream_line(f->stream, &line)) {
        if (http_stream_status(f->stream) != 200)
            continue; /* an error's body */
        enum feed_news one = take_line(f, line, e);
        if (one == FEED_AGAIN || one == FEED_BROKEN)
            return one;
        if (one == FEED_CHANGED)
            news = FEED_CHANGED;
        f->n_failures = 0;
    }
    enum feed_news end = f->stream ? take_end(f, e) : FEED_QUIET;
    return end == FEED_QUIET ? news : end;
}
