/* The table of the checks as bits of permission sets. */
#include <stdlib.h>

#include "policy/lint/lint_inside.h"

#define NONE     LINT_NONE
#define LOW      LINT_LOW
#define MEDIUM   LINT_MEDIUM
#define HIGH     LINT_HIGH
#define CRITICAL LINT_CRITICAL

static const struct {
    enum check check, other;
} hides_rows[] = {
#define CHECK(...)
#define TERM(...)
#define HIDES(check, other) {CHECK_##check, CHECK_##other},
#include "policy/lint/checks.tbl.h"
#undef CHECK
#undef HIDES
};
const struct check_row check_rows[N_CHECKS] = {
#define CHECK(check, rule, inside, privileged, wide) \
    [CHECK_##check] = {#rule, {inside, privileged, wide}},
#define HIDES(...)
#include "policy/lint/checks.tbl.h"
#undef CHECK
#undef TERM
};

static const struct term_row {
    enum check check;
    unsigned term;
    const char *verbs, *targets, *names;
} term_rows[] = {
#define CHECK(...)
#define TERM(check, term, verbs, targets, names) {CHECK_##check, term, verbs, targets, names},
#include "policy/lint/checks.tbl.h"
#undef CHECK
#undef TERM
#undef HIDES
#define DEPUTY(check, verbs, targets, controller, source) {CHECK_##check, 0, verbs, targets, "*"},
#include "policy/lint/deputies.tbl.h"
#undef DEPUTY
};

/* --- making: rows become classes and verb bits */

struct maker {
    struct questions *q;
    struct arena *a;
    const struct term_row *row;
    uint64_t *verbs; /* words */
};

static void set_verb(const struct maker *m, uint32_t verb)
{
    m->verbs[verb / 64] |= (uint64_t)1 << (verb % 64);
}

static void set_verbs(const struct maker *m)
{
    const struct universe *u = m->q->u;
    struct str rest = STR_C(m->row->verbs), verb;
    memset(m->verbs, 0, u->words * sizeof(*m->verbs));
    while (str_next(&rest, ',', &verb)) {
        bool prefix = str_ends(verb, STR(":*"));
        verb.n -= prefix;
        for (uint32_t i = 0; prefix && i < u->verbs.n; i++)
            if (str_starts(u->verbs.items[i], verb))
                set_verb(m, i);
        /* a verb that no rule spells is in the class of all others: only a literal * gives it */
        set_verb(m, prefix ? (uint32_t)u->verbs.n : universe_verb(u, verb));
    }
}

static bool is_wide_only(const struct universe *u, const struct question *q)
{
    struct rbac_question as = q->as;
    as.name = STR_NONE;
    if (as.path.n > 0)
        return true;
    uint32_t group = intern_find(&u->groups, as.api_group);
    struct str resource = as.resource;
    uint32_t target = group == ID_NONE
                          ? ID_NONE
                          : target_find(u, group, intern_find(&u->resources, resource), ID_NONE);
    if (target == ID_NONE || str_is(resource, "namespaces"))
        return false;
    return u->items[target].known && !u->items[target].namespaced;
}

static void add_question(const struct maker *m, struct question one)
{
    const struct universe *u = m->q->u;
    bool binds = str_is(STR_C(m->row->verbs), "bind"); /* asked in the binding's namespace */
    one.check = m->row->check;
    one.term = m->row->term;
    one.wide_only = one.class != ID_NONE && !binds && is_wide_only(u, &one);
    for (uint32_t w = 0; w < u->words; w++)
        if (m->verbs[w]) {
            one.word = w;
            one.verbs = m->verbs[w];
            *ARENA_PUSH(m->a, m->q) = one;
        }
}

static void add_named(const struct maker *m, struct question one, struct str name)
{
    one.as.name = name;
    one.class = universe_class(m->q->u, &one.as);
    one.target = CONCAT(m->a, one.target, STR(" "), name);
    add_question(m, one);
}

/* Every name that a rule tells apart on this target. */
static void add_all_names(const struct maker *m, const struct question *one)
{
    const struct universe *u = m->q->u;
    for (size_t i = 0; i < u->n; i++) {
        const struct target *t = &u->items[i];
        bool inside = one->class >= t->first && one->class <= t->first + t->n_names;
        for (size_t k = 0; inside && k < t->n_names; k++)
            add_named(m, *one, u->names.items[t->names[k]]);
    }
}

static void add_target_text(const struct maker *m, struct str text)
{
    struct question one = {.target = text};
    struct str names = STR_C(m->row->names), sub;
    if (str_is(text, "**")) {
        one.class = ID_NONE;
        one.target = STR("*/*");
        add_question(m, one);
        return;
    }
    if (str_starts(text, STR("url:")))
        one.as.path = str_from_to(text, 4, text.n);
    else if (str_split(text, '/', &one.as.api_group, &one.as.resource) &&
             str_split(one.as.resource, '/', &sub, &one.as.subresource))
        one.as.resource = sub;
    if (one.as.subresource.n > 0) /* as rules spell it; told apart by no rule we ask about */
        one.as =
            (struct rbac_question){.api_group = one.as.api_group,
                                   .resource = str_from_to(text, one.as.api_group.n + 1, text.n)};
    if (names.n > 0 && !str_is(names, "*")) {
        add_named(m, one, names);
        return;
    }
    one.class = universe_class(m->q->u, &one.as);
    add_question(m, one);
    if (names.n > 0)
        add_all_names(m, &one);
}

static void add_labelled_roles(const struct maker *m, const struct policy_cluster *c)
{
    static const struct str prefix = {"rbac.authorization.k8s.io/aggregate-to-", 39};
    for (size_t i = 0; c && i < c->n_cluster_roles; i++) {
        const struct rbac_object *o = &c->cluster_roles[i];
        bool labelled = false;
        for (size_t k = 0; k < o->labels.n; k++)
            labelled = labelled || str_starts(o->labels.items[k].key, prefix);
        struct question one = {
            .as = {.api_group = STR("rbac.authorization.k8s.io"), .resource = STR("clusterroles")},
            .target = STR("rbac.authorization.k8s.io/clusterroles")};
        if (labelled)
            add_named(m, one, o->name);
    }
}

static int question_order(const void *a, const void *b)
{
    const struct question *x = a, *y = b;
    if (x->check != y->check)
        return x->check < y->check ? -1 : 1;
    if (x->term != y->term)
        return x->term < y->term ? -1 : 1;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return x->word < y->word ? -1 : x->word > y->word;
}

/* The same class twice (a name that no rule spells is the nameless class) counts once. */
static void sort_questions(struct questions *q)
{
    size_t n = 0;
    qsort(q->items, q->n, sizeof(*q->items), question_order);
    for (size_t i = 0; i < q->n; i++) {
        if (n > 0 && question_order(&q->items[n - 1], &q->items[i]) == 0) {
            struct question *kept = &q->items[n - 1];
            kept->verbs |= q->items[i].verbs;
            if (kept->as.name.n > 0 && q->items[i].as.name.n == 0) {
                kept->as = q->items[i].as;
                kept->target = q->items[i].target;
            }
            continue;
        }
        q->items[n++] = q->items[i];
    }
    q->n = n;
    for (size_t i = 0; i < n; i++) {
        q->first[q->items[i].check + 1] = i + 1;
        q->all_terms[q->items[i].check] |= (uint8_t)(1U << q->items[i].term);
    }
    for (size_t c = 0; c < N_CHECKS; c++) /* checks without a question begin where the last ended */
        if (q->first[c + 1] == 0)
            q->first[c + 1] = q->first[c];
}

void questions_make(struct questions *q, const struct access *x, const struct policy_cluster *c,
                    struct arena *a)
{
    *q = (struct questions){.x = x, .u = x->u};
    struct maker m = {.q = q, .a = a, .verbs = ARENA_ARRAY(a, x->u->words, uint64_t)};
    for (size_t i = 0; i < sizeof(term_rows) / sizeof(*term_rows); i++) {
        struct str rest = STR_C(term_rows[i].targets), target;
        m.row = &term_rows[i];
        set_verbs(&m);
        while (str_next(&rest, ',', &target))
            add_target_text(&m, target);
        if (m.row->check == CHECK_L10)
            add_labelled_roles(&m, c);
    }
    sort_questions(q);
}

/* --- answering */

static uint64_t class_word(const struct access *x, uint32_t set, uint32_t class, uint32_t word)
{
    return x->items[set].w[class * x->u->words + word];
}

static uint64_t asked_word(const struct access *x, uint32_t set, const struct question *q)
{
    if (q->class != ID_NONE)
        return class_word(x, set, q->class, q->word) & q->verbs;
    uint64_t any = 0;
    for (size_t i = 0; i < x->u->n; i++)
        any |= class_word(x, set, x->u->items[i].first + (uint32_t)x->u->items[i].n_names, q->word);
    return any & q->verbs;
}

/* A literal *: the verb that nobody spells, or a resource that nobody spells. */
static bool holds_star(const struct access *x, uint32_t set)
{
    const struct universe *u = x->u;
    uint32_t other = (uint32_t)u->verbs.n;
    for (size_t i = 0; i < u->n; i++) {
        const struct target *t = &u->items[i];
        for (uint32_t k = 0; k <= t->n_names; k++) {
            if (permset_has(x, set, t->first + k, other))
                return true;
            for (uint32_t w = 0; t->resource == ID_NONE && w < u->words; w++)
                if (class_word(x, set, t->first + k, w))
                    return true;
        }
    }
    return false;
}

void questions_answer(const struct questions *q, uint32_t set, struct answers *ret)
{
    const struct access *x = q->x;
    *ret = (struct answers){0};
    for (size_t i = 0; i < q->n; i++) {
        const struct question *one = &q->items[i];
        if (!asked_word(x, set, one))
            continue;
        ret->terms[1][one->check] |= (uint8_t)(1U << one->term);
        if (!one->wide_only)
            ret->terms[0][one->check] |= (uint8_t)(1U << one->term);
    }
    for (size_t wide = 0; wide < 2; wide++)
        for (unsigned c = 0; c < N_CHECKS; c++)
            if (q->all_terms[c] && ret->terms[wide][c] == q->all_terms[c])
                ret->fires[wide] |= check_bit((enum check)c);
    if (holds_star(x, set)) {
        ret->fires[0] |= check_bit(CHECK_L39);
        ret->fires[1] |= check_bit(CHECK_L39);
    }
}

uint64_t checks_hidden(uint64_t fires)
{
    uint64_t hidden = 0;
    if (fires & check_bit(CHECK_L01)) /* who may do everything may do each of the others */
        return ~check_bit(CHECK_L01);
    for (size_t i = 0; i < sizeof(hides_rows) / sizeof(*hides_rows); i++)
        if (fires & check_bit(hides_rows[i].check))
            hidden |= check_bit(hides_rows[i].other);
    return hidden;
}

/* --- saying: which permissions, which rule */

struct atom_line {
    struct str verbs, target;
};
struct atom_lines {
    struct atom_line *items;
    size_t n, cap;
};

static struct str verbs_text(const struct universe *u, uint64_t bits, uint32_t word,
                             struct arena *a)
{
    struct str names[64];
    size_t n = 0;
    for (uint32_t b = 0; b < 64; b++)
        if (bits >> b & 1)
            names[n++] = word * 64 + b < u->verbs.n ? u->verbs.items[word * 64 + b] : STR("*");
    return strs_join(a, strs_sorted(a, (struct strs){names, n}), ',');
}

static int line_order(const void *a, const void *b)
{
    const struct atom_line *x = a, *y = b;
    int order = str_cmp(x->verbs, y->verbs);
    return order ? order : str_cmp(x->target, y->target);
}

/* One line per set of verbs: "get,list /secrets,/configmaps". */
static struct strs join_lines(struct atom_lines *lines, struct arena *a)
{
    struct str *out = ARENA_ARRAY(a, lines->n, struct str);
    size_t n = 0;
    if (lines->n > 1)
        qsort(lines->items, lines->n, sizeof(*lines->items), line_order);
    for (size_t i = 0, end; i < lines->n; i = end) {
        struct str *targets = ARENA_ARRAY(a, lines->n, struct str);
        for (end = i; end < lines->n && str_eq(lines->items[end].verbs, lines->items[i].verbs);
             end++)
            targets[end - i] = lines->items[end].target;
        struct strs unique = strs_sorted(a, (struct strs){targets, end - i});
        out[n++] = CONCAT(a, lines->items[i].verbs, STR(" "), strs_join(a, unique, ','));
    }
    return (struct strs){out, n};
}

static uint64_t sets_word(const struct access *x, struct sets sets, uint32_t class, uint32_t word)
{
    uint64_t any = 0;
    for (size_t s = 0; s < sets.n; s++)
        any |= class_word(x, sets.items[s], class, word);
    return any;
}

static struct str target_text(const struct universe *u, const struct target *t, struct arena *a)
{
    struct str group = t->group == ID_NONE ? STR("*") : u->groups.items[t->group];
    if (t->resource != ID_NONE)
        return CONCAT(a, group, STR("/"), u->resources.items[t->resource]);
    if (t->sub == ID_NONE)
        return CONCAT(a, group, STR("/*"));
    return CONCAT(a, group, STR("/*/"), u->subs.items[t->sub]);
}

/* What of a target is there by a literal *: as verb, or because nobody spells the target. */
static struct str star_verbs(const struct access *x, struct sets sets, const struct target *t,
                             struct arena *a)
{
    uint32_t class = t->first + (uint32_t)t->n_names, other = (uint32_t)x->u->verbs.n;
    if (sets_word(x, sets, class, other / 64) >> (other % 64) & 1)
        return STR("*");
    for (uint32_t w = 0; t->resource == ID_NONE && w < x->u->words; w++)
        if (sets_word(x, sets, class, w))
            return verbs_text(x->u, sets_word(x, sets, class, w), w, a);
    return STR_NONE;
}

static struct strs star_atoms(const struct access *x, struct sets sets, struct arena *a)
{
    struct atom_lines lines = {0};
    for (size_t i = 0; i < x->u->n; i++) {
        const struct target *t = &x->u->items[i];
        struct str verbs = star_verbs(x, sets, t, a);
        bool all = t->group == ID_NONE && t->resource == ID_NONE && t->sub == ID_NONE;
        if (verbs.n == 0)
            continue;
        if (all) /* who has it on what nobody knows has it on each */
            lines.n = 0;
        *ARENA_PUSH(a, &lines) = (struct atom_line){verbs, target_text(x->u, t, a)};
        if (all)
            break;
    }
    return join_lines(&lines, a);
}

/* Of a question for any resource: those that are known, or all. */
static void any_atoms(const struct questions *q, struct sets sets, const struct question *one,
                      struct atom_lines *lines, struct arena *a)
{
    for (size_t i = 0; i < q->u->n; i++) {
        const struct target *t = &q->u->items[i];
        uint64_t bits =
            sets_word(q->x, sets, t->first + (uint32_t)t->n_names, one->word) & one->verbs;
        bool all = t->group == ID_NONE && t->resource == ID_NONE && t->sub == ID_NONE;
        if (!bits || (!t->known && !all))
            continue;
        if (all)
            lines->n = 0;
        *ARENA_PUSH(a, lines) =
            (struct atom_line){verbs_text(q->u, bits, one->word, a), target_text(q->u, t, a)};
        if (all)
            return;
    }
}

struct strs questions_atoms(const struct questions *q, struct sets sets, struct check_at at,
                            struct arena *a)
{
    struct atom_lines lines = {0};
    if (at.check == CHECK_L39)
        return star_atoms(q->x, sets, a);
    if (at.check == CHECK_L01) {
        *ARENA_PUSH(a, &lines) = (struct atom_line){STR("*"), STR("*/*")};
        return join_lines(&lines, a);
    }
    for (size_t i = q->first[at.check]; i < q->first[at.check + 1]; i++) {
        const struct question *one = &q->items[i];
        uint64_t bits = 0;
        for (size_t s = 0; s < sets.n; s++)
            bits |= asked_word(q->x, sets.items[s], one);
        if (bits && one->class == ID_NONE)
            any_atoms(q, sets, one, &lines, a);
        else if (bits && (at.wide || !one->wide_only))
            *ARENA_PUSH(a, &lines) =
                (struct atom_line){verbs_text(q->u, bits, one->word, a), one->target};
    }
    return join_lines(&lines, a);
}

static bool rule_answers(const struct questions *q, const struct rbac_rule *rule,
                         const struct question *one)
{
    struct rbac_question as = one->as;
    if (one->class == ID_NONE) /* any resource: the first the rule names stands for it */
        as = (struct rbac_question){
            .api_group = rule->api_groups.n ? rule->api_groups.items[0] : STR_NONE,
            .resource = rule->resources.n ? rule->resources.items[0] : STR_NONE};
    for (uint32_t b = 0; b < 64; b++) {
        uint32_t verb = one->word * 64 + b;
        if (!(one->verbs >> b & 1))
            continue;
        as.verb = verb < q->u->verbs.n ? q->u->verbs.items[verb] : STR("~other~");
        if (rbac_rule_allows(rule, &as))
            return true;
    }
    return false;
}

static bool rule_has_star(const struct rbac_rule *rule)
{
    struct str star = STR("*");
    if (strs_has(rule->verbs, star) || strs_has(rule->api_groups, star))
        return true;
    for (size_t i = 0; i < rule->resources.n; i++)
        if (str_starts(rule->resources.items[i], star))
            return true;
    return false;
}

bool questions_fired_by(const struct questions *q, const struct rbac_rule *rule, struct check_at at)
{
    if (at.check == CHECK_L39)
        return rule_has_star(rule);
    for (size_t i = q->first[at.check]; i < q->first[at.check + 1]; i++)
        if ((at.wide || !q->items[i].wide_only) && rule_answers(q, rule, &q->items[i]))
            return true;
    return false;
}

bool questions_on_itself(const struct questions *q, const struct rbac_object *role,
                         enum check check, struct str namespace)
{
    for (size_t i = q->first[check]; i < q->first[check + 1]; i++) {
        struct question one = q->items[i];
        one.as.name = namespace;
        for (size_t r = 0; r < role->n_rules; r++)
            if (rule_answers(q, &role->rules[r], &one))
                return true;
    }
    return false;
}
