/* Bytes of a connection -> guard -> request -> reply. The first byte says in which pieces they
 * come. */
#include <stdlib.h>

#include "gateway/http/exchange_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void answer(void *env, const struct request *r, struct reply *reply)
{
    (void)env;
    for (size_t i = 0; i < r->query.n; i++)
        check(str_is_utf8(r->query.items[i].name) && str_is_utf8(r->query.items[i].value));
    check(r->body.n <= 4096 && r->peer.n > 0);
    reply_body(reply, 200, "text/plain", r->body);
    reply_header(reply, "X-Echo", r->cookie);
}

static const struct route routes[] = {
    {"/", METHOD_BIT(HTTP_GET) | METHOD_BIT(HTTP_POST), answer, ROUTE_CORS}, {.path = NULL}};

static struct http_view acquire(void *data)
{
    static struct cidr trusted;
    static struct http_policy policy = {.trusted_proxies = &trusted, .n_trusted_proxies = 1};
    (void)data;
    check(cidr_parse(STR("10.0.0.0/8"), &trusted));
    return (struct http_view){NULL, &policy};
}

static void feed(struct guard *g, struct str bytes, size_t piece)
{
    guard_init(g, (struct guard_limits){4096, 4096});
    for (size_t at = 0; at < bytes.n; at += piece)
        guard_feed(g, str_from_to(bytes, at, at + piece));
}

static void check_head(const struct head *h)
{
    const struct str texts[] = {h->path,          h->query,         h->host,
                                h->authorization, h->cookie,        h->origin,
                                h->user_agent,    h->if_none_match, h->cors_method};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        check(!texts[i].n ||
              (!memchr(texts[i].p, 0, texts[i].n) && !memchr(texts[i].p, '\n', texts[i].n) &&
               !memchr(texts[i].p, '\r', texts[i].n)));
    check(h->path.n > 0 && h->path.p[0] == '/' && !h->has_transfer_encoding);
}

static void run(struct guard *g)
{
    static const struct address connection = {
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}};
    static const struct http_routes tables[] = {
        {.prefix = {"", 0}, .routes = routes, .acquire = acquire}};
    const struct exchange_source from = {g, &connection, tables, 1, 60000};
    struct exchange x;
    exchange_init(&x, monotonic_us());
    if (exchange_prepare(&x, &from))
        exchange_run(&x);
    exchange_finish(&x, true);
    check(x.reply.status >= 200 && x.reply.status < 600);
    exchange_fini(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1)
        return 0;
    struct guard whole, pieces;
    struct str bytes = {(const char *)data + 1, n - 1};
    feed(&whole, bytes, bytes.n ? bytes.n : 1);
    feed(&pieces, bytes, (size_t)data[0] % 32 + 1);
    /* how the bytes were cut must not matter: not for the verdict, and not for what was understood
     */
    check(whole.state == pieces.state && whole.refusal.status == pieces.refusal.status);
    if (whole.state == GUARD_COMPLETE) {
        check_head(&whole.head);
        check(str_eq(whole.head.path, pieces.head.path) &&
              str_eq(whole.head.query, pieces.head.query) &&
              str_eq(buf_str(&whole.body), buf_str(&pieces.body)));
    }
    if (whole.state == GUARD_COMPLETE || whole.state == GUARD_REFUSED)
        run(&whole);
    guard_fini(&whole);
    guard_fini(&pieces);
    return 0;
}
