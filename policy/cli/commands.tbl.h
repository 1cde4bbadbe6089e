/* COMMAND(identifier, name, group, arguments, in one sentence, what else there is to say), and
 * before the first of each GROUP(identifier, title). No include guard on purpose: the rows make
 * parser, help and manual page; docs/commands.md has the same groups and order. */
GROUP(WRITE, "Write a policy")
COMMAND(CHECK, "check", WRITE, "[FILE...]", "Says everything that is wrong with the policy.",
        "With a directory and clusters names are looked up, tests are run, and the lints L01 to "
        "L60 look at what is given and at what else stands on the clusters.")
COMMAND(DIFF, "diff", WRITE, "[BEFORE] [FILE]",
        "Says who gains and loses what by a change, or by an apply.",
        "Compares what the clusters hold with what they would hold after an apply; or two policies "
        "(two files, or --from); or two states of the directory (--directory-before). By meaning: "
        "when only words differ, it says so, for everybody who could ever be there.")
COMMAND(EXPLAIN, "explain", WRITE, "[ID...]",
        "Says what a finding of check means and how to mend it.",
        "With an example that fires it and the same mended. Without ID: lists all findings.")
COMMAND(FMT, "fmt", WRITE, "[FILE...]", "Lays policy files out; comments and meaning stay.",
        "Writes to standard output; --write changes the files, --check only names them.")
COMMAND(SCHEMA, "schema", WRITE, "", "Writes the policy language as a JSON Schema, for editors.",
        "It is JSON Schema 2020-12.")
COMMAND(LSP, "lsp", WRITE, "[FILE]", "Serves editors: mistakes, hover, completion, definitions.",
        "A language server (LSP 3.17) on standard input and output.")
GROUP(ASK, "Ask who may do what")
COMMAND(WHO_CAN, "who-can", ASK, "VERB TARGET [FILE...]",
        "Says who may do something, and by which line.",
        "TARGET: pods, apps/deployments, /pods/log (the core group), or url:/metrics. The answer "
        "is about the clusters as they will be after an apply; --as-is: as they are.")
COMMAND(CAN, "can", ASK, "[PERSON [VERB TARGET]]",
        "Says all that a person may do, or answers one question.",
        "One question ends with 1 when the answer is no. The answer is about the clusters as they "
        "will be after an apply; --as-is: as they are. Without a person: reads questions, one JSON "
        "object a line, and answers them from the objects that the clusters have.")
COMMAND(WHY_NOT, "why-not", ASK, "PERSON VERB TARGET [FILE...]",
        "Says what is missing: the nearest grant or request.",
        "Ends with 0 when it is allowed after all, with 1 when it is not.")
COMMAND(MATRIX, "matrix", ASK, "[FILE...]", "Writes which team has which role in which space.",
        "As text, JSON, a table for spreadsheets or a page (--format). It is made from the policy "
        "alone.")
COMMAND(BLAST, "blast", ASK, "GROUP [FILE...]",
        "Says who would lose what without a group of the directory.",
        "And who keeps it, and through what. The group as in the policy: cn=pay-dev.")
COMMAND(LEAVER, "leaver", ASK, "PERSON [FILE...]",
        "Says what still works after a person has left, and how to end it.",
        "Tokens, open streams, bindings, and what the person could have taken along.")
COMMAND(UNTIL, "until", ASK, "DATE [FILE...]", "Says who has gained or lost what by a date.",
        "Compares the policy at that moment with the policy now.")
COMMAND(EXPIRING, "expiring", ASK, "[FILE...]", "Says who loses what in the next 30 days.",
        "And which tests, invariants and findings begin to fail. --days looks further.")
GROUP(PROVE, "Prove and test")
COMMAND(PROVE, "prove", PROVE, "[FILE...]",
        "Proves `never` and `always` of the policy, or shows a request that breaks them.",
        "Over every possible token, all sites and all dates, of the clusters as they will be after "
        "an apply. With --proof the result and what it was made from are written to a file.")
COMMAND(REACH, "reach", PROVE, "WHO [FILE...]",
        "Says what somebody gets at by detours, step by step.",
        "Workloads, service accounts, tokens, impersonation, bindings, certificates, webhooks. "
        "WHO: a username, team:NAME, a group (lotse:...), NAMESPACE/ACCOUNT, or everybody.")
COMMAND(SOD, "sod", PROVE, "THING THING [FILE...]", "Says who can have two things together.",
        "Be it held, for a time, on request or as an approver; and who may approve the own "
        "request. THING: \"patch apps/deployments in SPACE\" or \"approve REQUEST\".")
COMMAND(TEST, "test", PROVE, "[FILE...]", "Runs the tests that stand in the policy.",
        "Ends with 1 when one fails.")
COMMAND(MUTATE, "mutate", PROVE, "[FILE...]",
        "Says which mistakes no test of the policy would see.",
        "Each grant is changed as a mistake would; a test that would see it is printed.")
GROUP(CLUSTERS, "Work with clusters")
COMMAND(IMPORT, "import", CLUSTERS, "[FILE]", "Makes a policy out of the RBAC that clusters have.",
        "Proven to give the same access; what cannot be said in a policy is named. Writes FILE "
        "(default: policy.yaml), never over an existing one; with --output json the policy is in "
        "the answer.")
COMMAND(SNAPSHOT, "snapshot", CLUSTERS, "[FILE...]",
        "Saves clusters and directory, for work without them.",
        "Into a folder, for --objects and --directory.")
COMMAND(COMPILE, "compile", CLUSTERS, "[FILE...]",
        "Writes the manifests of each site into a folder.", "The same bytes for the same input.")
COMMAND(PLAN, "plan", CLUSTERS, "[FILE...]", "Says what apply would write, and writes nothing.",
        "Object by object, for each site.")
COMMAND(APPLY, "apply", CLUSTERS, "[FILE...]", "Makes the clusters what the policy says.",
        "Writes only what differs, removes only what the policy owns.")
COMMAND(WATCH, "watch", CLUSTERS, "[FILE...]", "Keeps the RoleBindings of a site right, for ever.",
        "New and relabelled namespaces, edits of others, a changed policy: within seconds.")
COMMAND(DRIFT, "drift", CLUSTERS, "[FILE...]",
        "Says where clusters give other access than the policy.",
        "Where only the text differs, and where the sites differ from one another.")
COMMAND(UNUSED, "unused", CLUSTERS, "AUDIT-LOG [FILE...]",
        "Says which rights an API server's audit log does not show as used.",
        "And which smaller role would do. AUDIT-LOG: a file, or - for standard input.")
GROUP(BUNDLES, "Sign a policy")
COMMAND(BUNDLE, "bundle", BUNDLES, "[FILE...]", "Puts a policy into one file, to be signed.",
        "With all files that it includes, and a number that grows.")
COMMAND(SIGN, "sign", BUNDLES, "BUNDLE", "Adds a signature to a bundle.",
        "Several people may sign, one after another.")
COMMAND(VERIFY, "verify", BUNDLES, "BUNDLE | --live N [FILE...]",
        "Says whether a bundle is to be trusted, or asks the clusters themselves.",
        "A bundle: whole, signed by enough trusted keys, not older than the last. With --live: "
        "asks the API servers N questions (SubjectAccessReview) and compares the answers.")
