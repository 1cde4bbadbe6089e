#include "login/net/context.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "login/os.h"

#define LOCK_WAIT_MS 20000

int context_fail(struct context *c, int code, enum message m, struct str a, struct str b)
{
    auto_buf text = BUF_INIT(sizeof(c->failure.text) - 1);
    buf_lit(&text, "lotse-login: ");
    message_fill(&text, m, a, b);
    c->failure.code = code;
    snprintf(c->failure.text, sizeof(c->failure.text), "%s", buf_cstr(&text));
    if (c->quiet || (code == EXIT_UNREACHABLE && c->holds_token))
        return code;
    return message_fail(code, m, a, b);
}

int context_lock(struct context *c)
{
    auto_buf name = BUF_INIT(128);
    if (c->lock >= 0 || c->state.fd < 0)
        return EXIT_OK;
    state_name(&name, STATE_LOCK, &c->session_key);
    c->lock = os_lock_open(c->state.fd, buf_cstr(&name));
    if (c->lock < 0 || os_lock_try(c->lock) || os_lock_wait(c->lock, OS_LOCK_ALONE, LOCK_WAIT_MS))
        return EXIT_OK;
    return context_fail(c, EXIT_PENDING, MESSAGE_PENDING, STR_NONE, STR_NONE);
}

void context_purpose(struct context *c, struct str purpose)
{
    auto_buf line = BUF_INIT(4096);
    buf_add(&line, purpose);
    buf_char(&line, '\n');
    if (c->lock < 0 || ftruncate(c->lock, 0) != 0 || purpose.n == 0)
        return;
    if (pwrite(c->lock, line.p, line.n, 0) < 0)
        return; /* only words for those who wait */
}

void context_unlock(struct context *c)
{
    if (c->lock >= 0)
        close(c->lock);
    c->lock = -1;
}
