/* mutate: are the tests of the policy any good? */
#include "policy/cli/run.h"

static void say_mutant(struct run *s, const struct policy_mutant *m)
{
    const struct policy_grant *g = m->grant;
    static const char *const names[] = {
        [MUTATION_DROPPED] = "dropped",       [MUTATION_ENDLESS] = "endless",
        [MUTATION_EVERYWHERE] = "everywhere", [MUTATION_RAISED] = "raised",
        [MUTATION_WIDENED] = "widened",
    };
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "file", STR_C(g->pos.source->name));
        json_put_i64(&s->json, "line", g->pos.line);
        json_put_str(&s->json, "team", g->team.text);
        json_put_str(&s->json, "role", g->role.text);
        json_put_str(&s->json, "mutation", STR_C(names[m->mutation]));
        json_put_str(&s->json, "what", m->what);
        json_put_bool(&s->json, "seen", m->seen != NULL);
        json_put_bool(&s->json, "harmless", m->harmless);
        json_put_str_opt(&s->json, "test", m->test);
        json_close_object(&s->json);
        return;
    }
    if (m->seen)
        return;
    run_say(s, "%s:%u: team '%.*s', role '%.*s', %.*s: %s", g->pos.source->name, g->pos.line,
            STR_F(g->team.text), STR_F(g->role.text), STR_F(m->what),
            m->harmless ? "nobody may anything more or less" : "no test fails");
    if (m->test.n)
        run_say(s, "  - %.*s", STR_F(m->test));
}

enum cli_exit cmd_mutate(struct run *s)
{
    struct policy_mutants mutants;
    if (policy_mutate(s->policy, s->now_ms, s->arena, &mutants, &s->err) < 0)
        return run_fail(s);
    size_t n = mutants.n - mutants.n_harmless;
    size_t score = n ? mutants.n_seen * 100 / n : 100;
    if (s->options->json) {
        json_key(&s->json, "mutants");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < mutants.n; i++)
        say_mutant(s, &mutants.items[i]);
    if (s->options->json) {
        json_close_array(&s->json);
        json_put_i64(&s->json, "changes", (int64_t)n);
        json_put_i64(&s->json, "seen", (int64_t)mutants.n_seen);
        json_put_i64(&s->json, "score", (int64_t)score);
    }
    run_say(s, "score: %zu %%: the tests see %zu of %zu changes%s", score, mutants.n_seen, n,
            mutants.n_harmless ? " (those that change nothing left out)" : "");
    return (int64_t)score < s->options->min_score ? CLI_FINDINGS : CLI_OK;
}
