#pragma once
/*
 * What every unit test includes first: cmocka in the order it wants, without its macro fail(),
 * which is a function of base/err.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail
#undef fail_msg
#define fail_msg(...) \
    do { \
        print_error("ERROR: " __VA_ARGS__); \
        print_error("\n"); \
        _fail(__FILE__, __LINE__); \
    } while (0)

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
