/* ROUTE("path below the issuer's", methods, handler, flags); names as Dex has them. No include
 * guard on purpose. */
ROUTE("/", GET, home_endpoint, 0)
ROUTE("/.well-known/openid-configuration", GET, discovery_endpoint, ROUTE_INLINE | ROUTE_CORS)
ROUTE("/.well-known/oauth-authorization-server", GET, discovery_metadata_endpoint,
      ROUTE_INLINE | ROUTE_CORS)
ROUTE("/keys", GET, jwks_endpoint, ROUTE_INLINE | ROUTE_CORS)
ROUTE("/auth", GET_POST, authorize_endpoint, 0)
ROUTE("/auth/login", POST, login_endpoint, 0)
ROUTE("/token", POST, token_endpoint, ROUTE_CORS)
ROUTE("/token/revoke", POST, revoke_endpoint, 0)
ROUTE("/userinfo", GET_POST, userinfo_endpoint, ROUTE_CORS)
ROUTE("/logout", GET_POST, logout_endpoint, 0)
ROUTE("/logout/confirm", POST, logout_confirm_endpoint, 0)
ROUTE("/kubernetes/sites", GET, kubernetes_sites_endpoint, ROUTE_INLINE)
