/* lotse.lock: what the policy that was applied last was made from; and the guard that compares it
 * with now. */
#include <stdlib.h>

#include "base/hash.h"
#include "policy/emit/policy_lock.h"
#include "policy/resolve/resolved.h"

#define TEAM_MIN 3 /* a team of two may well become empty */

static struct str hash_text(struct arena *a, const struct str *parts, size_t n)
{
    struct sha256 hash = sha256_of_parts(parts, n);
    auto_buf text = BUF_INIT((size_t)128);
    buf_lit(&text, "sha256:");
    buf_hex(&text, (struct str){(const char *)hash.bytes, sizeof(hash.bytes)});
    return arena_str(a, buf_str(&text));
}

static int person_order(const void *a, const void *b)
{
    return str_cmp((*(const struct policy_person *const *)a)->username,
                   (*(const struct policy_person *const *)b)->username);
}

/* Over people and their groups, each sorted: the order of the answer does not count. */
static struct str hash_directory(const struct policy_directory *directory, struct arena *a)
{
    struct {
        struct str *items;
        size_t n, cap;
    } parts = {0};
    const struct policy_person **people =
        ARENA_ARRAY(a, directory->n_people, const struct policy_person *);
    for (size_t i = 0; i < directory->n_people; i++)
        people[i] = &directory->people[i];
    if (directory->n_people > 1)
        qsort(people, directory->n_people, sizeof(*people), person_order);
    for (size_t i = 0; i < directory->n_people; i++) {
        struct strs groups = strs_sorted(a, people[i]->group_ids);
        *ARENA_PUSH(a, &parts) = people[i]->username;
        *ARENA_PUSH(a, &parts) = strs_join(a, groups, '\n');
    }
    return hash_text(a, parts.items, parts.n);
}

static int count_order(const void *a, const void *b)
{
    return str_cmp(((const struct policy_lock_count *)a)->name,
                   ((const struct policy_lock_count *)b)->name);
}

void policy_lock_make(const struct policy *p, int64_t now_ms, struct arena *a,
                      struct policy_lock *ret_lock)
{
    struct str *texts = ARENA_ARRAY(a, p->tree->n_sources, struct str);
    for (size_t i = 0; i < p->tree->n_sources; i++)
        texts[i] = p->tree->sources[i]->text;
    struct policy_lock lock = {.policy = hash_text(a, texts, p->tree->n_sources)};
    lock.n_teams = p->tree->teams.n;
    lock.teams = ARENA_ARRAY(a, lock.n_teams, struct policy_lock_count);
    for (size_t i = 0; i < lock.n_teams; i++)
        lock.teams[i] = (struct policy_lock_count){p->tree->teams.items[i].name.text,
                                                   (int64_t)policy_team_members(p, i, now_ms, a).n};
    if (lock.n_teams > 1)
        qsort(lock.teams, lock.n_teams, sizeof(*lock.teams), count_order);
    if (p->in->directory) {
        lock.directory = hash_directory(p->in->directory, a);
        lock.n_people = (int64_t)p->in->directory->n_people;
        lock.n_groups = (int64_t)p->in->directory->n_groups;
    }
    *ret_lock = lock;
}

/* --- the guard */

static bool shrank(int64_t before, int64_t now, int64_t percent)
{
    return now < before && (before - now) * 100 > before * percent;
}

static int64_t people_of(const struct policy_lock *lock, struct str team)
{
    for (size_t i = 0; i < lock->n_teams; i++)
        if (str_eq(lock->teams[i].name, team))
            return lock->teams[i].n_people;
    return -1; /* no longer in the policy: that is a decision, not a shrunken answer */
}

int policy_drop_guard(const struct policy_lock *last, const struct policy_lock *now,
                      int64_t percent, struct err *e)
{
    static const char how[] = "if that is right, apply once with --allow-shrink";
    if (now->n_people == 0 || now->n_groups == 0)
        return fail(e, ERR_BACKEND,
                    "the directory answered %lld people and %lld groups: nothing is applied",
                    (long long)now->n_people, (long long)now->n_groups);
    if (!last)
        return 0;
    if (shrank(last->n_people, now->n_people, percent))
        return fail(e, ERR_BACKEND,
                    "the directory shrank from %lld to %lld people, more than %lld%%: nothing is "
                    "applied; %s",
                    (long long)last->n_people, (long long)now->n_people, (long long)percent, how);
    if (shrank(last->n_groups, now->n_groups, percent))
        return fail(e, ERR_BACKEND,
                    "the directory shrank from %lld to %lld groups, more than %lld%%: nothing is "
                    "applied; %s",
                    (long long)last->n_groups, (long long)now->n_groups, (long long)percent, how);
    for (size_t i = 0; i < last->n_teams; i++)
        if (last->teams[i].n_people >= TEAM_MIN && people_of(now, last->teams[i].name) == 0 &&
            percent < 100)
            return fail(e, ERR_BACKEND,
                        "team '%.*s' lost all of its %lld people: nothing is applied; %s",
                        STR_F(last->teams[i].name), (long long)last->teams[i].n_people, how);
    return 0;
}
