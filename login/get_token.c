#include "login/get_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "login/failure.h"
#include "login/message.h"
#include "login/os.h"
#include "login/token_file.h"

#define LOCK_WAIT_MS     20000
#define ENVIRONMENT_MOST 4096
#define ARGUMENTS_MOST   64

struct call { /* one run of get-token */
    const struct options *options;
    char *const *environment;
    struct state state;
    struct state_key token_key, session_key;
    struct buf bytes; /* of the token file */
    struct token_view token;
    bool have_token;
    int64_t since_ms;
    struct buf parent;
    int lock; /* -1: the home is read-only, so everyone works alone */
};

static int print_credential(const struct call *c)
{
    struct str text = c->token.credential[c->options->api_version];
    message_write(1, text);
    return EXIT_OK;
}

static enum token_age load_token(struct call *c, struct err *e, enum state_result *ret_result)
{
    buf_reset(&c->bytes);
    *ret_result = state_read(&c->state, STATE_TOKEN, &c->token_key, &c->bytes, e);
    c->have_token =
        *ret_result == STATE_OK && token_file_read(buf_str(&c->bytes), &c->token_key, &c->token);
    return c->have_token ? token_age_at(&c->token.times, clock_now_ms(&clock_system))
                         : TOKEN_EXPIRED;
}

/* lotse-login-net stands beside us, or in ../libexec/lotse when we are installed. */
static bool find_network_half(struct buf *ret, struct str folder)
{
    static const char *const places[] = {"/lotse-login-net", "/../libexec/lotse/lotse-login-net"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        buf_reset(ret);
        buf_add(ret, folder);
        buf_c(ret, places[i]);
        if (access(buf_cstr(ret), X_OK) == 0)
            return true;
    }
    return false;
}

static int locate(struct buf *program, char *const *environment)
{
    auto_buf folder = BUF_INIT(4096);
    struct err e;
    if (environment_get(environment, ENV_PARENT))
        return message_fail(EXIT_INTERNAL, MESSAGE_RECURSION, STR_NONE, STR_NONE);
    if (os_program_folder(&folder, &e) != 0)
        return message_fail(EXIT_INTERNAL, MESSAGE_INTERNAL, STR_C(e.text), STR_NONE);
    if (!find_network_half(program, buf_str(&folder)))
        return message_fail(EXIT_INTERNAL, MESSAGE_HELPER_MISSING, buf_str(&folder), STR_NONE);
    return EXIT_OK;
}

/* The environment with up to four more entries; false when there are too many. */
static bool extend(char *const *environment, char **more, char **ret)
{
    size_t n = 0;
    for (char *const *entry = environment; entry && *entry; entry++) {
        if (n + 8 > ENVIRONMENT_MOST)
            return false;
        ret[n++] = *entry;
    }
    for (; *more; more++)
        ret[n++] = *more;
    ret[n] = NULL;
    return true;
}

/* Starts the network half with the lock. result: a pipe's write end, or -1 for one nobody waits
 * for. */
static int start(struct call *c, int result, int *ret_pid)
{
    auto_buf program = BUF_INIT(8192);
    auto_buf text = BUF_INIT((size_t)64 << 10);
    char lock[48], pipe_end[48], parent[128], quiet[] = ENV_QUIET "=1";
    char *more[5] = {parent}, *argv[ARGUMENTS_MOST + 1], *environment[ENVIRONMENT_MOST];
    struct err e;
    size_t n = 1;
    int code = locate(&program, c->environment);
    if (code != EXIT_OK)
        return code;
    snprintf(parent, sizeof(parent), "%s=%s", ENV_PARENT, buf_cstr(&c->parent));
    snprintf(lock, sizeof(lock), "%s=%d", ENV_LOCK, c->lock);
    snprintf(pipe_end, sizeof(pipe_end), "%s=%d", ENV_RESULT, result);
    if (c->lock >= 0)
        more[n++] = lock;
    more[n++] = result >= 0 ? pipe_end : quiet;
    if (!extend(c->environment, more, environment))
        return message_fail(EXIT_INTERNAL, MESSAGE_INTERNAL, STR("environment"), STR_NONE);
    if (!options_write(c->options, "lotse-login-net", &text, argv, ARGUMENTS_MOST))
        return message_fail(EXIT_INTERNAL, MESSAGE_INTERNAL, STR("arguments"), STR_NONE);
    struct os_child child = {.program = buf_cstr(&program),
                             .argv = argv,
                             .environment = environment,
                             .keep = {c->lock, result},
                             .detached = result < 0};
    if (os_spawn(&child, ret_pid, &e) != 0)
        return message_fail(EXIT_INTERNAL, MESSAGE_INTERNAL, STR_C(e.text), STR_NONE);
    return EXIT_OK;
}

static void open_lock(struct call *c)
{
    auto_buf name = BUF_INIT(128);
    c->session_key = state_key_of(c->options, STR_NONE);
    state_name(&name, STATE_LOCK, &c->session_key);
    c->lock = c->state.fd < 0 ? -1 : os_lock_open(c->state.fd, buf_cstr(&name));
}

/* The token is good for now: renew it behind the caller's back, unless someone does, or the last
 * try failed just now. */
static void renew_in_background(struct call *c)
{
    struct failure failed;
    int pid;
    open_lock(c);
    if (c->lock < 0 || !os_lock_try(c->lock))
        return;
    if (failure_load(&c->state, &c->session_key, &failed) &&
        clock_now_ms(&clock_system) < failed.until_ms)
        return;
    os_parent_key(&c->parent);
    (void)start(c, -1, &pid);
}

/* What the holder of the lock wrote into it: "login ADDRESS" while a person is being waited for. */
static struct str lock_purpose(int fd, char *p, size_t most)
{
    ssize_t n = pread(fd, p, most, 0);
    struct str line = {p, n > 0 ? (size_t)n : 0}, rest;
    (void)str_split(line, '\n', &line, &rest);
    return line;
}

static int wait_for_lock(struct call *c, enum os_lock kind)
{
    char text[4096];
    struct str purpose = lock_purpose(c->lock, text, sizeof(text));
    int64_t wait_ms = LOCK_WAIT_MS;
    if (str_starts(purpose, STR("login ")) &&
        isatty(2)) { /* whoever looks on may finish it: join */
        message_say(2, MESSAGE_WAITING_LOGIN, str_from_to(purpose, 6, purpose.n), STR_NONE);
        wait_ms = c->options->timeout_ms;
    }
    if (os_lock_wait(c->lock, kind, wait_ms))
        return EXIT_OK;
    purpose = lock_purpose(c->lock, text, sizeof(text));
    bool login = str_starts(purpose, STR("login "));
    return message_fail(EXIT_PENDING, login ? MESSAGE_PENDING : MESSAGE_BUSY, STR_NONE, STR_NONE);
}

static int run_network_half(struct call *c)
{
    int ends[2], pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return message_fail(EXIT_INTERNAL, MESSAGE_INTERNAL, STR("pipe"), STR_NONE);
    int code = start(c, ends[1], &pid);
    close(ends[1]);
    auto_fd from = ends[0];
    if (code != EXIT_OK)
        return code;
    auto_buf fresh = BUF_INIT(STATE_FILE_MAX);
    struct os_wait w = {.pid = pid, .from = from, .ret_output = &fresh};
    os_wait_for(&w);
    if (w.ret_orphaned)
        return EXIT_CANCELLED;
    if (w.ret_status < 0)
        return message_fail(EXIT_INTERNAL, MESSAGE_HELPER_DIED, STR_NONE, STR_NONE);
    if (w.ret_status == EXIT_OK && token_file_read(buf_str(&fresh), &c->token_key, &c->token))
        return print_credential(c);
    if (w.ret_status == EXIT_UNREACHABLE && c->have_token &&
        token_age_at(&c->token.times, clock_now_ms(&clock_system)) != TOKEN_EXPIRED)
        return print_credential(c);
    return w.ret_status == EXIT_OK
               ? message_fail(EXIT_INTERNAL, MESSAGE_INTERNAL, STR("lotse-login-net"), STR_NONE)
               : w.ret_status;
}

/* While we waited another caller may have renewed the token, or failed to: then that is our answer,
 * too. */
static bool answered_by_others(struct call *c, int *ret_code)
{
    struct err e;
    enum state_result result;
    struct failure failed;
    int64_t now_ms = clock_now_ms(&clock_system);
    enum token_age age = load_token(c, &e, &result);
    if (age <= TOKEN_AGING) {
        *ret_code = print_credential(c);
        return true;
    }
    if (!failure_load(&c->state, &c->session_key, &failed))
        return false;
    *ret_code = failure_verdict(&failed, option_get(c->options, OPTION_AUDIENCE),
                                buf_str(&c->parent), c->since_ms, now_ms);
    if (*ret_code == EXIT_UNREACHABLE && age == TOKEN_LAST) {
        *ret_code = print_credential(c);
        return true;
    }
    if (*ret_code == EXIT_OK)
        return false;
    message_write(2, STR_C(failed.text));
    message_write(2, STR("\n"));
    return true;
}

/* The token is too old, or there is none. */
static int renew(struct call *c)
{
    struct err e;
    int code;
    state_close(&c->state);
    if (state_open(&c->state, true, &e) == STATE_REFUSED)
        return message_fail(EXIT_STORAGE, MESSAGE_STATE_REFUSED, STR_C(e.text), STR_NONE);
    open_lock(c);
    os_parent_key(&c->parent);
    if (c->lock >= 0 && !os_lock_try(c->lock)) {
        code = wait_for_lock(c, OS_LOCK_SHARED);
        if (code != EXIT_OK || answered_by_others(c, &code))
            return code;
        code = wait_for_lock(c, OS_LOCK_ALONE);
        if (code != EXIT_OK)
            return code;
    }
    return answered_by_others(c, &code) ? code : run_network_half(c);
}

int get_token(const struct options *o, char *const *environment)
{
    struct err e;
    struct call c = {.options = o,
                     .environment = environment,
                     .state = STATE_NONE,
                     .bytes = BUF_INIT(STATE_FILE_MAX),
                     .parent = BUF_INIT(64),
                     .since_ms = clock_now_ms(&clock_system),
                     .lock = -1};
    enum state_result result;
    if (state_path(&c.state, o, environment, &e) != 0)
        return message_fail(EXIT_STORAGE, MESSAGE_USAGE, STR_C(e.text), STR_NONE);
    c.token_key = state_key_of(o, option_get(o, OPTION_AUDIENCE));
    result = state_open(&c.state, false, &e);
    enum token_age age = result == STATE_OK ? load_token(&c, &e, &result) : TOKEN_EXPIRED;
    if (result == STATE_REFUSED)
        return message_fail(EXIT_STORAGE, MESSAGE_STATE_REFUSED, STR_C(e.text), STR_NONE);
    if (age == TOKEN_FRESH)
        return print_credential(&c);
    if (age == TOKEN_AGING) {
        int code = print_credential(&c);
        close(1); /* callers read to the end of our output: what follows must not hold them up */
        renew_in_background(&c);
        return code;
    }
    return renew(&c);
}

int network_half(char *const *argv, char *const *environment)
{
    auto_buf program = BUF_INIT(8192);
    int code = locate(&program, environment);
    if (code != EXIT_OK)
        return code;
    execve(buf_cstr(&program), argv, environment);
    return message_fail(EXIT_INTERNAL, MESSAGE_INTERNAL, buf_str(&program), STR_NONE);
}
