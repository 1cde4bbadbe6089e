/* `explain`: from the tables. */
#include "policy/lint/explain.h"

#define S(literal) {literal, sizeof(literal) - 1}
#define ROLE(can, more, in) \
    "roles:\n  x: {" more "can: [\"" can "\"]}\ngrants:\n  - {team: payments, role: x" in "}\n"
#define CAN(id, fires, mended) \
    {S(#id), EXAMPLE_POLICY, S(ROLE(fires, "", ", in: payments")), \
     S(ROLE(mended, "", ", in: payments"))},
#define WIDE(id, fires, mended) \
    {S(#id), EXAMPLE_POLICY, S(ROLE(fires, "cluster: true, ", "")), \
     S(ROLE(mended, "cluster: true, ", ""))},
#define POLICY(id, fires, mended)  {S(#id), EXAMPLE_POLICY, S(fires), S(mended)},
#define OBJECTS(id, fires, mended) {S(#id), EXAMPLE_OBJECTS, S(fires), S(mended)},
#define AUTHN(id, fires, mended)   {S(#id), EXAMPLE_AUTHN, S(fires), S(mended)},
#define NONE(id, why)              {S(#id), EXAMPLE_NONE, S(why), S("")},
const struct lint_example lint_examples[] = {
#include "policy/lint/examples.tbl.h"
};
const size_t lint_n_examples = sizeof(lint_examples) / sizeof(*lint_examples);

const struct str lint_example_head =
    S("lotse: 1\n"
      "sites: {fra: {audience: k8s-fra}, muc: {audience: k8s-muc}}\n"
      "ldap: {base: \"ou=groups,dc=corp,dc=example\"}\n"
      "teams:\n"
      "  payments: {from: [cn=pay-dev]}\n"
      "  platform: {from: [cn=k8s-admins]}\n"
      "spaces:\n"
      "  payments: {label: {team: payments}}\n"
      "  system: {names: [kube-system]}\n");

const struct lint_example *lint_example_of(const struct policy_rule *rule)
{
    for (size_t i = 0; i < lint_n_examples; i++)
        if (str_eq(lint_examples[i].id, rule->id))
            return &lint_examples[i];
    return NULL;
}

static void put_indented(struct buf *out, struct str text)
{
    struct str line;
    while (str_next(&text, '\n', &line))
        if (line.n > 0)
            buf_fmt(out, "    %.*s\n", STR_F(line));
}

static void put_example(const struct lint_example *example, struct buf *out)
{
    static const char *const of[] = {[EXAMPLE_NONE] = "",
                                     [EXAMPLE_POLICY] = "in the policy",
                                     [EXAMPLE_OBJECTS] = "on a cluster",
                                     [EXAMPLE_AUTHN] =
                                         "in the API server's AuthenticationConfiguration"};
    if (example->kind == EXAMPLE_NONE) {
        buf_fmt(out, "\nno example: %.*s\n", STR_F(example->fires));
        return;
    }
    buf_fmt(out, "\nfires (%s):\n", of[example->kind]);
    put_indented(out, example->fires);
    buf_c(out, "\nmended:\n");
    put_indented(out, example->mended);
}

void lint_explain(const struct policy_rule *rule, struct buf *out)
{
    static const char *const by[] = {
        [LINT_BY_LINT] = "reported by check",
        [LINT_BY_READER] = "an error of the policy: it is refused",
        [LINT_BY_PROOF] = "reported by check and prove, for each `never` that is broken this way",
        [LINT_BY_NOBODY] = "not decided"};
    const struct lint_example *example = lint_example_of(rule);
    buf_fmt(out, "%.*s %.*s (%s; %s)\n\n", STR_F(rule->id), STR_F(rule->name),
            lint_severity_name(rule->severity), by[rule->by]);
    buf_fmt(out, "what:   %.*s\nwhy:    %.*s\nmend:   %.*s\nsource: %.*s\n", STR_F(rule->title),
            STR_F(rule->why), STR_F(rule->mend), STR_F(rule->source));
    if (example)
        put_example(example, out);
}
