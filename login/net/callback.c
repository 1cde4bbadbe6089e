#include "login/net/callback.h"

#include <stdio.h>

#include "base/exchange.h"

static bool fill(struct str query, struct arena *a, struct callback *ret)
{
    struct params p;
    if (!params_parse(query, a, &p))
        return false;
    if (params_repeated(p).n > 0) /* RFC 6749 3.1: MUST NOT be included more than once */
        return false;
    *ret = (struct callback){
        .code = params_get(p, STR("code")),
        .state = params_get(p, STR("state")),
        .issuer = params_get(p, STR("iss")),
        .error = params_get(p, STR("error")),
        .error_description = params_get(p, STR("error_description")),
    };
    return ret->state.n > 0 && (ret->code.n > 0) != (ret->error.n > 0);
}

/* Exactly one Host header, and it names the loopback address we listen on: a page elsewhere cannot
   reach us by a name of its own that it points at 127.0.0.1. */
static bool is_host_ours(struct str head, unsigned port)
{
    char names[3][32];
    snprintf(names[0], sizeof(names[0]), "127.0.0.1:%u", port);
    snprintf(names[1], sizeof(names[1]), "[::1]:%u", port);
    snprintf(names[2], sizeof(names[2]), "localhost:%u", port);
    struct str line, name, value;
    unsigned n_hosts = 0, n_ours = 0;
    while (str_next(&head, '\n', &line)) {
        if (!str_split(line, ':', &name, &value) || !str_eq_nocase(name, STR("host")))
            continue;
        n_hosts++;
        value = str_trim(value);
        for (int i = 0; i < 3; i++)
            n_ours += str_is(value, names[i]);
    }
    return n_hosts == 1 && n_ours == 1;
}

enum callback_result callback_parse(struct str bytes, unsigned port, struct arena *a,
                                    struct callback *ret)
{
    const char *end = bytes.n > 0 ? memmem(bytes.p, bytes.n, "\r\n\r\n", 4) : NULL;
    if (!end)
        return bytes.n < CALLBACK_BYTES_MAX ? CALLBACK_MORE : CALLBACK_BAD;
    struct str head = {bytes.p, (size_t)(end - bytes.p)}, line, headers = STR_NONE;
    if (!str_split(head, '\n', &line, &headers))
        line = head;
    line = str_trim(line);
    struct str method, target, version, path, query = STR_NONE, rest;
    if (!str_split(line, ' ', &method, &rest) || !str_split(rest, ' ', &target, &version))
        return CALLBACK_BAD;
    if (!str_is(version, "HTTP/1.1") && !str_is(version, "HTTP/1.0"))
        return CALLBACK_BAD;
    if (memchr(head.p, '\0', head.n) || !is_host_ours(headers, port))
        return CALLBACK_BAD;
    if (!str_split(target, '?', &path, &query))
        path = target;
    if (!str_is(path, CALLBACK_PATH))
        return CALLBACK_NOT_FOUND;
    if (!str_is(method, "GET"))
        return CALLBACK_METHOD;
    return fill(query, a, ret) ? CALLBACK_ANSWER : CALLBACK_BAD;
}

bool callback_parse_pasted(struct str line, struct arena *a, struct callback *ret)
{
    struct str before, query, fragment;
    line = str_trim(line);
    if (!str_split(line, '?', &before, &query))
        query = line;
    if (str_split(query, '#', &before, &fragment))
        query = before;
    return query.n > 0 && query.n < CALLBACK_BYTES_MAX && fill(query, a, ret);
}

static const struct {
    const char *status, *title[2], *text[2];
} pages[] = {
    [CALLBACK_PAGE_DONE] =
        {"200 OK",
         {"You are logged in", "Sie sind angemeldet"},
         {"You may close this window and go on in the terminal.",
          "Dieses Fenster kann geschlossen werden; im Terminal geht es weiter."}},
    [CALLBACK_PAGE_REFUSED] =
        {"200 OK",
         {"The login was refused", "Die Anmeldung wurde abgelehnt"},
         {"The terminal says why. You may close this window.",
          "Der Grund steht im Terminal. Dieses Fenster kann geschlossen werden."}},
    [CALLBACK_PAGE_NOT_FOUND] = {"404 Not Found",
                                 {"Nothing here", "Hier ist nichts"},
                                 {"This address only takes the end of a login.",
                                  "Diese Adresse nimmt nur das Ende einer Anmeldung entgegen."}},
    [CALLBACK_PAGE_BAD] =
        {"400 Bad Request",
         {"Not the login waited for", "Nicht die erwartete Anmeldung"},
         {"This answer belongs to another login. Start again in the terminal.",
          "Diese Antwort gehört zu einer anderen Anmeldung. Bitte im Terminal neu beginnen."}},
};

void callback_page(struct buf *out, enum callback_page page, bool german)
{
    auto_buf body = BUF_INIT(4096);
    buf_fmt(&body,
            "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width\"><title>Lotse</title><style>"
            ":root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;display:grid;"
            "place-content:center;min-height:90vh;margin:0 "
            "1.5rem;text-align:center}h1{font-size:1.5rem}"
            "</style></head><body><main><h1>%s</h1><p>%s</p></main></body></html>\n",
            german ? "de" : "en", pages[page].title[german], pages[page].text[german]);
    buf_fmt(out,
            "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n"
            "Connection: close\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
            "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
            "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\r\n",
            pages[page].status, body.n);
    buf_add(out, buf_str(&body));
}
