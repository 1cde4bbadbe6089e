/*
 * The policy language by example: tests/policy/cases/ holds one file per case, with sections that
 * begin with "--- ":
 *
 *     --- policy.yaml        the policy; every section that ends in .yaml is a file of it
 *     --- file teams/a.yaml  a file that another one includes
 *     --- world              directory and clusters (policy_world.h); left out:
 * tests/policy/world.txt
 *     --- diagnostics        what is said about it; left out: nothing is
 *     --- site fra           the files emitted for a site, without 30-authn.yaml
 *     --- authn fra          30-authn.yaml from its second issuer on: those of ci
 *     --- tests              the results of its tests
 *
 * LOTSE_UPDATE=1 writes what came out into the files, to be read before it is committed.
 */
#include <glob.h>
#include <stdlib.h>

#include "base/file.h"
#include "tests/unit/policy_world.h"
#include "tests/unit/unit.h"

#define CASES   "tests/policy/cases/"
#define OUT_MAX ((size_t)4 << 20)

struct section {
    struct str name, text;
};
struct sections {
    struct section *items;
    size_t n, cap;
};

static struct str read_text(struct arena *a, const char *path)
{
    struct err e = {0};
    auto_buf text = BUF_INIT(OUT_MAX);
    if (file_read(path, OUT_MAX, &text, &e) < 0)
        fail_msg("%s", e.text);
    return arena_str(a, buf_str(&text));
}

static void split_sections(struct arena *a, struct str text, struct sections *out)
{
    struct str line, rest = text;
    *ARENA_PUSH(a, out) = (struct section){STR_NONE, {text.p, 0}};
    while (str_next(&rest, '\n', &line)) {
        struct section *last = &out->items[out->n - 1];
        if (str_starts(line, STR("--- "))) {
            struct str name = str_from_to(line, 4, line.n);
            *ARENA_PUSH(a, out) = (struct section){name, {rest.n ? rest.p : text.p + text.n, 0}};
        } else {
            last->text.n =
                (size_t)(rest.n ? rest.p - last->text.p : text.p + text.n - last->text.p);
        }
    }
}

static const struct section *section_get(const struct sections *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_is(all->items[i].name, name))
            return &all->items[i];
    return NULL;
}

struct run {
    struct arena *a;
    struct policy_input in;
    struct diags d;
    const struct policy *policy;
};

struct files {
    struct arena *a;
    const struct sections *all;
};

static const struct source *read_file_section(void *context, struct str path, struct err *e)
{
    const struct files *files = context;
    struct str name = arena_fmt(files->a, "file %.*s", STR_F(path));
    const struct section *section = section_get(files->all, name.p);
    struct source *source = ARENA_NEW(files->a, struct source);
    if (!section) {
        (void)fail(e, ERR_SYSTEM, "%.*s: No such file or directory", STR_F(path));
        return NULL;
    }
    *source = (struct source){arena_cstr(files->a, path), section->text};
    return source;
}

static void run_policy(struct run *r, const struct sections *all)
{
    struct files files = {r->a, all};
    const struct policy_loader loader = {read_file_section, &files};
    struct source *sources = ARENA_ARRAY(r->a, all->n, struct source);
    const struct source **list = ARENA_ARRAY(r->a, all->n, const struct source *);
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (str_ends(all->items[i].name, STR(".yaml")) &&
            !str_starts(all->items[i].name, STR("file "))) {
            sources[n] = (struct source){arena_cstr(r->a, all->items[i].name), all->items[i].text};
            list[n] = &sources[n];
            n++;
        }
    const struct section *world = section_get(all, "world");
    world_read(r->a, world ? world->text : read_text(r->a, "tests/policy/world.txt"), &r->in);
    diags_init(&r->d, r->a);
    const struct policy_tree *tree = policy_read(r->a, list, n, &loader, &r->d);
    r->policy = tree ? policy_resolve(r->a, tree, &r->in, &r->d) : NULL;
    if ((r->policy == NULL) != (r->d.n_errors > 0))
        fail_msg("a policy is refused exactly when there is an error");
}

static void put_site(struct run *r, struct str name, struct buf *out)
{
    uint32_t site = policy_site_find(r->policy, name);
    struct rbac_set set, again;
    struct policy_issuer issuer = {.url = STR("https://lotse.corp.example")};
    assert_int_not_equal(site, ID_NONE);
    if (!policy_emit(r->policy, site, r->a, &set)) {
        buf_lit(out, "no data\n");
        return;
    }
    assert_true(policy_emit(r->policy, site, r->a, &again));
    struct policy_files files = policy_emit_files(r->policy, site, &set, &issuer, r->a);
    for (size_t i = 0; i < files.n; i++)
        if (!str_is(files.items[i].path, "30-authn.yaml"))
            buf_fmt(out, "# %.*s\n%.*s", STR_F(files.items[i].path), STR_F(files.items[i].text));
    rbac_set_sort(&again); /* what is emitted is in canonical order already, and comes back from
                              JSON as it was */
    assert_int_equal(set.n, again.n);
    for (size_t i = 0; i < set.n; i++) {
        struct err e = {0};
        struct rbac_set back = {0};
        auto_buf json = BUF_INIT(OUT_MAX);
        assert_int_equal(rbac_object_cmp(&set.items[i], &again.items[i]), 0);
        rbac_write_json(&set.items[i], &json);
        if (rbac_read_json(buf_str(&json), r->a, &back, &e) < 0)
            fail_msg("%s", e.text);
        assert_true(back.n == 1 && rbac_object_same(&back.items[0], &set.items[i]));
    }
}

static void put_authn(struct run *r, struct str name, struct buf *out)
{
    auto_buf text = BUF_INIT(OUT_MAX);
    struct policy_issuer issuer = {.url = STR("https://lotse.corp.example")};
    policy_emit_authn(r->policy, policy_site_find(r->policy, name), &issuer, r->a, &text);
    struct str rest = buf_str(&text), line;
    size_t n_issuers = 0;
    while (str_next(&rest, '\n', &line)) {
        n_issuers += str_is(line, "- issuer:");
        if (n_issuers > 1 && (line.n || rest.n))
            buf_fmt(out, "%.*s\n", STR_F(line));
    }
}

static void put_tests(struct run *r, struct buf *out)
{
    struct err e = {0};
    const struct access **accesses =
        ARENA_ARRAY(r->a, policy_n_sites(r->policy), const struct access *);
    for (size_t i = 0; i < policy_n_sites(r->policy); i++) {
        struct rbac_set *set = ARENA_NEW(r->a, struct rbac_set);
        const struct rbac_set **sets = ARENA_NEW(r->a, const struct rbac_set *);
        if (!policy_emit(r->policy, i, r->a, set))
            continue;
        sets[0] = set;
        const struct universe *u =
            universe_new(r->a, sets, 1, &policy_cluster_of(r->policy, i)->resources, &e);
        accesses[i] = access_new(r->a, u, set, &e);
        assert_non_null(accesses[i]);
    }
    struct policy_test_results results = policy_run_tests(r->policy, accesses, r->in.now_ms, r->a);
    for (size_t i = 0; i < results.n; i++)
        buf_fmt(out, "%s line %u%s%.*s\n", results.items[i].passed ? "ok  " : "FAIL",
                results.items[i].test->pos.line, results.items[i].passed ? "" : ": ",
                STR_F(results.items[i].text));
}

static struct str came_out(struct run *r, struct str section)
{
    auto_buf out = BUF_INIT(OUT_MAX);
    if (str_is(section, "diagnostics"))
        diags_print(&r->d, &out);
    else if (!r->policy)
        buf_lit(&out, "the policy was refused\n");
    else if (str_starts(section, STR("site ")))
        put_site(r, str_from_to(section, 5, section.n), &out);
    else if (str_starts(section, STR("authn ")))
        put_authn(r, str_from_to(section, 6, section.n), &out);
    else if (str_is(section, "tests"))
        put_tests(r, &out);
    return arena_str(r->a, buf_str(&out));
}

static bool is_expectation(struct str name)
{
    return str_is(name, "diagnostics") || str_is(name, "tests") || str_starts(name, STR("site ")) ||
           str_starts(name, STR("authn "));
}

static bool check_case(const char *path)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct run r = {.a = &a};
    struct sections all = {0};
    struct err e = {0};
    bool good = true, said = false;
    split_sections(&a, read_text(&a, path), &all);
    run_policy(&r, &all);
    auto_buf updated = BUF_INIT(OUT_MAX);
    for (size_t i = 0; i < all.n; i++) {
        struct str text = all.items[i].text, name = all.items[i].name;
        if (is_expectation(name)) {
            text = came_out(&r, name);
            good = good && str_eq(text, all.items[i].text);
            said = said || str_is(name, "diagnostics");
            if (str_is(name, "diagnostics") && text.n == 0)
                continue;
        }
        if (name.p)
            buf_fmt(&updated, "--- %.*s\n", STR_F(name));
        buf_add(&updated, text);
    }
    struct str diagnostics = came_out(&r, STR("diagnostics"));
    if (!said && diagnostics.n > 0) {
        good = false;
        buf_fmt(&updated, "--- diagnostics\n%.*s", STR_F(diagnostics));
    }
    if (good)
        return true;
    if (getenv("LOTSE_UPDATE"))
        assert_int_equal(file_replace(path, 0644, buf_str(&updated), &e), 0);
    else
        print_error("%s: came out otherwise:\n%s\n", path, buf_cstr(&updated));
    return false;
}

static void every_case_comes_out_as_written(void **state)
{
    (void)state;
    glob_t paths;
    size_t n_bad = 0;
    assert_int_equal(glob(CASES "*.txt", 0, NULL, &paths), 0);
    assert_true(paths.gl_pathc >= 60);
    for (size_t i = 0; i < paths.gl_pathc; i++)
        n_bad += !check_case(paths.gl_pathv[i]);
    print_message("%zu cases, %zu bad\n", (size_t)paths.gl_pathc, n_bad);
    globfree(&paths);
    assert_int_equal(n_bad, 0);
}

/* The page of the language has a row for every key of the table. */
static void the_manual_names_every_key(void **state)
{
    (void)state;
    static const char *const keys[] = {
#define KEY(section, name, type, need, text)       "`" #name "`",
#define DOCUMENT(key, shape, section, owner, text) "`" #key "`",
#include "policy/language/policy_keys.tbl.h"
#undef KEY
#undef DOCUMENT
    };
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct str manual = read_text(&a, "docs/policy.md");
    for (size_t i = 0; i < N_OF(keys); i++)
        if (!str_contains(manual, STR_C(keys[i])))
            fail_msg("docs/policy.md does not say what %s is", keys[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_comes_out_as_written),
                                       cmocka_unit_test(the_manual_names_every_key)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
