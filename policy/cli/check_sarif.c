/*
 * SARIF 2.1.0 (OASIS): what code scanning of GitLab, GitHub and editors reads. One run; the rules
 * are those of the table and four of our own; each result has a place in the policy, also when it
 * is about an object on a cluster (then the object is a logical location, and the place is the
 * first line of the policy).
 */
#include "base/hash.h"
#include "base/version.h"
#include "policy/cli/check_report.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static const struct {
    const char *id, *level, *text;
} own_rules[] = {
    {"policy-error", "error", "The policy is wrong: it is refused."},
    {"policy-warning", "warning", "The policy is probably not what was meant."},
    {"invariant-broken", "error",
     "Something is possible that must never be, or not what always must."},
    {"test-failed", "error", "A test of the policy fails."},
};
enum { OWN_ERROR, OWN_WARNING, OWN_INVARIANT, OWN_TEST, N_OWN };

static const char *level_of(enum lint_severity severity, bool foreign)
{
    if (severity >= LINT_HIGH && !foreign)
        return "error";
    return severity >= LINT_MEDIUM ? "warning" : "note";
}

/* GitHub's scale: above 9.0 critical, 7.0 high, 4.0 medium */
static const char *const security_severity[] = {"0.0", "1.0", "3.0", "5.5", "8.0", "9.5"};

static void put_text(struct json_out *j, const char *key, struct str text)
{
    json_key(j, key);
    json_open_object(j);
    json_put_str(j, "text", text);
    json_close_object(j);
}

static void put_level(struct json_out *j, const char *level)
{
    json_key(j, "defaultConfiguration");
    json_open_object(j);
    json_put_str(j, "level", STR_C(level));
    json_close_object(j);
}

static void put_rule(struct json_out *j, const struct policy_rule *rule)
{
    json_open_object(j);
    json_put_str(j, "id", rule->id);
    json_put_str(j, "name", rule->name);
    put_text(j, "shortDescription", rule->title);
    put_text(j, "fullDescription", rule->why);
    put_text(j, "help", rule->mend);
    put_level(j, level_of(rule->severity, false));
    json_key(j, "properties");
    json_open_object(j);
    json_put_str(j, "security-severity", STR_C(security_severity[rule->severity]));
    json_put_str(j, "source", rule->source);
    json_close_object(j);
    json_close_object(j);
}

static void put_rules(struct json_out *j)
{
    json_key(j, "rules");
    json_open_array(j);
    for (size_t i = 0; i < policy_n_rules; i++)
        put_rule(j, &policy_rules[i]);
    for (size_t i = 0; i < N_OWN; i++) {
        json_open_object(j);
        json_put_str(j, "id", STR_C(own_rules[i].id));
        put_text(j, "shortDescription", STR_C(own_rules[i].text));
        put_level(j, own_rules[i].level);
        json_close_object(j);
    }
    json_close_array(j);
}

struct result {
    struct str rule;
    size_t rule_index;
    const char *level;
    struct str message, object;
    struct pos pos;
    struct str parts[4]; /* what stays the same when lines move */
    const struct policy_finding *finding;
};

static void put_region(struct json_out *j, const struct pos *pos)
{
    int64_t column = pos->column ? pos->column : 1;
    json_key(j, "region");
    json_open_object(j);
    json_put_i64(j, "startLine", pos->line ? pos->line : 1);
    json_put_i64(j, "startColumn", column);
    json_put_i64(j, "endColumn", column + (pos->length ? pos->length : 1));
    json_close_object(j);
}

static void put_uri(struct json_out *j, const char *name)
{
    auto_buf uri = BUF_INIT((size_t)1 << 16);
    for (size_t i = 0; name[i]; i++)
        if (name[i] == '/')
            buf_char(&uri, '/');
        else
            buf_url(&uri, (struct str){name + i, 1});
    json_put_str(j, "uri", buf_str(&uri));
}

static void put_location(const struct check_report *r, struct json_out *j,
                         const struct result *result)
{
    const struct strs_vec *files = &r->s->options->policy;
    const char *name = files->n ? arena_cstr(r->s->arena, files->items[0]) : "policy.yaml";
    if (result->pos.source)
        name = result->pos.source->name;
    json_key(j, "locations");
    json_open_array(j);
    json_open_object(j);
    json_key(j, "physicalLocation");
    json_open_object(j);
    json_key(j, "artifactLocation");
    json_open_object(j);
    put_uri(j, name);
    json_close_object(j);
    put_region(j, &result->pos);
    json_close_object(j);
    if (result->object.n > 0) {
        json_key(j, "logicalLocations");
        json_open_array(j);
        json_open_object(j);
        json_put_str(j, "fullyQualifiedName", result->object);
        json_put_str(j, "kind", STR("object"));
        json_close_object(j);
        json_close_array(j);
    }
    json_close_object(j);
    json_close_array(j);
}

static void put_properties(struct json_out *j, const struct policy_finding *f)
{
    json_key(j, "properties");
    json_open_object(j);
    json_put_str(j, "severity", STR_C(lint_severity_name(f->severity)));
    json_put_bool(j, "foreign", f->foreign);
    json_put_str(j, "who", f->who);
    json_put_strs(j, "subjects", f->subjects.items, f->subjects.n);
    json_put_strs(j, "atoms", f->atoms.items, f->atoms.n);
    json_put_strs(j, "chain", f->chain.items, f->chain.n);
    json_close_object(j);
}

static void put_result(const struct check_report *r, struct json_out *j,
                       const struct result *result)
{
    struct sha256 print = sha256_of_parts(result->parts, 4);
    auto_buf hex = BUF_INIT(2 * SHA256_BYTES);
    buf_hex(&hex, (struct str){(const char *)print.bytes, SHA256_BYTES});
    json_open_object(j);
    json_put_str(j, "ruleId", result->rule);
    json_put_i64(j, "ruleIndex", (int64_t)result->rule_index);
    json_put_str(j, "level", STR_C(result->level));
    put_text(j, "message", result->message);
    put_location(r, j, result);
    json_key(j, "partialFingerprints");
    json_open_object(j);
    json_put_str(j, "lotseFinding/v1", buf_str(&hex));
    json_close_object(j);
    if (result->finding)
        put_properties(j, result->finding);
    json_close_object(j);
}

static void put_finding(const struct check_report *r, struct json_out *j,
                        const struct policy_finding *f)
{
    struct arena *a = r->s->arena;
    bool foreign = f->foreign && !r->s->options->foreign_errors;
    struct result result = {
        .rule = f->rule->id,
        .rule_index = (size_t)(f->rule - policy_rules),
        .level = level_of(f->severity, foreign),
        .message = f->mend.n ? CONCAT(a, f->message, STR(". To clear it: "), f->mend) : f->message,
        .object = f->object,
        .pos = f->pos,
        .parts = {f->rule->id, f->who, f->object, STR_C(f->pos.source ? f->pos.source->name : "")},
        .finding = f};
    put_result(r, j, &result);
}

static void put_own(const struct check_report *r, struct json_out *j, size_t own, struct pos pos,
                    struct str message)
{
    struct result result = {.rule = STR_C(own_rules[own].id),
                            .rule_index = policy_n_rules + own,
                            .level = own_rules[own].level,
                            .message = message,
                            .pos = pos,
                            .parts = {STR_C(own_rules[own].id), message, STR_NONE,
                                      STR_C(pos.source ? pos.source->name : "")}};
    put_result(r, j, &result);
}

static void put_results(const struct check_report *r, struct json_out *j)
{
    const struct diags *d = &r->s->diags;
    for (size_t i = 0; i < d->n; i++)
        put_own(r, j, d->items[i].severity == SEVERITY_ERROR ? OWN_ERROR : OWN_WARNING,
                d->items[i].pos, d->items[i].message);
    for (size_t i = 0; i < r->findings.n; i++)
        put_finding(r, j, &r->findings.items[i]);
    for (size_t i = 0; i < r->invariants.n; i++) {
        const struct prove_result *one = &r->invariants.items[i];
        if (one->status == PROVE_BROKEN && !check_rule_of(one->invariant))
            put_own(r, j, OWN_INVARIANT, one->invariant->pos, one->text);
    }
    for (size_t i = 0; i < r->tests.n; i++)
        if (!r->tests.items[i].passed)
            put_own(r, j, OWN_TEST, r->tests.items[i].test->pos, r->tests.items[i].text);
}

void check_write_sarif(const struct check_report *r, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_str(&j, "$schema", STR(SCHEMA));
    json_put_str(&j, "version", STR("2.1.0"));
    json_key(&j, "runs");
    json_open_array(&j);
    json_open_object(&j);
    json_key(&j, "tool");
    json_open_object(&j);
    json_key(&j, "driver");
    json_open_object(&j);
    json_put_str(&j, "name", STR("lotse-policy"));
    json_put_str(&j, "version", STR(LOTSE_VERSION));
    put_rules(&j);
    json_close_object(&j);
    json_close_object(&j);
    json_put_str(&j, "columnKind", STR("unicodeCodePoints"));
    json_key(&j, "results");
    json_open_array(&j);
    put_results(r, &j);
    json_close_array(&j);
    json_close_object(&j);
    json_close_array(&j);
    json_close_object(&j);
    buf_char(out, '\n');
}
