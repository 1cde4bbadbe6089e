#include "policy/rbac/keyed.h"

#define DIGIT_BITS 11
#define DIGITS     ((size_t)1 << DIGIT_BITS)

static size_t digit(const struct keyed *item, unsigned shift)
{
    return (size_t)(item->key >> shift) & (DIGITS - 1);
}

static void sort_by_digit(const struct keyed *from, struct keyed *to, size_t n, unsigned shift)
{
    uint32_t starts[DIGITS + 1] = {0};
    for (size_t i = 0; i < n; i++)
        starts[digit(&from[i], shift) + 1]++;
    for (size_t i = 1; i < DIGITS; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < n; i++)
        to[starts[digit(&from[i], shift)]++] = from[i];
}

struct keyed *keyed_sort(struct arena *a, struct keyed *items, size_t n)
{
    uint64_t differs = 0;
    bool sorted = true;
    for (size_t i = 1; i < n; i++) {
        differs |= items[i].key ^ items[0].key;
        sorted = sorted && items[i - 1].key <= items[i].key;
    }
    if (sorted)
        return items;
    struct keyed *from = items, *to = ARENA_ARRAY(a, n, struct keyed);
    for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
        if ((differs >> shift & (DIGITS - 1)) == 0) /* all the same here */
            continue;
        sort_by_digit(from, to, n, shift);
        struct keyed *swap = from;
        from = to;
        to = swap;
    }
    return from;
}
