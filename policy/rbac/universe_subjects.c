/*
 * The subjects of all bindings, each looked up once. What policy_emit makes names few subjects many
 * times: the same bytes at the same address are the same name, and whole lists are shared.
 */
#include "policy/rbac/service_account.h"
#include "policy/rbac/universe.h"

struct known_name { /* at this address stands this subject */
    const char *p;
    uint32_t n, code;
};
struct known_list {
    const struct rbac_subject *subjects;
    const uint32_t *codes;
    size_t n;
};
struct speller {
    struct universe *u;
    struct known_name *names; /* the last one per slot */
    struct known_list *lists;
    size_t mask;
};

static size_t slot_of(const struct speller *s, const void *p)
{
    return (size_t)(((uintptr_t)p >> 3) * UINT64_C(0x9E3779B97F4A7C15) >> 40) & s->mask;
}

static uint32_t spell_group(struct speller *s, struct str name)
{
    struct known_name *known = &s->names[slot_of(s, name.p)];
    if (known->p != name.p || known->n != name.n || !name.p)
        *known = (struct known_name){
            name.p, (uint32_t)name.n,
            subject_code(SUBJECT_GROUP, intern_add(&s->u->subject_groups, name))};
    return known->code;
}

static uint32_t spell_subject(struct speller *s, const struct rbac_subject *subject,
                              struct str binding_namespace)
{
    struct universe *u = s->u;
    struct str namespace = subject->namespace.n ? subject->namespace : binding_namespace;
    switch (subject->kind) {
    case RBAC_GROUP: return spell_group(s, subject->name);
    case RBAC_USER: return subject_code(SUBJECT_USER, intern_add(&u->subject_users, subject->name));
    case RBAC_SERVICE_ACCOUNT:
        return namespace.n == 0 /* without one it matches nobody */
                   ? ID_NONE
                   : subject_code(
                         SUBJECT_ACCOUNT,
                         intern_add(&u->subject_accounts,
                                    service_account_user(u->arena, namespace, subject->name)));
    case RBAC_SUBJECT_UNKNOWN: return ID_NONE;
    }
    return ID_NONE;
}

static const uint32_t *spell_list(struct speller *s, const struct rbac_object *o)
{
    struct known_list *known = &s->lists[slot_of(s, o->subjects)];
    bool anywhere = true; /* the list says the same in every namespace */
    if (known->subjects == o->subjects && known->n == o->n_subjects)
        return known->codes;
    uint32_t *codes = ARENA_ARRAY(s->u->arena, o->n_subjects, uint32_t);
    for (size_t i = 0; i < o->n_subjects; i++) {
        const struct rbac_subject *subject = &o->subjects[i];
        codes[i] = spell_subject(s, subject, o->namespace);
        anywhere = anywhere && (subject->kind != RBAC_SERVICE_ACCOUNT || subject->namespace.n > 0);
    }
    if (anywhere && o->n_subjects > 0)
        *known = (struct known_list){o->subjects, codes, o->n_subjects};
    return codes;
}

#define SLOTS_MAX 16384

void universe_spell_subjects(struct universe *u)
{
    auto_arena scratch = {0};
    struct speller s = {.u = u, .mask = 63};
    size_t n = 0;
    arena_init(&scratch, ARENA_NO_MAX);
    for (size_t k = 0; k < u->n_sets; k++)
        n += u->sets[k]->n;
    while (s.mask < 2 * n && s.mask + 1 < SLOTS_MAX)
        s.mask = s.mask * 2 + 1;
    s.names = ARENA_ARRAY(&scratch, s.mask + 1, struct known_name);
    s.lists = ARENA_ARRAY(&scratch, s.mask + 1, struct known_list);
    u->subjects = ARENA_ARRAY(u->arena, u->n_sets, const uint32_t **);
    for (size_t k = 0; k < u->n_sets; k++) {
        const struct rbac_set *set = u->sets[k];
        const char *last = NULL; /* the set is mostly sorted by namespace */
        u->subjects[k] = ARENA_ARRAY(u->arena, set->n, const uint32_t *);
        for (size_t i = 0; i < set->n; i++) {
            const struct rbac_object *o = &set->items[i];
            if (o->kind == RBAC_ROLE_BINDING && o->namespace.p != last)
                intern_add(&u->namespaces, o->namespace);
            last = o->kind == RBAC_ROLE_BINDING ? o->namespace.p : last;
            u->subjects[k][i] = spell_list(&s, o);
        }
    }
}
