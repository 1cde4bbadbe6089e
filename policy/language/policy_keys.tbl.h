/* Every word of the policy language. DOCUMENT(key, shape, section, owner, text): the sections of a
 * file; owner TEAM: a team's own file may say it, too. KEY(section, name, type, need, text): the
 * keys of their entries. The reader, its did-you-mean, the JSON Schema and the check of
 * docs/policy.md come from these rows; the field of the section's struct in policy_tree.h has the
 * name of the key. */
DOCUMENT(lotse, VERSION, none, TEAM, "the version of this language: 1")
DOCUMENT(sites, ENTRIES, site, PLATFORM, "the API servers")
DOCUMENT(ldap, ONE, ldap, PLATFORM, "the directory")
DOCUMENT(teams, ENTRIES, team, TEAM, "people, by groups of the directory")
DOCUMENT(roles, ENTRIES, role, PLATFORM, "sets of permissions")
DOCUMENT(spaces, ENTRIES, space, PLATFORM, "sets of namespaces")
DOCUMENT(grants, LIST, grant, TEAM, "which team has which role where")
DOCUMENT(requests, ENTRIES, request, TEAM, "what may be asked for, and who approves it")
DOCUMENT(breakglass, ENTRIES, breakglass, PLATFORM, "what may be taken in an emergency")
DOCUMENT(ci, ENTRIES, ci, TEAM, "machines: CI systems and service accounts")
DOCUMENT(never, LIST, invariant, PLATFORM, "what must never be possible")
DOCUMENT(always, LIST, invariant, PLATFORM, "what must always be possible")
DOCUMENT(tests, LIST, test, TEAM, "questions with the answer they must have")
DOCUMENT(accept, LIST, accept, PLATFORM, "findings that are known and borne for a while")
DOCUMENT(include, FILES, include, PLATFORM, "further files of this policy, and whose they are")

KEY(ldap, base, TEXT, OPTIONAL, "where groups are: a DN; names in `from` are relative to it")
KEY(ldap, nested, FLAG, OPTIONAL, "members of groups in groups count (default true)")
KEY(ldap, max_age, DURATION, OPTIONAL, "how old the directory's answer may be (default 15m)")
KEY(ldap, drop_guard, PERCENT, OPTIONAL,
    "refuse to apply when the directory shrank by more (default 20%)")

KEY(site, audience, TEXT, REQUIRED,
    "the token audience of the site's API server; each site has its own")
KEY(site, labels, LABELS, OPTIONAL, "labels to choose sites by in `at`")

KEY(team, from, WORDS, OPTIONAL, "groups of the directory whose members form the team")
KEY(team, add, ADDS, OPTIONAL, "people besides those of the groups")
KEY(team, drop, PEOPLE, OPTIONAL,
    "people who are not in the team whatever else says so; wins over `add`")
KEY(team, max, COUNT, OPTIONAL, "more people than this is an error")
KEY(team, lead, PERSON, OPTIONAL, "who answers for the team")

KEY(add, until, TIME, OPTIONAL, "up to this moment, which is not included (UTC)")
KEY(add, reason, TEXT, OPTIONAL, "why")

KEY(role, base, TEXT, OPTIONAL, "another role, or k8s/<ClusterRole> of the cluster")
KEY(role, can, PERMISSIONS, OPTIONAL,
    "what it allows: \"verbs group/resource[/subresource][,...] [names a,b]\"")
KEY(role, deny, PERMISSIONS, OPTIONAL,
    "what is taken away from base and can when the policy is compiled")
KEY(role, sensitive, FLAG, OPTIONAL, "grants of this role need `until`")
KEY(role, cluster, FLAG, OPTIONAL, "holds cluster-wide; its grants have no `in`")

KEY(space, names, WORDS, OPTIONAL, "namespaces by name; * stands for any run of characters")
KEY(space, not, WORDS, OPTIONAL, "but not these; * as in names")
KEY(space, label, LABELS, OPTIONAL, "namespaces that carry all of these labels")
KEY(space, at, WORDS, OPTIONAL, "only on these sites: names, or label=value (default: all)")

KEY(grant, team, TEXT, REQUIRED, "who")
KEY(grant, role, TEXT, REQUIRED, "may do what")
KEY(grant, in, WORDS, OPTIONAL, "where: spaces; needed unless the role is cluster-wide")
KEY(grant, at, WORDS, OPTIONAL, "only on these sites: names, or label=value (default: all)")
KEY(grant, until, TIME, OPTIONAL, "up to this moment, which is not included (UTC)")
KEY(grant, by, PERSON, OPTIONAL, "who decided it")
KEY(grant, reason, TEXT, OPTIONAL, "why")

KEY(request, who, TEXT, REQUIRED, "the team whose people may ask")
KEY(request, role, TEXT, REQUIRED, "for which role")
KEY(request, in, WORDS, OPTIONAL, "where: spaces; needed unless the role is cluster-wide")
KEY(request, at, WORDS, OPTIONAL, "only on these sites: names, or label=value (default: all)")
KEY(request, max, DURATION, REQUIRED, "the longest time it is given for; at most 12h")
KEY(request, approve, STAGES, REQUIRED,
    "how many of whom: {1: [lead], 2: [platform]}; all of it, and nobody counts twice")
KEY(request, reason, REASON, OPTIONAL, "what the person has to give: text (default) or ticket")

KEY(breakglass, who, TEXT, REQUIRED, "the team whose people may take it")
KEY(breakglass, role, TEXT, REQUIRED, "which role; a cluster-wide one")
KEY(breakglass, at, WORDS, OPTIONAL, "only on these sites: names, or label=value (default: all)")
KEY(breakglass, max, DURATION, REQUIRED, "how long it lasts; at most 30m")
KEY(breakglass, mfa, FACTOR, REQUIRED, "the second factor it takes: fido2")
KEY(breakglass, page, TEXT, REQUIRED, "whom it wakes")
KEY(breakglass, review, DURATION, REQUIRED, "it is looked at within this time")

KEY(ci, issuer, TEXT, OPTIONAL, "the CI system's own issuer of tokens (https://...)")
KEY(ci, audience, TEXT, OPTIONAL, "the audience of its tokens (default: the site's)")
KEY(ci, match, LABELS, OPTIONAL, "what the claims of its tokens must be; * as in names")
KEY(ci, sa, TEXT, OPTIONAL, "instead of an issuer: a service account, namespace/name")
KEY(ci, token, DURATION, OPTIONAL, "the longest life of its tokens (default 1h); at most 24h")
KEY(ci, role, TEXT, REQUIRED, "may do what; never a sensitive role")
KEY(ci, in, WORDS, OPTIONAL, "where: spaces; needed unless the role is cluster-wide")
KEY(ci, at, WORDS, OPTIONAL, "only on these sites: names, or label=value (default: all)")

KEY(invariant, id, NAME, REQUIRED, "its name")
KEY(invariant, who, WHO, REQUIRED,
    "any, any except ..., team <team>, each team, one person, or a username")
KEY(invariant, can, DUTIES, OPTIONAL,
    "permissions, each perhaps with \"in <space>\"; \"approve <request>\"; \"*\" is anything. For "
    "one person all of them together, else each by itself")
KEY(invariant, reach, TEXT, OPTIONAL, "instead of can: all that this role allows, also by detours")
KEY(invariant, in, WORDS, OPTIONAL,
    "where: spaces, sites, label=value of sites, site:namespace, or own (default: everywhere)")
KEY(invariant, except, PERMISSIONS, OPTIONAL, "permissions that do not count")

KEY(test, as, TEXT, REQUIRED, "a person, or \"any of <team>\"")
KEY(test, can, PERMISSIONS, REQUIRED, "the question, in the words of a role's `can`")
KEY(test, in, TEXT, REQUIRED, "site:namespace, or a site alone for what is cluster-wide")
KEY(test, is, VERDICT, REQUIRED, "allow or deny")
KEY(test, at, TIME, OPTIONAL, "at this moment instead of now")
KEY(test, why, TEXT, OPTIONAL, "what the test is about")

KEY(accept, id, RULE, REQUIRED, "the finding's rule: L01 to L60")
KEY(accept, who, TEXT, REQUIRED, "whom the finding names: team <team>, role <role>, ..., or any")
KEY(accept, in, WORDS, OPTIONAL, "only in these spaces (default: everywhere)")
KEY(accept, until, TIME, REQUIRED, "up to this moment, which is not included (UTC)")
KEY(accept, reason, TEXT, REQUIRED, "why")
KEY(accept, by, PERSON, REQUIRED, "who decided it")

KEY(include, team, TEXT, OPTIONAL,
    "the file is this team's: it says only the team, and what holds in its spaces")
KEY(include, spaces, WORDS, OPTIONAL, "the spaces in which a team's file may give roles")
KEY(include, roles, WORDS, OPTIONAL, "the roles that a team's file may give")
