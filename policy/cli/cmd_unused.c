/* unused: an audit log against what is granted. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "policy/analysis/policy_unused.h"
#include "policy/cli/run.h"

#define LOG_ARENA_MAX ((size_t)512 << 20)
#define CHUNK         ((size_t)1 << 20)
#define QUARTER_MS    ((int64_t)92 * 24 * 3600 * 1000)
#define LINES_SHOWN   6
#define NAMES_SHOWN   8

/* --- the log, a line at a time */

struct reading {
    struct run *run;
    struct audit_log *log;
    struct buf rest; /* the beginning of a line whose end is not read yet */
    bool skipping;   /* inside of a line that is too long */
};

static void free_rest(struct reading *r)
{
    buf_fini(&r->rest);
}

static int add_line(struct reading *r, struct str line)
{
    if (r->skipping) {
        r->skipping = false;
        r->log->n_lines++;
        r->log->n_foreign++;
        return 0;
    }
    if (r->rest.n == 0)
        return audit_log_line(r->log, line, false, &r->run->err);
    buf_add(&r->rest, line);
    int status = audit_log_line(r->log, buf_str(&r->rest), false, &r->run->err);
    buf_reset(&r->rest);
    return status;
}

static int add_chunk(struct reading *r, struct str chunk)
{
    const char *end;
    while (chunk.n && (end = memchr(chunk.p, '\n', chunk.n))) {
        struct str line = {chunk.p, (size_t)(end - chunk.p)};
        if (add_line(r, line) < 0)
            return -1;
        chunk = str_from_to(chunk, line.n + 1, chunk.n);
    }
    if (chunk.n == 0 || r->skipping)
        return 0;
    buf_add(&r->rest, chunk);
    if (r->rest.n > AUDIT_LINE_MAX) { /* no event is as long; memory must not follow */
        buf_reset(&r->rest);
        r->skipping = true;
    }
    return 0;
}

static int read_chunks(struct reading *r, int fd, const char *path)
{
    auto_free char *chunk = mem_alloc(CHUNK);
    ssize_t n;
    while ((n = read(fd, chunk, CHUNK)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(&r->run->err, "%s", path);
        if (add_chunk(r, (struct str){chunk, (size_t)n}) < 0)
            return fail_within(&r->run->err, "%s", path);
    }
    if (r->skipping)
        return add_line(r, STR_NONE);
    return r->rest.n ? audit_log_line(r->log, buf_str(&r->rest), true, &r->run->err) : 0;
}

static int read_log(struct run *s, struct audit_log *log)
{
    const char *path = arena_cstr(s->arena, s->options->arguments.items[0]);
    __attribute__((cleanup(free_rest))) struct reading r = {
        .run = s, .log = log, .rest = BUF_INIT(AUDIT_LINE_MAX + CHUNK + 1)};
    bool standard_input = str_is(STR_C(path), "-");
    auto_fd own = standard_input ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (!standard_input && own < 0)
        return fail_errno(&s->err, "%s", path);
    return read_chunks(&r, standard_input ? STDIN_FILENO : own, path);
}

/* --- the answer */

static void put_duration(struct buf *b, int64_t ms)
{
    int64_t hours = ms / 3600000;
    if (hours < 48)
        buf_fmt(b, "%lld hours", (long long)hours);
    else
        buf_fmt(b, "%lld days", (long long)(hours / 24));
}

static void say_log(struct run *s, const struct audit_log *log)
{
    auto_buf line = BUF_INIT(4096);
    buf_c(&line, "audit log: ");
    buf_count(&line, log->n_lines);
    buf_c(&line, " lines, ");
    buf_count(&line, log->n_allowed);
    buf_c(&line, " requests allowed by RBAC, ");
    buf_count(&line, log->n_denied);
    buf_c(&line, " denied");
    if (log->n_other)
        buf_fmt(&line, ", %llu allowed otherwise", (unsigned long long)log->n_other);
    if (log->n_foreign)
        buf_fmt(&line, ", %llu lines that are no events", (unsigned long long)log->n_foreign);
    buf_c(&line, log->truncated ? ", the last line is cut off" : "");
    if (log->first_ms <= log->last_ms) {
        buf_c(&line, "; ");
        time_format(&line, log->first_ms, false);
        buf_c(&line, " to ");
        time_format(&line, log->last_ms, false);
        buf_c(&line, " (");
        put_duration(&line, log->last_ms - log->first_ms);
        buf_char(&line, ')');
    }
    run_say_buf(s, &line);
    if (log->last_ms - log->first_ms < QUARTER_MS)
        run_say(s, "look at: what is used once a quarter may lie outside of this time; a right is "
                   "not useless because it is rare");
}

static void say_lines(struct run *s, const char *what, const struct unused_lines *lines)
{
    for (size_t i = 0; i < lines->n && i < LINES_SHOWN; i++)
        run_say(s, "    %s%.*s", i ? "  " : what, STR_F(lines->items[i]));
    if (lines->n > LINES_SHOWN)
        run_say(s, "      and %zu lines more (--output json has all)", lines->n - LINES_SHOWN);
}

static void put_names(struct buf *b, const struct str *names, size_t n)
{
    for (size_t i = 0; i < n && i < NAMES_SHOWN; i++)
        buf_fmt(b, "%s%.*s", i ? ", " : "", STR_F(names[i]));
    if (n > NAMES_SHOWN)
        buf_fmt(b, " and %zu more", n - NAMES_SHOWN);
}

static void put_unit(struct buf *b, const struct unused_unit *u)
{
    if (u->team.n) {
        buf_fmt(b, "team %.*s, role %.*s", STR_F(u->team), STR_F(u->role));
        buf_fmt(b, u->space.n ? " in %.*s" : ", the whole cluster%.*s", STR_F(u->space));
        buf_fmt(b, " (%.*s)", STR_F(u->src));
        return;
    }
    buf_fmt(b, "%s ", rbac_subject_kind_name(u->subject.kind));
    if (u->subject.namespace.n)
        buf_fmt(b, "%.*s/", STR_F(u->subject.namespace));
    buf_fmt(b, "%.*s, %s ", STR_F(u->subject.name), rbac_kind_name(u->binding->kind));
    if (u->binding->namespace.n)
        buf_fmt(b, "%.*s/", STR_F(u->binding->namespace));
    buf_fmt(b, "%.*s -> %.*s", STR_F(u->binding->name), STR_F(u->role));
}

static void say_unit(struct run *s, struct str site, const struct unused_unit *u)
{
    auto_buf line = BUF_INIT((size_t)1 << 16);
    buf_fmt(&line, "%.*s: ", STR_F(site));
    put_unit(&line, u);
    if (u->n_requests == 0)
        buf_fmt(&line, ": not used at all (%zu permissions", u->n_granted);
    else
        buf_fmt(&line, ": %zu of %zu permissions used (%llu requests, the last ", u->n_used,
                u->n_granted, (unsigned long long)u->n_requests);
    if (u->n_requests)
        time_format(&line, u->last_ms, false);
    if (u->n_namespaces > 1)
        buf_fmt(&line, "; %zu namespaces", u->n_namespaces);
    buf_char(&line, ')');
    run_say_buf(s, &line);
    if (u->n_requests == 0)
        return;
    if (u->n_unused_namespaces) {
        buf_reset(&line);
        buf_c(&line, "    not used in ");
        put_names(&line, u->unused_namespaces, u->n_unused_namespaces);
        run_say_buf(s, &line);
    }
    say_lines(s, "not used: ", &u->unused);
    if (u->smaller.n)
        run_say(s, "    role %.*s (%zu permissions) would do", STR_F(u->smaller), u->n_smaller);
    say_lines(s, "a role that would do: ", &u->proposal);
}

static void lines_json(struct json_out *j, const char *key, const struct unused_lines *lines)
{
    json_put_strs(j, key, lines->items, lines->n);
}

static void unit_json(struct run *s, const struct unused_unit *u)
{
    struct json_out *j = &s->json;
    auto_buf time = BUF_INIT(64);
    json_open_object(j);
    json_put_str(j, "kind", STR_C(rbac_subject_kind_name(u->subject.kind)));
    json_put_str(j, "subject", u->subject.name);
    json_put_str_opt(j, "subject_namespace", u->subject.namespace);
    json_put_str_opt(j, "team", u->team);
    json_put_str(j, "role", u->role);
    json_put_str_opt(j, "space", u->space);
    json_put_str_opt(j, "src", u->src);
    if (u->binding) {
        json_put_str(j, "binding", u->binding->name);
        json_put_str_opt(j, "namespace", u->binding->namespace);
    }
    json_put_i64(j, "namespaces", (int64_t)u->n_namespaces);
    json_put_strs(j, "unused_namespaces", u->unused_namespaces, u->n_unused_namespaces);
    json_put_i64(j, "granted", (int64_t)u->n_granted);
    json_put_i64(j, "used", (int64_t)u->n_used);
    json_put_i64(j, "requests", (int64_t)u->n_requests);
    if (u->n_requests) {
        time_format(&time, u->last_ms, false);
        json_put_str(j, "last", buf_str(&time));
    }
    lines_json(j, "unused", &u->unused);
    if (u->smaller.n) {
        json_put_str(j, "smaller_role", u->smaller);
        json_put_i64(j, "smaller_role_permissions", (int64_t)u->n_smaller);
    }
    lines_json(j, "proposal", &u->proposal);
    json_close_object(j);
}

static void log_json(struct run *s, const struct audit_log *log)
{
    struct json_out *j = &s->json;
    bool any = log->first_ms <= log->last_ms;
    json_key(j, "log");
    json_open_object(j);
    json_put_i64(j, "lines", (int64_t)log->n_lines);
    json_put_i64(j, "allowed", (int64_t)log->n_allowed);
    json_put_i64(j, "allowed_otherwise", (int64_t)log->n_other);
    json_put_i64(j, "denied", (int64_t)log->n_denied);
    json_put_i64(j, "other_stages", (int64_t)log->n_stages);
    json_put_i64(j, "foreign", (int64_t)log->n_foreign);
    json_put_bool(j, "truncated", log->truncated);
    if (any) {
        auto_buf first = BUF_INIT(64), last = BUF_INIT(64);
        time_format(&first, log->first_ms, false);
        time_format(&last, log->last_ms, false);
        json_put_str(j, "first", buf_str(&first));
        json_put_str(j, "last", buf_str(&last));
        json_put_bool(j, "rare_use_may_be_outside", log->last_ms - log->first_ms < QUARTER_MS);
    }
    json_close_object(j);
}

static void answer(struct run *s, const struct audit_log *log, const struct unused_report *r)
{
    size_t n_unused = 0;
    if (s->options->json) {
        log_json(s, log);
        json_put_i64(&s->json, "by_bindings_that_are_gone", (int64_t)r->n_unknown);
        json_key(&s->json, "granted");
        json_open_array(&s->json);
        for (size_t i = 0; i < r->units.n; i++)
            unit_json(s, &r->units.items[i]);
        json_close_array(&s->json);
        return;
    }
    say_log(s, log);
    for (size_t i = 0; i < r->units.n; i++) {
        n_unused += r->units.items[i].n_requests == 0;
        say_unit(s, s->clusters[0].site, &r->units.items[i]);
    }
    if (r->n_unknown)
        run_say(s, "%llu requests were allowed by bindings that are not there now",
                (unsigned long long)r->n_unknown);
    run_say(s, "%zu grants and foreign bindings, %zu not used at all", r->units.n, n_unused);
}

enum cli_exit cmd_unused(struct run *s)
{
    auto_arena arena = {0};
    struct audit_log log;
    struct rbac_set own = {0};
    arena_init(&arena, LOG_ARENA_MAX);
    if (s->n_clusters != 1) {
        (void)fail(&s->err, ERR_CONFIG, "an audit log is that of one site: --site NAME");
        return run_fail(s);
    }
    audit_log_init(&log, &arena);
    int status = read_log(s, &log);
    audit_log_fini(&log);
    if (status == 0 && log.n_allowed + log.n_other + log.n_denied == 0)
        status = fail(&s->err, ERR_INPUT,
                      "%.*s: no decision in it: the API server writes them as JSON with the level "
                      "Metadata or higher",
                      STR_F(s->options->arguments.items[0]));
    if (status == 0)
        status = run_emit(s, s->policy, &s->clusters[0], &own, &s->err);
    if (status < 0)
        return run_fail(s);
    const struct policy_at at = {s->policy, run_site(s->policy, &s->clusters[0]), s->now_ms,
                                 s->arena};
    struct unused_report report = policy_unused(&at, &s->clusters[0].objects, &own, &log);
    answer(s, &log, &report);
    return CLI_OK;
}
