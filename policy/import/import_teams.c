/* Teams: a name for each group, and the directory's group behind it. */
#include "base/dn.h"
#include "policy/import/import.h"

/* "oidc:pay-dev", "openldap_group://cn=pay-dev,ou=x", "lotse:team:pay" -> what says who it is */
static struct str without_prefix(struct str raw)
{
    struct str scheme, rest = raw;
    for (size_t i = 0; i + 3 <= raw.n; i++)
        if (memcmp(raw.p + i, "://", 3) == 0)
            return str_from_to(raw, i + 3, raw.n);
    if (str_starts(raw, STR(RBAC_PREFIX "team:")))
        return str_from_to(raw, sizeof(RBAC_PREFIX "team:") - 1, raw.n);
    if (str_split(raw, ':', &scheme, &rest) && scheme.n > 0 && scheme.n <= 16 && rest.n > 0)
        return rest;
    return raw;
}

/* The value of the first RDN, or the whole when it is no DN. */
static struct str common_name(struct importer *im, struct str group, struct str *ret_dn)
{
    struct str dn = STR_NONE, type, value;
    *ret_dn = STR_NONE;
    if (!str_has(group, '=') || !dn_normalise(group, im->arena, &dn) ||
        !dn_first(dn, &type, &value))
        return group;
    *ret_dn = dn;
    return value;
}

/* RFC 4514 2.4 */
static struct str escaped(struct importer *im, struct str value)
{
    auto_buf out = BUF_INIT(8192);
    for (size_t i = 0; i < value.n; i++) {
        bool end = i == 0 || i + 1 == value.n;
        if (memchr(",+\"\\<>;=", value.p[i], 8) || (end && value.p[i] == ' ') ||
            (i == 0 && value.p[i] == '#'))
            buf_char(&out, '\\');
        buf_char(&out, value.p[i]);
    }
    return arena_str(im->arena, buf_str(&out));
}

struct directory_index {
    struct intern ids, names; /* names in small letters */
    uint32_t *by_name;        /* group; ID_NONE: several have it */
    struct str base;
};

static struct str lowered(struct arena *a, struct str s)
{
    struct str out = STR_NONE;
    return dn_normalise_value(s, a, &out) ? out : s;
}

static void index_directory(struct importer *im, struct directory_index *x)
{
    const struct policy_directory *d = im->in->directory;
    x->ids.arena = x->names.arena = im->arena;
    x->by_name = ARENA_ARRAY(im->arena, d ? d->n_groups : 0, uint32_t);
    for (uint32_t i = 0; d && i < d->n_groups; i++) {
        size_t before = x->names.n;
        uint32_t id = intern_add(&x->names, lowered(im->arena, d->groups[i].name));
        intern_add(&x->ids, d->groups[i].id);
        x->by_name[id] = x->names.n > before ? i : ID_NONE;
    }
    x->base = teams_ldap_base(im);
}

static struct str relative(struct str id, struct str base)
{
    if (base.n && id.n > base.n + 1 && dn_is_below(id, base))
        return str_from_to(id, 0, id.n - base.n - 1);
    return id;
}

static void note(struct importer *im, enum import_reason reason, const struct import_team *team)
{
    struct import_finding f = {.reason = reason,
                               .site = STR_NONE,
                               .object = CONCAT(im->arena, STR("team "), team->name),
                               .subject = CONCAT(im->arena, STR("Group "), team->raw)};
    found(im, &f);
}

static struct str from_of(struct importer *im, const struct directory_index *x,
                          const struct import_team *team)
{
    const struct policy_directory *d = im->in->directory;
    struct str dn, group = without_prefix(team->raw), name = common_name(im, group, &dn);
    struct str own = dn.n ? dn : CONCAT(im->arena, STR("cn="), escaped(im, name));
    if (!d)
        return own;
    if (dn.n && intern_find(&x->ids, dn) != ID_NONE)
        return relative(dn, x->base);
    uint32_t id = intern_find(&x->names, lowered(im->arena, name));
    if (id == ID_NONE) /* the prefix may be part of the name after all */
        id = intern_find(&x->names, lowered(im->arena, team->raw));
    if (id != ID_NONE && x->by_name[id] != ID_NONE)
        return relative(d->groups[x->by_name[id]].id, x->base);
    note(im, id == ID_NONE ? IMPORT_NO_DIRECTORY_GROUP : IMPORT_TWO_DIRECTORY_GROUPS, team);
    return own;
}

/* The part that the DNs of all groups end in. */
struct str teams_ldap_base(const struct importer *im)
{
    const struct policy_directory *d = im->in->directory;
    struct str base = STR_NONE, first;
    if (!d || d->n_groups == 0 || !str_split(d->groups[0].id, ',', &first, &base))
        return STR_NONE;
    for (size_t i = 0; i < d->n_groups; i++)
        while (base.n && !dn_is_below(d->groups[i].id, base))
            if (!str_split(base, ',', &first, &base))
                return STR_NONE;
    struct str normal;
    return dn_normalise(base, im->arena, &normal) && str_eq(normal, base) ? base : STR_NONE;
}

void teams_name(struct importer *im)
{
    struct intern taken = {.arena = im->arena};
    struct directory_index x = {0};
    im->teams = ARENA_ARRAY(im->arena, im->groups.n, struct import_team);
    index_directory(im, &x);
    for (int round = 0; round < 2; round++) /* the names of teams that are ours already stay */
        for (uint32_t i = 0; i < im->groups.n; i++) {
            struct import_team *team = &im->teams[i];
            struct str raw = im->groups.items[i], dn;
            bool ours = str_starts(raw, STR(RBAC_PREFIX "team:"));
            if (ours != (round == 0))
                continue;
            struct str name = common_name(im, without_prefix(raw), &dn);
            team->raw = raw;
            team->name =
                name_unique(im->arena, &taken, ours ? name : name_from(im->arena, name, "team"));
            team->from = from_of(im, &x, team);
        }
}
