#pragma once
/* The documents that are made once per environment: OpenID Connect Discovery 3, RFC 8414 2, and the
 * sites for `lotse-login setup`. */
#include "gateway/oidc/call.h"

void discovery_write(struct buf *out, const struct oidc_settings *settings);
void kubernetes_sites_write(struct buf *out, const struct oidc_settings *settings);
