#include "policy/cli/bundle_file.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "gateway/jose/document.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)

bool bundle_file_is(struct str text)
{
    text = str_trim(text);
    return str_starts(text, STR("{\"payload\""));
}

static int read_key(struct run *s, struct str path, struct key **ret, struct err *e)
{
    auto_buf pem = BUF_INIT(KEY_FILE_MAX);
    const char *name = arena_cstr(s->arena, path);
    if (file_read(name, KEY_FILE_MAX, &pem, e) < 0)
        return -1;
    return key_from_pem(buf_str(&pem), ret, e) < 0 ? fail_within(e, "%s", name) : 0;
}

static int read_trusted(struct run *s, struct keyset **ret, struct err *e)
{
    const struct strs_vec *files = &s->options->trust;
    struct key_entry entries[KEYSET_MAX];
    size_t n = 0;
    int status = 0;
    if (files->n == 0)
        return fail(e, ERR_CONFIG, "a bundle counts by its signatures: name the keys with --trust");
    if (files->n > KEYSET_MAX)
        return fail(e, ERR_CONFIG, "--trust: at most %d keys", KEYSET_MAX);
    for (size_t i = 0; status == 0 && i < files->n; i++) {
        entries[n] = (struct key_entry){.state = KEY_RETIRING};
        status = read_key(s, files->items[i], &entries[n].key, e);
        n += status == 0;
    }
    if (status == 0)
        status = keyset_new(entries, n, ret, e);
    while (n > 0)
        key_unref(entries[--n].key);
    return status;
}

int bundle_file_judge(struct run *s, struct str text, struct bundle_judgement *ret, struct err *e)
{
    auto_keyset *keys = NULL;
    struct document document;
    struct str *kids;
    size_t wanted = s->options->signatures ? (size_t)s->options->signatures : 1, n = 0;
    if (read_trusted(s, &keys, e) < 0)
        return -1;
    const struct document_trust trust = {BUNDLE_TYPE, keys};
    if (document_read(text, &trust, s->arena, &document, e) < 0)
        return fail_within(e, "the bundle");
    kids = ARENA_ARRAY(s->arena, document.n_signatures, struct str);
    for (size_t i = 0; i < document.n_signatures; i++)
        if (document.signatures[i].known)
            kids[n++] = document.signatures[i].kid;
    if (document.n_known < wanted)
        return fail(
            e, ERR_INPUT,
            "the bundle is signed by %zu of the trusted keys, %zu are needed (it carries %zu "
            "signatures)",
            document.n_known, wanted, document.n_signatures);
    ret->kids = strs_sorted(s->arena, (struct strs){kids, n});
    return bundle_read(document.payload, s->arena, &ret->bundle, e);
}

/* --- the last good one */

static int read_last(struct run *s, struct bundle_judgement *ret, struct str *ret_text,
                     struct err *e)
{
    auto_buf text = BUF_INIT(DOCUMENT_MAX);
    const char *path = arena_cstr(s->arena, s->options->last_good);
    if (file_read(path, DOCUMENT_MAX, &text, e) < 0)
        return -1;
    *ret_text = arena_str(s->arena, buf_str(&text));
    return bundle_file_judge(s, *ret_text, ret, e) < 0 ? fail_within(e, "%s", path) : 0;
}

static bool same_content(const struct bundle *a, const struct bundle *b)
{
    if (a->n_files != b->n_files)
        return false;
    for (size_t i = 0; i < a->n_files; i++)
        if (!str_eq(a->files[i].name, b->files[i].name) ||
            !str_eq(a->files[i].text, b->files[i].text))
            return false;
    return true;
}

/* An older bundle is a replay; the same number with another content is a mistake or worse. */
static int check_age(const struct bundle *new, const struct bundle *last, struct err *e)
{
    if (new->serial < last->serial)
        return fail(e, ERR_INPUT, "bundle %lld is older than the last good one, %lld",
                    (long long)new->serial, (long long)last->serial);
    if (new->serial == last->serial && !same_content(new, last))
        return fail(e, ERR_INPUT,
                    "bundle %lld is another one than the last good one of this number",
                    (long long)new->serial);
    return 0;
}

int bundle_file_take(struct run *s, struct str text, struct bundle_judgement *ret, struct err *e)
{
    struct bundle_judgement new, last;
    struct str last_text = STR_NONE;
    if (bundle_file_judge(s, text, &new, e) < 0)
        return -1;
    if (s->options->last_good.n) {
        const char *path = arena_cstr(s->arena, s->options->last_good);
        if (access(path, F_OK) == 0 &&
            (read_last(s, &last, &last_text, e) < 0 || check_age(&new.bundle, &last.bundle, e) < 0))
            return -1;
        if (!str_eq(last_text, text) && file_replace(path, 0644, text, e) < 0)
            return -1;
    }
    *ret = new;
    return 0;
}

int bundle_file_open(struct run *s, struct str text, struct bundle_judgement *ret, struct err *e)
{
    struct err ignored;
    struct str last_text;
    if (bundle_file_take(s, text, ret, e) == 0)
        return 0;
    if (!s->options->last_good.n || read_last(s, ret, &last_text, &ignored) < 0)
        return -1;
    fprintf(stderr, "lotse-policy: warning: %s; the last good one, %lld, stays in force\n", e->text,
            (long long)ret->bundle.serial);
    return 0;
}
