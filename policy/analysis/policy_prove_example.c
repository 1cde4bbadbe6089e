/* The one request that shows it, the chain of lines behind it, and the kubectl command that asks
 * for it. */
#include "base/json.h"
#include "policy/analysis/policy_prove_inside.h"
#include "policy/rbac/service_account.h"

struct lines {
    struct str *items;
    size_t n, cap;
};

static void line(struct arena *a, struct lines *l, struct str text)
{
    *ARENA_PUSH(a, l) = text;
}

/* --- the request */

struct finding {
    const struct prover *v;
    const struct cell_at *cell;
    const struct permission_mask *mask;
    const struct policy_duty *asked;
    struct rbac_question q;
    enum question_kind kind;
    struct rbac_reason reason;
};

static const struct rbac_subject *subject_in(const struct finding *f, const struct rbac_object *o)
{
    const struct universe *u = f->v->sites[f->cell->site].x->u;
    for (size_t i = 0; i < o->n_subjects; i++)
        if (access_subject(u, &o->subjects[i], o->namespace, f->v->a) == f->cell->subject)
            return &o->subjects[i];
    return NULL;
}

/* The words of the invariant, where they fall into the same class: a resource that only a wildcard
 * has is called by the name that was asked for. */
static bool use_target(struct finding *f, const struct policy_permission *p, size_t k,
                       uint32_t class)
{
    const struct universe *u = f->v->sites[f->cell->site].x->u;
    const struct policy_target *t = &p->targets[k % p->n_targets];
    struct rbac_question q = {.verb = f->q.verb,
                              .api_group = t->group,
                              .resource = t->resource,
                              .subresource = t->subresource};
    if (p->names.n > 0)
        q.name = p->names.items[k / p->n_targets].text;
    if (str_has(q.api_group, '*') || str_has(q.resource, '*') || universe_class(u, &q) != class ||
        (p->names.n == 0 && f->kind < QUESTION_FUTURE))
        return false;
    f->q = q;
    if (f->kind == QUESTION_FUTURE && intern_find(&u->verbs, q.verb) != ID_NONE)
        f->kind = QUESTION_SPELT;
    return true;
}

static void use_asked(struct finding *f, uint32_t class)
{
    for (size_t i = 0; f->asked && i < f->asked->permission.n; i++) {
        const struct policy_permission *p = &f->asked->permission.items[i];
        for (size_t k = 0; k < p->n_targets * (p->names.n ? p->names.n : 1); k++)
            if (use_target(f, p, k, class))
                return;
    }
}

/* The best atom of one binding's role. */
static void try_binding(struct finding *f, uint32_t object)
{
    const struct access *x = f->v->sites[f->cell->site].x;
    const struct rbac_object *binding = &x->set->items[object], *role = x->roles[object];
    const uint64_t *words = x->items[x->role_sets[role - x->set->items]].w;
    const struct rbac_subject *subject = subject_in(f, binding);
    size_t per_class = x->u->words;
    for (size_t i = 0; subject && i < f->mask->n && f->kind > QUESTION_KNOWN; i++) {
        uint64_t bits = f->mask->bits[i] & words[f->mask->at[i]];
        for (; bits && f->kind > QUESTION_KNOWN; bits &= bits - 1) {
            struct rbac_question q;
            uint32_t class = (uint32_t)(f->mask->at[i] / per_class);
            uint32_t verb =
                (uint32_t)(f->mask->at[i] % per_class * 64) + (uint32_t)__builtin_ctzll(bits);
            enum question_kind kind = universe_question(x->u, f->v->a, class, verb, &q);
            if (kind >= f->kind)
                continue;
            f->kind = kind;
            f->q = q;
            f->reason = (struct rbac_reason){.binding = binding, .subject = subject, .role = role};
            use_asked(f, class);
        }
    }
}

static void set_place(struct finding *f, const struct spot *spot)
{
    const struct prove_site *s = &f->v->sites[f->cell->site];
    struct rbac_question *q = &f->q;
    if (f->cell->namespace != 0)
        q->namespace = s->x->u->namespaces.items[f->cell->namespace];
    else if (!spot->everywhere && spot->namespaces.n > 0)
        q->namespace = s->cluster->namespaces[spot->namespaces.items[0]].name;
    if (q->api_group.n == 0 && str_is(q->resource, "namespaces") && q->namespace.n > 0 &&
        q->name.n == 0)
        q->name = q->namespace; /* a namespace is asked about inside of itself by its name */
}

static void set_rule(struct finding *f)
{
    const struct rbac_object *role = f->reason.role;
    for (size_t i = 0; i < role->n_rules && !f->reason.rule; i++)
        if (rbac_rule_allows(&role->rules[i], &f->q))
            f->reason.rule = &role->rules[i];
}

/* --- who */

static struct str group_through(const struct policy *p, uint32_t team, struct str username)
{
    const struct policy_directory *d = p->in->directory;
    uint32_t id = intern_find(&p->people, username);
    for (size_t i = 0; id != ID_NONE && i < d->people[id].group_ids.n; i++) {
        struct str group = d->people[id].group_ids.items[i];
        if (strs_has(p->teams[team].group_ids, group))
            return group;
    }
    return STR_NONE;
}

/* Somebody of the directory who carries the group; a team's member by grants before one who would
 * have to ask for it. */
static const struct carrier *find_person(const struct prover *v, const struct carrier_list *list,
                                         struct prove_example *e)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct carrier *c = &list->items[i];
        if (c->kind == CARRY_CI)
            continue;
        struct policy_members members = policy_team_members(v->p, c->team, v->in->now_ms, v->a);
        if (members.n == 0)
            continue;
        e->person = members.items[0].username;
        e->user = CONCAT(v->a, STR(RBAC_PREFIX), e->person);
        if (v->p->in->directory)
            e->directory_group = group_through(v->p, c->team, e->person);
        return c;
    }
    return list->n ? &list->items[0] : NULL;
}

static const struct carrier *set_who(const struct prover *v, const struct cell_at *cell,
                                     struct prove_example *e)
{
    const struct prove_site *s = &v->sites[cell->site];
    struct rbac_subject subject = prove_subject(s->x->u, cell->subject);
    const struct carrier *c = NULL;
    struct str *group = ARENA_NEW(v->a, struct str);
    switch (subject.kind) {
    case RBAC_GROUP:
        e->user = STR(RBAC_PREFIX "anybody");
        *group = subject.name;
        e->groups = (struct strs){group, 1};
        c = find_person(v, carriers_of(&s->carriers, subject.name), e);
        break;
    case RBAC_SERVICE_ACCOUNT:
        e->user = service_account_user(v->a, subject.namespace, subject.name);
        c = find_person(v, carriers_of(&s->carriers, e->user), e);
        break;
    case RBAC_USER:
        e->user = subject.name;
        if (str_starts(subject.name, STR(RBAC_PREFIX)))
            e->person = str_from_to(subject.name, sizeof(RBAC_PREFIX) - 1, subject.name.n);
        break;
    case RBAC_SUBJECT_UNKNOWN: break;
    }
    e->team = c ? c->team : ID_NONE;
    return c;
}

/* --- words */

struct str prove_question_text(const struct rbac_question *q, struct arena *a)
{
    auto_buf b = BUF_INIT(65536);
    buf_fmt(&b, "%.*s ", STR_F(q->verb));
    if (q->path.n > 0)
        buf_fmt(&b, "url:%.*s", STR_F(q->path));
    else
        buf_fmt(&b, "%.*s/%.*s%s%.*s", STR_F(q->api_group), STR_F(q->resource),
                q->subresource.n ? "/" : "", STR_F(q->subresource));
    if (q->name.n > 0)
        buf_fmt(&b, " named %.*s", STR_F(q->name));
    if (q->namespace.n > 0)
        buf_fmt(&b, " in %.*s", STR_F(q->namespace));
    else
        buf_lit(&b, " in the whole cluster");
    return arena_str(a, buf_str(&b));
}

static void add_word(struct buf *b, const char *option, struct str value)
{
    buf_fmt(b, " %s", option);
    buf_shell(b, value);
}

/* kubectl forgets the group of a resource that the server does not have (auth can-i, resourceFor):
 * such a question can only be sent as it is. */
static bool kubectl_knows(const struct prover *v, const struct prove_example *e)
{
    const struct rbac_question *q = &e->question;
    const struct policy_cluster *cluster = v->sites[e->site].cluster;
    for (size_t i = 0; i < cluster->resources.n; i++)
        if (str_eq(cluster->resources.items[i].group, q->api_group) &&
            str_eq(cluster->resources.items[i].resource, q->resource))
            return true;
    return q->path.n > 0 || q->api_group.n == 0;
}

static struct str review_of(const struct prover *v, const struct prove_example *e)
{
    const struct rbac_question *q = &e->question;
    auto_buf json = BUF_INIT(65536), b = BUF_INIT(65536);
    struct json_out j;
    json_out_init(&j, &json);
    json_open_object(&j);
    json_put_str(&j, "apiVersion", STR("authorization.k8s.io/v1"));
    json_put_str(&j, "kind", STR("SubjectAccessReview"));
    json_key(&j, "spec");
    json_open_object(&j);
    json_put_str(&j, "user", e->user);
    json_put_strs(&j, "groups", e->groups.items, e->groups.n);
    json_key(&j, "resourceAttributes");
    json_open_object(&j);
    json_put_str(&j, "verb", q->verb);
    json_put_str(&j, "group", q->api_group);
    json_put_str(&j, "resource", q->resource);
    json_put_str_opt(&j, "subresource", q->subresource);
    json_put_str_opt(&j, "name", q->name);
    json_put_str_opt(&j, "namespace", q->namespace);
    json_close_object(&j);
    json_close_object(&j);
    json_close_object(&j);
    buf_lit(&b, "echo");
    add_word(&b, "", buf_str(&json));
    buf_lit(&b, " | kubectl create --filename=- --output=jsonpath={.status.allowed}");
    add_word(&b, "--context=", v->p->tree->sites.items[e->site].name.text);
    return arena_str(v->a, buf_str(&b));
}

static struct str command_of(const struct prover *v, const struct prove_example *e)
{
    const struct rbac_question *q = &e->question;
    if (!kubectl_knows(v, e))
        return review_of(v, e);
    auto_buf b = BUF_INIT(65536), what = BUF_INIT(65536);
    buf_add(&what, q->path.n ? q->path : q->resource);
    if (q->path.n == 0 && q->api_group.n > 0)
        buf_fmt(&what, ".%.*s", STR_F(q->api_group));
    if (q->path.n == 0 && q->name.n > 0)
        buf_fmt(&what, "/%.*s", STR_F(q->name));
    buf_lit(&b, "kubectl auth can-i");
    add_word(&b, "", q->verb);
    add_word(&b, "", buf_str(&what));
    if (q->subresource.n > 0)
        add_word(&b, "--subresource=", q->subresource);
    add_word(&b, "--as=", e->user);
    for (size_t i = 0; i < e->groups.n; i++)
        add_word(&b, "--as-group=", e->groups.items[i]);
    if (q->namespace.n > 0)
        add_word(&b, "--namespace=", q->namespace);
    else if (q->path.n == 0)
        buf_lit(&b, " --all-namespaces");
    add_word(&b, "--context=", v->p->tree->sites.items[e->site].name.text);
    return arena_str(v->a, buf_str(&b));
}

static struct str at_line(const struct prover *v, const struct pos *pos)
{
    return CONCAT(v->a, STR(" ("), src_of(v->a, pos), STR(")"));
}

static const struct policy_grant *standing_grant(const struct prover *v,
                                                 const struct prove_example *e)
{
    const struct policy *p = v->p;
    struct str name = e->reason.role->name, namespace = e->reason.binding->namespace;
    uint32_t role =
        str_starts(name, STR(RBAC_PREFIX))
            ? intern_find(&p->role_ids, str_from_to(name, sizeof(RBAC_PREFIX) - 1, name.n))
            : ID_NONE;
    for (size_t i = 0; role != ID_NONE && i < p->tree->grants.n; i++) {
        const struct grant *g = &p->grants[i];
        if (g->usable && g->team == e->team && g->role == role && g->sites & site_bit(e->site) &&
            p->tree->grants.items[i].until.ms == TIME_NONE &&
            (p->roles[role].cluster ? namespace.n == 0
                                    : prove_grant_in(p, &g->spaces, e->site, namespace)))
            return &p->tree->grants.items[i];
    }
    return NULL;
}

static void chain_carrier(const struct prover *v, const struct prove_example *e,
                          const struct carrier *c, struct lines *l)
{
    const struct policy_tree *t = v->p->tree;
    const struct pos *pos = NULL;
    struct str what = STR_NONE;
    switch (c->kind) {
    case CARRY_TEAM: {
        const struct policy_grant *g = standing_grant(v, e);
        pos = g ? &g->pos : NULL;
        what = STR("grant");
        break;
    }
    case CARRY_GRANT:
        pos = &t->grants.items[c->index].pos;
        what = STR("time-boxed grant");
        break;
    case CARRY_REQUEST:
        pos = &t->requests.items[c->index].name.pos;
        what = CONCAT(v->a, STR("request "), t->requests.items[c->index].name.text);
        break;
    case CARRY_BREAKGLASS:
        pos = &t->breakglass.items[c->index].name.pos;
        what = CONCAT(v->a, STR("break-glass "), t->breakglass.items[c->index].name.text);
        break;
    case CARRY_CI:
        pos = &t->ci.items[c->index].name.pos;
        what = CONCAT(v->a, STR("ci "), t->ci.items[c->index].name.text);
        break;
    }
    if (pos)
        line(v->a, l, CONCAT(v->a, what, at_line(v, pos)));
}

static struct str with_src(struct arena *a, struct str text, struct str src)
{
    return src.n ? CONCAT(a, text, STR(" ("), src, STR(")")) : text;
}

static void chain_objects(const struct prover *v, const struct rbac_reason *r, struct lines *l)
{
    struct arena *a = v->a;
    const struct rbac_object *o = r->binding;
    struct str slash = o->namespace.n ? STR("/") : STR_NONE;
    struct str binding = CONCAT(a, STR_C(rbac_kind_name(o->kind)), STR(" "), o->namespace, slash,
                                o->name, STR(" binds "), prove_subject_text(r->subject, a));
    if (!rbac_is_managed(o))
        binding = CONCAT(a, binding, STR(", not from this policy"));
    line(a, l, with_src(a, binding, r->subject->src.n ? r->subject->src : o->src));
    struct str role = CONCAT(a, STR_C(rbac_kind_name(r->role->kind)), STR(" "), r->role->name);
    if (r->rule)
        role = CONCAT(a, role, STR(", rule "), strs_join(a, r->rule->verbs, ','), STR(" on "),
                      r->rule->resources.n ? strs_join(a, r->rule->resources, ',')
                                           : strs_join(a, r->rule->non_resource_urls, ','));
    line(a, l, with_src(a, role, r->rule && r->rule->src.n ? r->rule->src : r->role->src));
}

static void make_chain(const struct prover *v, struct prove_example *e, const struct carrier *c)
{
    struct lines l = {0};
    if (e->directory_group.n > 0)
        line(v->a, &l,
             CONCAT(v->a, STR("directory group "), e->directory_group, STR(" has "), e->person));
    if (e->team != ID_NONE) {
        const struct policy_team *team = &v->p->tree->teams.items[e->team];
        line(v->a, &l, CONCAT(v->a, STR("team "), team->name.text, at_line(v, &team->name.pos)));
    }
    if (c)
        chain_carrier(v, e, c, &l);
    chain_objects(v, &e->reason, &l);
    e->chain = (struct strs){l.items, l.n};
}

const struct prove_example *prove_example(const struct prover *v, const struct cell_at *cell,
                                          const struct permission_mask *mask,
                                          const struct spot *spot)
{
    const struct access *x = v->sites[cell->site].x;
    struct finding f = {
        .v = v, .cell = cell, .mask = mask, .asked = spot->asked, .kind = QUESTION_UNREAL + 1};
    const struct target_list *bindings = &x->bindings[cell->namespace];
    for (size_t i = 0; i < bindings->n; i++)
        try_binding(&f, bindings->items[i]);
    if (!f.reason.binding)
        return NULL;
    set_place(&f, spot);
    set_rule(&f);
    struct prove_example *e = ARENA_NEW(v->a, struct prove_example);
    *e = (struct prove_example){.site = cell->site,
                                .question = f.q,
                                .future = f.kind >= QUESTION_FUTURE,
                                .reason = f.reason};
    const struct carrier *c = set_who(v, cell, e);
    make_chain(v, e, c);
    e->command = command_of(v, e);
    return e;
}

struct prove_example *prove_asks(const struct prover *v, const struct cell_at *cell,
                                 const struct rbac_question *q)
{
    struct prove_example *e = ARENA_NEW(v->a, struct prove_example);
    *e = (struct prove_example){.site = cell->site, .question = *q};
    (void)set_who(v, cell, e);
    e->command = command_of(v, e);
    return e;
}

/* Whoever has no more than this: a real person may hold it by another binding. */
const struct prove_example *prove_missing(const struct prover *v, size_t site, uint32_t team,
                                          const struct policy_who *who,
                                          const struct rbac_question *q)
{
    struct prove_example *e = ARENA_NEW(v->a, struct prove_example);
    struct str *groups = ARENA_ARRAY(v->a, 2, struct str);
    *e = (struct prove_example){.site = (uint32_t)site,
                                .question = *q,
                                .missing = true,
                                .team = team,
                                .user = STR(RBAC_PREFIX "anybody")};
    if (team != ID_NONE) {
        const struct carrier c = {CARRY_TEAM, team, team};
        const struct carrier_list one = {(struct carrier[]){c}, 1, 1};
        find_person(v, &one, e);
        e->user = STR(RBAC_PREFIX "anybody");
        e->directory_group = STR_NONE;
        groups[0] = CONCAT(v->a, STR(RBAC_PREFIX), team_group(v->p, team, v->a));
        e->groups = (struct strs){groups, 1};
        struct str *text = ARENA_NEW(v->a, struct str);
        const struct policy_team *t = &v->p->tree->teams.items[team];
        *text = CONCAT(v->a, STR("team "), t->name.text, at_line(v, &t->name.pos));
        e->chain = (struct strs){text, 1};
    }
    if (who->kind == WHO_PERSON) {
        struct ids teams = prove_person_teams(v, who->name.text, false);
        groups = ARENA_ARRAY(v->a, teams.n + 1, struct str);
        for (size_t i = 0; i < teams.n; i++)
            groups[i] = CONCAT(v->a, STR(RBAC_PREFIX), team_group(v->p, teams.items[i], v->a));
        e->person = who->name.text;
        e->user = CONCAT(v->a, STR(RBAC_PREFIX), e->person);
        e->groups = (struct strs){groups, teams.n};
    }
    e->command = command_of(v, e);
    return e;
}
