/* lotse-gateway: options, what the process promises the system, signals. */
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "connectors/local.h"
#include "gateway/gateway.h"
#include "gateway/keyring.h"

#define TRIM_EVERY_S 15
#define FILES_MAX    65536 /* as many descriptors as gateway/http can tell apart */

enum option {
#define OPTION(symbol, name, argument, help) OPTION_##symbol,
#include "gateway/option.tbl.h"
#undef OPTION
    OPTION_COUNT,
};
static const struct {
    const char *name, *argument, *help;
} options[OPTION_COUNT] = {
#define OPTION(symbol, name, argument, help) {name, argument, help},
#include "gateway/option.tbl.h"
#undef OPTION
};

static void print_help(FILE *to)
{
    fprintf(to, "lotse-gateway: the authentication gateway in front of Kubernetes\n\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char name[32];
        snprintf(name, sizeof(name), "%s%s%s", options[i].name, options[i].argument ? " " : "",
                 options[i].argument ? options[i].argument : "");
        fprintf(to, "  --%-20s %s\n", name, options[i].help);
    }
    fprintf(to, "\nSIGHUP reads the configuration again, SIGTERM ends cleanly. Exit: 0 fine, 1 "
                "failed, 2 wrong usage or\n"
                "configuration, 3 store (in use by another gateway, or not usable).\n");
}

/* "--name value" or "--name=value". */
static bool read_option(char **argv, enum option *ret, const char **ret_value)
{
    struct str word = str_from(argv[1]), name = word, value = STR_NONE;
    if (!str_starts(word, STR("--")))
        return false;
    bool joined = str_split(word, '=', &name, &value);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!str_is(str_from_to(name, 2, name.n), options[i].name))
            continue;
        *ret = (enum option)i;
        *ret_value = joined ? value.p : options[i].argument ? argv[2] : NULL;
        bool complete = joined || !options[i].argument ? argv[2] == NULL : argv[2] && !argv[3];
        return complete && (options[i].argument != NULL || !joined);
    }
    return false;
}

/* --- what the process promises */

static void harden(void)
{
    struct rlimit none = {0, 0}, files;
    umask(077);
    setrlimit(RLIMIT_CORE, &none); /* keys and passwords never reach a disk */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);     /* setrlimit(2): a file at its limit is EFBIG, as a full disk */
    setenv("LDAPNOINIT", "1", 1); /* ldap.conf(5): the system's defaults must not change ours */
    mallopt(M_ARENA_MAX,
            2); /* some 20 threads, each with an arena of its own, would keep megabytes */
}

/*
 * Start-up touches much of the libraries that is never looked at again. Read-only pages of programs
 * are dropped here, and those still in use come back from the page cache by themselves (madvise(2):
 * MADV_DONTNEED on a file mapping).
 */
static int give_back_pages(struct dl_phdr_info *object, size_t size, void *data)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size, (void)data;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t from = object->dlpi_addr + part->p_vaddr, to = from + part->p_memsz;
        from = (from + page - 1) & ~(page - 1);
        to &= ~(page - 1);
        if (part->p_type == PT_LOAD && !(part->p_flags & PF_W) && from < to)
            madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 0;
}

static enum gateway_exit run(const char *path)
{
    struct gateway g;
    sigset_t signals;
    int number = 0;
    harden();
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals,
                    NULL); /* before there are threads: all of them inherit it */
    enum gateway_exit started = gateway_start(&g, path);
    if (started != EXIT_FINE)
        return started;
    if (chdir("/") < 0)
        log_warn("cannot change to /");
    malloc_trim(0);
    dl_iterate_phdr(give_back_pages, NULL);
    for (;;) {
        const struct timespec pause = {.tv_sec = TRIM_EVERY_S};
        number = sigtimedwait(&signals, NULL, &pause);
        if (number == SIGHUP)
            gateway_reload(&g);
        else if (number > 0)
            break;
        malloc_trim(0); /* what a storm of connections left behind goes back to the system */
    }
    log_info("stopping", LOG_C("signal", number == SIGTERM ? "SIGTERM" : "SIGINT"));
    if (!gateway_stop(&g))
        _exit(EXIT_FAILED);
    return EXIT_FINE;
}

/* --- the other options */

static enum gateway_exit check(const char *path)
{
    auto_arena a = {0};
    struct diags d;
    auto_buf text = BUF_INIT((size_t)1 << 20);
    arena_init(&a, ARENA_NO_MAX);
    diags_init(&d, &a);
    struct config *c = config_read(path, &d);
    if (d.n_errors == 0)
        env_check(c, &d);
    diags_print(&d, &text);
    config_free(c);
    fputs(buf_cstr(&text), stderr);
    if (d.n_errors == 0)
        printf("%s: fine\n", path);
    return d.n_errors ? EXIT_CONFIG : EXIT_FINE;
}

static enum gateway_exit generate_key(const char *path)
{
    struct err e = {0};
    if (keyring_generate_file(path, &e) == 0)
        return EXIT_FINE;
    fprintf(stderr, "lotse-gateway: %s\n", e.text);
    return EXIT_FAILED;
}

/* One line of standard input, without echo when a person types it. */
static bool read_password(struct secret *ret)
{
    char line[1026];
    struct termios before, quiet;
    bool typed = tcgetattr(STDIN_FILENO, &before) == 0;
    if (typed) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
        fputs("Password: ", stderr);
    }
    bool read = fgets(line, sizeof(line), stdin) != NULL;
    if (typed) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputs("\n", stderr);
    }
    if (read) {
        line[strcspn(line, "\n")] = 0;
        secret_set(ret, str_from(line));
    }
    bytes_wipe(line, sizeof(line));
    return read && !secret_is_empty(ret);
}

static enum gateway_exit hash_password(void)
{
    auto_secret password = {0};
    auto_arena a = {0};
    struct str hash;
    struct err e = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    if (!read_password(&password)) {
        fputs("lotse-gateway: no password: type one line, or send it on standard input\n", stderr);
        return EXIT_CONFIG;
    }
    if (local_password_hash(&password, &a, &hash, &e) < 0) {
        fprintf(stderr, "lotse-gateway: %s\n", e.text);
        return EXIT_FAILED;
    }
    printf("%.*s\n", STR_F(hash));
    return EXIT_FINE;
}

static enum gateway_exit print_made(void (*make)(struct buf *out))
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    make(&text);
    return fputs(buf_cstr(&text), stdout) < 0 || fflush(stdout) != 0 ? EXIT_FAILED : EXIT_FINE;
}

int main(int argc, char **argv)
{
    enum option option = OPTION_HELP;
    const char *value = NULL;
    if (argc < 2 || !read_option(argv, &option, &value)) {
        print_help(stderr);
        return EXIT_CONFIG;
    }
    switch (option) {
    case OPTION_CONFIG: return (int)run(value);
    case OPTION_CHECK: return (int)check(value);
    case OPTION_GENERATE_KEY: return (int)generate_key(value);
    case OPTION_HASH_PASSWORD: return (int)hash_password();
    case OPTION_SAMPLE: return (int)print_made(config_sample);
    case OPTION_MANUAL: return (int)print_made(config_manual);
    case OPTION_REFERENCE: return (int)print_made(config_reference);
    case OPTION_VERSION: printf("lotse-gateway %s\n", LOTSE_VERSION); return EXIT_FINE;
    case OPTION_HELP: print_help(stdout); return EXIT_FINE;
    case OPTION_COUNT: break;
    }
    return EXIT_CONFIG;
}
