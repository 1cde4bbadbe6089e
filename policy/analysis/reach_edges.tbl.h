/* EDGE(name, needs, gains, why, source): what a way needs and what it gives. No include guard on
 * purpose. Needs are held together, in one namespace or cluster-wide: parts apart from each other
 * by
 * "; ", each of them met by any of its alternatives, apart by " | ", written as in a role's `can`.
 * The name "/" stands for every name that nobody spells: what is restricted to names does not
 * count. INSTALLED stands for what counts only where the discovery has it. For gains see
 * policy_reach_inside.h; *_NAMED looks at the names that the first part is restricted to.
 * Source: k8s = kubernetes.io "RBAC good practices" and the code named in it; L = rule of
 * policy/lint; rbac-police, kubesplaining, KubeHound: catalogues of these tools. */
#define RBAC  "rbac.authorization.k8s.io/"
#define WRITE "create,update,patch "
#define WORKLOAD \
    "create /pods | " WRITE "apps/deployments,apps/daemonsets,apps/statefulsets,apps/replicasets," \
    "/replicationcontrollers,batch/jobs,batch/cronjobs"

EDGE(workload, WORKLOAD, ACCOUNTS, "a pod runs under any service account and mounts any secret",
     "k8s, L14")
EDGE(custom_workload,
     INSTALLED WRITE
     "argoproj.io/workflows,argoproj.io/cronworkflows,argoproj.io/rollouts,tekton.dev/taskruns,"
     "tekton.dev/pipelineruns,serving.knative.dev/services,keda.sh/scaledjobs,"
     "batch.volcano.sh/jobs,apps.kruise.io/clonesets,kubeflow.org/notebooks,"
     "monitoring.coreos.com/prometheuses,monitoring.coreos.com/alertmanagers",
     ACCOUNTS, "an operator makes pods of it, under the service account it names", "L14, L27")
EDGE(change_pod, "update,patch /pods", ACCOUNTS, "another image runs in the pod that is there",
     "L19")
EDGE(exec, "create /pods/exec,/pods/attach", ACCOUNTS,
     "a shell in a pod has its service account's token", "k8s, L15")
EDGE(ephemeral_container, "update,patch /pods/ephemeralcontainers", ACCOUNTS,
     "a container beside the others has their service account's token", "L17")
EDGE(token_request, "create /serviceaccounts/token", ACCOUNT_NAMED,
     "makes tokens of service accounts", "k8s, L11")
EDGE(read_secrets, "get,list,watch /secrets names /", ACCOUNTS,
     "a secret may hold a service account's token", "k8s, L13")
EDGE(mint_secret, "create /secrets; get,list,watch /secrets", ACCOUNTS,
     "a secret of type service-account-token is filled with one", "L12")

EDGE(impersonate_account, "impersonate /serviceaccounts", ACCOUNT_NAMED,
     "may speak as a service account", "k8s, L07")
EDGE(impersonate_user, CLUSTER "impersonate /users", USER_NAMED, "may speak as a user", "k8s, L07")
EDGE(impersonate_group, CLUSTER "impersonate /groups; impersonate /users,/serviceaccounts",
     GROUP_NAMED, "may speak as a member of a group, system:masters among them", "k8s, L07")
EDGE(constrained_account,
     "impersonate:serviceaccount authentication.k8s.io/serviceaccounts; "
     "impersonate-on:serviceaccount:* */*",
     ACCOUNT_NAMED, "may speak as a service account (constrained impersonation)", "KEP-5284, L08")
EDGE(constrained_user,
     CLUSTER "impersonate:user-info authentication.k8s.io/users; impersonate-on:user-info:* */*",
     USER_NAMED, "may speak as a user (constrained impersonation)", "KEP-5284, L08")
EDGE(constrained_group,
     CLUSTER "impersonate:user-info authentication.k8s.io/groups; " CLUSTER
             "impersonate:user-info authentication.k8s.io/users; impersonate-on:user-info:* */*",
     GROUP_NAMED, "may speak as a member of a group (constrained impersonation)", "KEP-5284, L08")
EDGE(constrained_node,
     CLUSTER "impersonate:arbitrary-node,impersonate:associated-node authentication.k8s.io/nodes; "
             "impersonate-on:arbitrary-node:*,impersonate-on:associated-node:* */*",
     ALL, "may speak as a node, which has the service accounts of its pods", "KEP-5284, L08")

EDGE(bind_cluster_role_wide, "bind " RBAC "clusterroles; " CLUSTER WRITE RBAC "clusterrolebindings",
     ROLE_NAMED, "binds the role to itself", "k8s, L06")
EDGE(bind_cluster_role, "bind " RBAC "clusterroles; " WRITE RBAC "rolebindings", ROLE_NAMED,
     "binds the role to itself", "k8s, L06")
EDGE(bind_role, "bind " RBAC "roles; " WRITE RBAC "rolebindings", ROLE_NAMED,
     "binds the role to itself", "k8s, L06")
EDGE(escalate_role, "escalate " RBAC "roles; " WRITE RBAC "roles", NAMESPACE,
     "writes anything into a role that it holds", "k8s, L05")
EDGE(escalate_cluster_role,
     CLUSTER "escalate " RBAC "clusterroles; " CLUSTER WRITE RBAC "clusterroles", ALL,
     "writes anything into a role that everybody holds, or one that edit and view are made of",
     "k8s, L05, L10")

EDGE(approve_certificate,
     CLUSTER "approve certificates.k8s.io/signers names "
             "kubernetes.io/kube-apiserver-client,kubernetes.io/*; " CLUSTER "create "
             "certificates.k8s.io/certificatesigningrequests; " CLUSTER "update,patch "
             "certificates.k8s.io/certificatesigningrequests/approval",
     ALL, "a client certificate for any user and group", "k8s, L22")
EDGE(sign_certificate,
     CLUSTER "sign certificates.k8s.io/signers; " CLUSTER "update,patch "
             "certificates.k8s.io/certificatesigningrequests/status",
     ALL, "is the signer of certificates", "L23")
EDGE(webhooks,
     CLUSTER WRITE "admissionregistration.k8s.io/mutatingwebhookconfigurations,"
                   "admissionregistration.k8s.io/validatingwebhookconfigurations,"
                   "admissionregistration.k8s.io/mutatingadmissionpolicies,"
                   "admissionregistration.k8s.io/mutatingadmissionpolicybindings",
     ALL, "reads and changes whatever anybody writes", "k8s, L24")
EDGE(
    admission_policies,
    CLUSTER
    "update,patch,delete,deletecollection admissionregistration.k8s.io/validatingadmissionpolicies,"
    "admissionregistration.k8s.io/validatingadmissionpolicybindings",
    ALL, "switches off what protects the objects of the policy", "L24")
EDGE(apiservices, CLUSTER WRITE "apiregistration.k8s.io/apiservices", ALL,
     "a whole API group is answered elsewhere, tokens included", "L25")
EDGE(crds, CLUSTER WRITE "apiextensions.k8s.io/customresourcedefinitions", ALL,
     "a conversion webhook changes what operators are told", "L26")
EDGE(nodes_proxy, CLUSTER "get,create /nodes/proxy", ALL,
     "runs commands in every pod of the node, past audit and admission", "k8s, L04")
EDGE(nodes, CLUSTER "create,update,patch,delete /nodes | update,patch /nodes/status", ALL,
     "pods move to a node of its own, with their service accounts", "L20, L21")
EDGE(persistent_volume,
     CLUSTER "create,update,patch /persistentvolumes; create /persistentvolumeclaims; " WORKLOAD,
     ALL, "a pod mounts the disk of a node by hostPath", "k8s, L28")
EDGE(pod_security, "update,patch /namespaces; " WORKLOAD, ALL,
     "takes the pod security label off the namespace, then runs a privileged pod", "k8s, L29")
EDGE(privileged_namespace, WORKLOAD, PRIVILEGED,
     "the namespace's label allows privileged pods: one of them has the node", "k8s, L14")
EDGE(
    deputy,
    INSTALLED WRITE
    "argoproj.io/applications,argoproj.io/applicationsets,argoproj.io/appprojects,"
    "kustomize.toolkit.fluxcd.io/kustomizations,helm.toolkit.fluxcd.io/helmreleases,"
    "helm.cattle.io/helmcharts,kubernetes.crossplane.io/objects,operators.coreos.com/subscriptions",
    ALL, "an operator with greater rights does what the object asks for", "L27")
EDGE(external_secrets,
     INSTALLED WRITE "external-secrets.io/externalsecrets,external-secrets.io/secretstores,"
                     "bitnami.com/sealedsecrets",
     READS, "an operator writes the secrets it asks for into the namespace", "L27")
#undef RBAC
#undef WRITE
#undef WORKLOAD
