/* lsp: the language server on standard input and output. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy/cli/policy_files.h"
#include "policy/lsp/lsp.h"

#define MESSAGE_MAX ((size_t)64 << 20)
#define HEADER_MAX  4096

/* Header fields up to the empty line (LSP 3.17, Base Protocol). 1: a message, 0: the end, -1: e */
static int read_header(size_t *ret_length, struct err *e)
{
    char line[HEADER_MAX];
    int64_t length = -1;
    while (fgets(line, sizeof(line), stdin)) {
        struct str text = str_trim(STR_C(line)), name, value;
        if (text.n == 0 && length < 0)
            return fail(e, ERR_INPUT, "a message without Content-Length");
        if (text.n == 0) {
            *ret_length = (size_t)length;
            return 1;
        }
        if (!str_split(text, ':', &name, &value))
            return fail(e, ERR_INPUT, "standard input is no language client: '%.*s'", STR_F(text));
        if (str_eq_nocase(str_trim(name), STR("Content-Length")) &&
            (!str_to_i64(str_trim(value), &length) || length < 0 || (size_t)length > MESSAGE_MAX))
            return fail(e, ERR_INPUT, "a Content-Length of '%.*s'", STR_F(str_trim(value)));
    }
    return 0;
}

static int read_message(struct buf *message, struct err *e)
{
    size_t length = 0;
    int status = read_header(&length, e);
    if (status <= 0)
        return status;
    buf_reset(message);
    char *room = buf_reserve(message, length + 1);
    if (!room || fread(room, 1, length, stdin) != length)
        return fail(e, ERR_INPUT, "a message that ends too early");
    buf_commit(message, length);
    return 1;
}

/* Editors name files by their whole path. */
static struct str whole_path(struct run *s, struct str path)
{
    char real[PATH_MAX];
    return realpath(arena_cstr(s->arena, path), real) ? arena_str(s->arena, STR_C(real)) : STR_NONE;
}

enum cli_exit cmd_lsp(struct run *s)
{
    struct policy_disk disk = {s->arena, &s->options->policy};
    const struct policy_loader loader = {policy_file_from_disk, &disk};
    struct lsp_world world = {&s->input, &loader, whole_path(s, s->options->policy.items[0])};
    auto_buf message = BUF_INIT(MESSAGE_MAX + 1), out = BUF_INIT((size_t)256 << 20);
    enum lsp_state state = LSP_GO_ON;
    run_fill_input(s);
    auto_lsp *server = lsp_new(&world);
    while (state == LSP_GO_ON) {
        int status = read_message(&message, &s->err);
        if (status < 0)
            return run_fail(s);
        if (status == 0)
            return CLI_FINDINGS; /* the editor is gone without a word */
        buf_reset(&out);
        state = lsp_handle(server, buf_str(&message), &out);
        fwrite(buf_cstr(&out), 1, out.n, stdout);
        fflush(stdout);
    }
    return state == LSP_EXIT ? CLI_OK : CLI_FINDINGS;
}
