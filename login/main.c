/*
 * lotse-login: the Kubernetes credential plugin. This half knows files only: it starts in a third
 * of the time a program with a TLS library needs, and kubectl calls it for every command. The rest
 * is lotse-login-net.
 */
#include "login/exit_code.h"
#include "login/get_token.h"
#include "login/message.h"
#include "login/os.h"

#define STRING_(x) #x
#define STRING(x)  STRING_(x)
#ifndef LOTSE_VERSION
#define LOTSE_VERSION 0.1.0
#endif

static int print_help(const struct options *o)
{
    auto_buf out = BUF_INIT((size_t)64 << 10);
    if (str_is(option_get(o, OPTION_OUTPUT), "man"))
        options_manual(&out);
    else
        options_help(&out);
    message_write(1, buf_str(&out));
    return EXIT_OK;
}

static int print_version(const struct options *o)
{
    if (str_is(option_get(o, OPTION_OUTPUT), "json"))
        message_write(
            1, STR("{\"program\":\"lotse-login\",\"version\":\"" STRING(LOTSE_VERSION) "\"}\n"));
    else
        message_write(1, STR("lotse-login " STRING(LOTSE_VERSION) "\n"));
    return EXIT_OK;
}

int main(int argc, char **argv, char **environment)
{
    struct options o;
    struct err e;
    message_setup(environment);
    if (options_parse(&o, argc - 1, argv + 1, environment, &e) != 0)
        return message_fail(EXIT_USAGE, MESSAGE_USAGE, STR_C(e.text), STR_NONE);
    switch (o.command) {
    case COMMAND_HELP: return print_help(&o);
    case COMMAND_VERSION: return print_version(&o);
    case COMMAND_GET_TOKEN: os_protect_memory(); return get_token(&o, environment);
    case COMMAND_LOGIN:
    case COMMAND_SETUP:
    case COMMAND_LOGOUT:
    case COMMAND_STATUS:
    case COMMAND_WHOAMI:
    case COMMAND_CLEAN: return network_half(argv, environment);
    case COMMAND_COUNT: break;
    }
    return EXIT_INTERNAL;
}
