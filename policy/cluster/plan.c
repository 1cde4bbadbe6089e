#include "policy/cluster/plan.h"

#include <stdlib.h>

/* The phases, in the order in which they run. */
enum phase {
    PHASE_NEW_ROLES, /* bound by nobody yet */
    PHASE_REVOKE,    /* bindings that go, subjects that go */
    PHASE_ROLES,     /* what roles hold changes at once for everybody who has them */
    PHASE_MOVE,      /* bindings where subjects go and come in one write */
    PHASE_GRANT,
    PHASE_OLD_ROLES, /* nobody is bound to them any more */
};

static bool is_role(const struct rbac_object *o)
{
    return o->kind == RBAC_CLUSTER_ROLE || o->kind == RBAC_ROLE;
}

static bool has_subject(const struct rbac_object *o, const struct rbac_subject *s)
{
    for (size_t i = 0; i < o->n_subjects; i++)
        if (o->subjects[i].kind == s->kind && str_eq(o->subjects[i].name, s->name) &&
            str_eq(o->subjects[i].namespace, s->namespace))
            return true;
    return false;
}

/* How many subjects of a are not in b. */
static size_t n_missing(const struct rbac_object *a, const struct rbac_object *b)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_subjects; i++)
        n += !has_subject(b, &a->subjects[i]);
    return n;
}

/* The same phases when what is given comes before what is taken. */
static const unsigned given_first[] = {
    [PHASE_NEW_ROLES] = 0, [PHASE_ROLES] = 1,  [PHASE_GRANT] = 2,
    [PHASE_MOVE] = 3,      [PHASE_REVOKE] = 4, [PHASE_OLD_ROLES] = 5};

static enum phase phase_of(const struct step *s)
{
    const struct rbac_object *o = s->want ? s->want : s->have;
    if (is_role(o))
        return s->kind == STEP_CREATE   ? PHASE_NEW_ROLES
               : s->kind == STEP_DELETE ? PHASE_OLD_ROLES
                                        : PHASE_ROLES;
    if (s->kind == STEP_DELETE)
        return PHASE_REVOKE;
    if (s->kind == STEP_CREATE)
        return PHASE_GRANT;
    if (s->kind == STEP_REPLACE)
        return PHASE_MOVE;
    size_t gone = n_missing(s->have, s->want), come = n_missing(s->want, s->have);
    return gone == 0 ? PHASE_GRANT : come == 0 ? PHASE_REVOKE : PHASE_MOVE;
}

static int by_phase(const void *pa, const void *pb)
{
    const struct step *a = pa, *b = pb;
    if (a->phase != b->phase)
        return a->phase < b->phase ? -1 : 1;
    const struct rbac_object *x = a->want ? a->want : a->have, *y = b->want ? b->want : b->have;
    int order = str_cmp(x->namespace, y->namespace);
    return order ? order : rbac_object_cmp(x, y);
}

static int add_step(struct plan *plan, enum step_kind kind, const struct rbac_object *want,
                    const struct rbac_object *have)
{
    struct step *s = ARENA_PUSH(plan->arena, plan);
    if (!s)
        return -1;
    *s = (struct step){.kind = kind, .want = want, .have = have};
    s->phase = plan->grants_first ? given_first[phase_of(s)] : (unsigned)phase_of(s);
    plan->n_deletes += kind == STEP_DELETE;
    return 0;
}

static int add_pair(struct plan *plan, const struct rbac_object *want,
                    const struct rbac_object *have)
{
    if (!rbac_is_managed(have)) {
        const struct rbac_object **f = ARENA_PUSH(plan->arena, &plan->foreign);
        if (!f)
            return -1;
        *f = have;
        return 0;
    }
    if (rbac_object_same(want, have)) {
        plan->n_same++;
        return 0;
    }
    bool replace = !is_role(want) && !rbac_same_role_ref(want, have);
    return add_step(plan, replace ? STEP_REPLACE : STEP_PATCH, want, have);
}

/* One object that is wanted, or there, or both. */
static int add_object(struct plan *plan, const struct rbac_object *want,
                      const struct rbac_object *have)
{
    plan->n_owned += have && rbac_is_managed(have);
    if (want && have)
        return add_pair(plan, want, have);
    if (want)
        return add_step(plan, STEP_CREATE, want, NULL);
    return plan->prune && rbac_is_managed(have) ? add_step(plan, STEP_DELETE, NULL, have) : 0;
}

int plan_make(struct plan *plan, const struct rbac_set *want, const struct rbac_set *live,
              struct err *e)
{
    size_t w = 0, l = 0;
    while (w < want->n || l < live->n) {
        const struct rbac_object *x = w < want->n ? &want->items[w] : NULL;
        const struct rbac_object *y = l < live->n ? &live->items[l] : NULL;
        int order = !x ? 1 : !y ? -1 : rbac_object_cmp(x, y);
        w += order <= 0;
        l += order >= 0;
        if (add_object(plan, order <= 0 ? x : NULL, order >= 0 ? y : NULL) < 0)
            return fail(e, ERR_LIMIT, "too many objects");
    }
    if (plan->n)
        qsort(plan->items, plan->n, sizeof(*plan->items), by_phase);
    return 0;
}

int plan_guard(const struct plan *plan, struct str site, int64_t percent, struct err *e)
{
    int64_t deletes = (int64_t)plan->n_deletes, owned = (int64_t)plan->n_owned;
    bool all = deletes > 0 && deletes == owned;
    if (!all && (deletes <= 3 || deletes * 100 <= percent * owned))
        return 0;
    return fail(e, ERR_CONFIG,
                "%.*s: %lld of our %lld objects would be removed, more than --max-prune %lld "
                "allows; nothing was written. "
                "If that is meant, say --allow-shrink",
                STR_F(site), (long long)deletes, (long long)owned, (long long)percent);
}

int plan_result(const struct plan *plan, const struct rbac_set *live, struct rbac_set *ret,
                struct err *e)
{
    struct rbac_set result = {0};
    const struct step **step_of =
        ARENA_ARRAY(plan->arena, live->n + 1, const struct step *); /* by live object */
    result.items = ARENA_ARRAY(plan->arena, live->n + plan->n + 1, struct rbac_object);
    if (!step_of || !result.items)
        return fail(e, ERR_LIMIT, "too many objects");
    for (size_t k = 0; k < plan->n; k++) {
        const struct step *s = &plan->items[k];
        if (s->have)
            step_of[s->have - live->items] = s;
        else
            result.items[result.n++] = *s->want;
    }
    for (size_t i = 0; i < live->n; i++) {
        const struct step *s = step_of[i];
        if (!s)
            result.items[result.n++] = live->items[i];
        else if (s->want)
            result.items[result.n++] = *s->want;
    }
    rbac_set_sort(&result);
    *ret = result;
    return 0;
}

void plan_name(const struct rbac_object *o, struct buf *out)
{
    buf_c(out, rbac_kind_name(o->kind));
    buf_char(out, ' ');
    if (o->namespace.n) {
        buf_add(out, o->namespace);
        buf_char(out, '/');
    }
    buf_add(out, o->name);
}

static void describe_subjects(const struct rbac_object *a, const struct rbac_object *b, char sign,
                              struct buf *out)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        const struct rbac_subject *s = &a->subjects[i];
        if (b && has_subject(b, s))
            continue;
        buf_fmt(out, " %c%s ", sign, rbac_subject_kind_name(s->kind));
        if (s->namespace.n)
            buf_fmt(out, "%.*s/", STR_F(s->namespace));
        buf_add(out, s->name);
    }
}

static void describe_patch(const struct step *s, struct buf *out)
{
    size_t before = out->n;
    buf_char(out, ':');
    if (is_role(s->want)) {
        buf_c(out, " rules");
        return;
    }
    describe_subjects(s->have, s->want, '-', out);
    describe_subjects(s->want, s->have, '+', out);
    if (out->n == before + 1)
        buf_c(out, " label");
}

void plan_describe(const struct step *s, bool done, struct buf *out)
{
    static const char *const will[] = {"create", "patch", "replace", "delete"};
    static const char *const did[] = {"created", "patched", "replaced", "deleted"};
    const struct rbac_object *o = s->want ? s->want : s->have;
    buf_c(out, done ? did[s->kind] : will[s->kind]);
    buf_char(out, ' ');
    plan_name(o, out);
    switch (s->kind) {
    case STEP_CREATE:
        if (!is_role(o)) {
            buf_char(out, ':');
            describe_subjects(o, NULL, '+', out);
        }
        break;
    case STEP_PATCH: describe_patch(s, out); break;
    case STEP_REPLACE: buf_fmt(out, ": it had the role %.*s", STR_F(s->have->role_name)); break;
    case STEP_DELETE:
        if (!is_role(o)) {
            buf_char(out, ':');
            describe_subjects(o, NULL, '-', out);
        }
        break;
    }
    if (o->src.n)
        buf_fmt(out, " (%.*s)", STR_F(o->src));
}
