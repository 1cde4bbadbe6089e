#include "login/message.h"

#include <errno.h>
#include <unistd.h>

#include "login/options.h"

static bool german;

static const struct {
    const char *en, *de;
} texts[] = {
#define X(name, en, de) {en, de},
#include "login/message.tbl.h"
#undef X
};

void message_setup(char *const *environment)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *value = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !value; i++)
        value = environment_get(environment, names[i]);
    german = value && strncmp(value, "de", 2) == 0;
}

bool message_is_german(void)
{
    return german;
}

void message_clean(struct buf *out, struct str s)
{
    while (s.n > 0) {
        struct str from = s;
        uint32_t code;
        if (!utf8_take(&s, &code) || code_point_is_control(code))
            buf_char(out,
                     ' '); /* U+009B moves a cursor as ESC [ does, U+202E turns the line round */
        else
            buf_bytes(out, from.p, from.n - s.n);
    }
}

void message_fill(struct buf *out, enum message m, struct str a, struct str b)
{
    for (const char *c = german ? texts[m].de : texts[m].en; *c; c++) {
        if (*c != '{') {
            buf_char(out, *c);
            continue;
        }
        message_clean(out, c[1] == '1' ? a : b);
        c += 2;
    }
}

void message_write(int fd, struct str s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        s = str_from_to(s, (size_t)n, s.n);
    }
}

void message_say(int fd, enum message m, struct str a, struct str b)
{
    auto_buf out = BUF_INIT(8192);
    message_fill(&out, m, a, b);
    buf_char(&out, '\n');
    message_write(fd, buf_str(&out));
}

int message_fail(int code, enum message m, struct str a, struct str b)
{
    auto_buf out = BUF_INIT(8192);
    buf_lit(&out, "lotse-login: ");
    message_fill(&out, m, a, b);
    buf_char(&out, '\n');
    message_write(2, buf_str(&out));
    return code;
}
