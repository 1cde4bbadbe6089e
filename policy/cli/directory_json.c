#include "base/json.h"
#include "policy/cli/directory_file.h"

#define JSON_MAX ((size_t)256 << 20)

static int read_person(const json_t *j, struct arena *a, struct policy_person *ret, struct err *e)
{
    struct str *groups = NULL;
    size_t n = 0;
    if (!json_get_str(j, "username", a, &ret->username) || ret->username.n == 0)
        return fail(e, ERR_INPUT, "people: a person without username");
    if (!json_get_strs(j, "groups", a, &groups, &n))
        return fail(e, ERR_INPUT, "people: %.*s: groups is not a list of texts",
                    STR_F(ret->username));
    ret->group_ids = (struct strs){groups, n};
    return 0;
}

int directory_read_json(struct str text, struct arena *a, struct policy_directory *ret,
                        struct err *e)
{
    auto_json *j = json_read(text, JSON_MAX, e);
    if (!j)
        return -1;
    const json_t *people = json_object_get(j, "people"), *groups = json_object_get(j, "groups"),
                 *item;
    if (!json_is_array(people) || !json_is_array(groups))
        return fail(e, ERR_INPUT, "not a saved directory: people and groups are lists");
    struct policy_person *p = ARENA_ARRAY(a, json_array_size(people) + 1, struct policy_person);
    struct policy_group *g = ARENA_ARRAY(a, json_array_size(groups) + 1, struct policy_group);
    if (!p || !g)
        return fail(e, ERR_LIMIT, "the directory is too large");
    size_t i;
    json_array_foreach(people, i, item)
    {
        if (read_person(item, a, &p[i], e) < 0)
            return -1;
    }
    json_array_foreach(groups, i, item)
    {
        if (!json_get_str(item, "id", a, &g[i].id) || !json_get_str(item, "name", a, &g[i].name))
            return fail(e, ERR_INPUT, "groups: a group without id or name");
    }
    struct str read = STR_NONE;
    int64_t read_ms = 0;
    if (json_get_str(j, "read", a, &read) && !time_parse(read, &read_ms))
        return fail(e, ERR_INPUT, "read: '%.*s' is no time", STR_F(read));
    *ret =
        (struct policy_directory){p, json_array_size(people), g, json_array_size(groups), read_ms};
    return 0;
}

void directory_write_json(const struct policy_directory *d, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    if (d->read_ms) {
        auto_buf read = BUF_INIT(64);
        time_format(&read, d->read_ms, false);
        json_put_str(&j, "read", buf_str(&read));
    }
    json_key(&j, "people");
    json_open_array(&j);
    for (size_t i = 0; i < d->n_people; i++) {
        buf_char(out, '\n');
        json_open_object(&j);
        json_put_str(&j, "username", d->people[i].username);
        json_put_strs(&j, "groups", d->people[i].group_ids.items, d->people[i].group_ids.n);
        json_close_object(&j);
    }
    json_close_array(&j);
    json_key(&j, "groups");
    json_open_array(&j);
    for (size_t i = 0; i < d->n_groups; i++) {
        buf_char(out, '\n');
        json_open_object(&j);
        json_put_str(&j, "id", d->groups[i].id);
        json_put_str(&j, "name", d->groups[i].name);
        json_close_object(&j);
    }
    json_close_array(&j);
    json_close_object(&j);
    buf_char(out, '\n');
}
