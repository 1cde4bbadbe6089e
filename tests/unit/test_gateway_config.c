#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "gateway/config.h"
#include "gateway/keyring.h"

#define START "issuer: https://login.example\nkey_file: lotse.key\n"
#define LOCAL "connectors:\n  - {type: local, id: local, path: people.yaml}\n"

static char folder[] = "/tmp/lotse-config-XXXXXX";

static const char *path_in(const char *name)
{
    static char path[2][256];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
    return path[turn];
}

static void write_file(const char *name, unsigned mode, const char *text)
{
    struct err e;
    assert_int_equal(file_replace(path_in(name), mode, str_from(text), &e), 0);
}

static int make_folder(void **state)
{
    (void)state;
    struct err e;
    umask(077);
    if (!mkdtemp(folder) || keyring_generate_file(path_in("lotse.key"), &e) < 0)
        return -1;
    write_file("secret", 0600, "0123456789abcdef0123\n");
    write_file("secret-open", 0644, "0123456789abcdef0123\n");
    write_file("policy.yaml", 0644, "sites: {}\n");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"lotse.key",   "secret", "secret-open",
                                        "policy.yaml", "g.yaml", "new.key"};
    for (size_t i = 0; i < N_OF(names); i++)
        unlink(path_in(names[i]));
    return rmdir(folder);
}

struct reading {
    struct arena arena;
    struct diags diags;
    struct config *config;
    struct buf text;
};

static void read_text(struct reading *r, const char *text)
{
    write_file("g.yaml", 0600, text);
    arena_init(&r->arena, ARENA_NO_MAX);
    diags_init(&r->diags, &r->arena);
    buf_init(&r->text, 65536);
    r->config = config_read(path_in("g.yaml"), &r->diags);
    diags_print(&r->diags, &r->text);
}

static void done(struct reading *r)
{
    config_free(r->config);
    buf_fini(&r->text);
    arena_fini(&r->arena);
}

static const struct {
    const char *text, *expected; /* NULL: nothing is wrong */
} mistakes[] = {
    {START LOCAL, NULL},
    {"{}", "issuer is missing"},
    {START, "connectors is missing"},
    {START LOCAL "listn: a\n", "g.yaml:5:1: error"},
    {START LOCAL "listn: a\n", "did you mean 'listen'"},
    {START LOCAL "log: {level: inf}\n", "did you mean 'info'"},
    {START LOCAL "log: {lvel: info}\n", "did you mean 'level'"},
    {START LOCAL "log: loud\n", "'log' must be a map"},
    {START LOCAL "tokens: {id_token: 2h}\n", "id_token must be from 60s to 3600s"},
    {START LOCAL "tokens: {id_token: 5}\n", "g.yaml:5:20"},
    {START LOCAL "tokens: {code: 2m}\n", "code must be from 5s to 60s"},
    {START LOCAL "limits: {workers: 0}\n", "g.yaml:5:19"},
    {START LOCAL "listen: [127.0.0.1:1, nowhere]\n", "'nowhere' is no address:port"},
    {START LOCAL "listen: localhost:8443\n", "'localhost:8443' is no address:port"},
    {START LOCAL "listen: 127.0.0.1:70000\n", "is no address:port"},
    {START LOCAL "trusted_proxies: [10.0.0.1/8]\n", "is no address and no network"},
    {START LOCAL "policy: {file: none.yaml}\n", "none.yaml"},
    {START LOCAL "cors_origins: [\"https://a/b\"]\n", "is no origin"},
    {START LOCAL "cors_origins: [\"*\"]\n", "is no origin"},
    /* insecure combinations (SEC-109) */
    {"issuer: http://login.example\nkey_file: lotse.key\n" LOCAL, "the issuer must be https://"},
    {"issuer: https://login.example?a=b\nkey_file: lotse.key\n" LOCAL,
     "the issuer must be https://"},
    {"issuer: https://a@login.example\nkey_file: lotse.key\n" LOCAL, "the issuer must be https://"},
    {START LOCAL "listen: 0.0.0.0:80\n", "would speak plain HTTP to everybody"},
    {START LOCAL "listen: \"*:80\"\n", "would speak plain HTTP to everybody"},
    {START LOCAL "listen: \"*:80\"\nbehind_proxy: true\n", "would speak plain HTTP to everybody"},
    {START LOCAL "listen: \"*:80\"\nbehind_proxy: true\ntrusted_proxies: 10.0.0.1\n", NULL},
    {START LOCAL "tls: {certificate: none.pem}\n", "tls needs certificate and key"},
    {START LOCAL "tls: {certificate: none.pem, key: none.key}\n", "none.pem"},
    {"issuer: https://login.example\nkey_file: secret-open\n" LOCAL, "secret-open"},
    {"issuer: https://login.example\nkey_file: missing.key\n" LOCAL, "--generate-key"},
    {START "connectors:\n  - type: ldap\n    id: corp\n    urls: [\"ldap://ldap.example\"]\n   "
           " insecure_plaintext: true\n"
           "    people: {base: \"dc=a\"}\n    groups: {rules: none}\n",
     "would send passwords readably"},
    {START LOCAL "tokens: {refresh_idle: 8d, refresh_max: 7d}\n", "longer than refresh_max"},
    {START LOCAL "sessions: {idle: 25h, max: 24h}\n", "idle is longer than max"},
    /* clients */
    {START LOCAL "clients:\n  - {id: a}\n", "needs a secret"},
    {START LOCAL "clients:\n  - {id: a, secret: short}\n", "less than 16 characters"},
    {START LOCAL "clients:\n  - {id: a, secret: \"0123456789abcdef\", secret_file: secret}\n",
     "only one of them"},
    {START LOCAL "clients:\n  - {id: a, secret_file: secret-open}\n", "secret-open"},
    {START LOCAL "clients:\n  - {id: a, secret_env: LOTSE_TEST_UNSET}\n",
     "LOTSE_TEST_UNSET is not set"},
    {START LOCAL "clients:\n  - {id: a, secret_file: secret}\n", NULL},
    {START LOCAL "clients:\n  - {id: a, public: true, secret_file: secret}\n",
     "a public client has no secret"},
    {START LOCAL "clients:\n  - {id: a, public: true, pkce: optional}\n", "cannot leave PKCE out"},
    {START LOCAL "clients:\n  - {id: a, public: true}\n  - {id: a, public: true}\n",
     "stands twice"},
    {START LOCAL "clients:\n  - {id: a, public: true, redirect_uris: [\"http://rp.example/cb\"]}\n",
     "http is only for"},
    {START LOCAL
     "clients:\n  - {id: a, public: true, redirect_uris: [\"https://*.rp.example/cb\"]}\n",
     "wildcard"},
    {START LOCAL
     "clients:\n  - {id: a, public: true, redirect_uris: [\"https://rp.example/cb#x\"]}\n",
     "fragment"},
    {START LOCAL "clients:\n  - {id: a, public: true, redirect_uris: [\"javascript:alert(1)\"]}\n",
     "redirect URI"},
    {START LOCAL
     "clients:\n  - {id: a, secret_file: secret, redirect_uris: [\"com.example.app:/cb\"]}\n",
     "only a public client"},
    {START LOCAL "clients: {id: a}\n", "'clients' must be a list"},
    {START LOCAL "clients:\n  - {id: a, public: true, colour: red}\n", "colour"},
    /* sites */
    {START LOCAL "kubernetes: {sites: [{name: fra, audience: k}]}\n", "server is missing"},
    {START LOCAL "kubernetes: {sites: [{name: fra, audience: k, server: \"http://a\"}]}\n",
     "must be https"},
    {START LOCAL "kubernetes: {sites: [{name: fra, audience: k, server: \"https://a\"}, {name: "
                 "fra, audience: l, server: "
                 "\"https://b\"}]}\n",
     "the site 'fra' stands twice"},
    {START LOCAL "kubernetes: {sites: [{name: fra, audience: k, server: \"https://a\"}, {name: "
                 "ber, audience: k, server: "
                 "\"https://b\"}]}\n",
     "is a client already"},
    {START LOCAL "kubernetes: {sites: [{name: fra, audience: k, server: \"https://a\", "
                 "ca_file: secret}]}\n",
     "no certificate in PEM form"},
    {"issuer: [\n", "g.yaml:"},
    {"- a\n", "must be a map"},
};

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(mistakes); i++) {
        struct reading r;
        read_text(&r, mistakes[i].text);
        const char *said = buf_cstr(&r.text);
        if (mistakes[i].expected ? r.diags.n_errors == 0 || !strstr(said, mistakes[i].expected)
                                 : r.diags.n_errors > 0)
            fail_msg("case %zu, expected '%s':\n%s\n%s", i,
                     mistakes[i].expected ? mistakes[i].expected : "nothing", mistakes[i].text,
                     said);
        done(&r);
    }
}

static void defaults_are_those_of_the_rows(void **state)
{
    (void)state;
    struct reading r;
    read_text(&r, START LOCAL);
    const struct config *c = r.config;
    assert_int_equal(c->oidc.id_token_ttl_ms, 600000);
    assert_int_equal(c->oidc.code_ttl_ms, 30000);
    assert_int_equal(c->oidc.directory_grace_ms, 0);
    assert_int_equal(config_http_limits(c).head_ms, 10000);
    assert_int_equal(config_http_limits(c).body_bytes, 65536);
    assert_int_equal(c->n_addresses, 1);
    assert_int_equal(c->addresses[0].port, 8443);
    assert_true(c->has_metrics);
    assert_true(str_ends(c->store_path, STR("/lotse.db")) &&
                str_starts(c->store_path, STR("/tmp/")));
    assert_int_equal(c->oidc.n_clients, 0);
    done(&r);
}

static void a_site_brings_its_client_and_the_helper(void **state)
{
    (void)state;
    struct reading r;
    read_text(&r, START LOCAL "kubernetes: {sites: [{name: fra, audience: \"https://k.fra\", "
                              "server: \"https://a:6443\"}]}\n");
    const struct oidc_settings *o = &r.config->oidc;
    assert_int_equal(r.diags.n_errors, 0);
    assert_int_equal(o->n_clients, 2);
    assert_true(str_is(o->clients[0].id, "lotse-login") && o->clients[0].n_secrets == 0 &&
                o->clients[0].allow_refresh);
    assert_true(o->clients[0].one_audience && o->clients[0].n_redirect_uris == 2);
    assert_true(o->clients[0].unknown_scopes_ignored);
    assert_true(str_is(o->clients[1].id, "https://k.fra") && o->clients[1].is_kubernetes);
    assert_int_equal(o->clients[1].id_token_alg, JOSE_ES256);
    assert_true(o->clients[1].n_trusted_peers == 1 &&
                str_is(o->clients[1].trusted_peers[0], "lotse-login"));
    assert_int_equal(o->n_sites, 1);
    done(&r);
}

static void the_path_of_the_issuer_is_the_prefix(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"https://a", ""},
                                           {"https://a/", ""},
                                           {"https://a/dex", "/dex"},
                                           {"https://a:5556/x/dex", "/x/dex"},
                                           {"https://[::1]:1/y", "/y"}};
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct reading r;
        char text[256];
        snprintf(text, sizeof(text), "issuer: \"%s\"\nkey_file: lotse.key\n" LOCAL, cases[i][0]);
        read_text(&r, text);
        assert_int_equal(r.diags.n_errors, 0);
        assert_true(str_is(r.config->oidc.issuer, cases[i][0]));
        assert_true(str_is(r.config->oidc.issuer_path, cases[i][1]));
        done(&r);
    }
}

static void a_key_file_is_made_once_and_for_its_owner_alone(void **state)
{
    (void)state;
    struct err e;
    struct stat s;
    struct sealer *sealer;
    assert_int_equal(keyring_generate_file(path_in("new.key"), &e), 0);
    assert_int_equal(stat(path_in("new.key"), &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(keyring_generate_file(path_in("new.key"), &e), -1);
    assert_int_equal(keyring_sealer(path_in("new.key"), &sealer, &e), 0);
    sealer_free(sealer);
    chmod(path_in("new.key"), 0644);
    assert_int_equal(keyring_sealer(path_in("new.key"), &sealer, &e), -1);
    assert_int_equal(keyring_sealer(path_in("secret"), &sealer, &e), -1);
}

static void keys_stay_and_a_foreign_key_file_changes_nothing(void **state)
{
    (void)state;
    struct err e;
    struct store *store = store_memory_new(&clock_system);
    struct sealer *ours, *foreign;
    struct keyset *first, *again, *none = NULL;
    bool created;
    unlink(path_in("new.key"));
    assert_int_equal(keyring_generate_file(path_in("new.key"), &e), 0);
    assert_int_equal(keyring_sealer(path_in("lotse.key"), &ours, &e), 0);
    assert_int_equal(keyring_sealer(path_in("new.key"), &foreign, &e), 0);
    assert_int_equal(keyring_load(store, ours, &first, &created, &e), 0);
    assert_true(created);
    assert_int_equal(keyring_load(store, foreign, &none, &created, &e), -1);
    assert_int_equal(e.class, ERR_CONFIG);
    assert_non_null(strstr(e.text, "key_file"));
    assert_int_equal(keyring_load(store, ours, &again, &created, &e), 0);
    assert_false(created);
    assert_true(str_eq(keyset_jwks(first), keyset_jwks(again)));
    assert_int_equal(strncmp(keyset_jwks(first).p, "{\"keys\":[", 9), 0);
    keyset_unref(first);
    keyset_unref(again);
    sealer_free(ours);
    sealer_free(foreign);
    store->ops->free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(defaults_are_those_of_the_rows),
        cmocka_unit_test(a_site_brings_its_client_and_the_helper),
        cmocka_unit_test(the_path_of_the_issuer_is_the_prefix),
        cmocka_unit_test(a_key_file_is_made_once_and_for_its_owner_alone),
        cmocka_unit_test(keys_stay_and_a_foreign_key_file_changes_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
