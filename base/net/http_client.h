#pragma once
/*
 * Outgoing HTTP: one request, one answer, blocking, with deadlines and ceilings. Users: policy/cli
 * (API servers) and login/net (the gateway). A client keeps its connections alive for the next
 * request; one thread at a time (one client per thread).
 *
 * https only, TLS 1.2 or newer, certificates always checked; plain http only where the
 * configuration says so (loopback, tests). Redirects are answers like any other. HTTPS_PROXY,
 * HTTP_PROXY and NO_PROXY of the environment are honoured.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/exchange.h"

struct http_client;

struct http_client_config { /* everything is copied */
    struct str ca_pem;      /* trust these authorities, and only these; or: */
    const char *ca_file;    /* the same from a file; both absent: those of the system */
    struct str cert_pem;    /* client certificate with its chain, and its key; or: */
    struct str key_pem;
    const char *cert_file, *key_file;
    const char *user_agent; /* absent: "lotse" */
    bool allow_http;
    int64_t connect_ms; /* until the connection stands, TLS included; 0: 5,000 */
    int64_t total_ms;   /* until the answer is complete; 0: 15,000 */
    size_t body_max;    /* of an answer; 0: 1 MiB */
};

struct http_client_request {
    const char *method; /* absent: GET without a body, POST with one */
    const char *url;
    const struct header *headers;
    size_t n_headers;
    struct str bearer;        /* Authorization: Bearer (RFC 6750 2.1); absent: none */
    const char *content_type; /* of the body */
    struct str body;
    int64_t total_ms; /* less time for this one; 0: the client's */
};

struct http_client_response {
    int status;
    struct buf body;
    struct buf head; /* the header lines as they came, see http_client_header */
    int64_t date_ms; /* the peer's clock (Date, RFC 9110 6.6.1); 0: not said */
};

enum http_client_outcome {
    HTTP_CLIENT_ANSWERED,    /* with any status */
    HTTP_CLIENT_UNREACHABLE, /* name unknown, connection refused or broken off */
    HTTP_CLIENT_UNTRUSTED, /* TLS failed: unknown authority, wrong name, our certificate refused, no
                              common version */
    HTTP_CLIENT_TIMED_OUT,
    HTTP_CLIENT_BROKEN, /* not HTTP, over a ceiling, or the request itself is not acceptable */
};

struct http_client *http_client_new(const struct http_client_config *config);
void http_client_free(struct http_client *client);
/* The response is emptied first. Other than ANSWERED: e says what and where, without query and
 * secrets. */
must_check enum http_client_outcome http_client_send(struct http_client *client,
                                                     const struct http_client_request *request,
                                                     struct http_client_response *response,
                                                     struct err *e);
/* The value of the last header of that name; STR_NONE when absent. Borrowed from the response. */
struct str http_client_header(const struct http_client_response *response, const char *name);
/* A response starts as {0}. */
void http_client_response_fini(struct http_client_response *response);

static inline void http_client_free_at(struct http_client **client)
{
    http_client_free(*client);
}
#define auto_http_client __attribute__((cleanup(http_client_free_at))) struct http_client
#define auto_http_response \
    struct http_client_response __attribute__((cleanup(http_client_response_fini)))
