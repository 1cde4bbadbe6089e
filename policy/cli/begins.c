#include "policy/cli/begins.h"

#include "policy/analysis/policy_prove.h"
#include "policy/cli/check_report.h"

struct begins_inside { /* how things stood at the last moment */
    struct policy_proving proving;
    struct policy_lint_input lint;
    struct policy_test_results tests;
    struct prove_results invariants;
    struct intern findings;
};

static void add(struct begins *b, const struct begin *one)
{
    *ARENA_PUSH(b->run->arena, b) = *one;
    b->n_of[one->kind]++;
}

/* --- findings: by what they are about, not by their sentence, which may count people */

static void add_places(const struct policy_finding *f, struct buf *key)
{
    for (size_t i = 0; i < f->n_places; i++) {
        buf_fmt(key, "\n%.*s %d", STR_F(f->places[i].site), f->places[i].cluster_wide);
        for (size_t k = 0; k < f->places[i].namespaces.n; k++)
            buf_fmt(key, " %.*s", STR_F(f->places[i].namespaces.items[k]));
    }
}

static struct str key_of(const struct policy_finding *f, struct arena *a)
{
    auto_buf key = BUF_INIT((size_t)16 << 20);
    buf_fmt(&key, "%.*s %u:%u %d %.*s\n%.*s", STR_F(f->rule->id), f->pos.line, f->pos.column,
            f->foreign, STR_F(f->object), STR_F(f->who));
    if (f->pos.line > 0)
        buf_fmt(&key, "\n%s", f->pos.source->name);
    add_places(f, &key);
    return arena_str(a, buf_str(&key));
}

static enum cli_exit step_findings(struct begins *b, int64_t to_ms, bool say)
{
    struct run *s = b->run;
    struct begins_inside *in = b->inside;
    struct policy_findings found;
    struct intern now = {.arena = s->arena};
    in->lint.now_ms = to_ms;
    if (policy_lint(&in->lint, s->arena, &found, &s->err) < 0)
        return run_fail(s);
    for (size_t i = 0; i < found.n; i++) {
        const struct policy_finding *f = &found.items[i];
        if (str_is(f->rule->id, "A01")) /* an `accept` that is over: what it bore counts itself */
            continue;
        struct str key = key_of(f, s->arena);
        intern_add(&now, key);
        if (say && intern_find(&in->findings, key) == ID_NONE)
            add(b, &(struct begin){BEGIN_FINDING, to_ms, f->pos,
                                   CONCAT(s->arena, f->rule->id, STR(" of "), f->who), f->message});
    }
    in->findings = now;
    return CLI_OK;
}

/* --- tests, invariants */

static void step_tests(struct begins *b, int64_t to_ms)
{
    struct begins_inside *in = b->inside;
    struct arena *a = b->run->arena;
    struct policy_test_results now =
        policy_run_tests(in->proving.policy, in->proving.accesses, to_ms, a);
    for (size_t i = 0; i < now.n && i < in->tests.n; i++) {
        const struct policy_test *t = now.items[i].test;
        if (in->tests.items[i].passed && !now.items[i].passed)
            add(b, &(struct begin){BEGIN_TEST, to_ms, t->pos,
                                   arena_fmt(a, "test %s:%u", t->pos.source->name, t->pos.line),
                                   now.items[i].text});
    }
    in->tests = now;
}

static void step_invariants(struct begins *b, int64_t to_ms)
{
    struct begins_inside *in = b->inside;
    struct arena *a = b->run->arena;
    in->proving.now_ms = to_ms;
    struct prove_results now = policy_prove_moment(&in->proving);
    for (size_t i = 0; i < now.n && i < in->invariants.n; i++) {
        const struct policy_invariant *v = now.items[i].invariant;
        if (in->invariants.items[i].status == PROVE_KEPT && now.items[i].status == PROVE_BROKEN)
            add(b, &(struct begin){BEGIN_INVARIANT, to_ms, v->pos, prove_name(v, a),
                                   now.items[i].text});
    }
    in->invariants = now;
}

/* --- saying it */

static void say(struct run *s, const struct begin *one)
{
    auto_buf line = BUF_INIT((size_t)1 << 20);
    buf_lit(&line, "from ");
    time_format(&line, one->from_ms, false);
    buf_fmt(&line, ": %.*s", STR_F(one->what));
    if (one->kind != BEGIN_TEST && one->pos.line > 0)
        buf_fmt(&line, " (%s:%u)", one->pos.source->name, one->pos.line);
    buf_fmt(&line, " %s: %.*s", one->kind == BEGIN_FINDING ? "begins to count" : "begins to fail",
            STR_F(one->text));
    run_say_buf(s, &line);
}

void begins_json(const struct begins *b)
{
    static const char *const keys[] = {
        [BEGIN_TEST] = "tests", [BEGIN_INVARIANT] = "invariants", [BEGIN_FINDING] = "findings"};
    struct json_out *j = &b->run->json;
    for (int kind = 0; kind < BEGIN_KINDS; kind++) {
        json_key(j, keys[kind]);
        json_open_array(j);
        for (size_t i = 0; i < b->n; i++) {
            const struct begin *one = &b->items[i];
            auto_buf time = BUF_INIT(64);
            if ((int)one->kind != kind)
                continue;
            time_format(&time, one->from_ms, false);
            json_open_object(j);
            json_put_str(j, "from", buf_str(&time));
            json_put_str(j, "what", one->what);
            if (one->pos.line > 0) {
                json_put_str(j, "file", STR_C(one->pos.source->name));
                json_put_i64(j, "line", one->pos.line);
            }
            json_put_str(j, "text", one->text);
            json_close_object(j);
        }
        json_close_array(j);
    }
}

struct str begins_text(const struct begins *b)
{
    return arena_fmt(b->run->arena,
                     "%zu tests and %zu invariants begin to fail, %zu findings begin to count",
                     b->n_of[BEGIN_TEST], b->n_of[BEGIN_INVARIANT], b->n_of[BEGIN_FINDING]);
}

/* --- moment by moment */

enum cli_exit begins_open(struct run *s, const struct access *const *accesses, int64_t from_ms,
                          struct begins *ret)
{
    struct begins_inside *in = ARENA_NEW(s->arena, struct begins_inside);
    *ret = (struct begins){.run = s, .inside = in};
    in->proving = (struct policy_proving){
        .policy = s->policy, .accesses = accesses, .now_ms = from_ms, .arena = s->arena};
    enum cli_exit status = check_lint_input(s, &in->lint);
    if (status != CLI_OK)
        return status;
    step_tests(ret, from_ms);
    step_invariants(ret, from_ms);
    return step_findings(ret, from_ms, false);
}

enum cli_exit begins_step(struct begins *b, int64_t to_ms)
{
    size_t before = b->n;
    step_tests(b, to_ms);
    step_invariants(b, to_ms);
    enum cli_exit status = step_findings(b, to_ms, true);
    for (size_t i = before; i < b->n && !b->run->options->json; i++)
        say(b->run, &b->items[i]);
    return status;
}
