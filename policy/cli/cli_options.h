#pragma once
/*
 * The command line of lotse-policy: commands and options are rows (commands.tbl.h, options.tbl.h),
 * the parser, --help and the manual page are made from them. Called once by main.
 */
#include "base/err.h"
#include "base/words.h"

enum command {
#define GROUP(id, title)
#define COMMAND(id, name, group, arguments, does, more) COMMAND_##id,
#include "policy/cli/commands.tbl.h"
#undef COMMAND
#undef GROUP
    N_COMMANDS
};

struct strs_vec {
    struct str *items;
    size_t n, cap;
};
struct cli_options {
    enum command command;
    struct strs_vec policy, contexts, sites, from, trust, platform;
    struct strs_vec arguments; /* what stands behind the command and is no option */
    struct str directory, directory_config, objects, kubeconfig;
    struct str out, issuer, discovery_url, issuer_ca, lock, namespace, name, questions, save;
    struct str key, to, last_good, proof;
    struct str binder;
    bool cluster_wide, grants_first, once;
    int64_t live, seed;
    bool dry_run, no_prune, allow_shrink, as_is, json, help, manual, version;
    bool check, write;       /* fmt */
    bool exit_code, persons; /* diff; who-can */
    struct str directory_before, format;
    struct str fail_on, only, report; /* check; report: sarif or junit in place of text */
    struct strs_vec authn;
    bool foreign_errors;
    int64_t days, token_life;
    int64_t max_prune, min_score, signatures, serial, now_ms, timeout_ms;
};

/* -1: what is wrong, with the nearest name, is in e. Texts point into argv. */
must_check int cli_options_read(int argc, char *const *argv, struct arena *a,
                                struct cli_options *ret, struct err *e);
/* --- cli_help.c */
void cli_options_help(const struct cli_options *o, bool has_command, struct buf *out);
void cli_options_manual(struct buf *out); /* troff, section 1 */
