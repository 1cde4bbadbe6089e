#include "base/json.h"
#include "gateway/oidc/claim.h"

#define CLAIMS_PARAMETER_MAX 8192

static const struct {
    const char *name;
    unsigned claim;
} names[] = {
    {"name", CLAIM_NAME},     {"preferred_username", CLAIM_PREFERRED_USERNAME},
    {"email", CLAIM_EMAIL},   {"email_verified", CLAIM_EMAIL_VERIFIED},
    {"groups", CLAIM_GROUPS}, {"acr", CLAIM_ACR},
};

static unsigned claims_in(const json_t *members)
{
    unsigned claims = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (json_object_get(members, names[i].name))
            claims |= names[i].claim;
    return claims; /* 5.5: members that are not understood MUST be ignored */
}

/* 5.5.1: each member is null or an object. */
static bool members_are_valid(const json_t *members)
{
    const char *key;
    json_t *value;
    /* jansson iterates over a const object only through a cast */
    json_object_foreach((json_t *)(uintptr_t)members, key, value)
    {
        if (!json_is_null(value) && !json_is_object(value))
            return false;
    }
    return true;
}

/* 5.5.1.1: an essential acr with values MUST be one of them, or the login has failed. */
static bool acr_is_unmet(const json_t *acr, struct arena *a)
{
    bool essential = false;
    struct str value, *values;
    size_t n;
    if (!json_get_bool(acr, "essential", &essential) || !essential)
        return false;
    if (json_get_str(acr, "value", a, &value))
        return !str_is(value, ACR_PASSWORD);
    if (!json_get_strs(acr, "values", a, &values, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (str_is(values[i], ACR_PASSWORD))
            return false;
    return true;
}

bool claims_parameter_read(struct str text, struct arena *a, struct claims_asked *ret)
{
    struct err e;
    auto_json *root = json_read(text, CLAIMS_PARAMETER_MAX, &e);
    if (!json_is_object(root))
        return false;
    const json_t *id_token = json_object_get(root, "id_token"),
                 *userinfo = json_object_get(root, "userinfo");
    const json_t *both[] = {id_token, userinfo};
    for (size_t i = 0; i < 2; i++)
        if (both[i] && !json_is_null(both[i]) &&
            (!json_is_object(both[i]) || !members_are_valid(both[i])))
            return false;
    struct claims_asked asked = {.id_token = claims_in(id_token), .userinfo = claims_in(userinfo)};
    asked.userinfo &=
        ~(unsigned)CLAIM_ACR; /* says something about a login, so it belongs to the ID token */
    asked.acr_unmet = acr_is_unmet(json_object_get(id_token, "acr"), a);
    json_get_str(json_object_get(id_token, "sub"), "value", a, &asked.sub);
    *ret = asked;
    return true;
}

unsigned claims_of_scope(unsigned scope_flags)
{
    unsigned claims = 0;
    if (scope_flags & SCOPE_PROFILE)
        claims |= CLAIM_NAME | CLAIM_PREFERRED_USERNAME;
    if (scope_flags & SCOPE_EMAIL)
        claims |= CLAIM_EMAIL | CLAIM_EMAIL_VERIFIED;
    if (scope_flags & SCOPE_GROUPS)
        claims |= CLAIM_GROUPS;
    return claims;
}
