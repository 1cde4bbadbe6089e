/* What `lotse-login setup` writes a kubeconfig from. Public: names and addresses of API servers,
 * and their CA certificates. */
#include "base/json.h"
#include "gateway/oidc/discovery.h"
#include "gateway/oidc/endpoints.h"

void kubernetes_sites_write(struct buf *out, const struct oidc_settings *settings)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_str(&j, "issuer", settings->issuer);
    json_put_str(&j, "client_id", settings->helper_client_id);
    json_key(&j, "sites");
    json_open_array(&j);
    for (size_t i = 0; i < settings->n_sites; i++) {
        const struct kubernetes_site *site = &settings->sites[i];
        auto_buf ca = BUF_INIT((size_t)256 * 1024);
        buf_base64(&ca, site->certificate_authority);
        out->failed |= buf_failed(&ca);
        json_open_object(&j);
        json_put_str(&j, "name", site->name);
        json_put_str(&j, "server", site->server);
        json_put_str(&j, "audience", site->audience);
        json_put_str(&j, "certificate_authority_data", buf_str(&ca));
        json_close_object(&j);
    }
    json_close_array(&j);
    json_close_object(&j);
}

void kubernetes_sites_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    reply_body(reply, 200, "application/json", call.env->prepared->sites);
    reply_header(reply, "Cache-Control", STR("no-cache"));
}
