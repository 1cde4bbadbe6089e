#pragma once
/* Pairs of a 64-bit key and a number, sorted by key in linear time. Pure; any thread. */
#include "base/arena.h"

struct keyed {
    uint64_t key;
    uint32_t value;
};
/* Stable. Gives the sorted array: the one passed in, or another one in the arena; the other then
 * holds nothing useful. */
struct keyed *keyed_sort(struct arena *a, struct keyed *items, size_t n);
