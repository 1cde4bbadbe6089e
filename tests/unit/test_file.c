#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/lotse-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static void empty_folder(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *entry;
    while (d && (entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        char name[512];
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR)
            empty_folder(name);
        remove(name);
    }
    if (d)
        closedir(d);
}

static int tear_down(void **state)
{
    (void)state;
    empty_folder(folder);
    return rmdir(folder);
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static size_t n_files(void)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    struct dirent *entry;
    while ((entry = readdir(d)))
        n += entry->d_name[0] != '.';
    closedir(d);
    return n;
}

static void what_was_written_is_read_and_nothing_is_left_over(void **state)
{
    (void)state;
    struct err e = {0};
    const char *path = path_of("a");
    static const struct str contents[] = {STR("first"), STR("second, longer"), STR(""),
                                          STR("a\0b")};
    mode_t before = umask(0077);
    for (size_t i = 0; i < N_OF(contents); i++) {
        assert_int_equal(file_replace(path, 0644, contents[i], &e), 0);
        auto_buf b = BUF_INIT(100);
        assert_int_equal(file_read(path, 100, &b, &e), 0);
        assert_true(str_eq(buf_str(&b), contents[i]));
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0644); /* whatever the umask */
        assert_int_equal(n_files(), 1);
    }
    umask(before);
}

static void failures_name_the_path_and_leave_the_old_file(void **state)
{
    (void)state;
    struct err e = {0};
    auto_buf b = BUF_INIT(100);
    assert_int_equal(file_read("/nonexistent/x", 100, &b, &e), -1);
    assert_string_equal(e.text, "open /nonexistent/x: No such file or directory");
    assert_int_equal(file_read(folder, 100, &b, &e), -1);
    assert_int_equal(file_replace("/nonexistent/x", 0600, STR("x"), &e), -1);
    assert_true(str_contains(str_from(e.text), STR("/nonexistent/x")));
    assert_int_equal(mkdir(path_of("dir"), 0700), 0);
    size_t before = n_files();
    assert_int_equal(file_replace(path_of("dir"), 0600, STR("x"), &e),
                     -1);                /* rename onto a folder */
    assert_int_equal(n_files(), before); /* no temporary file stays */
}

static void the_ceiling_of_a_read_holds(void **state)
{
    (void)state;
    struct err e = {0};
    char bytes[40000];
    memset(bytes, 'x', sizeof(bytes));
    const char *path = path_of("big");
    assert_int_equal(file_replace(path, 0600, (struct str){bytes, sizeof(bytes)}, &e), 0);
    auto_buf exact = BUF_INIT(sizeof(bytes));
    assert_int_equal(file_read(path, sizeof(bytes), &exact, &e), 0);
    assert_int_equal(exact.n, sizeof(bytes));
    auto_buf less = BUF_INIT(100000);
    assert_int_equal(file_read(path, sizeof(bytes) - 1, &less, &e), -1);
    assert_int_equal(e.class, ERR_LIMIT);
    auto_buf small = BUF_INIT(10); /* the buffer's own maximum counts, too */
    assert_int_equal(file_read(path, 100000, &small, &e), -1);
    auto_buf endless = BUF_INIT(100000);
    assert_int_equal(file_read("/dev/zero", 50000, &endless, &e), -1);
}

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    struct err e = {0};
    char path[256];
    snprintf(path, sizeof(path), "%s//x/y/z/", folder);
    assert_int_equal(folder_make(path, 0700, &e), 0);
    assert_int_equal(folder_make(path, 0700, &e), 0);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0700);
    assert_int_equal(file_replace(path_of("file"), 0600, STR("x"), &e), 0);
    assert_int_equal(folder_make(path_of("file"), 0700, &e), -1);
    assert_int_equal(folder_make(path_of("file/below"), 0700, &e), -1);
    assert_int_equal(folder_make("", 0700, &e), -1);
    assert_int_equal(folder_make("/", 0700, &e), 0);
}

static void secret_files_are_private_and_not_empty(void **state)
{
    (void)state;
    static const struct {
        struct str content;
        unsigned mode;
        const char *value; /* NULL: refused */
    } cases[] = {
        {STR("s3cret\n"), 0600, "s3cret"}, {STR("s3cret"), 0440, "s3cret"},
        {STR("a\n\n"), 0600, "a\n"},       {STR(""), 0600, NULL},
        {STR("\n"), 0600, NULL},           {STR("s3cret\n"), 0644, NULL},
        {STR("s3cret\n"), 0602, NULL},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct err e = {0};
        const char *path = path_of("secret");
        assert_int_equal(file_replace(path, cases[i].mode, cases[i].content, &e), 0);
        auto_secret s = {0};
        secret_set(&s, STR("before"));
        assert_int_equal(secret_read_file(&s, path, &e), cases[i].value ? 0 : -1);
        assert_true(secret_eq(&s, str_from(cases[i].value ? cases[i].value : "before")));
        assert_false(str_contains(str_from(e.text), STR("s3cret")));
    }
    struct err e = {0};
    auto_secret s = {0};
    char bytes[70000];
    memset(bytes, 'x', sizeof(bytes));
    assert_int_equal(file_replace(path_of("huge"), 0600, (struct str){bytes, sizeof(bytes)}, &e),
                     0);
    assert_int_equal(secret_read_file(&s, path_of("huge"), &e), -1);
    assert_int_equal(secret_read_file(&s, "/nonexistent", &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_read_and_nothing_is_left_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(failures_name_the_path_and_leave_the_old_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_ceiling_of_a_read_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folders_are_made_with_their_parents, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secret_files_are_private_and_not_empty, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
