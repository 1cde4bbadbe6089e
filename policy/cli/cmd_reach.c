/* reach: what somebody gets at by detours, or the way to one role. */
#include "policy/analysis/policy_reach.h"
#include "policy/cli/proving.h"

static struct str who_of(const struct run *s)
{
    return s->options->arguments.items[0];
}

static void say_steps(struct run *s, const struct prove_reach_way *way)
{
    struct str site = policy_site_at(s->policy, way->site)->name.text;
    const struct reach_answer *a = &way->answer;
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", site);
        json_put_str(&s->json, "who", way->who);
        json_put_bool(&s->json, "reached", a->reached);
        json_put_str_opt(&s->json, "namespace", a->where);
        json_put_strs(&s->json, "steps", a->steps.items, a->steps.n);
        json_close_object(&s->json);
        return;
    }
    struct str to = s->options->to;
    if (to.n > 0)
        run_say(s, "%.*s: %.*s %s %.*s%s%.*s", STR_F(site), STR_F(way->who),
                a->reached ? "reaches" : "does not reach", STR_F(to), a->where.n ? " in " : "",
                STR_F(a->where));
    else
        run_say(s, "%.*s: %.*s %s", STR_F(site), STR_F(way->who),
                a->reached ? "gets further" : "gets no further than what it holds");
    for (size_t i = 0; i < a->steps.n; i++)
        run_say(s, "  %zu. %.*s", i + 1, STR_F(a->steps.items[i]));
}

enum cli_exit cmd_reach(struct run *s)
{
    struct policy_proving in;
    struct prove_reach_ways ways;
    bool reached = false;
    if (proving_open(s, s->policy, &in) < 0 ||
        policy_reach_ways(&in, who_of(s), s->options->to, &ways, &s->err) < 0)
        return run_fail(s);
    if (s->options->json) {
        json_key(&s->json, "ways");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < ways.n; i++) {
        reached = reached || ways.items[i].answer.reached;
        say_steps(s, &ways.items[i]);
    }
    if (s->options->json)
        json_close_array(&s->json);
    run_say(s, "assumed: a pod may run under every service account of its namespace, a secret may "
               "hold a token, pod security is enforced where no label says `privileged`");
    proving_say_left_out(s, &in);
    return s->options->to.n && reached ? CLI_FINDINGS : CLI_OK;
}
