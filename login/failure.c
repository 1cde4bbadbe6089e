#include "login/failure.h"

#include <stdio.h>

/* Four lines of numbers and texts: code made until quiet count / parent / audience / text. */
static bool parse(struct str content, struct failure *f)
{
    struct str numbers, parent, audience, text, word;
    int64_t n[5];
    if (!str_next(&content, '\n', &numbers) || !str_next(&content, '\n', &parent) ||
        !str_next(&content, '\n', &audience) || !str_next(&content, '\n', &text))
        return false;
    for (size_t i = 0; i < 5; i++)
        if (!str_next(&numbers, ' ', &word) || !str_to_i64(word, &n[i]))
            return false;
    *f = (struct failure){
        .code = (int)n[0], .made_ms = n[1], .until_ms = n[2], .quiet_ms = n[3], .count = n[4]};
    snprintf(f->parent, sizeof(f->parent), "%.*s", STR_F(parent));
    snprintf(f->audience, sizeof(f->audience), "%.*s", STR_F(audience));
    snprintf(f->text, sizeof(f->text), "%.*s", STR_F(text));
    return n[0] > 0 && n[0] < 64;
}

bool failure_load(const struct state *s, const struct state_key *session, struct failure *ret)
{
    auto_buf content = BUF_INIT(2048);
    return state_read(s, STATE_FAILURE, session, &content, &(struct err){0}) == STATE_OK &&
           parse(buf_str(&content), ret);
}

static bool is_unanswered_login(int code)
{
    return code == EXIT_CANCELLED || code == EXIT_LOGIN_TIMEOUT;
}

void failure_store(const struct state *s, const struct state_key *session, struct failure *f,
                   int64_t now_ms)
{
    static const int64_t quiet[] = {30000, 120000, 600000, 3600000};
    struct failure before;
    bool again = failure_load(s, session, &before);
    f->made_ms = now_ms;
    f->until_ms = now_ms + (f->code == EXIT_UNREACHABLE ? 10000 : 30000);
    f->quiet_ms = again ? before.quiet_ms : 0;
    f->count = again ? before.count : 0;
    if (is_unanswered_login(f->code)) {
        size_t step = f->count < 0 || f->count > 3 ? 3 : (size_t)f->count;
        f->quiet_ms = now_ms + quiet[step];
        f->count = (int64_t)step + 1;
    }
    auto_buf out = BUF_INIT(2048);
    buf_fmt(&out, "%d %lld %lld %lld %lld\n%s\n%s\n%s\n", f->code, (long long)f->made_ms,
            (long long)f->until_ms, (long long)f->quiet_ms, (long long)f->count, f->parent,
            f->audience, f->text);
    if (state_write(s, STATE_FAILURE, session, buf_str(&out), &(struct err){0}) != 0)
        return; /* a read-only home: the next call tries again, which is slow and right */
}

void failure_clear(const struct state *s, const struct state_key *session)
{
    state_delete(s, STATE_FAILURE, session);
}

int failure_verdict(const struct failure *f, struct str audience, struct str parent,
                    int64_t since_ms, int64_t now_ms)
{
    if (f->made_ms > now_ms || now_ms >= f->until_ms)
        return EXIT_OK;
    if (f->audience[0] && !str_is(audience, f->audience))
        return EXIT_OK;
    if (str_is(parent, f->parent) || f->made_ms >= since_ms)
        return f->code;
    return EXIT_OK;
}

bool failure_forbids_login(const struct failure *f, int64_t now_ms)
{
    return f->made_ms <= now_ms && now_ms < f->quiet_ms;
}
