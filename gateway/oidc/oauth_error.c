#include "gateway/oidc/oauth_error.h"

#include "base/json.h"
#include "gateway/oidc/page_reply.h"

static const struct oauth_error rows[OIDC_OUTCOME_COUNT] = {
    [OIDC_OK] = {"", 200, EVENT_TOKEN_ISSUED, ""},
#define OAUTH_ERROR(outcome, error, status, event, description) \
    [OIDC_##outcome] = {error, status, EVENT_##event, description},
#include "gateway/oidc/oauth_error.tbl.h"
#undef OAUTH_ERROR
};

const struct oauth_error *oauth_error_of(enum oidc_outcome o)
{
    return &rows[o];
}

void oauth_error_emit(const struct oidc_call *c, enum oidc_outcome o, const struct event *about)
{
    struct event ev = about ? *about : (struct event){0};
    ev.kind = rows[o].event;
    ev.reason = str_from(rows[o].error);
    if (ev.detail.n == 0)
        ev.detail = str_from(rows[o].description);
    call_emit(c, &ev);
}

void oauth_error_json(const struct oidc_call *c, enum oidc_outcome o, const struct event *about,
                      struct str description)
{
    oauth_error_emit(c, o, about);
    auto_buf body = BUF_INIT(4096);
    struct json_out j;
    json_out_init(&j, &body);
    json_open_object(&j);
    json_put_str(&j, "error", str_from(rows[o].error));
    json_put_str(&j, "error_description",
                 description.n ? description : str_from(rows[o].description));
    json_close_object(&j);
    reply_body(c->reply, rows[o].status, "application/json",
               arena_str(call_arena(c), buf_str(&body)));
    reply_no_store(c->reply);
    if (rows[o].status == 401) /* RFC 6749 5.2, RFC 9110 15.5.2 */
        reply_header(c->reply, "WWW-Authenticate", STR("Basic realm=\"lotse\", charset=\"UTF-8\""));
    if (rows[o].status == 503)
        reply_header(c->reply, "Retry-After", STR("2"));
}

void oauth_error_page(const struct oidc_call *c, enum oidc_outcome o, const struct event *about)
{
    oauth_error_emit(c, o, about);
    page_reply_error(c, rows[o].status, str_from(rows[o].error), str_from(rows[o].description));
}
