#include "gateway/oidc/call.h"

void call_emit(const struct oidc_call *c, const struct event *ev)
{
    if (!c->env->events)
        return;
    struct event full = *ev;
    full.request_id = c->request->id;
    full.peer = c->request->peer;
    c->env->events->emit(c->env->events, &full);
}

bool call_params(const struct oidc_call *c, struct params *ret)
{
    if (c->request->method != HTTP_POST) {
        *ret = c->request->query;
        return true;
    }
    bool empty = c->request->body.n == 0 && c->request->content_type.n == 0;
    if (!empty && !str_is(c->request->content_type, "application/x-www-form-urlencoded"))
        return false;
    *ret = c->request->form;
    return true;
}

struct str call_random_text(const struct oidc_call *c, size_t n)
{
    char bytes[64];
    if (n > sizeof(bytes))
        n = sizeof(bytes);
    random_fill(c->env->random, bytes, n);
    auto_buf text = BUF_INIT(128);
    buf_base64url(&text, (struct str){bytes, n});
    bytes_wipe(bytes, sizeof(bytes));
    return arena_str(call_arena(c), buf_str(&text));
}

const struct client *client_find(const struct oidc_settings *settings, struct str id)
{
    for (size_t i = 0; i < settings->n_clients; i++)
        if (str_eq(settings->clients[i].id, id))
            return &settings->clients[i];
    return NULL;
}

struct connector *connector_find(const struct oidc_env *env, struct str id)
{
    for (size_t i = 0; i < env->n_connectors; i++)
        if (str_eq(env->connectors[i]->id, id))
            return env->connectors[i];
    return NULL;
}
