/* Every key of the policy language: KEY(section, name, type, need, text), and LATER(section, name,
 * text) for what a later version brings. The reader, its did-you-mean and the reference in
 * docs/policy.md come from these rows; the field of the section's struct in policy_tree.h has the
 * name of the key. */
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
KEY(team, drop, WORDS, OPTIONAL,
    "people who are not in the team whatever else says so; wins over `add`")
KEY(team, max, COUNT, OPTIONAL, "more people than this is an error")
KEY(team, lead, TEXT, OPTIONAL, "who answers for the team")

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
KEY(grant, by, TEXT, OPTIONAL, "who decided it")
KEY(grant, reason, TEXT, OPTIONAL, "why")

KEY(test, as, TEXT, REQUIRED, "a person, or \"any of <team>\"")
KEY(test, can, PERMISSIONS, REQUIRED, "the question, in the words of a role's `can`")
KEY(test, in, TEXT, REQUIRED, "site:namespace, or a site alone for what is cluster-wide")
KEY(test, is, VERDICT, REQUIRED, "allow or deny")
KEY(test, at, TIME, OPTIONAL, "at this moment instead of now")
KEY(test, why, TEXT, OPTIONAL, "what the test is about")

LATER(document, requests)
LATER(document, breakglass)
LATER(document, ci)
LATER(document, never)
LATER(document, always)
LATER(document, accept)
LATER(document, include)
