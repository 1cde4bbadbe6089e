/* `can`: masks against permission sets, of which there are few, then a walk over the cells. */
#include "policy/analysis/policy_prove_inside.h"

/* Is anybody with a team better to show than a subject that nobody of ours carries? */
static bool is_carried(const struct prover *v, const struct cell_at *cell)
{
    const struct prove_site *s = &v->sites[cell->site];
    struct rbac_subject subject = prove_subject(s->x->u, cell->subject);
    return subject.kind == RBAC_GROUP && carriers_of(&s->carriers, subject.name)->n > 0;
}

struct ask {        /* one invariant on one site; its things of one space, when they name spaces */
    uint32_t space; /* ID_NONE: those that name none */
    const struct invariant *inv;
    const struct policy_invariant *written;
    struct prove_result *r;
    struct permission_mask mask, inside;
    struct spot spot;
    struct exempt_roles *exempt;     /* made at the first hit */
    struct cell_at *found;           /* the best so far, of all sites */
    const struct policy_duty *asked; /* its `can` together */
    bool painted;                    /* the masks are this site's */
};

/* The masks of this site. */
static void paint(const struct prover *v, size_t site, struct ask *ask)
{
    if (ask->painted)
        return;
    ask->painted = true;
    const struct policy_duties *duties = &ask->written->can;
    struct policy_duty *all = ARENA_NEW(v->a, struct policy_duty);
    ask->asked = all;
    for (size_t i = 0; i < duties->n; i++) { /* a list: any of them */
        const struct policy_duty *one = &duties->items[i];
        if (ask->inv->duty_space[i] != ask->space)
            continue;
        all->everything = all->everything || one->everything;
        for (size_t k = 0; k < one->permission.n; k++)
            *ARENA_PUSH(v->a, &all->permission) = one->permission.items[k];
    }
    ask->mask = prove_mask(v, site, all, ask->written);
    ask->inside = prove_inside(v, site, &ask->mask);
}

static bool prepare(const struct prover *v, size_t site, uint32_t id, uint32_t team,
                    struct ask *ask)
{
    const struct prove_site *s = &v->sites[site];
    ask->inv = &v->p->invariants[id];
    ask->written = &v->p->tree->invariants.items[id];
    ask->exempt = NULL;
    if (!s->x)
        return false;
    ask->spot = prove_spot_of(v, site, ask->inv, team, ask->space);
    ask->r->sites |= ask->inv->place.sites & site_bit(site);
    if (ask->spot.nowhere)
        return false;
    paint(v, site, ask);
    ask->spot.asked = ask->asked;
    return true;
}

static void hit(struct prover *v, struct ask *ask, const struct cell_at *cell)
{
    if (ask->inv->except_roles.n > 0 && !ask->exempt)
        ask->exempt = prove_exempt_roles(v, cell->site, ask->inv);
    if (ask->exempt && prove_exempt_here(ask->exempt, cell))
        return;
    ask->r->n_broken++;
    if (!ask->found) {
        ask->found = ARENA_NEW(v->a, struct cell_at);
        *ask->found = *cell;
    } else if (!is_carried(v, ask->found) && is_carried(v, cell))
        *ask->found = *cell;
}

/* What counts in a cell. */
static const struct permission_mask *mask_at(const struct ask *ask, const struct cell_at *cell)
{
    return cell->namespace == 0 && ask->spot.everywhere ? &ask->mask : &ask->inside;
}

static void show(struct prover *v, uint32_t id, const struct ask *of)
{
    struct ask ask = {.r = of->r, .space = of->space};
    if (!of->found || of->r->example || !prepare(v, of->found->site, id, ID_NONE, &ask))
        return;
    of->r->example = prove_example(v, of->found, mask_at(&ask, of->found), &ask.spot);
}

/* The spaces that things of its `can` name, each once. */
static struct ids spaces_of(const struct prover *v, uint32_t id)
{
    const struct invariant *inv = &v->p->invariants[id];
    struct ids out = {0};
    for (size_t i = 0; i < v->p->tree->invariants.items[id].can.n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || inv->duty_space[k] == inv->duty_space[i];
        if (!seen)
            *ARENA_PUSH(v->a, &out) = inv->duty_space[i];
    }
    return out;
}

/* --- any except ...: 64 invariants in one walk */

#define BATCH 64
struct batch {
    struct ask asks[BATCH];
    uint32_t ids[BATCH];
    size_t n;
    uint64_t *full, *inside; /* by permission set: which invariants it meets */
    uint64_t *places;        /* by namespace: which of them hold there */
    uint64_t everywhere;
};

static void fill_batch(struct prover *v, size_t site, struct batch *b)
{
    const struct access *x = v->sites[site].x;
    b->full = ARENA_ARRAY(v->a, x->n, uint64_t);
    b->inside = ARENA_ARRAY(v->a, x->n, uint64_t);
    b->places = ARENA_ARRAY(v->a, x->u->namespaces.n, uint64_t);
    b->everywhere = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct ask *ask = &b->asks[i];
        uint64_t bit = (uint64_t)1 << i;
        ask->painted = false;
        if (!prepare(v, site, b->ids[i], ID_NONE, ask))
            continue;
        ask->r->n_asked += x->n_cells;
        b->everywhere |= ask->spot.everywhere ? bit : 0;
        for (size_t set = 1; set < x->n; set++) {
            b->full[set] |= mask_meets(&ask->mask, x->items[set].w) ? bit : 0;
            b->inside[set] |= mask_meets(&ask->inside, x->items[set].w) ? bit : 0;
        }
        for (uint32_t n = 1; ask->spot.everywhere && n < x->u->namespaces.n; n++)
            b->places[n] |= bit;
        for (size_t k = 0; k < ask->spot.inside.n; k++)
            b->places[ask->spot.inside.items[k]] |= bit;
    }
}

static uint64_t exempt_bits(struct prover *v, size_t site, const struct batch *b, uint32_t subject)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < b->n; i++)
        if (prove_exempt(v, site, b->asks[i].inv, subject))
            bits |= (uint64_t)1 << i;
    return bits;
}

static void walk(struct prover *v, size_t site, struct batch *b)
{
    const struct access *x = v->sites[site].x;
    uint32_t last = ID_NONE;
    uint64_t exempt = 0;
    for (size_t i = 0; i < x->n_cells; i++) {
        uint32_t subject = (uint32_t)(x->cells[i].key >> 32), set = x->cells[i].value;
        uint32_t namespace = (uint32_t)x->cells[i].key;
        uint64_t bits = namespace == 0
                            ? (b->full[set] & b->everywhere) | (b->inside[set] & ~b->everywhere)
                            : b->inside[set] & b->places[namespace];
        if (!bits)
            continue;
        if (subject != last)
            exempt = exempt_bits(v, site, b, subject);
        last = subject;
        const struct cell_at cell = {(uint32_t)site, subject, namespace};
        for (bits &= ~exempt; bits; bits &= bits - 1)
            hit(v, &b->asks[__builtin_ctzll(bits)], &cell);
    }
}

static void run_batch(struct prover *v, struct batch *b)
{
    for (size_t site = 0; site < v->p->tree->sites.n; site++) {
        if (!v->sites[site].x)
            continue;
        fill_batch(v, site, b);
        walk(v, site, b);
    }
    for (size_t i = 0; i < b->n; i++)
        show(v, b->ids[i], &b->asks[i]);
    b->n = 0;
}

void prove_any_never(struct prover *v)
{
    struct batch *b = ARENA_NEW(v->a, struct batch);
    for (uint32_t i = 0; i < v->p->tree->invariants.n; i++) {
        const struct policy_invariant *written = &v->p->tree->invariants.items[i];
        if (written->always || written->who.kind != WHO_ANY || written->can.n == 0 ||
            !v->p->invariants[i].usable)
            continue;
        struct ids spaces = spaces_of(v, i);
        for (size_t k = 0; k < spaces.n; k++) {
            b->asks[b->n] = (struct ask){.r = &v->out.items[i], .space = spaces.items[k]};
            b->ids[b->n++] = i;
            if (b->n == BATCH)
                run_batch(v, b);
        }
    }
    if (b->n > 0)
        run_batch(v, b);
}

/* --- a team, each team, a person: the cells of its subjects */

static void add_once(struct arena *a, struct ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->items[i] == id)
            return;
    if (id != ID_NONE)
        *ARENA_PUSH(a, ids) = id;
}

static void add_everybody(const struct prover *v, size_t site, struct ids *subjects)
{
    add_once(v->a, subjects, v->sites[site].everybody);
}

void prove_sure_subjects(const struct prover *v, size_t site, const struct ids *teams,
                         struct ids *out)
{
    const struct policy_at at = {v->p, site, v->moment ? v->in->now_ms : INT64_MAX, v->a};
    const struct membership m = {*teams, TIME_NONE};
    struct snapshot_groups groups = {0};
    if (!members_groups(&at, &m, &groups)) /* at the last moment no time-boxed grant runs */
        return;
    for (size_t i = 0; i < groups.n; i++)
        add_once(v->a, out,
                 prove_group(&v->sites[site], CONCAT(v->a, STR(RBAC_PREFIX), groups.names[i])));
}

struct ids prove_person_subjects(const struct prover *v, size_t site, struct str username,
                                 bool any_date)
{
    const struct prove_site *s = &v->sites[site];
    const struct universe *u = s->x->u;
    struct ids teams = prove_person_teams(v, username, any_date), out = {0};
    for (size_t i = 0; any_date && i < teams.n; i++) {
        const struct ids *names = &s->carriers.of_team[teams.items[i]];
        for (size_t k = 0; k < names->n; k++)
            add_once(v->a, &out, prove_group(s, carriers_name(&s->carriers, names->items[k])));
    }
    if (!any_date)
        prove_sure_subjects(v, site, &teams, &out);
    uint32_t user = intern_find(&u->subject_users, CONCAT(v->a, STR(RBAC_PREFIX), username));
    if (user != ID_NONE)
        add_once(v->a, &out, (uint32_t)u->subject_groups.n + user);
    add_everybody(v, site, &out);
    return out;
}

/* What somebody surely carries (always), or may carry (never). */
static struct ids subjects_of(const struct prover *v, size_t site,
                              const struct policy_invariant *written, uint32_t team)
{
    struct ids out = {0};
    if (written->who.kind == WHO_PERSON)
        return prove_person_subjects(v, site, written->who.name.text, !written->always);
    if (team != ID_NONE && !written->always)
        out = prove_team_subjects(v, site, team);
    else if (team != ID_NONE)
        prove_sure_subjects(v, site, &(struct ids){&team, 1, 1}, &out);
    add_everybody(v, site, &out);
    return out;
}

static void ask_subject(struct prover *v, size_t site, uint32_t subject, struct ask *ask)
{
    const struct access *x = v->sites[site].x;
    for (size_t i = x->first_cell[subject]; i < x->first_cell[subject + 1]; i++) {
        const struct cell_at cell = {(uint32_t)site, subject, (uint32_t)x->cells[i].key};
        const uint64_t *words = x->items[x->cells[i].value].w;
        ask->r->n_asked++;
        if ((cell.namespace == 0 || prove_spot_has(&ask->spot, cell.namespace)) &&
            mask_meets(mask_at(ask, &cell), words))
            hit(v, ask, &cell);
    }
}

static void first_and_last(const struct prover *v, uint32_t id, uint32_t *first, uint32_t *end)
{
    const struct policy_invariant *written = &v->p->tree->invariants.items[id];
    bool each = written->who.kind == WHO_EACH_TEAM;
    *first = each ? 0 : written->who.kind == WHO_TEAM ? v->p->invariants[id].team : ID_NONE;
    *end = each ? (uint32_t)v->p->tree->teams.n : *first + 1; /* ID_NONE + 1 is 0 */
}

/* One site, team by team; without a team once. */
typedef void each_fn(struct prover *v, size_t site, uint32_t team, struct ask *ask);
/* A short way for most teams, when it is about their own namespaces; false: the long way. */
struct quick;
typedef bool quick_fn(struct quick *q, struct ask *ask, uint32_t team);
struct quick {
    struct prover *v;
    quick_fn *answers; /* NULL: always the long way */
    size_t site;
    bool *enough;             /* by permission set: it alone is all that is asked for */
    uint32_t *held, *counted; /* by namespace of the universe, of the cluster: the last round */
    uint32_t round;
};

static void quick_begin(struct quick *q, size_t site, struct ask *ask)
{
    const struct prove_site *s = &q->v->sites[site];
    struct arena *a = q->v->a;
    paint(q->v, site, ask);
    q->site = site;
    q->round = 0;
    q->enough = ARENA_ARRAY(a, s->x->n, bool);
    for (size_t set = 1; set < s->x->n; set++)
        q->enough[set] = mask_within(&ask->inside, s->x->items[set].w);
    q->held = ARENA_ARRAY(a, s->x->u->namespaces.n, uint32_t);
    q->counted = ARENA_ARRAY(a, s->cluster->n_namespaces, uint32_t);
}

static void teams_at(struct quick *q, size_t site, uint32_t id, struct ask *ask, each_fn *each)
{
    struct prover *v = q->v;
    uint32_t first, end;
    bool here = false;
    first_and_last(v, id, &first, &end);
    ask->painted = false;
    ask->found = NULL;
    if (q->answers) {
        (void)prepare(v, site, id, first, ask);
        quick_begin(q, site, ask);
    }
    for (uint32_t team = first;; team++) {
        if (!q->answers || !q->answers(q, ask, team)) {
            if (team == first || v->p->invariants[id].place.own)
                here = prepare(v, site, id, team, ask);
            if (here)
                each(v, site, team, ask);
        }
        if (team + 1 == end)
            break;
    }
}

static void for_each_team(struct prover *v, uint32_t id, struct ask ask, each_fn *each,
                          quick_fn *answers)
{
    uint32_t first, end;
    first_and_last(v, id, &first, &end);
    const struct place *place = &v->p->invariants[id].place;
    bool only_own = place->own && ask.space == ID_NONE && place->spaces.n == 0 &&
                    place->namespaces.n == 0 && first != ID_NONE;
    struct quick quick = {.v = v, .answers = only_own ? answers : NULL};
    for (size_t site = 0; first != end && site < v->p->tree->sites.n; site++)
        if (v->sites[site].x)
            teams_at(&quick, site, id, &ask, each);
}

static void forbid(struct prover *v, size_t site, uint32_t team, struct ask *ask)
{
    struct ids subjects = subjects_of(v, site, ask->written, team);
    for (size_t i = 0; i < subjects.n; i++)
        ask_subject(v, site, subjects.items[i], ask);
    if (ask->found && !ask->r->example)
        ask->r->example = prove_example(v, ask->found, mask_at(ask, ask->found), &ask->spot);
}

void prove_can_never(struct prover *v, uint32_t id, struct prove_result *r)
{
    struct ids spaces = spaces_of(v, id);
    for (size_t i = 0; i < spaces.n; i++)
        for_each_team(v, id, (struct ask){.r = r, .space = spaces.items[i]}, forbid, NULL);
}

/* --- always */

struct held { /* what several subjects hold together in a namespace */
    const uint64_t **sets;
    size_t n;
};

static void hold(const struct access *x, const struct ids *subjects, uint32_t namespace,
                 struct held *h)
{
    h->n = 0;
    for (size_t i = 0; i < subjects->n; i++) {
        uint32_t wide = access_cell(x, subjects->items[i], 0);
        uint32_t here = namespace == 0 || namespace == ID_NONE
                            ? 0
                            : access_cell(x, subjects->items[i], namespace);
        if (wide)
            h->sets[h->n++] = x->items[wide].w;
        if (here)
            h->sets[h->n++] = x->items[here].w;
    }
}

/* The best question that is not allowed; false: all of it is. */
static bool find_missing(const struct prover *v, const struct universe *u,
                         const struct permission_mask *mask, const struct held *h,
                         struct rbac_question *ret)
{
    enum question_kind best = QUESTION_UNREAL + 1;
    for (size_t i = 0; i < mask->n; i++) {
        uint64_t missing = mask->bits[i];
        for (size_t k = 0; k < h->n; k++)
            missing &= ~h->sets[k][mask->at[i]];
        for (; missing && best > QUESTION_KNOWN; missing &= missing - 1) {
            struct rbac_question q;
            uint32_t class = mask->at[i] / (uint32_t)u->words;
            uint32_t verb =
                mask->at[i] % (uint32_t)u->words * 64 + (uint32_t)__builtin_ctzll(missing);
            enum question_kind kind = universe_question(u, v->a, class, verb, &q);
            if (kind < best)
                *ret = q;
            best = kind < best ? kind : best;
        }
    }
    return best < QUESTION_UNREAL;
}

static void demand(struct prover *v, size_t site, uint32_t team, struct ask *ask)
{
    const struct prove_site *s = &v->sites[site];
    struct ids subjects = subjects_of(v, site, ask->written, team);
    struct held h = {ARENA_ARRAY(v->a, subjects.n * 2, const uint64_t *), 0};
    struct rbac_question q;
    size_t n = ask->spot.everywhere ? 1 : ask->spot.namespaces.n;
    for (size_t i = 0; i < n; i++) {
        uint32_t index = ask->spot.everywhere ? 0 : ask->spot.namespaces.items[i];
        hold(s->x, &subjects, ask->spot.everywhere ? 0 : s->namespace_of[index], &h);
        ask->r->n_asked++;
        if (!find_missing(v, s->x->u, ask->spot.everywhere ? &ask->mask : &ask->inside, &h, &q))
            continue;
        ask->r->n_broken++;
        if (!ask->spot.everywhere)
            q.namespace = s->cluster->namespaces[index].name;
        if (!ask->r->example)
            ask->r->example = prove_missing(v, site, team, &ask->written->who, &q);
    }
}

/* The namespaces where the grant holds: a cell that is enough in each of them? Counts them once. */
static bool has_enough(struct quick *q, const struct grant *g, size_t *n)
{
    const struct policy *p = q->v->p;
    const uint32_t *in_universe = q->v->sites[q->site].namespace_of;
    for (size_t i = 0; i < g->spaces.n; i++) {
        const struct space *space = &p->spaces[g->spaces.items[i]];
        const struct ids *namespaces = &space->namespaces[q->site];
        for (size_t k = 0; space->sites & site_bit(q->site) && k < namespaces->n; k++) {
            uint32_t index = namespaces->items[k], namespace = in_universe[index];
            if (namespace == ID_NONE || q->held[namespace] != q->round)
                return false;
            *n += q->counted[index] != q->round;
            q->counted[index] = q->round;
        }
    }
    return true;
}

/* The team's own group alone has all of it in each of its namespaces. */
static bool surely_has(struct quick *q, struct ask *ask, uint32_t team)
{
    const struct prove_site *s = &q->v->sites[q->site];
    const struct access *x = s->x;
    const struct ids *grants = &q->v->p->grants_of_team[team];
    uint32_t subject = s->team_subject[team];
    size_t n = 0;
    if (subject == ID_NONE || !(ask->inv->place.sites & site_bit(q->site)))
        return false;
    q->round++;
    for (uint32_t i = x->first_cell[subject]; i < x->first_cell[subject + 1]; i++)
        if (q->enough[x->cells[i].value])
            q->held[(uint32_t)x->cells[i].key] = q->round;
    for (size_t i = 0; i < grants->n; i++) {
        const struct grant *g = &q->v->p->grants[grants->items[i]];
        bool standing = g->usable && !g->timed && g->sites & site_bit(q->site);
        if (standing && !has_enough(q, g, &n))
            return false;
    }
    ask->r->n_asked += n;
    return true;
}

void prove_can_always(struct prover *v, uint32_t id, struct prove_result *r)
{
    struct ids spaces = spaces_of(v, id);
    for (size_t i = 0; i < spaces.n; i++)
        for_each_team(v, id, (struct ask){.r = r, .space = spaces.items[i]}, demand, surely_has);
}
