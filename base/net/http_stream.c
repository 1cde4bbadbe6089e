#include "base/net/http_stream.h"

#include "base/mem.h"
#include "base/net/http_client_parts.h"

#define AHEAD ((size_t)1 << 20) /* so much may lie unread before the peer has to wait */

struct http_stream {
    struct http_streams *streams;
    struct http_stream *next;
    struct http_client *client;
    struct http_client_response response;
    struct curl_slist *lines;
    char *url;
    struct buf body;
    size_t taken;    /* of the body: what stood in lines handed out */
    size_t searched; /* so far there is no line end behind taken */
    size_t line_max;
    bool paused, too_long, ended;
    CURLcode code;
};
struct http_streams {
    CURLM *multi;
    struct http_stream *first;
};

struct http_streams *http_streams_new(void)
{
    struct http_streams *s = MEM_NEW(struct http_streams);
    s->multi = curl_multi_init();
    return s;
}

void http_stream_close(struct http_stream *s)
{
    if (!s)
        return;
    struct http_stream **link = &s->streams->first;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    curl_multi_remove_handle(s->streams->multi, http_client_handle(s->client));
    http_lines_release(&s->lines);
    http_client_response_fini(&s->response);
    buf_fini(&s->body);
    mem_free(s->url);
    mem_free(s);
}

void http_streams_free(struct http_streams *streams)
{
    if (!streams)
        return;
    while (streams->first)
        http_stream_close(streams->first);
    curl_multi_cleanup(streams->multi);
    mem_free(streams);
}

/* Moves the unread rest to the front. */
static void compact(struct http_stream *s)
{
    if (s->taken == 0)
        return;
    memmove(s->body.p, s->body.p + s->taken, s->body.n - s->taken);
    s->body.n -= s->taken;
    s->searched -= s->taken;
    s->taken = 0;
}

static bool find_line(struct http_stream *s, size_t *ret_end)
{
    const char *p = s->body.n > s->searched
                        ? memchr(s->body.p + s->searched, '\n', s->body.n - s->searched)
                        : NULL;
    if (!p) {
        s->searched = s->body.n;
        return false;
    }
    *ret_end = (size_t)(p - s->body.p);
    s->searched = *ret_end;
    return true;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *user)
{
    struct http_stream *s = user;
    size_t end;
    if (s->body.n - s->taken >= AHEAD && find_line(s, &end)) {
        s->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    compact(s);
    buf_bytes(&s->body, bytes, size * n);
    s->too_long = buf_failed(&s->body) || (!find_line(s, &end) && s->body.n > s->line_max);
    return s->too_long ? 0 : size * n;
}

struct http_stream *http_stream_open(struct http_streams *streams, struct http_client *client,
                                     const struct http_client_request *request, size_t line_max,
                                     struct err *e)
{
    struct http_stream *s = MEM_NEW(struct http_stream);
    if (http_client_prepare(client, request, &s->response, &s->lines, e) < 0) {
        mem_free(s);
        return NULL;
    }
    CURL *curl = http_client_handle(client);
    s->streams = streams;
    s->client = client;
    s->line_max = line_max;
    s->url = mem_strdup(request->url);
    buf_init(&s->body, line_max + 2 * AHEAD);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, s);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->total_ms);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L); /* a peer that vanished is found out */
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, 30L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, 10L);
    curl_multi_add_handle(streams->multi, curl);
    s->next = streams->first;
    streams->first = s;
    return s;
}

static void collect_ends(struct http_streams *streams)
{
    int left = 0;
    for (CURLMsg *m = curl_multi_info_read(streams->multi, &left); m;
         m = curl_multi_info_read(streams->multi, &left)) {
        struct http_stream *s = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&s);
        s->ended = true;
        s->code = m->data.result;
    }
}

static bool has_news(const struct http_streams *streams)
{
    for (const struct http_stream *s = streams->first; s; s = s->next)
        if (s->ended || s->searched < s->body.n)
            return true;
    return false;
}

static void move_on(struct http_streams *streams)
{
    int running = 0;
    for (struct http_stream *s = streams->first; s; s = s->next)
        if (s->paused && !s->ended && s->body.n - s->taken < AHEAD) {
            s->paused = false;
            curl_easy_pause(http_client_handle(s->client), CURLPAUSE_CONT);
        }
    curl_multi_perform(streams->multi, &running);
    collect_ends(streams);
}

void http_streams_wait(struct http_streams *streams, int wake_fd, int64_t wait_ms)
{
    struct curl_waitfd wake = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};
    int n = 0;
    move_on(streams);
    if (has_news(streams) || wait_ms <= 0)
        return;
    curl_multi_poll(streams->multi, wake_fd >= 0 ? &wake : NULL, wake_fd >= 0, (int)wait_ms, &n);
    move_on(streams);
}

bool http_stream_line(struct http_stream *s, struct str *ret_line)
{
    size_t end;
    if (!find_line(s, &end))
        return false;
    *ret_line = str_from_to(buf_str(&s->body), s->taken, end);
    s->taken = s->searched = end + 1;
    return true;
}

bool http_stream_ended(struct http_stream *s, struct http_stream_end *ret, struct err *e)
{
    size_t end;
    if (!s->ended || find_line(s, &end))
        return false;
    enum http_client_outcome outcome =
        http_client_conclude(s->client, s->code, s->url, &s->response, e);
    if (s->too_long)
        (void)fail(e, ERR_LIMIT, "a line of more than %zu bytes", s->line_max);
    *ret = (struct http_stream_end){outcome, http_stream_status(s),
                                    str_from_to(buf_str(&s->body), s->taken, s->body.n)};
    return true;
}

int http_stream_status(const struct http_stream *s)
{
    long status = 0;
    curl_easy_getinfo(http_client_handle(s->client), CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}
