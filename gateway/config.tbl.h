/*
 * The keys of the gateway's configuration. Rows of one section stand together.
 * KEY(section, name, kind, need, member of struct config, default, least, most, choices, example,
 * help) Durations: least and most in milliseconds. No include guard on purpose.
 */
#define SECONDS 1000LL
#define MINUTES (60 * SECONDS)
#define HOURS   (60 * MINUTES)
#define DAYS    (24 * HOURS)
KEY("", issuer, TEXT, MUST, issuer, NULL, 0, 0, NULL, "https://login.corp.example",
    "The name of this service in every token: the https URL under which clients and API servers "
    "reach it. It never changes.")
KEY("", listen, TEXTS, MAY, listen, "127.0.0.1:8443", 0, 0, NULL, NULL,
    "Where to listen: address:port, [address]:port, *:port for every address, or a list of them.")
KEY("", key_file, PATH, MUST, key_file, NULL, 0, 0, NULL, "lotse.key",
    "Seals sessions, codes and the signing keys at rest. Made once by `lotse-gateway "
    "--generate-key FILE`; the same file on every gateway; nobody else may read it. Without it "
    "every session and every signing key is lost.")
KEY("", behind_proxy, FLAG, MAY, behind_proxy, "false", 0, 0, NULL, NULL,
    "Plain HTTP on an address that is not loopback, because the proxies named in trusted_proxies "
    "end TLS.")
KEY("", trusted_proxies, TEXTS, MAY, trusted_proxies, NULL, 0, 0, NULL, "[10.0.0.10, 10.0.1.0/28]",
    "Networks whose X-Forwarded-For is believed.")
KEY("", cors_origins, TEXTS, MAY, cors_origins, NULL, 0, 0, NULL, "[\"https://app.corp.example\"]",
    "Origins whose scripts may read discovery, keys, token and userinfo answers.")
KEY("tls", certificate, PATH, MAY, tls_certificate, NULL, 0, 0, NULL, "tls.pem",
    "Certificate chain, PEM, own certificate first. Read again at SIGHUP.")
KEY("tls", key, PATH, MAY, tls_key, NULL, 0, 0, NULL, "tls.key",
    "Its private key, PEM; nobody else may read it.")
KEY("metrics", listen, TEXT, MAY, metrics_listen, "127.0.0.1:9464", 0, 0, NULL, NULL,
    "Plain HTTP with /metrics, /healthz and /readyz; \"off\" for none.")
KEY("log", format, CHOICE, MAY, log_format, "text", 0, 0, "text|json", NULL,
    "How log and audit lines look.")
KEY("log", level, CHOICE, MAY, log_level, "info", 0, 0, "debug|info|warn|error", NULL,
    "The least that is logged; audit lines always are.")
KEY("store", type, CHOICE, MAY, store_type, "sqlite", 0, 0, "sqlite|memory", NULL,
    "Where sessions and keys are kept; memory forgets them at every start.")
KEY("store", path, PATH, MAY, store_path, "lotse.db", 0, 0, NULL, NULL,
    "The SQLite file. One gateway at a time uses it.")
KEY("policy", file, PATH, MAY, policy_file, NULL, 0, 0, NULL, "policy.yaml",
    "Teams and what they may do, as `lotse-policy` reads it. Without it tokens carry the "
    "directory's group names.")
KEY("policy", trust, TEXTS, MAY, policy_trust, NULL, 0, 0, NULL, NULL,
    "Public keys (PEM files). With them the file is a bundle of `lotse-policy bundle`, and counts "
    "only when they signed it.")
KEY("policy", signatures, NUMBER, MAY, policy_signatures, "1", 1, 32, NULL, NULL,
    "So many different keys of `trust` must have signed the bundle.")
KEY("policy", last_good, PATH, MAY, policy_last_good, NULL, 0, 0, NULL, NULL,
    "Where the last good bundle is kept. It stays in force when a new one is refused, and an older "
    "one is never taken.")
KEY("kubernetes", sites, LATER, MAY, issuer, NULL, 0, 0, NULL,
    "- name: fra\n  audience: https://kubernetes.fra.corp.example\n  server: "
    "https://api.fra.corp.example:6443\n  ca_file: fra-ca.pem",
    "The clusters people log in to. Each becomes a client (its audience, ES256) and a line of "
    "`lotse-login setup`.")
KEY("tokens", id_token, DURATION, MAY, oidc.id_token_ttl_ms, "10m", 60 * SECONDS, 1 * HOURS, NULL,
    NULL, "Lifetime of ID tokens: how long a cluster still believes in what has changed.")
KEY("tokens", access_token, DURATION, MAY, oidc.access_token_ttl_ms, "10m", 60 * SECONDS, 1 * HOURS,
    NULL, NULL, "Lifetime of access tokens for userinfo.")
KEY("tokens", code, DURATION, MAY, oidc.code_ttl_ms, "30s", 5 * SECONDS, 60 * SECONDS, NULL, NULL,
    "Lifetime of an authorization code.")
KEY("tokens", refresh_idle, DURATION, MAY, oidc.refresh_idle_ms, "24h", 10 * MINUTES, 90 * DAYS,
    NULL, NULL, "A device that did not refresh for so long must log in again.")
KEY("tokens", refresh_max, DURATION, MAY, oidc.refresh_max_ms, "7d", 10 * MINUTES, 365 * DAYS, NULL,
    NULL, "A device must log in again after so long in any case.")
KEY("sessions", idle, DURATION, MAY, oidc.session_idle_ms, "12h", 5 * MINUTES, 30 * DAYS, NULL,
    NULL, "A browser's session ends when unused for so long.")
KEY("sessions", max, DURATION, MAY, oidc.session_max_ms, "24h", 5 * MINUTES, 90 * DAYS, NULL, NULL,
    "And after so long in any case.")
KEY("sessions", login, DURATION, MAY, oidc.login_ttl_ms, "10m", 60 * SECONDS, 1 * HOURS, NULL, NULL,
    "How long an open login form is good for.")
KEY("sessions", directory_grace, DURATION, MAY, oidc.directory_grace_ms, "0", 0, 24 * HOURS, NULL,
    NULL,
    "When the directory does not answer at a refresh: use the last known groups for so long. 0 "
    "refuses.")
KEY("limits", header_bytes, NUMBER, MAY, limits.header_bytes, "16384", 4096, 65536, NULL, NULL,
    "Request line and header fields together.")
KEY("limits", body_bytes, NUMBER, MAY, limits.body_bytes, "65536", 4096, 1048576, NULL, NULL,
    "A request's body.")
KEY("limits", header_timeout, DURATION, MAY, limits.head_ms, "10s", 1 * SECONDS, 60 * SECONDS, NULL,
    NULL,
    "For the TLS handshake, and from the first to the last byte of a request, however slowly they "
    "come.")
KEY("limits", idle_timeout, DURATION, MAY, limits.idle_ms, "60s", 1 * SECONDS, 1 * HOURS, NULL,
    NULL, "An open connection without a request.")
KEY("limits", request_timeout, DURATION, MAY, limits.request_ms, "15s", 1 * SECONDS, 120 * SECONDS,
    NULL, NULL, "For answering a request, directory and store included.")
KEY("limits", connections, NUMBER, MAY, limits.connections, "4000", 16, 50000, NULL, NULL,
    "Open at a time; the longest idle one makes room for a new one.")
KEY("limits", connections_per_peer, NUMBER, MAY, limits.connections_per_peer, "200", 1, 50000, NULL,
    NULL, "Of one IPv4 address or IPv6 /64, trusted proxies excepted.")
KEY("limits", workers, NUMBER, MAY, workers, "16", 1, 256, NULL, NULL,
    "Requests worked on at a time.")
KEY("limits", queue, NUMBER, MAY, queue, "1000", 1, 100000, NULL, NULL,
    "Requests that may wait for a worker; more are answered 503 at once.")
KEY("limits", drain, DURATION, MAY, drain_ms, "10s", 0, 120 * SECONDS, NULL, NULL,
    "At a stop: how long what runs may still finish.")
KEY("", connectors, LATER, MUST, issuer, NULL, 0, 0, NULL,
    "- type: ldap\n  id: corp\n  urls: [\"ldaps://ldap1.corp.example\", "
    "\"ldaps://ldap2.corp.example\"]\n  ca_file: corp-ca.pem\n  bind_dn: "
    "\"cn=lotse,ou=services,dc=corp,dc=example\"\n  bind_password_file: ldap-password\n  people: "
    "{base: \"ou=people,dc=corp,dc=example\"}\n  groups: {base: \"ou=groups,dc=corp,dc=example\", "
    "nested: true}",
    "Where people come from.")
KEY("", clients, LATER, MAY, issuer, NULL, 0, 0, NULL,
    "- id: grafana\n  name: Grafana\n  secret_file: grafana-secret\n  redirect_uris: "
    "[\"https://grafana.corp.example/login/generic_oauth\"]",
    "Programs that log people in. lotse-login and the clusters of kubernetes.sites need none.")
