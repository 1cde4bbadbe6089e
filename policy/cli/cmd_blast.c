/* blast: what a group of the directory carries, and who would lose what without it. */
#include "policy/analysis/policy_blast.h"
#include "policy/analysis/policy_words.h"
#include "policy/cli/site_access.h"

static void say_teams(struct run *s, const struct policy_blast *b)
{
    for (size_t i = 0; i < b->n_teams; i++) {
        const struct policy_blast_team *t = &b->teams[i];
        auto_buf line = BUF_INIT(65536);
        buf_fmt(&line, "%.*s brings team %.*s (%.*s), ", STR_F(b->name),
                STR_F(s->tree->teams.items[t->team].name.text), STR_F(t->src));
        buf_c(&line, t->others.n ? "as does " : "which nothing else brings");
        policy_list(&line, t->others, 8);
        run_say_buf(s, &line);
    }
    if (b->n_teams == 0)
        run_say(s, "%.*s brings no team", STR_F(b->name));
}

static void say_site(struct run *s, struct str site, const struct policy_blast *b)
{
    for (size_t i = 0; i < b->lost.n; i++) {
        const struct policy_sentence *one = &b->lost.items[i];
        auto_buf line = BUF_INIT((size_t)1 << 20);
        buf_fmt(&line, "%.*s: without %.*s: ", STR_F(site), STR_F(b->name));
        policy_sentence_write(one, &line);
        run_say_buf(s, &line);
    }
    for (size_t i = 0; i < b->n_kept; i++) {
        auto_buf line = BUF_INIT((size_t)1 << 20);
        buf_fmt(&line, "%.*s: %zu keep%s everything through %.*s: ", STR_F(site),
                b->kept[i].people.n, b->kept[i].people.n == 1 ? "s" : "",
                STR_F(b->kept[i].through));
        policy_list(&line, b->kept[i].people, 8);
        run_say_buf(s, &line);
    }
    run_say(s,
            "%.*s: %zu %s in %.*s; of what it brings them, %zu places (person and namespace) "
            "would go, %zu are also brought by something else",
            STR_F(site), b->n_people, PEOPLE(b->n_people), STR_F(b->name), b->n_exclusive,
            b->n_shared);
}

static void blast_json(struct run *s, struct str site, const struct policy_blast *b)
{
    struct json_out *j = &s->json;
    json_open_object(j);
    json_put_str(j, "site", site);
    json_put_str(j, "group", b->group);
    json_put_i64(j, "people", (int64_t)b->n_people);
    json_put_i64(j, "exclusive", (int64_t)b->n_exclusive);
    json_put_i64(j, "shared", (int64_t)b->n_shared);
    json_key(j, "teams");
    json_open_array(j);
    for (size_t i = 0; i < b->n_teams; i++) {
        json_open_object(j);
        json_put_str(j, "team", s->tree->teams.items[b->teams[i].team].name.text);
        json_put_str(j, "src", b->teams[i].src);
        json_put_strs(j, "also", b->teams[i].others.items, b->teams[i].others.n);
        json_close_object(j);
    }
    json_close_array(j);
    json_key(j, "lost");
    json_open_array(j);
    for (size_t i = 0; i < b->lost.n; i++) {
        const struct policy_sentence *one = &b->lost.items[i];
        json_open_object(j);
        json_put_str(j, "what", one->what);
        json_put_strs(j, "people", one->people.items, one->people.n);
        json_put_strs(j, "namespaces", one->namespaces.items, one->namespaces.n);
        json_close_object(j);
    }
    json_close_array(j);
    json_key(j, "kept");
    json_open_array(j);
    for (size_t i = 0; i < b->n_kept; i++) {
        json_open_object(j);
        json_put_str(j, "through", b->kept[i].through);
        json_put_strs(j, "people", b->kept[i].people.items, b->kept[i].people.n);
        json_close_object(j);
    }
    json_close_array(j);
    json_close_object(j);
}

enum cli_exit cmd_blast(struct run *s)
{
    int status = 0;
    if (!s->has_directory) {
        (void)fail(&s->err, ERR_CONFIG,
                   "blast needs the directory (--directory-config, --directory)");
        return run_fail(s);
    }
    if (s->options->json) {
        json_key(&s->json, "sites");
        json_open_array(&s->json);
    }
    for (size_t i = 0; status == 0 && i < s->n_clusters; i++) {
        struct site_access a;
        struct policy_blast blast;
        status = site_access_new(s, &s->clusters[i], &a);
        if (status == 0)
            status = policy_blast(&a.at, a.x, s->options->arguments.items[0], &blast, &s->err);
        if (status < 0)
            break;
        if (i == 0)
            say_teams(s, &blast);
        if (s->options->json)
            blast_json(s, s->clusters[i].site, &blast);
        else
            say_site(s, s->clusters[i].site, &blast);
    }
    if (s->options->json)
        json_close_array(&s->json);
    return status < 0 ? run_fail(s) : CLI_OK;
}
