#include "gateway/oidc/endpoints.h"
#include "gateway/oidc/oauth_error.h"

#define GET      METHOD_BIT(HTTP_GET)
#define POST     METHOD_BIT(HTTP_POST)
#define GET_POST (GET | POST)

const struct route oidc_routes[] = {
#define ROUTE(path, methods, handler, flags) {path, methods, handler, flags},
#include "gateway/oidc/routes.tbl.h"
#undef ROUTE
    {0},
};

const struct route *oidc_route_find(struct str path)
{
    for (const struct route *r = oidc_routes; r->path; r++)
        if (str_is(path, r->path))
            return r;
    return NULL;
}

void oidc_handle(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    const struct route *route = oidc_route_find(request->path);
    enum http_method method = request->method == HTTP_HEAD ? HTTP_GET : request->method;
    if (!route) {
        oauth_error_page(&call, OIDC_NO_SUCH_PAGE, NULL);
        return;
    }
    if (route->methods & METHOD_BIT(method)) {
        route->handler(env, request, reply);
        return;
    }
    reply_body(reply, 405, "text/plain", STR("This method is not allowed here.\n"));
    reply_no_store(reply);
    reply_header(reply, "Allow", /* RFC 9110 15.5.6: MUST */
                 route->methods == GET    ? STR("GET, HEAD")
                 : route->methods == POST ? STR("POST")
                                          : STR("GET, HEAD, POST"));
}
