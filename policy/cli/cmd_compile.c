/* compile: the manifests of each site as files, the same bytes for the same input; files of an
 * earlier run that have no object any more go. */
#include <dirent.h>
#include <unistd.h>

#include "base/file.h"
#include "policy/cli/lock_file.h"
#include "policy/cli/run.h"

#define FILE_MAX ((size_t)64 << 20)

static void close_folder_at(DIR *const *d)
{
    if (*d)
        closedir(*d);
}

static bool is_ours(struct str name, bool inner)
{
    bool yaml = str_ends(name, STR(".yaml"));
    return yaml &&
           (inner || (name.n > 3 && name.p[2] == '-' && name.p[0] >= '0' && name.p[0] <= '9'));
}

static bool was_written(const struct policy_files *files, struct str path)
{
    for (size_t i = 0; i < files->n; i++)
        if (str_eq(files->items[i].path, path))
            return true;
    return false;
}

/* prefix: "" or "10-rb/", below the folder of the site */
static size_t remove_stale(struct run *s, struct str folder, const char *prefix,
                           const struct policy_files *files)
{
    size_t n = 0;
    struct str path = arena_fmt(s->arena, "%.*s/%s", STR_F(folder), prefix);
    __attribute__((cleanup(close_folder_at))) DIR *d = opendir(path.p);
    for (const struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d)) {
        struct str relative = arena_fmt(s->arena, "%s%s", prefix, f->d_name);
        if (!is_ours(STR_C(f->d_name), *prefix) || was_written(files, relative))
            continue;
        n += unlink(arena_fmt(s->arena, "%.*s/%.*s", STR_F(folder), STR_F(relative)).p) == 0;
    }
    return n;
}

/* 1: written, 0: it was the same already */
static int write_file(struct run *s, struct str folder, const struct policy_file *file)
{
    auto_buf old = BUF_INIT(FILE_MAX);
    struct err ignored;
    struct str path = arena_fmt(s->arena, "%.*s/%.*s", STR_F(folder), STR_F(file->path));
    size_t cut = path.n;
    while (cut > 0 && path.p[cut - 1] != '/')
        cut--;
    struct str parent = arena_str(s->arena, str_from_to(path, 0, cut ? cut - 1 : 0));
    if (file_read(path.p, FILE_MAX, &old, &ignored) == 0 && str_eq(buf_str(&old), file->text))
        return 0;
    if (folder_make(parent.p, 0755, &s->err) < 0 ||
        file_make(path.p, 0644, file->text, &s->err) < 0)
        return -1;
    return 1;
}

static int compile_site(struct run *s, const struct cluster *c, const struct policy_issuer *issuer)
{
    struct rbac_set set;
    size_t written = 0, site = run_site(s->policy, c);
    if (run_emit(s, s->policy, c, &set, &s->err) < 0)
        return -1;
    struct policy_files files = policy_emit_files(s->policy, site, &set, issuer, s->arena);
    struct policy_owners owners = run_owners(s);
    const struct policy_at at = {s->policy, site, s->now_ms, s->arena};
    if (policy_emit_guard_files(&at, &owners, &files, &s->err) < 0)
        return -1;
    struct str folder = arena_fmt(s->arena, "%.*s/%.*s", STR_F(s->options->out), STR_F(c->site));
    for (size_t i = 0; i < files.n; i++) {
        int status = write_file(s, folder, &files.items[i]);
        if (status < 0)
            return -1;
        written += (size_t)status;
    }
    size_t stale = remove_stale(s, folder, "", &files) + remove_stale(s, folder, "10-rb/", &files);
    if (s->options->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "site", c->site);
        json_put_i64(&s->json, "objects", (int64_t)set.n);
        json_put_i64(&s->json, "files", (int64_t)files.n);
        json_put_i64(&s->json, "written", (int64_t)written);
        json_put_i64(&s->json, "removed", (int64_t)stale);
        json_close_object(&s->json);
    }
    run_say(s, "%.*s: %zu object%s in %zu file%s: %zu written, %zu removed", STR_F(folder), set.n,
            PLURAL(set.n), files.n, PLURAL(files.n), written, stale);
    return 0;
}

/* An API server takes an issuer once, and ours gives people their groups. */
static int check_issuer(struct run *s)
{
    const struct policy_tree *t = policy_tree_of(s->policy);
    for (size_t i = 0; s->options->issuer.n > 0 && i < t->ci.n; i++) {
        const struct policy_ci *ci = &t->ci.items[i];
        if (str_eq(ci->issuer.text, s->options->issuer))
            return fail(&s->err, ERR_CONFIG, "%s:%u: ci '%.*s' has the issuer of the gateway",
                        ci->issuer.pos.source->name, ci->issuer.pos.line, STR_F(ci->name.text));
    }
    return 0;
}

enum cli_exit cmd_compile(struct run *s)
{
    const struct cli_options *o = s->options;
    struct policy_issuer issuer = {.url = o->issuer, .discovery_url = o->discovery_url};
    auto_buf ca = BUF_INIT((size_t)1 << 20);
    if (o->issuer_ca.n &&
        file_read(arena_cstr(s->arena, o->issuer_ca), (size_t)1 << 20, &ca, &s->err) < 0)
        return run_fail(s);
    if (check_issuer(s) < 0)
        return run_fail(s);
    issuer.ca_pem = buf_str(&ca);
    if (o->json) {
        json_key(&s->json, "sites");
        json_open_array(&s->json);
    }
    int status = 0;
    for (size_t i = 0; status == 0 && i < s->n_clusters; i++)
        status = compile_site(s, &s->clusters[i], &issuer);
    if (o->json)
        json_close_array(&s->json);
    if (status == 0 && s->has_directory)
        status =
            lock_file_write(s, arena_fmt(s->arena, "%.*s/lotse.lock", STR_F(o->out)).p, &s->err);
    return status < 0 ? run_fail(s) : CLI_OK;
}
