"""What somebody gets at by detours: every way tried again and again until nothing is new."""
from tests.reference import access
from tests.reference.access import EVERYBODY, RBAC


WRITE = "create,update,patch"
WORKLOAD = ["create /pods", f"{WRITE} apps/deployments,batch/jobs"]
EDGES = [  # needs (each: alternatives; those that begin with "^" are only asked cluster-wide), what it gives
    ([WORKLOAD], "accounts"), ([["update,patch /pods"]], "accounts"), ([["create /pods/exec,/pods/attach"]], "accounts"),
    ([["update,patch /pods/ephemeralcontainers"]], "accounts"), ([["create /serviceaccounts/token"]], "account"),
    ([["get,list,watch /secrets names /"]], "accounts"), ([["create /secrets"], ["get,list,watch /secrets"]], "accounts"),
    ([["impersonate /serviceaccounts"]], "account"), ([["^impersonate /users"]], "user"),
    ([["^impersonate /groups"], ["impersonate /users,/serviceaccounts"]], "group"),
    ([[f"bind {RBAC}/clusterroles"], [f"^{WRITE} {RBAC}/clusterrolebindings"]], "clusterrole"),
    ([[f"bind {RBAC}/clusterroles"], [f"{WRITE} {RBAC}/rolebindings"]], "clusterrole"),
    ([[f"bind {RBAC}/roles"], [f"{WRITE} {RBAC}/rolebindings"]], "role"),
    ([[f"escalate {RBAC}/roles"], [f"{WRITE} {RBAC}/roles"]], "namespace"),
    ([[f"^escalate {RBAC}/clusterroles"], [f"^{WRITE} {RBAC}/clusterroles"]], "all"),
    ([["^approve certificates.k8s.io/signers names kubernetes.io/kube-apiserver-client,kubernetes.io/*"],
      ["^create certificates.k8s.io/certificatesigningrequests"],
      ["^update,patch certificates.k8s.io/certificatesigningrequests/approval"]], "all"),
    ([["^sign certificates.k8s.io/signers"], ["^update,patch certificates.k8s.io/certificatesigningrequests/status"]], "all"),
    ([[f"^{WRITE} admissionregistration.k8s.io/mutatingwebhookconfigurations"]], "all"),
    ([["^get,create /nodes/proxy"]], "all"), ([["^create,update,patch,delete /nodes", "^update,patch /nodes/status"]], "all"),
    ([["^create,update,patch /persistentvolumes"], ["create /persistentvolumeclaims"], WORKLOAD], "all"),
    ([["update,patch /namespaces"], WORKLOAD], "all"), ([WORKLOAD], "privileged"),
]
WILD = [  # what only wildcards hold in this world: everything they say is one atom of (other)
    "apiregistration.k8s.io/apiservices", "apiextensions.k8s.io/customresourcedefinitions",
    "admissionregistration.k8s.io/validatingwebhookconfigurations", "admissionregistration.k8s.io/mutatingadmissionpolicies",
    "admissionregistration.k8s.io/mutatingadmissionpolicybindings"]
EDGES += [([[f"^{WRITE} {x}"]], "all") for x in WILD]
EDGES += [([[f"^update,patch,delete,deletecollection admissionregistration.k8s.io/validatingadmissionpolicies{x}"]], "all") for x in ("", "bindings")]
EDGES += [([[f"{WRITE} {x}"]], "accounts") for x in ("apps/daemonsets", "apps/statefulsets", "apps/replicasets", "/replicationcontrollers", "batch/cronjobs")]
for _x in ("apps/daemonsets", "apps/statefulsets", "apps/replicasets", "/replicationcontrollers", "batch/cronjobs"):
    WORKLOAD.append(f"{WRITE} {_x}")
ON = "impersonate-on:"
EDGES += [  # constrained impersonation: these verbs only come with "*"
    ([["impersonate:serviceaccount authentication.k8s.io/serviceaccounts"], [f"{ON}serviceaccount:x */*"]], "account"),
    ([["^impersonate:user-info authentication.k8s.io/users"], [f"{ON}user-info:x */*"]], "user"),
    ([["^impersonate:arbitrary-node,impersonate:associated-node authentication.k8s.io/nodes"], [f"{ON}arbitrary-node:x */*"]], "all")]


def closure(s, subjects):
    """{namespace: atoms} that these subjects get at together."""
    have, inside = {}, set()
    everything = {(v, *pair, n) for v in s.space.verbs for pair in s.space.pairs for n in s.space.names[pair]}
    everything |= {(v, "url", path) for v in s.space.verbs for path in s.space.paths}
    needs = [([(set().union(*(s.atoms(a.lstrip("^")) for a in alternatives)), alternatives[0][0] == "^") for alternatives in wants], gives)
             for wants, gives in EDGES]
    reads = s.atoms("get,list,watch /secrets,/configmaps")
    accounts = [x for x in s.held.subjects if x.startswith("ServiceAccount ")]
    roles = {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): o for o in s.objects if "Binding" not in o["kind"]}

    def hold(namespace, atoms):
        if atoms:
            have.setdefault(namespace, set()).update(atoms)

    def add(subject):
        for one in [subject, EVERYBODY]:
            if one not in inside:
                inside.add(one)
                for namespace, atoms in s.held.subjects.get(one, {}).items():
                    hold(namespace, atoms)
        if subject.startswith("ServiceAccount "):
            namespace = subject.split()[1].split("/")[0]
            add("Group system:serviceaccounts")
            add(f"Group system:serviceaccounts:{namespace}")

    def all_accounts(namespace):
        for a in accounts:
            if namespace == "" or a.startswith(f"ServiceAccount {namespace}/"):
                add(a)
        add("Group system:serviceaccounts")
        if namespace:
            add(f"Group system:serviceaccounts:{namespace}")
        hold(namespace, s.inside(reads) if namespace else reads)
        if namespace in ("", "kube-system"):
            hold("", everything)

    def named(gives, namespace, name):
        if gives == "account":
            for a in accounts:
                if a.endswith(f"/{name}") and (namespace == "" or a.startswith(f"ServiceAccount {namespace}/")):
                    add(a)
            add("Group system:serviceaccounts")
        elif gives == "user" and f"User {name}" in s.held.subjects:
            add(f"User {name}")
        elif gives == "group":
            add(f"Group {name}")
            if name == "system:masters":
                hold("", everything)
        elif gives in ("clusterrole", "role"):
            for (kind, at, n), o in roles.items():
                if n == name and (kind == "ClusterRole" if gives == "clusterrole" else kind == "Role" and namespace in ("", at)):
                    atoms = set().union(set(), *(s.space.of_rule(x) for x in o.get("rules") or []))
                    hold(namespace, s.inside(atoms) if namespace else atoms)

    def give(gives, namespace, names):
        if gives == "accounts" or (gives == "account" and access.OTHER in names):
            all_accounts(namespace)
        elif gives == "all" or (gives in ("user", "group") and access.OTHER in names):
            hold("", everything)
        elif gives == "namespace" or (gives in ("clusterrole", "role") and access.OTHER in names):
            hold(namespace, s.inside(everything) if namespace else everything)
        elif gives == "privileged":
            if namespace and s.namespaces.get(namespace, {}).get("pod-security.kubernetes.io/enforce") == "privileged":
                hold("", everything)
        if access.OTHER not in names:
            for name in names:
                named(gives, namespace, name)

    for subject in subjects:
        add(subject)
    while True:
        before = sum(map(len, have.values())), len(inside)
        for namespace in ["", *[n for n in list(have) if n]]:
            for wants, gives in needs:
                wide = have.get("", set())
                met = [(wide if cluster else wide | have.get(namespace, set())) & want for want, cluster in wants]
                if all(met):
                    give(gives, namespace, {a[3] for a in met[0]})
        if (sum(map(len, have.values())), len(inside)) == before:
            return have
