/* The semantic difference: who gains and loses what, whatever was written. */
#include "policy/rbac/access.h"
#include "tests/unit/unit.h"

static const struct {
    const char *what, *before, *after, *changes;
} diffs[] = {
#define ROLE(name, rules) \
    "{\"kind\":\"ClusterRole\",\"metadata\":{\"name\":\"" name "\"},\"rules\":[" rules "]}"
#define RULE(v, g, r) "{\"verbs\":[" v "],\"apiGroups\":[\"" g "\"],\"resources\":[" r "]}"
#define RB(ns, role, group) \
    "{\"kind\":\"RoleBinding\",\"metadata\":{\"name\":\"" role "\",\"namespace\":\"" ns \
    "\",\"annotations\":{\"lotse.io/src\":\"p:" ns \
    "\"}},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"" role \
    "\"},\"subjects\":[{\"kind\":\"Group\",\"name\":\"" group "\"}]}"
#define CRB(role, group) \
    "{\"kind\":\"ClusterRoleBinding\",\"metadata\":{\"name\":\"" role \
    "\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"" role \
    "\"},\"subjects\":[{\"kind\":\"Group\",\"name\":\"" group "\"}]}"
    {"written otherwise, the same access",
     ROLE("r", RULE("\"get\",\"list\"", "", "\"pods\"")) "," RB("a", "r", "g"),
     ROLE("s", RULE("\"get\"", "", "\"pods\"") "," RULE("\"list\"", "", "\"pods\"")) "," RB(
         "a", "s", "g"),
     ""},
    {"a binding more", ROLE("r", RULE("\"get\"", "", "\"pods\"")),
     ROLE("r", RULE("\"get\"", "", "\"pods\"")) "," RB("a", "r", "g"), "g a +get /pods (p:a)\n"},
    {"a binding less", ROLE("r", RULE("\"get\"", "", "\"pods\"")) "," RB("a", "r", "g"),
     ROLE("r", RULE("\"get\"", "", "\"pods\"")), "g a -get /pods (p:a)\n"},
    {"a role that gains and loses",
     ROLE("r", RULE("\"get\"", "", "\"pods\"")) "," RB("a", "r", "g"),
     ROLE("r", RULE("\"get\"", "apps", "\"deployments\"")) "," RB("a", "r", "g"),
     "g a +get apps/deployments -get /pods\n"},
    {"cluster-wide is said once", ROLE("r", RULE("\"get\"", "", "\"pods\"")) "," RB("a", "r", "g"),
     ROLE("r", RULE("\"get\"", "", "\"pods\"")) "," RB("a", "r", "g") "," CRB("r", "g"),
     "g * +get /pods\n"},
    {"from one namespace to everywhere loses nothing",
     ROLE("r", RULE("\"get\"", "", "\"pods\"")) "," RB("a", "r", "g"),
     ROLE("r", RULE("\"get\"", "", "\"pods\"")) "," CRB("r", "g"), "g * +get /pods\n"},
    {"what is inert in a namespace is not said", ROLE("r", RULE("\"get\"", "", "\"nodes\"")),
     ROLE("r", RULE("\"get\"", "", "\"nodes\"")) "," RB("a", "r", "g"), ""},
    {"a namespace by its name is not inert",
     ROLE("r", RULE("\"get\",\"list\",\"delete\"", "", "\"namespaces\"")),
     ROLE("r", RULE("\"get\",\"list\",\"delete\"", "", "\"namespaces\"")) "," RB("a", "r", "g"),
     "g a +get,delete /namespaces (p:a)\n"},
    {"everything", ROLE("r", RULE("\"*\"", "*", "\"*\"")),
     ROLE("r", RULE("\"*\"", "*", "\"*\"")) "," CRB("r", "g"), "g * +* */*\n"},
};

static void add_lines(struct buf *out, char sign, const struct access_permissions *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_fmt(out, " %c%.*s %.*s%s%.*s", sign, STR_F(p[i].verbs), STR_F(p[i].targets),
                p[i].names.n ? " names " : "", STR_F(p[i].names));
}

static struct rbac_set set_of(struct arena *a, const char *objects)
{
    struct err e = {0};
    struct rbac_set set = {0};
    struct str text = arena_fmt(a, "{\"kind\":\"List\",\"items\":[%s]}", objects);
    if (rbac_read_json(text, a, &set, &e) < 0)
        fail_msg("%s", e.text);
    return set;
}

static void a_diff_says_who_gains_and_loses_what(void **state)
{
    (void)state;
    static const struct policy_resource rows[] = {
        {.resource = {"pods", 4}, .namespaced = true},
        {.resource = {"nodes", 5}},
        {.resource = {"namespaces", 10}},
        {.group = {"apps", 4}, .resource = {"deployments", 11}, .namespaced = true},
    };
    static const struct policy_resources discovery = {rows, 4};
    for (size_t i = 0; i < sizeof(diffs) / sizeof(*diffs); i++) {
        auto_arena a = {0};
        struct err e = {0};
        arena_init(&a, ARENA_NO_MAX);
        struct rbac_set before = set_of(&a, diffs[i].before), after = set_of(&a, diffs[i].after);
        const struct rbac_set *sets[] = {&before, &after};
        const struct universe *u = universe_new(&a, sets, 2, &discovery, &e);
        struct access_changes c =
            access_diff(access_new(&a, u, &before, &e), access_new(&a, u, &after, &e), &a);
        auto_buf out = BUF_INIT((size_t)65536);
        for (size_t k = 0; k < c.n; k++) {
            struct str where = c.items[k].namespace;
            buf_fmt(&out, "%.*s %.*s", STR_F(c.items[k].subject.name),
                    STR_F(where.n ? where : STR("*")));
            add_lines(&out, '+', c.items[k].gained, c.items[k].n_gained);
            add_lines(&out, '-', c.items[k].lost, c.items[k].n_lost);
            if (c.items[k].cause.n > 0)
                buf_fmt(&out, " (%.*s)", STR_F(c.items[k].cause));
            buf_char(&out, '\n');
        }
        if (!str_is(buf_str(&out), diffs[i].changes))
            fail_msg("%s:\n%s", diffs[i].what, buf_cstr(&out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_diff_says_who_gains_and_loses_what)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
