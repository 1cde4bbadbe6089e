#include "policy/cli/policy_files.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "jose/document.h"
#include "policy/cli/bundle_file.h"

#define POLICY_MAX ((size_t)16 << 20)

/* --- where files may lie: whoever may change one included file could else make a link of it and
 * read, in the words of an error, what lies anywhere on the machine that checks the policy */

static bool real_folder(const char *file, char real[PATH_MAX])
{
    const char *slash = strrchr(file, '/');
    char folder[PATH_MAX];
    int n = slash ? snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - file), file)
                  : snprintf(folder, sizeof(folder), ".");
    return n > 0 && (size_t)n < sizeof(folder) && realpath(folder, real);
}

static bool is_below(struct str path, struct str folder)
{
    if (!str_starts(path, folder))
        return false;
    return folder.p[folder.n - 1] == '/' || (path.n > folder.n && path.p[folder.n] == '/');
}

/* By the places that the names lead to: a mounted ConfigMap is all links, within its folder. */
static bool may_read(const struct policy_disk *disk, const char *name)
{
    char real[PATH_MAX], root[PATH_MAX];
    if (!realpath(name, real))
        return true; /* not there: reading says so */
    for (size_t i = 0; i < disk->given->n; i++) {
        const char *given = arena_cstr(disk->arena, disk->given->items[i]);
        if (strcmp(given, name) == 0 ||
            (real_folder(given, root) && is_below(STR_C(real), STR_C(root))))
            return true;
    }
    return false;
}

const struct source *policy_file_from_disk(void *context, struct str path, struct err *e)
{
    const struct policy_disk *disk = context;
    auto_buf text = BUF_INIT(DOCUMENT_MAX);
    struct source *source = ARENA_NEW(disk->arena, struct source);
    const char *name = arena_cstr(disk->arena, path);
    if (!may_read(disk, name)) {
        (void)fail(e, ERR_CONFIG, "%s: a link that leads out of the policy's folder", name);
        return NULL;
    }
    if (file_read(name, DOCUMENT_MAX, &text, e) < 0)
        return NULL;
    if (text.n > POLICY_MAX && !bundle_is_signed(buf_str(&text))) {
        (void)fail(e, ERR_LIMIT, "%s: over %zu MB", name, POLICY_MAX >> 20);
        return NULL;
    }
    *source = (struct source){name, arena_str(disk->arena, buf_str(&text))};
    return source;
}

/* --- out of a bundle: its files have the names they had, so that what is made from a bundle is the
 * same, byte for byte, as what is made from the files */

struct from_bundle {
    struct run *run;
    struct bundle bundle;
};

static const struct source *source_of(const struct from_bundle *b, const struct bundle_file *file)
{
    struct source *source = ARENA_NEW(b->run->arena, struct source);
    *source = (struct source){arena_cstr(b->run->arena, file->name), file->text};
    return source;
}

static const struct source *read_from_bundle(void *context, struct str path, struct err *e)
{
    const struct from_bundle *b = context;
    const struct bundle_file *file = bundle_find(&b->bundle, path);
    if (!file) {
        (void)fail(e, ERR_CONFIG, "the bundle has no such file");
        return NULL;
    }
    return source_of(b, file);
}

static const struct policy_tree *read_bundle(struct run *s, const struct source *source,
                                             bool in_force, struct diags *d)
{
    struct bundle_judgement good;
    struct from_bundle *b = ARENA_NEW(s->arena, struct from_bundle);
    const struct source **first = ARENA_ARRAY(s->arena, 2, const struct source *);
    struct bundle_keeper keeper;
    int status = bundle_file_keeper(s, &keeper, &s->err);
    if (status == 0)
        status = in_force ? bundle_open(&keeper, source->text, s->arena, &good, &s->err)
                          : bundle_judge(&keeper, source->text, s->arena, &good, &s->err);
    if (status < 0) {
        (void)fail_within(&s->err, "%s", source->name);
        return NULL;
    }
    if (status > 0)
        fprintf(stderr, "lotse-policy: warning: %s; the last good one, %lld, stays in force\n",
                s->err.text, (long long)good.bundle.serial);
    s->err.class = ERR_NONE;
    *b = (struct from_bundle){s, good.bundle};
    first[0] = source_of(b, &good.bundle.files[0]);
    first[1] = s->more;
    const struct policy_loader loader = {read_from_bundle, b};
    return policy_read(s->arena, first, 1 + (s->more != NULL), &loader, d);
}

const struct policy_tree *policy_files_read(struct run *s, const struct strs_vec *files,
                                            bool in_force, struct diags *d)
{
    const struct source **sources = ARENA_ARRAY(s->arena, files->n + 1, const struct source *);
    struct policy_disk disk = {s->arena, files};
    const struct policy_loader loader = {policy_file_from_disk, &disk};
    for (size_t i = 0; i < files->n; i++) {
        sources[i] = policy_file_from_disk(&disk, files->items[i], &s->err);
        if (!sources[i]) {
            (void)fail_within(&s->err, "no policy (its files stand behind the command)");
            return NULL;
        }
        if (files->n > 1 && bundle_is_signed(sources[i]->text)) {
            (void)fail(&s->err, ERR_CONFIG, "%s: a bundle is a whole policy: name it alone",
                       sources[i]->name);
            return NULL;
        }
    }
    s->err.class = ERR_NONE;
    if (files->n == 1 && bundle_is_signed(sources[0]->text))
        return read_bundle(s, sources[0], in_force, d);
    sources[files->n] = s->more;
    return policy_read(s->arena, sources, files->n + (s->more != NULL), &loader, d);
}
