#pragma once
/* A listening TCP socket. The thread that starts the server. */
#include "base/err.h"
#include "gateway/http/http.h"

#define LISTEN_BACKLOG 1024
/* "*" listens on IPv6 and IPv4 at once (IPv4 alone where there is no IPv6). Errors name address and
 * port. */
must_check int listener_open(const struct http_address *address, int *ret_fd, uint16_t *ret_port,
                             struct err *e);
