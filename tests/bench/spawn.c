/*
 * Starts a program over and over from a small process, and prints medians of the whole process as
 * JSON: wall clock, processor time, peak memory (the kernel counts a child's memory from its
 * parent's, so the parent must be small).
 *
 *     spawn RUNS PROGRAM [ARGUMENT...]            one after the other
 *     spawn -p COUNT PROGRAM [ARGUMENT...]        so many at once: wall_ms from the first start to
 *                                                 the last end, cpu_ms of all of them together
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms_of(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static int storm(int count, char **program, const posix_spawn_file_actions_t *files)
{
    pid_t child;
    int status, failed = 0;
    double start = now_ms();
    for (int i = 0; i < count; i++)
        failed |= posix_spawn(&child, program[0], files, NULL, program, environ) != 0;
    for (int i = 0; i < count && !failed; i++)
        failed |= wait(&status) < 0 || status != 0;
    struct rusage all;
    getrusage(RUSAGE_CHILDREN, &all);
    printf("{\"wall_ms\":%.3f,\"cpu_ms\":%.3f,\"peak_kib\":%ld}\n", now_ms() - start,
           ms_of(all.ru_utime) + ms_of(all.ru_stime), all.ru_maxrss);
    return failed;
}

int main(int argc, char **argv)
{
    int at_once = argc > 3 && strcmp(argv[1], "-p") == 0;
    argc -= at_once;
    argv += at_once;
    int runs = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (runs < 1 || runs > 10000)
        return 2;
    double *wall = calloc((size_t)runs, sizeof(double)),
           *cpu = calloc((size_t)runs, sizeof(double));
    long peak = 0;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", 1, 0);
    if (at_once)
        return storm(runs, argv + 2, &files);
    for (int i = 0; i < runs; i++) {
        pid_t child;
        struct rusage usage;
        int status;
        double start = now_ms();
        if (posix_spawn(&child, argv[2], &files, NULL, argv + 2, environ) != 0 ||
            wait4(child, &status, 0, &usage) != child || status != 0) {
            fprintf(stderr, "spawn: %s failed\n", argv[2]);
            return 1;
        }
        wall[i] = now_ms() - start;
        cpu[i] = ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
        peak = usage.ru_maxrss > peak ? usage.ru_maxrss : peak;
    }
    qsort(wall, (size_t)runs, sizeof(double), by_value);
    qsort(cpu, (size_t)runs, sizeof(double), by_value);
    printf("{\"wall_ms\":%.3f,\"cpu_ms\":%.3f,\"peak_kib\":%ld}\n", wall[runs / 2], cpu[runs / 2],
           peak);
    return 0;
}
