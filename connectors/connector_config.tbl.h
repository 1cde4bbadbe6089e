/* KEY(type, section, name, kind, field of struct connector_config, value as the manual shows it,
 * help) kind: TEXT TEXTS FLAG DURATION SIZE UNSIGNED, or a CHOICE_... of connector_config.c. No
 * include guard on purpose. */
KEY(BOTH, "", "type", TYPE, type, "ldap | local", "what the connector talks to; required")
KEY(BOTH, "", "id", TEXT, id, "text", "goes into every subject, so it never changes; required")
KEY(LOCAL, "", "path", TEXT, local.path, "file",
    "the people, their groups and argon2id hashes, as YAML; required")
KEY(LDAP, "", "urls", TEXTS, ldap.urls, "[ldaps://host, ...]",
    "servers in the order of preference; ldap:// means StartTLS; required")
KEY(LDAP, "", "ca_file", TEXT, ldap.ca_file, "file",
    "certificate authorities of the servers, PEM; required with TLS")
KEY(LDAP, "", "certificate_file", TEXT, ldap.certificate_file, "file", "client certificate")
KEY(LDAP, "", "key_file", TEXT, ldap.key_file, "file", "key of the client certificate")
KEY(LDAP, "", "insecure_plaintext", FLAG, ldap.insecure_plaintext, "true | false",
    "no TLS at all; for tests")
KEY(LDAP, "", "bind_dn", TEXT, ldap.bind_dn, "DN", "service account that searches")
KEY(LDAP, "", "bind_password_file", TEXT, bind_password_file, "file",
    "its password; nobody else may read the file")
KEY(LDAP, "", "decoy_dn", TEXT, ldap.decoy_dn, "DN",
    "an entry whose password nobody knows: unknown people are checked against it")
KEY(LDAP, "", "connect_timeout", DURATION, ldap.connect_ms, "2s", "for a connection to stand")
KEY(LDAP, "", "operation_timeout", DURATION, ldap.operation_ms, "3s", "for an answer")
KEY(LDAP, "", "idle_timeout", DURATION, ldap.idle_ms, "60s",
    "an unused connection older than this is closed")
KEY(LDAP, "", "max_connections", UNSIGNED, ldap.max_connections, "16",
    "per server, for searches and for passwords each")
KEY(LDAP, "", "page_size", UNSIGNED, ldap.page_size, "500",
    "entries per page of a search (RFC 2696)")
KEY(LDAP, "people", "base", TEXT, ldap.people.base, "DN", "where people are; required")
KEY(LDAP, "people", "scope", CHOICE_SCOPE, ldap.people.scope, "subtree | one", "how deep")
KEY(LDAP, "people", "filter", TEXT, ldap.people.filter, "(objectClass=inetOrgPerson)",
    "who is a person")
KEY(LDAP, "people", "login", TEXT, ldap.people.login, "(uid={username})",
    "how a typed name is found")
KEY(LDAP, "people", "id", TEXT, ldap.people.id, "entryUUID",
    "attribute that never changes and is never given twice")
KEY(LDAP, "people", "username", TEXT, ldap.people.username, "uid", "attribute of the user name")
KEY(LDAP, "people", "display_name", TEXT, ldap.people.display_name, "displayName",
    "attribute of the full name")
KEY(LDAP, "people", "mail", TEXT, ldap.people.mail, "mail", "attribute of the mail address")
KEY(LDAP, "people", "lowercase_username", FLAG, ldap.people.lowercase_username, "true | false",
    "stored capitals become small")
KEY(LDAP, "account", "rules", CHOICE_ACCOUNT, ldap.account.rules, "openldap | ad | none",
    "how the directory says locked, expired, disabled")
KEY(LDAP, "account", "disabled_attribute", TEXT, ldap.account.disabled_attribute, "attribute",
    "an attribute that disables the account")
KEY(LDAP, "account", "disabled_value", TEXT, ldap.account.disabled_value, "text",
    "when it has this value")
KEY(LDAP, "account", "lockout", DURATION, ldap.account.lockout_ms, "15m",
    "pwdLockoutDuration of the directory's policy")
KEY(LDAP, "groups", "rules", CHOICE_GROUPS, ldap.groups.rules,
    "member | member_of | member_in_chain | none", "how membership is found")
KEY(LDAP, "groups", "base", TEXT, ldap.groups.base, "DN",
    "where groups are; required unless rules is none")
KEY(LDAP, "groups", "scope", CHOICE_SCOPE, ldap.groups.scope, "subtree | one", "how deep")
KEY(LDAP, "groups", "filter", TEXT, ldap.groups.filter, "(objectClass=groupOfNames)",
    "what a group is")
KEY(LDAP, "groups", "name", TEXT, ldap.groups.name, "cn", "attribute of the group's name")
KEY(LDAP, "groups", "member", TEXT, ldap.groups.member, "member", "attribute that lists members")
KEY(LDAP, "groups", "member_of", TEXT, ldap.groups.member_of, "memberOf",
    "attribute of a person that lists groups")
KEY(LDAP, "groups", "nested", FLAG, ldap.groups.nested, "true | false",
    "groups inside groups count")
KEY(LDAP, "groups", "cache", DURATION, ldap.groups.cache_ms, "10s",
    "how old the graph of nested groups may be, at most 60s")
KEY(LDAP, "groups", "max_per_person", SIZE, ldap.groups.max_per_person, "2000",
    "more groups than this are refused")
KEY(LDAP, "groups", "max_depth", SIZE, ldap.groups.max_depth, "10", "deeper nesting is refused")
KEY(LDAP, "groups", "max_groups", SIZE, ldap.groups.max_groups, "100000",
    "more groups in all are refused")
