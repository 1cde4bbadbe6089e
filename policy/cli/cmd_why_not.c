/* why-not: what comes nearest to allowing it, in words. */
#include "policy/analysis/policy_person_can.h"
#include "policy/analysis/policy_why_not.h"
#include "policy/cli/site_access.h"

static void add_word(struct buf *b, const char *option, struct str value)
{
    buf_fmt(b, " %s ", option);
    buf_shell(b, value);
}

/* What kubectl would answer, to be tried as an administrator. */
static struct str command(struct run *s, const struct site_access *a, struct str person,
                          const struct rbac_question *q)
{
    auto_buf text = BUF_INIT(65536), what = BUF_INIT(65536);
    struct rbac_user user = policy_user(&a->at, person);
    buf_lit(&text, "kubectl");
    add_word(&text, "--context", a->cluster->site);
    add_word(&text, "auth can-i", q->verb);
    buf_char(&text, ' ');
    if (q->path.n)
        buf_add(&what, q->path);
    else
        buf_fmt(&what, "%.*s%s%.*s%s%.*s", STR_F(q->resource), q->api_group.n ? "." : "",
                STR_F(q->api_group), q->name.n ? "/" : "", STR_F(q->name));
    buf_shell(&text, buf_str(&what));
    if (q->subresource.n)
        add_word(&text, "--subresource", q->subresource);
    if (q->namespace.n)
        add_word(&text, "-n", q->namespace);
    add_word(&text, "--as", user.name);
    for (size_t i = 0; i < user.groups.n; i++)
        add_word(&text, "--as-group", user.groups.items[i]);
    return arena_str(s->arena, buf_str(&text));
}

static void say_yes(struct run *s, const struct site_access *a, const struct policy_answer *yes)
{
    struct strs chain = policy_chain(&a->at, &yes->holder);
    if (s->options->json) {
        json_put_bool(&s->json, "allowed", true);
        json_put_str_opt(&s->json, "through", yes->through);
        json_put_strs(&s->json, "chain", chain.items, chain.n);
        return;
    }
    auto_buf line = BUF_INIT(65536);
    buf_fmt(&line, "%.*s: it is allowed", STR_F(a->cluster->site));
    if (yes->through.n)
        buf_fmt(&line, "\n  %.*s", STR_F(yes->through));
    for (size_t i = 0; i < chain.n; i++)
        buf_fmt(&line, "%s%.*s", i || yes->through.n ? "\n  -> " : "\n  ", STR_F(chain.items[i]));
    run_say_buf(s, &line);
}

static void say_no(struct run *s, const struct site_access *a, const struct near_misses *near,
                   struct str kubectl)
{
    static const char *const kinds[] = {
        [NEAR_REQUEST] = "request", [NEAR_BREAKGLASS] = "breakglass", [NEAR_GRANT] = "grant"};
    struct json_out *j = &s->json;
    run_say(s, "%.*s: not allowed", STR_F(a->cluster->site));
    for (size_t i = 0; i < near->n; i++)
        run_say(s, "  %.*s", STR_F(near->items[i].text));
    if (near->n == 0)
        run_say(s, "  no role of the policy that anybody is given has anything of it");
    run_say(s, "  %.*s", STR_F(kubectl));
    if (!s->options->json)
        return;
    json_put_bool(j, "allowed", false);
    json_put_str(j, "kubectl", kubectl);
    json_key(j, "nearest");
    json_open_array(j);
    for (size_t i = 0; i < near->n; i++) {
        const struct near_miss *m = &near->items[i];
        json_open_object(j);
        json_put_str(j, "kind", STR_C(kinds[m->kind]));
        json_put_str(j, "team", m->team);
        json_put_str(j, "role", m->role);
        json_put_str(j, "src", m->src);
        json_put_strs(j, "missing", m->missing.items, m->missing.n);
        json_put_str(j, "text", m->text);
        json_close_object(j);
    }
    json_close_array(j);
}

static int why_not_site(struct run *s, const struct cluster *c, size_t *n_yes)
{
    struct site_access a;
    struct rbac_question q = {0};
    struct policy_answer answer;
    struct str person = s->options->arguments.items[0];
    if (site_access_new(s, c, &a) < 0 ||
        site_question(s, &a, &s->options->arguments.items[1], &q) < 0)
        return -1;
    bool yes = policy_person_may(&a.at, a.x, person, &q, &answer);
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", c->site);
    }
    if (yes) {
        say_yes(s, &a, &answer);
    } else {
        struct near_misses near = policy_why_not(&a.at, person, &q);
        say_no(s, &a, &near, command(s, &a, person, &q));
    }
    if (s->options->json)
        json_close_object(&s->json);
    *n_yes += yes;
    return 0;
}

enum cli_exit cmd_why_not(struct run *s)
{
    size_t n_yes = 0;
    int status = policy_person_check(s->policy, s->options->arguments.items[0], &s->err);
    if (status < 0)
        return run_fail(s);
    if (s->options->json) {
        json_key(&s->json, "sites");
        json_open_array(&s->json);
    }
    for (size_t i = 0; status == 0 && i < s->n_clusters; i++)
        status = why_not_site(s, &s->clusters[i], &n_yes);
    if (s->options->json)
        json_close_array(&s->json);
    if (status < 0)
        return run_fail(s);
    return n_yes < s->n_clusters ? CLI_FINDINGS : CLI_OK;
}
