#pragma once
/*
 * The LDAP connector: OpenLDAP, 389 Directory Server, Active Directory. gateway/config (and
 * lotse-policy) fill struct ldap_settings, ldap_connector_new() checks it and copies what it keeps;
 * nothing is connected before the first call.
 *
 * Any number of worker threads may call the connector; each borrows a connection of its own.
 * Service connections search and are never used for anybody's password; bind connections check
 * passwords and never search. No lock is held across I/O.
 *
 * The process must be started for it: LDAPNOINIT=1 and an ignored SIGPIPE are set by
 * ldap_connector_new, which therefore runs before there are threads. What went wrong elsewhere and
 * the rule made of it stands beside each check (RFC 4511-4515).
 */
#include "base/clock.h"
#include "connectors/connector.h"

enum ldap_account_rules {
    LDAP_ACCOUNT_OPENLDAP, /* ppolicy: pwdAccountLockedTime, pwdReset, pwdStartTime, pwdEndTime; and
                              shadowExpire */
    LDAP_ACCOUNT_AD,   /* userAccountControl, msDS-User-Account-Control-Computed, accountExpires,
                          pwdLastSet */
    LDAP_ACCOUNT_NONE, /* only disabled_attribute */
};
enum ldap_group_rules {
    LDAP_GROUPS_NONE,
    LDAP_GROUPS_MEMBER_OF, /* the person's memberOf; nested ones by the groups' memberOf */
    LDAP_GROUPS_MEMBER,    /* search for (member=<person>); nested ones by the groups' member */
    LDAP_GROUPS_MEMBER_IN_CHAIN, /* Active Directory: one search by rule 1.2.840.113556.1.4.1941,
                                    nested by the server */
};
enum ldap_scope_of_search { LDAP_SEARCH_SUBTREE, LDAP_SEARCH_ONE_LEVEL };

struct ldap_settings {
    struct str id; /* of the connector: goes into `sub` */

    /* Servers in the order of preference. ldaps:// is TLS from the first byte; ldap:// is StartTLS,
     * which must succeed. */
    const struct str *urls; /* "ldaps://host[:636]" or "ldap://host[:389]" */
    size_t n_urls;
    bool insecure_plaintext;               /* tests only: ldap:// without any TLS */
    struct str ca_file;                    /* PEM; required unless every connection is plaintext */
    struct str certificate_file, key_file; /* client certificate; both or none */

    struct str bind_dn;                 /* the service account; both absent: anonymous searches */
    const struct secret *bind_password; /* copied */

    struct {
        struct str base;
        enum ldap_scope_of_search scope;
        struct str filter;       /* who is a person; default (objectClass=inetOrgPerson), AD:
                                    (&(objectCategory=person)(objectClass=user)) */
        struct str login;        /* how a typed name is found; {username} only in values; default
                                    (<username>={username}) */
        struct str id;           /* default entryUUID, AD: objectGUID (rendered as a UUID) */
        struct str username;     /* default uid, AD: sAMAccountName */
        struct str display_name; /* default displayName; cn stands in when the entry has none */
        struct str mail;         /* default mail */
        bool lowercase_username; /* ASCII capitals of the stored name become small before it is
                                    checked */
    } people;

    struct {
        enum ldap_account_rules rules;
        struct str disabled_attribute, disabled_value; /* e.g. nsAccountLock, TRUE: any value equal
                                                          to it (ASCII case ignored) */
        int64_t lockout_ms; /* openldap: pwdLockoutDuration of the directory's policy; 0: locked
                               until somebody unlocks */
    } account;

    struct {
        enum ldap_group_rules rules;
        struct str base;
        enum ldap_scope_of_search scope;
        struct str filter;    /* default (objectClass=groupOfNames), AD: (objectClass=group) */
        struct str name;      /* default cn */
        struct str member;    /* default member */
        struct str member_of; /* default memberOf */
        bool nested;
        int64_t cache_ms; /* how old the graph of nested groups may be; 0: 10 s; at most 60 s. A
                             person's own groups are always read */
        size_t max_per_person, max_depth,
            max_groups; /* 0: 2000, 10, 100000; more is refused, never cut */
    } groups;

    /* An entry with a password that nobody knows: what a login of an unknown person is checked
     * against, so that it costs the directory the same. Default: a name that does not exist below
     * people.base. */
    struct str decoy_dn;

    int64_t connect_ms, operation_ms; /* 0: 2000, 3000; both end earlier at the caller's deadline */
    int64_t idle_ms; /* 0: 60000; an idle connection older than this is closed instead of used */
    unsigned max_connections; /* per server, of each of the two kinds; 0: 16 */
    unsigned page_size;       /* RFC 2696; 0: 500 */
};

#define LDAP_CACHE_MS_MAX ((int64_t)60000)

/* -1: what is wrong with the settings is in e (class ERR_CONFIG); no connection is made. Free by
 * (*ret)->ops->free. */
must_check int ldap_connector_new(const struct ldap_settings *settings, const struct clock *clock,
                                  struct connector **ret, struct err *e);
