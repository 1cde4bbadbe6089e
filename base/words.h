#pragma once
/*
 * Small vocabulary of the policy rooms: lists of strings, a word with the place where it was
 * written, and a table that gives each distinct string a small number (0, 1, 2, ...), so that the
 * stages after reading compare numbers. All memory is the arena's. One thread at a time.
 */
#include "base/arena.h"
#include "base/diag.h"

struct strs {
    const struct str *items;
    size_t n;
};
struct str_pair { /* a label or an annotation */
    struct str key, value;
};
struct str_pairs {
    struct str_pair *items;
    size_t n, cap;
};
struct word {
    struct str text; /* STR_NONE: not written */
    struct pos pos;
};
struct words {
    struct word *items;
    size_t n, cap;
};

#define ID_NONE UINT32_MAX

struct intern { /* zero-initialise, then set .arena */
    struct arena *arena;
    struct str *items; /* by id */
    size_t n, cap;
    struct intern_slot {
        uint32_t hash, id; /* id + 1, 0 is free; open addressing */
    } *slots;
    size_t n_slots;
};
uint32_t intern_add(struct intern *t,
                    struct str s); /* the id, new or old; ID_NONE: arena exhausted */
uint32_t intern_find(const struct intern *t, struct str s); /* ID_NONE when not there */

bool strs_has(struct strs set, struct str s);
int str_order(const void *a, const void *b); /* for qsort over struct str */
/* A sorted copy without duplicates. */
struct strs strs_sorted(struct arena *a, struct strs set);
struct str strs_join(struct arena *a, struct strs set, char separator);
/* The parts one after another: CONCAT(a, STR("x:"), name). */
struct str str_concat(struct arena *a, const struct str *parts, size_t n);
#define CONCAT(a, ...) \
    str_concat((a), (const struct str[]){__VA_ARGS__}, \
               sizeof((struct str[]){__VA_ARGS__}) / sizeof(struct str))
/* The value of a key; STR_NONE when absent. */
struct str pairs_get(const struct str_pairs *pairs, struct str key);
/* '*' stands for any run of characters, everything else for itself. */
bool glob_matches(struct str pattern, struct str s);
/* [a-z0-9] at both ends, also - . _ between; at most 63: goes into group names and object names. */
bool is_policy_name(struct str s);
bool is_username(struct str s); /* as connector.h: [a-z0-9._@-]{1,128} */
