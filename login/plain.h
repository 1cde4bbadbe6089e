#pragma once
/* Texts of letters, digits and a few signs: names and tokens that go into files, command lines and
 * answers unescaped. */
#include "base/str.h"

/* 1 to most bytes, each an ASCII letter, a digit, or one of besides. */
bool plain_is(struct str s, const char *besides, size_t most);
