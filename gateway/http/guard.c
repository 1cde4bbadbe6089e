#include "gateway/http/guard.h"

#include "base/secret.h"

#define LINE_MAX_BYTES ((size_t)HEAD_TARGET_MAX + 64)

void guard_init(struct guard *g, struct guard_limits limits)
{
    *g = (struct guard){.limits = limits};
    buf_init(&g->head_bytes, limits.header_bytes);
    buf_init(&g->body, limits.body_bytes);
    g->head_bytes.wipe = g->body.wipe = true; /* passwords, cookies, codes */
}

void guard_fini(struct guard *g)
{
    buf_fini(&g->head_bytes);
    buf_fini(&g->body);
}

static void clear(struct buf *b, size_t keep)
{
    if (b->cap > keep) {
        buf_fini(b);
        return;
    }
    if (b->n)
        bytes_wipe(b->p, b->n);
    buf_reset(b);
}

void guard_reset(struct guard *g)
{
    clear(&g->head_bytes, 4096);
    clear(&g->body, 0);
    g->state = GUARD_EMPTY;
    g->line_start = g->n_swallow = 0;
    g->skipped_line = false;
    g->refusal = (struct refusal){0};
}

static void refuse(struct guard *g, int status, const char *reason)
{
    g->refusal = (struct refusal){status, reason};
    g->state = GUARD_REFUSED;
    g->head.close = true;
}

static void end_of_head(struct guard *g)
{
    struct refusal refused = head_parse(buf_str(&g->head_bytes), g->limits.body_bytes, &g->head);
    if (refused.status) {
        refuse(g, refused.status, refused.reason);
        if (refused.status == 413 && !g->head.expects_continue &&
            g->head.content_length <= GUARD_SWALLOW_MAX)
            g->n_swallow = g->head.content_length;
        return;
    }
    g->state = g->head.content_length ? GUARD_BODY : GUARD_COMPLETE;
}

/* A line ended with its CRLF. The request line is looked at here already, so that what speaks
   another protocol learns it at once; RFC 9112 2.2: one empty line before it is ignored. */
static void line_ended(struct guard *g)
{
    size_t start = g->line_start, n = g->head_bytes.n;
    g->line_start = n;
    if (n - start == 2 && start > 0) {
        end_of_head(g);
    } else if (n - start == 2) {
        buf_reset(&g->head_bytes);
        g->line_start = 0;
        if (g->skipped_line)
            refuse(g, 400, "empty lines before the request");
        g->skipped_line = true;
    } else if (start == 0) {
        struct refusal refused = head_check_line(str_from_to(buf_str(&g->head_bytes), 0, n - 2));
        if (refused.status)
            refuse(g, refused.status, refused.reason);
    }
}

/* How many more bytes the line now coming, and the header, may have. */
static size_t room(const struct guard *g)
{
    size_t max = g->limits.header_bytes;
    if (g->line_start == 0 && max > LINE_MAX_BYTES)
        max = LINE_MAX_BYTES;
    return max - g->head_bytes.n;
}

/* RFC 9112 2.2: a CR alone is invalid, a LF alone MAY be refused; RFC 9110 5.5: NUL. Only what is
 * new is looked at. */
static bool bytes_are_fine(struct guard *g, size_t from)
{
    const char *p = g->head_bytes.p;
    for (size_t i = from; i < g->head_bytes.n; i++) {
        bool after_cr = i > g->line_start && p[i - 1] == '\r';
        if (p[i] != 0 && (p[i] == '\n') == after_cr)
            continue;
        refuse(g, 400, p[i] == 0 ? "NUL in the header" : "line end that is not CR LF");
        return false;
    }
    return true;
}

/* Up to and with the next LF. */
static size_t take_line(struct guard *g, struct str bytes)
{
    const char *lf = memchr(bytes.p, '\n', bytes.n);
    struct str piece = str_from_to(bytes, 0, lf ? (size_t)(lf - bytes.p) + 1 : bytes.n);
    size_t from = g->head_bytes.n, most = room(g);
    bool fits = piece.n <= most;
    g->state = GUARD_HEAD;
    buf_add(&g->head_bytes, str_from_to(piece, 0, most));
    if (!bytes_are_fine(g, from))
        return bytes.n;
    if (!fits) {
        refuse(g, g->line_start == 0 ? 414 : 431,
               g->line_start == 0 ? "request line too long" : "header too large");
        return bytes.n;
    }
    if (lf)
        line_ended(g);
    return piece.n;
}

static size_t take_body(struct guard *g, struct str bytes)
{
    size_t missing = g->head.content_length - g->body.n;
    struct str piece = str_from_to(bytes, 0, missing);
    buf_add(&g->body, piece);
    if (g->body.n == g->head.content_length)
        g->state = GUARD_COMPLETE;
    return piece.n;
}

void guard_feed(struct guard *g, struct str bytes)
{
    while (bytes.n > 0) {
        size_t used = bytes.n;
        switch (g->state) {
        case GUARD_EMPTY:
        case GUARD_HEAD: used = take_line(g, bytes); break;
        case GUARD_BODY: used = take_body(g, bytes); break;
        case GUARD_COMPLETE: g->head.close = true; break;
        case GUARD_REFUSED: g->n_swallow -= g->n_swallow < bytes.n ? g->n_swallow : bytes.n; break;
        }
        bytes = str_from_to(bytes, used, bytes.n);
    }
}
