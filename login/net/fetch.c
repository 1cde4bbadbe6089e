#include "login/net/fetch.h"

#include "base/net/http_client.h"

static struct http_client *client(struct context *c)
{
    struct http_client_config config = {
        .ca_file = c->options->value[OPTION_CA_FILE],
        .user_agent = "lotse-login",
        .connect_ms = 5000,
        .total_ms = 15000,
        .body_max = (size_t)1 << 20,
    };
    if (!c->http)
        c->http = http_client_new(&config);
    return c->http;
}

static int send_request(struct context *c, const struct http_client_request *request,
                        struct fetch_reply *ret, struct str *ret_why)
{
    auto_http_response response = {0};
    struct err e = {0};
    int code = EXIT_INTERNAL;
    response.body.wipe = true;
    switch (http_client_send(client(c), request, &response, &e)) {
    case HTTP_CLIENT_ANSWERED: code = EXIT_OK; break;
    case HTTP_CLIENT_UNTRUSTED: code = EXIT_TLS; break;
    case HTTP_CLIENT_UNREACHABLE:
    case HTTP_CLIENT_TIMED_OUT:
    case HTTP_CLIENT_BROKEN: code = EXIT_UNREACHABLE; break;
    }
    ret->status = response.status;
    ret->body = arena_str(c->arena, buf_str(&response.body));
    *ret_why = arena_str(c->arena, STR_C(e.text));
    return code;
}

int fetch_get(struct context *c, struct str url, struct fetch_reply *ret, struct str *ret_why)
{
    struct http_client_request request = {.method = "GET", .url = arena_cstr(c->arena, url)};
    return send_request(c, &request, ret, ret_why);
}

int fetch_post(struct context *c, struct str url, const struct fetch_form *form,
               struct fetch_reply *ret, struct str *ret_why)
{
    auto_buf body = BUF_INIT((size_t)64 << 10);
    body.wipe = true;
    for (size_t i = 0; i < form->n; i++) {
        if (i > 0)
            buf_char(&body, '&');
        buf_url(&body, form->items[i].name);
        buf_char(&body, '=');
        buf_url(&body, form->items[i].value);
    }
    if (buf_failed(&body)) {
        *ret_why = STR("the request is too long");
        return EXIT_UNREACHABLE;
    }
    struct http_client_request request = {
        .method = "POST",
        .url = arena_cstr(c->arena, url),
        .content_type = "application/x-www-form-urlencoded",
        .body = buf_str(&body),
    };
    return send_request(c, &request, ret, ret_why);
}

void fetch_close(struct context *c)
{
    if (c->http)
        http_client_free(c->http);
    c->http = NULL;
}
