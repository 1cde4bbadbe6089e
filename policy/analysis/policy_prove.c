/* Proving every invariant of the policy; here who is asked for what, and the sentence that says how
 * it ended. */
#include "policy/analysis/policy_prove_inside.h"

struct str prove_name(const struct policy_invariant *invariant, struct arena *a)
{
    return CONCAT(a, invariant->always ? STR("always ") : STR("never "), invariant->id.text);
}

void prove_assume(const struct prover *v, struct prove_result *r, struct str sentence)
{
    struct str *all = ARENA_ARRAY(v->a, r->assumed.n + 1, struct str);
    if (strs_has(r->assumed, sentence))
        return;
    if (r->assumed.n > 0)
        memcpy(all, r->assumed.items, r->assumed.n * sizeof(*all));
    all[r->assumed.n] = sentence;
    r->assumed = (struct strs){all, r->assumed.n + 1};
}

/* What workloads have without asking the API server for it: secrets and service accounts of their
 * namespace. */
struct str prove_honesty(const struct policy_invariant *invariant)
{
    static const char *const indirect[] = {"secrets", "configmaps", "serviceaccounts", "*"};
    bool said =
        invariant->reach.text.n == 0 && !invariant->always && invariant->who.kind != WHO_ONE_PERSON;
    for (size_t i = 0; said && i < invariant->can.n; i++) {
        const struct policy_duty *duty = &invariant->can.items[i];
        bool found = duty->everything;
        for (size_t k = 0; k < duty->permission.n; k++)
            for (size_t t = 0; t < duty->permission.items[k].n_targets; t++)
                for (size_t n = 0; n < sizeof(indirect) / sizeof(*indirect); n++)
                    found =
                        found || str_is(duty->permission.items[k].targets[t].resource, indirect[n]);
        if (found)
            return STR("proves the direct right only: whoever can create workloads in a namespace "
                       "can indirectly read every secret and use every service account there; "
                       "`reach:` asks for that");
    }
    return STR_NONE;
}

static struct str people_count(const struct prove_result *r, struct arena *a)
{
    return arena_fmt(a, "%zu %s", r->n_people, r->n_people == 1 ? "person" : "people");
}

static struct str broken_text(const struct prover *v, const struct prove_result *r)
{
    struct arena *a = v->a;
    const struct prove_example *e = r->example;
    if (r->n_people > 0)
        return CONCAT(a, people_count(r, a), STR(" can have all of it together, such as "),
                      r->people[0].person.n ? r->people[0].person : STR("a person not known yet"));
    if (!e)
        return STR("broken");
    struct str who = e->person.n ? e->person : e->user;
    struct str site = v->p->tree->sites.items[e->site].name.text;
    struct str group = e->groups.n ? e->groups.items[0] : STR_NONE;
    if (r->steps.n > 0)
        return CONCAT(a, site, STR(": "), who, STR(" reaches "), r->invariant->reach.text,
                      STR(" in "), arena_fmt(a, "%zu", r->steps.n), STR(" steps"));
    return CONCAT(a, site, STR(": "), who, group.n ? STR(" with ") : STR_NONE, group,
                  e->missing ? STR(" may not ") : STR(" may "),
                  prove_question_text(&e->question, a),
                  e->future ? STR(", should there ever be such a thing") : STR_NONE);
}

static void prove_other(struct prover *v, uint32_t id, struct prove_result *r)
{
    const struct policy_invariant *written = r->invariant;
    if (written->who.kind == WHO_ONE_PERSON)
        prove_one_person(v, id, r);
    else if (written->reach.text.n > 0)
        prove_reach(v, id, r);
    else if (written->always)
        prove_can_always(v, id, r);
    else if (written->who.kind != WHO_ANY)
        prove_can_never(v, id, r);
}

static void finish(struct prover *v, struct prove_result *r)
{
    const struct policy_invariant *written = r->invariant;
    r->status = r->n_broken > 0 ? PROVE_BROKEN : r->sites ? PROVE_KEPT : PROVE_NO_DATA;
    if (r->status == PROVE_BROKEN) {
        r->text = broken_text(v, r);
        v->out.n_broken++;
    }
    if (!v->p->in->directory && written->who.kind == WHO_PERSON)
        prove_assume(v, r,
                     STR("no directory: the person may be in every team that takes people "
                         "from it"));
}

static struct prover begin(const struct policy_proving *in)
{
    struct prover v = {.in = in, .p = in->policy, .a = in->arena};
    const struct policy_tree *t = v.p->tree;
    if (t->invariants.n == 0)
        return v;
    prove_sites_make(&v);
    for (size_t i = 0; i < t->invariants.n; i++)
        ARENA_PUSH(v.a, &v.out)->invariant = &t->invariants.items[i];
    return v;
}

struct prove_results policy_prove_all(const struct policy_proving *in)
{
    struct prover v = begin(in);
    prove_any_never(&v);
    for (uint32_t i = 0; i < v.out.n; i++) {
        if (v.p->invariants[i].usable)
            prove_other(&v, i, &v.out.items[i]);
        finish(&v, &v.out.items[i]);
    }
    return v.out;
}

struct prove_results policy_prove_moment(const struct policy_proving *in)
{
    struct prover v = begin(in);
    v.moment = true;
    for (uint32_t i = 0; i < v.out.n; i++) {
        if (v.p->invariants[i].usable && v.out.items[i].invariant->always)
            prove_can_always(&v, i, &v.out.items[i]);
        finish(&v, &v.out.items[i]);
    }
    return v.out;
}
