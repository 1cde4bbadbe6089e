/*
 * L52 and L60 on what the API servers have been told: AuthenticationConfiguration
 * (apiserver.config.k8s.io). A prefix keeps an issuer from saying system: names; it is empty, or
 * replaced by an expression, at the operator's own risk.
 */
#include "base/yaml.h"
#include "policy/lint/lint_inside.h"

static struct str text_of(const struct yaml *y)
{
    return y && y->kind == YAML_SCALAR ? y->text : STR_NONE;
}

static struct policy_finding *say(struct linter *l, const char *rule, struct pos pos,
                                  struct str who)
{
    const struct acceptable what = {rule, who, STR_NONE, STR_NONE};
    if (accepted(l, &what))
        return NULL;
    return finding_plain(l, rule, pos, who);
}

/* Does a CEL expression begin with a literal prefix, and is it not system:? Only `'x:' + ...` and
 * maps of it are taken as such; everything else is for a person to read. */
static bool expression_prefixes(struct str expression)
{
    struct str s = str_trim(expression), map = STR(".map(");
    for (size_t i = 0; i + map.n < s.n; i++)
        if (str_starts(str_from_to(s, i, s.n), map)) {
            struct str variable;
            s = str_from_to(s, i + map.n, s.n);
            if (!str_split(s, ',', &variable, &s))
                return false;
            s = str_trim(s);
            break;
        }
    if (s.n < 3 || (s.p[0] != '\'' && s.p[0] != '"'))
        return false;
    size_t end = 1;
    while (end < s.n && s.p[end] != s.p[0])
        end++;
    struct str literal = str_from_to(s, 1, end), rest = str_trim(str_from_to(s, end + 1, s.n));
    return literal.n > 0 && str_starts(rest, STR("+")) && !str_starts(literal, STR("system"));
}

static void look_at_claim(struct linter *l, const struct yaml *mapping, const char *which,
                          struct str who)
{
    const struct yaml *claim = yaml_get(mapping, STR_C(which));
    const struct yaml *prefix = yaml_get(claim, STR("prefix")),
                      *expression = yaml_get(claim, STR("expression"));
    if (!claim || claim->kind != YAML_MAP)
        return;
    bool kept = expression ? expression_prefixes(text_of(expression))
                           : text_of(prefix).n > 0 && !str_starts(text_of(prefix), STR("system:"));
    if (kept)
        return;
    struct pos pos = expression ? expression->pos : prefix ? prefix->pos : claim->pos;
    struct policy_finding *f = say(l, "L52", pos, who);
    if (!f)
        return;
    f->message = arena_fmt(l->arena, "%.*s: %s %s", STR_F(who), which,
                           expression ? "by an expression that does not begin with a prefix"
                                      : "without a prefix of their own");
    f->mend = arena_fmt(l->arena, "claimMappings.%s.prefix: \"" RBAC_PREFIX "\"", which);
}

struct audience {
    struct str issuer, audience;
    size_t site;
};

static void look_at_audience(struct linter *l, const struct audience *one, struct pos pos,
                             struct intern *seen, size_t *site_of)
{
    struct str key = CONCAT(l->arena, one->issuer, STR(" "), one->audience);
    size_t before = seen->n;
    uint32_t id = intern_add(seen, key);
    if (seen->n > before) {
        site_of[id] = one->site;
        return;
    }
    if (site_of[id] == one->site)
        return;
    struct str who = CONCAT(l->arena, STR("issuer "), one->issuer);
    struct policy_finding *f = say(l, "L60", pos, who);
    if (!f)
        return;
    f->message =
        arena_fmt(l->arena, "%.*s: audience '%.*s' is taken by %.*s and by %.*s", STR_F(who),
                  STR_F(one->audience), STR_F(policy_site_at(l->p, site_of[id])->name.text),
                  STR_F(policy_site_at(l->p, one->site)->name.text));
    f->mend = STR("one audience per site");
}

void lint_authn(struct linter *l)
{
    struct intern seen = {.arena = l->arena};
    size_t n = 0;
    for (size_t i = 0; i < l->in->n_authn; i++) {
        const struct yaml *jwt = yaml_get(l->in->authn[i].config, STR("jwt"));
        for (size_t k = 0; jwt && jwt->kind == YAML_LIST && k < jwt->n; k++) {
            const struct yaml *a =
                yaml_get(yaml_get(&jwt->items[k], STR("issuer")), STR("audiences"));
            n += a && a->kind == YAML_LIST ? a->n : 0;
        }
    }
    size_t *site_of = ARENA_ARRAY(l->arena, n + 1, size_t);
    for (size_t i = 0; i < l->in->n_authn; i++) {
        const struct yaml *jwt = yaml_get(l->in->authn[i].config, STR("jwt"));
        for (size_t k = 0; jwt && jwt->kind == YAML_LIST && k < jwt->n; k++) {
            const struct yaml *issuer = yaml_get(&jwt->items[k], STR("issuer")),
                              *claims = yaml_get(&jwt->items[k], STR("claimMappings")),
                              *audiences = yaml_get(issuer, STR("audiences"));
            struct audience one = {text_of(yaml_get(issuer, STR("url"))), STR_NONE,
                                   l->in->authn[i].site};
            struct str who = CONCAT(l->arena, STR("issuer "), one.issuer);
            look_at_claim(l, claims, "username", who);
            look_at_claim(l, claims, "groups", who);
            for (size_t m = 0; audiences && audiences->kind == YAML_LIST && m < audiences->n; m++) {
                one.audience = text_of(&audiences->items[m]);
                look_at_audience(l, &one, audiences->items[m].pos, &seen, site_of);
            }
        }
    }
}
