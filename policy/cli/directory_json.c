#include "base/json.h"
#include "base/json_scan.h"
#include "policy/cli/directory_file.h"

#define JSON_MAX ((size_t)256 << 20)

struct reader {
    struct json_scan scan;
    struct arena growing; /* of the lists, until it is known how long they are */
    struct {
        struct policy_person *items;
        size_t n, cap;
    } people;
    struct {
        struct policy_group *items;
        size_t n, cap;
    } groups;
    bool has_people, has_groups;
    struct str read;
};

static int too_large(struct json_scan *s)
{
    return json_scan_refuse(s, ERR_LIMIT, "the directory is too large");
}

static int read_person(struct json_scan *s, struct policy_person *ret)
{
    struct str key, *groups = NULL;
    bool listed = false;
    size_t n = 0;
    for (bool in = json_scan_object(s); in && json_scan_member(s, &key);)
        if (str_is(key, "username"))
            (void)json_scan_str(s, &ret->username);
        else if (str_is(key, "groups"))
            listed = json_scan_strs(s, &groups, &n);
    if (ret->username.n == 0)
        return json_scan_refuse(s, ERR_INPUT, "people: a person without username");
    if (!listed)
        return json_scan_refuse(s, ERR_INPUT, "people: %.*s: groups is not a list of texts",
                                STR_F(ret->username));
    ret->group_ids = (struct strs){groups, n};
    return 0;
}

static int read_group(struct json_scan *s, struct policy_group *ret)
{
    struct str key;
    for (bool in = json_scan_object(s); in && json_scan_member(s, &key);)
        if (str_is(key, "id"))
            (void)json_scan_str(s, &ret->id);
        else if (str_is(key, "name"))
            (void)json_scan_str(s, &ret->name);
    if (!ret->id.p || !ret->name.p)
        return json_scan_refuse(s, ERR_INPUT, "groups: a group without id or name");
    return 0;
}

static int read_people(struct reader *r)
{
    r->has_people = json_scan_array(&r->scan);
    while (r->has_people && json_scan_item(&r->scan)) {
        struct policy_person *person = ARENA_PUSH(&r->growing, &r->people);
        if (!person)
            return too_large(&r->scan);
        if (read_person(&r->scan, person) < 0)
            return -1;
    }
    return r->scan.failed ? -1 : 0;
}

static int read_groups(struct reader *r)
{
    r->has_groups = json_scan_array(&r->scan);
    while (r->has_groups && json_scan_item(&r->scan)) {
        struct policy_group *group = ARENA_PUSH(&r->growing, &r->groups);
        if (!group)
            return too_large(&r->scan);
        if (read_group(&r->scan, group) < 0)
            return -1;
    }
    return r->scan.failed ? -1 : 0;
}

static int read_all(struct reader *r)
{
    struct json_scan *s = &r->scan;
    struct str key;
    for (bool in = json_scan_object(s); in && json_scan_member(s, &key);) {
        if ((str_is(key, "people") && read_people(r) < 0) ||
            (str_is(key, "groups") && read_groups(r) < 0))
            return -1;
        if (str_is(key, "read"))
            (void)json_scan_str(s, &r->read);
    }
    if (json_scan_end(s) < 0)
        return -1;
    if (!r->has_people || !r->has_groups)
        return json_scan_refuse(s, ERR_INPUT, "not a saved directory: people and groups are lists");
    return 0;
}

static void reader_fini(struct reader *r)
{
    arena_fini(&r->growing);
}

int directory_read_json(struct str text, struct arena *a, struct policy_directory *ret,
                        struct err *e)
{
    __attribute__((cleanup(reader_fini))) struct reader r = {0};
    int64_t read_ms = 0;
    arena_init(&r.growing, ARENA_NO_MAX);
    json_scan_init(&r.scan, text, JSON_MAX, a, e);
    if (read_all(&r) < 0)
        return -1;
    if (r.read.p && !time_parse(r.read, &read_ms))
        return fail(e, ERR_INPUT, "read: '%.*s' is no time", STR_F(r.read));
    struct policy_person *people = ARENA_ARRAY(a, r.people.n + 1, struct policy_person);
    struct policy_group *groups = ARENA_ARRAY(a, r.groups.n + 1, struct policy_group);
    if (!people || !groups)
        return too_large(&r.scan);
    if (r.people.n)
        memcpy(people, r.people.items, r.people.n * sizeof(*people));
    if (r.groups.n)
        memcpy(groups, r.groups.items, r.groups.n * sizeof(*groups));
    *ret = (struct policy_directory){people, r.people.n, groups, r.groups.n, read_ms};
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
