/* The keys of one entry of `clients`. The columns are those of config.tbl.h; members are those of
 * struct client_config. */
KEY("", id, TEXT, MUST, id, NULL, 0, 0, NULL, "grafana", "client_id.")
KEY("", name, TEXT, MAY, name, NULL, 0, 0, NULL, "Grafana",
    "Shown to people who log in; default: the id.")
KEY("", public, FLAG, MAY, is_public, "false", 0, 0, NULL, NULL,
    "A client without a secret; PKCE is then required.")
KEY("", secret, TEXT, MAY, secret, NULL, 0, 0, NULL, NULL, "The secret itself; better in a file.")
KEY("", secret_file, PATH, MAY, secret_file, NULL, 0, 0, NULL, "grafana-secret",
    "File with the secret; nobody else may read it.")
KEY("", secret_env, TEXT, MAY, secret_env, NULL, 0, 0, NULL, NULL,
    "Environment variable with the secret.")
KEY("", redirect_uris, TEXTS, MAY, redirect_uris, NULL, 0, 0, NULL,
    "[\"https://grafana.corp.example/login/generic_oauth\"]",
    "Compared byte for byte; for http://127.0.0.1/... and http://[::1]/... any port is good.")
KEY("", post_logout_redirect_uris, TEXTS, MAY, post_logout_redirect_uris, NULL, 0, 0, NULL, NULL,
    "Where a logout may end.")
KEY("", trusted_peers, TEXTS, MAY, trusted_peers, NULL, 0, 0, NULL, NULL,
    "Clients that may ask for tokens with this client as audience.")
KEY("", id_token_alg, CHOICE, MAY, alg, "RS256", 0, 0, "RS256|ES256", NULL,
    "Signature of its ID tokens.")
KEY("", pkce, CHOICE, MAY, pkce, "required", 0, 0, "required|optional", NULL,
    "Optional only for confidential clients that cannot do it.")
KEY("", refresh, FLAG, MAY, allow_refresh, "false", 0, 0, NULL, NULL,
    "May hold refresh tokens (offline_access).")
KEY("", unknown_scopes_ignored, FLAG, MAY, unknown_scopes_ignored, "true", 0, 0, NULL, NULL,
    "As OpenID Connect has it; false refuses them with invalid_scope.")
KEY("", id_token_lifetime, DURATION, MAY, id_token_ttl_ms, NULL, 60000, 3600000, NULL, NULL,
    "Instead of tokens.id_token.")
