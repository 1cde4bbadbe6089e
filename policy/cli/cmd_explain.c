/* explain: what a finding means. */
#include "policy/lint/explain.h"

#include <stdio.h>

#include "policy/cli/run.h"

static enum cli_exit unknown(struct run *s, struct str id)
{
    struct str *ids = ARENA_ARRAY(s->arena, 2 * policy_n_rules, struct str);
    for (size_t i = 0; i < policy_n_rules; i++) {
        ids[2 * i] = policy_rules[i].id;
        ids[2 * i + 1] = policy_rules[i].name;
    }
    struct str near = nearest_name(id, ids, 2 * policy_n_rules);
    (void)fail(&s->err, ERR_CONFIG, "no finding '%.*s'%s%.*s%s", STR_F(id),
               near.n ? ": did you mean '" : "; explain alone lists them", STR_F(near),
               near.n ? "'?" : "");
    return run_fail(s);
}

static void put_json(struct json_out *j, const struct policy_rule *rule)
{
    const struct lint_example *example = lint_example_of(rule);
    json_open_object(j);
    json_put_str(j, "id", rule->id);
    json_put_str(j, "name", rule->name);
    json_put_str(j, "severity", STR_C(lint_severity_name(rule->severity)));
    json_put_str(j, "title", rule->title);
    json_put_str(j, "why", rule->why);
    json_put_str(j, "mend", rule->mend);
    json_put_str(j, "source", rule->source);
    if (example && example->kind != EXAMPLE_NONE) {
        json_put_str(j, "fires", example->fires);
        json_put_str(j, "mended", example->mended);
    }
    json_close_object(j);
}

static void list(struct run *s)
{
    for (size_t i = 0; i < policy_n_rules; i++)
        run_say(s, "%.*s  %-8s  %-24.*s %.*s", STR_F(policy_rules[i].id),
                lint_severity_name(policy_rules[i].severity), STR_F(policy_rules[i].name),
                STR_F(policy_rules[i].title));
}

enum cli_exit cmd_explain(struct run *s)
{
    const struct strs_vec *wanted = &s->options->arguments;
    if (s->options->json) {
        json_key(&s->json, "rules");
        json_open_array(&s->json);
    } else if (wanted->n == 0)
        list(s);
    enum cli_exit status = CLI_OK;
    for (size_t i = 0; i < policy_n_rules && s->options->json && wanted->n == 0; i++)
        put_json(&s->json, &policy_rules[i]);
    for (size_t i = 0; i < wanted->n && status == CLI_OK; i++) {
        const struct policy_rule *rule = policy_rule_find(wanted->items[i]);
        auto_buf text = BUF_INIT((size_t)1 << 20);
        if (!rule)
            status = unknown(s, wanted->items[i]);
        else if (s->options->json)
            put_json(&s->json, rule);
        else {
            lint_explain(rule, &text);
            fwrite(buf_cstr(&text), 1, text.n, stdout);
        }
    }
    if (s->options->json)
        json_close_array(&s->json);
    return status;
}
