/* What the words of the policy say by themselves. */
#include "policy/lint/lint_inside.h"

static struct policy_finding *say(struct linter *l, const char *rule, struct pos pos,
                                  struct str who)
{
    const struct acceptable what = {rule, who, STR_NONE, STR_NONE};
    if (accepted(l, &what))
        return NULL;
    struct policy_finding *f = finding_plain(l, rule, pos, who);
    struct str *subject = ARENA_NEW(l->arena, struct str);
    *subject = who;
    f->subjects = (struct strs){subject, 1};
    return f;
}

/* --- L41 */

static bool only_nameless(const struct words *verbs)
{
    for (size_t i = 0; i < verbs->n; i++) {
        struct str v = verbs->items[i].text;
        if (!str_is(v, "create") && !str_is(v, "list") && !str_is(v, "watch") &&
            !str_is(v, "deletecollection"))
            return false;
    }
    return true;
}

static void names_of_role(struct linter *l, const struct policy_role *role)
{
    struct str who = CONCAT(l->arena, STR("role "), role->name.text);
    for (size_t i = 0; i < role->can.n; i++) {
        const struct policy_permission *can = &role->can.items[i];
        if (can->names.n == 0 || !only_nameless(&can->verbs))
            continue;
        struct policy_finding *f = say(l, "L41", can->pos, who);
        if (!f)
            continue;
        f->message = CONCAT(l->arena, who, STR(": names beside verbs that carry no name"));
        f->mend = STR("leave the names out, or take verbs that carry one: get, update, patch, "
                      "delete");
    }
}

/* --- L53, L60: identities of CI */

static void look_at_ci(struct linter *l, const struct policy_ci *ci, const struct ci *resolved)
{
    struct str who = CONCAT(l->arena, STR("ci "), ci->name.text);
    struct policy_finding *f;
    if (str_ends(ci->sa.text, STR("/default")) && (f = say(l, "L53", ci->sa.pos, who))) {
        f->message = CONCAT(l->arena, who, STR(": "), ci->sa.text,
                            STR(" is the account of every pod that names none"));
        f->mend = STR("make a service account for it and name that in `sa`");
    }
    bool several = resolved->sites & (resolved->sites - 1);
    if (ci->audience.text.n > 0 && several && (f = say(l, "L60", ci->audience.pos, who))) {
        f->message = CONCAT(l->arena, who, STR(": tokens for audience '"), ci->audience.text,
                            STR("' are taken by several sites"));
        f->mend = STR("one entry with its own `audience` per site, each with `at`");
    }
}

/* --- L59 */

static void look_at_adds(struct linter *l, const struct policy_team *team)
{
    for (size_t i = 0; i < team->add.n; i++) {
        const struct policy_add *add = &team->add.items[i];
        bool end = add->until.ms != TIME_NONE, reason = add->reason.text.n > 0;
        if (end && reason)
            continue;
        struct str who = CONCAT(l->arena, STR("team "), team->name.text);
        struct policy_finding *f = say(l, "L59", add->person.pos, who);
        if (!f)
            continue;
        f->message = arena_fmt(l->arena, "%.*s: %.*s is added without %s", STR_F(who),
                               STR_F(add->person.text),
                               end      ? "a reason"
                               : reason ? "an end"
                                        : "an end and a reason");
        f->mend = STR("give it `until` and `reason`");
    }
}

static void look_at_grant(struct linter *l, const struct policy_grant *grant,
                          const struct grant *resolved)
{
    if (!resolved->usable || !l->p->roles[resolved->role].sensitive ||
        (grant->by.text.n > 0 && grant->reason.text.n > 0))
        return;
    struct str who = CONCAT(l->arena, STR("team "), grant->team.text);
    struct policy_finding *f = say(l, "L59", grant->pos, who);
    if (!f)
        return;
    f->message = arena_fmt(l->arena, "%.*s: the sensitive role %.*s is granted without `%s`",
                           STR_F(who), STR_F(grant->role.text), grant->by.text.n ? "reason" : "by");
    f->mend = STR("give it `by` and `reason`");
}

void lint_text(struct linter *l)
{
    const struct policy_tree *t = l->p->tree;
    for (size_t i = 0; i < t->roles.n; i++)
        names_of_role(l, &t->roles.items[i]);
    for (size_t i = 0; i < t->ci.n && l->p->ci; i++)
        if (l->p->ci[i].usable)
            look_at_ci(l, &t->ci.items[i], &l->p->ci[i]);
    for (size_t i = 0; i < t->teams.n; i++)
        look_at_adds(l, &t->teams.items[i]);
    for (size_t i = 0; i < t->grants.n; i++)
        look_at_grant(l, &t->grants.items[i], &l->p->grants[i]);
}
