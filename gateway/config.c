#include "gateway/config_internal.h"

#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define CONFIG_BYTES_MAX ((size_t)1 << 20)

static const struct config_row config_rows[] = {
#define KEY(section, name, kind, need, member, fallback, least, most, choices, example, help) \
    {section, #name,   ROW_##kind, need, offsetof(struct config, member), fallback, least, \
     most,    choices, example,    help},
#include "gateway/config.tbl.h"
#undef KEY
};
const struct row_table config_table = {config_rows, sizeof(config_rows) / sizeof(*config_rows)};

struct pos config_pos(const struct config *c, const char *section, const char *name)
{
    const struct yaml *map = section[0] ? yaml_get(c->root, str_from(section)) : c->root;
    const struct yaml *y = map ? yaml_get(map, str_from(name)) : NULL;
    if (y)
        return y->pos;
    return map ? map->pos : (struct pos){.source = &c->source};
}

bool address_read(struct str text, struct http_address *ret)
{
    size_t colon = text.n;
    int64_t port;
    struct address a;
    while (colon > 0 && text.p[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    struct str host = str_from_to(text, 0, colon - 1);
    if (!str_to_i64(str_from_to(text, colon, text.n), &port) || port < 0 || port > 65535)
        return false;
    bool bracketed = host.n > 2 && host.p[0] == '[';
    if (!str_is(host, "*") && (!address_parse(host, &a) || (str_has(host, ':') && !bracketed)))
        return false;
    *ret = (struct http_address){host, (uint16_t)port};
    return true;
}

static struct str folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (path[0] == '/')
        return slash == path ? STR("/") : arena_str(a, (struct str){path, (size_t)(slash - path)});
    char here[4096]; /* the process changes to / later */
    if (!getcwd(here, sizeof(here)))
        return STR(".");
    return slash ? arena_fmt(a, "%s/%.*s", here, (int)(slash - path), path)
                 : arena_str(a, str_from(here));
}

/* --- what rows cannot say */

static void read_addresses(struct config_reader *r)
{
    struct config *c = r->c;
    if (c->listen.n > CONFIG_LISTEN_MAX)
        diag_error(r->d, config_pos(c, "", "listen"), "at most %d addresses to listen on",
                   CONFIG_LISTEN_MAX);
    for (size_t i = 0; i < c->listen.n && i < CONFIG_LISTEN_MAX; i++) {
        if (address_read(c->listen.items[i], &c->addresses[c->n_addresses]))
            c->n_addresses++;
        else
            diag_error(r->d, config_pos(c, "", "listen"), "'%.*s' is no address:port",
                       STR_F(c->listen.items[i]));
    }
    c->has_metrics = !str_is(c->metrics_listen, "off");
    if (c->has_metrics && !address_read(c->metrics_listen, &c->metrics_address))
        diag_error(r->d, config_pos(c, "metrics", "listen"), "'%.*s' is no address:port",
                   STR_F(c->metrics_listen));
}

static void read_http_policy(struct config_reader *r)
{
    struct config *c = r->c;
    struct cidr *networks = ARENA_ARRAY(&c->arena, c->trusted_proxies.n, struct cidr);
    size_t n = 0;
    for (size_t i = 0; i < c->trusted_proxies.n; i++) {
        if (cidr_parse(c->trusted_proxies.items[i], &networks[n]))
            n++;
        else
            diag_error(r->d, config_pos(c, "", "trusted_proxies"),
                       "'%.*s' is no address and no network such as 10.0.0.0/24",
                       STR_F(c->trusted_proxies.items[i]));
    }
    c->http = (struct http_policy){networks, n, c->cors_origins.items, c->cors_origins.n};
}

static void read_issuer(struct config_reader *r)
{
    struct config *c = r->c;
    struct oidc_settings *o = &c->oidc;
    o->issuer = c->issuer;
    o->helper_client_id = STR(HELPER_CLIENT_ID);
    if (c->issuer.n == 0)
        return;
    if (!url_is_https(c->issuer)) { /* OpenID Connect Discovery 3: https, no query, no fragment */
        diag_error(
            r->d, config_pos(c, "", "issuer"),
            "the issuer must be https://host[:port][/path], without query, fragment or user");
        return;
    }
    struct str rest = str_from_to(c->issuer, 8, c->issuer.n);
    const char *slash = memchr(rest.p, '/', rest.n);
    if (slash)
        o->issuer_path = str_from_to(rest, (size_t)(slash - rest.p), rest.n);
    if (o->issuer_path.n && o->issuer_path.p[o->issuer_path.n - 1] == '/')
        o->issuer_path.n--; /* endpoints stand below it; `iss` keeps its slash */
}

static void read_connectors(struct config_reader *r)
{
    const struct yaml *list = yaml_get(r->c->root, STR("connectors"));
    if (list && connector_configs_read(list, &r->c->arena, r->d, &r->c->connectors))
        connector_configs_resolve(&r->c->connectors, &r->c->arena, r->c->folder);
}

static void read_tree(struct config_reader *r)
{
    rows_read(&r->rows, r->c->root, &config_table, r->c);
    read_addresses(r);
    read_http_policy(r);
    read_issuer(r);
    read_connectors(r);
    config_read_clients(r);
    config_read_policy(r);
    config_check(r);
}

struct config *config_read(const char *path, struct diags *d)
{
    struct config *c = MEM_NEW(struct config);
    struct err e = {0};
    arena_init(&c->arena, ARENA_NO_MAX);
    buf_init(&c->text, CONFIG_BYTES_MAX);
    c->text.wipe = true;
    c->source = (struct source){.name = arena_cstr(&c->arena, str_from(path))};
    c->folder = folder_of(&c->arena, path);
    if (file_read(path, CONFIG_BYTES_MAX, &c->text, &e) < 0) {
        diag_error(d, (struct pos){0}, "%s", e.text);
        return c;
    }
    c->source.text = buf_str(&c->text);
    const struct yaml_limits limits = YAML_LIMITS_DEFAULT;
    c->root = yaml_read(&c->arena, &c->source, &limits, d);
    if (!c->root)
        return c;
    if (c->root->kind != YAML_MAP) {
        diag_error(d, c->root->pos, "the configuration must be a map of keys");
        return c;
    }
    struct config_reader r = {
        .c = c, .d = d, .rows = {.arena = &c->arena, .diags = d, .folder = c->folder}};
    read_tree(&r);
    return c;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_secrets; i++)
        secret_fini(&c->secrets[i]);
    buf_fini(&c->text);
    arena_fini(&c->arena);
    mem_free(c);
}

struct http_limits config_http_limits(const struct config *c)
{
    const struct config_limits *l = &c->limits;
    return (struct http_limits){.header_bytes = (size_t)l->header_bytes,
                                .body_bytes = (size_t)l->body_bytes,
                                .head_ms = l->head_ms,
                                .idle_ms = l->idle_ms,
                                .request_ms = l->request_ms,
                                .connections = (unsigned)l->connections,
                                .connections_per_peer = (unsigned)l->connections_per_peer};
}
