#pragma once
/*
 * A language server for the policy (Language Server Protocol 3.17): diagnostics while one types,
 * hover with the people behind a team, completion, go to definition. Pure: messages in, messages
 * out; the framing and the files are the caller's. One thread.
 */
#include "policy/language/policy_read.h"
#include "policy/resolve/policy_input.h"

struct lsp_world {
    const struct policy_input *input;   /* directory and clusters, as far as they are known */
    const struct policy_loader *loader; /* files that are not open in the editor */
    struct str policy;                  /* path of the policy; STR_NONE: each document is one */
};
enum lsp_state {
    LSP_GO_ON,
    LSP_EXIT,      /* after `shutdown`, as it should be */
    LSP_EXIT_EARLY /* `exit` without `shutdown`: exit status 1 (3.17, Exit Notification) */
};

struct lsp;
struct lsp *lsp_new(const struct lsp_world *world); /* world must outlive it */
void lsp_free(struct lsp *l);
/* One message, without its header. What is to be sent is appended to out, each message framed
 * ("Content-Length: ..."). Anything that is no message gives an error answer, never an end. */
enum lsp_state lsp_handle(struct lsp *l, struct str message, struct buf *out);

static inline void lsp_free_at(struct lsp **l)
{
    lsp_free(*l);
}
#define auto_lsp __attribute__((cleanup(lsp_free_at))) struct lsp
