/* Any bytes as YAML, read by us and by libfyaml: the same tree, or both refuse. */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/yaml_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct source source = {"fuzz.yaml", input_of(data, n)};
    auto_buf why = BUF_INIT((size_t)1 << 20);
    if (n < 65536 && !yaml_reference_agrees(&source, &why)) {
        fprintf(stderr, "%s\n", buf_cstr(&why));
        abort();
    }
    return 0;
}
