/* The entries of requests, breakglass, ci, never, always and accept. */
#include "policy/language/policy_reader.h"

#define MINUTE           ((int64_t)60 * 1000)
#define REQUEST_MAX      (12 * 60 * MINUTE)
#define BREAKGLASS_MAX   (30 * MINUTE)
#define TOKEN_MIN        (10 * MINUTE) /* TokenRequest gives none for less */
#define TOKEN_MAX        (24 * 60 * MINUTE)
#define ISSUER_BYTES_MAX 512

static void no_longer_than(struct reader *r, const struct yaml *map, struct str key, int64_t value,
                           int64_t most)
{
    const struct yaml *y = yaml_get(map, key);
    bool hours = most % (60 * MINUTE) == 0;
    if (y && value > most)
        diag_error(r->d, y->pos, "'%.*s' is at most %lld%s", STR_F(key),
                   (long long)(most / MINUTE / (hours ? 60 : 1)), hours ? "h" : "m");
}

void read_request(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_request *request = ARENA_PUSH(r->arena, &r->tree->requests);
    request->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "request", pair);
    request->broken = !read_section(r, SECTION_request, &pair->value, request);
    no_longer_than(r, &pair->value, STR("max"), request->max, REQUEST_MAX);
}

void read_breakglass(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_breakglass *glass = ARENA_PUSH(r->arena, &r->tree->breakglass);
    glass->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "break-glass entry", pair);
    glass->broken = !read_section(r, SECTION_breakglass, &pair->value, glass);
    no_longer_than(r, &pair->value, STR("max"), glass->max, BREAKGLASS_MAX);
}

/* --- ci */

/* As the API server takes one: https, no user, query or fragment; compared byte for byte. */
static bool is_issuer(struct str url)
{
    struct str rest = str_from_to(url, sizeof("https://") - 1, url.n);
    if (!str_starts(url, STR("https://")) || rest.n == 0 || rest.p[0] == '/' ||
        url.n > ISSUER_BYTES_MAX)
        return false;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] <= ' ' || rest.p[i] > '~' || memchr("?#@\"\\<>", rest.p[i], 7))
            return false;
    return true;
}

static void check_issuer(struct reader *r, const struct policy_ci *ci)
{
    if (!is_issuer(ci->issuer.text))
        diag_error(r->d, ci->issuer.pos,
                   "an issuer is https://host[:port][/path], without query, fragment or user");
    if (ci->match.n == 0) {
        diag_error(r->d, ci->name.pos,
                   "ci '%.*s' takes every token of its issuer: it needs 'match'",
                   STR_F(ci->name.text));
        diag_hint(r->d, "for example match: {project_path: \"pay/*\", ref_protected: true}");
    }
}

static void check_service_account(struct reader *r, const struct policy_ci *ci)
{
    struct str namespace, name;
    if (!str_split(ci->sa.text, '/', &namespace, &name) || !is_policy_name(namespace) ||
        !is_policy_name(name))
        diag_error(r->d, ci->sa.pos, "a service account is written namespace/name");
    if (ci->match.n > 0 || ci->audience.text.n > 0)
        diag_error(r->d, ci->name.pos, "'match' and 'audience' are about tokens of an issuer");
}

void read_ci(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_ci *ci = ARENA_PUSH(r->arena, &r->tree->ci);
    ci->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "ci entry", pair);
    ci->broken = !read_section(r, SECTION_ci, &pair->value, ci);
    const struct yaml *token = yaml_get(&pair->value, STR("token"));
    if (token && ci->token > 0 && (ci->token < TOKEN_MIN || ci->token > TOKEN_MAX))
        diag_error(r->d, token->pos, "'token' is between 10m and 24h");
    if (ci->broken)
        return;
    if ((ci->issuer.text.n > 0) == (ci->sa.text.n > 0)) {
        diag_error(r->d, ci->name.pos,
                   "ci '%.*s' is known by its 'issuer' or by 'sa', a service account: one of them",
                   STR_F(ci->name.text));
        ci->broken = true;
        return;
    }
    if (ci->issuer.text.n > 0)
        check_issuer(r, ci);
    else
        check_service_account(r, ci);
}

/* --- never, always */

/* Who may approve is a question about people: a token does not carry it. */
static void refuse_approvals(struct reader *r, const struct policy_invariant *invariant)
{
    bool people = invariant->who.kind == WHO_ONE_PERSON;
    for (size_t i = 0; !people && i < invariant->can.n; i++)
        if (invariant->can.items[i].approve.text.n > 0) {
            diag_error(r->d, invariant->can.items[i].pos,
                       "'approve' is something of people: it needs 'who: one person'");
            return;
        }
}

static void count_duties(struct reader *r, const struct policy_invariant *one_person)
{
    if (one_person->can.n < 2)
        diag_error(r->d, one_person->who.pos,
                   "'one person' needs two or more in 'can', which nobody has together");
    else if (one_person->can.n > POLICY_DUTIES_MAX)
        diag_error(r->d, one_person->who.pos,
                   "'one person' takes at most %d things in 'can', these are %zu",
                   POLICY_DUTIES_MAX, one_person->can.n);
}

static void read_invariant(struct reader *r, const struct yaml *y, bool always)
{
    struct policy_invariant *invariant = ARENA_PUSH(r->arena, &r->tree->invariants);
    invariant->pos = y->pos;
    invariant->always = always;
    invariant->broken = !read_section(r, SECTION_invariant, y, invariant);
    if (invariant->broken)
        return;
    size_t before = r->d->n_errors;
    bool anything = false;
    for (size_t i = 0; i < invariant->can.n; i++)
        anything = anything || invariant->can.items[i].everything;
    if ((invariant->can.n > 0) == (invariant->reach.text.n > 0))
        diag_error(r->d, invariant->id.pos, "'%.*s' needs 'can' or 'reach', one of them",
                   STR_F(invariant->id.text));
    else if (always && invariant->reach.text.n > 0)
        diag_error(r->d, invariant->reach.pos,
                   "'reach' is for never: say with 'can' what must be possible");
    else if (always && anything)
        diag_error(r->d, invariant->id.pos, "'*' is for never: say what must be possible");
    else if (always && invariant->who.kind == WHO_ONE_PERSON)
        diag_error(r->d, invariant->who.pos,
                   "'one person' is for never: what one must not have all together");
    else if (always && invariant->who.kind == WHO_ANY)
        diag_error(r->d, invariant->who.pos,
                   "every possible token, also one without groups? name a team or a person");
    else if (invariant->who.kind == WHO_ONE_PERSON)
        count_duties(r, invariant);
    refuse_approvals(r, invariant);
    invariant->broken = r->d->n_errors > before;
}

void read_never(struct reader *r, const struct yaml *y)
{
    read_invariant(r, y, false);
}

void read_always(struct reader *r, const struct yaml *y)
{
    read_invariant(r, y, true);
}

void read_accept(struct reader *r, const struct yaml *y)
{
    struct policy_accept *accept = ARENA_PUSH(r->arena, &r->tree->accepts);
    accept->pos = y->pos;
    accept->until.ms = TIME_NONE;
    accept->broken = !read_section(r, SECTION_accept, y, accept);
    check_person(r, &accept->by);
}
