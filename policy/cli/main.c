/* lotse-policy: reads what the command needs, runs it, and ends with its exit status. */
#include <signal.h>
#include <stdio.h>

#include "base/version.h"
#include "policy/cli/check_report.h"

static const struct {
    enum cli_exit (*run)(struct run *);
    unsigned needs;
} commands[N_COMMANDS] = {
    [COMMAND_CHECK] = {cmd_check, NEED_POLICY | NEED_CLUSTERS_MAYBE},
    [COMMAND_EXPLAIN] = {cmd_explain, 0},
    [COMMAND_COMPILE] = {cmd_compile, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_DIFF] = {cmd_diff, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_PLAN] = {cmd_plan, NEED_POLICY | NEED_CLUSTERS | NEED_BINDINGS},
    [COMMAND_APPLY] = {cmd_apply, NEED_POLICY | NEED_CLUSTERS | NEED_BINDINGS},
    [COMMAND_DRIFT] = {cmd_drift, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_WATCH] = {cmd_watch, 0},
    [COMMAND_WHO_CAN] = {cmd_who_can, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_TEST] = {cmd_test, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_PROVE] = {cmd_prove, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_REACH] = {cmd_reach, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_SOD] = {cmd_sod, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_MUTATE] = {cmd_mutate, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_SNAPSHOT] = {cmd_snapshot, NEED_CLUSTERS | NEED_SITES},
    [COMMAND_BUNDLE] = {cmd_bundle, NEED_POLICY},
    [COMMAND_SIGN] = {cmd_sign, 0},
    [COMMAND_VERIFY] = {cmd_verify, 0}, /* with --live it opens for itself */
    [COMMAND_LSP] = {cmd_lsp, NEED_SITES | NEED_CLUSTERS_MAYBE | NEED_NO_POLICY},
    [COMMAND_FMT] = {cmd_fmt, 0},
    [COMMAND_SCHEMA] = {cmd_schema, 0},
    [COMMAND_CAN] = {cmd_can, NEED_CLUSTERS | NEED_SITES},
    [COMMAND_WHY_NOT] = {cmd_why_not, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_BLAST] = {cmd_blast, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_LEAVER] = {cmd_leaver, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_UNTIL] = {cmd_until, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_EXPIRING] = {cmd_expiring, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_MATRIX] = {cmd_matrix, NEED_POLICY | NEED_CLUSTERS_MAYBE},
    [COMMAND_UNUSED] = {cmd_unused, NEED_POLICY | NEED_CLUSTERS},
    [COMMAND_IMPORT] = {cmd_import, NEED_CLUSTERS | NEED_SITES | NEED_FIND_SITES},
};

static void print(const struct buf *text)
{
    fwrite(buf_cstr(text), 1, text->n, stdout);
}

/* An answer about the policy is not yet one about the clusters. */
static void say_not_applied(struct run *s)
{
    auto_buf line = BUF_INIT(4096);
    bool one = s->not_applied == 1;
    if (s->not_applied == 0)
        return;
    if (s->options->json) {
        json_put_i64(&s->json, "not_applied", (int64_t)s->not_applied);
        return;
    }
    buf_count(&line, s->not_applied);
    buf_c(&line, one ? " object on the clusters is" : " objects on the clusters are");
    buf_c(&line, s->options->as_is
                     ? " not as the policy says: this is about the clusters as they are"
                     : " not yet as the policy says: this is about the clusters after "
                       "`apply` (--as-is: as they are)");
    run_say_buf(s, &line);
}

static enum cli_exit run_command(const struct cli_options *o, struct arena *a)
{
    struct run s;
    run_init(&s, o, a);
    unsigned needs = commands[o->command].needs;
    if (o->command == COMMAND_CAN && o->arguments.n)
        needs = NEED_POLICY | NEED_CLUSTERS; /* about a person */
    enum cli_exit status = run_open(&s, needs);
    if (status == CLI_OK)
        status = commands[o->command].run(&s);
    else if (o->report.n > 0)
        check_refused(&s);
    if (s.worst > status)
        status = s.worst;
    if (status <= CLI_FINDINGS)
        say_not_applied(&s);
    run_fini(&s);
    return status;
}

int main(int argc, char **argv)
{
    auto_arena arena = {0};
    auto_buf text = BUF_INIT((size_t)1 << 20);
    struct cli_options options;
    struct err e;
    signal(SIGPIPE, SIG_IGN);
    arena_init(&arena, ARENA_NO_MAX);
    if (cli_options_read(argc, argv, &arena, &options, &e) < 0) {
        fprintf(stderr, "lotse-policy: %s\n", e.text);
        return CLI_USAGE;
    }
    if (options.manual || options.help || options.version) {
        if (options.version)
            buf_lit(&text, "lotse-policy " LOTSE_VERSION "\n");
        else if (options.manual)
            cli_options_manual(&text);
        else
            cli_options_help(&options, options.command != N_COMMANDS, &text);
        print(&text);
        return CLI_OK;
    }
    return (int)run_command(&options, &arena);
}
