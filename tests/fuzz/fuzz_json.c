/* Any bytes as JSON: read or refused with a reason; and as the text of a JSON string: it reads back
 * as it was. */
#include "base/json.h"
#include "tests/fuzz/fuzz.h"

static void check_read(struct str text)
{
    struct err e = {0};
    auto_json *j = json_read(text, (size_t)1 << 16, &e);
    MUST(j || e.text[0]);
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct str s, *strs = NULL;
    int64_t number;
    bool flag;
    size_t n = 0;
    (void)json_get_i64(j, "a", &number);
    (void)json_get_bool(j, "a", &flag);
    if (json_get_str(j, "a", &a, &s))
        MUST(str_is_utf8(s));
    if (json_get_strs(j, "a", &a, &strs, &n))
        for (size_t i = 0; i < n; i++)
            MUST(str_is_utf8(strs[i]));
}

static void check_written(struct str text)
{
    auto_buf out = BUF_INIT((size_t)8 << 20);
    struct json_out j;
    json_out_init(&j, &out);
    json_open_object(&j);
    json_put_str(&j, "a", text);
    json_put_strs(&j, "b", &text, 1);
    json_close_object(&j);
    struct err e = {0};
    auto_json *back = json_read(buf_str(&out), (size_t)8 << 20, &e);
    if (str_has(text, '\0')) /* a NUL is written, but jansson reads none */
        return;
    auto_arena a = {0};
    arena_init(&a, (size_t)16 << 20);
    struct str s;
    MUST(json_get_str(back, "a", &a, &s));
    MUST(str_is_utf8(s));
    if (str_is_utf8(text))
        MUST(str_eq(s, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    check_read(input_of(data, n));
    check_written(input_of(data, n));
    return 0;
}
