/* can PERSON: everything a person may do, per site and place; can PERSON VERB TARGET: one question.
 * The person is who their token says: teams, running grants, and what bindings give the user. */
#include "policy/analysis/policy_person_can.h"
#include "policy/cli/site_access.h"

/* --- everything */

static void held_json(struct run *s, const struct policy_held *h)
{
    struct json_out *j = &s->json;
    json_open_object(j);
    json_put_str(j, "place", h->place);
    json_put_strs(j, "namespaces", h->namespaces.items, h->namespaces.n);
    json_put_str(j, "what", h->what);
    json_key(j, "permissions");
    json_open_array(j);
    for (size_t i = 0; i < h->permissions.n; i++) {
        json_open_object(j);
        json_put_str(j, "verbs", h->permissions.items[i].verbs);
        json_put_str(j, "targets", h->permissions.items[i].targets);
        json_put_str_opt(j, "names", h->permissions.items[i].names);
        json_close_object(j);
    }
    json_close_array(j);
    json_put_strs(j, "because", h->because.items, h->because.n);
    json_close_object(j);
}

static void held_text(struct run *s, const struct policy_held *h)
{
    auto_buf line = BUF_INIT((size_t)1 << 20);
    buf_fmt(&line, "  %.*s: %.*s", STR_F(h->place), STR_F(h->what));
    for (size_t i = 0; i < h->because.n; i++)
        buf_fmt(&line, "\n      %.*s", STR_F(h->because.items[i]));
    run_say_buf(s, &line);
}

static void say_requests(struct run *s, const struct site_access *a, struct str person)
{
    uint32_t *ids = NULL;
    size_t n = policy_person_requests(&a->at, person, &ids);
    if (s->options->json) {
        json_key(&s->json, "requests");
        json_open_array(&s->json);
        for (size_t i = 0; i < n; i++)
            json_str(&s->json, s->tree->requests.items[ids[i]].name.text);
        json_close_array(&s->json);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct policy_request *r = &s->tree->requests.items[ids[i]];
        run_say(s, "  on request: %.*s (role %.*s, %s:%u)", STR_F(r->name.text),
                STR_F(r->role.text), r->name.pos.source->name, r->name.pos.line);
    }
}

static int everything(struct run *s, const struct cluster *c, struct str person)
{
    struct site_access a;
    if (site_access_new(s, c, &a) < 0)
        return -1;
    struct policy_held_list held = policy_person_held(&a.at, a.x, person);
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", c->site);
        json_key(&s->json, "holds");
        json_open_array(&s->json);
    }
    run_say(s, "%.*s: %.*s may", STR_F(c->site), STR_F(person));
    for (size_t i = 0; i < held.n; i++) {
        if (s->options->json)
            held_json(s, &held.items[i]);
        else
            held_text(s, &held.items[i]);
    }
    if (held.n == 0)
        run_say(s, "  nothing");
    if (s->options->json)
        json_close_array(&s->json);
    say_requests(s, &a, person);
    if (s->options->json)
        json_close_object(&s->json);
    return 0;
}

/* --- one question */

static void say_answer(struct run *s, const struct site_access *a, const struct policy_answer *yes)
{
    struct strs chain = yes ? policy_chain(&a->at, &yes->holder) : (struct strs){0};
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", a->cluster->site);
        json_put_bool(&s->json, "allowed", yes != NULL);
        if (yes) {
            json_put_str_opt(&s->json, "through", yes->through);
            json_put_strs(&s->json, "chain", chain.items, chain.n);
        }
        json_close_object(&s->json);
        return;
    }
    auto_buf line = BUF_INIT(65536);
    buf_fmt(&line, "%.*s: %s", STR_F(a->cluster->site), yes ? "yes" : "no (why-not says more)");
    if (yes)
        buf_fmt(&line, "\n  %.*s", STR_F(yes->through));
    for (size_t i = 0; i < chain.n; i++)
        buf_fmt(&line, "%s%.*s", i || yes->through.n ? "\n  -> " : "", STR_F(chain.items[i]));
    run_say_buf(s, &line);
}

static int question(struct run *s, const struct cluster *c, struct str person, size_t *n_yes)
{
    struct site_access a;
    struct rbac_question q = {0};
    struct policy_answer answer;
    if (site_access_new(s, c, &a) < 0 ||
        site_question(s, &a, &s->options->arguments.items[1], &q) < 0)
        return -1;
    bool yes = policy_person_may(&a.at, a.x, person, &q, &answer);
    /* the plain evaluator has the last word */
    struct rbac_user user = policy_user(&a.at, person);
    if (rbac_allows(a.set, &user, &q, NULL) != yes)
        return fail(&s->err, ERR_BUG, "%.*s: two evaluators differ about %.*s", STR_F(c->site),
                    STR_F(person));
    say_answer(s, &a, yes ? &answer : NULL);
    *n_yes += yes;
    return 0;
}

enum cli_exit cmd_can_person(struct run *s)
{
    const struct strs_vec *words = &s->options->arguments;
    struct str person = words->items[0];
    bool asks = words->n == 3;
    size_t n_yes = 0;
    int status = policy_person_check(s->policy, person, &s->err);
    if (status < 0)
        return run_fail(s);
    if (s->options->json) {
        json_put_str(&s->json, "person", person);
        json_key(&s->json, "sites");
        json_open_array(&s->json);
    }
    for (size_t i = 0; status == 0 && i < s->n_clusters; i++)
        status = asks ? question(s, &s->clusters[i], person, &n_yes)
                      : everything(s, &s->clusters[i], person);
    if (s->options->json)
        json_close_array(&s->json);
    if (status < 0)
        return run_fail(s);
    return asks && n_yes < s->n_clusters ? CLI_FINDINGS : CLI_OK;
}
