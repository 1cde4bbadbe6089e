#pragma once
/*
 * One run of lotse-policy: what was asked, what was read (policy, directory, clusters), and the
 * answer that is written. Commands get a session whose reading is done; text goes out as it comes,
 * JSON at the end as one object.
 */
#include "base/json.h"
#include "policy/cli/cli_options.h"
#include "policy/cluster/cluster.h"
#include "policy/emit/policy_emit_vap.h"
#include "policy/policy.h"

enum cli_exit { CLI_OK = 0, CLI_FINDINGS = 1, CLI_USAGE = 2, CLI_BACKEND = 3 };

struct run {
    const struct cli_options *options;
    const struct clock *clock;
    struct arena *arena;
    int64_t now_ms;

    struct diags diags;
    const struct policy_tree *tree; /* NULL: the command needed none */
    const struct policy *policy;
    struct policy_input input;
    struct policy_directory directory;
    bool has_directory;
    struct strs sites;        /* all of the policy */
    struct cluster *clusters; /* those that were looked at */
    struct api **apis;        /* beside them; NULL when they came from files */
    size_t n_clusters;

    const struct source *more; /* a text that run_policy reads besides the files; NULL */
    struct {
        struct diags *items;
        size_t n, cap;
    } said;                 /* JSON mode: what run_diags was given, its items in the arena */
    struct strs_vec errors; /* said so far; any makes the exit status at least `worst` */
    enum cli_exit worst;
    size_t not_applied; /* objects that an answer took as written and are not, or the other way */

    struct buf out;
    struct json_out json; /* writes to out; an object is open */
    struct err err;
};

/* What a command needs before it can begin. */
enum need {
    NEED_POLICY = 1,
    NEED_CLUSTERS = 2,       /* from --objects, or the kubeconfig */
    NEED_CLUSTERS_MAYBE = 4, /* only when --objects or --kubeconfig was given */
    NEED_NO_POLICY = 16,     /* clusters only with --site: the policy is not looked at */
    NEED_SITES = 8,          /* the names alone: --site, or those of the policy */
    NEED_FIND_SITES = 32,    /* with NEED_SITES: --site, or the folders below --objects */
    NEED_BINDINGS = 64, /* of the clusters namespaces and RoleBindings, unless --cluster-wide */
};
void run_init(struct run *s, const struct cli_options *options, struct arena *a);
void run_fini(struct run *s);
/* Reads all of it and says what it looked at. Other than CLI_OK: everything is said already. */
enum cli_exit run_open(struct run *s, unsigned needs);
/* Another policy against the same directory and clusters; NULL: said already. */
const struct policy *run_policy(struct run *s, const struct strs_vec *files,
                                const struct policy_tree **ret_tree);
/* How to reach the API server of a site, by the kubeconfig as it is now. -1: s->err. */
must_check int run_access(struct run *s, struct str site, struct kube_access *ret);
/* The objects that the policy wants on this cluster, sorted. -1: e. */
must_check int run_emit(struct run *s, const struct policy *policy, const struct cluster *c,
                        struct rbac_set *ret, struct err *e);
struct policy_owners run_owners(const struct run *s); /* --binder, --platform */
/* s->input from the directory and the clusters; run_open does it for whoever needs a policy. */
void run_fill_input(struct run *s);
size_t run_site(const struct policy *policy, const struct cluster *c); /* index of the site */

/* --- saying things */
/* Text mode only; a line, at once. */
void run_say(struct run *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_say_buf(struct run *s, const struct buf *line);
void run_show(struct str text);         /* lines on standard output, safe for a terminal */
void run_print(const struct buf *line); /* a line on standard output, at once, in either mode */
/* The sentence in err, on standard error or into the JSON; gives the exit status of its class, and
 * keeps it: the run cannot end better. */
enum cli_exit run_fail(struct run *s);
void run_diags(struct run *s, const struct diags *d);
/* "1 file", "2 files": behind the noun */
#define PLURAL(n) ((n) == 1 ? "" : "s")
#define PEOPLE(n) ((n) == 1 ? "person" : "people")
/* "1,204" */
void buf_count(struct buf *b, size_t n);

/* --- the commands */
enum cli_exit cmd_check(struct run *s);
enum cli_exit cmd_explain(struct run *s);
enum cli_exit cmd_compile(struct run *s);
enum cli_exit cmd_diff(struct run *s);
enum cli_exit cmd_plan(struct run *s);
enum cli_exit cmd_apply(struct run *s);
enum cli_exit cmd_drift(struct run *s);
enum cli_exit cmd_verify(struct run *s);
enum cli_exit cmd_watch(struct run *s);
enum cli_exit cmd_who_can(struct run *s);
enum cli_exit cmd_test(struct run *s);
enum cli_exit cmd_bundle(struct run *s);
enum cli_exit cmd_sign(struct run *s);
enum cli_exit cmd_verify_bundle(struct run *s);
enum cli_exit cmd_lsp(struct run *s);
enum cli_exit cmd_prove(struct run *s);
enum cli_exit cmd_reach(struct run *s);
enum cli_exit cmd_sod(struct run *s);
enum cli_exit cmd_mutate(struct run *s);
enum cli_exit cmd_snapshot(struct run *s);
enum cli_exit cmd_can(struct run *s);
enum cli_exit cmd_fmt(struct run *s);
enum cli_exit cmd_schema(struct run *s);
enum cli_exit cmd_import(struct run *s);
enum cli_exit cmd_can_person(struct run *s);
enum cli_exit cmd_why_not(struct run *s);
enum cli_exit cmd_blast(struct run *s);
enum cli_exit cmd_leaver(struct run *s);
enum cli_exit cmd_until(struct run *s);
enum cli_exit cmd_expiring(struct run *s);
enum cli_exit cmd_matrix(struct run *s);
enum cli_exit cmd_unused(struct run *s);
