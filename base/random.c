#include "base/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static void system_fill(const struct random *r, void *p, size_t n)
{
    (void)r;
    char *at = p;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            _exit(71); /* fail closed: a guessable secret is worse than no service */
        at += got;
        n -= (size_t)got;
    }
}

const struct random random_system = {.fill = system_fill};

/* splitmix64 */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void seeded_fill(const struct random *r, void *p, size_t n)
{
    struct random_seeded *seeded = (struct random_seeded *)(uintptr_t)r; /* the first member */
    char *at = p;
    while (n > 0) {
        uint64_t value = next(&seeded->state);
        size_t part = n < sizeof(value) ? n : sizeof(value);
        memcpy(at, &value, part);
        at += part;
        n -= part;
    }
}

void random_seeded_init(struct random_seeded *r, uint64_t seed)
{
    *r = (struct random_seeded){.random = {.fill = seeded_fill}, .state = seed};
}
