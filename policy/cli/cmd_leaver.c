/* leaver: what still works after a person has left, and how to end it. */
#include "policy/analysis/policy_leaver.h"
#include "policy/analysis/policy_words.h"
#include "policy/cli/site_access.h"

#define TOKEN_LIFE_MS ((int64_t)10 * 60 * 1000) /* what the gateway gives at most by default */
#define CACHE_MS      ((int64_t)10 * 1000)      /* the API server remembers a good token so long */

/* --- what the policy says */

static void say_mentions(struct run *s, const struct policy_mentions *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!s->options->json) {
            run_say(s, "policy: %.*s (%.*s)", STR_F(m->items[i].text), STR_F(m->items[i].src));
            continue;
        }
        json_open_object(&s->json);
        json_put_str(&s->json, "text", m->items[i].text);
        json_put_str(&s->json, "src", m->items[i].src);
        json_close_object(&s->json);
    }
}

static void say_tokens(struct run *s)
{
    int64_t life = s->options->token_life ? s->options->token_life : TOKEN_LIFE_MS;
    auto_buf until = BUF_INIT(64);
    time_format(&until, s->now_ms + life + CACHE_MS, false);
    if (s->options->json) {
        json_put_str(&s->json, "tokens_until", buf_str(&until));
        return;
    }
    run_say(s,
            "tokens: one issued just now works until %s on every site (%lld s of life, 10 s of "
            "cache); to refuse it at once: a userValidationRule of the API servers\n"
            "      {expression: \"user.username != 'lotse:%.*s'\", message: \"has left\"}",
            buf_cstr(&until), (long long)(life / 1000), STR_F(s->options->arguments.items[0]));
    run_say(s, "streams: an open exec, attach, port-forward or watch outlives its token; it ends "
               "when the pod goes or the API server closes the watch");
    run_say(s, "kubeconfigs: ours hold no secret; certificates or tokens in others are below");
}

/* --- a site */

static void residue_text(struct run *s, struct str site, const struct policy_residue *r)
{
    auto_buf line = BUF_INIT((size_t)1 << 20);
    buf_fmt(&line, "%.*s: %.*s\n      held: %.*s %.*s in ", STR_F(site), STR_F(r->what),
            STR_F(r->verbs), STR_F(r->target));
    if (r->namespaces.items[0].n == 0)
        buf_c(&line, "the whole cluster");
    else
        policy_list(&line, r->namespaces, 8);
    buf_fmt(&line, "\n      %.*s", STR_F(r->how));
    run_say_buf(s, &line);
}

static void residue_json(struct run *s, const struct policy_residue *r)
{
    json_open_object(&s->json);
    json_put_str(&s->json, "verbs", r->verbs);
    json_put_str(&s->json, "target", r->target);
    json_put_strs(&s->json, "namespaces", r->namespaces.items, r->namespaces.n);
    json_put_str(&s->json, "what", r->what);
    json_put_str(&s->json, "how", r->how);
    json_close_object(&s->json);
}

static void say_binding(struct run *s, struct str site, const struct policy_leaver_binding *b)
{
    if (!s->options->json) {
        run_say(s, "%.*s: %s %.*s%s%.*s names User %.*s\n      %.*s", STR_F(site),
                rbac_kind_name(b->binding->kind), STR_F(b->binding->namespace),
                b->binding->namespace.n ? "/" : "", STR_F(b->binding->name),
                STR_F(b->subject->name), STR_F(b->how));
        return;
    }
    json_open_object(&s->json);
    json_put_str(&s->json, "kind", STR_C(rbac_kind_name(b->binding->kind)));
    json_put_str_opt(&s->json, "namespace", b->binding->namespace);
    json_put_str(&s->json, "name", b->binding->name);
    json_put_str(&s->json, "user", b->subject->name);
    json_put_str(&s->json, "how", b->how);
    json_close_object(&s->json);
}

static int leaver_site(struct run *s, const struct cluster *c, struct str person)
{
    struct site_access a;
    if (site_access_new(s, c, &a) < 0)
        return -1;
    struct policy_leaver l = policy_leaver(&a.at, a.x, person);
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", c->site);
        json_key(&s->json, "bindings");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < l.bindings.n; i++)
        say_binding(s, c->site, &l.bindings.items[i]);
    if (s->options->json) {
        json_close_array(&s->json);
        json_key(&s->json, "residues");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < l.residues.n; i++) {
        if (s->options->json)
            residue_json(s, &l.residues.items[i]);
        else
            residue_text(s, c->site, &l.residues.items[i]);
    }
    if (l.bindings.n + l.residues.n == 0)
        run_say(s, "%.*s: nothing else", STR_F(c->site));
    if (s->options->json) {
        json_close_array(&s->json);
        json_close_object(&s->json);
    }
    return 0;
}

enum cli_exit cmd_leaver(struct run *s)
{
    struct str person = s->options->arguments.items[0];
    const struct policy_at at = {s->policy, 0, s->now_ms, s->arena};
    int status = policy_person_check(s->policy, person, &s->err);
    if (status < 0)
        return run_fail(s);
    struct policy_mentions mentions = policy_leaver_mentions(&at, person);
    say_tokens(s);
    if (s->options->json) {
        json_key(&s->json, "policy");
        json_open_array(&s->json);
    }
    say_mentions(s, &mentions);
    if (s->options->json) {
        json_close_array(&s->json);
        json_key(&s->json, "sites");
        json_open_array(&s->json);
    }
    for (size_t i = 0; status == 0 && i < s->n_clusters; i++)
        status = leaver_site(s, &s->clusters[i], person);
    if (s->options->json)
        json_close_array(&s->json);
    return status < 0 ? run_fail(s) : CLI_OK;
}
