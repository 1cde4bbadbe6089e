/* Signed documents and bundles: whatever comes is refused or read, and what is read is written
 * again as the same. */
#include "jose/document.h"
#include "policy/bundle/bundle.h"
#include "tests/fuzz/fuzz.h"

static void read_payload(struct str payload, struct arena *a)
{
    struct bundle b, again;
    struct err e;
    auto_buf out = BUF_INIT(BUNDLE_MAX);
    if (bundle_read(payload, a, &b, &e) < 0)
        return;
    if (bundle_write(&b, &out, &e) < 0 || bundle_read(buf_str(&out), a, &again, &e) < 0 ||
        again.serial != b.serial || again.n_files != b.n_files)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = {(const char *)data, n};
    auto_arena a = {0};
    auto_keyset *nobody = NULL;
    struct document d;
    struct err e;
    arena_init(&a, (size_t)64 << 20);
    read_payload(text, &a);
    if (keyset_new(NULL, 0, &nobody, &e) < 0)
        abort();
    const struct document_trust trust = {BUNDLE_TYPE, nobody};
    if (document_read(text, &trust, &a, &d, &e) == 0) {
        if (d.n_known != 0)
            abort(); /* nobody is trusted */
        read_payload(d.payload, &a);
    }
    return 0;
}
