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

void *arena_alloc(struct arena *a, size_t n)
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
    return memset(p, 0, n);
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
    char *p = s.n < (size_t)-1 ? arena_alloc(a, s.n + 1) : NULL;
    if (p && s.n)
        memcpy(p, s.p, s.n);
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

void *arena_push(struct arena *a, void **items, size_t *n, size_t *cap, size_t size)
{
    char *at; /* read and written by memcpy: the caller's pointer has another type */
    memcpy(&at, items, sizeof(at));
    if (*n == *cap) {
        size_t grown = *cap ? *cap * 2 : 8;
        char *moved = grown > *cap ? arena_array(a, grown, size) : NULL;
        if (!moved)
            return NULL;
        if (*n)
            memcpy(moved, at, *n * size);
        memcpy(items, &moved, sizeof(moved));
        *cap = grown;
        at = moved;
    }
    return at + (*n)++ * size;
}
