#pragma once
/* GnuTLS beside base/exchange.h: its header leaves a `union params` at file scope, which ours would
 * collide with. */
#define params gnutls_params_tag
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#undef params
