/* The keys of one entry of `kubernetes.sites`. The columns are those of config.tbl.h; members are
 * those of struct site_config. */
KEY("", name, TEXT, MUST, name, NULL, 0, 0, NULL, "fra", "Short name, as in the policy.")
KEY("", audience, TEXT, MUST, audience, NULL, 0, 0, NULL, "https://kubernetes.fra.corp.example",
    "What its API servers accept as `aud`; the client_id of the site.")
KEY("", server, TEXT, MUST, server, NULL, 0, 0, NULL, "https://api.fra.corp.example:6443",
    "URL of its API server.")
KEY("", ca_file, PATH, MAY, ca_file, NULL, 0, 0, NULL, "fra-ca.pem",
    "Certificate authority of the API server, PEM.")
