#include "gateway/oidc/throttle.h"

#include <arpa/inet.h>
#include <pthread.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"

#define SETS 512
#define WAYS 4

#define ACCOUNT_FREE      5
#define ACCOUNT_WAIT_MS   60000
#define ACCOUNT_FORGET_MS 900000
#define PEER_FREE         50
#define PEER_REFILL_MS    2000
#define PASSWORD_FIRST_MS 60000
#define PASSWORD_MS       600000
#define NAME_MAX_BYTES    8192 /* 256 bytes typed; one code point may become 18 */

struct slot {
    struct throttle_key key;
    int64_t used_ms;    /* 0: empty */
    int64_t blocked_ms; /* account: nothing before */
    int64_t failures;
    struct throttle_key person; /* alias: who is meant */
};
struct table {
    struct slot slots[SETS][WAYS];
};
struct login_throttle {
    pthread_mutex_t lock;
    char secret[32]; /* nobody can choose names that fall into one set, or read passwords from a
                        core */
    struct table accounts, peers, passwords, aliases;
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

static int64_t weight(const struct slot *s, int64_t now_ms)
{
    bool forgotten = !s->used_ms || now_ms - s->used_ms > ACCOUNT_FORGET_MS;
    return forgotten ? 0 : s->failures;
}

/* The slot of this key; a missing one takes, when `make`, the place with the fewest failures, of
 * these the oldest: a flood of new names does not wash away what an account has used up. */
static struct slot *slot_of(struct table *table, const struct throttle_key *key, bool make,
                            int64_t now_ms)
{
    struct slot *set = table->slots[(key->bytes[0] | key->bytes[1] << 8) % SETS], *least = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].used_ms && memcmp(set[i].key.bytes, key->bytes, sizeof(key->bytes)) == 0)
            return &set[i];
        int64_t more = weight(&set[i], now_ms) - weight(least, now_ms);
        if (more < 0 || (more == 0 && set[i].used_ms < least->used_ms))
            least = &set[i];
    }
    if (!make)
        return NULL;
    *least = (struct slot){.key = *key, .used_ms = now_ms};
    return least;
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
    if (account && now_ms - account->used_ms > ACCOUNT_FORGET_MS)
        account->failures = account->blocked_ms = 0;
    int64_t refilled = peer ? (now_ms - peer->used_ms) / PEER_REFILL_MS : 0;
    if (refilled > 0) {
        peer->failures = peer->failures > refilled ? peer->failures - refilled : 0;
        peer->used_ms = now_ms;
    }
}

static bool is_known_wrong(const struct slot *password, int64_t now_ms)
{
    if (!password)
        return false;
    return now_ms - password->used_ms < (password->failures > 1 ? PASSWORD_MS : PASSWORD_FIRST_MS);
}

static void count(struct slot *account, int64_t now_ms)
{
    account->failures++;
    account->used_ms = now_ms;
    account->blocked_ms = now_ms + wait_after(account->failures);
}

/* Time 0 marks an empty slot. */
static int64_t mark_time(int64_t now_ms)
{
    return now_ms > 0 ? now_ms : 1;
}

/* One household of IPv6 has a /64: 2^64 addresses are one peer. */
static struct str peer_network(struct str peer, struct in6_addr *network)
{
    char text[INET6_ADDRSTRLEN];
    if (!str_has(peer, ':') || peer.n >= sizeof(text))
        return peer;
    memcpy(text, peer.p, peer.n);
    text[peer.n] = 0;
    if (inet_pton(AF_INET6, text, network) != 1)
        return peer;
    return (struct str){(const char *)network, 8};
}

static enum throttle_verdict judge(struct login_throttle *t, const struct throttle_try *try,
                                   int64_t now)
{
    struct slot *account = slot_of(&t->accounts, &try->account, false, now);
    struct slot *peer = slot_of(&t->peers, &try->peer, false, now);
    forgive_with_time(account, peer, now);
    if (is_known_wrong(slot_of(&t->passwords, &try->password, false, now), now))
        return THROTTLE_KNOWN_WRONG;
    if ((account && now < account->blocked_ms) || (peer && peer->failures >= PEER_FREE))
        return THROTTLE_WAIT;
    count(slot_of(&t->accounts, &try->account, true, now), now);
    slot_of(&t->peers, &try->peer, true, now)->failures++;
    return THROTTLE_GO;
}

enum throttle_verdict login_throttle_begin(struct login_throttle *t,
                                           const struct throttle_login *login, int64_t now_ms,
                                           struct throttle_try *ret_try)
{
    auto_buf name = BUF_INIT(NAME_MAX_BYTES);
    struct in6_addr network;
    struct str peer = peer_network(login->peer, &network);
    throttle_name_fold(login->name, &name);
    const struct str parts[] = {login->connector_id, buf_str(&name), login->password};
    struct throttle_try try = {
        .account = key_of(t, STR("account"), parts, 2),
        .password = key_of(t, STR("password"), parts, 3),
        .peer = key_of(t, STR("peer"), &peer, 1),
    };
    int64_t now = mark_time(now_ms);
    pthread_mutex_lock(&t->lock);
    const struct slot *alias = slot_of(&t->aliases, &try.account, false, now);
    try.typed = try.account;
    if (alias && now - alias->used_ms <= ACCOUNT_FORGET_MS) /* names change hands */
        try.account = alias->person;
    enum throttle_verdict verdict = judge(t, &try, now);
    pthread_mutex_unlock(&t->lock);
    *ret_try = try;
    return verdict;
}

static bool same_key(const struct throttle_key *a, const struct throttle_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* From now on this typed name counts as the person it is a name of, and so does this try. */
static void learn_alias(struct login_throttle *t, const struct throttle_try *try,
                        const struct throttle_key *person, int64_t now)
{
    struct slot *alias = slot_of(&t->aliases, &try->typed, true, now);
    alias->person = *person;
    alias->used_ms = now;
    if (!same_key(&try->account, person))
        count(slot_of(&t->accounts, person, true, now), now);
}

static void wrong(struct login_throttle *t, const struct throttle_try *try,
                  const struct throttle_key *person, int64_t now)
{
    struct slot *password = slot_of(&t->passwords, &try->password, true, now);
    if (now - password->used_ms > ACCOUNT_FORGET_MS)
        password->failures = 0;
    password->failures++;
    password->used_ms = now;
    if (person)
        learn_alias(t, try, person, now);
}

static void clear(struct slot *account)
{
    if (account)
        account->failures = account->blocked_ms = 0;
}

/* The failure counted at the beginning was none. */
static void forgive(struct login_throttle *t, const struct throttle_try *try,
                    enum throttle_result result, int64_t now)
{
    struct slot *account = slot_of(&t->accounts, &try->account, false, now);
    struct slot *peer = slot_of(&t->peers, &try->peer, false, now);
    if (result == THROTTLE_RIGHT)
        clear(account);
    else if (account && account->failures > 0) /* a directory that is down is nobody's failure */
        account->blocked_ms = now + wait_after(--account->failures) / 2;
    if (peer && peer->failures > 0)
        peer->failures--;
}

void login_throttle_end(struct login_throttle *t, const struct throttle_try *try,
                        const struct throttle_end *end, int64_t now_ms)
{
    int64_t now = mark_time(now_ms);
    const struct str parts[] = {end->connector_id, end->person_id};
    const struct throttle_key person = key_of(t, STR("person"), parts, 2);
    pthread_mutex_lock(&t->lock);
    switch (end->result) {
    case THROTTLE_WRONG: wrong(t, try, end->person_id.n ? &person : NULL, now); break;
    case THROTTLE_COUNTED: break;
    case THROTTLE_RIGHT:
        clear(slot_of(&t->accounts, &person, false, now));
        forgive(t, try, end->result, now);
        break;
    case THROTTLE_NEITHER: forgive(t, try, end->result, now); break;
    }
    pthread_mutex_unlock(&t->lock);
}
