#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#define LINE_MAX_BYTES  ((size_t)16 << 10)
#define VALUE_MAX_BYTES ((size_t)2 << 10)
#define LINE_USUAL      ((size_t)1000)

static struct {
    _Atomic int fd;
    _Atomic int format;
    _Atomic int least;
} settings = {STDERR_FILENO, LOG_FORMAT_TEXT, LOG_INFO};

static const char *const level_names[] = {"debug", "info", "warn", "error", "audit"};

void log_setup(int fd, enum log_format format, enum log_level least)
{
    atomic_store(&settings.fd, fd);
    atomic_store(&settings.format, (int)format);
    atomic_store(&settings.least, (int)least);
}

/* U+202E, in JSON syntax also for text: what a terminal would obey is shown, not sent */
static void escape_code_point(struct buf *b, uint32_t code)
{
    switch (code) {
    case '\n': buf_lit(b, "\\n"); return;
    case '\r': buf_lit(b, "\\r"); return;
    case '\t': buf_lit(b, "\\t"); return;
    default: buf_fmt(b, "\\u%04x", (unsigned)code);
    }
}

static void quoted(struct buf *b, struct str s)
{
    bool cut = s.n > VALUE_MAX_BYTES;
    if (cut)
        s.n = VALUE_MAX_BYTES;
    buf_char(b, '"');
    while (s.n > 0) {
        struct str from = s;
        uint32_t code;
        if (!utf8_take(&s, &code))
            buf_lit(b, "\xEF\xBF\xBD");
        else if (code == '"' || code == '\\')
            buf_bytes(b, (const char[]){'\\', (char)code}, 2);
        else if (code_point_is_control(code) || code == 0x2028 || code == 0x2029)
            escape_code_point(b, code);
        else
            buf_bytes(b, from.p, from.n - s.n);
    }
    if (cut)
        buf_lit(b, "...");
    buf_char(b, '"');
}

/* In a text line a value stands bare when nobody can take it for something else. */
static bool is_bare(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return s.n > 0 && s.n <= VALUE_MAX_BYTES;
}

static void put_value(struct buf *b, const struct log_field *field, enum log_format format)
{
    switch (field->type) {
    case LOG_FIELD_INT: buf_i64(b, field->i); return;
    case LOG_FIELD_BOOL: buf_c(b, field->i ? "true" : "false"); return;
    case LOG_FIELD_STR: break;
    }
    if (format == LOG_FORMAT_TEXT && is_bare(field->s))
        buf_add(b, field->s);
    else
        quoted(b, field->s);
}

static void line_json(struct buf *b, const char *level, const char *message,
                      const struct log_field *fields)
{
    buf_lit(b, "{\"time\":\"");
    time_format(b, clock_now_ms(&clock_system), true);
    buf_fmt(b, "\",\"level\":\"%s\",\"message\":", level);
    quoted(b, str_from(message));
    for (const struct log_field *f = fields; f->key; f++) {
        struct buf pair = BUF_INIT(LINE_MAX_BYTES);
        buf_char(&pair, ',');
        quoted(&pair, str_from(f->key));
        buf_char(&pair, ':');
        put_value(&pair, f, LOG_FORMAT_JSON);
        if (b->n + pair.n < LINE_MAX_BYTES) /* a line too long loses fields, never its syntax */
            buf_add(b, buf_str(&pair));
        buf_fini(&pair);
    }
    buf_lit(b, "}\n");
}

static void line_text(struct buf *b, const char *level, const char *message,
                      const struct log_field *fields)
{
    time_format(b, clock_now_ms(&clock_system), true);
    buf_fmt(b, " %-5s ", level);
    struct buf escaped = BUF_INIT(LINE_MAX_BYTES);
    quoted(&escaped, str_from(message));
    buf_add(b, str_from_to(buf_str(&escaped), 1, escaped.n - 1)); /* without the quotes */
    buf_fini(&escaped);
    for (const struct log_field *f = fields; f->key && b->n < LINE_MAX_BYTES; f++) {
        buf_char(b, ' ');
        buf_c(b, f->key);
        buf_char(b, '=');
        put_value(b, f, LOG_FORMAT_TEXT);
    }
    buf_char(b, '\n');
}

static void write_line(int fd, struct str line)
{
    int saved = errno;
    while (line.n > 0) {
        ssize_t done = write(fd, line.p, line.n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            break; /* nowhere to say it */
        line = (struct str){line.p + done, line.n - (size_t)done};
    }
    errno = saved;
}

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
    if ((int)level < atomic_load_explicit(&settings.least, memory_order_relaxed))
        return;
    auto_buf line = BUF_INIT(LINE_MAX_BYTES * 8); /* more than any line can reach */
    (void)buf_reserve(&line, LINE_USUAL);
    if (atomic_load_explicit(&settings.format, memory_order_relaxed) == LOG_FORMAT_JSON)
        line_json(&line, level_names[level], message, fields);
    else
        line_text(&line, level_names[level], message, fields);
    write_line(atomic_load_explicit(&settings.fd, memory_order_relaxed), buf_str(&line));
}
