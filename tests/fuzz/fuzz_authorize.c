/*
 * The authorization endpoint under arbitrary parameters. First byte: who comes (with or without a
 * session, GET or POST), the rest is the query. Whatever comes: no redirect but to a registered
 * place, iss in each of them, nothing written to the store.
 */
#include "gateway/oidc/redirect_uri.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/oidc_rig.h"

static struct rig rig;
static size_t n_records;

static size_t count_records(void)
{
    struct records records = {0};
    struct err e;
    const struct store_range all = {.prefix = STR(""), .limit = 100};
    MUST(rig.env.store->ops->list(rig.env.store, &rig.work, &all, &records, &e) == STORE_OK);
    return records.n;
}

static void start(void)
{
    rig_init(&rig);
    MUST(rig_code(&rig, "app", "", "ada").n > 0);
    n_records = count_records();
}

/* The part of the Location that was there before we wrote: up to our first parameter. */
static bool is_registered(struct str location)
{
    for (size_t i = 0; i < rig.settings.n_clients; i++)
        for (size_t at = 0; at <= location.n; at++)
            if ((at == location.n || location.p[at] == '?' || location.p[at] == '&') &&
                redirect_uri_is_registered(&rig.clients[i], str_from_to(location, 0, at)))
                return true;
    return false;
}

static void check(const struct reply *reply)
{
    struct str location = rig_header(reply, "Location");
    MUST(reply->status == 200 || reply->status == 303 || reply->status == 400 ||
         reply->status == 415);
    MUST((reply->status == 303) == (location.n > 0));
    if (location.n) {
        MUST(is_registered(location));
        MUST(str_eq(rig_location(&rig, reply, "iss"), STR(RIG_ISSUER)));
        MUST((rig_location(&rig, reply, "code").n > 0) !=
             (rig_location(&rig, reply, "error").n > 0));
    } else {
        MUST(rig_header(reply, "Content-Security-Policy").n > 0 || reply->status == 400);
    }
    MUST(count_records() == n_records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!rig.env.store)
        start();
    if (n == 0 || memchr(data, 0, n))
        return 0;
    const char *query = arena_cstr(&rig.work, (struct str){(const char *)data + 1, n - 1});
    bool post = data[0] & 2;
    struct str session =
        arena_fmt(&rig.work, "__Host-lotse-session=%.*s", STR_F(rig.session_cookie));
    const struct ask ask = {
        .method = post ? HTTP_POST : HTTP_GET,
        .path = "/auth",
        .query = post ? NULL : query,
        .form = post ? query : NULL,
        .cookie = data[0] & 1 ? session : STR_NONE,
        .foreign = true,
    };
    check(rig_ask(&rig, &ask));
    rig_forget(&rig);
    return 0;
}
