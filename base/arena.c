#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/secret.h"

/* Under AddressSanitizer what was not handed out is poisoned, so that it finds overruns inside a
 * block, too. */
#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifdef ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define ALIGNMENT   16u
#define BLOCK_LEAST ((size_t)4096 - 32) /* with the allocator's own header, a page */
#define BLOCK_MOST  ((size_t)256 << 10)

struct arena_block {
    struct arena_block *next;
    size_t cap, used;
    _Alignas(ALIGNMENT) char bytes[];
};

static _Alignas(ALIGNMENT) char nothing[ALIGNMENT]; /* what n == 0 gives */

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){.max = max};
}

static void free_blocks(struct arena_block *block, bool wipe)
{
    while (block) {
        struct arena_block *next = block->next;
        UNPOISON(block->bytes, block->cap);
        if (wipe)
            bytes_wipe(block->bytes, block->used);
        mem_free(block);
        block = next;
    }
}

void arena_fini(struct arena *a)
{
    free_blocks(a->blocks, a->wipe);
    *a = (struct arena){.max = a->max, .wipe = a->wipe};
}

void arena_reset(struct arena *a)
{
    struct arena_block *kept = a->blocks;
    if (kept && kept->cap > BLOCK_MOST) { /* one huge text must not stay with a worker for ever */
        free_blocks(kept, a->wipe);
        kept = NULL;
    }
    if (kept) {
        free_blocks(kept->next, a->wipe);
        kept->next = NULL;
        UNPOISON(kept->bytes, kept->cap);
        if (a->wipe)
            bytes_wipe(kept->bytes, kept->used);
        kept->used = 0;
        POISON(kept->bytes, kept->cap);
    }
    a->blocks = kept;
    a->used = 0;
    a->exhausted = false;
}

static struct arena_block *block_new(const struct arena *a, size_t least)
{
    size_t cap = a->blocks ? a->blocks->cap * 2 : BLOCK_LEAST;
    if (cap > BLOCK_MOST)
        cap = BLOCK_MOST;
    if (cap < least)
        cap = least;
    struct arena_block *block = malloc(sizeof(*block) + cap);
    if (!block)
        mem_free(mem_alloc((size_t)-1)); /* ends the process */
    block->next = NULL;
    block->cap = cap;
    block->used = 0;
    POISON(block->bytes, cap);
    return block;
}

/* Not zeroed. */
static void *take_room(struct arena *a, size_t n)
{
    if (n == 0)
        return nothing;
    size_t rounded = (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded < n || rounded > a->max - a->used || a->exhausted) {
        a->exhausted = true;
        return NULL;
    }
    struct arena_block *block = a->blocks;
    if (!block || block->cap - block->used < rounded) {
        block = block_new(a, rounded);
        block->next = a->blocks;
        a->blocks = block;
    }
    char *p = block->bytes + block->used;
    block->used += rounded;
    a->used += rounded;
    UNPOISON(p, n);
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    void *p = take_room(a, n);
    return p && n ? memset(p, 0, n) : p;
}

void *arena_copy(struct arena *a, const void *bytes, size_t n)
{
    void *p = take_room(a, n);
    return p && n ? memcpy(p, bytes, n) : p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        a->exhausted = true;
        return NULL;
    }
    return arena_alloc(a, total);
}

static char *copy(struct arena *a, struct str s)
{
    char *p = s.n < (size_t)-1 ? take_room(a, s.n + 1) : NULL;
    if (p && s.n)
        memcpy(p, s.p, s.n);
    if (p)
        p[s.n] = '\0';
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    const char *p = copy(a, s);
    return p ? (struct str){p, s.n} : STR_NONE;
}

const char *arena_cstr(struct arena *a, struct str s)
{
    const char *p = copy(a, s);
    return p ? p : "";
}

struct str arena_fmt(struct arena *a, const char *format, ...)
{
    char small[256]; /* most are short, and then formatted once */
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof(small), format, args);
    char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (p && (size_t)n < sizeof(small))
        memcpy(p, small, (size_t)n);
    else if (p)
        n = vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return p && n >= 0 ? (struct str){p, (size_t)n} : STR_NONE;
}

/* Behind the array nothing was handed out yet: it gets the room that follows. */
static bool grow_in_place(struct arena *a, const char *at, size_t old, size_t grown)
{
    struct arena_block *block = a->blocks;
    old = (old + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    grown = (grown + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (!block || old == 0 || at + old != block->bytes + block->used ||
        grown - old > block->cap - block->used || grown - old > a->max - a->used)
        return false;
    UNPOISON(at, grown);
    memset(block->bytes + block->used, 0, grown - old);
    block->used += grown - old;
    a->used += grown - old;
    return true;
}

/* Most lists of a policy have one entry or two. */
static size_t first_cap(size_t size)
{
    return size >= 32 ? 1 : size >= 16 ? 2 : 4;
}

bool arena_grow(struct arena *a, void **items, size_t n, size_t *cap, size_t size)
{
    char *at; /* read and written by memcpy: the caller's pointer has another type */
    size_t grown = *cap ? *cap * 2 : first_cap(size), bytes;
    memcpy(&at, items, sizeof(at));
    if (grown < n)
        grown = n;
    if (a->exhausted || grown < *cap || __builtin_mul_overflow(grown, size, &bytes))
        return false;
    if (*cap == 0 || !grow_in_place(a, at, *cap * size, bytes)) {
        char *moved = arena_alloc(a, bytes);
        if (!moved)
            return false;
        if (*cap)
            memcpy(moved, at, *cap * size);
        memcpy(items, &moved, sizeof(moved));
    }
    *cap = grown;
    return true;
}

void *arena_push(struct arena *a, void **items, size_t *n, size_t *cap, size_t size)
{
    char *at;
    if (*n == *cap && !arena_grow(a, items, *n + 1, cap, size))
        return NULL;
    memcpy(&at, items, sizeof(at));
    return at + (*n)++ * size;
}
