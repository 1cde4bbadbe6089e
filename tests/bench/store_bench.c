/*
 * The SQLite store alone: writes per second, processor time and syncs per write with 1, 10, 50 and
 * 100 writers at once, gets per second, and resident memory with 10,000 records.
 *
 *     store_bench FOLDER [SECONDS for each line, default 2]
 *
 * Syncs are counted where the SQLite library calls for them; processor time is that of the whole
 * process.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "gateway/store/store.h"

#define N_RECORDS  10000
#define VALUE_SIZE 600 /* a refresh family */

static atomic_long n_syncs;

int fdatasync(int fd)
{
    static int (*real)(int fd);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    atomic_fetch_add(&n_syncs, 1);
    return real(fd);
}

struct load {
    struct store *store;
    enum durability durability;
    bool reads;
    atomic_bool stop;
    atomic_long n_done, n_failed;
    atomic_int n_threads;
};

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool write_one(struct load *load, uint64_t number)
{
    char key[32], value[VALUE_SIZE];
    struct err e;

    snprintf(key, sizeof(key), "family/%016llx",
             (unsigned long long)(number * 0x9e3779b97f4a7c15U));
    memset(value, 'v', sizeof(value));
    struct write w = {
        .key = str_from(key), .value = {value, sizeof(value)}, .durability = load->durability};
    return load->store->ops->put(load->store, &w, NULL, &e) == STORE_OK;
}

static bool read_one(struct load *load, uint64_t number)
{
    struct record r;
    char key[32];
    auto_arena a = {0};
    struct err e;

    arena_init(&a, ARENA_REQUEST_MAX);
    snprintf(key, sizeof(key), "family/%016llx",
             (unsigned long long)(number * 0x9e3779b97f4a7c15U));
    return load->store->ops->get(load->store, &a, str_from(key), &r, &e) == STORE_OK;
}

static void *work(void *data)
{
    struct load *load = data;
    uint64_t number = (uint64_t)atomic_fetch_add(&load->n_threads, 1) * 7919;

    while (!atomic_load(&load->stop)) {
        number = (number + 1) % N_RECORDS;
        bool good = load->reads ? read_one(load, number) : write_one(load, number);
        atomic_fetch_add(good ? &load->n_done : &load->n_failed, 1);
    }
    return NULL;
}

static void run(const char *name, struct load *load, int n_threads, double duration)
{
    pthread_t threads[100];
    struct timespec wait = {.tv_sec = (time_t)duration,
                            .tv_nsec = (long)((duration - (double)(time_t)duration) * 1e9)};

    atomic_store(&n_syncs, 0);
    double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < n_threads; i++)
        if (pthread_create(&threads[i], NULL, work, load) != 0)
            abort();
    nanosleep(&wait, NULL);
    atomic_store(&load->stop, true);
    for (int i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    processor = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor;
    double n = (double)atomic_load(&load->n_done);
    printf("%-16s %8d %12.0f %16.1f %14.3f", name, n_threads, n / wall, processor / n * 1e6,
           (double)atomic_load(&n_syncs) / n);
    printf(atomic_load(&load->n_failed) ? "   %ld FAILED\n" : "\n", atomic_load(&load->n_failed));
    fflush(stdout);
}

static long resident_kib(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;

    if (!f || fscanf(f, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv)
{
    static const int writers[] = {1, 10, 50, 100};
    double duration = argc > 2 ? strtod(argv[2], NULL) : 2;
    struct store *store;
    auto_buf path = BUF_INIT(4096);
    struct err e;

    buf_fmt(&path, "%s/store-bench.db", argc > 1 ? argv[1] : ".");
    long empty = resident_kib();
    if (store_sqlite_open(buf_cstr(&path), &clock_system, &store, &e) < 0) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    struct load fill = {.store = store, .durability = STORE_RELAXED};
    for (uint64_t i = 0; i < N_RECORDS; i++)
        if (!write_one(&fill, i))
            return 1;
    printf("%-16s %8s %12s %16s %14s\n", "", "threads", "per second", "processor us", "syncs each");
    for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
        run("durable write", &(struct load){.store = store, .durability = STORE_DURABLE},
            writers[i], duration);
    for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
        run("relaxed write", &(struct load){.store = store, .durability = STORE_RELAXED},
            writers[i], duration);
    for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
        run("get", &(struct load){.store = store, .reads = true}, writers[i], duration);
    printf("resident: %ld KiB more than before opening, with %d records of %d bytes\n",
           resident_kib() - empty, N_RECORDS, VALUE_SIZE);
    store->ops->free(store);
    unlink(buf_cstr(&path));
    buf_c(&path, ".lock");
    unlink(buf_cstr(&path));
    return 0;
}
