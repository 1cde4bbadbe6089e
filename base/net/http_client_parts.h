#pragma once
/* Inside of base/net: one request on a client's handle, from its settings to what its end means.
 * Only http_*.c include this. */
#include <curl/curl.h>

#include "base/net/http_client.h"

/* Sets the client's handle up for the request, answers into response (emptied first). *ret_lines
 * has to live until the transfer is over, then http_lines_release. -1: not acceptable, nothing to
 * release. */
must_check int http_client_prepare(struct http_client *client,
                                   const struct http_client_request *request,
                                   struct http_client_response *response,
                                   struct curl_slist **ret_lines, struct err *e);
CURL *http_client_handle(struct http_client *client);
/* What the end of the transfer means; fills status and date of the response. */
enum http_client_outcome http_client_conclude(struct http_client *client, CURLcode code,
                                              const char *url,
                                              struct http_client_response *response, struct err *e);
void http_lines_release(struct curl_slist **lines);
