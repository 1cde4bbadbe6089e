#pragma once
/*
 * The structured log: one line per event on one descriptor, JSON or text, written with one
 * write(2). Values are escaped, so no peer can forge a line (control bytes, bidi and ESC are
 * neutralised). Any thread.
 *
 *     log_info("listening", LOG_STR("address", addr), LOG_INT("port", port));
 */
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_AUDIT };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_field {
    const char *key; /* NULL ends the list */
    enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_BOOL } type;
    struct str s;
    int64_t i;
};
#define LOG_STR(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_STR, .s = (v)})
#define LOG_C(k, v)    LOG_STR((k), str_from(v))
#define LOG_INT(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_INT, .i = (int64_t)(v)})
#define LOG_BOOL(k, v) ((struct log_field){.key = (k), .type = LOG_FIELD_BOOL, .i = (v)})

void log_setup(int fd, enum log_format format, enum log_level least);
void log_write(enum log_level level, const char *message, const struct log_field *fields);
#define log_at(level, message, ...) \
    log_write((level), (message), \
              (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})
#define log_debug(message, ...) log_at(LOG_DEBUG, message, __VA_ARGS__)
#define log_info(message, ...)  log_at(LOG_INFO, message, __VA_ARGS__)
#define log_warn(message, ...)  log_at(LOG_WARN, message, __VA_ARGS__)
#define log_error(message, ...) log_at(LOG_ERROR, message, __VA_ARGS__)
