/*
 * The permission grammar:
 *
 *     permission = verbs SP targets [SP "names" SP name *("," name)]
 *     verbs      = "*" / verb *("," verb)
 *     targets    = target *("," target)
 *     target     = [group] "/" resource ["/" subresource]        ; no group: the core group
 */
#include "policy/language/policy_reader.h"

struct cursor {
    const struct yaml *y;
    struct str rest;
};

/* The place of a part of a scalar. A folded or escaped scalar has no such places: then the whole of
 * it. */
static struct pos place_of(const struct yaml *y, struct str part)
{
    struct pos pos = y->pos;
    if (y->pos.length != y->text.n + (y->quoted ? 2 : 0))
        return pos;
    pos.column += (unsigned)(part.p - y->text.p) + (y->quoted ? 1 : 0);
    pos.length = (unsigned)part.n;
    return pos;
}

static struct str next_token(struct cursor *c)
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
        diag_error(r->d, place_of(y, token), "'%.*s' has an empty part between commas",
                   STR_F(token));
        diag_hint(r->d, "no space after a comma inside of a permission");
        return false;
    }
    struct str part;
    while (str_next(&rest, ',', &part))
        *ARENA_PUSH(r->arena, out) = (struct word){part, place_of(y, part)};
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

static bool read_names(struct reader *r, struct cursor *c, struct policy_permission *out)
{
    struct str keyword = next_token(c);
    if (keyword.n == 0)
        return true;
    if (!str_is(keyword, "names")) {
        diag_error(r->d, place_of(c->y, keyword),
                   "'%.*s' is too much: verbs, then resources, then perhaps \"names a,b\"",
                   STR_F(keyword));
        diag_hint(r->d, "no space after a comma inside of a permission");
        return false;
    }
    struct str names = next_token(c);
    if (names.n == 0) {
        diag_error(r->d, place_of(c->y, keyword), "no names after 'names'");
        return false;
    }
    struct str more = next_token(c);
    if (more.n > 0) {
        diag_error(r->d, place_of(c->y, more), "'%.*s' is too much: names are separated by commas",
                   STR_F(more));
        return false;
    }
    return split_words(r, c->y, names, &out->names);
}

void read_permission(struct reader *r, const struct yaml *y, struct policy_permissions *out)
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
    struct str verbs = next_token(&c);
    struct str targets = next_token(&c);
    if (targets.n == 0) {
        diag_error(r->d, y->pos, "'%.*s' is not a permission: \"verbs group/resource\"",
                   STR_F(text));
        diag_hint(r->d, "for example \"get,list,watch /pods,apps/deployments\"");
        return;
    }
    if (split_words(r, y, verbs, &permission.verbs) && check_verbs(r, &permission.verbs) &&
        read_targets(r, y, targets, &permission) && read_names(r, &c, &permission))
        *ARENA_PUSH(r->arena, out) = permission;
}
