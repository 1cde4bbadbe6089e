/* RULE(id, name, worst severity, who decides, title, why, how to mend, source). No include guard on
 * purpose: findings, `explain`, docs/lints.md and the SARIF rules are made from these rows.
 * Sources: K8 is Kubernetes' "RBAC good practices" page; rbac-police (Palo Alto), KubiScan,
 * kubesplaining, krane, rbac-tool and KubeHound are tools that look for the same; "Lotse" is what
 * follows from this policy language or was found while it was made. */
RULE(L01, "cluster-admin", CRITICAL, LINT, "may do everything in the cluster",
     "Whoever holds every verb on every resource of every group is the cluster: nothing else in "
     "the policy binds them.",
     "Give a role that names what is needed; keep everything for `breakglass` or a short "
     "`request`, and accept that by name.",
     "K8; rbac-police; kubesplaining; krane")
RULE(L02, "masters-member", CRITICAL, LINT, "can become a member of system:masters",
     "The API server answers system:masters before any authorizer is asked: no RBAC object limits "
     "it, none takes it back.",
     "Remove the binding, or limit impersonation to named groups that are not system:masters.",
     "K8")
RULE(L03, "unauthenticated", CRITICAL, LINT,
     "requests without any login are allowed more than Kubernetes' defaults",
     "system:unauthenticated and system:anonymous are everybody who reaches the port of the API "
     "server.",
     "Delete the binding, or bind a group of your own.", "krane")
RULE(L04, "nodes-proxy", CRITICAL, LINT, "reaches the kubelet's API through the API server",
     "nodes/proxy, even with get alone, runs commands in any pod of the node, past audit and "
     "admission.",
     "Name the fine-grained resources instead: /nodes/metrics, /nodes/stats, /nodes/log, "
     "/nodes/healthz.",
     "K8; rbac-police; kubesplaining; kubernetes/kubernetes#119640")
RULE(L05, "escalate", CRITICAL, LINT, "may write roles with more than its own rights",
     "The verb escalate switches off the check that nobody can write a role that exceeds what they "
     "hold.",
     "Take escalate away; whoever must write roles then can grant what they hold.",
     "K8; rbac-police; kubesplaining")
RULE(L06, "bind", CRITICAL, LINT, "may bind roles it does not hold",
     "The verb bind on roles or clusterroles, with the right to write bindings, hands out every "
     "role it names.",
     "Limit bind by `names` to roles that may be handed out, or take it away.",
     "K8; rbac-police; kubesplaining")
RULE(L07, "impersonate", CRITICAL, LINT, "may act as somebody else",
     "Impersonation gives all rights of the other, and the actions are logged under two names. "
     "k8s/edit includes it for service accounts.",
     "`deny: [\"impersonate /serviceaccounts\"]`, or limit it by `names`.",
     "K8; rbac-police; kubesplaining; kubernetes/kubernetes#138315")
RULE(L08, "impersonate-constrained", HIGH, LINT,
     "may act as somebody else by constrained impersonation",
     "Since Kubernetes 1.35 the verbs impersonate:MODE and impersonate-on:MODE:VERB give "
     "impersonation; a literal verb * holds them, too.",
     "Name the verbs that are meant instead of *, or take the two verbs away.", "KEP-5284; Lotse")
RULE(L09, "write-binding", CRITICAL, LINT, "may write bindings",
     "A binding can only give what its writer holds, but to whomever they like: their rights "
     "spread without the policy.",
     "Let the policy alone give access; take create, update and patch on rolebindings and "
     "clusterrolebindings away.",
     "kubesplaining; krane")
RULE(L10, "write-role-aggregated", CRITICAL, LINT,
     "may extend the aggregated roles admin, edit and view",
     "A ClusterRole with a label aggregate-to-... adds its rules to edit or view in every "
     "namespace where they are bound.",
     "Take create, update and patch on clusterroles away.", "Lotse")
RULE(L11, "token-request", CRITICAL, LINT, "may mint tokens of service accounts",
     "serviceaccounts/token gives a token of every service account in scope, which lives on after "
     "its maker has left.",
     "`deny: [\"create /serviceaccounts/token\"]`", "K8; rbac-police; kubesplaining")
RULE(L12, "secret-mint", CRITICAL, LINT, "may mint tokens that never end by secrets",
     "A secret of type kubernetes.io/service-account-token is filled by the control plane: create "
     "and get together are a token.",
     "Take create or get on /secrets away.", "rbac-police; kubesplaining")
RULE(L13, "list-secrets", CRITICAL, LINT, "may read secrets",
     "list and watch return the contents as get does, and get needs only a guess of the name.",
     "`deny: [\"get,list,watch /secrets\"]`, or name the secrets: `get /secrets names a,b`.",
     "K8; rbac-police; kubesplaining")
RULE(L14, "pod-create", CRITICAL, LINT, "may run pods",
     "Whoever can make a pod or a workload runs as any service account of the namespace and mounts "
     "any secret in it.",
     "Accept it where that is the work of the team; keep service accounts with rights out of its "
     "namespaces.",
     "K8; rbac-police; kubesplaining; KubeHound")
RULE(L15, "pod-exec", CRITICAL, LINT, "may run commands in running pods",
     "exec and attach are code in the pod, with its service account and what it has mounted. "
     "Before Kubernetes 1.35 get is enough.",
     "Make it a `request` of a few hours, or `deny: [\"* /pods/exec,/pods/attach\"]`.",
     "rbac-police; kubesplaining")
RULE(L16, "pods-proxy-family", HIGH, LINT,
     "reaches ports inside of the cluster through the API server",
     "pods/proxy and services/proxy pass any HTTP request on; get suffices to write, and "
     "NetworkPolicies do not see it.",
     "`deny: [\"* /pods/proxy,/services/proxy\"]`", "K8; Lotse")
RULE(L17, "ephemeral-containers", HIGH, LINT, "may inject containers into running pods",
     "An ephemeral container shares the pod's network and mounts, and may ignore how the pod was "
     "hardened.",
     "Make it a `request`, or `deny: [\"* /pods/ephemeralcontainers\"]`.",
     "rbac-police; kubesplaining")
RULE(L18, "port-forward", MEDIUM, LINT, "may open ports of pods",
     "A forwarded port reaches what NetworkPolicies keep apart.",
     "Make it a `request`, or leave it out.", "kubesplaining")
RULE(L19, "modify-pods", HIGH, LINT, "may alter running pods",
     "update and patch change the image of a running container; with pods/status traffic is led "
     "elsewhere.",
     "Leave pods to their controllers: take update and patch on /pods and /pods/status away.",
     "rbac-police")
RULE(L20, "steal-pods", HIGH, LINT, "may drive pods to a node of its choice",
     "Who deletes or evicts pods and changes nodes moves pods, with their tokens, to a node it "
     "holds.",
     "Take the write on nodes or the delete of pods away.", "rbac-police; kubesplaining")
RULE(L21, "node-write", HIGH, LINT, "may write nodes",
     "Taints, labels and status of nodes decide where pods run; a made-up node collects them.",
     "Take create, update, patch and delete on /nodes and /nodes/status away.", "rbac-police")
RULE(L22, "csr-approve", CRITICAL, LINT, "may have certificates issued for anybody",
     "create, approval and the signer kube-apiserver-client together give a client certificate of "
     "any name, which cannot be revoked.",
     "Take approval or the approve of this signer away.", "K8; rbac-police; kubesplaining")
RULE(L23, "csr-sign", CRITICAL, LINT, "may be the signer of certificates",
     "sign on a signer with the write of the request's status puts any certificate into it.",
     "Leave signing to the controller of the signer.", "kubesplaining")
RULE(L24, "webhooks", CRITICAL, LINT, "may write admission webhooks or policies",
     "A webhook reads and alters every object that is written, secrets included; an admission "
     "policy that is gone protects nothing.",
     "Leave admission to the platform's own pipeline.", "K8; rbac-police")
RULE(L25, "apiservice", CRITICAL, LINT, "may take over API groups",
     "An APIService leads a whole group elsewhere, and the requests carry the identity of whoever "
     "asks.",
     "Take the write on apiregistration.k8s.io/apiservices away.", "kubesplaining; Lotse")
RULE(L26, "crd-write", HIGH, LINT, "may write custom resource definitions",
     "A conversion webhook sees every object of the kind; a definition that is deleted takes all "
     "its objects with it.",
     "Leave definitions to the pipeline that installs the operators.", "rbac-tool")
RULE(L27, "deputy", HIGH, LINT, "may direct a controller that has more rights",
     "What a controller reconciles is done with the controller's rights, not the writer's: a "
     "confused deputy.",
     "Limit the operator to what its writers may do themselves (projects, service account "
     "impersonation), then accept it.",
     "kubesplaining; catalogue in policy/lint/deputies.tbl.h")
RULE(L28, "persistent-volume", HIGH, LINT, "may write persistent volumes",
     "A persistent volume of type hostPath is a folder of a node, root's included.",
     "Leave persistent volumes to the storage provisioner.", "K8")
RULE(L29, "psa-label", HIGH, LINT, "may change labels of namespaces",
     "The labels of a namespace switch pod security off, decide NetworkPolicies, and choose its "
     "place in this policy.",
     "Take update and patch on /namespaces away.", "K8; Lotse")
RULE(L30, "netpol", MEDIUM, LINT, "may open the network or lead traffic",
     "NetworkPolicies are the walls between namespaces; an Ingress or route claims a host name, "
     "whose it is RBAC does not ask.",
     "Keep NetworkPolicies with the platform; check host names by admission.", "rbac-tool")
RULE(L31, "service-external-ip", MEDIUM, LINT, "may redirect traffic by services and endpoints",
     "externalIPs of a service and hand-written endpoints catch traffic that is meant for others "
     "(CVE-2020-8554).",
     "Refuse externalIPs by admission; take endpoints and endpointslices away.",
     "rbac-police; CVE-2020-8554")
RULE(L32, "dns-configmap", CRITICAL, LINT, "may write the configuration of the cluster itself",
     "Config maps in kube-system hold DNS (coredns), identities (aws-auth) and the cluster's own "
     "settings.",
     "Take kube-system out of the space, or the write on /configmaps there.", "rbac-police; Lotse")
RULE(L33, "quota", LOW, NOBODY, "may create objects without any quota",
     "Without a ResourceQuota a namespace can fill the store of the control plane.",
     "Give each namespace a ResourceQuota. (Not decided: it needs the ResourceQuota objects, which "
     "are not read.)",
     "K8")
RULE(L34, "deletecollection", MEDIUM, LINT,
     "may delete whole collections cluster-wide, or namespaces",
     "One request removes everything of a kind; a deleted namespace takes all that is in it.",
     "Take deletecollection, or delete on /namespaces, away.", "krane")
RULE(L35, "eviction-drain", LOW, LINT, "may evict pods in the whole cluster",
     "Evictions empty nodes; more than disruption budgets allow is an outage.",
     "Bind it in namespaces only.", "Lotse")
RULE(L36, "leases", MEDIUM, LINT, "may write leases in a privileged namespace",
     "Leader election is a lease: who writes it stops or takes over a controller.",
     "Take the namespace out of the space, or the write on leases away.", "Lotse")
RULE(L37, "logs-leak", LOW, LINT, "may read logs or events of the whole cluster",
     "Logs and events hold secrets more often than anybody wants.",
     "Bind it in the namespaces of the team.", "Lotse")
RULE(L38, "metrics-debug", MEDIUM, LINT, "reads debug pages of the API server",
     "Profiles and logs of the API server hold requests, names and memory.",
     "Name the URLs that are needed.", "kubesplaining; Lotse")
RULE(L39, "wildcard", MEDIUM, LINT, "holds a literal *",
     "A * in verbs, groups or resources grows with every operator that is installed and every "
     "release of Kubernetes.",
     "Say what is meant; a role with `deny` is expanded over the discovery and has no * any more.",
     "krane; kubesplaining")
RULE(
    L40, "inert-rule", MEDIUM, LINT, "a rule that matches nothing on the cluster",
    "A kind, a plural, a version or a capital letter in the wrong place: nothing matches, and "
    "nobody is told.",
    "Write the name as the discovery has it. In the policy itself such a name is an error already.",
    "kubernetes/kubernetes#47574; Lotse")
RULE(L41, "inert-name", MEDIUM, LINT, "names beside verbs that carry no name",
     "create, list, watch and deletecollection have no name in the request: a rule with names "
     "never matches them.",
     "Leave the names out, or ask for get, update, patch or delete.", "Lotse")
RULE(L42, "inert-scope", LOW, LINT, "a grant in namespaces of what is cluster-wide only",
     "A RoleBinding gives nothing on nodes, namespaces in general, or URLs.",
     "Make the role `cluster: true`, or leave the permission out.", "Lotse")
RULE(L43, "redundant", INFO, LINT, "a deny or a grant that changes nothing",
     "A deny that takes nothing away, or a grant that others of the same team cover, misleads "
     "whoever reads the policy.",
     "Remove the line.", "Lotse")
RULE(L44, "ssa-create-gap", INFO, LINT, "patch without create, or create without patch",
     "kubectl apply --server-side patches, and needs create when the object is new: one without "
     "the other fails halfway.",
     "Give both, or neither.", "Lotse")
RULE(L45, "stale-role", MEDIUM, LINT, "a binding to a role that does not exist",
     "It grants nothing today; whoever makes a role of this name grants it silently.",
     "Delete the binding.", "krane; kubesplaining")
RULE(L46, "stale-subject", MEDIUM, LINT, "a binding to somebody who does not exist",
     "An account made later under the same name inherits it.", "Remove the subject.",
     "K8; krane; kubesplaining; rbac-tool#90")
RULE(L47, "user-subject", MEDIUM, LINT, "a person bound by name",
     "No team stands behind it, and nothing ends it when the person leaves.",
     "Put the person into a team; delete the binding.", "Lotse")
RULE(L48, "directory-accident", HIGH, LINT, "a team without people, or a directory that shrank",
     "A renamed or emptied group takes everybody's access at the next refresh; an unknown group is "
     "an error already.",
     "Look at the group in the directory; then `from`, or remove the team.", "Lotse")
RULE(L49, "over-max", MEDIUM, READER, "a team with more people than its max",
     "Groups grow where nobody looks; max is the number somebody once meant.",
     "Take people out of the group, or raise max on purpose. The policy is refused until then.",
     "Lotse")
RULE(L50, "too-many-crbs", LOW, LINT, "more than 100 ClusterRoleBindings",
     "Each request walks all of them: with 10,000 it costs a tenth of a millisecond of every "
     "request.",
     "Bind in namespaces.", "Lotse, measured")
RULE(L51, "group-budget", MEDIUM, LINT, "a token with too many groups",
     "Proxies and API servers drop headers of more than a few KB, and the person is then somebody "
     "without groups.",
     "Fewer teams per person, shorter names.", "kubernetes/kubectl#961")
RULE(L52, "system-prefix", CRITICAL, LINT, "an issuer that may say system: names",
     "Without a prefix on users and groups whoever signs for the issuer is system:masters if they "
     "say so.",
     "Set claimMappings.groups.prefix and username.prefix to \"lotse:\"; an expression has to "
     "begin with it.",
     "Lotse")
RULE(L53, "default-sa-grant", HIGH, LINT, "rights for every pod or everybody",
     "The default service account is every pod that names none; system:serviceaccounts and "
     "system:authenticated are everybody.",
     "Make a service account for the workload, bind that.", "kubesplaining; krane")
RULE(L54, "reach-never", HIGH, PROOF, "reaches by detours what it must never have",
     "A `never` with `reach` follows pods, service accounts, tokens, impersonation, bind, "
     "escalate, certificates and webhooks.",
     "Cut the detour that the counterexample shows.", "KubeHound; kubesplaining; Lotse")
RULE(L55, "selector-owner", CRITICAL, LINT, "can label a namespace into its own space",
     "A space by label takes in whatever carries it: who may label or create namespaces grants "
     "itself the space.",
     "Take the write on /namespaces away, or choose the space by `names`.", "Lotse")
RULE(L56, "binder-excess", CRITICAL, LINT, "Lotse's own service account has more than it needs",
     "The binder can be taken over like any pod; it must be worth as little as possible.",
     "Apply the binder's manifests again; remove other bindings of its account.",
     "Lotse; Capsule #8")
RULE(L57, "sod-requestable", HIGH, PROOF, "one person can come to hold what must be apart",
     "Separation of duties counts what can be asked for and what can be approved, not only what is "
     "held.",
     "Take one of the two from the person: other approvers, another team.", "Lotse")
RULE(L58, "self-approval", HIGH, LINT, "can approve the own request",
     "Who asks and who approves is then one person: the approval says nothing.",
     "Name approvers who are not in the team that asks, or ask for more than one.",
     "gravitational/teleport#13416, #60049; Lotse")
RULE(L59, "eternal-exception", LOW, LINT, "an exception without an end or a reason",
     "What was added for a week is still there in three years, and nobody knows why.",
     "Give it `until`, `reason` and `by`.", "Lotse")
RULE(L60, "weak-audience", HIGH, LINT, "tokens that several clusters take",
     "A token for one cluster is replayed at another when both take the same audience.",
     "One audience per site. In `sites` the same audience twice is an error already.", "Lotse")
RULE(A01, "expired-accept", MEDIUM, LINT, "an accept whose time is over",
     "What it bore is reported again; an exception has to be decided anew.",
     "Renew it with a new `until`, or remove it.", "Lotse")
RULE(A02, "unused-accept", LOW, LINT, "an accept that matches no finding",
     "It would hide a finding that comes later.", "Remove it, or mend who and in.", "Lotse")
