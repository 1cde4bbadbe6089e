#pragma once
/*
 * The heap. malloc and its friends stand only in base/ (lint); everyone else uses an arena, a buf,
 * or these. None of them returns NULL: when the machine has no memory left the process says so and
 * ends (the supervisor starts it again).
 */
#include <stddef.h>

void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *mem_array(size_t n, size_t size) __attribute__((returns_nonnull));
void *mem_realloc(void *p, size_t n) __attribute__((returns_nonnull, warn_unused_result));
char *mem_strdup(const char *s) __attribute__((returns_nonnull));
void *mem_dup(const void *p, size_t n) __attribute__((returns_nonnull)); /* one NUL byte behind */
void mem_free(void *p);

#define MEM_NEW(type) ((type *)mem_alloc(sizeof(type)))
/* Hands an owning local over: `return take(p);` */
#define take(p) \
    ({ \
        __typeof__(p) taken_ = (p); \
        (p) = NULL; \
        taken_; \
    })

static inline void mem_free_at(void *address)
{
    mem_free(*(void **)address);
}
void fd_close_at(const int *fd); /* closes unless < 0, keeps errno */

#define auto_free __attribute__((cleanup(mem_free_at)))
#define auto_fd   __attribute__((cleanup(fd_close_at))) int
