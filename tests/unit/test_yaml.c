#include "tests/unit/unit.h"

#include "base/yaml.h"
#include "tests/unit/yaml_reference.h"

struct parsed {
    struct arena arena;
    struct source source;
    struct diags diags;
    const struct yaml *root;
};

static void parsed_release(struct parsed *p)
{
    arena_fini(&p->arena);
}
#define auto_parsed __attribute__((cleanup(parsed_release))) struct parsed

static void parse_within(struct parsed *p, struct str text, struct yaml_limits limits)
{
    arena_init(&p->arena, (size_t)64 << 20);
    p->source = (struct source){"t.yaml", text};
    diags_init(&p->diags, &p->arena);
    p->root = yaml_read(&p->arena, &p->source, &limits, &p->diags);
}

static void parse(struct parsed *p, struct str text)
{
    parse_within(p, text, YAML_LIMITS_DEFAULT);
}

/* The tree on one line: scalars as text, "text" when quoted, lists [a b], maps {k: v}. */
static void show(struct buf *out, const struct yaml *y)
{
    if (y->kind == YAML_SCALAR)
        buf_fmt(out, y->quoted ? "\"%.*s\"" : "%.*s", STR_F(y->text));
    if (y->kind == YAML_SCALAR)
        return;
    buf_char(out, y->kind == YAML_LIST ? '[' : '{');
    for (size_t i = 0; i < y->n; i++) {
        if (i > 0)
            buf_char(out, ' ');
        if (y->kind == YAML_MAP)
            buf_fmt(out, "%.*s: ", STR_F(y->pairs[i].key));
        show(out, y->kind == YAML_MAP ? &y->pairs[i].value : &y->items[i]);
    }
    buf_char(out, y->kind == YAML_LIST ? ']' : '}');
}

static void libfyaml_agrees(struct parsed *p)
{
    auto_buf why = BUF_INIT((size_t)1 << 20);
    if (!yaml_reference_agrees(&p->source, &why)) {
        print_error("%.*s\n%s\n", STR_F(p->source.text), buf_cstr(&why));
        assert_true(false);
    }
}

static void good_texts_become_trees(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *shown;
    } cases[] = {
        {STR_NONE, "{}"},
        {STR("# only a comment\n"), "{}"},
        {STR("---\n"), "{}"},
        {STR("---\na: 1\n...\n"), "{a: 1}"},
        {STR("\n\n"), "{}"},
        {STR("a: 1\r\nb: 2\r\n"), "{a: 1 b: 2}"},
        {STR("a: true\nb: 'true'\nc: \"x\\ty\"\n"), "{a: true b: \"true\" c: \"x\ty\"}"},
        {STR("- a\n- - b\n  - c\n-\n"), "[a [b c] ]"},
        {STR("{\"a\": [1, 2.5, null], \"b\": {}}"), "{a: [1 2.5 null] b: {}}"},
        {STR("a: |\n  x\n  y\nb: >-\n  p\n  q\n"), "{a: \"x\ny\n\" b: \"p q\"}"},
        {STR("a: x # comment\nb: x#y\nc: 'it''s'\n"), "{a: x b: x#y c: \"it's\"}"},
        {STR("m\xc3\xbcller: gr\xc3\xbc\xc3\x9f\n"), "{m\xc3\xbcller: gr\xc3\xbc\xc3\x9f}"},
        {STR("a:\n  b:\n    - c: d\n      e: f\n"), "{a: {b: [{c: d e: f}]}}"},
        {STR("just text"), "just text"},
        {STR("a: '*x'\nb: \"&y\"\nc: '!z'\n"), "{a: \"*x\" b: \"&y\" c: \"!z\"}"},
        {STR("'<<': 1"), "{<<: 1}"},
        {STR("url: https://x.example:8443/a?b=c\n"), "{url: https://x.example:8443/a?b=c}"},
        {STR("a: b\n  c\n\n  d # e\nf:\n  g\n h: i\n"), NULL},
        {STR("a: b\n  c\n\n  d # e\nf:\n  g\n  h\n"), "{a: b c\nd f: g h}"},
        {STR("a: \"b \n  c\\\n  d\\\n\n  e\\ \n  f\"\n"), "{a: \"b cd\ne  f\"}"},
        {STR("a: 'b \n\n  c'\n"), "{a: \"b\nc\"}"},
        {STR("a: \"\\x41\\u00fc\\U0001F600\\/\\\"\"\n"), "{a: \"A\xc3\xbc\xf0\x9f\x98\x80/\"\"}"},
        {STR("a: |+\n  x\n\n\nb: |-\n  y\n\n"), "{a: \"x\n\n\n\" b: \"y\"}"},
        {STR("a: >\n  x\n  y\n\n   z\n  w\n"), "{a: \"x y\n\n z\nw\n\"}"},
        {STR("a: |1\n   x\n y\n"), "{a: \"  x\ny\n\"}"},
        {STR("a: |\n  x"), "{a: \"x\n\"}"},
        {STR("a:\n- b\n- c\nd: [e,\n f\n ]\n"), "{a: [b c] d: [e f]}"},
        {STR("[a: b, {c}, {\"d\":1, e: }, 'f':g]"), "[{a: b} {c: } {d: 1 e: } {f: g}]"},
        {STR("--- [a]\n...\n...\n"), "[a]"},
        {STR("-1: - b\n"), NULL},
        {STR("-1: -b\n? : :c\n"), NULL},
        {STR("-1: -b\n?d: :c\n"), "{-1: -b ?d: :c}"},
        {STR("\"\\ud83d\\ude00\""), "\"\xf0\x9f\x98\x80\""},
        {STR("a : b\t# c\n\"d\" : 'e'\t\n"), "{a: b d: \"e\"}"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_parsed p = {0};
        parse(&p, cases[i].text);
        assert_int_equal(p.root != NULL, cases[i].shown != NULL);
        assert_int_equal(p.diags.n == 0, cases[i].shown != NULL);
        auto_buf out = BUF_INIT(1000);
        if (p.root)
            show(&out, p.root);
        if (p.root)
            assert_string_equal(buf_cstr(&out), cases[i].shown);
        libfyaml_agrees(&p);
    }
}

/* Each: where, and a part of the message. */
static const struct refused {
    struct str text;
    unsigned line, column;
    const char *part;
} refused[] = {
    {STR("a: 1\nb: &x 2\n"), 2, 4, "anchors"},
    {STR("a: *x\n"), 1, 4, "anchors"},
    {STR("&x a: 1\n"), 1, 1, "anchors"},
    {STR("- *a : 1\n"), 1, 3, "anchors"},
    {STR("a: !!str 1\n"), 1, 4, "tags"},
    {STR("a: !secret x\n"), 1, 4, "tags"},
    {STR("! a\n"), 1, 1, "tags"},
    {STR("a: {<<: {b: 1}}\n"), 1, 5, "merge keys"},
    {STR("\xc3\xbc: 1\nb: 2\n\xc3\xbc: 3\n"), 3, 1, "stands twice"},
    {STR("{a: 1, 'a': 2}"), 1, 8, "stands twice"},
    {STR("? [a]\n: 1\n"), 1, 1, "a key must be"},
    {STR("? a\n: 1\n"), 1, 1, "complex keys"},
    {STR("[a]: 1\n"), 1, 1, "a key must be"},
    {STR("a: 1\n{b: c}: 1\n"), 2, 1, "a key must be"},
    {STR("{{a: b}: c}"), 1, 2, "a key must be"},
    {STR(": 1\n"), 1, 1, "a key is missing"},
    {STR("'': 1\n"), 1, 1, "a key is missing"},
    {STR("a: 1\n---\nb: 2\n"), 2, 1, "second document"},
    {STR("a: 1\n...\nb: 2\n"), 3, 1, "second document"},
    {STR("a:\n\tb: 1\n"), 2, 1, "tab"},
    {STR("a:\n  \tb: 1\n"), 2, 3, "tab"},
    {STR("\xef\xbb\xbf"
         "a: 1\n"),
     1, 1, "byte order mark"},
    {STR("\xc3\xbc: \xff\n"), 1, 4, "not UTF-8"},
    {STR("a: \xed\xa0\x80\n"), 1, 4, "not UTF-8"},
    {STR("a: b\0c\n"), 1, 5, "U+0000"},
    {STR("a: \x1b[1m\n"), 1, 4, "U+001B"},
    {STR("# \xe2\x80\xae\n"), 1, 3, "U+202E"},
    {STR("a: \xc2\x85\n"), 1, 4, "U+0085"},
    {STR("a: \xe2\x80\xa8\n"), 1, 4, "U+2028"},
    {STR("a: 1\rb: 2\n"), 1, 5, "carriage return"},
    {STR("a: \"x\\0\"\n"), 1, 4, "U+0000"},
    {STR("a: \"\\u202e\"\n"), 1, 4, "U+202E"},
    {STR("%YAML 1.1\n---\na: 1\n"), 1, 1, "directive"},
    {STR("a: b: c\n"), 1, 5, "nested block mapping"},
    {STR("a: [1, 2\nb: 3\n"), 2, 1, "indented more"},
    {STR("a: [1\n 2: 3]\n"), 1, 5, "one line"},
    {STR("\xc3\xbc: [1, 2}\n"), 1, 9, "mismatched"},
    {STR("a: \"x\n"), 1, 5, "without closing quote"},
    {STR("a: @x\n"), 1, 4, "cannot start"},
    {STR("a: [1\n"), 1, 6, "closing bracket is missing"},
    {STR("{"), 1, 2, "closing bracket is missing"},
    {STR("a: 'x' y\n"), 1, 8, "behind the end of the value"},
    {STR("a:\n    b: 1\n  c: 2\n"), 3, 3, "indentation"},
    {STR("- a\nb: 1\n"), 2, 1, "indentation"},
    {STR("a: 1\nb\n"), 2, 1, "a ':' is missing"},
    {STR("a: - b\n"), 1, 4, "in the next line"},
    {STR("a: |\nb: 1\n"), 1, 4, "a block without a text"},
    {STR("a: |x\n  b\n"), 1, 5, "begins in the next line"},
    {STR("a: |\n    \n  b\n"), 2, 1, "more spaces"},
    {STR("|\n  b\n"), 1, 1, "whole file"},
    {STR("-\ta\n"), 1, 2, "a tab behind '-'"},
    {STR("a: \"\\q\"\n"), 1, 5, "an escape"},
    {STR("a: \"\\ud83d\"\n"), 1, 5, "an escape"},
    {STR("a: \"\\ud83dx\\ude00\"\n"), 1, 5, "an escape"},
    {STR("a: 'b\nc'\n"), 2, 1, "indented more"},
    {STR("a: [b c: d\n"), 1, 11, "closing bracket is missing"},
    {STR("{a: b: c}\n"), 1, 6, "nested mapping"},
    {STR("[a, , b]\n"), 1, 5, "nothing stands before"},
    {STR("[a b]#c\n"), 1, 6, "behind the end of the value"},
    {STR("[a,#b\n]\n"), 1, 4, "a comment needs a space"},
    {STR("a: 'b\n---\n c'\n"), 1, 5, "without closing quote"},
    {STR("...\n"), 1, 1, "ends before it begins"},
};

static void what_is_refused_is_refused_at_its_place(void **state)
{
    (void)state;
    const struct refused *cases = refused;
    for (size_t i = 0; i < N_OF(refused); i++) {
        auto_parsed p = {0};
        parse(&p, cases[i].text);
        assert_null(p.root);
        assert_true(p.diags.n_errors > 0);
        libfyaml_agrees(&p);
        const struct diag *d = &p.diags.items[0];
        if (!str_contains(d->message, str_from(cases[i].part)) || d->pos.line != cases[i].line ||
            (d->pos.column != cases[i].column && *cases[i].part)) {
            auto_buf out = BUF_INIT(10000);
            diags_print(&p.diags, &out);
            print_error("case %zu, expected %u:%u %s, got:\n%s", i, cases[i].line, cases[i].column,
                        cases[i].part, buf_cstr(&out));
            assert_true(false);
        }
    }
}

static void the_limits_hold(void **state)
{
    (void)state;
    struct yaml_limits limits = {100, 4, 10};
    static const struct {
        struct str text;
        const char *part; /* NULL: accepted */
    } cases[] = {
        {STR("[[[a]]]"), NULL},
        {STR("[[[[a]]]]"), "nested more than 4"},
        {STR("{a: {b: {c: {d: e}}}}"), "nested more than 4"},
        {STR("[1,2,3,4,5,6,7,8,9]"), NULL},
        {STR("[1,2,3,4,5,6,7,8,9,10]"), "more than 10 values"},
        {STR("{a: 1, b: 2, c: 3, d: 4, e: 5}"), "more than 10 values"},
        {STR("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
             "5678901234567890"),
         "more than the 100 allowed"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_parsed p = {0};
        parse_within(&p, cases[i].text, limits);
        assert_int_equal(p.root != NULL, cases[i].part == NULL);
        if (cases[i].part)
            assert_true(str_contains(p.diags.items[0].message, str_from(cases[i].part)));
    }
}

static void a_small_arena_is_an_error_not_a_crash(void **state)
{
    (void)state;
    for (size_t max = 0; max < 2000; max += 48) {
        struct arena small;
        arena_init(&small, max);
        auto_arena a = {0};
        arena_init(&a, ARENA_NO_MAX);
        struct diags d;
        diags_init(&d, &a);
        struct source source = {"s", STR("{a: [b, c, d, e, f, g, h, i, j, k], l: {m: n}}")};
        const struct yaml *root = yaml_read(&small, &source, &YAML_LIMITS_DEFAULT, &d);
        assert_true(root != NULL || d.n_errors > 0);
        arena_fini(&small);
    }
}

static void deep_and_wide_texts_end_quickly(void **state)
{
    (void)state;
    auto_buf text = BUF_INIT((size_t)1 << 20);
    while (text.n < 500000)
        buf_lit(&text, "[");
    auto_parsed deep = {0};
    parse(&deep, buf_str(&text));
    assert_null(deep.root);
    buf_reset(&text);
    buf_lit(&text, "[");
    for (int i = 0; i < 60000; i++)
        buf_fmt(&text, "\xc3\xbc%d: 1, ",
                i); /* one long line: positions must not cost its square */
    buf_lit(&text, "]");
    auto_parsed wide = {0};
    parse(&wide, buf_str(&text));
    assert_non_null(wide.root);
    assert_int_equal(wide.root->n, 60000);
    assert_int_equal(wide.root->items[59999].pos.line, 1);
}

static void positions_count_characters(void **state)
{
    (void)state;
    auto_parsed p = {0};
    parse(&p, STR("gr\xc3\xbc\xc3\x9f"
                  "e: \"h\xc3\xa4llo\"\n"
                  "liste:\n"
                  "  - {\xc3\xb6: wert}\n"
                  "  - zwei\n"
                  "leer:\n"));
    assert_non_null(p.root);
    const struct yaml_pair *pairs = p.root->pairs;
    const struct yaml *item = &pairs[1].value.items[0];
    const struct {
        struct pos pos;
        unsigned line, column, length;
    } cases[] = {
        {pairs[0].key_pos, 1, 1, 5},
        {pairs[0].value.pos, 1, 8, 7},
        {pairs[1].key_pos, 2, 1, 5},
        {pairs[1].value.pos, 3, 3, 0},
        {item->pos, 3, 5, 1},
        {item->pairs[0].key_pos, 3, 6, 1},
        {item->pairs[0].value.pos, 3, 9, 4},
        {pairs[1].value.items[1].pos, 4, 5, 4},
        {pairs[2].value.pos, 5, 1, 4}, /* a value left out stands at its key */
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        assert_int_equal(cases[i].pos.line, cases[i].line);
        assert_int_equal(cases[i].pos.column, cases[i].column);
        assert_int_equal(cases[i].pos.length, cases[i].length);
        assert_ptr_equal(cases[i].pos.source, &p.source);
    }
}

static void values_have_the_type_asked_for_or_a_diagnostic(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool str, flag, number, duration;
    } cases[] = {
        {STR("abc"), true, false, false, false},     {STR("true"), true, true, false, false},
        {STR("'true'"), true, false, false, false},  {STR("yes"), true, false, false, false},
        {STR("True"), true, false, false, false},    {STR("5"), true, false, true, false},
        {STR("'5'"), true, false, false, false},     {STR("-1"), true, false, false, false},
        {STR("11"), true, false, false, false},      {STR("010"), true, false, false, false},
        {STR("0"), true, false, true, false},        {STR("0x5"), true, false, false, false},
        {STR("5m"), true, false, false, true},       {STR("'5m'"), true, false, false, true},
        {STR("~"), false, false, false, false},      {STR("null"), false, false, false, false},
        {STR("'~'"), true, false, false, false},     {STR("[a]"), false, false, false, false},
        {STR("{a: b}"), false, false, false, false},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_parsed p = {0};
        parse(&p, cases[i].text);
        struct str s = STR("untouched");
        bool flag = false;
        int64_t number = 77, ms = 77;
        assert_int_equal(yaml_to_str(p.root, &s, &p.diags), cases[i].str);
        assert_int_equal(yaml_to_bool(p.root, &flag, &p.diags), cases[i].flag);
        assert_int_equal(yaml_to_i64(p.root, 0, 10, &number, &p.diags), cases[i].number);
        assert_int_equal(yaml_to_duration(p.root, &ms, &p.diags), cases[i].duration);
        assert_int_equal(p.diags.n_errors,
                         4 - cases[i].str - cases[i].flag - cases[i].number - cases[i].duration);
        assert_int_equal(number == 77, !cases[i].number);
        assert_int_equal(str_is(s, "untouched"), !cases[i].str);
    }
}

static void unknown_keys_are_named_with_the_nearest(void **state)
{
    (void)state;
    static const struct str names[] = {STR("issuer"), STR("listen")};
    auto_parsed p = {0};
    parse(&p, STR("issuer: x\nlisten: y\nisuer: z\n"));
    assert_false(yaml_check_keys(p.root, names, N_OF(names), &p.diags));
    auto_buf out = BUF_INIT(1000);
    diags_print(&p.diags, &out);
    assert_string_equal(buf_cstr(&out), "t.yaml:3:1: error: unknown key 'isuer'\n"
                                        "      3 | isuer: z\n"
                                        "        | ^^^^^\n"
                                        "        = did you mean 'issuer'?\n");
    assert_true(str_is(yaml_get(p.root, STR("listen"))->text, "y"));
    assert_null(yaml_get(p.root, STR("x")));
    assert_null(yaml_get(yaml_get(p.root, STR("listen")), STR("x")));
    assert_null(yaml_get(NULL, STR("x")));
    assert_true(yaml_is_null(NULL));
    auto_parsed list = {0};
    parse(&list, STR("- a"));
    assert_false(yaml_check_keys(list.root, names, N_OF(names), &list.diags));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts_become_trees),
        cmocka_unit_test(what_is_refused_is_refused_at_its_place),
        cmocka_unit_test(the_limits_hold),
        cmocka_unit_test(a_small_arena_is_an_error_not_a_crash),
        cmocka_unit_test(deep_and_wide_texts_end_quickly),
        cmocka_unit_test(positions_count_characters),
        cmocka_unit_test(values_have_the_type_asked_for_or_a_diagnostic),
        cmocka_unit_test(unknown_keys_are_named_with_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
