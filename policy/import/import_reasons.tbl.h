/* REASON(identifier, LEFT or NOTE, text): why something on a cluster was not taken over (LEFT: it
 * stays there as it is), or what to look at although it was (NOTE). No include guard on purpose. */
REASON(USER, LEFT,
       "a person is bound directly; put them into a directory group, or into a team with `add`")
REASON(SERVICE_ACCOUNT, LEFT, "a service account; its binding goes on as it is")
REASON(SYSTEM, LEFT, "a user or group that Kubernetes itself makes")
REASON(
    MINTED, LEFT,
    "a group that the gateway puts into tokens for a time; it comes from the policy that named it")
REASON(UNKNOWN_SUBJECT, LEFT, "a subject of a kind that does not exist: it is nobody")
REASON(BAD_NAME, LEFT, "a name that a policy cannot hold")
REASON(NO_ROLE, LEFT, "its role does not exist, so it allows nothing")
REASON(EMPTY_ROLE, LEFT, "its role allows nothing")
REASON(NO_NAMESPACE, LEFT, "its namespace does not exist or is being deleted")
REASON(ROLE_URLS, LEFT,
       "its role speaks of non-resource URLs, which a policy's roles take from a ClusterRole only "
       "(k8s/...) that every site has")
REASON(ROLE_VERB_STAR, LEFT,
       "its role allows the verb '*', every verb there will ever be; a policy's '*' is the eight "
       "usual ones. Write the verbs out, or let a ClusterRole that every site has say the same")
REASON(ROLE_VERB, LEFT, "its role names a verb that no site knows")
REASON(ROLE_RESOURCE, LEFT, "its role names a resource that no site has")
REASON(ROLE_NAMES, LEFT, "its role names objects whose names a policy cannot hold")
REASON(ROLE_SIZE, LEFT, "the roles name more different verbs than a policy holds")
REASON(BY_REFERENCE, NOTE,
       "the role stays based on this ClusterRole, because of what a policy cannot say itself; do "
       "not remove it")
REASON(
    AGGREGATED, NOTE,
    "an aggregated ClusterRole: the policy has what it allows now; it grows by labels on others, "
    "the policy when it is compiled again")
REASON(CREATE_NAMES, NOTE,
       "create, list, watch or deletecollection limited to names allow next to nothing; kept as it "
       "was")
REASON(NO_DIRECTORY_GROUP, NOTE, "the directory has no group of this name: mend `from` of the team")
REASON(TWO_DIRECTORY_GROUPS, NOTE,
       "the directory has several groups of this name: choose one in `from` of the team")
REASON(FOREIGN_SUBJECTS, LEFT, "it names no subject, or several of which only one may be")
REASON(FOREIGN_SELECTOR, LEFT, "its namespace selector cannot be read, or nothing can meet it")
REASON(FOREIGN_NOWHERE, LEFT, "it names no namespace and no selector, or no role")
REASON(FOREIGN_CLUSTER, LEFT, "no namespace of a site belongs to this project or cluster")
REASON(FOREIGN_TEMPLATE, LEFT,
       "its role template, or one it inherits from, was not among the files")
REASON(FOREIGN_GLOBAL, LEFT, "a global role is about the management system itself")
