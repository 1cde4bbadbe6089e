#include "policy/bundle/bundle_keep.h"

#include <unistd.h>

#include "base/file.h"
#include "jose/document.h"

bool bundle_is_signed(struct str text)
{
    return str_starts(str_trim(text), STR("{\"payload\""));
}

static int trusted(const struct bundle_keeper *k, struct keyset **ret, struct err *e)
{
    struct key_entry entries[KEYSET_MAX];
    size_t n = 0;
    int status = 0;
    if (k->n_keys == 0)
        return fail(e, ERR_CONFIG, "a bundle counts by its signatures, and no key is trusted");
    if (k->n_keys > KEYSET_MAX)
        return fail(e, ERR_CONFIG, "%zu trusted keys; at most %d", k->n_keys, KEYSET_MAX);
    for (size_t i = 0; status == 0 && i < k->n_keys; i++) {
        entries[n] = (struct key_entry){.state = KEY_RETIRING};
        status = key_from_pem(k->keys[i], &entries[n].key, e);
        if (status < 0)
            (void)fail_within(e, "trusted key %zu", i + 1);
        n += status == 0;
    }
    if (status == 0)
        status = keyset_new(entries, n, ret, e);
    while (n > 0)
        key_unref(entries[--n].key);
    return status;
}

int bundle_judge(const struct bundle_keeper *k, struct str text, struct arena *a,
                 struct bundle_judgement *ret, struct err *e)
{
    auto_keyset *keys = NULL;
    struct document document;
    size_t wanted = k->wanted ? k->wanted : 1, n = 0;
    if (trusted(k, &keys, e) < 0)
        return -1;
    const struct document_trust trust = {BUNDLE_TYPE, keys};
    if (document_read(text, &trust, a, &document, e) < 0)
        return fail_within(e, "the bundle");
    struct str *kids = ARENA_ARRAY(a, document.n_signatures, struct str);
    for (size_t i = 0; i < document.n_signatures; i++)
        if (document.signatures[i].known)
            kids[n++] = document.signatures[i].kid;
    if (document.n_known < wanted)
        return fail(
            e, ERR_INPUT,
            "the bundle is signed by %zu of the trusted keys, %zu are needed (it carries %zu "
            "signatures)",
            document.n_known, wanted, document.n_signatures);
    struct bundle_judgement good = {.kids = strs_sorted(a, (struct strs){kids, n})};
    if (bundle_read(document.payload, a, &good.bundle, e) < 0)
        return -1;
    *ret = good;
    return 0;
}

/* --- the last good one */

static int read_last(const struct bundle_keeper *k, struct arena *a, struct bundle_judgement *ret,
                     struct str *ret_text, struct err *e)
{
    auto_buf text = BUF_INIT(DOCUMENT_MAX);
    if (file_read(k->last_good, DOCUMENT_MAX, &text, e) < 0)
        return -1;
    *ret_text = arena_str(a, buf_str(&text));
    return bundle_judge(k, *ret_text, a, ret, e) < 0
               ? fail_within(e,
                             "the last good bundle %s is not good any more (remove it if the "
                             "trusted keys were changed on purpose)",
                             k->last_good)
               : 0;
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

int bundle_take(const struct bundle_keeper *k, struct str text, struct arena *a,
                struct bundle_judgement *ret, struct err *e)
{
    struct bundle_judgement new, last;
    struct str last_text = STR_NONE;
    if (bundle_judge(k, text, a, &new, e) < 0)
        return -1;
    if (k->last_good) {
        if (access(k->last_good, F_OK) == 0 && (read_last(k, a, &last, &last_text, e) < 0 ||
                                                check_age(&new.bundle, &last.bundle, e) < 0))
            return -1;
        if (!str_eq(last_text, text) && file_replace(k->last_good, 0644, text, e) < 0)
            return -1;
    }
    *ret = new;
    return 0;
}

int bundle_open(const struct bundle_keeper *k, struct str text, struct arena *a,
                struct bundle_judgement *ret, struct err *e)
{
    struct err ignored;
    struct str last_text;
    if (bundle_take(k, text, a, ret, e) == 0)
        return 0;
    return k->last_good && read_last(k, a, ret, &last_text, &ignored) == 0 ? 1 : -1;
}
