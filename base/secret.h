#pragma once
/*
 * A secret: bytes that are never printed, compared in constant time, and wiped when released. There
 * is no format for it on purpose; secret_reveal() is the one way to the bytes, so that `grep
 * secret_reveal` lists every use.
 */
#include "base/err.h"
#include "base/str.h"

struct secret {
    char *bytes_;
    size_t n_;
};

void secret_set(struct secret *s, struct str value); /* copies */
void secret_fini(struct secret *s);
bool secret_is_empty(const struct secret *s);
bool secret_eq(const struct secret *a, struct str b); /* constant time in the bytes */
struct str secret_reveal(const struct secret *s);
/* The file's content without one trailing newline. Refuses an empty one, one over 64 KiB, and one
 * that others may read. */
must_check int secret_read_file(struct secret *ret_secret, const char *path, struct err *e);
void bytes_wipe(void *p, size_t n);
bool bytes_eq_constant_time(const void *a, const void *b, size_t n);

#define auto_secret struct secret __attribute__((cleanup(secret_fini)))
