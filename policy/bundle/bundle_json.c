/* A bundle as JSON. Names and texts as they are; each file with its SHA-256, for people who
 * compare. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "policy/bundle/bundle.h"

static int name_is_usable(struct str name, struct err *e)
{
    struct str rest = name, part;
    if (name.n == 0 || name.n > 1024 || name.p[0] == '/' || str_has_control(name))
        return fail(e, ERR_INPUT, "'%.*s' cannot be the name of a file in a bundle", STR_F(name));
    while (str_next(&rest, '/', &part))
        if (str_is(part, "..") || str_is(part, ".") || part.n == 0)
            return fail(e, ERR_INPUT, "'%.*s' leaves the folder of the policy", STR_F(name));
    return 0;
}

static int file_order(const void *a, const void *b)
{
    return str_cmp(((const struct bundle_file *)a)->name, ((const struct bundle_file *)b)->name);
}

static int check(const struct bundle *b, struct err *e)
{
    if (b->serial < 1)
        return fail(e, ERR_INPUT, "a bundle needs a serial number from 1 on");
    if (b->n_files == 0 || b->n_files > BUNDLE_FILES_MAX)
        return fail(e, ERR_INPUT, "a bundle of %zu files (1 to %d)", b->n_files, BUNDLE_FILES_MAX);
    for (size_t i = 0; i < b->n_files; i++) {
        if (name_is_usable(b->files[i].name, e) < 0)
            return -1;
        bool sorted = i < 2 || file_order(&b->files[i - 1], &b->files[i]) < 0;
        if (!sorted || (i > 0 && str_eq(b->files[0].name, b->files[i].name)))
            return fail(e, ERR_INPUT, "file '%.*s' stands twice, or not in order",
                        STR_F(b->files[i].name));
    }
    return 0;
}

static void hash_hex(struct str text, struct buf *out)
{
    struct sha256 hash = sha256_of(text);
    for (size_t i = 0; i < sizeof(hash.bytes); i++)
        buf_fmt(out, "%02x", hash.bytes[i]);
}

int bundle_write(const struct bundle *b, struct buf *out, struct err *e)
{
    struct json_out j;
    if (b->n_files > 2)
        qsort(b->files + 1, b->n_files - 1, sizeof(*b->files), file_order);
    if (check(b, e) < 0)
        return -1;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_i64(&j, "lotse_bundle", 1);
    json_put_i64(&j, "serial", b->serial);
    json_key(&j, "files");
    json_open_array(&j);
    for (size_t i = 0; i < b->n_files; i++) {
        auto_buf hash = BUF_INIT(2 * SHA256_BYTES);
        hash_hex(b->files[i].text, &hash);
        json_open_object(&j);
        json_put_str(&j, "name", b->files[i].name);
        json_put_str(&j, "sha256", buf_str(&hash));
        json_put_str(&j, "text", b->files[i].text);
        json_close_object(&j);
    }
    json_close_array(&j);
    json_close_object(&j);
    return buf_failed(out) ? fail(e, ERR_LIMIT, "a bundle over %zu bytes", BUNDLE_MAX) : 0;
}

static int read_file(const json_t *entry, struct arena *a, struct bundle_file *ret, struct err *e)
{
    struct str wanted;
    auto_buf hash = BUF_INIT(2 * SHA256_BYTES);
    if (json_object_size(entry) != 3 || !json_get_str(entry, "name", a, &ret->name) ||
        !json_get_str(entry, "sha256", a, &wanted) || !json_get_str(entry, "text", a, &ret->text))
        return fail(e, ERR_INPUT, "a file of the bundle lacks name, sha256 or text");
    hash_hex(ret->text, &hash);
    if (!str_eq(wanted, buf_str(&hash)))
        return fail(e, ERR_INPUT, "file '%.*s' is not what its sha256 says", STR_F(ret->name));
    return 0;
}

int bundle_read(struct str text, struct arena *a, struct bundle *ret, struct err *e)
{
    struct bundle b = {0};
    int64_t version = 0;
    auto_json *root = json_read(text, BUNDLE_MAX, e);
    if (!root)
        return fail_within(e, "not a bundle");
    const json_t *files = json_object_get(root, "files");
    if (!json_get_i64(root, "lotse_bundle", &version) || version != 1)
        return fail(e, ERR_INPUT, "not a bundle of this version (lotse_bundle: 1)");
    if (!json_get_i64(root, "serial", &b.serial) || !json_is_array(files) ||
        json_array_size(files) > BUNDLE_FILES_MAX)
        return fail(e, ERR_INPUT, "a bundle has serial and files");
    b.n_files = json_array_size(files);
    b.files = ARENA_ARRAY(a, b.n_files, struct bundle_file);
    for (size_t i = 0; i < b.n_files; i++)
        if (read_file(json_array_get(files, i), a, &b.files[i], e) < 0)
            return -1;
    if (check(&b, e) < 0)
        return -1;
    *ret = b;
    return 0;
}

const struct bundle_file *bundle_find(const struct bundle *b, struct str name)
{
    for (size_t i = 0; i < b->n_files; i++)
        if (str_eq(b->files[i].name, name))
            return &b->files[i];
    return NULL;
}
