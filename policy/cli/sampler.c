#include "policy/cli/sampler.h"

/* splitmix64 (Steele, Lea, Flood 2014): a fixed stream for a fixed seed on every machine */
static uint64_t next(struct sampler *s)
{
    uint64_t z = s->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static size_t below(struct sampler *s, size_t n)
{
    return n ? (size_t)(next(s) % n) : 0;
}

static struct str one_of(struct sampler *s, struct strs set)
{
    return set.n ? set.items[below(s, set.n)] : STR_NONE;
}

static const struct policy_resource *any_resource(struct sampler *s)
{
    const struct policy_resources *r = &s->cluster->data.resources;
    return r->n ? &r->items[below(s, r->n)] : NULL;
}

static struct str any_namespace(struct sampler *s)
{
    return s->cluster->namespaces.n
               ? s->cluster->namespaces.items[below(s, s->cluster->namespaces.n)].name
               : STR("default");
}

static struct str any_verb(struct sampler *s)
{
    static const struct str verbs[] = {
#define VERB(name, standard) {name, sizeof(name) - 1},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
    };
    return verbs[below(s, sizeof(verbs) / sizeof(*verbs))];
}

void sampler_init(struct sampler *s, const struct policy_at *at, const struct cluster *cluster,
                  const struct policy_directory *directory, uint64_t seed)
{
    const struct rbac_set *set = &cluster->objects;
    *s = (struct sampler){.arena = at->arena, .cluster = cluster, .state = seed};
    s->bindings = ARENA_ARRAY(at->arena, set->n + 1, const struct rbac_object *);
    s->ours = ARENA_ARRAY(at->arena, set->n + 1, const struct rbac_object *);
    for (size_t i = 0; i < set->n; i++) {
        const struct rbac_object *o = &set->items[i];
        const struct rbac_object *role = o->role_name.n ? rbac_role_of(set, o) : NULL;
        if (!role || role->n_rules == 0 || o->n_subjects == 0)
            continue;
        s->bindings[s->n_bindings++] = o;
        if (rbac_is_managed(o))
            s->ours[s->n_ours++] = o;
    }
    s->n_people = directory ? directory->n_people : 0;
    s->people = ARENA_ARRAY(at->arena, s->n_people + 1, struct rbac_user);
    for (size_t i = 0; i < s->n_people; i++)
        s->people[i] = policy_user(at, directory->people[i].username);
}

/* --- who asks */

static struct strs groups_of(struct sampler *s, struct str a, struct str b)
{
    struct str *items = ARENA_ARRAY(s->arena, 3, struct str);
    size_t n = 0;
    items[n++] = STR("system:authenticated");
    if (a.n)
        items[n++] = a;
    if (b.n)
        items[n++] = b;
    return (struct strs){items, n};
}

/* Somebody of the directory who is in the group: with all of their groups. */
static bool person_in(struct sampler *s, struct str group, struct rbac_user *ret)
{
    size_t from = below(s, s->n_people);
    for (size_t i = 0; i < s->n_people; i++) {
        const struct rbac_user *person = &s->people[(from + i) % s->n_people];
        if (strs_has(person->groups, group)) {
            *ret = *person;
            return true;
        }
    }
    return false;
}

static struct rbac_user user_of(struct sampler *s, const struct rbac_object *binding,
                                const struct rbac_subject *subject)
{
    struct rbac_user user = {.name = STR("lotse:somebody")};
    struct str namespace = subject->namespace.n ? subject->namespace : binding->namespace;
    switch (subject->kind) {
    case RBAC_USER: user.name = subject->name; break;
    case RBAC_SERVICE_ACCOUNT:
        user.name = arena_fmt(s->arena, "system:serviceaccount:%.*s:%.*s", STR_F(namespace),
                              STR_F(subject->name));
        user.groups =
            groups_of(s, STR("system:serviceaccounts"),
                      arena_fmt(s->arena, "system:serviceaccounts:%.*s", STR_F(namespace)));
        return user;
    case RBAC_GROUP:
        if (person_in(s, subject->name, &user))
            return user;
        user.groups = groups_of(s, subject->name, STR_NONE);
        return user;
    case RBAC_SUBJECT_UNKNOWN: break;
    }
    user.groups = groups_of(s, STR_NONE, STR_NONE);
    return user;
}

/* --- what for */

static void spell_resource(struct sampler *s, const struct rbac_rule *rule, struct rbac_question *q)
{
    struct str group = one_of(s, rule->api_groups), written = one_of(s, rule->resources);
    q->resource = written;
    (void)str_split(written, '/', &q->resource, &q->subresource);
    q->api_group = group;
    const struct policy_resource *any = any_resource(s);
    if (!any || (!str_is(q->resource, "*") && !str_is(group, "*")))
        return;
    if (str_is(group, "*"))
        q->api_group = any->group;
    if (str_is(q->resource, "*")) {
        q->resource = any->resource;
        q->subresource = q->subresource.n ? q->subresource : any->subresource;
    }
}

static struct rbac_question question_of(struct sampler *s, const struct rbac_rule *rule,
                                        const struct rbac_object *binding)
{
    struct rbac_question q = {.verb = one_of(s, rule->verbs)};
    if (str_is(q.verb, "*"))
        q.verb = any_verb(s);
    if (rule->non_resource_urls.n) {
        q.path = one_of(s, rule->non_resource_urls);
        if (str_ends(q.path, STR("*")))
            q.path = CONCAT(s->arena, str_from_to(q.path, 0, q.path.n - 1), STR("x"));
        return q;
    }
    spell_resource(s, rule, &q);
    q.name = one_of(s, rule->resource_names);
    q.namespace = binding->namespace.n ? binding->namespace
                  : below(s, 2)        ? any_namespace(s)
                                       : STR_NONE;
    return q;
}

static void change_one_thing(struct sampler *s, struct sample *sample)
{
    struct rbac_question *q = &sample->question;
    const struct policy_resource *any = any_resource(s);
    if (q->path.n) {
        q->path = CONCAT(s->arena, q->path, STR("/y"));
        return;
    }
    switch (below(s, 5)) {
    case 0: q->verb = any_verb(s); break;
    case 1: q->namespace = any_namespace(s); break;
    case 2: q->name = q->name.n ? STR_NONE : STR("some-name"); break;
    case 3: q->subresource = q->subresource.n ? STR_NONE : STR("status"); break;
    default:
        if (any) {
            q->api_group = any->group;
            q->resource = any->resource;
            q->subresource = any->subresource;
        }
    }
}

static void other_class(struct sampler *s, struct sample *sample)
{
    struct rbac_question *q = &sample->question;
    if (s->n_people)
        sample->user = s->people[below(s, s->n_people)];
    if (below(s, 2))
        return; /* what somebody else may do, asked by this person */
    *q = (struct rbac_question){.verb = below(s, 2) ? STR("frobnicate") : any_verb(s),
                                .api_group = STR("example.invalid"),
                                .resource = STR("widgets"),
                                .namespace = any_namespace(s)};
}

bool sampler_draw(struct sampler *s, size_t number, struct sample *ret)
{
    bool ours = s->n_ours && below(s, 3);
    if (s->n_bindings == 0)
        return false;
    const struct rbac_object *binding =
        ours ? s->ours[below(s, s->n_ours)] : s->bindings[below(s, s->n_bindings)];
    const struct rbac_object *role = rbac_role_of(&s->cluster->objects, binding);
    const struct rbac_rule *rule = &role->rules[below(s, role->n_rules)];
    struct sample sample = {.class = (enum sample_class)(number % N_SAMPLE_CLASSES)};
    sample.user = user_of(s, binding, &binding->subjects[below(s, binding->n_subjects)]);
    sample.question = question_of(s, rule, binding);
    if (sample.class == SAMPLE_NEAR)
        change_one_thing(s, &sample);
    else if (sample.class == SAMPLE_OTHER)
        other_class(s, &sample);
    *ret = sample;
    return true;
}
