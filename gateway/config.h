#pragma once
/*
 * The gateway's configuration: YAML in, typed and checked settings out. Every mistake of a file is
 * found in one run, with its place; insecure combinations are mistakes. Immutable once read. The
 * thread that (re)loads; afterwards any.
 */
#include "connectors/connector_config.h"
#include "gateway/config_row.h"
#include "gateway/http/http.h"
#include "gateway/oidc/oidc.h"

#define CONFIG_LISTEN_MAX 8
#define HELPER_CLIENT_ID  "lotse-login"

enum config_store { CONFIG_STORE_SQLITE, CONFIG_STORE_MEMORY };

struct config_limits { /* wide enough for their rows; http_limits is made of them */
    int64_t header_bytes, body_bytes, head_ms, idle_ms, request_ms, connections,
        connections_per_peer;
};
struct config {
    struct arena arena;
    struct source source;
    struct buf text;
    struct str folder;
    const struct yaml *root;

    struct str issuer;
    struct texts listen, trusted_proxies, cors_origins;
    struct str key_file;
    bool behind_proxy;
    struct str tls_certificate, tls_key;
    struct str metrics_listen;
    int log_format, log_level; /* index of the choice: enum log_format, enum log_level */
    int store_type;            /* enum config_store */
    struct str store_path, policy_file, policy_last_good;
    struct texts policy_trust;
    int64_t policy_signatures;
    struct config_limits limits;
    int64_t workers, queue, drain_ms;
    struct oidc_settings oidc;
    struct connector_configs connectors;

    /* made of the above */
    struct http_address addresses[CONFIG_LISTEN_MAX];
    size_t n_addresses;
    bool has_metrics;
    struct http_address metrics_address;
    struct http_policy http;
    struct source policy_source;        /* name NULL: no policy */
    const struct bundle *policy_bundle; /* NULL: its files are on the disk */
    struct secret *secrets;             /* all of the clients, to be wiped */
    size_t n_secrets;
};

/* Reads the file and those it names (secrets, certificate authorities, the policy's text). Always
   gives something to free, and to be used only when d->n_errors is 0; the diagnostics point into
   it, so print them before. */
struct config *config_read(const char *path, struct diags *d);
void config_free(struct config *c);
/* A file that the policy includes; its text lives in the configuration. For struct policy_loader;
 * the context is the configuration. */
const struct source *config_policy_file(void *config, struct str path, struct err *e);
struct http_limits config_http_limits(const struct config *c);
/* "host:port", "[v6]:port", "*:port" */
bool address_read(struct str text, struct http_address *ret);

/* --- texts made from the rows */
void config_sample(struct buf *out);
void config_manual(struct buf *out);    /* roff, for man(1) */
void config_reference(struct buf *out); /* Markdown */
