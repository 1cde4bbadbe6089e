#pragma once
/*
 * Command line, environment and KUBERNETES_EXEC_INFO become one struct options. Commands and
 * options are rows of command.tbl.h and option.tbl.h; parser, help and manual page are made from
 * them. One thread.
 */
#include "base/buf.h"
#include "base/err.h"

enum command {
#define X(name, word, summary, text) COMMAND_##name,
#include "login/command.tbl.h"
#undef X
    COMMAND_COUNT
};
enum option {
#define X(name, word, letter, value, environment, commands, text) OPTION_##name,
#include "login/option.tbl.h"
#undef X
    OPTION_COUNT
};
enum api_version { API_V1, API_V1BETA1, API_VERSION_COUNT };

struct options {
    enum command command;
    const char *value[OPTION_COUNT]; /* NULL: not given anywhere; a flag that is set has "1" */
    enum api_version api_version;
    int64_t timeout_ms;
    char exec_info[3][512]; /* issuer, client id and audience as far as the cluster's extension gave
                               them */
};

#define CLIENT_ID_DEFAULT "lotse-login"
#define PROFILE_DEFAULT   "default"

/* argv without the program's name; environment is NULL-terminated "NAME=value". -1: e says what is
 * wrong (exit code 2). */
must_check int options_parse(struct options *o, int argc, char *const *argv,
                             char *const *environment, struct err *e);
struct str option_get(const struct options *o, enum option option);
static inline bool option_is_set(const struct options *o, enum option option)
{
    return o->value[option] != NULL;
}
const char *environment_get(char *const *environment,
                            const char *name); /* NULL when absent or empty */

/* The same options as a command line, wherever each of them came from: argv (at most `most` words
   and a NULL) points into text. False: too long. */
must_check bool options_write(const struct options *o, const char *program, struct buf *text,
                              char **ret_argv, size_t most);

void options_help(struct buf *out);   /* lotse-login help */
void options_manual(struct buf *out); /* the manual page, roff */
