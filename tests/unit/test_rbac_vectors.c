/* Every case of upstream's own tables (tests/unit/vectors, made by tests/go/vectors/make.py) is
 * answered as upstream's tests expect; questions of access go through both evaluators. */
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "tests/unit/rbac_oracle.h"
#include "tests/unit/unit.h"

static const struct {
    const char *name;
    size_t n; /* as the head of the file says; a table that shrank is a defect */
} tables[] = {{"authorizer", 104},  {"subject_locator", 6},  {"rule", 22},
              {"compact", 18},      {"covers", 37},          {"aggregation", 6},
              {"request_info", 57}, {"service_account", 21}, {"union", 6},
              {"impersonation", 24}};

static bool among(const json_t *list, const json_t *wanted)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) if (json_equal(item, wanted)) return true;
    return false;
}

/* Upstream compares lists of rules without their order. */
static bool same(const json_t *a, const json_t *b)
{
    size_t i;
    const char *key;
    const json_t *item;
    json_t *value;
    if (json_is_object(a) && json_is_object(b)) {
        json_object_foreach((json_t *)(uintptr_t)a, key, value)
        {
            if (!same(value, json_object_get(b, key)))
                return false;
        }
        return json_object_size(a) == json_object_size(b);
    }
    if (!json_is_array(a) || !json_is_array(b) || !json_is_object(json_array_get(a, 0)))
        return json_equal(a, b);
    json_array_foreach(a, i, item) if (!among(b, item)) return false;
    return json_array_size(a) == json_array_size(b);
}

static void answer_one(struct rbac_oracle *oracle, const char *name, struct str line)
{
    struct err e;
    auto_json *question = json_read(line, (size_t)1 << 20, &e);
    auto_json *answer = rbac_oracle_answer(oracle, line, &e);
    const json_t *want = json_object_get(question, "want");
    if (!question || !answer)
        fail_msg("%s: %.*s: %s", name, STR_F(line), e.text);
    if (!want || same(want, answer))
        return;
    char said[4096] = "";
    json_dumpb(answer, said, sizeof(said) - 1, JSON_COMPACT | JSON_ENCODE_ANY);
    fail_msg("%s: %.*s: ours %s", name, STR_F(line), said);
}

static void every_case_is_answered_as_upstream_expects(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(tables); i++) {
        auto_buf text = BUF_INIT((size_t)16 << 20);
        struct rbac_oracle oracle;
        struct err e;
        char path[128];
        size_t n = 0;
        snprintf(path, sizeof(path), "tests/unit/vectors/%s.jsonl", tables[i].name);
        if (file_read(path, text.max, &text, &e) < 0)
            fail_msg("%s", e.text);
        struct str rest = buf_str(&text), line;
        rbac_oracle_init(&oracle);
        while (str_next(&rest, '\n', &line)) {
            if (line.n == 0 || line.p[0] == '#')
                continue;
            answer_one(&oracle, tables[i].name, line);
            n += str_contains(line, STR("\"want\""));
        }
        rbac_oracle_fini(&oracle);
        assert_int_equal(n, tables[i].n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_answered_as_upstream_expects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
