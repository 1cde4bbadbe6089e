#include "policy/cli/watched_policy.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "policy/cli/policy_files.h"

#define LOOK_MS  1000
#define AGAIN_MS 5000 /* a file that only the wrong text names is not among those we look at */

void watched_policy_init(struct watched_policy *w)
{
    *w = (struct watched_policy){.looked_ms = INT64_MIN};
    arena_init(&w->arena, ARENA_NO_MAX);
}

void watched_policy_fini(struct watched_policy *w)
{
    arena_fini(&w->arena);
}

static void add_stamp(struct buf *out, const char *path)
{
    struct stat st = {0};
    if (stat(path, &st) < 0)
        st = (struct stat){0};
    buf_fmt(out, "%s %llu %lld.%ld %lld\n", path, (unsigned long long)st.st_ino,
            (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_size);
}

static uint64_t stamp_of(const struct watched_policy *w, struct run *s)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    auto_arena names = {0};
    arena_init(&names, ARENA_NO_MAX);
    for (size_t i = 0; i < s->options->policy.n; i++)
        add_stamp(&text, arena_cstr(&names, s->options->policy.items[i]));
    for (size_t i = 0; w->tree && i < w->tree->n_sources; i++)
        add_stamp(&text, w->tree->sources[i]->name);
    return hash_fast(buf_str(&text));
}

/* Names and shapes are checked against the policy itself; a cluster is not needed for that. */
static const struct policy_tree *read_whole(struct run *own, struct diags *d)
{
    struct policy_input input = {.now_ms = own->now_ms};
    const struct policy_tree *tree = policy_files_read(own, &own->options->policy, true, d);
    return tree && policy_resolve(own->arena, tree, &input, d) ? tree : NULL;
}

static void say_wrong(struct watched_policy *w, const struct run *own, const struct diags *d)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    if (own->err.class != ERR_NONE)
        buf_fmt(&text, "lotse-policy: %s\n", own->err.text);
    else
        diags_print(d, &text);
    uint64_t hash = hash_fast(buf_str(&text));
    if (hash != w->said)
        fwrite(buf_cstr(&text), 1, text.n, stderr);
    w->said = hash;
}

static enum watched_news load(struct watched_policy *w, struct run *s)
{
    auto_arena fresh = {0};
    arena_init(&fresh, ARENA_NO_MAX);
    struct run own = *s;
    struct diags d;
    own.arena = &fresh;
    own.err = (struct err){0};
    diags_init(&d, &fresh);
    const struct policy_tree *tree = read_whole(&own, &d);
    w->failed = !tree;
    if (!tree) {
        say_wrong(w, &own, &d);
        return WATCHED_WRONG;
    }
    arena_fini(&w->arena);
    w->arena = fresh;
    fresh = (struct arena){0};
    w->tree = tree;
    w->said = 0;
    return WATCHED_NEW;
}

enum watched_news watched_policy_look(struct watched_policy *w, struct run *s, int64_t now_ms)
{
    if (w->looked_ms != INT64_MIN && now_ms < w->looked_ms + (w->failed ? AGAIN_MS : LOOK_MS))
        return WATCHED_SAME;
    bool again = w->failed;
    uint64_t stamp = stamp_of(w, s);
    bool changed = w->looked_ms == INT64_MIN || stamp != w->stamp;
    w->looked_ms = now_ms;
    if (!changed && !again)
        return WATCHED_SAME;
    uint64_t said = w->said;
    w->stamp = stamp;
    enum watched_news news = load(w, s);
    w->stamp = news == WATCHED_NEW ? stamp_of(w, s) : stamp; /* it may name other files now */
    return news == WATCHED_WRONG && w->said == said ? WATCHED_SAME : news;
}
