/* Sorting lists of names. Names mostly differ in a few bytes behind the same beginning: these are
 * sorted as numbers, and only what is equal in them is compared as text. */
#include <stdlib.h>

#include "base/words.h"

#define FEW 32 /* not worth the numbers */

struct entry {
    uint64_t key;
    uint32_t at;
};

static size_t common_prefix(const struct str *items, size_t n)
{
    size_t common = items[0].n;
    for (size_t i = 1; i < n; i++) {
        size_t k = 0;
        while (k < common && k < items[i].n && items[i].p[k] == items[0].p[k])
            k++;
        common = k;
    }
    return common;
}

/* The eight bytes from there on, first byte first; behind the end are zeros. */
static uint64_t key_at(struct str s, size_t from)
{
    uint64_t key = 0;
    for (size_t i = from; i < from + 8; i++)
        key = key << 8 | (i < s.n ? (unsigned char)s.p[i] : 0);
    return key;
}

/* One pass over a byte of the keys; false: all have the same there. */
static bool sort_by_byte(const struct entry *from, struct entry *to, size_t n, unsigned shift)
{
    size_t count[256] = {0}, at = 0;
    for (size_t i = 0; i < n; i++)
        count[from[i].key >> shift & 255]++;
    if (count[from[0].key >> shift & 255] == n)
        return false;
    for (size_t i = 0; i < 256; i++) {
        size_t here = count[i];
        count[i] = at;
        at += here;
    }
    for (size_t i = 0; i < n; i++)
        to[count[from[i].key >> shift & 255]++] = from[i];
    return true;
}

static void sort_many(const struct str *items, size_t n, struct str *ret)
{
    auto_arena scratch = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    struct entry *from = ARENA_ARRAY(&scratch, n, struct entry);
    struct entry *to = ARENA_ARRAY(&scratch, n, struct entry), *other;
    size_t prefix = common_prefix(items, n);
    for (size_t i = 0; i < n; i++)
        from[i] = (struct entry){key_at(items[i], prefix), (uint32_t)i};
    for (unsigned shift = 0; shift < 64; shift += 8)
        if (sort_by_byte(from, to, n, shift)) {
            other = from;
            from = to;
            to = other;
        }
    for (size_t i = 0; i < n; i++)
        ret[i] = items[from[i].at];
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && from[end].key == from[i].key;)
            end++;
        if (end - i > 1)
            qsort(&ret[i], end - i, sizeof(*ret), str_order);
    }
}

struct strs strs_sorted(struct arena *a, struct strs set)
{
    struct str *copy = ARENA_ARRAY(a, set.n, struct str);
    if (!copy || set.n == 0)
        return (struct strs){0};
    bool sorted = true;
    for (size_t i = 1; i < set.n && sorted; i++)
        sorted = str_cmp(set.items[i - 1], set.items[i]) <= 0;
    if (sorted || set.n <= FEW || set.n > UINT32_MAX)
        memcpy(copy, set.items, set.n * sizeof(*copy));
    else
        sort_many(set.items, set.n, copy);
    if (!sorted && (set.n <= FEW || set.n > UINT32_MAX))
        qsort(copy, set.n, sizeof(*copy), str_order);
    size_t n = 1;
    for (size_t i = 1; i < set.n; i++)
        if (!str_eq(copy[i], copy[n - 1]))
            copy[n++] = copy[i];
    return (struct strs){copy, n};
}
