#include "policy/cli/site_access.h"

#include "policy/cluster/plan.h"

/* A live object that is what the policy wants is the policy's: then every rule and subject of it
 * knows its line. Both sets are sorted. */
static const struct rbac_set *with_lines(struct run *s, const struct rbac_set *live,
                                         const struct rbac_set *want)
{
    struct rbac_set *out = ARENA_NEW(s->arena, struct rbac_set);
    out->items = ARENA_ARRAY(s->arena, live->n, struct rbac_object);
    size_t k = 0;
    for (size_t i = 0; i < live->n; i++) {
        while (k < want->n && rbac_object_cmp(&want->items[k], &live->items[i]) < 0)
            k++;
        bool ours = k < want->n && rbac_object_cmp(&want->items[k], &live->items[i]) == 0 &&
                    rbac_object_same(&want->items[k], &live->items[i]);
        out->items[out->n++] = ours ? want->items[k] : live->items[i];
    }
    return out;
}

int site_access_new(struct run *s, const struct cluster *c, struct site_access *ret)
{
    struct rbac_set want, *result = ARENA_NEW(s->arena, struct rbac_set);
    const struct rbac_set **sets = ARENA_ARRAY(s->arena, 1, const struct rbac_set *);
    struct plan plan = {.arena = s->arena, .prune = true};
    if (run_emit(s, s->policy, c, &want, &s->err) < 0)
        return -1;
    *result = c->objects;
    if (plan_make(&plan, &want, &c->objects, &s->err) < 0 ||
        (!s->options->as_is && plan_result(&plan, &c->objects, result, &s->err) < 0))
        return -1;
    s->not_applied += plan.n;
    rbac_set_sort(result);
    sets[0] = with_lines(s, result, &want);
    const struct universe *u = universe_new(s->arena, sets, 1, &c->data.resources, &s->err);
    const struct access *x = u ? access_new(s->arena, u, sets[0], &s->err) : NULL;
    if (!x)
        return -1;
    *ret = (struct site_access){.cluster = c,
                                .at = {s->policy, run_site(s->policy, c), s->now_ms, s->arena},
                                .set = sets[0],
                                .x = x};
    return 0;
}

/* A verb that nobody knows makes a good answer to a question that was not meant. */
static void note_unknown(struct run *s, const struct cluster *c, struct str verb)
{
    struct intern verbs = {.arena = s->arena};
#define VERB(name, standard) intern_add(&verbs, STR(name));
#include "policy/rbac/verbs.tbl.h"
#undef VERB
    for (size_t i = 0; i < c->data.resources.n; i++)
        for (size_t k = 0; k < c->data.resources.items[i].verbs.n; k++)
            intern_add(&verbs, c->data.resources.items[i].verbs.items[k]);
    struct str near = nearest_name(verb, verbs.items, verbs.n);
    if (c == s->clusters && !str_is(verb, "*") && intern_find(&verbs, verb) == ID_NONE)
        run_say(s, "note: Kubernetes has no verb '%.*s'%s%.*s%s", STR_F(verb),
                near.n ? ": did you mean '" : "", STR_F(near), near.n ? "'?" : "");
}

/* A namespace that none of the clusters has is a slip; one that another site has is not. */
static int check_namespace(struct run *s)
{
    struct str wanted = s->options->namespace, near;
    struct intern names = {.arena = s->arena};
    for (size_t i = 0; i < s->n_clusters; i++)
        for (size_t k = 0; k < s->clusters[i].data.n_namespaces; k++)
            intern_add(&names, s->clusters[i].data.namespaces[k].name);
    if (wanted.n == 0 || intern_find(&names, wanted) != ID_NONE)
        return 0;
    near = nearest_name(wanted, names.items, names.n);
    return fail(&s->err, ERR_INPUT, "no site here has a namespace '%.*s'%s%.*s%s", STR_F(wanted),
                near.n ? ": did you mean '" : "", STR_F(near), near.n ? "'?" : "");
}

int site_question(struct run *s, const struct site_access *a, const struct str words[2],
                  struct rbac_question *ret)
{
    struct str url = STR("url:");
    if (str_starts(words[1], url)) {
        *ret = (struct rbac_question){.verb = words[0],
                                      .path = str_from_to(words[1], url.n, words[1].n)};
        return 0;
    }
    if (check_namespace(s) < 0 || policy_question(&a->at, words[0], words[1], ret, &s->err) < 0)
        return -1;
    note_unknown(s, a->cluster, words[0]);
    ret->namespace = s->options->namespace;
    ret->name = s->options->name;
    return 0;
}

struct str site_question_text(struct run *s, const struct str words[2])
{
    const struct cli_options *o = s->options;
    return arena_fmt(s->arena, "%.*s %.*s%s%.*s%s%.*s", STR_F(words[0]), STR_F(words[1]),
                     o->name.n ? " " : "", STR_F(o->name),
                     o->namespace.n ? " in " : " in the whole cluster", STR_F(o->namespace));
}
