/* OPTION(name, short name or 0, value as shown or NULL, kind, field of struct cli_options,
 * commands, help). No include guard on purpose: the rows make parser, help and manual page. */
OPTION("policy", 'f', "FILE", LIST, policy, READS | ONLY(FMT),
       "the policy; may stand several times, then the files are one policy (default: policy.yaml)")
OPTION("directory", 0, "FILE", TEXT, directory, READS, "people and groups from a saved file")
OPTION("directory-config", 0, "FILE", TEXT, directory_config, READS,
       "people and groups from the directory itself: YAML with `connectors:`, as in the gateway's "
       "configuration")
OPTION("objects", 0, "FOLDER", TEXT, objects, READS,
       "clusters from saved files: FOLDER/SITE/*.json, as `kubectl get -o json` or `snapshot` "
       "write them")
OPTION("kubeconfig", 0, "FILE", TEXT, kubeconfig, READS,
       "clusters as kubectl reaches them (default: $KUBECONFIG, ~/.kube/config)")
OPTION("context", 0, "SITE=CONTEXT", LIST, contexts, READS,
       "the context of a site when it is not called like the site; may stand several times")
OPTION("site", 's', "SITE", LIST, sites, READS, "only this site; may stand several times")
OPTION("from", 0, "FILE", LIST, from, ONLY(DIFF) | ONLY(IMPORT),
       "diff: compare with this older policy instead of with the clusters. import: also read "
       "bindings of rbac-manager or Rancher from this file (SITE=FILE: of that site alone). May "
       "stand several times")
OPTION("directory-before", 0, "FILE", TEXT, directory_before, ONLY(DIFF),
       "what changed in the directory since this saved one: the policy is the same, or --from")
OPTION("exit-code", 0, NULL, FLAG, exit_code, ONLY(DIFF),
       "end with 1 when anybody gains or loses anything (otherwise a difference ends with 0)")
OPTION("check", 0, NULL, FLAG, check, ONLY(FMT),
       "write nothing; name the files that are not laid out, and end with 1 if there is one")
OPTION("write", 'w', NULL, FLAG, write, ONLY(FMT), "write the files back")
OPTION("out", 'o', "FOLDER", TEXT, out, ONLY(COMPILE), "where the manifests go (default: compiled)")
OPTION("issuer", 0, "URL", TEXT, issuer, ONLY(COMPILE),
       "the gateway's issuer: also writes the API server's authentication configuration")
OPTION("discovery-url", 0, "URL", TEXT, discovery_url, ONLY(COMPILE),
       "where the API servers find the issuer's discovery document when not below the issuer")
OPTION("issuer-ca", 0, "FILE", TEXT, issuer_ca, ONLY(COMPILE),
       "certificate authority of the issuer, PEM")
OPTION("dry-run", 0, NULL, FLAG, dry_run, ONLY(APPLY),
       "let the API servers check everything and change nothing")
OPTION("cluster-wide", 0, NULL, FLAG, cluster_wide, ONLY(PLAN) | ONLY(APPLY),
       "also ClusterRoles, ClusterRoleBindings, admission policies and the binder's own rights; "
       "without it RoleBindings alone")
OPTION("grants-first", 0, NULL, FLAG, grants_first, ONLY(PLAN) | ONLY(APPLY),
       "give before taking: nobody is without access in between, some have more than they should")
OPTION("binder", 0, "USER", TEXT, binder,
       ONLY(COMPILE) | ONLY(PLAN) | ONLY(APPLY) | ONLY(DRIFT) | ONLY(CHECK),
       "who writes RoleBindings, as the API server names it; \"\" for nobody but the platform "
       "(default: system:serviceaccount:lotse-system:lotse-binder)")
OPTION("platform", 0, "USER|group:GROUP", LIST, platform,
       ONLY(COMPILE) | ONLY(PLAN) | ONLY(APPLY) | ONLY(DRIFT),
       "who else may write what is ours and the labels that select namespaces; may stand several "
       "times (system:masters always may)")
OPTION("no-prune", 0, NULL, FLAG, no_prune, ONLY(APPLY) | ONLY(DIFF) | ONLY(PLAN) | ONLY(WATCH),
       "leave objects of ours that the policy no longer asks for")
OPTION("max-prune", 0, "PERCENT", PERCENT, max_prune, ONLY(APPLY) | ONLY(PLAN) | ONLY(WATCH),
       "refuse to remove more than this share of what is ours on a site (default: 20)")
OPTION("allow-shrink", 0, NULL, FLAG, allow_shrink, ONLY(APPLY) | ONLY(PLAN) | ONLY(WATCH),
       "go on although the directory has shrunk or is old, or much would be removed")
OPTION("once", 0, NULL, FLAG, once, ONLY(WATCH), "one round, then end")
OPTION("live", 0, "N", COUNT, live, ONLY(VERIFY),
       "ask each API server so many questions and compare with our own answers")
OPTION("seed", 0, "N", COUNT, seed, ONLY(VERIFY),
       "the same number draws the same questions (default: 1)")
OPTION("lock", 0, "FILE", TEXT, lock, ONLY(APPLY) | ONLY(COMPILE) | ONLY(CHECK),
       "what the last applied policy was made from (default: lotse.lock beside the policy)")
OPTION("namespace", 'n', "NAMESPACE", TEXT, namespace, ONLY(WHO_CAN) | ONLY(CAN) | ONLY(WHY_NOT),
       "in this namespace; without it, in the whole cluster")
OPTION("name", 0, "NAME", TEXT, name, ONLY(WHO_CAN) | ONLY(CAN) | ONLY(WHY_NOT),
       "on the object of this name")
OPTION("as-is", 0, NULL, FLAG, as_is,
       ONLY(WHO_CAN) | ONLY(CAN) | ONLY(WHY_NOT) | ONLY(BLAST) | ONLY(LEAVER),
       "about the clusters as they are now (default: as they will be when the policy is applied)")
OPTION("key", 0, "FILE", TEXT, key, ONLY(SIGN), "the private key that signs: PEM, P-256 or RSA")
OPTION("trust", 0, "FILE", LIST, trust, READS,
       "a public key (PEM) whose signature on a bundle counts; may stand several times")
OPTION("signatures", 0, "NUMBER", COUNT, signatures, READS,
       "so many different trusted keys must have signed a bundle (default: 1)")
OPTION("last-good", 0, "FILE", TEXT, last_good, READS,
       "where the last good bundle is kept: it stays in force when a new one is refused")
OPTION("serial", 0, "NUMBER", COUNT, serial, ONLY(BUNDLE),
       "the bundle's number (default: one more than the bundle that is there)")
OPTION(
    "to", 0, "FILE|ROLE", TEXT, to, ONLY(BUNDLE) | ONLY(SIGN) | ONLY(REACH),
    "where the bundle goes (default: policy.bundle; sign: the same file); reach: only the way to "
    "this role of the policy, or to cluster-admin")
OPTION("proof", 0, "FILE", TEXT, proof, ONLY(PROVE),
       "writes every result with the hashes of all that it was made from, as JSON")
OPTION("min-score", 0, "PERCENT", PERCENT, min_score, ONLY(MUTATE),
       "exit status 1 when the tests see less than this share of the changes (default: 0)")
OPTION("people", 0, NULL, FLAG, persons, ONLY(WHO_CAN),
       "every person, and the directory's group that carries each")
OPTION("token-life", 0, "DURATION", DURATION, token_life, ONLY(LEAVER),
       "how long the gateway's tokens live (default: 10m)")
OPTION("days", 0, "N", COUNT, days, ONLY(EXPIRING), "how far to look (default: 30)")
OPTION("format", 0, "csv|html", TEXT, format, ONLY(MATRIX), "instead of text or JSON")
OPTION("questions", 0, "FILE", TEXT, questions, ONLY(CAN),
       "the questions (default: standard input)")
OPTION("save", 0, "FOLDER", TEXT, save, ONLY(SNAPSHOT), "where to save (default: snapshot)")
OPTION("at", 0, "TIME", TIME, now_ms, READS,
       "as if it were this moment, 2026-12-31 or 2026-12-31T18:00:00Z (default: now)")
OPTION("fail-on", 0, "SEVERITY", TEXT, fail_on, ONLY(CHECK),
       "exit with 1 when there is a finding as bad as this or worse: critical, high (the default), "
       "medium, low, info, never")
OPTION("only", 0, "ID[,ID]", TEXT, only, ONLY(CHECK), "only these lints, no tests")
OPTION("foreign-errors", 0, NULL, FLAG, foreign_errors, ONLY(CHECK),
       "findings about what is not ours on the clusters count for the exit status, too")
OPTION("authn", 0, "SITE=FILE", LIST, authn, ONLY(CHECK),
       "what a site's API server was told about issuers (AuthenticationConfiguration), to be "
       "looked at as well; may stand several times")
OPTION("timeout", 0, "DURATION", DURATION, timeout_ms, READS,
       "for the directory, and for each site: retries end then (default: 60s)")
OPTION("output", 0, "text|json", FORMAT, json, ALL,
       "how to answer (default: text); check also knows sarif and junit")
OPTION("help", 'h', NULL, FLAG, help, ALL, "says this")
OPTION("version", 0, NULL, FLAG, version, ALL, "says the version")
OPTION("manual", 0, NULL, FLAG, manual, ALL, "writes the manual page, for man -l")
