#pragma once
/* What fuzz targets share: the entry a fuzzer calls, and a check that ends the process. */
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/*
 * libfyaml 0.7 keeps a kilobyte when a quoted text has many escapes (fy_atom_iter without its end);
 * it is gone in later versions. Leaks of our own are still found.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so\n";
}

#define MUST(condition) \
    do { \
        if (!(condition)) \
            abort(); \
    } while (0)

static inline struct str input_of(const uint8_t *data, size_t n)
{
    return (struct str){(const char *)data, n};
}
