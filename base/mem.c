#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn static void out_of_memory(void)
{
    static const char text[] = "out of memory: the process ends and must be started again\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)ignored;
    _exit(71); /* EX_OSERR; no abort(): a core file would hold secrets */
}

void *mem_alloc(size_t n)
{
    void *p = calloc(1, n ? n : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *mem_array(size_t n, size_t size)
{
    void *p = n && size ? calloc(n, size) : calloc(1, 1);
    if (!p)
        out_of_memory();
    return p;
}

void *mem_realloc(void *p, size_t n)
{
    void *grown = realloc(p, n ? n : 1);
    if (!grown)
        out_of_memory();
    return grown;
}

void *mem_dup(const void *p, size_t n)
{
    char *copy = n < (size_t)-1 ? malloc(n + 1) : NULL;
    if (!copy)
        out_of_memory();
    if (n)
        memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

char *mem_strdup(const char *s)
{
    return mem_dup(s, strlen(s));
}

void mem_free(void *p)
{
    free(p);
}

void fd_close_at(const int *fd)
{
    if (*fd < 0)
        return;
    int saved = errno;
    close(*fd);
    errno = saved;
}
