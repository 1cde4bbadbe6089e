#include "connectors/ldap_person.h"

#include "base/dn.h"
#include "connectors/ldap_state.h"
#include "connectors/names.h"

#define ID_MAX   64
#define TEXT_MAX 256
#define GUID_LEN 16

/* [MS-DTYP] 2.3.4: the first three fields of a GUID are little endian. guid_order[i]: which byte
 * stands at place i of the text */
static const unsigned char guid_order[GUID_LEN] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                   8, 9, 10, 11, 12, 13, 14, 15};

static struct str guid_text(struct str bytes, struct arena *a)
{
    auto_buf text = BUF_INIT(ID_MAX);
    for (size_t i = 0; i < GUID_LEN; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            buf_char(&text, '-');
        buf_hex(&text, (struct str){&bytes.p[guid_order[i]], 1});
    }
    return arena_str(a, buf_str(&text));
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool guid_bytes(struct str text, char *ret)
{
    size_t place = 0;
    int high = -1;
    for (size_t i = 0; i < text.n; i++) {
        int value = hex_value(text.p[i]);
        if (text.p[i] == '-' && high < 0)
            continue;
        if (value < 0 || place == GUID_LEN)
            return false;
        if (high < 0) {
            high = value;
            continue;
        }
        ret[guid_order[place++]] = (char)(high * 16 + value);
        high = -1;
    }
    return place == GUID_LEN && high < 0;
}

bool ldap_id_filter(const struct ldap_config *c, struct str id, struct buf *out)
{
    char bytes[GUID_LEN];
    struct str value = id;
    if (!person_id_is_allowed(id) || (c->id_is_guid && !guid_bytes(id, bytes)))
        return false;
    if (c->id_is_guid)
        value = (struct str){bytes, GUID_LEN};
    buf_lit(out, "(&");
    ldap_filter_render(&c->person, STR_NONE, out);
    buf_char(out, '(');
    buf_add(out, c->s.people.id);
    buf_char(out, '=');
    ldap_filter_value(out, value);
    buf_lit(out, "))");
    return !buf_failed(out);
}

static int take_id(const struct ldap_entry *entry, const struct ldap_config *c, struct arena *a,
                   struct str *ret, struct err *e)
{
    struct str raw = ldap_entry_one(entry, c->s.people.id);
    if (c->id_is_guid && raw.n == GUID_LEN) {
        *ret = guid_text(raw, a);
        return 0;
    }
    if (c->id_is_guid || !person_id_is_allowed(raw))
        return fail(e, ERR_BACKEND, "%.*s: %.*s is not one usable value", STR_F(entry->dn),
                    STR_F(c->s.people.id));
    *ret = arena_str(a, raw);
    return 0;
}

/* The name as stored, never as typed: directories find ALICE, ` alice ` and full-width letters for
 * alice. */
static int take_username(const struct ldap_entry *entry, const struct ldap_config *c,
                         struct arena *a, struct str *ret, struct err *e)
{
    struct str raw = ldap_entry_one(entry, c->s.people.username);
    char small[128];
    if (c->s.people.lowercase_username && raw.n <= sizeof small) {
        for (size_t i = 0; i < raw.n; i++)
            small[i] = (char)(raw.p[i] >= 'A' && raw.p[i] <= 'Z' ? raw.p[i] + 32 : raw.p[i]);
        raw = (struct str){small, raw.n};
    }
    if (!username_is_allowed(raw))
        return fail(e, ERR_BACKEND, "%.*s: %.*s is not one value of [a-z0-9._@-]{1,128}",
                    STR_F(entry->dn), STR_F(c->s.people.username));
    *ret = arena_str(a, raw);
    return 0;
}

/* For reading only: what is odd is left out. Of several names the first; of several addresses none,
 * since one of them would have to be picked and others decide by it. */
static struct str take_text(const struct ldap_entry *entry, struct str name, bool several,
                            struct arena *a)
{
    const struct ldap_attribute *at = ldap_entry_get(entry, name);
    if (!at || at->n == 0 || (at->n > 1 && !several))
        return STR_NONE;
    struct str text = ldap_value(at, 0);
    if (text.n > TEXT_MAX || !str_is_utf8(text) || str_has_control(text))
        return STR_NONE;
    return arena_str(a, text);
}

static int take_member_of(const struct ldap_entry *entry, const struct ldap_config *c,
                          struct arena *a, struct ldap_found *ret, struct err *e)
{
    const struct ldap_attribute *at = ldap_entry_get(entry, c->s.groups.member_of);
    if (c->s.groups.rules != LDAP_GROUPS_MEMBER_OF &&
        c->s.groups.rules != LDAP_GROUPS_MEMBER_IN_CHAIN)
        return 0;
    if (!at || at->n == 0)
        return 0;
    if (at->n > c->s.groups.max_per_person)
        return fail(e, ERR_LIMIT, "%.*s is in more than %zu groups", STR_F(entry->dn),
                    c->s.groups.max_per_person);
    ret->member_of = ARENA_ARRAY(a, at->n, struct str);
    for (size_t i = 0; ret->member_of && i < at->n; i++)
        ret->member_of[ret->n_member_of++] = arena_str(a, ldap_value(at, i));
    return 0;
}

int ldap_person_of(const struct ldap_entry *entry, const struct ldap_config *c, struct arena *a,
                   struct ldap_found *ret, struct err *e)
{
    struct ldap_found f = {.dn = STR_NONE};
    /* RFC 4514; also read back names are hostile: no NUL, and below the base we asked for */
    if (!dn_normalise(entry->dn, a, &f.dn_normal) || !dn_is_below(f.dn_normal, c->people_base))
        return fail(e, ERR_BACKEND, "the directory answered with the name '%.*s'",
                    STR_F(entry->dn));
    f.dn = arena_str(a, entry->dn);
    f.person.connector_id = c->s.id;
    if (take_id(entry, c, a, &f.person.id, e) != 0 ||
        take_username(entry, c, a, &f.person.username, e) != 0 ||
        ldap_state_of(entry, c, clock_now_ms(c->clock), &f.person.state, e) != 0 ||
        take_member_of(entry, c, a, &f, e) != 0)
        return -1;
    f.person.display_name = take_text(entry, c->s.people.display_name, true, a);
    if (f.person.display_name.n == 0)
        f.person.display_name = take_text(entry, STR("cn"), true, a);
    f.person.mail = take_text(entry, c->s.people.mail, false, a);
    f.account_name = take_text(entry, STR("sAMAccountName"), false, a);
    if (a->exhausted)
        return fail(e, ERR_LIMIT, "%.*s: the entry is too large", STR_F(entry->dn));
    *ret = f;
    return 0;
}
