#include "jose/signer_local.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "jose/claims_json.h"
#include "jose/jws.h"

#define LOGOUT_LIFETIME_S \
    120 /* OpenID Connect Back-Channel Logout 2.4: preferably at most two minutes */

/* Limits as given, copied: one block, immutable. */
struct limits {
    struct str issuer;
    struct str *audiences; /* sorted */
    size_t n_audiences;
    int64_t max_lifetime_s;
    struct arena arena;
};

/* What one signature works with: swapped as a whole, freed by the last who looks at it. */
struct setting {
    atomic_uint refs;
    struct keyset *keyset;
    struct limits limits;
};

struct signer_local {
    struct signer signer;
    pthread_mutex_t lock; /* guards the pointer, never held while signing */
    struct setting *setting;
    /* one who swaps after another, so that neither undoes the other's half */
    pthread_mutex_t swapping;
};

static int compare_texts(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct setting *setting_new(struct keyset *ks, const struct signer_limits *limits)
{
    struct setting *s = MEM_NEW(struct setting);
    struct limits *own = &s->limits;

    atomic_init(&s->refs, 1);
    s->keyset = keyset_ref(ks);
    arena_init(&own->arena, ARENA_NO_MAX);
    own->issuer = arena_str(&own->arena, limits->issuer);
    own->max_lifetime_s = limits->max_lifetime_s;
    own->n_audiences = limits->n_audiences;
    own->audiences = ARENA_ARRAY(&own->arena, limits->n_audiences, struct str);
    for (size_t i = 0; i < limits->n_audiences; i++)
        own->audiences[i] = arena_str(&own->arena, limits->audiences[i]);
    if (own->n_audiences > 0)
        qsort(own->audiences, own->n_audiences, sizeof(struct str), compare_texts);
    return s;
}

static void setting_unref(struct setting *s)
{
    if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    keyset_unref(s->keyset);
    arena_fini(&s->limits.arena);
    mem_free(s);
}

static void setting_unref_at(struct setting **s)
{
    setting_unref(*s);
}
#define auto_setting __attribute__((cleanup(setting_unref_at))) struct setting

static struct setting *setting_get(struct signer_local *s)
{
    pthread_mutex_lock(&s->lock);
    struct setting *setting = s->setting;
    atomic_fetch_add_explicit(&setting->refs, 1, memory_order_relaxed);
    pthread_mutex_unlock(&s->lock);
    return setting;
}

static void setting_swap(struct signer_local *s, struct setting *fresh)
{
    pthread_mutex_lock(&s->lock);
    struct setting *old = s->setting;
    s->setting = fresh;
    pthread_mutex_unlock(&s->lock);
    setting_unref(old);
}

static int refuse(struct err *e, const char *claim, const char *why)
{
    return fail(e, ERR_BUG, "refused to sign: %s %s", claim, why);
}

/* A name that a cluster may turn into a user or a group. */
static int judge_name(const char *claim, struct str name, struct err *e)
{
    if (!str_is_utf8(name) || str_has_control(name))
        return refuse(e, claim, "is not clean text");
    if (name_is_reserved(name))
        return refuse(e, claim, "begins with system:");
    return 0;
}

/* name and email too: an API server may be told to take its user name from any of them
 * (--oidc-username-claim). */
static int judge_names(const struct claims *c, struct err *e)
{
    const struct {
        const char *claim;
        struct str text;
    } names[] = {{"sub", c->sub},
                 {"preferred_username", c->preferred_username},
                 {"name", c->name},
                 {"email", c->email}};

    if (c->sub.n == 0)
        return refuse(e, "sub", "is empty");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (judge_name(names[i].claim, names[i].text, e) < 0)
            return -1;
    return 0;
}

static int judge_groups(const struct claims *c, struct arena *a, struct err *e)
{
    if (c->n_groups > CLAIMS_LIST_MAX)
        return fail(e, ERR_BUG, "refused to sign: %zu groups; at most %d", c->n_groups,
                    CLAIMS_LIST_MAX);
    for (size_t i = 0; i < c->n_groups; i++) {
        if (c->groups[i].n == 0)
            return refuse(e, "a group", "is empty");
        if (judge_name("a group", c->groups[i], e) < 0)
            return -1;
    }
    if (c->n_groups < 2)
        return 0;
    struct str *sorted = ARENA_ARRAY(a, c->n_groups, struct str);
    if (!sorted)
        return fail(e, ERR_LIMIT, "no room to look at %zu groups", c->n_groups);
    memcpy(sorted, c->groups, c->n_groups * sizeof(*sorted));
    qsort(sorted, c->n_groups, sizeof(*sorted), compare_texts);
    for (size_t i = 1; i < c->n_groups; i++)
        if (str_eq(sorted[i - 1], sorted[i]))
            return refuse(e, "a group", "is there twice");
    return 0;
}

static int judge_audience(const struct limits *limits, const struct claims *c, struct err *e)
{
    if (!str_eq(c->iss, limits->issuer) || c->iss.n == 0)
        return refuse(e, "iss", "is not ours");
    if (c->n_aud == 0 || c->n_aud > CLAIMS_LIST_MAX)
        return refuse(e, "aud", "names nobody, or too many");
    for (size_t i = 0; i < c->n_aud; i++)
        if (limits->n_audiences == 0 || c->aud[i].n == 0 ||
            !bsearch(&c->aud[i], limits->audiences, limits->n_audiences, sizeof(struct str),
                     compare_texts))
            return fail(e, ERR_BUG, "refused to sign: unknown audience '%.*s'", STR_F(c->aud[i]));
    return 0;
}

static int judge_times(const struct limits *limits, const struct claims *c, struct err *e)
{
    int64_t most = limits->max_lifetime_s;

    if (c->type == TOKEN_LOGOUT && most > LOGOUT_LIFETIME_S)
        most = LOGOUT_LIFETIME_S;
    if (c->iat <= 0 || c->exp <= c->iat)
        return refuse(e, "exp", "does not lie behind iat");
    if (c->exp - c->iat > most)
        return fail(e, ERR_BUG, "refused to sign: a lifetime of %lld s; at most %lld s",
                    (long long)(c->exp - c->iat), (long long)most);
    return 0;
}

/* The rest must be text, or the JSON would say something else than the struct, and each type has
 * what its reader demands. */
static int judge_type(const struct claims *c, struct err *e)
{
    const struct str texts[] = {c->azp,
                                c->nonce,
                                c->at_hash,
                                c->jti,
                                c->sid,
                                c->acr,
                                c->client_id,
                                c->scope,
                                c->federated_connector_id,
                                c->federated_user_id};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!str_is_utf8(texts[i]))
            return refuse(e, "a claim", "is not UTF-8");
    switch (c->type) {
    case TOKEN_ID: return 0;
    case TOKEN_ACCESS:
        return c->client_id.n > 0 && c->jti.n > 0 ? 0 : refuse(e, "client_id or jti", "is empty");
    case TOKEN_LOGOUT:
        return c->jti.n > 0 && c->nonce.n == 0
                   ? 0
                   : refuse(e, "jti or nonce", "does not fit a logout token");
    }
    return refuse(e, "typ", "is unknown");
}

static int judge(const struct limits *limits, const struct claims *c, struct arena *a,
                 struct err *e)
{
    if (judge_type(c, e) < 0 || judge_times(limits, c, e) < 0 || judge_audience(limits, c, e) < 0)
        return -1;
    return judge_names(c, e) < 0 ? -1 : judge_groups(c, a, e);
}

static int sign(struct signer *signer, const struct claims *c, enum jose_alg alg, struct arena *a,
                struct str *ret_jws, struct err *e)
{
    auto_setting *setting = setting_get((struct signer_local *)signer);

    if (judge(&setting->limits, c, a, e) < 0)
        return -1;
    struct key *k = keyset_active(setting->keyset, alg);
    if (!k)
        return fail(e, ERR_CONFIG, "no active key for %s", jose_alg_name(alg));
    if (jws_sign(k, c, a, ret_jws, e) == 0)
        return 0;
    if (e->class == ERR_LIMIT)
        e->class =
            ERR_BUG; /* whoever builds claims keeps them small; signer.h promises this class */
    return -1;
}

static const struct signer_ops ops = {.sign = sign};

struct signer *signer_local_new(struct keyset *ks, const struct signer_limits *limits)
{
    struct signer_local *s = MEM_NEW(struct signer_local);

    s->signer.ops = &ops;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->swapping, NULL);
    s->setting = setting_new(ks, limits);
    return &s->signer;
}

void signer_local_free(struct signer *signer)
{
    struct signer_local *s = (struct signer_local *)signer;

    if (!s)
        return;
    setting_unref(s->setting);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->swapping);
    mem_free(s);
}

static struct signer_limits limits_of(const struct setting *s)
{
    return (struct signer_limits){.issuer = s->limits.issuer,
                                  .audiences = s->limits.audiences,
                                  .n_audiences = s->limits.n_audiences,
                                  .max_lifetime_s = s->limits.max_lifetime_s};
}

void signer_local_set_keyset(struct signer *signer, struct keyset *ks)
{
    struct signer_local *s = (struct signer_local *)signer;

    pthread_mutex_lock(&s->swapping);
    struct signer_limits limits = limits_of(s->setting);
    setting_swap(s, setting_new(ks, &limits));
    pthread_mutex_unlock(&s->swapping);
}

void signer_local_set_limits(struct signer *signer, const struct signer_limits *limits)
{
    struct signer_local *s = (struct signer_local *)signer;

    pthread_mutex_lock(&s->swapping);
    setting_swap(s, setting_new(s->setting->keyset, limits));
    pthread_mutex_unlock(&s->swapping);
}
