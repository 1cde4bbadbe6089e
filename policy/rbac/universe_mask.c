#include "policy/rbac/universe_mask.h"

static bool is_star(struct str s)
{
    return s.n == 1 && s.p[0] == '*';
}

size_t mask_words(const struct universe *u)
{
    return (size_t)u->n_classes * u->words;
}

/* --- painting */

struct painting {
    const struct universe *u;
    const struct permission_pattern *p;
    uint64_t verbs[8]; /* of one class; more than 511 verbs: the slow way */
    uint64_t *words;
};

static bool verb_in(const struct universe *u, struct strs verbs, uint32_t verb)
{
    for (size_t i = 0; i < verbs.n; i++) {
        struct str v = verbs.items[i];
        if (is_star(v))
            return true;
        if (v.n > 1 && str_ends(v, STR(":*"))) {
            v.n--;
            if (verb == u->verbs.n || str_starts(u->verbs.items[verb], v))
                return true;
        } else if (verb == u->verbs.n ? intern_find(&u->verbs, v) == ID_NONE
                                      : str_eq(u->verbs.items[verb], v))
            return true;
    }
    return false;
}

static void paint_class(const struct painting *p, uint32_t class)
{
    const struct universe *u = p->u;
    for (size_t w = 0; w < u->words && w < 8; w++)
        p->words[class * u->words + w] |= p->verbs[w];
    for (uint32_t v = 512; v <= u->verbs.n; v++)
        if (verb_in(u, p->p->verbs, v))
            p->words[class * u->words + v / 64] |= (uint64_t)1 << (v % 64);
}

static uint32_t name_class(const struct universe *u, const struct target *t, struct str name)
{
    uint32_t id = intern_find(&u->names, name);
    for (uint32_t i = 0; id != ID_NONE && i < t->n_names; i++)
        if (t->names[i] == id)
            return t->first + i;
    return t->first + (uint32_t)t->n_names;
}

static void paint_target(const struct painting *p, uint32_t target)
{
    const struct target *t = &p->u->items[target];
    uint32_t bare = target_find(p->u, t->group, t->resource, ID_NONE);
    if (p->p->known_only && (t->resource == ID_NONE || !p->u->items[bare].known))
        return;
    for (size_t i = 0; i < p->p->names.n; i++)
        paint_class(p, name_class(p->u, t, p->p->names.items[i]));
    for (uint32_t i = 0; p->p->names.n == 0 && i <= t->n_names; i++)
        paint_class(p, t->first + i);
}

/* "*" "/" sub: the targets that a question with this subresource may fall into */
static bool has_sub(const struct universe *u, const struct target *t, struct str sub, uint32_t id)
{
    if (t->sub != ID_NONE || id != ID_NONE)
        return t->sub == id;
    if (t->resource == ID_NONE)
        return true;
    struct str text = u->resources.items[t->resource];
    return text.n > sub.n + 1 && str_ends(text, sub) && text.p[text.n - sub.n - 1] == '/';
}

static void paint_group(const struct painting *p, uint32_t group, uint32_t resource, uint32_t sub)
{
    const struct universe *u = p->u;
    if (!is_star(p->p->resource)) {
        uint32_t target = target_find(u, group, resource, sub);
        paint_target(p, target != ID_NONE ? target : target_find(u, group, ID_NONE, sub));
        return;
    }
    const struct target_list *list = &u->by_group[group == ID_NONE ? u->groups.n : group];
    for (size_t i = 0; i < list->n; i++)
        if (p->p->subresource.n == 0 ||
            has_sub(u, &u->items[list->items[i]], p->p->subresource, sub))
            paint_target(p, list->items[i]);
}

static uint32_t resource_id(const struct universe *u, const struct permission_pattern *p)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    buf_add(&text, p->resource);
    if (p->subresource.n > 0)
        buf_fmt(&text, "/%.*s", STR_F(p->subresource));
    return intern_find(&u->resources, buf_str(&text));
}

void mask_paint(const struct universe *u, const struct permission_pattern *pattern, uint64_t *words)
{
    struct painting p = {.u = u, .p = pattern, .words = words};
    for (uint32_t v = 0; v <= u->verbs.n && v < 512; v++)
        if (verb_in(u, pattern->verbs, v))
            p.verbs[v / 64] |= (uint64_t)1 << (v % 64);
    uint32_t resource = resource_id(u, pattern);
    uint32_t sub = pattern->subresource.n ? intern_find(&u->subs, pattern->subresource) : ID_NONE;
    if (!is_star(pattern->group)) {
        paint_group(&p, intern_find(&u->groups, pattern->group), resource, sub);
        return;
    }
    for (uint32_t g = 0; g < u->groups.n; g++)
        paint_group(&p, g, resource, sub);
    paint_group(&p, ID_NONE, resource, sub);
}

void mask_paint_all(const struct universe *u, uint64_t *words)
{
    for (uint32_t class = 0; class < u->n_classes; class ++)
        for (uint32_t v = 0; v <= u->verbs.n; v++)
            words[class * u->words + v / 64] |= (uint64_t)1 << (v % 64);
}

/* A cluster-scoped resource is inert in a RoleBinding, but for what is asked with a namespace all
 * the same: the namespace itself by its name (requestinfo.go), and `bind` of the ClusterRole of a
 * RoleBinding (policybased/storage.go, BindingAuthorized). */
static struct strs asked_inside(const struct universe *u, const struct target *t)
{
    static const struct str of_namespace[] = {
        {"get", 3}, {"update", 6}, {"patch", 5}, {"delete", 6}};
    static const struct str of_role[] = {{"bind", 4}};
    if (t->resource == ID_NONE || t->group == ID_NONE)
        return (struct strs){0};
    struct str group = u->groups.items[t->group], resource = u->resources.items[t->resource];
    if (group.n == 0 &&
        (str_is(resource, "namespaces") || str_starts(resource, STR("namespaces/"))))
        return (struct strs){of_namespace, 4};
    if (str_is(group, "rbac.authorization.k8s.io") && str_is(resource, "clusterroles"))
        return (struct strs){of_role, 1};
    return (struct strs){0};
}

uint64_t *mask_namespaced(const struct universe *u, struct arena *a)
{
    uint64_t *words = ARENA_ARRAY(a, mask_words(u), uint64_t);
    for (size_t i = 0; i < u->n; i++) {
        const struct target *t = &u->items[i];
        const struct target *bare = &u->items[target_find(u, t->group, t->resource, ID_NONE)];
        struct strs verbs = asked_inside(u, t);
        if (verbs.n == 0 && bare->known && !bare->namespaced)
            continue;
        for (uint32_t class = t->first; class <= t->first + t->n_names; class ++) {
            for (size_t k = 0; k < verbs.n; k++) {
                uint32_t verb = universe_verb(u, verbs.items[k]);
                words[class * u->words + verb / 64] |= (uint64_t)1 << (verb % 64);
            }
            for (uint32_t v = 0; verbs.n == 0 && v <= u->verbs.n; v++)
                words[class * u->words + v / 64] |= (uint64_t)1 << (v % 64);
        }
    }
    return words;
}

/* --- asking */

struct permission_mask mask_of(struct arena *a, const uint64_t *words, size_t n_words)
{
    struct permission_mask mask = {0};
    for (size_t i = 0; i < n_words; i++)
        mask.n += words[i] != 0;
    mask.at = ARENA_ARRAY(a, mask.n, uint32_t);
    mask.bits = ARENA_ARRAY(a, mask.n, uint64_t);
    for (size_t i = 0, k = 0; i < n_words; i++)
        if (words[i]) {
            mask.at[k] = (uint32_t)i;
            mask.bits[k++] = words[i];
        }
    return mask;
}

bool mask_meets(const struct permission_mask *mask, const uint64_t *words)
{
    for (size_t i = 0; i < mask->n; i++)
        if (words[mask->at[i]] & mask->bits[i])
            return true;
    return false;
}

bool mask_within(const struct permission_mask *mask, const uint64_t *words)
{
    for (size_t i = 0; i < mask->n; i++)
        if (mask->bits[i] & ~words[mask->at[i]])
            return false;
    return true;
}

/* --- back into words */

/* A word of nobody's: not in the table. */
static struct str unused(const struct intern *t, struct str word, struct arena *a)
{
    for (unsigned i = 2; intern_find(t, word) != ID_NONE; i++)
        word = arena_fmt(a, "future%u", i);
    return word;
}

static enum question_kind url_question(const struct universe *u, struct arena *a, uint32_t class,
                                       struct rbac_question *q)
{
    uint32_t i = class - u->first_url;
    if (i < u->urls.n)
        q->path = u->urls.items[i];
    else {
        struct str prefix =
            i - u->urls.n < u->url_prefixes.n ? u->url_prefixes.items[i - u->urls.n] : STR_NONE;
        q->path = CONCAT(a, prefix, prefix.n ? STR_NONE : STR("/"), STR("future"));
    }
    return universe_class(u, q) == class ? QUESTION_URL : QUESTION_UNREAL;
}

static const struct target *target_of(const struct universe *u, uint32_t class)
{
    size_t from = 0, to = u->n;
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;
        if (u->items[middle].first <= class)
            from = middle;
        else
            to = middle;
    }
    return &u->items[from];
}

static enum question_kind resource_question(const struct universe *u, struct arena *a,
                                            uint32_t class, struct rbac_question *q)
{
    const struct target *t = target_of(u, class);
    uint32_t name = class - t->first;
    q->api_group = t->group != ID_NONE ? u->groups.items[t->group]
                                       : unused(&u->groups, STR("future.example"), a);
    q->resource = t->resource != ID_NONE ? u->resources.items[t->resource]
                                         : unused(&u->resources, STR("futures"), a);
    if (t->resource != ID_NONE)
        str_split(q->resource, '/', &q->resource, &q->subresource);
    else if (t->sub != ID_NONE)
        q->subresource = u->subs.items[t->sub];
    if (name < t->n_names)
        q->name = u->names.items[t->names[name]];
    else if (universe_class(u, q) != class)
        q->name = unused(&u->names, STR("other"), a);
    if (universe_class(u, q) != class || str_starts(q->resource, STR("*")))
        return QUESTION_UNREAL; /* nobody asks for a resource called "*" */
    if (t->resource == ID_NONE)
        return QUESTION_FUTURE;
    const struct target *bare = &u->items[target_find(u, t->group, t->resource, ID_NONE)];
    return !bare->known ? QUESTION_SPELT : name < t->n_names ? QUESTION_NAMED : QUESTION_KNOWN;
}

enum question_kind universe_question(const struct universe *u, struct arena *a, uint32_t class,
                                     uint32_t verb, struct rbac_question *ret)
{
    struct rbac_question q = {0};
    enum question_kind kind =
        class >= u->first_url ? url_question(u, a, class, &q) : resource_question(u, a, class, &q);
    q.verb = verb < u->verbs.n ? u->verbs.items[verb] : unused(&u->verbs, STR("future"), a);
    *ret = q;
    return verb == u->verbs.n && kind < QUESTION_FUTURE ? QUESTION_FUTURE : kind;
}
