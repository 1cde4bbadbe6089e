/* check, test and snapshot: the short ones. */
#include "policy/cli/check_report.h"
#include "policy/cli/directory_file.h"

enum cli_exit cmd_check(struct run *s)
{
    const struct policy_tree *t = s->tree;
    const struct {
        const char *name;
        size_t n;
    } counts[] = {{"sites", t->sites.n},   {"teams", t->teams.n},   {"roles", t->roles.n},
                  {"spaces", t->spaces.n}, {"grants", t->grants.n}, {"tests", t->tests.n}};
    auto_buf line = BUF_INIT(4096);
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        if (s->options->json)
            json_put_i64(&s->json, counts[i].name, (int64_t)counts[i].n);
        buf_c(&line, i ? ", " : "policy: ");
        buf_count(&line, counts[i].n);
        buf_fmt(&line, " %s", counts[i].name);
    }
    buf_fmt(&line, ": no errors, %zu warning%s", s->diags.n, PLURAL(s->diags.n));
    run_say_buf(s, &line);
    struct check_report report = {.s = s};
    enum cli_exit status = check_run(&report);
    if (status != CLI_OK)
        return status;
    if (s->options->report.n)
        check_write(&report);
    else if (s->options->json)
        check_write_json(&report);
    else
        check_write_text(&report);
    return check_fails(&report) ? CLI_FINDINGS : CLI_OK;
}

/* --- test */

static void say_result(struct run *s, const struct policy_test_result *r)
{
    struct pos pos = r->test->pos;
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "file", STR_C(pos.source ? pos.source->name : ""));
        json_put_i64(&s->json, "line", pos.line);
        json_put_bool(&s->json, "passed", r->passed);
        json_put_str_opt(&s->json, "text", r->text);
        json_close_object(&s->json);
    } else if (!r->passed)
        run_say(s, "%s:%u: FAILED: %.*s", pos.source ? pos.source->name : "", pos.line,
                STR_F(r->text));
}

enum cli_exit cmd_test(struct run *s)
{
    size_t n_sites = policy_n_sites(s->policy);
    const struct access **accesses = ARENA_ARRAY(s->arena, n_sites + 1, const struct access *);
    struct rbac_set *sets = ARENA_ARRAY(s->arena, s->n_clusters + 1, struct rbac_set);
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct cluster *c = &s->clusters[i];
        if (run_emit(s, s->policy, c, &sets[i], &s->err) < 0)
            return run_fail(s);
        const struct rbac_set *set = &sets[i];
        const struct universe *u = universe_new(s->arena, &set, 1, &c->data.resources, &s->err);
        size_t site = run_site(s->policy, c);
        if (!u || !(accesses[site] = access_new(s->arena, u, set, &s->err)))
            return run_fail(s);
    }
    struct policy_test_results results = policy_run_tests(s->policy, accesses, s->now_ms, s->arena);
    if (s->options->json) {
        json_key(&s->json, "tests");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < results.n; i++)
        say_result(s, &results.items[i]);
    if (s->options->json)
        json_close_array(&s->json);
    run_say(s, "tests: %zu passed, %zu failed", results.n - results.n_failed, results.n_failed);
    return results.n_failed ? CLI_FINDINGS : CLI_OK;
}

/* --- snapshot */

enum cli_exit cmd_snapshot(struct run *s)
{
    struct str folder = s->options->save;
    for (size_t i = 0; i < s->n_clusters; i++) {
        if (cluster_save(&s->clusters[i], folder, &s->err) < 0)
            return run_fail(s);
        run_say(s, "saved %.*s/%.*s", STR_F(folder), STR_F(s->clusters[i].site));
    }
    struct str path = arena_fmt(s->arena, "%.*s/directory.json", STR_F(folder));
    if (s->has_directory && directory_save(&s->directory, path.p, &s->err) < 0)
        return run_fail(s);
    if (s->has_directory)
        run_say(s, "saved %.*s", STR_F(path));
    return CLI_OK;
}
