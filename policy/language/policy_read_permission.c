/*
 * The permission grammar:
 *
 *     permission = verbs SP targets [SP "names" SP name *("," name)]
 *     duty       = permission [SP "in" SP space]
 *     verbs      = "*" / verb *("," verb)
 *     targets    = target *("," target)
 *     target     = [group] "/" resource ["/" subresource]        ; no group: the core group
 */
#include "policy/language/policy_reader.h"

/* A folded or escaped scalar has no such places: then the whole of
 * it. */
struct pos read_place(const struct yaml *y, struct str part)
{
    struct pos pos = y->pos;
    if (y->pos.length != y->text.n + (y->quoted ? 2 : 0))
        return pos;
    pos.column += (unsigned)(part.p - y->text.p) + (y->quoted ? 1 : 0);
    pos.length = (unsigned)part.n;
    return pos;
}

struct str read_token(struct cursor *c)
{
    c->rest = str_trim(c->rest);
    size_t n = 0;
    while (n < c->rest.n && c->rest.p[n] != ' ')
        n++;
    struct str token = {c->rest.p, n};
    c->rest = str_from_to(c->rest, n, c->rest.n);
    return token;
}

/* "a,b,c" -> words; an empty part is an error. */
static bool split_words(struct reader *r, const struct yaml *y, struct str token, struct words *out)
{
    struct str rest = token;
    if (str_starts(token, STR(",")) || str_ends(token, STR(",")) ||
        str_contains(token, STR(",,"))) {
        diag_error(r->d, read_place(y, token), "'%.*s' has an empty part between commas",
                   STR_F(token));
        diag_hint(r->d, "no space after a comma inside of a permission");
        return false;
    }
    struct str part;
    while (str_next(&rest, ',', &part))
        *ARENA_PUSH(r->arena, out) = (struct word){part, read_place(y, part)};
    return true;
}

static bool check_verbs(struct reader *r, const struct words *verbs)
{
    for (size_t i = 0; i < verbs->n; i++) {
        if (str_is(verbs->items[i].text, "*") && verbs->n > 1) {
            diag_error(r->d, verbs->items[i].pos, "'*' is all verbs already: leave the others out");
            return false;
        }
        if (str_has(verbs->items[i].text, '/')) {
            diag_error(r->d, verbs->items[i].pos, "the verbs come first: \"get,list %.*s\"",
                       STR_F(verbs->items[i].text));
            return false;
        }
    }
    return true;
}

static bool add_target(struct reader *r, const struct word *word, struct policy_permission *out)
{
    struct policy_target target = {.pos = word->pos};
    struct str rest;
    if (!str_split(word->text, '/', &target.group, &rest)) {
        diag_error(r->d, word->pos,
                   "'%.*s' names no group: group/resource, or /%.*s in the core group",
                   STR_F(word->text), STR_F(word->text));
        return false;
    }
    if (!str_split(rest, '/', &target.resource, &target.subresource))
        target.resource = rest;
    if (target.resource.n == 0 || (rest.n > 0 && rest.p[rest.n - 1] == '/')) {
        diag_error(r->d, word->pos, "'%.*s' names no resource", STR_F(word->text));
        return false;
    }
    if (str_is(target.group, "core")) {
        diag_error(r->d, word->pos, "the core group has no name: write /%.*s", STR_F(rest));
        return false;
    }
    if (str_is(target.subresource, "*")) {
        diag_error(r->d, word->pos, "'%.*s' matches nothing in Kubernetes: name the subresources",
                   STR_F(word->text));
        return false;
    }
    *(struct policy_target *)arena_push(r->arena, (void **)&out->targets, &out->n_targets,
                                        &out->cap_targets, sizeof(target)) = target;
    return true;
}

static bool read_targets(struct reader *r, const struct yaml *y, struct str token,
                         struct policy_permission *out)
{
    struct words words = {0};
    if (!split_words(r, y, token, &words))
        return false;
    for (size_t i = 0; i < words.n; i++)
        if (!add_target(r, &words.items[i], out))
            return false;
    return true;
}

static bool too_much(struct reader *r, const struct cursor *c, struct str token, const char *what)
{
    diag_error(r->d, read_place(c->y, token), "'%.*s' is too much: %s", STR_F(token), what);
    diag_hint(r->d, "no space after a comma inside of a permission");
    return false;
}

/* The word behind `names` or `in`. */
static bool read_after(struct reader *r, struct cursor *c, struct str keyword, struct str *ret)
{
    *ret = read_token(c);
    if (ret->n > 0)
        return true;
    diag_error(r->d, read_place(c->y, keyword), "nothing stands after '%.*s'", STR_F(keyword));
    return false;
}

static bool read_tail(struct reader *r, struct cursor *c, struct policy_permission *out,
                      struct word *ret_in)
{
    struct str keyword = read_token(c), value;
    if (str_is(keyword, "names")) {
        if (!read_after(r, c, keyword, &value) || !split_words(r, c->y, value, &out->names))
            return false;
        keyword = read_token(c);
        if (keyword.n > 0 && !(ret_in && str_is(keyword, "in")))
            return too_much(r, c, keyword, "names are separated by commas");
    }
    if (ret_in && str_is(keyword, "in")) {
        if (!read_after(r, c, keyword, &value))
            return false;
        *ret_in = (struct word){value, read_place(c->y, value)};
        keyword = read_token(c);
    }
    if (keyword.n == 0)
        return true;
    return too_much(r, c, keyword,
                    ret_in ? "verbs, then resources, then perhaps \"names a,b\" and \"in SPACE\""
                           : "verbs, then resources, then perhaps \"names a,b\"");
}

void read_permission(struct reader *r, const struct yaml *y, struct policy_permissions *out,
                     struct word *ret_in)
{
    struct str text;
    if (yaml_is_null(y)) {
        diag_error(r->d, y->pos, "an empty permission");
        return;
    }
    if (!yaml_to_str(y, &text, r->d))
        return;
    struct cursor c = {y, y->text};
    struct policy_permission permission = {.pos = y->pos};
    struct str verbs = read_token(&c);
    struct str targets = read_token(&c);
    if (targets.n == 0) {
        diag_error(r->d, y->pos, "'%.*s' is not a permission: \"verbs group/resource\"",
                   STR_F(text));
        diag_hint(r->d, "for example \"get,list,watch /pods,apps/deployments\"");
        return;
    }
    if (split_words(r, y, verbs, &permission.verbs) && check_verbs(r, &permission.verbs) &&
        read_targets(r, y, targets, &permission) && read_tail(r, &c, &permission, ret_in))
        *ARENA_PUSH(r->arena, out) = permission;
}
