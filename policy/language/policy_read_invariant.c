/*
 * The grammars of never and always:
 *
 *     who  = "any" [SP "except" SP item *("," item)] / "team" SP team / "each team" / "one person"
 *            / username
 *     item = [("team" / "role" / "ci") SP] name
 *     duty = "*" / "approve" SP request / permission [SP "in" SP space]
 */
#include "policy/language/policy_reader.h"

static void wrong_who(struct reader *r, const struct yaml *y, struct str part)
{
    diag_error(r->d, part.n ? read_place(y, part) : y->pos, "'%.*s' does not say who",
               STR_F(part.n ? part : y->text));
    diag_hint(r->d, "any, any except A, B, team T, each team, one person, or a username");
}

/* "shop", "team shop" */
static bool is_item(struct str part)
{
    struct str kind, name;
    if (!str_split(part, ' ', &kind, &name))
        return part.n > 0;
    return (str_is(kind, "team") || str_is(kind, "role") || str_is(kind, "ci")) &&
           !str_has(str_trim(name), ' ');
}

/* "a, b,c" */
static void read_except(struct reader *r, struct cursor *c, struct policy_who *out)
{
    struct str rest = str_trim(c->rest), part;
    if (rest.n == 0) {
        diag_error(r->d, c->y->pos, "except whom? \"ci\", or names of teams, roles, ci entries");
        return;
    }
    while (str_next(&rest, ',', &part)) {
        part = str_trim(part);
        if (part.n == 0)
            diag_error(r->d, c->y->pos, "an empty name between commas");
        else if (!is_item(part))
            diag_error(r->d, read_place(c->y, part),
                       "'%.*s' is not a name: separate them by commas", STR_F(part));
        else
            *ARENA_PUSH(r->arena, &out->except) = (struct word){part, read_place(c->y, part)};
    }
}

static bool read_two(struct cursor *c, const char *second)
{
    return str_is(read_token(c), second) && read_token(c).n == 0;
}

void read_who(struct reader *r, const struct yaml *y, struct policy_who *out)
{
    struct word all;
    out->pos = y->pos;
    if (!read_text(r, y, &all))
        return;
    struct cursor c = {y, y->text};
    struct str first = read_token(&c), name;
    if (str_is(first, "any")) {
        struct str keyword = read_token(&c);
        out->kind = WHO_ANY;
        if (str_is(keyword, "except"))
            read_except(r, &c, out);
        else if (keyword.n > 0)
            wrong_who(r, y, keyword);
        return;
    }
    if (str_is(first, "team")) {
        out->kind = WHO_TEAM;
        name = read_token(&c);
        out->name = (struct word){name, read_place(y, name)};
        if (name.n == 0 || read_token(&c).n > 0)
            wrong_who(r, y, STR_NONE);
        return;
    }
    if (str_is(first, "each") || str_is(first, "one")) {
        out->kind = str_is(first, "one") ? WHO_ONE_PERSON : WHO_EACH_TEAM;
        if (!read_two(&c, str_is(first, "one") ? "person" : "team"))
            wrong_who(r, y, STR_NONE);
        return;
    }
    out->kind = WHO_PERSON;
    out->name = all;
    if (!is_username(all.text))
        wrong_who(r, y, STR_NONE);
}

/* Kubernetes has a verb `approve`, too: its resource has a '/', the name of a request has none. */
static bool is_approval(const struct yaml *y, struct str *ret_request)
{
    struct cursor c = {y, y->text};
    struct str verb = read_token(&c), request = read_token(&c);
    *ret_request = request;
    return str_is(verb, "approve") && request.n > 0 && !str_has(request, '/') &&
           read_token(&c).n == 0;
}

static void read_duty(struct reader *r, const struct yaml *y, struct policy_duties *out)
{
    struct policy_duty duty = {.pos = y->pos};
    struct str request;
    size_t before = r->d->n_errors;
    if (y->kind == YAML_SCALAR && str_is(y->text, "*"))
        duty.everything = true;
    else if (y->kind == YAML_SCALAR && is_approval(y, &request))
        duty.approve = (struct word){request, read_place(y, request)};
    else
        read_permission(r, y, &duty.permission, &duty.in);
    if (r->d->n_errors == before)
        *ARENA_PUSH(r->arena, out) = duty;
}

void read_duties(struct reader *r, const struct yaml_pair *pair, struct policy_duties *out)
{
    const struct yaml *y = &pair->value;
    if (y->kind != YAML_LIST) {
        read_duty(r, y, out);
        return;
    }
    for (size_t i = 0; i < y->n; i++)
        read_duty(r, &y->items[i], out);
    if (y->n == 0)
        diag_error(r->d, y->pos, "an empty list: nothing is forbidden or needed");
}
