/* The results of prove, as text and as JSON; the proof is the same JSON. */
#include "policy/cli/proving.h"

static const char *const status_names[] = {
    [PROVE_KEPT] = "kept", [PROVE_BROKEN] = "broken", [PROVE_NO_DATA] = "no data"};

static struct strs sites_of(const struct policy_proving *in, uint64_t sites)
{
    size_t n = policy_n_sites(in->policy), k = 0;
    struct str *names = ARENA_ARRAY(in->arena, n + 1, struct str);
    for (size_t i = 0; i < n; i++)
        if (sites >> i & 1 && in->accesses[i])
            names[k++] = policy_site_at(in->policy, i)->name.text;
    return (struct strs){names, k};
}

/* --- text */

static void say_example(struct run *s, const struct prove_example *e)
{
    for (size_t i = 0; i < e->chain.n; i++)
        run_say(s, "          %.*s", STR_F(e->chain.items[i]));
    run_say(s, "        $ %.*s", STR_F(e->command));
}

#define PEOPLE_SHOWN 10

static void say_people(struct run *s, const struct prove_result *r)
{
    for (size_t i = 0; i < r->n_people && i < PEOPLE_SHOWN; i++) {
        const struct prove_person *p = &r->people[i];
        struct str teams = strs_join(s->arena, p->teams, ' ');
        if (p->person.n)
            run_say(s, "          %.*s", STR_F(p->person));
        else
            run_say(s, "          a person to come, in %s %.*s", p->teams.n == 1 ? "team" : "teams",
                    STR_F(teams));
        for (size_t k = 0; k < p->routes.n; k++)
            run_say(s, "            %.*s", STR_F(p->routes.items[k]));
    }
    if (r->n_people > PEOPLE_SHOWN)
        run_say(s, "          and %zu more", r->n_people - PEOPLE_SHOWN);
}

static void add_asked(struct buf *line, const struct policy_proving *in,
                      const struct prove_result *r)
{
    struct strs sites = sites_of(in, r->sites);
    buf_lit(line, ": ");
    buf_count(line, r->n_asked);
    buf_fmt(line, " %s on %.*s",
            r->invariant->who.kind == WHO_ONE_PERSON ? "people"
            : r->invariant->reach.text.n             ? "subjects"
                                                     : "cells",
            STR_F(strs_join(in->arena, sites, ' ')));
}

static void say_result(struct run *s, const struct policy_proving *in, const struct prove_result *r)
{
    const struct policy_invariant *i = r->invariant;
    auto_buf line = BUF_INIT((size_t)1 << 20);
    static const char *const words[] = {
        [PROVE_KEPT] = "kept  ", [PROVE_BROKEN] = "BROKEN", [PROVE_NO_DATA] = "NO DATA"};
    buf_fmt(&line, "%s  %.*s (%s:%u)", words[r->status], STR_F(prove_name(i, s->arena)),
            i->pos.source->name, i->pos.line);
    if (r->status == PROVE_NO_DATA)
        buf_lit(&line, ": none of its sites was read, nothing is proven");
    if (r->text.n > 0)
        buf_fmt(&line, ": %.*s", STR_F(r->text));
    if (r->status == PROVE_KEPT)
        add_asked(&line, in, r);
    run_say_buf(s, &line);
    if (r->example)
        say_example(s, r->example);
    for (size_t k = 0; k < r->steps.n; k++)
        run_say(s, "        %zu. %.*s", k + 1, STR_F(r->steps.items[k]));
    say_people(s, r);
    for (size_t k = 0; k < r->assumed.n; k++)
        run_say(s, "        assumed: %.*s", STR_F(r->assumed.items[k]));
    if (prove_honesty(i).n > 0 && r->status == PROVE_KEPT)
        run_say(s, "        %.*s", STR_F(prove_honesty(i)));
}

void prove_say(struct run *s, const struct policy_proving *in, const struct prove_results *results)
{
    size_t kept = 0;
    for (size_t i = 0; i < results->n; i++) {
        say_result(s, in, &results->items[i]);
        kept += results->items[i].status == PROVE_KEPT;
    }
    run_say(s, "invariants: %zu kept, %zu broken, %zu without data", kept, results->n_broken,
            results->n - kept - results->n_broken);
    if (results->n_control_plane > 0)
        run_say(s, "left out: %zu subjects of Kubernetes' own default bindings",
                results->n_control_plane);
    proving_say_left_out(s, in);
}

/* --- JSON */

static void put_strs(struct json_out *j, const char *key, struct strs list)
{
    if (list.n > 0)
        json_put_strs(j, key, list.items, list.n);
}

static void put_question(struct json_out *j, const struct rbac_question *q)
{
    json_put_str(j, "verb", q->verb);
    if (q->path.n > 0) {
        json_put_str(j, "path", q->path);
        return;
    }
    json_put_str(j, "group", q->api_group);
    json_put_str(j, "resource", q->resource);
    json_put_str_opt(j, "subresource", q->subresource);
    json_put_str_opt(j, "name", q->name);
    json_put_str_opt(j, "namespace", q->namespace);
}

static void put_example(struct json_out *j, const struct policy_proving *in,
                        const struct prove_example *e)
{
    json_key(j, "example");
    json_open_object(j);
    json_put_str(j, "site", policy_site_at(in->policy, e->site)->name.text);
    json_put_str(j, "user", e->user);
    json_put_str_opt(j, "person", e->person);
    json_put_strs(j, "groups", e->groups.items, e->groups.n);
    if (e->question.verb.n > 0)
        put_question(j, &e->question);
    json_put_bool(j, "allowed", !e->missing);
    if (e->future)
        json_put_bool(j, "future", true);
    put_strs(j, "chain", e->chain);
    json_put_str_opt(j, "command", e->command);
    json_close_object(j);
}

static void put_people(struct json_out *j, const struct prove_result *r)
{
    json_key(j, "people");
    json_open_array(j);
    for (size_t i = 0; i < r->n_people; i++) {
        json_open_object(j);
        json_put_str_opt(j, "person", r->people[i].person);
        json_put_strs(j, "teams", r->people[i].teams.items, r->people[i].teams.n);
        json_put_strs(j, "routes", r->people[i].routes.items, r->people[i].routes.n);
        json_close_object(j);
    }
    json_close_array(j);
}

static void put_result(struct json_out *j, const struct policy_proving *in,
                       const struct prove_result *r)
{
    const struct policy_invariant *i = r->invariant;
    json_open_object(j);
    json_put_str(j, "id", i->id.text);
    json_put_str(j, "kind", i->always ? STR("always") : STR("never"));
    json_put_str(j, "file", STR_C(i->pos.source->name));
    json_put_i64(j, "line", i->pos.line);
    json_put_str(j, "status", STR_C(status_names[r->status]));
    struct strs sites = sites_of(in, r->sites);
    json_put_strs(j, "sites", sites.items, sites.n);
    json_put_i64(j, "asked", (int64_t)r->n_asked);
    json_put_i64(j, "broken", (int64_t)r->n_broken);
    if (r->later)
        json_put_bool(j, "later", true);
    put_strs(j, "assumed", r->assumed);
    json_put_str_opt(j, "proves", prove_honesty(i));
    json_put_str_opt(j, "text", r->text);
    if (r->example)
        put_example(j, in, r->example);
    put_strs(j, "steps", r->steps);
    if (r->n_people > 0)
        put_people(j, r);
    json_close_object(j);
}

void prove_json(struct json_out *j, const struct policy_proving *in,
                const struct prove_results *results)
{
    json_key(j, "invariants");
    json_open_array(j);
    for (size_t i = 0; i < results->n; i++)
        put_result(j, in, &results->items[i]);
    json_close_array(j);
    json_put_i64(j, "control_plane_left_out", (int64_t)results->n_control_plane);
    json_put_bool(j, "binder_left_out", in->binder_left_out);
}
