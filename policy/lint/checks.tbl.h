/* CHECK(check, rule, severity in a namespace, in a privileged namespace, cluster-wide): a question
 * to the cells; NONE: does not count there. TERM(check, n, verbs, targets, names): the check fires
 * when each of its terms n is allowed; terms of one number are alternatives. `names`: "" the
 * nameless request, "*" also with any name, else the request with this name. A target "**" is any
 * resource at all. HIDES(check, other): what fires `check` is not reported as `other` as well. No
 * include guard on purpose. */
CHECK(L01, L01, NONE, NONE, CRITICAL)
TERM(L01, 0, "~other~", "~other~/~other~", "")

CHECK(L02, L02, NONE, NONE, CRITICAL)
TERM(L02, 0, "impersonate", "/groups", "system:masters")
TERM(L02, 1, "impersonate", "/users", "*")
TERM(L02, 1, "impersonate", "/serviceaccounts", "*")
HIDES(L02, L07)

CHECK(L04, L04, NONE, NONE, CRITICAL)
TERM(L04, 0, "get,create", "/nodes/proxy", "*")

CHECK(L05, L05, CRITICAL, CRITICAL, CRITICAL)
TERM(L05, 0, "escalate", "rbac.authorization.k8s.io/roles", "*")
TERM(L05, 1, "create,update,patch", "rbac.authorization.k8s.io/roles", "*")
HIDES(L05, L10)
CHECK(L05_CLUSTER, L05, NONE, NONE, CRITICAL)
TERM(L05_CLUSTER, 0, "escalate", "rbac.authorization.k8s.io/clusterroles", "*")
TERM(L05_CLUSTER, 1, "create,update,patch", "rbac.authorization.k8s.io/clusterroles", "*")
HIDES(L05_CLUSTER, L05)
HIDES(L05_CLUSTER, L10)

/* RoleBindings to ClusterRoles ask for bind on clusterroles in their own namespace */
CHECK(L06, L06, CRITICAL, CRITICAL, CRITICAL)
TERM(L06, 0, "bind", "rbac.authorization.k8s.io/roles,rbac.authorization.k8s.io/clusterroles", "*")
TERM(L06, 1, "create,update,patch",
     "rbac.authorization.k8s.io/rolebindings,rbac.authorization.k8s.io/clusterrolebindings", "*")
HIDES(L06, L09)

CHECK(L07, L07, CRITICAL, CRITICAL, CRITICAL)
TERM(L07, 0, "impersonate", "/serviceaccounts", "")
CHECK(L07_WIDE, L07, NONE, NONE, CRITICAL)
TERM(L07_WIDE, 0, "impersonate",
     "/users,/groups,authentication.k8s.io/uids,authentication.k8s.io/userextras", "*")
HIDES(L07_WIDE, L07_NAMED)
CHECK(L07_NAMED, L07, HIGH, HIGH, HIGH)
TERM(L07_NAMED, 0, "impersonate", "/serviceaccounts", "*")
HIDES(L07, L07_NAMED)
HIDES(L02, L07_NAMED)
HIDES(L02, L07_WIDE)

CHECK(L08, L08, NONE, NONE, HIGH)
TERM(L08, 0, "impersonate:user-info",
     "authentication.k8s.io/users,authentication.k8s.io/groups,authentication.k8s.io/uids", "*")
TERM(L08, 0, "impersonate:serviceaccount", "authentication.k8s.io/serviceaccounts", "*")
TERM(L08, 0, "impersonate:arbitrary-node,impersonate:associated-node",
     "authentication.k8s.io/nodes", "*")
TERM(L08, 1, "impersonate-on:*", "**", "*")

CHECK(L09, L09, HIGH, HIGH, CRITICAL)
TERM(L09, 0, "create,update,patch", "rbac.authorization.k8s.io/rolebindings", "*")
CHECK(L09_CLUSTER, L09, NONE, NONE, CRITICAL)
TERM(L09_CLUSTER, 0, "create,update,patch", "rbac.authorization.k8s.io/clusterrolebindings", "*")
HIDES(L06, L09_CLUSTER)

/* named ClusterRoles that carry an aggregation label are added by the code */
CHECK(L10, L10, NONE, NONE, CRITICAL)
TERM(L10, 0, "create,update,patch", "rbac.authorization.k8s.io/clusterroles", "")

CHECK(L11, L11, HIGH, CRITICAL, CRITICAL)
TERM(L11, 0, "create", "/serviceaccounts/token", "*")

CHECK(L12, L12, HIGH, CRITICAL, CRITICAL)
TERM(L12, 0, "create", "/secrets", "")
TERM(L12, 1, "get,list,watch", "/secrets", "")
HIDES(L12, L13)

CHECK(L13, L13, HIGH, HIGH, CRITICAL)
TERM(L13, 0, "get,list,watch", "/secrets", "")

CHECK(L14, L14, HIGH, CRITICAL, CRITICAL)
TERM(L14, 0, "create", "/pods", "*")
TERM(L14, 0, "create,update,patch",
     "apps/deployments,apps/daemonsets,apps/statefulsets,apps/replicasets,"
     "/replicationcontrollers,batch/jobs,batch/cronjobs,/podtemplates",
     "*")

CHECK(L15, L15, HIGH, CRITICAL, CRITICAL)
TERM(L15, 0, "create,get", "/pods/exec,/pods/attach", "*")

CHECK(L16, L16, HIGH, HIGH, HIGH)
TERM(L16, 0, "get,create", "/pods/proxy,/services/proxy", "*")

CHECK(L17, L17, HIGH, HIGH, HIGH)
TERM(L17, 0, "update,patch", "/pods/ephemeralcontainers", "*")

CHECK(L18, L18, MEDIUM, MEDIUM, MEDIUM)
TERM(L18, 0, "create", "/pods/portforward", "*")

CHECK(L19, L19, HIGH, HIGH, HIGH)
TERM(L19, 0, "update,patch", "/pods", "*")
CHECK(L19_STATUS, L19, MEDIUM, MEDIUM, MEDIUM)
TERM(L19_STATUS, 0, "update,patch", "/pods/status", "*")
HIDES(L19, L19_STATUS)

CHECK(L20, L20, HIGH, HIGH, HIGH)
TERM(L20, 0, "delete,deletecollection", "/pods", "*")
TERM(L20, 0, "create", "/pods/eviction", "*")
TERM(L20, 1, "update,patch", "/nodes,/nodes/status", "*")
HIDES(L20, L21)

CHECK(L21, L21, NONE, NONE, HIGH)
TERM(L21, 0, "create,update,patch,delete,deletecollection", "/nodes,/nodes/status", "*")

CHECK(L22, L22, NONE, NONE, CRITICAL)
TERM(L22, 0, "create", "certificates.k8s.io/certificatesigningrequests", "")
TERM(L22, 1, "update,patch", "certificates.k8s.io/certificatesigningrequests/approval", "*")
TERM(L22, 2, "approve", "certificates.k8s.io/signers", "kubernetes.io/kube-apiserver-client")
TERM(L22, 2, "approve", "certificates.k8s.io/signers", "kubernetes.io/*")

CHECK(L23, L23, NONE, NONE, CRITICAL)
TERM(L23, 0, "sign", "certificates.k8s.io/signers", "*")
TERM(L23, 1, "update,patch", "certificates.k8s.io/certificatesigningrequests/status", "*")

CHECK(L24, L24, NONE, NONE, CRITICAL)
TERM(L24, 0, "create,update,patch,delete,deletecollection",
     "admissionregistration.k8s.io/mutatingwebhookconfigurations,"
     "admissionregistration.k8s.io/validatingwebhookconfigurations,"
     "admissionregistration.k8s.io/validatingadmissionpolicies,"
     "admissionregistration.k8s.io/validatingadmissionpolicybindings,"
     "admissionregistration.k8s.io/mutatingadmissionpolicies,"
     "admissionregistration.k8s.io/mutatingadmissionpolicybindings",
     "*")

CHECK(L25, L25, NONE, NONE, CRITICAL)
TERM(L25, 0, "create,update,patch,delete,deletecollection", "apiregistration.k8s.io/apiservices",
     "*")

CHECK(L26, L26, NONE, NONE, HIGH)
TERM(L26, 0, "create,update,patch,delete,deletecollection",
     "apiextensions.k8s.io/customresourcedefinitions", "*")

/* its terms are the rows of deputies.tbl.h */
CHECK(L27, L27, HIGH, HIGH, HIGH)

CHECK(L28, L28, NONE, NONE, HIGH)
TERM(L28, 0, "create,update,patch", "/persistentvolumes", "*")

CHECK(L29, L29, HIGH, HIGH, HIGH)
TERM(L29, 0, "update,patch", "/namespaces", "*")

CHECK(L30, L30, MEDIUM, MEDIUM, MEDIUM)
TERM(L30, 0, "create,update,patch,delete,deletecollection",
     "networking.k8s.io/networkpolicies,networking.k8s.io/ingresses,"
     "gateway.networking.k8s.io/gateways,gateway.networking.k8s.io/httproutes,"
     "gateway.networking.k8s.io/grpcroutes,gateway.networking.k8s.io/tlsroutes,"
     "gateway.networking.k8s.io/tcproutes,gateway.networking.k8s.io/udproutes,"
     "route.openshift.io/routes,cilium.io/ciliumnetworkpolicies,"
     "cilium.io/ciliumclusterwidenetworkpolicies,projectcalico.org/networkpolicies,"
     "projectcalico.org/globalnetworkpolicies,crd.projectcalico.org/networkpolicies,"
     "crd.projectcalico.org/globalnetworkpolicies",
     "*")

CHECK(L31, L31, MEDIUM, MEDIUM, MEDIUM)
TERM(L31, 0, "create,update,patch",
     "/services,/services/status,/endpoints,discovery.k8s.io/endpointslices", "*")

/* only kube-system counts among the privileged namespaces: see lint_cells.c */
CHECK(L32, L32, NONE, CRITICAL, CRITICAL)
TERM(L32, 0, "create,update,patch,delete", "/configmaps", "")
TERM(L32, 0, "create,update,patch,delete", "/configmaps", "coredns")
TERM(L32, 0, "create,update,patch,delete", "/configmaps", "aws-auth")
TERM(L32, 0, "create,update,patch,delete", "/configmaps", "kubeadm-config")
TERM(L32, 0, "create,update,patch,delete", "/configmaps", "kubelet-config")
TERM(L32, 0, "create,update,patch,delete", "/configmaps", "kube-proxy")
TERM(L32, 0, "create,update,patch,delete", "/configmaps", "extension-apiserver-authentication")

CHECK(L34, L34, NONE, NONE, MEDIUM)
TERM(L34, 0, "deletecollection", "**", "")
CHECK(L34_NAMESPACE, L34, MEDIUM, MEDIUM, MEDIUM)
TERM(L34_NAMESPACE, 0, "delete", "/namespaces", "*")
HIDES(L34_NAMESPACE, L34)

CHECK(L35, L35, NONE, NONE, LOW)
TERM(L35, 0, "create", "/pods/eviction", "*")

CHECK(L36, L36, NONE, MEDIUM, MEDIUM)
TERM(L36, 0, "create,update,patch,delete", "coordination.k8s.io/leases", "*")

CHECK(L37, L37, NONE, NONE, LOW)
TERM(L37, 0, "get", "/pods/log", "*")
TERM(L37, 0, "get,list,watch", "/events,events.k8s.io/events", "*")

CHECK(L38, L38, NONE, NONE, MEDIUM)
TERM(L38, 0, "get",
     "url:/debug/pprof,url:/debug/pprof/,url:/debug/pprof/profile,url:/debug/pprof/heap,"
     "url:/debug/pprof/cmdline,url:/debug/pprof/trace,url:/debug/pprof/symbol,"
     "url:/debug/pprof/goroutine,url:/debug/flags/v,url:/logs,url:/logs/,url:/logs/~other~,"
     "url:/~other~",
     "")

/* what a literal * gives and no list can; atoms and terms by the code */
CHECK(L39, L39, MEDIUM, MEDIUM, MEDIUM)
