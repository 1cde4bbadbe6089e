/* JUnit XML, as CI systems read it: a suite each for errors, lints, invariants and tests; a case
 * per rule or test, a failure per finding that counts. */
#include "policy/cli/check_report.h"

/* XML 1.0 2.2: of the control characters only tab and line ends may stand in a document at all. */
static void put_xml(struct buf *out, struct str s)
{
    while (s.n > 0) {
        const char *from = s.p;
        uint32_t c;
        if (!utf8_take(&s, &c) || (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
            c == 0xFFFE || c == 0xFFFF)
            buf_c(out, "\xEF\xBF\xBD");
        else
            buf_html(out, (struct str){from, (size_t)(s.p - from)});
    }
}

struct suite {
    struct buf cases;
    size_t n, n_failed;
};

static void open_case(struct suite *s, const char *class, struct str name)
{
    s->n++;
    buf_fmt(&s->cases, "    <testcase classname=\"lotse-policy.%s\" name=\"", class);
    put_xml(&s->cases, name);
    buf_c(&s->cases, "\">\n");
}

static void put_failure(struct suite *s, struct str message, struct str text)
{
    buf_c(&s->cases, "      <failure message=\"");
    put_xml(&s->cases, message);
    buf_c(&s->cases, "\">");
    put_xml(&s->cases, text);
    buf_c(&s->cases, "</failure>\n");
}

static void close_case(struct suite *s, bool failed)
{
    s->n_failed += failed;
    buf_c(&s->cases, "    </testcase>\n");
}

static void close_suite(struct suite *s, const char *name, struct buf *out)
{
    buf_fmt(out, "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n", name,
            s->n, s->n_failed);
    buf_add(out, buf_str(&s->cases));
    buf_c(out, "  </testsuite>\n");
    buf_fini(&s->cases);
}

static void suite_init(struct suite *s)
{
    *s = (struct suite){0};
    buf_init(&s->cases, (size_t)256 << 20);
}

static void errors(const struct check_report *r, struct buf *out)
{
    struct suite s;
    const struct diags *d = &r->s->diags;
    suite_init(&s);
    open_case(&s, "errors", STR("the policy can be read and every name is there"));
    for (size_t i = 0; i < d->n; i++) {
        const struct diag *one = &d->items[i];
        if (one->severity == SEVERITY_ERROR)
            put_failure(&s, one->message,
                        arena_fmt(r->s->arena, "%s:%u:%u: %.*s",
                                  one->pos.source ? one->pos.source->name : "", one->pos.line,
                                  one->pos.column, STR_F(one->message)));
    }
    close_case(&s, d->n_errors > 0);
    close_suite(&s, "errors", out);
}

static void lints(const struct check_report *r, struct buf *out)
{
    struct suite s;
    suite_init(&s);
    for (size_t i = 0; i < policy_n_rules; i++) {
        const struct policy_rule *rule = &policy_rules[i];
        bool failed = false;
        if (rule->by != LINT_BY_LINT)
            continue;
        open_case(&s, "lints", CONCAT(r->s->arena, rule->id, STR(" "), rule->name));
        for (size_t k = 0; k < r->findings.n; k++) {
            const struct policy_finding *f = &r->findings.items[k];
            auto_buf text = BUF_INIT((size_t)1 << 20);
            if (f->rule != rule || !check_counts(r, f))
                continue;
            policy_finding_text(f, &text);
            put_failure(&s, f->message, buf_str(&text));
            failed = true;
        }
        close_case(&s, failed);
    }
    close_suite(&s, "lints", out);
}

static void invariants(const struct check_report *r, struct buf *out)
{
    struct suite s;
    suite_init(&s);
    for (size_t i = 0; i < r->invariants.n; i++) {
        const struct prove_result *one = &r->invariants.items[i];
        bool failed = one->status == PROVE_BROKEN;
        open_case(&s, "invariants", prove_name(one->invariant, r->s->arena));
        if (failed)
            put_failure(&s, one->text,
                        one->steps.n ? strs_join(r->s->arena, one->steps, '\n') : one->text);
        close_case(&s, failed);
    }
    close_suite(&s, "invariants", out);
}

static void tests(const struct check_report *r, struct buf *out)
{
    struct suite s;
    suite_init(&s);
    for (size_t i = 0; i < r->tests.n; i++) {
        const struct policy_test_result *t = &r->tests.items[i];
        open_case(&s, "tests",
                  arena_fmt(r->s->arena, "%s:%u: %.*s is %.*s",
                            t->test->pos.source ? t->test->pos.source->name : "", t->test->pos.line,
                            STR_F(t->test->as.text), STR_F(t->test->is.text)));
        if (!t->passed)
            put_failure(&s, t->text, t->text);
        close_case(&s, !t->passed);
    }
    close_suite(&s, "tests", out);
}

void check_write_junit(const struct check_report *r, struct buf *out)
{
    buf_c(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lotse-policy\">\n");
    errors(r, out);
    lints(r, out);
    invariants(r, out);
    tests(r, out);
    buf_c(out, "</testsuites>\n");
}
