#pragma once
/* What every unit test includes first: cmocka in the order it wants, without its macro fail(), which is a function of base/err.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
