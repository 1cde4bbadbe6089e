/*
 * Any bytes as JSON, read by base/json_scan and by jansson within our limits: the same values, or
 * both refuse. No difference is known; what is not compared are the digits of reals, which
 * json_scan checks and gives to nobody.
 */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/json_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_buf why = BUF_INIT((size_t)1 << 20);
    if (!json_reference_agrees(input_of(data, n), (size_t)1 << 16, &why)) {
        fprintf(stderr, "%s\n", buf_cstr(&why));
        abort();
    }
    return 0;
}
