#pragma once
/*
 * An arena: memory that lives as long as one request, one configuration, one policy, and is freed
 * at once. It has a ceiling: what a peer can make us allocate is bounded by it. One arena, one
 * thread at a time.
 *
 * Running into the ceiling returns NULL and sets ->exhausted; running out of the machine's memory
 * ends the process.
 */
#include "base/str.h"

struct arena_block;
struct arena {
    struct arena_block *blocks;
    size_t used, max;
    bool exhausted;
    bool wipe; /* what lay in it is overwritten when it goes: passwords, tokens */
};

#define ARENA_REQUEST_MAX ((size_t)1 << 20)
#define ARENA_NO_MAX      ((size_t)-1)

void arena_init(struct arena *a, size_t max);
void arena_fini(struct arena *a);
void arena_reset(struct arena *a); /* empty again, keeps one block */
/* Zeroed, aligned to 16. NULL when the ceiling is reached (never for n == 0). */
void *arena_alloc(struct arena *a, size_t n) __attribute__((malloc));
/* The same bytes, aligned to 16. */
void *arena_copy(struct arena *a, const void *bytes, size_t n);
/* n * size without overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);
#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_array((a), (n), sizeof(type)))
/* Copies, NUL-terminated behind the last byte. An exhausted arena gives STR_NONE / "". */
struct str arena_str(struct arena *a, struct str s);
const char *arena_cstr(struct arena *a, struct str s);
struct str arena_fmt(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A growing array inside an arena: items, n, cap; ARENA_PUSH gives the address of a new zeroed last
 * item, or NULL. */
void *arena_push(struct arena *a, void **items, size_t *n, size_t *cap, size_t size);
#define ARENA_PUSH(a, vec) \
    ((__typeof__((vec)->items))arena_push((a), (void **)&(vec)->items, &(vec)->n, &(vec)->cap, \
                                          sizeof(*(vec)->items)))

/* Room for n items in all, so that so many pushes neither move nor double it. False: exhausted. */
bool arena_grow(struct arena *a, void **items, size_t n, size_t *cap, size_t size);
#define ARENA_RESERVE(a, vec, count) \
    ((count) <= (vec)->cap || \
     arena_grow((a), (void **)&(vec)->items, (count), &(vec)->cap, sizeof(*(vec)->items)))

#define auto_arena struct arena __attribute__((cleanup(arena_fini)))
