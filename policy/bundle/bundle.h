#pragma once
/*
 * A bundle: all files of one policy as one text, with a number that only grows. Signed (JWS, by
 * lotse-policy sign) it is what sites and gateways take: whole, unchanged, never an older one than
 * they had. The same files and number give the same bytes. Pure.
 */
#include "base/diag.h"
#include "base/err.h"

#define BUNDLE_TYPE      "lotse-policy-bundle+jws" /* `typ` of the signed document */
#define BUNDLE_MAX       ((size_t)64 << 20)
#define BUNDLE_FILES_MAX 4096

struct bundle_file {
    struct str name; /* relative, / between folders, as `include` says it */
    struct str text;
};
struct bundle {
    int64_t serial;            /* 1, 2, ...: a taker refuses a smaller one than it has */
    struct bundle_file *files; /* the first is the policy; those it includes follow, by name */
    size_t n_files;
};
/* Puts the files behind the first in order. -1: a name twice, absolute, or with "..". */
must_check int bundle_write(const struct bundle *b, struct buf *out, struct err *e);
/* -1: not a bundle of this version; e says why. */
must_check int bundle_read(struct str text, struct arena *a, struct bundle *ret, struct err *e);
/* NULL: no such file in it. */
const struct bundle_file *bundle_find(const struct bundle *b, struct str name);
