/* prove: every never and always, and the proof as a file. */
#include "base/file.h"
#include "base/hash.h"
#include "base/version.h"
#include "policy/cli/proving.h"

#define PROOF_MAX ((size_t)256 << 20)

/* --- the proof: what it was made from, each with its hash; no date, so that the same input gives
 * the same bytes */

static void put_input(struct json_out *j, struct str kind, struct str name, struct str content)
{
    auto_buf hash = BUF_INIT(256);
    struct sha256 sum = sha256_of(content);
    buf_lit(&hash, "sha256:");
    buf_hex(&hash, (struct str){(const char *)sum.bytes, sizeof(sum.bytes)});
    json_open_object(j);
    json_put_str(j, "kind", kind);
    json_put_str(j, "name", name);
    json_put_str(j, "hash", buf_str(&hash));
    json_close_object(j);
}

static struct str base_name(const char *path)
{
    struct str s = STR_C(path);
    for (size_t i = s.n; i > 0; i--)
        if (s.p[i - 1] == '/')
            return str_from_to(s, i, s.n);
    return s;
}

static void put_cluster(struct json_out *j, const struct cluster *c)
{
    static const struct {
        const char *kind;
        void (*write)(const struct cluster *c, struct buf *out);
    } parts[] = {{"objects", cluster_write_rbac},
                 {"namespaces", cluster_write_namespaces},
                 {"discovery", cluster_write_discovery}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        auto_buf text = BUF_INIT(PROOF_MAX);
        parts[i].write(c, &text);
        put_input(j, STR_C(parts[i].kind), c->site, buf_str(&text));
    }
}

static void put_directory(struct run *s, struct json_out *j)
{
    struct policy_lock lock;
    policy_lock_make(s->policy, s->now_ms, s->arena, &lock);
    json_open_object(j);
    json_put_str(j, "kind", STR("directory"));
    json_put_str(j, "name", STR("directory"));
    json_put_str(j, "hash", lock.directory);
    json_close_object(j);
}

static int write_proof(struct run *s, const struct policy_proving *in,
                       const struct prove_results *results)
{
    auto_buf text = BUF_INIT(PROOF_MAX);
    struct json_out j;
    json_out_init(&j, &text);
    json_open_object(&j);
    json_put_str(&j, "version", STR(LOTSE_VERSION));
    json_key(&j, "inputs");
    json_open_array(&j);
    for (size_t i = 0; i < s->tree->n_sources; i++)
        put_input(&j, STR("policy"), base_name(s->tree->sources[i]->name),
                  s->tree->sources[i]->text);
    if (s->has_directory)
        put_directory(s, &j);
    for (size_t i = 0; i < s->n_clusters; i++)
        put_cluster(&j, &s->clusters[i]);
    json_close_array(&j);
    prove_json(&j, in, results);
    json_close_object(&j);
    buf_char(&text, '\n');
    if (buf_failed(&text))
        return fail(&s->err, ERR_LIMIT, "the proof is larger than %zu MB", PROOF_MAX >> 20);
    return file_replace(arena_cstr(s->arena, s->options->proof), 0644, buf_str(&text), &s->err);
}

enum cli_exit cmd_prove(struct run *s)
{
    struct policy_proving in;
    struct prove_results results;
    if (proving_open(s, s->policy, &in) < 0 || proving_ask(s, &in, &results) < 0)
        return run_fail(s);
    bool all = true;
    for (size_t i = 0; i < results.n; i++)
        all = all && results.items[i].status == PROVE_KEPT;
    if (s->options->json)
        prove_json(&s->json, &in, &results);
    else
        prove_say(s, &in, &results);
    if (s->options->proof.n && write_proof(s, &in, &results) < 0)
        return run_fail(s);
    return all ? CLI_OK : CLI_FINDINGS;
}
