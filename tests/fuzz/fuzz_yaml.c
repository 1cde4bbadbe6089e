/* Any bytes as YAML: a tree or diagnostics, never both; positions inside of the text; nothing that
 * commands a terminal. */
#include "base/yaml.h"
#include "tests/fuzz/fuzz.h"

static void check_pos(struct pos pos)
{
    MUST(pos.line >= 1 && pos.column >= 1 && pos.source);
    MUST(pos.line <= pos.source->text.n + 1 && pos.column <= pos.source->text.n + 1);
}

static void check_text(struct str text)
{
    while (text.n > 0) {
        uint32_t code;
        MUST(utf8_take(&text, &code));
        MUST(code == '\n' || code == '\t' || !code_point_is_control(code));
    }
}

static void check_node(const struct yaml *y, size_t depth, struct diags *d)
{
    MUST(depth <= 32);
    check_pos(y->pos);
    check_text(y->text);
    struct str s;
    bool flag;
    int64_t number;
    (void)yaml_to_str(y, &s, d);
    (void)yaml_to_bool(y, &flag, d);
    (void)yaml_to_i64(y, -5, 5, &number, d);
    (void)yaml_to_duration(y, &number, d);
    (void)yaml_check_keys(y, (struct str[]){STR("issuer"), STR("listen")}, 2, d);
    for (size_t i = 0; i < y->n && y->kind == YAML_LIST; i++)
        check_node(&y->items[i], depth + 1, d);
    for (size_t i = 0; i < y->n && y->kind == YAML_MAP; i++) {
        check_pos(y->pairs[i].key_pos);
        check_text(y->pairs[i].key);
        MUST(yaml_get(y, y->pairs[i].key) == &y->pairs[i].value); /* no key stands twice */
        check_node(&y->pairs[i].value, depth + 1, d);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_arena a = {0};
    arena_init(&a, (size_t)16 << 20);
    struct diags d;
    diags_init(&d, &a);
    struct source source = {"fuzz.yaml", input_of(data, n)};
    struct yaml_limits limits = {(size_t)1 << 16, 32, 5000};
    const struct yaml *root = yaml_read(&a, &source, &limits, &d);
    MUST((root != NULL) == (d.n_errors == 0));
    if (root)
        check_node(root, 1, &d);
    auto_buf out = BUF_INIT((size_t)4 << 20);
    diags_print(&d, &out);
    check_text(buf_str(&out));
    return 0;
}
