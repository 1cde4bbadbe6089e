#include "base/words.h"

#include <stdlib.h>

static uint64_t eight(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

static uint64_t four(const char *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Sixteen bytes at a time, the last ones twice where they are fewer: names are looked up by the
 * hundred thousand. Not for security. */
static uint32_t hash_of(struct str s)
{
    uint64_t h = s.n * UINT64_C(0x9E3779B97F4A7C15), a = 0, b = 0;
    const char *p = s.p;
    size_t n = s.n;
    for (; n > 16; p += 16, n -= 16)
        h = mix(eight(p) ^ UINT64_C(0xBF58476D1CE4E5B9), eight(p + 8) ^ h);
    if (n >= 8) {
        a = eight(p);
        b = eight(p + n - 8);
    } else if (n >= 4) {
        a = four(p);
        b = four(p + n - 4);
    } else if (n > 0) {
        a = (unsigned char)p[0];
        b = (uint64_t)(unsigned char)p[n / 2] << 8 | (unsigned char)p[n - 1];
    }
    h = mix(a ^ UINT64_C(0x94D049BB133111EB), b ^ h ^ UINT64_C(0xBF58476D1CE4E5B9));
    return (uint32_t)(h ^ h >> 32);
}

/* As str_eq, for short texts without a call. */
static bool same(struct str a, struct str b)
{
    if (a.n != b.n || a.p == b.p)
        return a.n == b.n;
    if (a.n > 32)
        return memcmp(a.p, b.p, a.n) == 0;
    size_t i = 0;
    for (; i + 8 <= a.n; i += 8)
        if (eight(a.p + i) != eight(b.p + i))
            return false;
    if (a.n >= 8)
        return eight(a.p + a.n - 8) == eight(b.p + a.n - 8);
    for (; i < a.n; i++)
        if (a.p[i] != b.p[i])
            return false;
    return true;
}

static size_t slot_of(const struct intern *t, struct str s, uint32_t hash)
{
    size_t mask = t->n_slots - 1;
    size_t i = hash & mask;
    while (t->slots[i].id != 0 &&
           (t->slots[i].hash != hash || !same(t->items[t->slots[i].id - 1], s)))
        i = (i + 1) & mask;
    return i;
}

static bool intern_grow(struct intern *t)
{
    size_t n = t->n_slots ? t->n_slots * (t->n_slots < 4096 ? 4 : 2) : 64;
    struct intern_slot *slots = ARENA_ARRAY(t->arena, n, struct intern_slot);
    if (!slots)
        return false;
    for (size_t i = 0; i < t->n_slots; i++) { /* all differ: only a free slot is looked for */
        size_t at = t->slots[i].hash & (n - 1);
        while (t->slots[i].id && slots[at].id)
            at = (at + 1) & (n - 1);
        if (t->slots[i].id)
            slots[at] = t->slots[i];
    }
    t->slots = slots;
    t->n_slots = n;
    return true;
}

uint32_t intern_add(struct intern *t, struct str s)
{
    if ((t->n + 1) * 2 > t->n_slots && !intern_grow(t))
        return ID_NONE;
    uint32_t hash = hash_of(s);
    size_t i = slot_of(t, s, hash);
    if (t->slots[i].id != 0)
        return t->slots[i].id - 1;
    struct str *item = ARENA_PUSH(t->arena, t);
    if (!item)
        return ID_NONE;
    *item = s;
    t->slots[i] = (struct intern_slot){hash, (uint32_t)t->n};
    return (uint32_t)t->n - 1;
}

uint32_t intern_find(const struct intern *t, struct str s)
{
    if (t->n_slots == 0)
        return ID_NONE;
    return t->slots[slot_of(t, s, hash_of(s))].id - 1; /* 0 - 1 is ID_NONE */
}

bool strs_has(struct strs set, struct str s)
{
    for (size_t i = 0; i < set.n; i++)
        if (str_eq(set.items[i], s))
            return true;
    return false;
}

int str_order(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str strs_join(struct arena *a, struct strs set, char separator)
{
    size_t n = 0;
    for (size_t i = 0; i < set.n; i++)
        n += set.items[i].n + 1;
    char *text = arena_alloc(a, n);
    if (!text || n == 0)
        return STR_NONE;
    char *end = text;
    for (size_t i = 0; i < set.n; i++) {
        if (i > 0)
            *end++ = separator;
        if (set.items[i].n > 0)
            memcpy(end, set.items[i].p, set.items[i].n);
        end += set.items[i].n;
    }
    return (struct str){text, n - 1};
}

struct str str_concat(struct arena *a, const struct str *parts, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += parts[i].n;
    char *text = arena_alloc(a, total + 1);
    if (!text)
        return STR_NONE;
    char *end = text;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n > 0)
            memcpy(end, parts[i].p, parts[i].n);
        end += parts[i].n;
    }
    return (struct str){text, total};
}

struct str pairs_get(const struct str_pairs *pairs, struct str key)
{
    for (size_t i = 0; i < pairs->n; i++)
        if (str_eq(pairs->items[i].key, key))
            return pairs->items[i].value;
    return STR_NONE;
}

/* The usual two-finger walk: on a mismatch the last '*' takes one character more. Linear for one
 * star, never exponential. */
bool glob_matches(struct str pattern, struct str s)
{
    size_t p = 0, i = 0, star = SIZE_MAX, resume = 0;
    while (i < s.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            resume = i;
        } else if (p < pattern.n && pattern.p[p] == s.p[i]) {
            p++;
            i++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            i = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

#define NAME_MAX_LENGTH 63
#define USER_MAX_LENGTH 128

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_policy_name(struct str s)
{
    if (s.n == 0 || s.n > NAME_MAX_LENGTH || !is_name_char(s.p[0]) || !is_name_char(s.p[s.n - 1]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_name_char(s.p[i]) && !memchr("-._", s.p[i], 3))
            return false;
    return true;
}

/* connector.h: what a directory's usernames are made of */
bool is_username(struct str s)
{
    if (s.n == 0 || s.n > USER_MAX_LENGTH)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_name_char(s.p[i]) && !memchr("._@-", s.p[i], 4))
            return false;
    return true;
}
