#include "connectors/ldap_config.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/dn.h"
#include "base/mem.h"

#define SERVERS_MAX 16
#define CONFIG_MAX  ((size_t)1 << 20)

/* Once per process, before libldap looks around: no ldaprc, no LDAPTLS_REQCERT, no ldap.conf may
 * weaken what we set, and a directory that hangs up must not end the process. */
static void process_init(void)
{
    setenv("LDAPNOINIT", "1", 1);
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
    int version = 0;
    ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
}

int ldap_scope_number(enum ldap_scope_of_search scope)
{
    return scope == LDAP_SEARCH_ONE_LEVEL ? LDAP_SCOPE_ONELEVEL : LDAP_SCOPE_SUBTREE;
}

static struct str copy_or(struct ldap_config *c, struct str value, const char *otherwise)
{
    return arena_str(&c->arena, value.n ? value : str_from(otherwise));
}

/* RFC 4512 1.4: descr or numericoid; anything else could smuggle structure into a filter. */
static bool is_attribute(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '.'))
            return false;
    }
    return s.n > 0 && s.n <= 128;
}

static int take_attributes(struct ldap_config *c, const struct ldap_settings *in, struct err *e)
{
    bool ad = in->account.rules == LDAP_ACCOUNT_AD;
    struct ldap_settings *s = &c->s;
    s->people.id = copy_or(c, in->people.id, ad ? "objectGUID" : "entryUUID");
    s->people.username = copy_or(c, in->people.username, ad ? "sAMAccountName" : "uid");
    s->people.display_name = copy_or(c, in->people.display_name, "displayName");
    s->people.mail = copy_or(c, in->people.mail, "mail");
    s->account.disabled_attribute = arena_str(&c->arena, in->account.disabled_attribute);
    s->account.disabled_value = arena_str(&c->arena, in->account.disabled_value);
    s->groups.name = copy_or(c, in->groups.name, "cn");
    s->groups.member = copy_or(c, in->groups.member, "member");
    s->groups.member_of = copy_or(c, in->groups.member_of, "memberOf");
    const struct str all[] = {s->people.id,       s->people.username, s->people.display_name,
                              s->people.mail,     s->groups.name,     s->groups.member,
                              s->groups.member_of};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!is_attribute(all[i]))
            return fail(e, ERR_CONFIG, "ldap: '%.*s' is not the name of an attribute",
                        STR_F(all[i]));
    if (s->account.disabled_attribute.n && !is_attribute(s->account.disabled_attribute))
        return fail(e, ERR_CONFIG, "ldap: disabled_attribute is not the name of an attribute");
    if (!s->account.disabled_attribute.n != !s->account.disabled_value.n)
        return fail(e, ERR_CONFIG, "ldap: disabled_attribute and disabled_value belong together");
    c->id_is_guid = str_eq_nocase(s->people.id, STR("objectGUID"));
    return 0;
}

static void list_attributes(struct ldap_config *c)
{
    static const char *const openldap[] = {"pwdAccountLockedTime", "pwdReset", "pwdStartTime",
                                           "pwdEndTime", "shadowExpire"};
    static const char *const ad[] = {"userAccountControl", "msDS-User-Account-Control-Computed",
                                     "accountExpires", "pwdLastSet", "sAMAccountName"};
    const struct ldap_settings *s = &c->s;
    const char *wanted[LDAP_ATTRIBUTES_MAX];
    size_t n = 0, kept = 0;
    wanted[n++] = s->people.id.p;
    wanted[n++] = s->people.username.p;
    wanted[n++] = s->people.display_name.p;
    wanted[n++] = "cn";
    wanted[n++] = s->people.mail.p;
    for (size_t i = 0; i < 5 && s->account.rules != LDAP_ACCOUNT_NONE; i++)
        wanted[n++] = s->account.rules == LDAP_ACCOUNT_AD ? ad[i] : openldap[i];
    if (s->account.disabled_attribute.n)
        wanted[n++] = s->account.disabled_attribute.p;
    if (s->groups.rules == LDAP_GROUPS_MEMBER_OF || s->groups.rules == LDAP_GROUPS_MEMBER_IN_CHAIN)
        wanted[n++] = s->groups.member_of.p;
    for (size_t i = 0; i < n; i++) { /* each once: asked twice, some servers answer twice */
        size_t k = 0;
        while (k < kept && !str_eq_nocase(str_from(c->person_attributes[k]), str_from(wanted[i])))
            k++;
        if (k == kept)
            c->person_attributes[kept++] = (char *)(uintptr_t)wanted[i];
    }
    c->group_attributes[0] = (char *)(uintptr_t)s->groups.name.p;
    bool by_member = s->groups.rules == LDAP_GROUPS_MEMBER;
    c->group_attributes[1] =
        (char *)(uintptr_t)(by_member ? s->groups.member.p : s->groups.member_of.p);
}

/* host[:port] and nothing else: no base, no extensions that libldap would obey */
static bool is_host_port(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '.' && c != '-' && c != ':' && c != '[' && c != ']')
            return false;
    }
    return s.n > 0;
}

static int take_url(struct ldap_config *c, struct str url, bool plaintext, struct err *e)
{
    bool ldaps = str_starts(url, STR("ldaps://"));
    if (!ldaps && !str_starts(url, STR("ldap://")))
        return fail(e, ERR_CONFIG, "ldap: '%.*s' does not start with ldaps:// or ldap://",
                    STR_F(url));
    struct str rest = str_from_to(url, ldaps ? 8 : 7, url.n);
    if (str_ends(rest, STR("/")))
        rest.n--;
    LDAPURLDesc *parsed = NULL;
    const char *made = arena_cstr(&c->arena, url);
    if (!is_host_port(rest) || ldap_url_parse(made, &parsed) != LDAP_URL_SUCCESS)
        return fail(e, ERR_CONFIG, "ldap: '%.*s' is not a host and port", STR_F(url));
    ldap_free_urldesc(parsed);
    enum ldap_transport unsafe = plaintext ? LDAP_TRANSPORT_PLAINTEXT : LDAP_TRANSPORT_STARTTLS;
    c->endpoints[c->n_endpoints++] =
        (struct ldap_endpoint){made, ldaps ? LDAP_TRANSPORT_LDAPS : unsafe};
    return 0;
}

static int take_servers(struct ldap_config *c, const struct ldap_settings *in, struct err *e)
{
    if (in->n_urls == 0 || in->n_urls > SERVERS_MAX)
        return fail(e, ERR_CONFIG, "ldap: between 1 and %d urls are needed", SERVERS_MAX);
    c->endpoints = ARENA_ARRAY(&c->arena, in->n_urls, struct ldap_endpoint);
    if (!c->endpoints)
        return fail(e, ERR_LIMIT, "ldap: the settings are too large");
    bool tls = false;
    for (size_t i = 0; i < in->n_urls; i++) {
        if (take_url(c, in->urls[i], in->insecure_plaintext, e) != 0)
            return -1;
        tls = tls || c->endpoints[i].transport != LDAP_TRANSPORT_PLAINTEXT;
    }
    if (tls && in->ca_file.n == 0)
        return fail(e, ERR_CONFIG, "ldap: ca_file is needed to check the server's certificate");
    if (!in->certificate_file.n != !in->key_file.n)
        return fail(e, ERR_CONFIG, "ldap: certificate_file and key_file belong together");
    c->s.ca_file = arena_str(&c->arena, in->ca_file);
    c->s.certificate_file = arena_str(&c->arena, in->certificate_file);
    c->s.key_file = arena_str(&c->arena, in->key_file);
    return 0;
}

static int take_names(struct ldap_config *c, const struct ldap_settings *in, struct err *e)
{
    struct ldap_settings *s = &c->s;
    s->id = arena_str(&c->arena, in->id);
    s->people.base = arena_str(&c->arena, in->people.base);
    s->groups.base = arena_str(&c->arena, in->groups.base);
    s->bind_dn = arena_str(&c->arena, in->bind_dn);
    struct str unused;
    if (s->people.base.n == 0 || !dn_normalise(s->people.base, &c->arena, &c->people_base))
        return fail(e, ERR_CONFIG, "ldap: people.base is missing or not a distinguished name");
    if (s->groups.rules != LDAP_GROUPS_NONE &&
        (s->groups.base.n == 0 || !dn_normalise(s->groups.base, &c->arena, &c->groups_base)))
        return fail(e, ERR_CONFIG, "ldap: groups.base is missing or not a distinguished name");
    bool password = in->bind_password && !secret_is_empty(in->bind_password);
    /* RFC 4513 5.1.2: a name without a password would be an anonymous bind that looks like a
     * success. (Active Directory also takes user@domain and DOMAIN\user here.) */
    if ((s->bind_dn.n != 0) != password)
        return fail(e, ERR_CONFIG, "ldap: bind_dn and its password belong together");
    if (password)
        secret_set(&c->bind_password, secret_reveal(in->bind_password));
    s->bind_password = &c->bind_password;
    struct str decoy = in->decoy_dn.n ? in->decoy_dn
                                      : arena_fmt(&c->arena, "%s=lotse-decoy-nobody,%.*s",
                                                  s->people.username.p, STR_F(s->people.base));
    if (!dn_normalise(decoy, &c->arena, &unused))
        return fail(e, ERR_CONFIG, "ldap: decoy_dn is not a distinguished name");
    c->decoy_dn = arena_str(&c->arena, decoy);
    return 0;
}

static int take_filter(struct ldap_config *c, struct str text, size_t placeholders,
                       struct ldap_filter *ret, struct err *e)
{
    if (ldap_filter_parse(text, &c->arena, ret, e) != 0)
        return -1;
    if (ret->n_placeholders > 0 && placeholders == 0)
        return fail(e, ERR_CONFIG, "LDAP filter '%.*s': only `login` knows {username}",
                    STR_F(text));
    if (ret->n_placeholders == 0 && placeholders > 0)
        return fail(e, ERR_CONFIG, "LDAP filter '%.*s': {username} is missing", STR_F(text));
    return 0;
}

static int take_filters(struct ldap_config *c, const struct ldap_settings *in, struct err *e)
{
    bool ad = in->account.rules == LDAP_ACCOUNT_AD;
    struct str login = in->people.login;
    if (login.n == 0)
        login = arena_fmt(&c->arena, "(%s={username})", c->s.people.username.p);
    const char *person =
        ad ? "(&(objectCategory=person)(objectClass=user))" : "(objectClass=inetOrgPerson)";
    const char *group = ad ? "(objectClass=group)" : "(objectClass=groupOfNames)";
    if (take_filter(c, copy_or(c, in->people.filter, person), 0, &c->person, e) != 0 ||
        take_filter(c, login, 1, &c->login, e) != 0)
        return fail_within(e, "ldap: people");
    if (take_filter(c, copy_or(c, in->groups.filter, group), 0, &c->group, e) != 0)
        return fail_within(e, "ldap: groups");
    return 0;
}

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

static int take_limits(struct ldap_config *c, struct err *e)
{
    struct ldap_settings *s = &c->s;
    s->connect_ms = or_default(s->connect_ms, 2000);
    s->operation_ms = or_default(s->operation_ms, 3000);
    s->idle_ms = or_default(s->idle_ms, 60000);
    s->groups.cache_ms = or_default(s->groups.cache_ms, 10000);
    s->max_connections = s->max_connections ? s->max_connections : 16;
    s->page_size = s->page_size ? s->page_size : 500;
    s->groups.max_per_person = s->groups.max_per_person ? s->groups.max_per_person : 2000;
    s->groups.max_depth = s->groups.max_depth ? s->groups.max_depth : 10;
    s->groups.max_groups = s->groups.max_groups ? s->groups.max_groups : 100000;
    if (s->groups.cache_ms > LDAP_CACHE_MS_MAX)
        return fail(e, ERR_CONFIG, "ldap: groups.cache is at most 60s");
    if (s->page_size > 100000 || s->max_connections > 1024)
        return fail(e, ERR_CONFIG, "ldap: page_size or max_connections is out of range");
    return 0;
}

static bool has_nul(const struct ldap_settings *s)
{
    const struct str all[] = {s->id,          s->ca_file,       s->certificate_file,
                              s->key_file,    s->bind_dn,       s->decoy_dn,
                              s->people.base, s->people.filter, s->people.login,
                              s->groups.base, s->groups.filter};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_has(all[i], '\0'))
            return true;
    for (size_t i = 0; i < s->n_urls; i++)
        if (str_has(s->urls[i], '\0'))
            return true;
    return false;
}

struct ldap_config *ldap_config_new(const struct ldap_settings *settings, const struct clock *clock,
                                    struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, process_init);
    struct ldap_config *c = MEM_NEW(struct ldap_config);
    arena_init(&c->arena, CONFIG_MAX);
    c->clock = clock;
    c->s = *settings;
    bool ok = !has_nul(settings) || fail(e, ERR_CONFIG, "ldap: a NUL byte in the settings") == 0;
    ok = ok && take_limits(c, e) == 0 && take_attributes(c, settings, e) == 0;
    ok = ok && take_servers(c, settings, e) == 0 && take_names(c, settings, e) == 0;
    ok = ok && take_filters(c, settings, e) == 0;
    if (ok && c->arena.exhausted)
        ok = fail(e, ERR_LIMIT, "ldap: the settings are too large") == 0;
    if (!ok) {
        ldap_config_free(c);
        return NULL;
    }
    list_attributes(c);
    return c;
}

void ldap_config_free(struct ldap_config *c)
{
    if (!c)
        return;
    secret_fini(&c->bind_password);
    arena_fini(&c->arena);
    mem_free(c);
}
