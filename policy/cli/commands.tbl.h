/* COMMAND(identifier, name, arguments, what it does). No include guard on purpose: the rows make
 * parser, help and manual page. */
COMMAND(
    CHECK, "check", "[FILE...]",
    "Reads the policy and says everything that is wrong with it. With a directory and clusters "
    "also names are looked up, tests are run, and the lints L01 to L60 look at what is given and "
    "at what else stands on the clusters.")
COMMAND(EXPLAIN, "explain", "[ID...]",
        "Says what a finding means, with an example that fires it and the same mended. Without ID: "
        "lists all.")
COMMAND(COMPILE, "compile", "[FILE...]",
        "Writes the manifests of each site, the same bytes for the same input.")
COMMAND(
    DIFF, "diff", "[BEFORE] [FILE]",
    "Says who gains and loses what: if the policy were applied, between two policies (two files, "
    "or --from), or between two states of the directory (--directory-before). By meaning: when "
    "only words differ, it says so, for everybody who could ever be there.")
COMMAND(
    APPLY, "apply", "[FILE...]",
    "Makes the clusters what the policy says: writes only what differs, removes only what it owns.")
COMMAND(PLAN, "plan", "[FILE...]",
        "Says what apply would write on each site, object by object, and writes nothing.")
COMMAND(DRIFT, "drift", "[FILE...]",
        "Says where a cluster gives other access than the policy, where only the text differs, and "
        "where the sites differ from one another.")
COMMAND(WATCH, "watch", "[FILE...]",
        "Keeps the RoleBindings of one site as the policy says, for as long as it runs: new and "
        "relabelled namespaces, foreign edits, a changed policy.")
COMMAND(WHO_CAN, "who-can", "VERB TARGET [FILE...]",
        "Says who may do something, and through which line. TARGET: pods, apps/deployments, "
        "/pods/log (the core group), or url:/metrics.")
COMMAND(TEST, "test", "[FILE...]", "Runs the tests that stand in the policy.")
COMMAND(PROVE, "prove", "[FILE...]",
        "Decides every `never` and `always` of the policy over every possible token, all sites and "
        "all dates; shows a request for each that does not hold. With --proof the result and what "
        "it was made from are written to a file.")
COMMAND(REACH, "reach", "WHO [FILE...]",
        "Says what somebody gets at by detours, step by step: workloads, service accounts, tokens, "
        "impersonation, bindings, certificates, webhooks. WHO: a username, team:NAME, a group "
        "(lotse:...), NAMESPACE/ACCOUNT, or everybody.")
COMMAND(SOD, "sod", "THING THING [FILE...]",
        "Says who can have both things, be it held, for a time, on request or as an approver: "
        "\"patch apps/deployments in SPACE\", \"approve REQUEST\". And who may approve the own "
        "request.")
COMMAND(MUTATE, "mutate", "[FILE...]",
        "Changes each grant as a mistake would, and says which changes no test of the policy sees; "
        "with a test that would.")
COMMAND(SNAPSHOT, "snapshot", "[FILE...]",
        "Saves clusters and directory into a folder, for --objects and --directory.")
COMMAND(BUNDLE, "bundle", "[FILE...]",
        "Puts the policy and all files that it includes into one file with a number, for sign.")
COMMAND(SIGN, "sign", "BUNDLE",
        "Adds a signature to a bundle; several people may sign, one after another.")
COMMAND(VERIFY, "verify", "BUNDLE | --live N [FILE...]",
        "Says whether a bundle is whole, signed by enough trusted keys, and not an older one; with "
        "--live, asks the API servers themselves (SubjectAccessReview) and compares.")
COMMAND(LSP, "lsp", "[FILE]",
        "A language server on standard input and output: diagnostics, hover, completion, "
        "definitions.")
COMMAND(FMT, "fmt", "[FILE...]",
        "Lays policy files out: what they say and their comments stay. Writes to standard output.")
COMMAND(SCHEMA, "schema", "",
        "Writes the language of policies as a JSON Schema (2020-12), for editors.")
COMMAND(CAN, "can", "[PERSON [VERB TARGET]]",
        "Says everything a person may do, or answers one question about them (then 1 means no). "
        "Without a person: questions, one JSON object a line, from the objects of the clusters.")
COMMAND(WHY_NOT, "why-not", "PERSON VERB TARGET [FILE...]",
        "Says which grant or request comes nearest to allowing it, and what is missing.")
COMMAND(BLAST, "blast", "GROUP [FILE...]",
        "Says what a group of the directory carries: alone, or together with others.")
COMMAND(LEAVER, "leaver", "PERSON [FILE...]",
        "Says what still works after a person has left, and how to end it.")
COMMAND(UNTIL, "until", "DATE [FILE...]", "Compares the policy at another moment with now.")
COMMAND(EXPIRING, "expiring", "[FILE...]",
        "Says who loses what in the next days, and which tests begin to fail.")
COMMAND(MATRIX, "matrix", "[FILE...]", "Writes which team has which role in which space.")
COMMAND(IMPORT, "import", "[FILE]",
        "Makes a policy of teams, roles and spaces out of what clusters have, proven to give the "
        "same access, and names what it left. Writes FILE (default: policy.yaml), never over an "
        "existing one; with --output json the policy is in the answer.")
COMMAND(
    UNUSED, "unused", "AUDIT-LOG [FILE...]",
    "Says what of the granted rights of a site an API server's audit log does not show as used, "
    "and which smaller role would do. - is standard input.")
