/* A kubeconfig gives exactly what is in it, or an error that names what is wrong; nothing is left
 * out silently. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy/cluster/kubeconfig.h"

static const char good[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "current-context: fra\n"
    "preferences: {}\n"
    "clusters:\n"
    "- name: c1\n"
    "  cluster: {server: 'https://127.0.0.1:6443/', certificate-authority-data: Q0EK}\n"
    "- name: c1\n"
    "  cluster: {server: 'https://second.example'}\n"
    "- name: plain\n"
    "  cluster: {server: 'http://127.0.0.1:8080'}\n"
    "- name: unchecked\n"
    "  cluster: {server: 'https://127.0.0.1', insecure-skip-tls-verify: true}\n"
    "- name: checked\n"
    "  cluster: {server: 'https://127.0.0.1', insecure-skip-tls-verify: false}\n"
    "users:\n"
    "- name: cert\n"
    "  user: {client-certificate-data: Q0VSVAo=, client-key-data: S0VZCg==}\n"
    "- name: token\n"
    "  user: {token: abc}\n"
    "- name: half\n"
    "  user: {client-certificate-data: Q0VSVAo=}\n"
    "- name: broken\n"
    "  user: {client-certificate-data: '***', client-key-data: S0VZCg==}\n"
    "- name: exec\n"
    "  user: {exec: {command: lotse-login, apiVersion: client.authentication.k8s.io/v1}}\n"
    "- name: nothing\n"
    "  user: {}\n"
    "contexts:\n"
    "- {name: fra, context: {cluster: c1, user: cert}}\n"
    "- {name: muc, context: {cluster: checked, user: token}}\n"
    "- {name: plain, context: {cluster: plain, user: cert}}\n"
    "- {name: unchecked, context: {cluster: unchecked, user: cert}}\n"
    "- {name: half, context: {cluster: c1, user: half}}\n"
    "- {name: broken, context: {cluster: c1, user: broken}}\n"
    "- {name: exec, context: {cluster: c1, user: exec}}\n"
    "- {name: nothing, context: {cluster: c1, user: nothing}}\n"
    "- {name: nowhere, context: {cluster: c9, user: cert}}\n"
    "- {name: nobody, context: {cluster: c1, user: certt}}\n";

struct fixture {
    struct arena arena;
    struct kubeconfig k;
    struct err e;
    char path[64];
};

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    arena_init(&f->arena, ARENA_REQUEST_MAX);
    snprintf(f->path, sizeof(f->path), "/tmp/lotse-kubeconfig-XXXXXX");
    close(mkstemp(f->path));
    write_file(f->path, good);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    arena_fini(&f->arena);
    free(f);
    return 0;
}

static void gives_what_a_context_needs(void **state)
{
    struct fixture *f = *state;
    struct kube_access access;
    assert_int_equal(kubeconfig_read(&f->k, f->path, &f->arena, &f->e), 0);
    assert_int_equal(kubeconfig_access(&f->k, STR("fra"), &f->arena, &access, &f->e), 0);
    assert_true(
        str_is(access.server, "https://127.0.0.1:6443")); /* the first of two entries, no slash */
    assert_true(str_is(access.ca_pem, "CA\n"));
    assert_true(str_is(access.cert_pem, "CERT\n"));
    assert_true(str_is(access.key_pem, "KEY\n"));
    assert_true(str_is(f->k.current_context, "fra"));
    assert_int_equal(kubeconfig_access(&f->k, STR("muc"), &f->arena, &access, &f->e), 0);
    assert_true(str_is(access.token, "abc"));
    assert_int_equal(access.ca_pem.n, 0);
}

static void what_cannot_be_used_is_named(void **state)
{
    static const char *const cases[][2] = {
        {"plain", "not an https:// URL"},
        {"unchecked", "insecure-skip-tls-verify"},
        {"half", "only one of client certificate and key"},
        {"broken", "not base64"},
        {"exec", "has exec"},
        {"nothing", "neither client certificate nor token"},
        {"nowhere", "no cluster 'c9'"},
        {"nobody", "did you mean 'cert'?"},
        {"fraa", "no context 'fraa': did you mean 'fra'?"},
    };
    struct fixture *f = *state;
    assert_int_equal(kubeconfig_read(&f->k, f->path, &f->arena, &f->e), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct kube_access access;
        assert_int_equal(kubeconfig_access(&f->k, STR_C(cases[i][0]), &f->arena, &access, &f->e),
                         -1);
        assert_int_equal(f->e.class, ERR_CONFIG);
        if (!strstr(f->e.text, cases[i][1]))
            fail_msg("%s: '%s' does not say '%s'", cases[i][0], f->e.text, cases[i][1]);
    }
}

static void files_are_relative_to_the_kubeconfig(void **state)
{
    struct fixture *f = *state;
    struct kube_access access;
    write_file(f->path, "kind: Config\nclusters: [{name: c, cluster: {server: 'https://x'}}]\n"
                        "users: [{name: u, user: {tokenFile: lotse-kubeconfig-token}}]\n"
                        "contexts: [{name: c, context: {cluster: c, user: u}}]\n");
    write_file("/tmp/lotse-kubeconfig-token", "t0ken\n");
    assert_int_equal(kubeconfig_read(&f->k, f->path, &f->arena, &f->e), 0);
    assert_int_equal(kubeconfig_access(&f->k, STR("c"), &f->arena, &access, &f->e), 0);
    assert_true(str_is(access.token, "t0ken"));
    unlink("/tmp/lotse-kubeconfig-token");
}

static void what_is_no_kubeconfig_is_refused(void **state)
{
    static const char *const cases[] = {"",
                                        "kind: Pod\n",
                                        "kind: [Config]\n",
                                        "kind: Config\nkind: Config\n",
                                        "- kind: Config\n",
                                        "kind: Config\nclusters: &a []\nusers: *a\n"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        write_file(f->path, cases[i]);
        assert_int_equal(kubeconfig_read(&f->k, f->path, &f->arena, &f->e), -1);
        assert_non_null(strstr(f->e.text, f->path));
    }
    assert_int_equal(kubeconfig_read(&f->k, "/tmp/lotse-there-is-no-such-file", &f->arena, &f->e),
                     -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_what_a_context_needs, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_used_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(files_are_relative_to_the_kubeconfig, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_kubeconfig_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
