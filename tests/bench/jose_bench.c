/*
 * Tokens alone: how long the signature takes, and how long everything around it. One thread,
 * processor time.
 *
 *     jose_bench
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "jose/jws.h"
#include "jose/key_internal.h"
#include "jose/signer_local.h"

#define N_GROUPS 12
#define ROUNDS   10

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct claims a_persons_claims(void)
{
    static const struct str aud[] = {{"kubernetes-fra", 14}};
    static char names[N_GROUPS][24];
    static struct str groups[N_GROUPS];

    for (int i = 0; i < N_GROUPS; i++) {
        snprintf(names[i], sizeof(names[i]), "team-payments-%02d", i);
        groups[i] = str_from(names[i]);
    }
    return (struct claims){.type = TOKEN_ID,
                           .iss = STR("https://lotse.example"),
                           .sub =
                               STR("CiQwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDESBGxkYXA"),
                           .aud = aud,
                           .n_aud = 1,
                           .iat = 1700000000,
                           .exp = 1700000600,
                           .jti = STR("Zm9vYmFyYmF6cXV4Zm9vYmFy"),
                           .nonce = STR("bm9uY2Vub25jZW5vbmNl"),
                           .preferred_username = STR("anna.mueller"),
                           .name = STR("Anna M\xc3\xbcller"),
                           .email = STR("anna.mueller@example.org"),
                           .has_email_verified = true,
                           .email_verified = true,
                           .groups = groups,
                           .n_groups = N_GROUPS,
                           .has_groups = true};
}

struct bench {
    const struct keyset *ks;
    struct signer *signer;
    enum jose_alg alg;
    struct claims claims;
    struct str token;
    struct arena arena;
};

static void only_signature(struct bench *b)
{
    uint8_t signature[KEY_SIGNATURE_MAX];
    struct err e;
    size_t n;

    if (key_sign(keyset_active(b->ks, b->alg), b->token, signature, &n, &e) < 0)
        abort();
}

static void whole_token(struct bench *b)
{
    struct str token;
    struct err e;

    if (signer_sign(b->signer, &b->claims, b->alg, &b->arena, &token, &e) < 0)
        abort();
    arena_reset(&b->arena);
}

static void read_token(struct bench *b)
{
    struct claims read;

    if (jws_verify(b->ks, b->token, b->claims.type, &b->arena, &read) != JWS_OK)
        abort();
    arena_reset(&b->arena);
}

static double best_us(void (*once)(struct bench *b), struct bench *b, int n)
{
    double best = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_us();
        for (int i = 0; i < n; i++)
            once(b);
        double each = (now_us() - start) / n;
        best = each < best ? each : best;
    }
    return best;
}

static void bench_alg(const struct keyset *ks, struct signer *signer, enum jose_alg alg, int n)
{
    struct bench b = {.ks = ks, .signer = signer, .alg = alg, .claims = a_persons_claims()};
    auto_arena kept = {0};
    struct err e;

    arena_init(&kept, ARENA_REQUEST_MAX);
    arena_init(&b.arena, ARENA_REQUEST_MAX);
    if (signer_sign(signer, &b.claims, alg, &kept, &b.token, &e) < 0)
        abort();
    double raw = best_us(only_signature, &b, n), whole = best_us(whole_token, &b, n),
           read = best_us(read_token, &b, n);
    printf("%s: %zu bytes, signature %.1f us (%.0f/s), whole token %.1f us (%.0f/s), around it "
           "%.1f us, read %.1f us\n",
           jose_alg_name(alg), b.token.n, raw, 1e6 / raw, whole, 1e6 / whole, whole - raw, read);
    arena_fini(&b.arena);
}

static void bench_seal(int n)
{
    struct secret key = {0};
    struct sealer *s = NULL;
    struct str back;
    static char plain[400];
    auto_arena a = {0}, kept = {0};
    struct err e;

    arena_init(&a, ARENA_REQUEST_MAX);
    arena_init(&kept, ARENA_REQUEST_MAX);
    secret_set(&key, STR("a key for the bench, of thirty-two bytes"));
    if (sealer_new(&key, &random_system, &s, &e) < 0)
        abort();
    struct str text = seal(s, "bench", (struct str){plain, sizeof(plain)}, &kept);
    double start = now_us();
    for (int i = 0; i < n; i++, arena_reset(&a))
        (void)seal(s, "bench", (struct str){plain, sizeof(plain)}, &a);
    double sealing = (now_us() - start) / n;
    start = now_us();
    for (int i = 0; i < n; i++, arena_reset(&a))
        if (!unseal(s, "bench", text, &a, &back))
            abort();
    printf("seal %zu bytes %.1f us, unseal %.1f us\n", sizeof(plain), sealing,
           (now_us() - start) / n);
    sealer_free(s);
    secret_fini(&key);
}

int main(void)
{
    const struct str aud[] = {STR("kubernetes-fra")};
    const struct signer_limits limits = {.issuer = STR("https://lotse.example"),
                                         .audiences = aud,
                                         .n_audiences = 1,
                                         .max_lifetime_s = 600};
    auto_keyset *ks = NULL;
    struct err e;

    if (keyset_generate(0, &ks, &e) < 0)
        return 1;
    struct signer *signer = signer_local_new(ks, &limits);
    bench_alg(ks, signer, JOSE_ES256, 3000);
    bench_alg(ks, signer, JOSE_RS256, 300);
    bench_seal(100000);
    signer_local_free(signer);
    return 0;
}
