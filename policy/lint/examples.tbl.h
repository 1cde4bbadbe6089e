/* What fires each rule, and the same mended: shown by `explain` and docs/lints.md, run by the
 * tests.
 *
 *     CAN(rule, can, mended)      a role of team payments in its namespaces
 *     WIDE(rule, can, mended)     the same, cluster-wide
 *     POLICY(rule, policy, mended)
 *     OBJECTS(rule, objects, mended)   on a cluster; one object a line:
 *         ClusterRole NAME: VERBS TARGETS [NAMES]; ...
 *         Role NAMESPACE/NAME: ...
 *         ClusterRoleBinding NAME: KIND NAME <- SUBJECT, ...
 *         RoleBinding NAMESPACE/NAME: KIND NAME <- SUBJECT, ...
 *     AUTHN(rule, configuration, mended)   what the API server of site fra was told
 *     NONE(rule, why)             there is nothing to run
 *
 * A policy here is what follows after the sites fra and muc, the directory, the teams payments and
 * platform, and the spaces payments (by label) and system (kube-system). No include guard on
 * purpose. */
POLICY(L01,
       "roles:\n"
       "  root: {base: k8s/cluster-admin, cluster: true}\n"
       "grants:\n"
       "  - {team: platform, role: root}\n",
       "roles:\n"
       "  look: {base: k8s/view, cluster: true, deny: [\"* "
       "/pods/log,/events,events.k8s.io/events\"]}\n"
       "grants:\n"
       "  - {team: platform, role: look}\n")
WIDE(L02, "impersonate /users,/groups", "get,list,watch /nodes")
OBJECTS(L03,
        "ClusterRole lobby: get /configmaps welcome\n"
        "ClusterRoleBinding lobby: ClusterRole lobby <- Group system:unauthenticated\n",
        "ClusterRole lobby: get /configmaps welcome\n"
        "ClusterRoleBinding lobby: ClusterRole lobby <- Group visitors\n")
WIDE(L04, "get /nodes/proxy", "get /nodes/metrics,/nodes/stats")
WIDE(L05, "escalate,get,update rbac.authorization.k8s.io/clusterroles",
     "get,list,watch rbac.authorization.k8s.io/clusterroles")
POLICY(L06,
       "roles:\n"
       "  x:\n"
       "    can:\n"
       "      - \"bind rbac.authorization.k8s.io/clusterroles\"\n"
       "      - \"create,patch rbac.authorization.k8s.io/rolebindings\"\n"
       "grants:\n"
       "  - {team: payments, role: x, in: payments}\n",
       "roles:\n"
       "  x: {can: [\"get,list rbac.authorization.k8s.io/rolebindings\"]}\n"
       "grants:\n"
       "  - {team: payments, role: x, in: payments}\n")
CAN(L07, "impersonate /serviceaccounts", "get,list /serviceaccounts")
OBJECTS(L08,
        "ClusterRole agent: impersonate:user-info authentication.k8s.io/users; "
        "impersonate-on:user-info:get /pods\n"
        "ClusterRoleBinding agent: ClusterRole agent <- Group agents\n",
        "ClusterRole agent: get /pods\n"
        "ClusterRoleBinding agent: ClusterRole agent <- Group agents\n")
CAN(L09, "create,patch rbac.authorization.k8s.io/rolebindings",
    "get,list,watch rbac.authorization.k8s.io/rolebindings")
WIDE(L10, "create,patch rbac.authorization.k8s.io/clusterroles",
     "get,list,watch rbac.authorization.k8s.io/clusterroles")
CAN(L11, "create /serviceaccounts/token", "get,list /serviceaccounts")
CAN(L12, "create,get,patch /secrets", "create,patch /secrets")
CAN(L13, "get,list,watch /secrets", "get /secrets names db-password")
CAN(L14, "create,delete,get,list,patch,watch apps/deployments", "get,list,watch apps/deployments")
CAN(L15, "create /pods/exec", "get,list,watch /pods,/pods/log")
CAN(L16, "get /services/proxy", "get /services")
CAN(L17, "patch /pods/ephemeralcontainers", "get /pods/ephemeralcontainers")
CAN(L18, "create /pods/portforward", "get /pods")
CAN(L19, "get,patch,update /pods/status", "get /pods/status")
POLICY(L20,
       "roles:\n"
       "  ops:   {cluster: true, can: [\"update /nodes\", \"delete /pods\"]}\n"
       "grants:\n"
       "  - {team: platform, role: ops}\n",
       "roles:\n"
       "  ops:   {cluster: true, can: [\"get,list,watch /nodes\", \"delete /pods\"]}\n"
       "grants:\n"
       "  - {team: platform, role: ops}\n")
WIDE(L21, "update /nodes", "get,list,watch /nodes")
POLICY(L22,
       "roles:\n"
       "  issue:\n"
       "    cluster: true\n"
       "    can:\n"
       "      - \"create,patch certificates.k8s.io/certificatesigningrequests\"\n"
       "      - \"update certificates.k8s.io/certificatesigningrequests/approval\"\n"
       "      - \"approve certificates.k8s.io/signers names kubernetes.io/kube-apiserver-client\"\n"
       "grants:\n"
       "  - {team: platform, role: issue}\n",
       "roles:\n"
       "  issue:\n"
       "    cluster: true\n"
       "    can:\n"
       "      - \"update certificates.k8s.io/certificatesigningrequests/approval\"\n"
       "      - \"approve certificates.k8s.io/signers names kubernetes.io/kubelet-serving\"\n"
       "grants:\n"
       "  - {team: platform, role: issue}\n")
POLICY(L23,
       "roles:\n"
       "  sign:\n"
       "    cluster: true\n"
       "    can:\n"
       "      - \"sign certificates.k8s.io/signers names corp.example/mesh\"\n"
       "      - \"update certificates.k8s.io/certificatesigningrequests/status\"\n"
       "grants:\n"
       "  - {team: platform, role: sign}\n",
       "roles:\n"
       "  sign:\n"
       "    cluster: true\n"
       "    can: [\"get,list certificates.k8s.io/certificatesigningrequests\"]\n"
       "grants:\n"
       "  - {team: platform, role: sign}\n")
WIDE(L24, "delete admissionregistration.k8s.io/validatingadmissionpolicies",
     "get,list admissionregistration.k8s.io/validatingadmissionpolicies")
WIDE(L25, "create,patch apiregistration.k8s.io/apiservices",
     "get,list apiregistration.k8s.io/apiservices")
WIDE(L26, "create,patch apiextensions.k8s.io/customresourcedefinitions",
     "get,list apiextensions.k8s.io/customresourcedefinitions")
CAN(L27, "create,patch argoproj.io/applications", "get,list argoproj.io/applications")
WIDE(L28, "create,patch /persistentvolumes", "get,list /persistentvolumes")
CAN(L29, "get,update /namespaces", "get /namespaces")
CAN(L30, "create,delete,patch networking.k8s.io/networkpolicies",
    "get,list networking.k8s.io/networkpolicies")
CAN(L31, "create,patch /services", "get,list /services")
POLICY(L32,
       "roles:\n"
       "  x: {can: [\"get,patch,update /configmaps names coredns\"]}\n"
       "grants:\n"
       "  - {team: platform, role: x, in: system}\n",
       "roles:\n"
       "  x: {can: [\"get /configmaps names coredns\"]}\n"
       "grants:\n"
       "  - {team: platform, role: x, in: system}\n")
NONE(L33, "it needs the ResourceQuota objects of the clusters, which are not read")
WIDE(L34, "deletecollection /limitranges", "delete /limitranges")
WIDE(L35, "create /pods/eviction", "get /pods")
POLICY(L36,
       "roles:\n"
       "  x: {can: [\"create,patch coordination.k8s.io/leases\"]}\n"
       "grants:\n"
       "  - {team: platform, role: x, in: system}\n",
       "roles:\n"
       "  x: {can: [\"create,patch coordination.k8s.io/leases\"]}\n"
       "grants:\n"
       "  - {team: payments, role: x, in: payments}\n")
POLICY(L37,
       "roles:\n"
       "  logs: {cluster: true, can: [\"get /pods/log\"]}\n"
       "grants:\n"
       "  - {team: payments, role: logs}\n",
       "roles:\n"
       "  logs: {can: [\"get /pods/log\"]}\n"
       "grants:\n"
       "  - {team: payments, role: logs, in: payments}\n")
OBJECTS(L38,
        "ClusterRole profile: get url:/debug/pprof/*\n"
        "ClusterRoleBinding profile: ClusterRole profile <- Group oncall\n",
        "ClusterRole profile: get url:/metrics\n"
        "ClusterRoleBinding profile: ClusterRole profile <- Group oncall\n")
OBJECTS(L39,
        "ClusterRole limits: * /limitranges\n"
        "RoleBinding pay-api/limits: ClusterRole limits <- Group oncall\n",
        "ClusterRole limits: get,list,watch /limitranges\n"
        "RoleBinding pay-api/limits: ClusterRole limits <- Group oncall\n")
OBJECTS(L40,
        "Role pay-api/read: get apps/v1/deployment\n"
        "RoleBinding pay-api/read: Role read <- Group readers\n",
        "Role pay-api/read: get apps/deployments\n"
        "RoleBinding pay-api/read: Role read <- Group readers\n")
CAN(L41, "create,list /configmaps names settings", "get,update /configmaps names settings")
CAN(L42, "get,list /nodes", "get,list /pods")
POLICY(L43,
       "roles:\n"
       "  read: {can: [\"get,list /pods,/services\"], deny: [\"delete /pods\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n",
       "roles:\n"
       "  read: {can: [\"get,list /pods,/services\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n")
CAN(L44, "get,list,patch /limitranges", "create,get,list,patch /limitranges")
OBJECTS(L45, "RoleBinding pay-api/old: Role gone <- Group readers\n",
        "Role pay-api/gone: get /pods\n"
        "RoleBinding pay-api/old: Role gone <- Group readers\n")
OBJECTS(L46,
        "Role pay-api/read: get /pods\n"
        "RoleBinding pay-api/read: Role read <- ServiceAccount no-such-namespace/robot\n",
        "Role pay-api/read: get /pods\n"
        "RoleBinding pay-api/read: Role read <- ServiceAccount pay-api/robot\n")
OBJECTS(L47,
        "Role pay-api/read: get /pods\n"
        "RoleBinding pay-api/read: Role read <- User jane@corp.example\n",
        "Role pay-api/read: get /pods\n"
        "RoleBinding pay-api/read: Role read <- Group readers\n")
POLICY(L48,
       "roles:\n"
       "  read: {can: [\"get /pods\"]}\n"
       "teams:\n"
       "  empty: {from: [cn=nobody]}\n"
       "grants:\n"
       "  - {team: empty, role: read, in: payments}\n",
       "roles:\n"
       "  read: {can: [\"get /pods\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n")
POLICY(L49,
       "teams:\n"
       "  small: {from: [cn=pay-dev], max: 1}\n",
       "teams:\n"
       "  small: {from: [cn=pay-dev], max: 100}\n")
NONE(L50, "more than 100 ClusterRoleBindings are too long an example")
NONE(L51, "a person in more than 50 teams is too long an example")
AUTHN(L52,
      "jwt:\n"
      "- issuer: {url: https://login.example, audiences: [k8s-fra]}\n"
      "  claimMappings:\n"
      "    username: {claim: sub, prefix: \"lotse:\"}\n"
      "    groups: {claim: groups, prefix: \"\"}\n",
      "jwt:\n"
      "- issuer: {url: https://login.example, audiences: [k8s-fra]}\n"
      "  claimMappings:\n"
      "    username: {claim: sub, prefix: \"lotse:\"}\n"
      "    groups: {claim: groups, prefix: \"lotse:\"}\n")
OBJECTS(L53,
        "Role pay-api/read: get /pods\n"
        "RoleBinding pay-api/read: Role read <- ServiceAccount pay-api/default\n",
        "Role pay-api/read: get /pods\n"
        "RoleBinding pay-api/read: Role read <- ServiceAccount pay-api/reader\n")
POLICY(L54,
       "roles:\n"
       "  root: {base: k8s/cluster-admin, cluster: true, sensitive: true}\n"
       "  ship: {can: [\"bind rbac.authorization.k8s.io/clusterroles\", "
       "\"create rbac.authorization.k8s.io/clusterrolebindings\"], cluster: true}\n"
       "grants:\n"
       "  - {team: payments, role: ship}\n"
       "never:\n"
       "  - {id: no-self-raise, who: any, reach: root}\n",
       "roles:\n"
       "  root: {base: k8s/cluster-admin, cluster: true, sensitive: true}\n"
       "  ship: {can: [\"get rbac.authorization.k8s.io/clusterroles\"], cluster: true}\n"
       "grants:\n"
       "  - {team: payments, role: ship}\n"
       "never:\n"
       "  - {id: no-self-raise, who: any, reach: root}\n")
POLICY(L55,
       "roles:\n"
       "  read: {can: [\"get /pods\"]}\n"
       "  grow: {cluster: true, can: [\"create /namespaces\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n"
       "  - {team: payments, role: grow}\n",
       "roles:\n"
       "  read: {can: [\"get /pods\"]}\n"
       "  grow: {cluster: true, can: [\"get,list /namespaces\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n"
       "  - {team: payments, role: grow}\n")
OBJECTS(L56,
        "ClusterRole lotse-binder: get,list,watch /namespaces; "
        "* rbac.authorization.k8s.io/rolebindings\n"
        "ClusterRoleBinding lotse-binder: ClusterRole lotse-binder <- "
        "ServiceAccount lotse-system/lotse-binder\n",
        "ClusterRole lotse-binder: get,list,watch /namespaces; "
        "get,list,watch,create,patch,delete rbac.authorization.k8s.io/rolebindings\n"
        "ClusterRoleBinding lotse-binder: ClusterRole lotse-binder <- "
        "ServiceAccount lotse-system/lotse-binder\n")
POLICY(L57,
       "roles:\n"
       "  read:    {can: [\"get /pods\"]}\n"
       "  restart: {can: [\"delete /pods\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n"
       "requests:\n"
       "  again: {who: payments, role: restart, in: payments, max: 1h, approve: {1: [platform]}}\n"
       "never:\n"
       "  - {id: four-eyes, who: one person, can: [\"get /pods\", \"delete /pods\"]}\n",
       "roles:\n"
       "  read:    {can: [\"get /pods\"]}\n"
       "  restart: {can: [\"delete /pods\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n"
       "requests:\n"
       "  again: {who: platform, role: restart, in: payments, max: 1h, approve: {1: [payments]}}\n"
       "never:\n"
       "  - {id: four-eyes, who: one person, can: [\"get /pods\", \"delete /pods\"]}\n")
POLICY(L58,
       "roles:\n"
       "  restart: {can: [\"delete /pods\"]}\n"
       "requests:\n"
       "  again: {who: payments, role: restart, in: payments, max: 1h, approve: {1: [payments]}}\n",
       "roles:\n"
       "  restart: {can: [\"delete /pods\"]}\n"
       "requests:\n"
       "  again: {who: payments, role: restart, in: payments, max: 1h, approve: {1: [platform]}}\n")
POLICY(
    L59,
    "teams:\n"
    "  shop: {from: [cn=shop-dev], add: {u.adler: {reason: \"helps out\"}}}\n",
    "teams:\n"
    "  shop: {from: [cn=shop-dev], add: {u.adler: {reason: \"helps out\", until: 2027-01-31}}}\n")
POLICY(
    L60,
    "roles:\n"
    "  read: {can: [\"get /pods\"]}\n"
    "ci:\n"
    "  gitlab: {issuer: \"https://git.corp.example\", audience: k8s, match: {project: \"pay/*\"}, "
    "role: read, in: payments}\n",
    "roles:\n"
    "  read: {can: [\"get /pods\"]}\n"
    "ci:\n"
    "  gitlab: {issuer: \"https://git.corp.example\", match: {project: \"pay/*\"}, "
    "role: read, in: payments}\n")
POLICY(A01,
       "roles:\n"
       "  read: {can: [\"get /pods\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n"
       "accept:\n"
       "  - {id: L13, who: role read, until: 2026-01-31, reason: \"T-1\", by: u.adler}\n",
       "roles:\n"
       "  read: {can: [\"get /pods\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n")
POLICY(A02,
       "roles:\n"
       "  read: {can: [\"get /pods\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n"
       "accept:\n"
       "  - {id: L13, who: role read, until: 2027-01-31, reason: \"T-1\", by: u.adler}\n",
       "roles:\n"
       "  read: {can: [\"get,list /secrets\"]}\n"
       "grants:\n"
       "  - {team: payments, role: read, in: payments}\n"
       "accept:\n"
       "  - {id: L13, who: role read, until: 2027-01-31, reason: \"T-1\", by: u.adler}\n")
