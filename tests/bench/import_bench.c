/* import-bench FOLDER SITE: reads a saved cluster and imports it, again and again; the least
 * processor time of each, in milliseconds, as JSON. */
#include <stdio.h>
#include <time.h>

#include "policy/cluster/cluster.h"
#include "policy/import/policy_import.h"

#define ROUNDS 7

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void least(double *of, double value)
{
    if (*of == 0 || value < *of)
        *of = value;
}

int main(int argc, char **argv)
{
    double read_ms = 0, import_ms = 0;
    struct import_result result = {0};
    for (int i = 0; argc == 3 && i < ROUNDS; i++) {
        auto_arena a = {0};
        struct err e = {0};
        arena_init(&a, ARENA_NO_MAX);
        struct cluster c = {.site = STR_C(argv[2]), .arena = &a};
        double start = now_ms();
        if (cluster_read_folder(&c, STR_C(argv[1]), (struct strs){&c.site, 1}, &e) < 0) {
            fprintf(stderr, "%s\n", e.text);
            return 1;
        }
        double middle = now_ms();
        struct import_site site = {c.site, &c.objects, &c.data};
        const struct import_input in = {.sites = &site, .n_sites = 1};
        if (policy_import(&a, &in, &result, &e) < 0 || !result.equal) {
            fprintf(stderr, "%s\n", e.text);
            return 1;
        }
        least(&read_ms, middle - start);
        least(&import_ms, now_ms() - middle);
    }
    printf("{\"read_ms\": %.2f, \"import_ms\": %.2f, \"grants\": %zu}\n", read_ms, import_ms,
           result.n_grants);
    return argc == 3 ? 0 : 1;
}
