/* who-can: every subject that may do it, and the chain from the team's line to the rule's; with
 * --people every person, and the directory's group that carries each. */
#include <stdlib.h>

#include "policy/analysis/policy_person_diff.h"
#include "policy/analysis/policy_words.h"
#include "policy/cli/site_access.h"

struct person { /* --people: who, and the first way in which they may */
    struct str name, through;
    const struct policy_holder *holder;
};
struct persons {
    struct intern names;
    struct person *items;
    size_t n, cap;
};

static size_t people_behind(struct run *s, const struct site_access *a,
                            const struct policy_holder *h)
{
    return policy_team_members(a->at.policy, h->team, s->now_ms, s->arena).n;
}

static struct str subject_text(struct run *s, const struct rbac_subject *subject)
{
    return arena_fmt(s->arena, "%s %.*s%s%.*s", rbac_subject_kind_name(subject->kind),
                     STR_F(subject->namespace), subject->namespace.n ? "/" : "",
                     STR_F(subject->name));
}

static struct str chain_text(struct run *s, struct strs chain)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    for (size_t i = 0; i < chain.n; i++)
        buf_fmt(&text, "%s%.*s", i ? " -> " : "", STR_F(chain.items[i]));
    return arena_str(s->arena, buf_str(&text));
}

/* --- holders */

static void holder_json(struct run *s, const struct site_access *a, const struct policy_holder *h)
{
    const struct rbac_reason *r = &h->holder.reason;
    struct json_out *j = &s->json;
    struct strs chain = policy_chain(&a->at, h);
    json_open_object(j);
    json_put_str(j, "site", a->cluster->site);
    json_put_str(j, "holder", STR_C(policy_holder_name(h->kind)));
    json_put_str(j, "kind", STR_C(rbac_subject_kind_name(r->subject->kind)));
    json_put_str(j, "subject", r->subject->name);
    json_put_str_opt(j, "subject_namespace", r->subject->namespace);
    json_put_str_opt(j, "binding_namespace", r->binding->namespace);
    json_put_str(j, "binding", r->binding->name);
    json_put_str(j, "role", r->role->name);
    if (h->team != ID_NONE) {
        json_put_str(j, "team", s->tree->teams.items[h->team].name.text);
        if (s->has_directory)
            json_put_i64(j, "people", (int64_t)people_behind(s, a, h));
    }
    if (h->until_ms != TIME_NONE) {
        auto_buf time = BUF_INIT(64);
        time_format(&time, h->until_ms, false);
        json_put_str(j, "until", buf_str(&time));
    }
    json_put_strs(j, "chain", chain.items, chain.n);
    json_close_object(j);
}

static void holder_text(struct run *s, const struct site_access *a, const struct policy_holder *h)
{
    auto_buf line = BUF_INIT((size_t)1 << 20);
    buf_fmt(&line, "  %.*s", STR_F(subject_text(s, h->holder.reason.subject)));
    if (h->team != ID_NONE && s->has_directory)
        buf_fmt(&line, " (%zu %s)", people_behind(s, a, h), PEOPLE(people_behind(s, a, h)));
    if (h->kind != HOLDER_TEAM)
        buf_fmt(&line, "  %s",
                h->kind == HOLDER_REQUEST ? "once approved" : policy_holder_name(h->kind));
    if (h->until_ms != TIME_NONE) {
        buf_c(&line, "  until ");
        time_format(&line, h->until_ms, false);
    }
    buf_fmt(&line, "\n      %.*s", STR_F(chain_text(s, policy_chain(&a->at, h))));
    run_say_buf(s, &line);
}

/* --- persons */

static void add_person(struct run *s, struct persons *p, const struct person *one)
{
    size_t before = p->names.n;
    intern_add(&p->names, one->name);
    if (p->names.n > before)
        *ARENA_PUSH(s->arena, p) = *one;
}

static void add_everybody(struct run *s, const struct policy_holder *h, struct persons *out)
{
    for (size_t i = 0; i < s->directory.n_people; i++)
        add_person(s, out,
                   &(struct person){s->directory.people[i].username,
                                    STR("everybody (system:authenticated)"), h});
}

/* Those who may now: what has to be approved first is no permission yet. */
static void add_persons(struct run *s, const struct site_access *a, const struct policy_holder *h,
                        struct persons *out)
{
    const struct rbac_subject *subject = h->holder.reason.subject;
    struct str prefix = STR(RBAC_PREFIX);
    if (h->kind == HOLDER_FOREIGN && subject->kind == RBAC_USER &&
        str_starts(subject->name, prefix))
        add_person(s, out,
                   &(struct person){str_from_to(subject->name, prefix.n, subject->name.n),
                                    STR("the binding itself"), h});
    if (h->kind == HOLDER_FOREIGN && subject->kind == RBAC_GROUP &&
        str_is(subject->name, "system:authenticated"))
        add_everybody(s, h, out);
    if (h->kind != HOLDER_TEAM)
        return;
    struct policy_members members = policy_team_members(a->at.policy, h->team, s->now_ms, s->arena);
    for (size_t i = 0; i < members.n; i++) {
        struct str name = members.items[i].username;
        add_person(s, out, &(struct person){name, policy_membership(&a->at, name, h->team), h});
    }
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct person *)a)->name, ((const struct person *)b)->name);
}

static void say_person(struct run *s, const struct site_access *a, const struct person *p)
{
    struct strs chain = policy_chain(&a->at, p->holder);
    if (!s->options->json) {
        run_say(s, "  %.*s: %.*s -> %.*s", STR_F(p->name), STR_F(p->through),
                STR_F(chain_text(s, chain)));
        return;
    }
    json_open_object(&s->json);
    json_put_str(&s->json, "site", a->cluster->site);
    json_put_str(&s->json, "person", p->name);
    json_put_str(&s->json, "through", p->through);
    json_put_str(&s->json, "holder", STR_C(policy_holder_name(p->holder->kind)));
    json_put_strs(&s->json, "chain", chain.items, chain.n);
    json_close_object(&s->json);
}

static void say_persons(struct run *s, const struct site_access *a,
                        const struct policy_holders *holders)
{
    struct persons persons = {.names = {.arena = s->arena}};
    size_t n_others = 0, n_asking = 0;
    for (size_t i = 0; i < holders->n; i++) {
        const struct policy_holder *h = &holders->items[i];
        size_t before = persons.n;
        add_persons(s, a, h, &persons);
        n_asking += h->kind == HOLDER_REQUEST || h->kind == HOLDER_BREAKGLASS;
        n_others += (h->kind == HOLDER_FOREIGN || h->kind == HOLDER_CI) && persons.n == before;
    }
    if (persons.n > 1)
        qsort(persons.items, persons.n, sizeof(*persons.items), by_name);
    run_say(s,
            "%.*s: %zu %s; besides them %zu subject%s outside of the directory, and "
            "%zu way%s that must be approved first",
            STR_F(a->cluster->site), persons.n, PEOPLE(persons.n), n_others, PLURAL(n_others),
            n_asking, PLURAL(n_asking));
    for (size_t i = 0; i < persons.n; i++)
        say_person(s, a, &persons.items[i]);
}

/* --- holders of one site: people first, the parts of Kubernetes itself last and in one line */

static bool is_kubernetes(const struct policy_holder *h)
{
    return h->kind == HOLDER_FOREIGN && str_starts(h->holder.reason.binding->name, STR("system:"));
}

static void say_kubernetes(struct run *s, const struct policy_holders *holders)
{
    struct intern names = {.arena = s->arena};
    auto_buf line = BUF_INIT((size_t)1 << 20);
    for (size_t i = 0; i < holders->n; i++)
        if (is_kubernetes(&holders->items[i]))
            intern_add(&names, subject_text(s, holders->items[i].holder.reason.subject));
    if (names.n == 0)
        return;
    buf_fmt(&line, "  and %zu through Kubernetes' own bindings (system:...): ", names.n);
    policy_list(&line, (struct strs){names.items, names.n}, 3);
    run_say_buf(s, &line);
}

static void say_holders(struct run *s, const struct site_access *a,
                        const struct policy_holders *holders)
{
    const struct str words[2] = {s->options->arguments.items[0], s->options->arguments.items[1]};
    run_say(s, "%.*s: %zu may %.*s", STR_F(a->cluster->site), holders->n,
            STR_F(site_question_text(s, words)));
    for (int kind = HOLDER_TEAM; kind <= HOLDER_FOREIGN; kind++)
        for (size_t i = 0; i < holders->n; i++) {
            const struct policy_holder *h = &holders->items[i];
            if ((int)h->kind != kind)
                continue;
            if (s->options->json)
                holder_json(s, a, h);
            else if (!is_kubernetes(h))
                holder_text(s, a, h);
        }
    say_kubernetes(s, holders);
}

/* --- one site after the other */

static int who_can_site(struct run *s, const struct cluster *c)
{
    struct site_access a;
    struct rbac_question q = {0};
    const struct str words[2] = {s->options->arguments.items[0], s->options->arguments.items[1]};
    if (site_access_new(s, c, &a) < 0 || site_question(s, &a, words, &q) < 0)
        return -1;
    struct policy_holders holders = policy_who_can(&a.at, a.x, &q);
    if (s->options->persons) {
        say_persons(s, &a, &holders);
        return 0;
    }
    say_holders(s, &a, &holders);
    return 0;
}

enum cli_exit cmd_who_can(struct run *s)
{
    int status = 0;
    if (s->options->persons && !s->has_directory) {
        (void)fail(&s->err, ERR_CONFIG,
                   "--people needs the directory (--directory-config, --directory)");
        return run_fail(s);
    }
    if (s->options->json) {
        json_key(&s->json, s->options->persons ? "people" : "holders");
        json_open_array(&s->json);
    }
    for (size_t i = 0; status == 0 && i < s->n_clusters; i++)
        status = who_can_site(s, &s->clusters[i]);
    if (s->options->json)
        json_close_array(&s->json);
    return status < 0 ? run_fail(s) : CLI_OK;
}
