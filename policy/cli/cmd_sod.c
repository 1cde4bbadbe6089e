/* sod: who can have two things together. The question is read as an invariant of the policy, so
 * that its names are looked up and its mistakes are shown with a caret. */
#include "policy/analysis/policy_sod.h"
#include "policy/cli/proving.h"

static const struct source *question_of(struct run *s)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    struct source *source = ARENA_NEW(s->arena, struct source);
    buf_lit(&text, "lotse: 1\nnever:\n- {id: asked-here, who: one person, can: [");
    for (size_t i = 0; i < 2; i++) {
        buf_lit(&text, "\n  ");
        buf_json(&text, s->options->arguments.items[i]);
        buf_c(&text, i ? "" : ",");
    }
    buf_lit(&text, "]}\n");
    *source = (struct source){"(the question)", arena_str(s->arena, buf_str(&text))};
    return source;
}

static void say_selves(struct run *s, const struct policy *policy, const struct sod_selves *selves)
{
    const struct policy_tree *t = policy_tree_of(policy);
    if (s->options->json) {
        json_key(&s->json, "self_approvals");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < selves->n; i++) {
        const struct sod_self *one = &selves->items[i];
        struct str request = t->requests.items[one->request].name.text;
        if (!s->options->json) {
            run_say(s, "%.*s may ask for %.*s and is among those who approve it: %.*s",
                    STR_F(one->person), STR_F(request), STR_F(one->text));
            continue;
        }
        json_open_object(&s->json);
        json_put_str(&s->json, "person", one->person);
        json_put_str(&s->json, "request", request);
        json_put_str(&s->json, "route", one->text);
        json_close_object(&s->json);
    }
    if (s->options->json)
        json_close_array(&s->json);
}

static const struct prove_result *asked(const struct prove_results *results)
{
    for (size_t i = 0; i < results->n; i++)
        if (str_is(results->items[i].invariant->id.text, "asked-here"))
            return &results->items[i];
    return NULL;
}

static void say_people(struct run *s, const struct prove_result *r)
{
    for (size_t i = 0; i < r->n_people; i++) {
        const struct prove_person *p = &r->people[i];
        run_say(s, "%.*s", STR_F(p->person.n ? p->person : STR("a person to come")));
        for (size_t k = 0; k < p->routes.n; k++)
            run_say(s, "    %.*s", STR_F(p->routes.items[k]));
    }
    run_say(s, "%zu of %zu %s can have both", r->n_people, r->n_asked,
            r->n_asked == 1 ? "person" : "people");
    for (size_t i = 0; i < r->assumed.n; i++)
        run_say(s, "assumed: %.*s", STR_F(r->assumed.items[i]));
}

enum cli_exit cmd_sod(struct run *s)
{
    const struct policy_tree *tree = NULL;
    struct policy_proving in;
    s->more = question_of(s);
    const struct policy *policy = run_policy(s, &s->options->policy, &tree);
    if (!policy)
        return CLI_USAGE;
    if (proving_open(s, policy, &in) < 0)
        return run_fail(s);
    struct prove_results results = policy_prove_all(&in);
    const struct prove_result *r = asked(&results);
    if (!r)
        return fail(&s->err, ERR_BUG, "the question was not answered"), run_fail(s);
    struct sod_selves selves = policy_self_approvals(&in);
    if (s->options->json) {
        struct prove_results one = {.items = (struct prove_result[]){*r}, .n = 1};
        prove_json(&s->json, &in, &one);
    } else
        say_people(s, r);
    say_selves(s, policy, &selves);
    proving_say_left_out(s, &in);
    return r->n_people || selves.n ? CLI_FINDINGS : CLI_OK;
}
