/* The signer refuses what must never leave the house, whoever asks; and follows new keys and limits
 * while it works. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include <jwt.h>

#include "base/buf.h"
#include "base/mem.h"
#include "jose/jws.h"
#include "jose/signer_local.h"
#include "tests/unit/keys_for_tests.h"

#define NOW 1700000000

static const struct str audiences[] = {{"kubernetes", 10}, {"site-muc", 8}, {"site-fra", 8}};
static const struct signer_limits limits = {.issuer = {"https://lotse.example", 21},
                                            .audiences = audiences,
                                            .n_audiences = 3,
                                            .max_lifetime_s = 600};

static struct claims good_claims(void)
{
    static const struct str groups[] = {{"team-a", 6}, {"team-b", 6}};

    return (struct claims){.type = TOKEN_ID,
                           .iss = limits.issuer,
                           .sub = STR("alice"),
                           .aud = audiences,
                           .n_aud = 1,
                           .iat = NOW,
                           .exp = NOW + 600,
                           .groups = groups,
                           .n_groups = 2,
                           .has_groups = true};
}

static int try_to_sign(const struct claims *claims, struct err *e)
{
    struct str token = STR_NONE;
    auto_arena a = {0};

    arena_init(&a, ARENA_REQUEST_MAX);
    auto_keyset *ks = test_keyset();
    struct signer *s = signer_local_new(ks, &limits);
    int result = signer_sign(s, claims, JOSE_ES256, &a, &token, e);
    assert_true(result == 0 ? token.n > 0 : token.n == 0);
    signer_local_free(s);
    return result;
}

#define FULL_WIDTH "\xef\xbd\x93\xef\xbd\x99\xef\xbd\x93\xef\xbd\x94\xef\xbd\x85\xef\xbd\x8d"

/* reserved: would be taken for one of Kubernetes' own. Those that are not stand here to show where
 * the line runs. */
static const struct {
    const char *name;
    bool reserved;
} names[] = {
    {"system:masters", true},
    {"system:", true},
    {"System:Masters", true},
    {"SYSTEM:NODES", true},
    {" system:masters", true},
    {"\t\n system:masters", true},
    {"system:masters ", true},
    {"\xc2\xa0system:masters", true},         /* no-break space */
    {"\xe3\x80\x80system:masters", true},     /* ideographic space */
    {FULL_WIDTH "\xef\xbc\x9amasters", true}, /* full-width letters and colon */
    {FULL_WIDTH ":masters", true},
    {"system\xef\xb9\x95x", true},              /* small colon U+FE55 */
    {"system\xef\xb8\x93x", true},              /* vertical colon U+FE13 */
    {"\xf0\x9d\x90\xacystem:x", true},          /* mathematical bold s */
    {"\xe2\x93\xa2ystem:x", true},              /* circled s */
    {"\xc5\xbfystem:x", true},                  /* long s, folds to s */
    {"sy\xe2\x80\x8bstem:x", true},             /* zero-width space */
    {"\xe2\x80\x8d\xe2\x80\x8csystem:x", true}, /* joiner, non-joiner */
    {"system\xc2\xad:x", true},                 /* soft hyphen */
    {"\xef\xbb\xbfsystem:x", true},             /* byte order mark */
    {"s\xe2\x81\xa0ystem:x", true},             /* word joiner */
    {"s\xef\xb8\x8fystem:x", true},             /* variation selector */
    {"s\xf3\xa0\x81\xb9ystem:x", true},         /* tag character */
    {"\xe2\x80\xaesystem:x", true},             /* bidi override */
    {"\xff\xfe", true},                         /* no text at all */
    {"systems:x", false},
    {"system", false},
    {"system-masters", false},
    {"my-system:masters", false},
    {"lotse:system:masters", false},
    {"sys tem:x", false},
    {"s\xcc\x88ystem:x", false},    /* s with diaeresis is another letter */
    {"\xd1\x95ystem:x", false},     /* Cyrillic dze: a look-alike, not covered */
    {"syste\xd0\xbc:x", false},     /* Cyrillic em, the same */
    {"system\xea\x9e\x89x", false}, /* modifier letter colon, the same */
    {"", false},
    {"alice", false},
    {"M\xc3\xbcnchen", false},
};

static void a_reserved_name_is_known_in_every_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(names); i++)
        if (name_is_reserved(str_from(names[i].name)) != names[i].reserved)
            fail_msg("case %zu: '%s'", i, names[i].name);
}

static void a_reserved_name_is_signed_nowhere(void **state)
{
    static const size_t places[] = {
        offsetof(struct claims, sub),
        offsetof(struct claims, preferred_username),
        offsetof(struct claims, name),
        offsetof(struct claims, email),
    };

    (void)state;
    for (size_t i = 0; i < N_OF(names); i++) {
        if (!names[i].reserved)
            continue;
        for (size_t p = 0; p <= N_OF(places); p++) {
            struct claims c = good_claims();
            const struct str group[] = {STR("team-a"), str_from(names[i].name), STR("zz")};
            struct err e = {0};
            if (p < N_OF(places)) {
                *(struct str *)(void *)((char *)&c + places[p]) = str_from(names[i].name);
            } else {
                c.groups = group;
                c.n_groups = 3;
            }
            if (try_to_sign(&c, &e) == 0)
                fail_msg("case %zu, place %zu", i, p);
            assert_int_equal(e.class, ERR_BUG);
        }
    }
}

/* Each changes good claims in one thing. */
static void empty_sub(struct claims *c)
{
    c->sub = STR_NONE;
}
static void control_in_sub(struct claims *c)
{
    c->sub = STR("al\x1bice");
}
static void nul_in_sub(struct claims *c)
{
    c->sub = STR("al\0ice");
}
static void newline_in_name(struct claims *c)
{
    c->name = STR("a\nb");
}
static void bidi_in_username(struct claims *c)
{
    c->preferred_username = STR("a\xe2\x80\xae"
                                "b");
}
static void no_utf8_in_nonce(struct claims *c)
{
    c->nonce = STR("\xff");
}
static void foreign_issuer(struct claims *c)
{
    c->iss = STR("https://lotse.example/");
}
static void no_issuer(struct claims *c)
{
    c->iss = STR_NONE;
}
static void no_audience(struct claims *c)
{
    c->n_aud = 0;
}
static void too_long_life(struct claims *c)
{
    c->exp++;
}
static void no_life(struct claims *c)
{
    c->exp = c->iat;
}
static void no_iat(struct claims *c)
{
    c->iat = 0;
}
static void ends_before_it_begins(struct claims *c)
{
    c->exp = c->iat - 1;
}
static void huge_times(struct claims *c)
{
    c->iat = 1;
    c->exp = INT64_MAX;
}
static void access_without_client(struct claims *c)
{
    c->type = TOKEN_ACCESS;
    c->jti = STR("j");
}
static void logout_with_nonce(struct claims *c)
{
    c->type = TOKEN_LOGOUT;
    c->jti = STR("j");
    c->nonce = STR("n");
    c->exp = c->iat + 60;
}
static void long_logout(struct claims *c)
{
    c->type = TOKEN_LOGOUT;
    c->jti = STR("j");
    c->exp = c->iat + 121;
}
static void unknown_audience(struct claims *c)
{
    static const struct str aud[] = {{"kubernetes", 10}, {"kubernete", 9}};
    c->aud = aud;
    c->n_aud = 2;
}
static void empty_audience(struct claims *c)
{
    static const struct str aud[] = {{"", 0}};
    c->aud = aud;
}
static void empty_group(struct claims *c)
{
    static const struct str groups[] = {{"a", 1}, {"", 0}};
    c->groups = groups;
}
static void group_twice(struct claims *c)
{
    static const struct str groups[] = {{"a", 1}, {"b", 1}, {"a", 1}};
    c->groups = groups;
    c->n_groups = 3;
}
static void control_in_group(struct claims *c)
{
    static const struct str groups[] = {{"a", 1}, {"b\x7f", 2}};
    c->groups = groups;
}
static void too_large(struct claims *c)
{
    static char big[16 * 1024];
    memset(big, 'x', sizeof(big));
    c->nonce = (struct str){big, sizeof(big)};
}
static void too_many_groups(struct claims *c)
{
    static char texts[900][16];
    static struct str groups[900];
    for (size_t i = 0; i < N_OF(groups); i++) {
        snprintf(texts[i], sizeof(texts[i]), "a-group-%06zu", i);
        groups[i] = str_from(texts[i]);
    }
    c->groups = groups;
    c->n_groups = N_OF(groups);
}
static void nothing(struct claims *c)
{
    (void)c;
}
static void two_audiences(struct claims *c)
{
    c->n_aud = 3;
}
static void no_groups(struct claims *c)
{
    c->has_groups = false;
    c->n_groups = 0;
}
static void empty_list_of_groups(struct claims *c)
{
    c->n_groups = 0;
}

static const struct {
    const char *name;
    void (*change)(struct claims *c);
    const char *text; /* NULL: signed */
} changes[] = {
    {"nothing", nothing, NULL},
    {"two audiences", two_audiences, NULL},
    {"no groups", no_groups, NULL},
    {"empty list of groups", empty_list_of_groups, NULL},
    {"empty sub", empty_sub, "sub is empty"},
    {"control in sub", control_in_sub, "sub is not clean"},
    {"NUL in sub", nul_in_sub, "sub is not clean"},
    {"newline in name", newline_in_name, "name is not clean"},
    {"bidi in username", bidi_in_username, "preferred_username is not clean"},
    {"no UTF-8 in nonce", no_utf8_in_nonce, "not UTF-8"},
    {"foreign issuer", foreign_issuer, "iss"},
    {"no issuer", no_issuer, "iss"},
    {"no audience", no_audience, "aud"},
    {"unknown audience", unknown_audience, "unknown audience 'kubernete'"},
    {"empty audience", empty_audience, "unknown audience"},
    {"too long life", too_long_life, "lifetime of 601 s"},
    {"no life", no_life, "exp"},
    {"no iat", no_iat, "exp"},
    {"ends before it begins", ends_before_it_begins, "exp"},
    {"huge times", huge_times, "lifetime"},
    {"access token without client", access_without_client, "client_id"},
    {"logout token with nonce", logout_with_nonce, "nonce"},
    {"long logout", long_logout, "lifetime of 121 s"},
    {"empty group", empty_group, "group is empty"},
    {"group twice", group_twice, "there twice"},
    {"control in group", control_in_group, "group is not clean"},
    {"too large", too_large, "over 16384 bytes"},
    {"too many groups", too_many_groups, "over 16384 bytes"},
};

static void what_must_not_be_signed_is_refused_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(changes); i++) {
        struct claims c = good_claims();
        struct err e = {0};
        changes[i].change(&c);
        int result = try_to_sign(&c, &e);
        if ((result == 0) != (changes[i].text == NULL))
            fail_msg("%s: %d %s", changes[i].name, result, e.text);
        if (result == 0)
            continue;
        assert_int_equal(e.class, ERR_BUG);
        if (!strstr(e.text, changes[i].text))
            fail_msg("%s: %s", changes[i].name, e.text);
    }
}

static void without_an_active_key_nothing_is_signed(void **state)
{
    struct claims c = good_claims();
    auto_keyset *ks = NULL;
    struct str token;
    auto_arena a = {0};
    struct err e;

    (void)state;
    arena_init(&a, ARENA_REQUEST_MAX);
    auto_key *k = test_key(test_key_es256);
    struct key_entry entry = {.key = k, .state = KEY_NEXT};
    assert_int_equal(keyset_new(&entry, 1, &ks, &e), 0);
    struct signer *s = signer_local_new(ks, &limits);
    assert_int_equal(signer_sign(s, &c, JOSE_ES256, &a, &token, &e), -1);
    assert_int_equal(e.class, ERR_CONFIG);
    signer_local_free(s);
}

static void new_keys_and_limits_are_followed(void **state)
{
    const struct signer_limits other = {.issuer = limits.issuer,
                                        .audiences = audiences + 1,
                                        .n_audiences = 1,
                                        .max_lifetime_s = 600};
    struct claims c = good_claims(), read;
    auto_keyset *fresh = NULL;
    struct str token;
    auto_arena a = {0};
    struct err e;

    (void)state;
    arena_init(&a, ARENA_REQUEST_MAX);
    auto_keyset *ks = test_keyset();
    struct signer *s = signer_local_new(ks, &limits);
    assert_int_equal(keyset_generate(0, &fresh, &e), 0);
    signer_local_set_keyset(s, fresh);
    assert_int_equal(signer_sign(s, &c, JOSE_RS256, &a, &token, &e), 0);
    assert_int_equal(jws_verify(fresh, token, TOKEN_ID, &a, &read), JWS_OK);
    assert_int_equal(jws_verify(ks, token, TOKEN_ID, &a, &read), JWS_UNKNOWN_KEY);
    signer_local_set_limits(s, &other);
    assert_int_equal(signer_sign(s, &c, JOSE_RS256, &a, &token, &e), -1);
    c.aud = audiences + 1;
    assert_int_equal(signer_sign(s, &c, JOSE_RS256, &a, &token, &e), 0);
    assert_int_equal(jws_verify(fresh, token, TOKEN_ID, &a, &read), JWS_OK);
    signer_local_free(s);
}

struct busy {
    struct signer *signer;
    struct keyset *one, *two;
    atomic_bool stop;
    atomic_int n_bad;
};

static void *sign_on(void *data)
{
    struct busy *busy = data;
    struct claims c = good_claims(), read;

    while (!atomic_load(&busy->stop)) {
        struct str token;
        auto_arena a = {0};
        struct err e;
        arena_init(&a, ARENA_REQUEST_MAX);
        bool good = signer_sign(busy->signer, &c, JOSE_ES256, &a, &token, &e) == 0 &&
                    (jws_verify(busy->one, token, TOKEN_ID, &a, &read) == JWS_OK ||
                     jws_verify(busy->two, token, TOKEN_ID, &a, &read) == JWS_OK);
        atomic_fetch_add(&busy->n_bad, !good);
    }
    return NULL;
}

static void keys_are_swapped_under_load_without_a_bad_signature(void **state)
{
    struct busy busy = {0};
    pthread_t threads[4];
    struct err e;

    (void)state;
    auto_key *k = NULL;
    assert_int_equal(key_generate(JOSE_ES256, &k, &e), 0);
    struct key_entry entry = {.key = k, .state = KEY_ACTIVE};
    busy.one = test_keyset();
    assert_int_equal(keyset_new(&entry, 1, &busy.two, &e), 0);
    busy.signer = signer_local_new(busy.one, &limits);
    for (size_t i = 0; i < N_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_on, &busy), 0);
    for (int i = 0; i < 200; i++) {
        signer_local_set_keyset(busy.signer, i % 2 ? busy.one : busy.two);
        signer_local_set_limits(busy.signer, &limits);
        sched_yield();
    }
    atomic_store(&busy.stop, true);
    for (size_t i = 0; i < N_OF(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&busy.n_bad), 0);
    signer_local_free(busy.signer);
    keyset_unref(busy.one);
    keyset_unref(busy.two);
}

/* A second opinion: libjwt, with key and algorithm pinned (its own checks are weak; here it only
 * has to agree). */
static void libjwt_reads_what_we_sign(void **state)
{
    static const struct {
        enum jose_alg alg;
        const char *pem;
        jwt_alg_t expected;
    } cases[] = {{JOSE_RS256, test_public_rs256, JWT_ALG_RS256},
                 {JOSE_ES256, test_public_es256, JWT_ALG_ES256}};
    struct claims c = good_claims();

    (void)state;
    c.nonce = STR("a \"nonce\" \xe2\x82\xac");
    c.n_aud = 3;
    auto_keyset *ks = test_keyset();
    struct signer *s = signer_local_new(ks, &limits);
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct str token;
        jwt_t *jwt = NULL;
        auto_arena a = {0};
        struct err e;
        arena_init(&a, ARENA_REQUEST_MAX);
        assert_int_equal(signer_sign(s, &c, cases[i].alg, &a, &token, &e), 0);
        assert_int_equal(jwt_decode(&jwt, token.p, (const unsigned char *)cases[i].pem,
                                    (int)strlen(cases[i].pem)),
                         0);
        assert_int_equal(jwt_get_alg(jwt), cases[i].expected);
        assert_string_equal(jwt_get_grant(jwt, "sub"), "alice");
        assert_string_equal(jwt_get_grant(jwt, "nonce"), "a \"nonce\" \xe2\x82\xac");
        assert_int_equal(jwt_get_grant_int(jwt, "exp"), NOW + 600);
        char *groups = jwt_get_grants_json(jwt, "groups"), *aud = jwt_get_grants_json(jwt, "aud");
        assert_string_equal(groups, "[\"team-a\",\"team-b\"]");
        assert_string_equal(aud, "[\"kubernetes\",\"site-muc\",\"site-fra\"]");
        mem_free(groups);
        mem_free(aud);
        jwt_free(jwt);
    }
    signer_local_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reserved_name_is_known_in_every_spelling),
        cmocka_unit_test(a_reserved_name_is_signed_nowhere),
        cmocka_unit_test(what_must_not_be_signed_is_refused_with_its_reason),
        cmocka_unit_test(without_an_active_key_nothing_is_signed),
        cmocka_unit_test(new_keys_and_limits_are_followed),
        cmocka_unit_test(keys_are_swapped_under_load_without_a_bad_signature),
        cmocka_unit_test(libjwt_reads_what_we_sign),
    };

    return cmocka_run_group_tests_name("signer", tests, NULL, NULL);
}
