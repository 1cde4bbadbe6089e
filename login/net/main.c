/*
 * lotse-login-net: the half of lotse-login that speaks to the gateway. Started by lotse-login only,
 * when a token has to be renewed or a person typed a command.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "login/get_token.h"
#include "login/net/commands.h"
#include "login/net/fetch.h"
#include "login/net/renew.h"
#include "login/os.h"
#include "login/token_file.h"

#define REST_S 60 /* for everything but waiting for the person */

static int inherited(char *const *environment, const char *name)
{
    int64_t fd;
    if (!str_to_i64(str_from(environment_get(environment, name)), &fd) || fd < 3 || fd > 1023 ||
        fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
        return -1;
    return (int)fd;
}

static void note_parent(struct context *c)
{
    const char *parent = environment_get(c->environment, ENV_PARENT);
    snprintf(c->failure.parent, sizeof(c->failure.parent), "%s", parent ? parent : "");
}

static bool token_left(struct context *c)
{
    auto_buf bytes = BUF_INIT(STATE_FILE_MAX);
    struct err e;
    struct token_view view;
    struct state_key key = state_key_of(c->options, option_get(c->options, OPTION_AUDIENCE));
    return state_read(&c->state, STATE_TOKEN, &key, &bytes, &e) == STATE_OK &&
           token_file_read(buf_str(&bytes), &key, &view) &&
           token_age_at(&view.times, clock_now_ms(c->clock)) != TOKEN_EXPIRED;
}

static int run_get_token(struct context *c)
{
    note_parent(c); /* now: the environment is cleaned before a browser is started */
    c->session_key = state_key_of(c->options, STR_NONE);
    int code = context_lock(c);
    if (code != EXIT_OK)
        return code;
    c->holds_token = token_left(c);
    code = renew(c);
    if (code == EXIT_OK) {
        failure_clear(&c->state, &c->session_key);
        return code;
    }
    if (code == EXIT_ACCESS)
        snprintf(c->failure.audience, sizeof(c->failure.audience), "%.*s",
                 STR_F(option_get(c->options, OPTION_AUDIENCE)));
    failure_store(&c->state, &c->session_key, &c->failure, clock_now_ms(c->clock));
    return code;
}

static int run(struct context *c)
{
    switch (c->options->command) {
    case COMMAND_GET_TOKEN: return run_get_token(c);
    case COMMAND_LOGIN: return command_login(c);
    case COMMAND_LOGOUT: return command_logout(c);
    case COMMAND_SETUP: return command_setup(c);
    case COMMAND_STATUS: return command_status(c);
    case COMMAND_WHOAMI: return command_whoami(c);
    case COMMAND_CLEAN: return command_clean(c);
    case COMMAND_HELP:
    case COMMAND_VERSION:
    case COMMAND_COUNT: break;
    }
    return message_fail(EXIT_USAGE, MESSAGE_USAGE, STR("lotse-login COMMAND"), STR_NONE);
}

/* The last line of defence against hanging with the lock in hand: the alarm's default action ends
 * us, the lock falls. */
static void set_alarm(const struct options *o)
{
    signal(SIGPIPE, SIG_IGN);
    alarm(REST_S + (unsigned)(o->timeout_ms / 1000));
}

int main(int argc, char **argv, char **environment)
{
    struct options o;
    struct err e;
    auto_arena arena = {0};
    arena_init(&arena, (size_t)16 << 20);
    os_protect_memory();
    message_setup(environment);
    if (options_parse(&o, argc - 1, argv + 1, environment, &e) != 0)
        return message_fail(EXIT_USAGE, MESSAGE_USAGE, STR_C(e.text), STR_NONE);
    set_alarm(&o);
    struct context c = {
        .options = &o,
        .environment = environment,
        .clock = &clock_system,
        .random = &random_system,
        .arena = &arena,
        .state = STATE_NONE,
        .lock = inherited(environment, ENV_LOCK),
        .result = inherited(environment, ENV_RESULT),
        .quiet = environment_get(environment, ENV_QUIET) != NULL,
    };
    if (state_path(&c.state, &o, environment, &e) != 0)
        return message_fail(EXIT_STORAGE, MESSAGE_USAGE, STR_C(e.text), STR_NONE);
    if (state_open(&c.state, true, &e) == STATE_REFUSED)
        return message_fail(EXIT_STORAGE, MESSAGE_STATE_REFUSED, STR_C(e.text), STR_NONE);
    int code = run(&c);
    fetch_close(&c);
    context_unlock(&c);
    state_close(&c.state);
    return code;
}
