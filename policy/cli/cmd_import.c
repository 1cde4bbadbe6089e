/* import: a policy out of what clusters have, with the proof and the list of what was left. */
#include <unistd.h>

#include "base/file.h"
#include "policy/cli/run.h"
#include "policy/import/import_foreign.h"

#define FILE_MAX    ((size_t)256 << 20)
#define SHOWN_MAX   12 /* of one reason, in text; JSON has all of them */
#define CHANGES_MAX 20

struct import_run {
    struct run *run;
    struct import_foreign foreign;
    struct import_findings findings; /* about those */
    struct import_site *sites;
    struct import_result result;
};

/* --- other tools' objects */

static int read_foreign(struct import_run *m, const char *path, struct str site, bool any_text)
{
    struct run *s = m->run;
    auto_buf text = BUF_INIT(FILE_MAX);
    if (file_read(path, FILE_MAX, &text, &s->err) < 0)
        return -1;
    if (!any_text && !str_contains(buf_str(&text), STR("rbacmanager.reactiveops.io")) &&
        !str_contains(buf_str(&text), STR("management.cattle.io")))
        return 0;
    if (import_foreign_read(arena_str(s->arena, buf_str(&text)), site, s->arena, &m->foreign,
                            &s->err) < 0)
        return fail_within(&s->err, "%s", path);
    return 0;
}

static int read_all_foreign(struct import_run *m)
{
    struct run *s = m->run;
    for (size_t i = 0; i < s->options->from.n; i++) {
        struct str site = STR_NONE, path = s->options->from.items[i], rest;
        if (str_split(path, '=', &site, &rest) && strs_has(s->sites, site))
            path = rest;
        else
            site = STR_NONE;
        if (read_foreign(m, arena_cstr(s->arena, path), site, true) < 0)
            return -1;
    }
    /* a file at the top of the folder is of every site: it is read once, for all of them */
    struct intern seen = {.arena = s->arena};
    for (size_t i = 0; i < s->n_clusters; i++)
        for (size_t k = 0; k < s->clusters[i].files.n; k++) {
            struct str path = s->clusters[i].files.items[k];
            struct str own = arena_fmt(s->arena, "%.*s/%.*s/", STR_F(s->options->objects),
                                       STR_F(s->clusters[i].site));
            struct str site = str_starts(path, own) ? s->clusters[i].site : STR_NONE;
            size_t before = seen.n;
            intern_add(&seen, path);
            if (seen.n > before && read_foreign(m, path.p, site, false) < 0)
                return -1;
        }
    return 0;
}

static void collect_sites(struct import_run *m)
{
    struct run *s = m->run;
    m->sites = ARENA_ARRAY(s->arena, s->n_clusters, struct import_site);
    for (size_t i = 0; i < s->n_clusters; i++) {
        struct rbac_set *set = ARENA_NEW(s->arena, struct rbac_set);
        m->sites[i] = (struct import_site){s->clusters[i].site, set, &s->clusters[i].data};
        *set = s->clusters[i].objects;
        set->cap = set->n; /* what is added goes into a copy */
        import_foreign_apply(&m->foreign, &m->sites[i], s->arena, set, &m->findings);
    }
    import_foreign_nowhere(&m->foreign, m->sites, s->n_clusters, s->arena, &m->findings);
}

/* --- the report */

static void say_finding(struct run *s, const struct import_finding *f)
{
    auto_buf line = BUF_INIT((size_t)1 << 20);
    buf_c(&line, "  ");
    if (f->site.n)
        buf_fmt(&line, "%.*s: ", STR_F(f->site));
    buf_add(&line, f->object);
    if (f->subject.n)
        buf_fmt(&line, ", %.*s", STR_F(f->subject));
    if (f->detail.n)
        buf_fmt(&line, " (%.*s)", STR_F(f->detail));
    for (size_t i = 0; i < line.n; i++) /* names from a cluster do not write to the terminal */
        if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
            line.p[i] = '?';
    run_say_buf(s, &line);
}

static void say_findings(struct run *s, const struct import_findings *all, bool left)
{
    for (size_t i = 0, end; i < all->n; i = end) {
        enum import_reason reason = all->items[i].reason;
        for (end = i + 1; end < all->n && all->items[end].reason == reason;)
            end++;
        if (import_is_left(reason) != left)
            continue;
        run_say(s, "%s (%zu): %s", left ? "left as it is" : "look at", end - i,
                import_reason_text(reason));
        for (size_t k = i; k < end && k < i + SHOWN_MAX; k++)
            say_finding(s, &all->items[k]);
        if (end - i > SHOWN_MAX)
            run_say(s, "  and %zu more (--output json has all)", end - i - SHOWN_MAX);
    }
}

static void say_changes(struct run *s, const struct import_proof *p)
{
    for (size_t i = 0; i < p->changes.n && i < CHANGES_MAX; i++) {
        const struct access_change *c = &p->changes.items[i];
        run_say(s, "  %.*s: %.*s in %.*s: %zu gained, %zu lost", STR_F(p->site),
                STR_F(c->subject.name),
                STR_F(c->namespace.n ? c->namespace : STR("the whole cluster")), c->n_gained,
                c->n_lost);
    }
}

static void say_result(struct run *s, const struct import_result *r)
{
    say_findings(s, &r->findings, true);
    say_findings(s, &r->findings, false);
    if (r->n_default)
        run_say(s, "%zu subject%s of Kubernetes' own bindings passed over", r->n_default,
                PLURAL(r->n_default));
    run_say(s, "%zu team%s, %zu role%s, %zu space%s, %zu grant%s", r->n_teams, PLURAL(r->n_teams),
            r->n_roles, PLURAL(r->n_roles), r->n_spaces, PLURAL(r->n_spaces), r->n_grants,
            PLURAL(r->n_grants));
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct import_proof *p = &r->proofs[i];
        run_say(s, "%.*s: %zu group%s in %zu binding%s: %s", STR_F(p->site), p->n_groups,
                PLURAL(p->n_groups), p->n_bindings, PLURAL(p->n_bindings),
                p->changes.n ? "the policy does NOT give the same access"
                             : "the policy gives exactly the same access");
        say_changes(s, p);
    }
}

static void findings_json(struct run *s, const struct import_findings *all, bool left)
{
    struct json_out *j = &s->json;
    json_key(j, left ? "left" : "notes");
    json_open_array(j);
    for (size_t i = 0; i < all->n; i++) {
        const struct import_finding *f = &all->items[i];
        if (import_is_left(f->reason) != left)
            continue;
        json_open_object(j);
        json_put_str(j, "reason", STR_C(import_reason_name(f->reason)));
        json_put_str(j, "text", STR_C(import_reason_text(f->reason)));
        json_put_str_opt(j, "site", f->site);
        json_put_str(j, "object", f->object);
        json_put_str_opt(j, "subject", f->subject);
        json_put_str_opt(j, "detail", f->detail);
        json_close_object(j);
    }
    json_close_array(j);
}

static void proofs_json(struct run *s, const struct import_result *r)
{
    struct json_out *j = &s->json;
    json_key(j, "proofs");
    json_open_array(j);
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct import_proof *p = &r->proofs[i];
        json_open_object(j);
        json_put_str(j, "site", p->site);
        json_put_i64(j, "groups", (int64_t)p->n_groups);
        json_put_i64(j, "bindings", (int64_t)p->n_bindings);
        json_key(j, "differs");
        json_open_array(j);
        for (size_t k = 0; k < p->changes.n; k++) {
            const struct access_change *c = &p->changes.items[k];
            json_open_object(j);
            json_put_str(j, "subject", c->subject.name);
            json_put_str_opt(j, "namespace", c->namespace);
            json_put_i64(j, "gained", (int64_t)c->n_gained);
            json_put_i64(j, "lost", (int64_t)c->n_lost);
            json_close_object(j);
        }
        json_close_array(j);
        json_close_object(j);
    }
    json_close_array(j);
}

static void result_json(struct run *s, const struct import_result *r)
{
    struct json_out *j = &s->json;
    json_put_bool(j, "equal", r->equal);
    json_put_i64(j, "teams", (int64_t)r->n_teams);
    json_put_i64(j, "roles", (int64_t)r->n_roles);
    json_put_i64(j, "spaces", (int64_t)r->n_spaces);
    json_put_i64(j, "grants", (int64_t)r->n_grants);
    json_put_i64(j, "kubernetes_own", (int64_t)r->n_default);
    proofs_json(s, r);
    findings_json(s, &r->findings, true);
    findings_json(s, &r->findings, false);
    json_put_str(j, "policy", r->text);
}

/* --- the policy's file */

static int check_file(struct run *s)
{
    const char *path = arena_cstr(s->arena, s->options->policy.items[0]);
    if (s->options->policy.n > 1)
        return fail(&s->err, ERR_CONFIG, "import writes one file");
    if (!s->options->json && access(path, F_OK) == 0)
        return fail(&s->err, ERR_CONFIG, "%s exists: name another file for the policy", path);
    return 0;
}

static int write_policy(struct run *s, struct str text)
{
    const char *path = arena_cstr(s->arena, s->options->policy.items[0]);
    if (file_replace(path, 0644, text, &s->err) < 0)
        return -1;
    run_say(s, "%s is written", path);
    return 0;
}

enum cli_exit cmd_import(struct run *s)
{
    struct import_run m = {.run = s};
    if (check_file(s) < 0 || read_all_foreign(&m) < 0)
        return run_fail(s);
    collect_sites(&m);
    const struct import_input in = {.sites = m.sites,
                                    .n_sites = s->n_clusters,
                                    .directory = s->has_directory ? &s->directory : NULL,
                                    .earlier = &m.findings};
    if (policy_import(s->arena, &in, &m.result, &s->err) < 0)
        return run_fail(s);
    if (s->options->json)
        result_json(s, &m.result);
    else
        say_result(s, &m.result);
    /* what is not proven is not handed out */
    if (!m.result.equal)
        return CLI_FINDINGS;
    if (!s->options->json && write_policy(s, m.result.text) < 0)
        return run_fail(s);
    return CLI_OK;
}
