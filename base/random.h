#pragma once
/* Randomness behind a vtable. The system's source cannot fail: when the kernel gives nothing, the
 * process ends. */
#include <stddef.h>
#include <stdint.h>

struct random {
    void (*fill)(const struct random *r, void *p, size_t n);
};
extern const struct random random_system; /* getrandom(2) */

/* For tests: a reproducible stream from a seed. Never compiled into a decision of the product. */
struct random_seeded {
    struct random random;
    uint64_t state;
};
void random_seeded_init(struct random_seeded *r, uint64_t seed);

static inline void random_fill(const struct random *r, void *p, size_t n)
{
    r->fill(r, p, n);
}
