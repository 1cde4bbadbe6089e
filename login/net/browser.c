#include "login/net/browser.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "login/get_token.h"

#define WORDS_MAX 32

static bool is_set(const struct context *c, const char *name)
{
    return environment_get(c->environment, name) != NULL;
}

/* Over SSH a browser would open on the wrong screen, if at all. */
static bool has_screen(const struct context *c)
{
    if (is_set(c, "SSH_CONNECTION") || is_set(c, "SSH_TTY"))
        return false;
    return is_set(c, "DISPLAY") || is_set(c, "WAYLAND_DISPLAY") || is_set(c, "WSL_DISTRO_NAME");
}

static bool is_in_path(const struct context *c, const char *program)
{
    struct str path = str_from(environment_get(c->environment, "PATH")), folder;
    while (str_next(&path, ':', &folder)) {
        auto_buf name = BUF_INIT(4096);
        buf_add(&name, folder);
        buf_char(&name, '/');
        buf_c(&name, program);
        if (folder.n > 0 && access(buf_cstr(&name), X_OK) == 0)
            return true;
    }
    return false;
}

/* The person's choice, else what the desktop or WSL offers; NULL: nothing. */
static const char *opener(const struct context *c)
{
    static const char *const candidates[] = {"xdg-open", "wslview", "sensible-browser"};
    if (option_is_set(c->options, OPTION_BROWSER))
        return c->options->value[OPTION_BROWSER];
    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]) && has_screen(c); i++)
        if (is_in_path(c, candidates[i]))
            return candidates[i];
    return NULL;
}

unsigned login_means(const struct context *c, bool explicit_login)
{
    unsigned means = MEANS_NONE;
    if (c->quiet || option_is_set(c->options, OPTION_NO_INPUT))
        return MEANS_NONE;
    if (!option_is_set(c->options, OPTION_NO_BROWSER) && opener(c))
        means |= MEANS_BROWSER;
    /* some callers leave our stdin open for ever, so only a terminal counts, unless the person came
     * here on purpose */
    if (explicit_login || (isatty(0) && isatty(2)))
        means |= MEANS_PASTE;
    return means;
}

/* --browser="firefox --new-window": words at spaces, no shell. */
static size_t split(const char *command, struct buf *text, char **argv, size_t most)
{
    struct str rest = str_from(command), word;
    size_t n = 0, at[WORDS_MAX];
    while (n < most && str_next(&rest, ' ', &word)) {
        if (word.n == 0)
            continue;
        at[n++] = text->n;
        buf_add(text, word);
        buf_char(text, '\0');
    }
    for (size_t i = 0; i < n; i++)
        argv[i] = text->p + at[i];
    return n;
}

static bool is_private(const char *entry)
{
    static const char *const names[] = {ENV_LOCK "=", ENV_RESULT "=", ENV_PARENT "=",
                                        ENV_QUIET "="};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void forget_private(char *const *environment)
{
    for (char *const *entry = environment; *entry;) {
        auto_free char *name = is_private(*entry) ? mem_strdup(*entry) : NULL;
        char *equals = name ? strchr(name, '=') : NULL;
        if (equals)
            *equals = '\0';
        if (name && unsetenv(name) == 0)
            continue; /* the list has moved up */
        entry++;
    }
}

/* In the grandchild: a session of its own, so that Ctrl-C in the terminal does not close the
 * person's browser. */
static void become(char **argv)
{
    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
    for (int fd = 3; fd < 64; fd++)
        close(fd); /* the lock above all: a browser lives longer than a login */
    execvp(argv[0], argv);
    _exit(127);
}

bool browser_open(const struct context *c, struct str url)
{
    char *argv[WORDS_MAX + 2];
    auto_buf text = BUF_INIT(8192), address = BUF_INIT(8192);
    const char *command = opener(c);
    size_t n = command ? split(command, &text, argv, WORDS_MAX) : 0;
    if (n == 0)
        return false;
    buf_add(&address, url);
    argv[n++] = address.p;
    argv[n] = NULL;
    forget_private(environ);
    pid_t pid = fork();
    if (pid == 0) {
        if (fork() == 0)
            become(argv);
        _exit(0); /* nobody has to wait for the browser itself */
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return pid > 0;
}
