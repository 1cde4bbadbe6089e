#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "login/failure.h"

static char folder[] = "/tmp/lotse-state-XXXXXX";

static struct options options_of(char *path)
{
    struct options o = {0};
    o.value[OPTION_ISSUER] = "https://l.example";
    o.value[OPTION_CLIENT_ID] = "lotse-login";
    o.value[OPTION_PROFILE] = "default";
    o.value[OPTION_STATE_DIR] = path;
    return o;
}

static void path_in(char *out, size_t n, const char *name)
{
    snprintf(out, n, "%s/%s", folder, name);
}

static enum state_result open_at(struct state *s, const char *name, struct err *e)
{
    static char path[256];
    path_in(path, sizeof(path), name);
    struct options o = options_of(path);
    assert_int_equal(state_path(s, &o, NULL, e), 0);
    return state_open(s, true, e);
}

static void where_the_folder_is(void **state)
{
    (void)state;
    static const struct {
        const char *given, *environment[3], *path;
    } cases[] = {
        {"/x", {"HOME=/home/a"}, "/x"},
        {NULL, {"HOME=/home/a"}, "/home/a/.local/state/lotse"},
        {NULL, {"HOME=/home/a", "XDG_STATE_HOME=/s"}, "/s/lotse"},
        {NULL, {"HOME=/home/a", "XDG_STATE_HOME=relative"}, "/home/a/.local/state/lotse"},
        {NULL, {"HOME="}, NULL},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct options o = options_of(NULL);
        struct state s = STATE_NONE;
        struct err e;
        char *environment[4] = {0};
        o.value[OPTION_STATE_DIR] = cases[i].given;
        for (int k = 0; k < 3 && cases[i].environment[k]; k++)
            environment[k] = strdup(cases[i].environment[k]);
        int result = state_path(&s, &o, environment, &e);
        assert_int_equal(result, cases[i].path ? 0 : -1);
        if (cases[i].path)
            assert_string_equal(s.path, cases[i].path);
        for (int k = 0; k < 4; k++)
            free(environment[k]);
    }
}

static void written_files_are_read_and_private(void **state)
{
    (void)state;
    auto_state s = STATE_NONE;
    struct err e;
    auto_buf back = BUF_INIT(STATE_FILE_MAX);
    assert_int_equal(open_at(&s, "good", &e), STATE_OK);
    struct options o = options_of(s.path);
    struct state_key key = state_key_of(&o, STR("k8s-fra"));
    assert_int_equal(state_read(&s, STATE_TOKEN, &key, &back, &e), STATE_ABSENT);
    assert_int_equal(state_write(&s, STATE_TOKEN, &key, STR("old"), &e), 0);
    assert_int_equal(state_write(&s, STATE_TOKEN, &key, STR("new"), &e), 0);
    assert_int_equal(state_read(&s, STATE_TOKEN, &key, &back, &e), STATE_OK);
    assert_true(str_is(buf_str(&back), "new"));
    auto_buf name = BUF_INIT(128);
    struct stat st;
    state_name(&name, STATE_TOKEN, &key);
    assert_int_equal(fstatat(s.fd, buf_cstr(&name), &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(fstat(s.fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    state_delete(&s, STATE_TOKEN, &key);
    buf_reset(&back);
    assert_int_equal(state_read(&s, STATE_TOKEN, &key, &back, &e), STATE_ABSENT);
}

static void what_others_may_touch_is_refused(void **state)
{
    (void)state;
    auto_state s = STATE_NONE;
    struct err e;
    auto_buf back = BUF_INIT(STATE_FILE_MAX), name = BUF_INIT(128);
    assert_int_equal(open_at(&s, "shared", &e), STATE_OK);
    struct options o = options_of(s.path);
    struct state_key key = state_key_of(&o, STR("k8s-fra"));
    state_name(&name, STATE_TOKEN, &key);
    assert_int_equal(state_write(&s, STATE_TOKEN, &key, STR("x"), &e), 0);
    assert_int_equal(fchmodat(s.fd, buf_cstr(&name), 0640, 0), 0);
    assert_int_equal(state_read(&s, STATE_TOKEN, &key, &back, &e), STATE_REFUSED);
    assert_non_null(strstr(e.text, "open to other users"));
    /* a link in the file's place */
    assert_int_equal(unlinkat(s.fd, buf_cstr(&name), 0), 0);
    assert_int_equal(symlinkat("/etc/passwd", s.fd, buf_cstr(&name)), 0);
    assert_int_equal(state_read(&s, STATE_TOKEN, &key, &back, &e), STATE_REFUSED);
    /* a FIFO: nobody waits for its other end */
    assert_int_equal(unlinkat(s.fd, buf_cstr(&name), 0), 0);
    assert_int_equal(mkfifoat(s.fd, buf_cstr(&name), 0600), 0);
    assert_int_equal(state_read(&s, STATE_TOKEN, &key, &back, &e), STATE_REFUSED);
    assert_non_null(strstr(e.text, "not a regular file"));
    if (geteuid() == 0) { /* another owner */
        assert_int_equal(unlinkat(s.fd, buf_cstr(&name), 0), 0);
        assert_int_equal(state_write(&s, STATE_TOKEN, &key, STR("x"), &e), 0);
        assert_int_equal(fchownat(s.fd, buf_cstr(&name), 65534, 65534, 0), 0);
        assert_int_equal(state_read(&s, STATE_TOKEN, &key, &back, &e), STATE_REFUSED);
        assert_non_null(strstr(e.text, "belongs to another user"));
    }
    assert_int_equal(back.n, 0);
}

static void a_folder_that_is_not_ours_alone_is_refused(void **state)
{
    (void)state;
    char path[256], link[256];
    struct err e;
    auto_state open = STATE_NONE, linked = STATE_NONE, foreign = STATE_NONE;
    path_in(path, sizeof(path), "open");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(open_at(&open, "open", &e), STATE_REFUSED);
    assert_int_equal(open.fd, -1);
    path_in(link, sizeof(link), "link");
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(open_at(&linked, "link", &e), STATE_REFUSED);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_int_equal(open_at(&foreign, "open", &e), STATE_REFUSED);
        assert_non_null(strstr(e.text, "belongs to another user"));
    }
}

static void a_failure_answers_the_same_caller_at_once(void **state)
{
    (void)state;
    auto_state s = STATE_NONE;
    struct err e;
    assert_int_equal(open_at(&s, "failures", &e), STATE_OK);
    struct options o = options_of(s.path);
    struct state_key key = state_key_of(&o, STR_NONE);
    struct failure made = {.code = EXIT_UNREACHABLE, .parent = "42:7", .text = "lotse-login: no"},
                   f;
    failure_store(&s, &key, &made, 100000);
    assert_true(failure_load(&s, &key, &f));
    assert_string_equal(f.text, "lotse-login: no");
    static const struct {
        const char *parent;
        int64_t since_ms, now_ms;
        int code;
    } cases[] = {
        {"42:7", 100001, 100001, EXIT_UNREACHABLE}, /* kubectl's second to fifth try */
        {"42:7", 109999, 109999, EXIT_UNREACHABLE},
        {"42:7", 110000, 110000, EXIT_OK},
        {"42:8", 100001, 100001, EXIT_OK},         /* the number was given to another process */
        {"43:1", 99000, 100001, EXIT_UNREACHABLE}, /* was waiting for the lock when it failed */
        {"43:1", 100001, 100002, EXIT_OK},
        {"42:7", 99000, 99999, EXIT_OK}, /* made in the future: the clock was set back */
    };
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_int_equal(failure_verdict(&f, STR("k8s-fra"), str_from(cases[i].parent),
                                         cases[i].since_ms, cases[i].now_ms),
                         cases[i].code);
    snprintf(f.audience, sizeof(f.audience), "k8s-ber");
    assert_int_equal(failure_verdict(&f, STR("k8s-fra"), STR("42:7"), 100001, 100001), EXIT_OK);
    failure_clear(&s, &key);
    assert_false(failure_load(&s, &key, &f));
}

static void unanswered_logins_are_asked_for_less_and_less(void **state)
{
    (void)state;
    static const int64_t quiet_ms[] = {30000, 120000, 600000, 3600000, 3600000};
    auto_state s = STATE_NONE;
    struct err e;
    assert_int_equal(open_at(&s, "cooldown", &e), STATE_OK);
    struct options o = options_of(s.path);
    struct state_key key = state_key_of(&o, STR_NONE);
    int64_t now_ms = 1000000;
    for (size_t i = 0; i < N_OF(quiet_ms); i++) {
        struct failure f = {.code = EXIT_LOGIN_TIMEOUT};
        failure_store(&s, &key, &f, now_ms);
        assert_true(failure_forbids_login(&f, now_ms + quiet_ms[i] - 1));
        assert_false(failure_forbids_login(&f, now_ms + quiet_ms[i]));
        struct failure other = {.code = EXIT_UNREACHABLE}; /* does not shorten it */
        failure_store(&s, &key, &other, now_ms + 1);
        assert_true(failure_forbids_login(&other, now_ms + quiet_ms[i] - 1));
        now_ms += quiet_ms[i];
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof(command), "%s", folder);
    if (fork() == 0)
        execlp("rm", "rm", "-rf", command, (char *)NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_the_folder_is),
        cmocka_unit_test(written_files_are_read_and_private),
        cmocka_unit_test(what_others_may_touch_is_refused),
        cmocka_unit_test(a_folder_that_is_not_ours_alone_is_refused),
        cmocka_unit_test(a_failure_answers_the_same_caller_at_once),
        cmocka_unit_test(unanswered_logins_are_asked_for_less_and_less),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
