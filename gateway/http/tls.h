#pragma once
/*
 * Certificate and key of the listener. A pair is immutable once loaded; the server swaps pairs
 * while it runs. Loading: the thread that reloads; using: I/O threads.
 */
#include <stdint.h>

#include "base/err.h"
#include "gateway/http/gnutls.h"

/* TLS 1.2 and 1.3 only (RFC 9325 3.1.1, 4.2): libmicrohttpd's own default would take 1.0.
 * Authenticated ciphers, forward secrecy. */
#define TLS_PRIORITIES \
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:" \
    "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:%SERVER_PRECEDENCE"

struct tls_pair;
/* The key file must not be readable by others; the key must belong to the first certificate. */
must_check int tls_pair_load(const char *certificate, const char *key, struct tls_pair **ret_pair,
                             struct err *e);
void tls_pair_free(struct tls_pair *p);
void tls_pair_use(struct tls_pair *p, gnutls_pcert_st **ret_chain, unsigned *ret_n,
                  gnutls_privkey_t *ret_key);
int64_t tls_pair_not_after(const struct tls_pair *p); /* seconds since 1970 */
