/* Everything `check` looks at, and its answer as text or JSON. */
#include "policy/cli/check_report.h"

#include <stdio.h>

#include "base/file.h"
#include "base/yaml.h"
#include "policy/cli/lock_file.h"

#define AUTHN_MAX ((size_t)1 << 20)
#define OUT_MAX   ((size_t)256 << 20)

/* --- what was asked for */

static enum cli_exit read_fail_on(struct check_report *r)
{
    struct str wanted = r->s->options->fail_on;
    r->fail_on = LINT_HIGH;
    if (str_is(wanted, "never"))
        r->fail_on = LINT_NONE;
    else if (wanted.n > 0 && !lint_severity_of(wanted, &r->fail_on)) {
        (void)fail(&r->s->err, ERR_CONFIG,
                   "--fail-on %.*s: expected critical, high, medium, low, info or never",
                   STR_F(wanted));
        return run_fail(r->s);
    }
    return CLI_OK;
}

static enum cli_exit check_only(struct run *s)
{
    struct str rest = s->options->only, id;
    while (str_next(&rest, ',', &id)) {
        struct str *ids = ARENA_ARRAY(s->arena, policy_n_rules, struct str);
        for (size_t i = 0; i < policy_n_rules; i++)
            ids[i] = policy_rules[i].id;
        struct str near = nearest_name(id, ids, policy_n_rules);
        if (policy_rule_find(id))
            continue;
        (void)fail(&s->err, ERR_CONFIG, "--only: there is no rule '%.*s'%s%.*s%s", STR_F(id),
                   near.n ? ": did you mean '" : "", STR_F(near), near.n ? "'?" : "");
        return run_fail(s);
    }
    return CLI_OK;
}

static bool wanted(const struct run *s, const struct policy_rule *rule)
{
    struct str rest = s->options->only, id;
    while (str_next(&rest, ',', &id))
        if (policy_rule_find(id) == rule)
            return true;
    return s->options->only.n == 0;
}

static enum cli_exit read_authn(struct run *s, struct policy_lint_input *in)
{
    const struct strs_vec *files = &s->options->authn;
    struct policy_lint_authn *all = ARENA_ARRAY(s->arena, files->n, struct policy_lint_authn);
    struct yaml_limits limits = YAML_LIMITS_DEFAULT;
    for (size_t i = 0; i < files->n; i++) {
        struct str site, path;
        auto_buf text = BUF_INIT(AUTHN_MAX);
        struct source *source = ARENA_NEW(s->arena, struct source);
        uint32_t id = ID_NONE;
        if (str_split(files->items[i], '=', &site, &path))
            id = policy_site_find(s->policy, site);
        if (id == ID_NONE) {
            (void)fail(&s->err, ERR_CONFIG,
                       "--authn %.*s: expected SITE=FILE, with a site of the "
                       "policy",
                       STR_F(files->items[i]));
            return run_fail(s);
        }
        source->name = arena_cstr(s->arena, path);
        if (file_read(source->name, AUTHN_MAX, &text, &s->err) < 0)
            return run_fail(s);
        source->text = arena_str(s->arena, buf_str(&text));
        all[i] = (struct policy_lint_authn){id, NULL, source};
        struct diags d;
        diags_init(&d, s->arena);
        if (!(all[i].config = yaml_read(s->arena, source, &limits, &d))) {
            run_diags(s, &d);
            return CLI_USAGE;
        }
    }
    in->authn = all;
    in->n_authn = files->n;
    return CLI_OK;
}

/* --- looking */

static enum cli_exit make_cells(struct run *s, struct policy_lint_site *sites)
{
    struct rbac_set *sets = ARENA_ARRAY(s->arena, s->n_clusters + 1, struct rbac_set);
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct cluster *c = &s->clusters[i];
        if (run_emit(s, s->policy, c, &sets[i], &s->err) < 0)
            return run_fail(s);
        const struct rbac_set **set = ARENA_NEW(s->arena, const struct rbac_set *);
        *set = &sets[i];
        const struct universe *u = universe_new(s->arena, set, 1, &c->data.resources, &s->err);
        const struct access *x = u ? access_new(s->arena, u, *set, &s->err) : NULL;
        if (!x)
            return run_fail(s);
        sites[i] = (struct policy_lint_site){run_site(s->policy, c), x, &c->objects};
    }
    return CLI_OK;
}

static enum cli_exit read_last(struct run *s, struct policy_lint_input *in)
{
    struct policy_lock *last = ARENA_NEW(s->arena, struct policy_lock);
    bool found = false;
    if (!s->has_directory)
        return CLI_OK;
    if (lock_file_read(s, lock_file_path(s), last, &found, &s->err) < 0)
        return run_fail(s);
    in->last = found ? last : NULL;
    return CLI_OK;
}

enum cli_exit check_lint_input(struct run *s, struct policy_lint_input *ret)
{
    struct policy_lint_site *sites =
        ARENA_ARRAY(s->arena, s->n_clusters + 1, struct policy_lint_site);
    *ret = (struct policy_lint_input){.policy = s->policy,
                                      .now_ms = s->now_ms,
                                      .sites = sites,
                                      .n_sites = s->n_clusters,
                                      .binder = s->options->binder};
    enum cli_exit status = make_cells(s, sites);
    if (status == CLI_OK)
        status = read_authn(s, ret);
    return status == CLI_OK ? read_last(s, ret) : status;
}

/* --- never and always */

/* A `never` that is broken by a detour, or by what one person comes to hold, is a finding with a
 * name (L54, L57); the others are what they say. */
const char *check_rule_of(const struct policy_invariant *invariant)
{
    if (invariant->reach.text.n > 0)
        return "L54";
    return invariant->who.kind == WHO_ONE_PERSON ? "L57" : NULL;
}

static void add_broken(struct check_report *r, const struct prove_result *result)
{
    const char *rule = check_rule_of(result->invariant);
    struct arena *a = r->s->arena;
    struct strs_vec people = {0};
    if (!rule)
        return;
    struct policy_finding *f = ARENA_PUSH(a, &r->findings);
    *f = (struct policy_finding){
        .rule = policy_rule_find(STR_C(rule)),
        .severity = LINT_HIGH,
        .pos = result->invariant->pos,
        .who = prove_name(result->invariant, a),
        .chain = result->steps,
        .message = CONCAT(a, prove_name(result->invariant, a), STR(": "), result->text)};
    f->mend = f->rule->mend;
    for (size_t i = 0; i < result->n_people; i++)
        *ARENA_PUSH(a, &people) = result->people[i].person.n
                                      ? CONCAT(a, STR("person "), result->people[i].person)
                                      : STR("whoever is in both teams");
    f->subjects = strs_sorted(a, (struct strs){people.items, people.n});
    if (result->n_people > 0 && f->chain.n == 0)
        f->chain = result->people[0].routes;
}

static enum cli_exit prove(struct check_report *r)
{
    struct run *s = r->s;
    if (s->tree->invariants.n == 0)
        return CLI_OK;
    if (proving_open(s, s->policy, &r->proving) < 0 ||
        proving_ask(s, &r->proving, &r->invariants) < 0)
        return run_fail(s);
    for (size_t i = 0; i < r->invariants.n; i++)
        if (r->invariants.items[i].status == PROVE_BROKEN)
            add_broken(r, &r->invariants.items[i]);
    return CLI_OK;
}

enum cli_exit check_run(struct check_report *r)
{
    struct run *s = r->s;
    struct policy_findings all;
    struct policy_lint_input in;
    enum cli_exit status = read_fail_on(r);
    if (status == CLI_OK)
        status = check_only(s);
    if (status == CLI_OK)
        status = check_lint_input(s, &in);
    if (status != CLI_OK)
        return status;
    if (policy_lint(&in, s->arena, &all, &s->err) < 0)
        return run_fail(s);
    r->whole = s->options->only.n == 0;
    r->findings.n_accepted = all.n_accepted;
    for (size_t i = 0; i < all.n; i++)
        if (wanted(s, all.items[i].rule))
            *ARENA_PUSH(s->arena, &r->findings) = all.items[i];
    if (!r->whole || s->n_clusters == 0)
        return CLI_OK;
    const struct access **accesses =
        ARENA_ARRAY(s->arena, policy_n_sites(s->policy) + 1, const struct access *);
    for (size_t i = 0; i < in.n_sites; i++)
        accesses[in.sites[i].site] = in.sites[i].planned;
    r->tests = policy_run_tests(s->policy, accesses, s->now_ms, s->arena);
    return prove(r);
}

bool check_counts(const struct check_report *r, const struct policy_finding *f)
{
    return r->fail_on != LINT_NONE && f->severity >= r->fail_on &&
           (!f->foreign || r->s->options->foreign_errors);
}

bool check_fails(const struct check_report *r)
{
    if (r->fail_on == LINT_NONE)
        return false;
    for (size_t i = 0; i < r->findings.n; i++)
        if (check_counts(r, &r->findings.items[i]))
            return true;
    return r->tests.n_failed > 0 || r->invariants.n_broken > 0;
}

/* --- text */

static void say_findings(const struct check_report *r, bool foreign)
{
    auto_buf text = BUF_INIT(OUT_MAX);
    for (size_t i = 0; i < r->findings.n; i++)
        if (r->findings.items[i].foreign == foreign)
            policy_finding_text(&r->findings.items[i], &text);
    run_show(buf_str(&text));
}

static void put_counts(const struct check_report *r, bool foreign, struct buf *line)
{
    size_t counts[LINT_CRITICAL + 1] = {0};
    bool any = false;
    for (size_t i = 0; i < r->findings.n; i++)
        counts[r->findings.items[i].severity] += r->findings.items[i].foreign == foreign;
    for (int i = LINT_CRITICAL; i >= LINT_INFO; i--)
        if (counts[i] > 0) {
            buf_fmt(line, "%s%zu %s", any ? ", " : "", counts[i],
                    lint_severity_name((enum lint_severity)i));
            any = true;
        }
    if (!any)
        buf_c(line, "none");
}

void check_write_text(const struct check_report *r)
{
    auto_buf line = BUF_INIT(4096);
    say_findings(r, false);
    say_findings(r, true);
    for (size_t i = 0; i < r->tests.n; i++) {
        const struct policy_test_result *t = &r->tests.items[i];
        if (!t->passed)
            run_say(r->s, "%s:%u: FAILED: %.*s",
                    t->test->pos.source ? t->test->pos.source->name : "", t->test->pos.line,
                    STR_F(t->text));
    }
    for (size_t i = 0; i < r->invariants.n; i++) {
        const struct prove_result *one = &r->invariants.items[i];
        if (one->status == PROVE_BROKEN && !check_rule_of(one->invariant))
            run_say(r->s, "%s:%u:%u: BROKEN: %.*s: %.*s", one->invariant->pos.source->name,
                    one->invariant->pos.line, one->invariant->pos.column,
                    STR_F(prove_name(one->invariant, r->s->arena)), STR_F(one->text));
    }
    buf_c(&line, "findings: ");
    put_counts(r, false, &line);
    if (r->s->n_clusters > 0) {
        buf_c(&line, "; on the clusters beside ours: ");
        put_counts(r, true, &line);
    }
    buf_fmt(&line, "; %zu accepted", r->findings.n_accepted);
    if (r->whole && r->s->n_clusters > 0 && r->invariants.n > 0)
        buf_fmt(&line, "; invariants: %zu kept, %zu broken",
                r->invariants.n - r->invariants.n_broken, r->invariants.n_broken);
    if (r->whole && r->s->n_clusters > 0)
        buf_fmt(&line, "; tests: %zu passed, %zu failed", r->tests.n - r->tests.n_failed,
                r->tests.n_failed);
    else if (r->s->n_clusters == 0)
        buf_c(&line, "; roles, bindings and tests were not looked at: that takes clusters");
    run_say_buf(r->s, &line);
}

/* --- JSON */

static void json_strs(struct json_out *j, const char *key, struct strs list)
{
    json_put_strs(j, key, list.items, list.n);
}

static void json_finding(struct json_out *j, const struct policy_finding *f)
{
    json_open_object(j);
    json_put_str(j, "id", f->rule->id);
    json_put_str(j, "name", f->rule->name);
    json_put_str(j, "severity", STR_C(lint_severity_name(f->severity)));
    json_put_bool(j, "foreign", f->foreign);
    if (f->pos.line > 0) {
        json_put_str(j, "file", STR_C(f->pos.source->name));
        json_put_i64(j, "line", f->pos.line);
        json_put_i64(j, "column", f->pos.column);
    }
    json_put_str_opt(j, "object", f->object);
    json_put_str(j, "who", f->who);
    json_strs(j, "subjects", f->subjects);
    json_key(j, "places");
    json_open_array(j);
    for (size_t i = 0; i < f->n_places; i++) {
        json_open_object(j);
        json_put_str(j, "site", f->places[i].site);
        json_put_bool(j, "cluster_wide", f->places[i].cluster_wide);
        json_strs(j, "namespaces", f->places[i].namespaces);
        json_close_object(j);
    }
    json_close_array(j);
    json_strs(j, "atoms", f->atoms);
    json_strs(j, "chain", f->chain);
    json_put_str(j, "message", f->message);
    json_put_str_opt(j, "mend", f->mend);
    json_close_object(j);
}

void check_write_json(const struct check_report *r)
{
    struct json_out *j = &r->s->json;
    json_key(j, "findings");
    json_open_array(j);
    for (size_t i = 0; i < r->findings.n; i++)
        json_finding(j, &r->findings.items[i]);
    json_close_array(j);
    json_put_i64(j, "accepted", (int64_t)r->findings.n_accepted);
    if (!r->whole || r->s->n_clusters == 0)
        return;
    if (r->invariants.n > 0)
        prove_json(j, &r->proving, &r->invariants);
    json_put_i64(j, "tests_passed", (int64_t)(r->tests.n - r->tests.n_failed));
    json_put_i64(j, "tests_failed", (int64_t)r->tests.n_failed);
}

/* --- SARIF, JUnit */

void check_write(const struct check_report *r)
{
    auto_buf out = BUF_INIT(OUT_MAX);
    if (str_is(r->s->options->report, "sarif"))
        check_write_sarif(r, &out);
    else
        check_write_junit(r, &out);
    fwrite(buf_cstr(&out), 1, out.n, stdout);
}

void check_refused(struct run *s)
{
    const struct check_report report = {.s = s};
    if (s->diags.n_errors > 0)
        check_write(&report);
}
