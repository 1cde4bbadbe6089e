#include "policy/cli/directory_file.h"

#include "base/file.h"
#include "connectors/connector_config.h"

#define FILE_MAX ((size_t)256 << 20)

int directory_read_file(const char *path, struct arena *a, struct policy_directory *ret,
                        struct err *e)
{
    auto_buf text = BUF_INIT(FILE_MAX);
    if (file_read(path, FILE_MAX, &text, e) < 0)
        return -1;
    if (directory_read_json(arena_str(a, buf_str(&text)), a, ret, e) < 0)
        return fail_within(e, "%s", path);
    return 0;
}

int directory_save(const struct policy_directory *d, const char *path, struct err *e)
{
    auto_buf text = BUF_INIT(FILE_MAX);
    directory_write_json(d, &text);
    if (buf_failed(&text))
        return fail(e, ERR_LIMIT, "%s: too large", path);
    return file_replace(path, 0600, buf_str(&text), e);
}

/* --- from the directory itself */

static void connector_free_at(struct connector **c)
{
    if (*c)
        (*c)->ops->free(*c);
}

static int first_mistake(const char *path, const struct diags *d, struct err *e)
{
    if (d->n == 0)
        return fail(e, ERR_CONFIG, "%s: not readable", path);
    return fail(e, ERR_CONFIG, "%s:%u:%u: %.*s", path, d->items[0].pos.line, d->items[0].pos.column,
                STR_F(d->items[0].message));
}

static int read_configs(const char *path, struct arena *a, struct connector_configs *ret,
                        struct err *e)
{
    auto_buf text = BUF_INIT((size_t)1 << 20);
    if (file_read(path, (size_t)1 << 20, &text, e) < 0)
        return -1;
    struct source *source = ARENA_NEW(a, struct source);
    if (!source)
        return fail(e, ERR_LIMIT, "%s: too large", path);
    *source = (struct source){path, arena_str(a, buf_str(&text))};
    struct diags d;
    diags_init(&d, a);
    struct yaml_limits limits = YAML_LIMITS_DEFAULT;
    const struct yaml *top = yaml_read(a, source, &limits, &d);
    const struct yaml *list = top ? yaml_get(top, STR("connectors")) : NULL;
    if (top && !list)
        return fail(e, ERR_CONFIG, "%s: there is no 'connectors:'", path);
    if (!list || !connector_configs_read(list, a, &d, ret))
        return first_mistake(path, &d, e);
    return 0;
}

/* The people and groups of one connector. */
static int read_one(const struct connector_config *config, const struct directory_source *source,
                    struct arena *a, struct directory *ret, struct err *e)
{
    __attribute__((cleanup(connector_free_at))) struct connector *c = NULL;
    if (connector_open(config, source->clock, &c, e) < 0)
        return -1;
    if (c->ops->read_all(c, a, clock_monotonic_ms(source->clock) + source->timeout_ms, ret, e) < 0)
        return fail_within(e, "connector %.*s", STR_F(config->id));
    return 0;
}

static bool copy_person(const struct person *from, struct arena *a, struct policy_person *to)
{
    struct str *ids = ARENA_ARRAY(a, from->n_groups + 1, struct str);
    if (!ids)
        return false;
    for (size_t i = 0; i < from->n_groups; i++)
        ids[i] = from->groups[i].id;
    *to = (struct policy_person){from->username, {ids, from->n_groups}};
    return true;
}

/* All parts behind each other, as the policy sees them. */
static int join(const struct directory *parts, size_t n, struct arena *a,
                struct policy_directory *ret, struct err *e)
{
    size_t n_people = 0, n_groups = 0, p = 0, g = 0;
    for (size_t i = 0; i < n; i++) {
        n_people += parts[i].n_people;
        n_groups += parts[i].n_groups;
    }
    struct policy_person *people = ARENA_ARRAY(a, n_people + 1, struct policy_person);
    struct policy_group *groups = ARENA_ARRAY(a, n_groups + 1, struct policy_group);
    bool fits = people && groups;
    for (size_t i = 0; fits && i < n; i++) {
        for (size_t k = 0; fits && k < parts[i].n_people; k++)
            fits = copy_person(&parts[i].people[k], a, &people[p++]);
        for (size_t k = 0; k < parts[i].n_groups; k++)
            groups[g++] = (struct policy_group){parts[i].groups[k].id, parts[i].groups[k].name};
    }
    if (!fits)
        return fail(e, ERR_LIMIT, "the directory is too large");
    *ret = (struct policy_directory){people, n_people, groups, n_groups, 0};
    return 0;
}

int directory_read_live(const struct directory_source *source, struct arena *a,
                        struct policy_directory *ret, struct err *e)
{
    struct connector_configs configs = {0};
    if (read_configs(source->config, a, &configs, e) < 0)
        return -1;
    struct directory *parts = ARENA_ARRAY(a, configs.n, struct directory);
    for (size_t i = 0; i < configs.n; i++)
        if (read_one(&configs.items[i], source, a, &parts[i], e) < 0)
            return -1;
    int64_t now_ms = clock_now_ms(source->clock);
    if (join(parts, configs.n, a, ret, e) < 0)
        return -1;
    ret->read_ms = now_ms;
    return 0;
}
