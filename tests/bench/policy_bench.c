/*
 * The policy compiler's core alone: how long each phase takes, and how much memory they need
 * together. Policy, directory and saved clusters are read once; then everything from the text to
 * the cells is done ROUNDS times, each time in new memory. One thread, processor time, medians.
 *
 *     policy_bench FOLDER      policy.yaml, after.yaml (1 % of the grants are others),
 *                              directory.json, objects/
 *
 * One JSON object on standard output: milliseconds, counts and bytes.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "base/yaml.h"
#include "policy/analysis/policy_person_diff.h"
#include "policy/analysis/policy_prove.h"
#include "policy/cli/directory_file.h"
#include "policy/cluster/cluster.h"
#include "policy/lint/lint.h"
#include "policy/policy.h"

#define ROUNDS      9
#define N_QUESTIONS 2000
#define FILE_MAX    ((size_t)64 << 20)
#define SITES_MAX   8
#define NOW_MS      1780000000000

enum phase { YAML, TREE, RESOLVE, EMIT, CELLS, N_PHASES };
static const char *const phase_names[N_PHASES] = {
    [YAML] = "yaml", [TREE] = "tree", [RESOLVE] = "resolve", [EMIT] = "emit", [CELLS] = "cells",
};

struct bench {
    struct arena inputs;
    struct source before, after;
    struct policy_directory directory;
    struct policy_cluster clusters[SITES_MAX];
    struct rbac_set live[SITES_MAX];
    size_t n_clusters;
};
struct compiled { /* what one run from text to cells leaves */
    struct arena arena;
    const struct policy *policy;
    struct rbac_set sets[SITES_MAX];
    const struct access *cells[SITES_MAX];
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "policy_bench: %s\n", what);
    exit(1);
}

static void must_be_clean(const struct diags *d)
{
    if (d->n_errors == 0)
        return;
    auto_buf text = BUF_INIT((size_t)1 << 20);
    diags_print(d, &text);
    must(false, buf_cstr(&text));
}

/* --- memory: bytes of this process, from /proc */

static size_t memory_kib(const char *what)
{
    char line[128];
    unsigned long kib = 0;
    FILE *f = fopen("/proc/self/status", "re");
    must(f != NULL, "no /proc");
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, what, strlen(what)) == 0)
            kib = strtoul(line + strlen(what), NULL, 10);
    fclose(f);
    return (size_t)kib;
}

static void forget_peak(void)
{
    malloc_trim(0);
    FILE *f = fopen("/proc/self/clear_refs", "we");
    must(f != NULL && fputs("5", f) >= 0 && fclose(f) == 0, "the peak cannot be reset");
}

/* --- inputs */

static void read_source(struct bench *b, const char *folder, const char *name, struct source *ret)
{
    auto_buf text = BUF_INIT(FILE_MAX);
    struct err e;
    struct str path = arena_fmt(&b->inputs, "%s/%s", folder, name);
    must(file_read(path.p, FILE_MAX, &text, &e) == 0, "the policy cannot be read");
    *ret = (struct source){name, arena_str(&b->inputs, buf_str(&text))};
}

static void read_inputs(struct bench *b, const char *folder)
{
    static const struct str sites[] = {{"fra", 3}, {"muc", 3}, {"ber", 3}};
    struct err e;
    read_source(b, folder, "policy.yaml", &b->before);
    read_source(b, folder, "after.yaml", &b->after);
    struct str path = arena_fmt(&b->inputs, "%s/directory.json", folder);
    must(directory_read_file(path.p, &b->inputs, &b->directory, &e) == 0, "no directory");
    struct str objects = arena_fmt(&b->inputs, "%s/objects", folder);
    for (size_t i = 0; i < sizeof(sites) / sizeof(*sites); i++) {
        struct cluster c = {.site = sites[i], .arena = &b->inputs};
        struct strs all = {sites, sizeof(sites) / sizeof(*sites)};
        must(cluster_read_folder(&c, objects, all, &e) == 0, "no saved clusters");
        b->live[b->n_clusters] = c.objects;
        b->clusters[b->n_clusters++] = c.data;
    }
}

/* --- from the text to the cells */

static double read_yaml(const struct source *source)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct diags d;
    diags_init(&d, &a);
    const struct yaml_limits limits = {FILE_MAX, 32, (size_t)16 << 20};
    double start = now_ms();
    must(yaml_read(&a, source, &limits, &d) != NULL, "no YAML");
    return now_ms() - start;
}

static const struct access *cells_of(struct arena *a, const struct rbac_set *set,
                                     const struct policy_resources *discovery)
{
    struct err e;
    const struct rbac_set **sets = ARENA_ARRAY(a, 1, const struct rbac_set *);
    sets[0] = set;
    const struct universe *u = universe_new(a, sets, 1, discovery, &e);
    const struct access *x = u ? access_new(a, u, set, &e) : NULL;
    must(x != NULL, "no cells");
    return x;
}

static void compile(const struct bench *b, const struct source *source, struct compiled *c,
                    double *ms)
{
    struct diags d;
    arena_init(&c->arena, ARENA_NO_MAX);
    diags_init(&d, &c->arena);
    const struct source **sources = ARENA_ARRAY(&c->arena, 1, const struct source *);
    struct policy_input *in = ARENA_NEW(&c->arena, struct policy_input);
    *in = (struct policy_input){&b->directory, b->clusters, b->n_clusters, NOW_MS};
    sources[0] = source;
    double start = now_ms();
    const struct policy_tree *tree = policy_read(&c->arena, sources, 1, NULL, &d);
    must_be_clean(&d);
    ms[TREE] = now_ms() - start; /* with the YAML below it: the caller takes that off */
    start = now_ms();
    c->policy = policy_resolve(&c->arena, tree, in, &d);
    must_be_clean(&d);
    ms[RESOLVE] = now_ms() - start;
    start = now_ms();
    for (size_t i = 0; i < b->n_clusters; i++)
        must(policy_emit(c->policy, i, &c->arena, &c->sets[i]), "nothing to emit");
    ms[EMIT] = now_ms() - start;
    start = now_ms();
    for (size_t i = 0; i < b->n_clusters; i++)
        c->cells[i] = cells_of(&c->arena, &c->sets[i], &b->clusters[i].resources);
    ms[CELLS] = now_ms() - start;
}

/* --- questions to what was compiled, each in memory of its own */

struct asked { /* before the change, and after it */
    const struct bench *b;
    const struct compiled *before, *after;
    struct arena *arena;
};

/* Both in one universe; site 0. */
static void compare_cells(const struct asked *k, const struct access **before,
                          const struct access **after)
{
    struct err e;
    const struct rbac_set **sets = ARENA_ARRAY(k->arena, 2, const struct rbac_set *);
    sets[0] = &k->before->sets[0];
    sets[1] = &k->after->sets[0];
    const struct universe *u = universe_new(k->arena, sets, 2, &k->b->clusters[0].resources, &e);
    *before = u ? access_new(k->arena, u, sets[0], &e) : NULL;
    *after = u ? access_new(k->arena, u, sets[1], &e) : NULL;
    must(*before && *after, "no cells");
}

static double diff(const struct asked *k, size_t *ret_n)
{
    const struct access *before, *after;
    compare_cells(k, &before, &after);
    double start = now_ms();
    *ret_n = access_diff(before, after, k->arena).n;
    return now_ms() - start;
}

/* From the cells to the sentences: who, what, where, why. */
static double person_diff(const struct asked *k, size_t *ret_n)
{
    struct policy_compare c = {.before = {k->before->policy, 0, NOW_MS, k->arena},
                               .after = {k->after->policy, 0, NOW_MS, k->arena}};
    compare_cells(k, &c.access_before, &c.access_after);
    double start = now_ms();
    policy_compare_begin(&c);
    struct policy_sentences all = policy_person_diff(&c);
    double ms = now_ms() - start;
    *ret_n = 0;
    for (size_t i = 0; i < all.n; i++)
        *ret_n += all.items[i].people.n * all.items[i].namespaces.n;
    return ms;
}

/* All lints over all sites, what stands on the clusters included. */
static double lint(const struct asked *k, size_t *ret_n)
{
    struct err e;
    struct policy_findings findings;
    struct policy_lint_site sites[SITES_MAX];
    for (size_t i = 0; i < k->b->n_clusters; i++)
        sites[i] = (struct policy_lint_site){i, k->before->cells[i], &k->b->live[i]};
    const struct policy_lint_input in = {
        .policy = k->before->policy, .now_ms = NOW_MS, .sites = sites, .n_sites = k->b->n_clusters};
    double start = now_ms();
    must(policy_lint(&in, k->arena, &findings, &e) == 0, "no lints");
    *ret_n = findings.n;
    return now_ms() - start;
}

/* Every invariant of the policy on every site. */
static double prove(const struct asked *k, size_t *ret_n)
{
    double start = now_ms();
    struct prove_results results =
        policy_prove_all(&(struct policy_proving){.policy = k->before->policy,
                                                  .accesses = k->before->cells,
                                                  .now_ms = NOW_MS,
                                                  .arena = k->arena});
    *ret_n = results.n;
    return now_ms() - start;
}

static struct rbac_question question(const struct asked *k, size_t i)
{
    const struct policy_cluster *cluster = &k->b->clusters[0];
    return (struct rbac_question){.verb = STR("create"),
                                  .resource = STR("pods"),
                                  .subresource = i % 2 ? STR("exec") : STR_NONE,
                                  .namespace =
                                      cluster->namespaces[i * 7919 % cluster->n_namespaces].name};
}

/* Microseconds a question: the subjects alone, */
static double holders(const struct asked *k, size_t *ret_n)
{
    double start = now_ms();
    for (size_t i = *ret_n = 0; i < N_QUESTIONS; i++) {
        struct rbac_question q = question(k, i);
        *ret_n += access_who_can(k->before->cells[0], &q, k->arena).n;
        arena_reset(k->arena);
    }
    return (now_ms() - start) * 1e3 / N_QUESTIONS;
}

/* and as the command asks, with the teams and the grants behind them. */
static double who_can(const struct asked *k, size_t *ret_n)
{
    const struct policy_at at = {k->before->policy, 0, NOW_MS, k->arena};
    double start = now_ms();
    for (size_t i = *ret_n = 0; i < N_QUESTIONS; i++) {
        struct rbac_question q = question(k, i);
        *ret_n += policy_who_can(&at, k->before->cells[0], &q).n;
        arena_reset(k->arena);
    }
    return (now_ms() - start) * 1e3 / N_QUESTIONS;
}

enum { DIFF, PERSON_DIFF, LINT, PROVE, HOLDERS, WHO_CAN, N_ASKED };
static const struct {
    const char *time, *count;
    double (*ask)(const struct asked *k, size_t *ret_n);
} questions[N_ASKED] = {
    [DIFF] = {"diff_ms", "changes", diff},
    [PERSON_DIFF] = {"person_diff_ms", "person_changes", person_diff},
    [LINT] = {"lint_ms", "findings", lint},
    [PROVE] = {"prove_ms", "invariants", prove},
    [HOLDERS] = {"holders_us", "holders", holders},
    [WHO_CAN] = {"who_can_us", "teams", who_can},
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(*values), by_size);
    return values[ROUNDS / 2];
}

static size_t subjects_of(const struct rbac_set *set)
{
    size_t n = 0;
    for (size_t i = 0; i < set->n; i++)
        n += set->items[i].n_subjects;
    return n;
}

/* Prints what each took; the milliseconds of lint and prove together. */
static double ask_all(struct asked *k)
{
    double took[N_ASKED][ROUNDS], sum = 0;
    for (size_t q = 0; q < N_ASKED; q++) {
        size_t n = 0;
        for (size_t i = 0; i < ROUNDS; i++) {
            auto_arena a = {0};
            arena_init(&a, ARENA_NO_MAX);
            k->arena = &a;
            took[q][i] = questions[q].ask(k, &n);
        }
        double ms = median(took[q]);
        printf("\"%s\": %.3f, \"%s\": %zu, ", questions[q].time, ms, questions[q].count, n);
        sum += q == LINT || q == PROVE ? ms : 0;
    }
    return sum;
}

/* Prints what each phase takes, again and again in new memory; the median of all of them. */
static double compile_often(const struct bench *b, struct compiled *c)
{
    double phases[N_PHASES][ROUNDS], total[ROUNDS], ms[N_PHASES];
    for (size_t i = 0; i < ROUNDS; i++) {
        arena_fini(&c->arena);
        double yaml = read_yaml(&b->before);
        compile(b, &b->before, c, ms);
        total[i] = ms[TREE] + ms[RESOLVE] + ms[EMIT] + ms[CELLS];
        ms[YAML] = yaml;
        ms[TREE] -= yaml;
        for (size_t k = 0; k < N_PHASES; k++)
            phases[k][i] = ms[k];
    }
    for (size_t k = 0; k < N_PHASES; k++)
        printf("\"%s_ms\": %.3f, ", phase_names[k], median(phases[k]));
    return median(total);
}

int main(int argc, char **argv)
{
    static struct bench b;
    static struct compiled c, after;
    double ms[N_PHASES];

    must(argc == 2, "which folder?");
    arena_init(&b.inputs, ARENA_NO_MAX);
    read_inputs(&b, argv[1]);
    forget_peak();
    size_t inputs_kib = memory_kib("VmRSS:");
    compile(&b, &b.before, &c, ms); /* the first time, with memory from the system */
    size_t peak_kib = memory_kib("VmHWM:");
    double first = ms[TREE] + ms[RESOLVE] + ms[EMIT] + ms[CELLS];
    struct access_size size = access_size(c.cells[0]);
    printf("{\"text_kib\": %zu, \"grants\": %zu, \"sites\": %zu, \"bindings\": %zu, \"cells\": "
           "%zu, \"permission_sets\": %zu, ",
           b.before.text.n / 1024, policy_tree_of(c.policy)->grants.n, b.n_clusters,
           subjects_of(&c.sets[0]), size.n_cells, size.n_permission_sets);
    compile(&b, &b.after, &after, ms);
    double asked = ask_all(&(struct asked){&b, &c, &after, NULL});
    arena_fini(&after.arena);
    double compiled = compile_often(&b, &c);
    printf("\"compile_ms\": %.3f, \"first_ms\": %.3f, \"everything_ms\": %.3f, \"questions\": %d, "
           "\"inputs_kib\": %zu, \"peak_kib\": %zu}\n",
           compiled, first, compiled + asked, N_QUESTIONS, inputs_kib, peak_kib);
    arena_fini(&c.arena);
    arena_fini(&b.inputs);
    return 0;
}
