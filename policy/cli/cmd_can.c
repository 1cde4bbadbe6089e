/*
 * can: questions in bulk, a JSON object a line, each answered by both evaluators; should they ever
 * differ, that is said instead of an answer. tests/cluster/sar_compare.py puts the same questions
 * to a real API server.
 */
#include <stdio.h>

#include "base/file.h"
#include "policy/cli/can_json.h"
#include "policy/cli/run.h"
#include "policy/rbac/decision.h"

#define QUESTIONS_MAX ((size_t)256 << 20)

static int read_questions(struct run *s, struct buf *text)
{
    if (s->options->questions.n)
        return file_read(arena_cstr(s->arena, s->options->questions), QUESTIONS_MAX, text, &s->err);
    char *room = buf_reserve(text, 65536);
    for (size_t n = 1; room && n > 0; room = buf_reserve(text, 65536)) {
        n = fread(room, 1, 65536, stdin);
        buf_commit(text, n);
    }
    return room ? 0 : fail(&s->err, ERR_LIMIT, "too many questions");
}

static const struct access **make_accesses(struct run *s)
{
    const struct access **all = ARENA_ARRAY(s->arena, s->n_clusters + 1, const struct access *);
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct rbac_set *set = &s->clusters[i].objects;
        const struct universe *u =
            universe_new(s->arena, &set, 1, &s->clusters[i].data.resources, &s->err);
        if (!u || !(all[i] = access_new(s->arena, u, set, &s->err)))
            return NULL;
    }
    return all;
}

static int answer(struct run *s, const struct access *const *accesses, struct str line,
                  struct buf *out)
{
    auto_arena scratch = {0};
    struct can_question q;
    struct rbac_reason reason = {0};
    size_t site = 0;
    arena_init(&scratch, (size_t)4 << 20);
    if (can_read_json(line, &scratch, &q, &s->err) < 0)
        return -1;
    while (site < s->n_clusters && q.site.n && !str_eq(s->clusters[site].site, q.site))
        site++;
    if (site == s->n_clusters)
        return fail(&s->err, ERR_INPUT, "there is no site '%.*s'", STR_F(q.site));
    bool plain = rbac_allows(&s->clusters[site].objects, &q.user, &q.question, &reason);
    bool fast = access_allows(accesses[site], &q.user, &q.question);
    if (plain != fast)
        return fail(&s->err, ERR_BUG, "the two evaluators differ: %.*s", STR_F(line));
    if (strs_has(q.user.groups, STR(RBAC_MASTERS))) { /* answered before RBAC is asked */
        plain = true;
        reason = (struct rbac_reason){0};
    }
    can_write_json(plain, &reason, out);
    return 0;
}

enum cli_exit cmd_can(struct run *s)
{
    auto_buf text = BUF_INIT(QUESTIONS_MAX), out = BUF_INIT(QUESTIONS_MAX);
    if (s->options->arguments.n)
        return cmd_can_person(s);
    const struct access **accesses = make_accesses(s);
    if (!accesses || read_questions(s, &text) < 0)
        return run_fail(s);
    struct str rest = buf_str(&text), line;
    for (size_t n = 1; str_next(&rest, '\n', &line); n++)
        if (str_trim(line).n && answer(s, accesses, line, &out) < 0) {
            (void)fail_within(&s->err, "question %zu", n);
            return run_fail(s);
        }
    fwrite(buf_cstr(&out), 1, out.n, stdout);
    return CLI_OK;
}
