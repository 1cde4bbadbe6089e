#pragma once
/* What is said to people: rows of message.tbl.h in the language of LC_ALL, LC_MESSAGES or LANG.
   Errors go to stderr as one line "lotse-login: ...", bytes of a peer cannot make a second one or
   move the cursor. One thread. */
#include <stdbool.h>

#include "base/buf.h"

enum message {
#define X(name, en, de) MESSAGE_##name,
#include "login/message.tbl.h"
#undef X
};

void message_setup(char *const *environment);
bool message_is_german(void);
/* {1} is a, {2} is b. */
void message_fill(struct buf *out, enum message m, struct str a, struct str b);
/* fd 1 or 2: the text and a newline, without a prefix. */
void message_say(int fd, enum message m, struct str a, struct str b);
/* stderr, with prefix; returns code, so that a guard reads `return message_fail(EXIT_X, ...)`. */
int message_fail(int code, enum message m, struct str a, struct str b);
/* Replaces control bytes by spaces. */
void message_clean(struct buf *out, struct str s);
void message_write(int fd, struct str s);
