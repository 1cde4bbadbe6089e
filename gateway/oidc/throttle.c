#include "gateway/oidc/throttle.h"

#include <ctype.h>
#include <pthread.h>

#include "base/hash.h"
#include "base/mem.h"

#define SETS 512
#define WAYS 4 /* of 4 with the same hash the one unused longest goes */

#define ACCOUNT_FREE      5
#define ACCOUNT_WAIT_MS   60000
#define ACCOUNT_FORGET_MS 900000
#define PEER_FREE         50
#define PEER_REFILL_MS    2000
#define PASSWORD_MS       600000
#define NAME_MAX_BYTES    256

struct slot {
    struct throttle_key key;
    int64_t used_ms;    /* 0: empty */
    int64_t blocked_ms; /* account: nothing before */
    int64_t failures;
};
struct table {
    struct slot slots[SETS][WAYS];
};
struct login_throttle {
    pthread_mutex_t lock;
    char secret[32]; /* nobody can choose names that fall into one set, or read passwords from a
                        core */
    struct table accounts, peers, passwords;
};

struct login_throttle *login_throttle_new(const struct random *random)
{
    struct login_throttle *t = MEM_NEW(struct login_throttle);
    pthread_mutex_init(&t->lock, NULL);
    random_fill(random, t->secret, sizeof(t->secret));
    return t;
}

void login_throttle_free(struct login_throttle *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    bytes_wipe(t->secret, sizeof(t->secret));
    mem_free(t);
}

static struct throttle_key key_of(const struct login_throttle *t, struct str kind,
                                  const struct str *parts, size_t n)
{
    struct str all[5] = {{t->secret, sizeof(t->secret)}, kind};
    struct throttle_key key;
    for (size_t i = 0; i < n; i++)
        all[2 + i] = parts[i];
    struct sha256 hash = sha256_of_parts(all, 2 + n);
    memcpy(key.bytes, hash.bytes, sizeof(key.bytes));
    return key;
}

/* The slot of this key; a missing one takes an empty or the oldest place when `make`, else NULL. */
static struct slot *slot_of(struct table *table, const struct throttle_key *key, bool make,
                            int64_t now_ms)
{
    struct slot *set = table->slots[(key->bytes[0] | key->bytes[1] << 8) % SETS], *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].used_ms && memcmp(set[i].key.bytes, key->bytes, sizeof(key->bytes)) == 0)
            return &set[i];
        if (set[i].used_ms < oldest->used_ms)
            oldest = &set[i];
    }
    if (!make)
        return NULL;
    *oldest = (struct slot){.key = *key, .used_ms = now_ms};
    return oldest;
}

static int64_t wait_after(int64_t failures)
{
    int64_t over = failures - ACCOUNT_FREE;
    if (over < 1)
        return 0;
    int64_t wait = over > 6 ? ACCOUNT_WAIT_MS : (int64_t)1000 << (over - 1);
    return wait < ACCOUNT_WAIT_MS ? wait : ACCOUNT_WAIT_MS;
}

static void forgive_with_time(struct slot *account, struct slot *peer, int64_t now_ms)
{
    if (now_ms - account->used_ms > ACCOUNT_FORGET_MS)
        account->failures = account->blocked_ms = 0;
    int64_t refilled = (now_ms - peer->used_ms) / PEER_REFILL_MS;
    if (refilled > 0) {
        peer->failures = peer->failures > refilled ? peer->failures - refilled : 0;
        peer->used_ms = now_ms;
    }
}

/* Time 0 marks an empty slot. */
static int64_t mark_time(int64_t now_ms)
{
    return now_ms > 0 ? now_ms : 1;
}

enum throttle_verdict login_throttle_begin(struct login_throttle *t,
                                           const struct throttle_login *login, int64_t now_ms,
                                           struct throttle_try *ret_try)
{
    char lower[NAME_MAX_BYTES];
    struct str name = {lower, login->name.n < sizeof(lower) ? login->name.n : sizeof(lower)};
    for (size_t i = 0; i < name.n;
         i++) /* directories compare names without case: one account, one counter */
        lower[i] = (char)tolower((unsigned char)login->name.p[i]);
    const struct str account_parts[] = {login->connector_id, name, login->password};
    struct throttle_try try = {
        .account = key_of(t, STR("account"), account_parts, 2),
        .password = key_of(t, STR("password"), account_parts, 3),
        .peer = key_of(t, STR("peer"), &login->peer, 1),
    };
    enum throttle_verdict verdict = THROTTLE_GO;
    int64_t now = mark_time(now_ms);
    pthread_mutex_lock(&t->lock);
    struct slot *wrong = slot_of(&t->passwords, &try.password, false, now);
    struct slot *account = slot_of(&t->accounts, &try.account, true, now),
                *peer = slot_of(&t->peers, &try.peer, true, now);
    forgive_with_time(account, peer, now);
    if (wrong && now - wrong->used_ms < PASSWORD_MS) {
        verdict = THROTTLE_KNOWN_WRONG;
    } else if (now < account->blocked_ms || peer->failures >= PEER_FREE) {
        verdict = THROTTLE_WAIT;
    } else {
        account->failures++;
        account->used_ms = now;
        account->blocked_ms = now + wait_after(account->failures);
        peer->failures++;
    }
    pthread_mutex_unlock(&t->lock);
    *ret_try = try;
    return verdict;
}

void login_throttle_end(struct login_throttle *t, const struct throttle_try *try,
                        enum throttle_result result, int64_t now_ms)
{
    int64_t now = mark_time(now_ms);
    if (result == THROTTLE_WRONG) {
        pthread_mutex_lock(&t->lock);
        slot_of(&t->passwords, &try->password, true, now)->used_ms = now;
        pthread_mutex_unlock(&t->lock);
        return;
    }
    pthread_mutex_lock(&t->lock);
    struct slot *account = slot_of(&t->accounts, &try->account, false, now);
    struct slot *peer = slot_of(&t->peers, &try->peer, false, now);
    if (account && result == THROTTLE_RIGHT)
        account->failures = account->blocked_ms = 0;
    if (account && result == THROTTLE_NEITHER && account->failures > 0)
        account->blocked_ms =
            now + wait_after(--account->failures) /
                      2; /* a directory that is down is no failure of a person's */
    if (peer && peer->failures > 0)
        peer->failures--;
    pthread_mutex_unlock(&t->lock);
}
