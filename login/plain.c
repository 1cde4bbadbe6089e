#include "login/plain.h"

bool plain_is(struct str s, const char *besides, size_t most)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr(besides, c)))
            return false;
    }
    return s.n > 0 && s.n <= most;
}
