#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"

/* What was logged since, from a temporary file. */
static FILE *file;

static int set_up(void **state)
{
    (void)state;
    file = tmpfile();
    return file ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    log_setup(STDERR_FILENO, LOG_FORMAT_TEXT, LOG_INFO);
    return fclose(file);
}

static void logged(struct buf *out)
{
    char chunk[4096];
    size_t n;
    rewind(file);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        buf_bytes(out, chunk, n);
}

static void fields_of_all_types_are_written(void **state)
{
    (void)state;
    log_setup(fileno(file), LOG_FORMAT_TEXT, LOG_INFO);
    log_info("listening", LOG_C("address", "[::1]:443"), LOG_INT("port", 443),
             LOG_BOOL("tls", true), LOG_C("name", "a b"), LOG_STR("none", STR_NONE));
    log_debug("not this one");
    log_error("alone");
    auto_buf b = BUF_INIT(10000);
    logged(&b);
    struct str rest = buf_str(&b), line;
    assert_true(str_next(&rest, '\n', &line));
    assert_true(str_ends(
        line, STR("Z info  listening address=[::1]:443 port=443 tls=true name=\"a b\" none=\"\"")));
    assert_true(str_next(&rest, '\n', &line));
    assert_true(str_ends(line, STR("Z error alone")));
    assert_int_equal(rest.n, 0);
}

static const struct str hostile[] = {
    STR("x\n2026-01-01T00:00:00.000Z audit login person=root"),
    STR("\",\"level\":\"audit\",\"x\":\""),
    STR("\x1b[2J\x1b]0;owned\x07"),
    STR("\xe2\x80\xae"
        "abc\xe2\x81\xa9"),
    STR("\xff\xfe\xc3("),
    STR("a\0b"),
    STR("\xe2\x80\xa8"
        "next"),
    STR("\\\"\\"),
    STR("\r\nx"),
};

static void no_value_forges_a_line_or_moves_a_terminal(void **state)
{
    (void)state;
    for (int format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
        assert_int_equal(ftruncate(fileno(file), 0), 0);
        lseek(fileno(file), 0, SEEK_SET);
        log_setup(fileno(file), (enum log_format)format, LOG_INFO);
        for (size_t i = 0; i < N_OF(hostile); i++)
            log_warn("seen", LOG_STR("value", hostile[i]), LOG_INT("i", i));
        auto_buf b = BUF_INIT(100000);
        logged(&b);
        struct str rest = buf_str(&b), line;
        size_t n = 0;
        while (str_next(&rest, '\n', &line) && line.n > 0) {
            assert_false(str_has_control(line));
            n++;
            if (format == LOG_FORMAT_TEXT)
                continue;
            struct err e = {0};
            auto_json *j = json_read(line, 10000, &e);
            if (n - 1 != 5) /* jansson takes no \u0000 */
                assert_non_null(j);
            if (j)
                assert_int_equal(json_object_size(j), 5);
        }
        assert_int_equal(n, N_OF(hostile));
    }
}

static void what_was_logged_as_json_reads_back(void **state)
{
    (void)state;
    log_setup(fileno(file), LOG_FORMAT_JSON, LOG_DEBUG);
    log_debug("m\"x", LOG_C("k", "\x1b\xe2\x80\xae\tend"));
    auto_buf b = BUF_INIT(10000);
    logged(&b);
    struct err e = {0};
    auto_json *j = json_read(buf_str(&b), 10000, &e);
    assert_non_null(j);
    assert_string_equal(json_string_value(json_object_get(j, "k")), "\x1b\xe2\x80\xae\tend");
    assert_string_equal(json_string_value(json_object_get(j, "message")), "m\"x");
    assert_string_equal(json_string_value(json_object_get(j, "level")), "debug");
}

static void audit_is_always_written(void **state)
{
    (void)state;
    log_setup(fileno(file), LOG_FORMAT_TEXT, LOG_AUDIT);
    log_error("no");
    log_at(LOG_AUDIT, "yes");
    auto_buf b = BUF_INIT(10000);
    logged(&b);
    assert_true(str_contains(buf_str(&b), STR("audit yes\n")));
    assert_false(str_contains(buf_str(&b), STR("no")));
}

static void huge_values_are_cut_and_the_line_stays_whole(void **state)
{
    (void)state;
    static char big[100000];
    memset(big, '\n', sizeof(big));
    struct str value = {big, sizeof(big)};
    log_setup(fileno(file), LOG_FORMAT_JSON, LOG_INFO);
    log_info("big", LOG_STR("a", value), LOG_STR("b", value), LOG_STR("c", value),
             LOG_STR("d", value), LOG_STR("e", value), LOG_STR("f", value), LOG_INT("last", 1));
    auto_buf b = BUF_INIT(200000);
    logged(&b);
    assert_true(b.n < 40000);
    struct err e = {0};
    auto_json *j = json_read(buf_str(&b), 100000, &e);
    assert_non_null(j);
    assert_int_equal(json_integer_value(json_object_get(j, "last")), 1);
}

#define N_THREADS 4
#define N_LINES   200

static void *log_many(void *argument)
{
    for (int i = 0; i < N_LINES; i++)
        log_info(
            "many", LOG_INT("thread", (intptr_t)argument), LOG_INT("i", i),
            LOG_C("filler", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    (void)state;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    log_setup(pipes[1], LOG_FORMAT_JSON, LOG_INFO);
    pthread_t threads[N_THREADS];
    for (intptr_t i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, (void *)i), 0);
    auto_buf b = BUF_INIT((size_t)1 << 20);
    size_t n = 0;
    while (n < N_THREADS * N_LINES) {
        char chunk[4096];
        ssize_t got = read(pipes[0], chunk, sizeof(chunk));
        assert_true(got > 0);
        buf_bytes(&b, chunk, (size_t)got);
        for (ssize_t i = 0; i < got; i++)
            n += chunk[i] == '\n';
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    struct str rest = buf_str(&b), line;
    while (str_next(&rest, '\n', &line) && line.n > 0) {
        struct err e = {0};
        auto_json *j = json_read(line, 1000, &e);
        assert_non_null(j);
    }
    close(pipes[0]);
    close(pipes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fields_of_all_types_are_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_value_forges_a_line_or_moves_a_terminal, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_logged_as_json_reads_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(audit_is_always_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(huge_values_are_cut_and_the_line_stays_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(lines_of_several_threads_do_not_mix, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
