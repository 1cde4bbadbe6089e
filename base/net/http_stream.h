#pragma once
/*
 * Answers that do not end: GETs whose body comes line by line for as long as the peer sends
 * (Kubernetes watches). Several at once on one thread: wait, then take the lines of each. A line is
 * as long as its ceiling at most; a peer that sends faster than lines are taken is made to wait.
 * Users: policy/cluster.
 */
#include "base/net/http_client.h"

struct http_streams;
struct http_stream;

struct http_streams *http_streams_new(void);
void http_streams_free(struct http_streams *streams); /* closes what is open */
/* Begins a GET. The client gives trust and identity; it must outlive the stream and may not be used
 * otherwise meanwhile. request->total_ms: the stream ends then at the latest (0: never by itself).
 * NULL: the request is not acceptable, see e. */
struct http_stream *http_stream_open(struct http_streams *streams, struct http_client *client,
                                     const struct http_client_request *request, size_t line_max,
                                     struct err *e);
void http_stream_close(struct http_stream *stream); /* NULL is nothing */

/* Moves all streams on; waits at most so long while none has anything to tell. wake_fd (-1: none)
 * ends the wait when it becomes readable. */
void http_streams_wait(struct http_streams *streams, int wake_fd, int64_t wait_ms);
/* The next complete line without its end, valid until the next wait or close. False: none yet. */
bool http_stream_line(struct http_stream *stream, struct str *ret_line);
/* True when nothing more will come, all lines taken; then:
 * *ret_outcome ANSWERED: the peer ended it properly; any other: e says why. ret_status: of the
 * answer, 0 when there was none. What has no line end at the end is in ret_rest (an error's body).
 */
struct http_stream_end {
    enum http_client_outcome outcome;
    int status;
    struct str rest;
};
bool http_stream_ended(struct http_stream *stream, struct http_stream_end *ret, struct err *e);
int http_stream_status(const struct http_stream *stream); /* 0: no answer yet */
