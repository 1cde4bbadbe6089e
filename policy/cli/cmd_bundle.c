/* bundle, sign, and verify of a bundle: the policy as one signed file for sites and gateways. */
#include <unistd.h>

#include "base/file.h"
#include "jose/document.h"
#include "policy/cli/bundle_file.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)

static struct str target(const struct run *s, struct str otherwise)
{
    return s->options->to.n ? s->options->to : otherwise;
}

static int write_bundle(struct run *s, struct str path, struct str document)
{
    if (!document.p)
        return fail(&s->err, ERR_LIMIT, "a bundle over %zu bytes", BUNDLE_MAX);
    return file_replace(arena_cstr(s->arena, path), 0644, document, &s->err);
}

/* --- bundle */

static struct str folder_of(struct str path)
{
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '/')
        n--;
    return str_from_to(path, 0, n);
}

static int add_file(struct bundle *b, struct run *s, const struct source *source)
{
    struct str path = STR_C(source->name), folder = folder_of(s->options->policy.items[0]);
    if (!str_starts(path, folder))
        return fail(&s->err, ERR_CONFIG, "%s is not below the folder of the policy", source->name);
    b->files[b->n_files++] =
        (struct bundle_file){str_from_to(path, folder.n, path.n), source->text};
    return 0;
}

/* The policy and what it includes, each file once. */
static int collect(struct run *s, struct bundle *b)
{
    const struct policy_tree *t = s->tree;
    size_t n_given = t->n_sources - t->includes.n;
    if (n_given != 1)
        return fail(&s->err, ERR_CONFIG,
                    "a bundle is one policy and what it includes, not %zu files: use 'include'",
                    n_given);
    b->files = ARENA_ARRAY(s->arena, t->includes.n + 1, struct bundle_file);
    if (add_file(b, s, t->sources[0]) < 0)
        return -1;
    for (size_t i = 0; i < t->includes.n; i++)
        if (add_file(b, s, t->includes.items[i].source) < 0)
            return -1;
    return 0;
}

/* Of the bundle that is there, whoever signed it: only its number counts. 0: there is none. */
static int64_t serial_there(struct run *s, const char *path)
{
    struct err ignored;
    struct bundle bundle;
    struct document document;
    auto_buf text = BUF_INIT(DOCUMENT_MAX);
    auto_keyset *nobody = NULL;
    if (access(path, F_OK) < 0 || file_read(path, DOCUMENT_MAX, &text, &ignored) < 0 ||
        keyset_new(NULL, 0, &nobody, &ignored) < 0)
        return 0;
    const struct document_trust trust = {BUNDLE_TYPE, nobody};
    if (document_read(buf_str(&text), &trust, s->arena, &document, &ignored) < 0 ||
        bundle_read(document.payload, s->arena, &bundle, &ignored) < 0)
        return 0;
    return bundle.serial;
}

static void say_files(struct run *s, const struct bundle *b)
{
    if (s->options->json) {
        json_put_i64(&s->json, "serial", b->serial);
        json_key(&s->json, "files");
        json_open_array(&s->json);
        for (size_t i = 0; i < b->n_files; i++)
            json_str(&s->json, b->files[i].name);
        json_close_array(&s->json);
    }
    for (size_t i = 0; i < b->n_files; i++)
        run_say(s, "  %.*s  %zu bytes", STR_F(b->files[i].name), b->files[i].text.n);
}

enum cli_exit cmd_bundle(struct run *s)
{
    struct bundle b = {.serial = s->options->serial};
    auto_buf payload = BUF_INIT(BUNDLE_MAX);
    struct str path = target(s, STR("policy.bundle"));
    if (collect(s, &b) < 0)
        return run_fail(s);
    if (b.serial == 0)
        b.serial = serial_there(s, arena_cstr(s->arena, path)) + 1;
    if (bundle_write(&b, &payload, &s->err) < 0 ||
        write_bundle(s, path, document_new(buf_str(&payload), s->arena)) < 0)
        return run_fail(s);
    run_say(s, "%.*s: bundle %lld, %zu file%s, unsigned", STR_F(path), (long long)b.serial,
            b.n_files, PLURAL(b.n_files));
    say_files(s, &b);
    return CLI_OK;
}

/* --- sign */

static int read_private_key(struct run *s, struct key **ret)
{
    auto_buf pem = BUF_INIT(KEY_FILE_MAX);
    pem.wipe = true;
    if (s->options->key.n == 0)
        return fail(&s->err, ERR_CONFIG, "sign needs --key FILE, a private key in PEM");
    const char *path = arena_cstr(s->arena, s->options->key);
    if (file_read(path, KEY_FILE_MAX, &pem, &s->err) < 0)
        return -1;
    if (key_from_pem(buf_str(&pem), ret, &s->err) < 0)
        return fail_within(&s->err, "%s", path);
    return key_can_sign(*ret) ? 0
                              : fail(&s->err, ERR_CONFIG, "%s: a public key signs nothing", path);
}

/* Nobody signs what is no bundle. */
static int read_bundle_of(struct run *s, struct str document, struct bundle *ret)
{
    struct document read;
    auto_keyset *nobody = NULL;
    if (keyset_new(NULL, 0, &nobody, &s->err) < 0)
        return -1;
    const struct document_trust trust = {BUNDLE_TYPE, nobody};
    return document_read(document, &trust, s->arena, &read, &s->err) < 0
               ? -1
               : bundle_read(read.payload, s->arena, ret, &s->err);
}

static int argument(struct run *s, struct buf *text, struct str *ret_path)
{
    if (s->options->arguments.n != 1)
        return fail(&s->err, ERR_CONFIG, "which bundle? name one file");
    *ret_path = s->options->arguments.items[0];
    return file_read(arena_cstr(s->arena, *ret_path), DOCUMENT_MAX, text, &s->err);
}

enum cli_exit cmd_sign(struct run *s)
{
    auto_buf text = BUF_INIT(DOCUMENT_MAX);
    auto_key *key = NULL;
    struct bundle b;
    struct str path, signed_document;
    if (argument(s, &text, &path) < 0 || read_private_key(s, &key) < 0 ||
        read_bundle_of(s, buf_str(&text), &b) < 0)
        return run_fail(s);
    const struct document_signer by = {BUNDLE_TYPE, key};
    if (document_sign(buf_str(&text), &by, s->arena, &signed_document, &s->err) < 0 ||
        write_bundle(s, target(s, path), signed_document) < 0)
        return run_fail(s);
    struct str kid = key_kid(key);
    if (s->options->json)
        json_put_str(&s->json, "kid", kid);
    run_say(s, "%.*s: bundle %lld, signed with key %.*s", STR_F(target(s, path)),
            (long long)b.serial, STR_F(kid));
    say_files(s, &b);
    return CLI_OK;
}

/* --- verify */

enum cli_exit cmd_verify_bundle(struct run *s)
{
    auto_buf text = BUF_INIT(DOCUMENT_MAX);
    struct bundle_judgement good;
    struct bundle_keeper keeper;
    struct str path;
    if (argument(s, &text, &path) < 0)
        return run_fail(s);
    if (bundle_file_keeper(s, &keeper, &s->err) < 0)
        return run_fail(s);
    if (bundle_take(&keeper, arena_str(s->arena, buf_str(&text)), s->arena, &good, &s->err) < 0) {
        enum cli_exit before = s->worst, status = run_fail(s);
        if (s->err.class != ERR_INPUT)
            return status;
        s->worst = before; /* refused: that is the answer, not a failure */
        return CLI_FINDINGS;
    }
    run_say(s, "%.*s: bundle %lld, good: signed with %zu trusted keys", STR_F(path),
            (long long)good.bundle.serial, good.kids.n);
    for (size_t i = 0; i < good.kids.n; i++)
        run_say(s, "  key %.*s", STR_F(good.kids.items[i]));
    if (s->options->json)
        json_put_strs(&s->json, "kids", good.kids.items, good.kids.n);
    say_files(s, &good.bundle);
    return CLI_OK;
}
