#include "gateway/oidc/person_json.h"

void person_json_write(struct json_out *j, const struct person *p)
{
    json_open_object(j);
    json_put_str(j, "connector", p->connector_id);
    json_put_str(j, "id", p->id);
    json_put_str(j, "username", p->username);
    json_put_str_opt(j, "name", p->display_name);
    json_put_str_opt(j, "mail", p->mail);
    json_key(j, "groups"); /* id, name, id, name, ... */
    json_open_array(j);
    for (size_t i = 0; i < p->n_groups; i++) {
        json_str(j, p->groups[i].id);
        json_str(j, p->groups[i].name);
    }
    json_close_array(j);
    json_close_object(j);
}

bool person_json_read(const json_t *object, struct arena *a, struct person *ret)
{
    struct person p = {.state = ACCOUNT_ACTIVE};
    struct str *texts;
    size_t n;
    if (!json_get_str(object, "connector", a, &p.connector_id) ||
        !json_get_str(object, "id", a, &p.id) ||
        !json_get_str(object, "username", a, &p.username) ||
        !json_get_strs(object, "groups", a, &texts, &n) || n % 2)
        return false;
    if (p.id.n == 0 || p.username.n == 0)
        return false;
    json_get_str(object, "name", a, &p.display_name);
    json_get_str(object, "mail", a, &p.mail);
    p.n_groups = n / 2;
    p.groups = ARENA_ARRAY(a, p.n_groups, struct person_group);
    if (p.n_groups && !p.groups)
        return false;
    for (size_t i = 0; i < p.n_groups; i++)
        p.groups[i] = (struct person_group){texts[2 * i], texts[2 * i + 1]};
    *ret = p;
    return true;
}
