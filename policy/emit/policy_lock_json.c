/* lotse.lock as JSON. */
#include "base/json.h"
#include "policy/emit/policy_lock.h"

#define LOCK_MAX ((size_t)16 << 20)

void policy_lock_write(const struct policy_lock *lock, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_i64(&j, "lotse", 1);
    json_put_str(&j, "policy", lock->policy);
    json_put_str_opt(&j, "directory", lock->directory);
    json_put_i64(&j, "people", lock->n_people);
    json_put_i64(&j, "groups", lock->n_groups);
    json_key(&j, "teams");
    json_open_array(&j);
    for (size_t i = 0; i < lock->n_teams; i++) {
        json_open_object(&j);
        json_put_str(&j, "name", lock->teams[i].name);
        json_put_i64(&j, "people", lock->teams[i].n_people);
        json_close_object(&j);
    }
    json_close_array(&j);
    json_close_object(&j);
    buf_char(out, '\n');
}

static int read_teams(const json_t *teams, struct arena *a, struct policy_lock *lock, struct err *e)
{
    if (!json_is_array(teams))
        return fail(e, ERR_INPUT, "lotse.lock: teams is not a list");
    lock->n_teams = json_array_size(teams);
    lock->teams = ARENA_ARRAY(a, lock->n_teams, struct policy_lock_count);
    for (size_t i = 0; i < lock->n_teams; i++) {
        const json_t *team = json_array_get(teams, i);
        if (!json_get_str(team, "name", a, &lock->teams[i].name) ||
            !json_get_i64(team, "people", &lock->teams[i].n_people) || lock->teams[i].n_people < 0)
            return fail(e, ERR_INPUT, "lotse.lock: team %zu has no name or no number of people", i);
    }
    return 0;
}

int policy_lock_read(struct str text, struct arena *a, struct policy_lock *ret_lock, struct err *e)
{
    struct policy_lock lock = {0};
    int64_t version = 0;
    auto_json *root = json_read(text, LOCK_MAX, e);
    if (!root)
        return fail_within(e, "lotse.lock");
    if (!json_get_i64(root, "lotse", &version) || version != 1)
        return fail(e, ERR_INPUT, "lotse.lock: not a lock file of this version");
    if (!json_get_str(root, "policy", a, &lock.policy) ||
        !json_get_i64(root, "people", &lock.n_people) ||
        !json_get_i64(root, "groups", &lock.n_groups) || lock.n_people < 0 || lock.n_groups < 0)
        return fail(e, ERR_INPUT, "lotse.lock: policy, people or groups is missing");
    json_get_str(root, "directory", a, &lock.directory);
    if (read_teams(json_object_get(root, "teams"), a, &lock, e) < 0)
        return -1;
    *ret_lock = lock;
    return 0;
}
