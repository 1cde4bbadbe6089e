"""A cluster as large as those that the authors of other tools report (4,491 RoleBindings, 676 ClusterRoleBindings, 1,374 Roles, 721 ClusterRoles:
KubeHound's pull request 87), made up, the same every time; and an import of it in plain Python, to compare with."""
import collections
import json
import random

SIZES = {"RoleBinding": 4491, "ClusterRoleBinding": 676, "Role": 1374, "ClusterRole": 721}
TARGETS = [("", r) for r in ("pods", "pods/log", "services", "configmaps", "secrets", "events", "endpoints", "persistentvolumeclaims", "serviceaccounts")] + [
    ("apps", r) for r in ("deployments", "statefulsets", "daemonsets", "replicasets", "deployments/scale")] + [
    ("batch", "jobs"), ("batch", "cronjobs"), ("networking.k8s.io", "ingresses"), ("networking.k8s.io", "networkpolicies")]
VERBS = [["get", "list", "watch"], ["get"], ["create", "update", "patch", "delete"], ["get", "list", "watch", "create", "update", "patch", "delete"]]


def _rules(r):
    made = []
    for _ in range(r.randint(1, 6)):
        group, _ = r.choice(TARGETS)
        resources = [name for g, name in TARGETS if g == group]
        made.append({"verbs": r.choice(VERBS), "apiGroups": [group], "resources": sorted(r.sample(resources, r.randint(1, min(4, len(resources)))))})
    return made


def make(seed=1):
    """(objects, namespaces): 900 namespaces of 250 teams; most Roles are copies of 60 templates, as charts make them."""
    r = random.Random(seed)
    teams = [f"team-{i:03}" for i in range(250)]
    namespaces = {f"{t}-{part}": {"team": t} for t in teams for part in r.sample(["api", "web", "jobs", "db", "stage"], r.choice([3, 4, 4, 3, 4]))}
    names = sorted(namespaces)
    templates = [_rules(r) for _ in range(60)]
    objects = []

    def add(kind, name, namespace=None, **more):
        objects.append({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
                        "metadata": {"name": name, **({"namespace": namespace} if namespace else {}), "labels": {"app.kubernetes.io/managed-by": "Helm"}}, **more})

    def bind(kind, name, role_kind, role, subject, namespace=None):
        add(kind, name, namespace, roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role}, subjects=[subject])

    group = lambda t: {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": f"oidc:{t}"}
    for i in range(SIZES["ClusterRole"]):
        add("ClusterRole", f"cluster-role-{i:04}", rules=r.choice(templates) if i % 2 else _rules(r))
    for i in range(SIZES["Role"]):
        add("Role", f"role-{i % 60:02}-{i}", names[i % len(names)], rules=templates[i % 60])
    n = 0
    for i in range(SIZES["Role"]):  # each Role is bound once, by a service account or by the team
        where = names[i % len(names)]
        bind("RoleBinding", f"b-{n}", "Role", f"role-{i % 60:02}-{i}", group(where.rsplit("-", 1)[0]) if i % 3 else {"kind": "ServiceAccount", "name": "app"}, where)
        n += 1
    while n < SIZES["RoleBinding"]:
        where = names[n % len(names)]
        team = where.rsplit("-", 1)[0] if r.random() < 0.8 else r.choice(teams)
        bind("RoleBinding", f"b-{n}", "ClusterRole", r.choice(["view", "edit", f"cluster-role-{int(team[5:]) % 40:04}"]), group(team), where)
        n += 1
    for i in range(SIZES["ClusterRoleBinding"]):
        subject = group(teams[i % len(teams)]) if i % 4 == 0 else {"kind": "ServiceAccount", "name": f"controller-{i}", "namespace": names[i % len(names)]}
        bind("ClusterRoleBinding", f"c-{i}", "ClusterRole", f"cluster-role-{i:04}", subject)
    return objects, namespaces


def write(folder, defaults):
    """A saved site; defaults: a folder with rbac.json and discovery.json of a real API server."""
    objects, namespaces = make()
    folder.mkdir(parents=True)
    for name in ("rbac.json", "discovery.json"):
        (folder / name).write_text((defaults / name).read_text())
    (folder / "own.json").write_text(json.dumps({"kind": "List", "items": objects}))
    (folder / "namespaces.json").write_text(json.dumps({"kind": "NamespaceList", "items": [
        {"metadata": {"name": n, "labels": labels}} for n, labels in namespaces.items()]}))


def plain(folder):
    """Teams, merged roles and spaces by their exact names, from the same files: no bases, no patterns, no proof. The number of grants."""
    items = [o for name in ("rbac.json", "own.json") for o in json.loads((folder / name).read_text())["items"]]
    labels = {o["metadata"]["name"]: o["metadata"]["labels"] for o in json.loads((folder / "namespaces.json").read_text())["items"]}
    roles, atoms = {}, {}
    for o in items:
        if o["kind"] in ("Role", "ClusterRole"):
            key = o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]
            atoms[key] = frozenset((g, res, v, tuple(sorted(x.get("resourceNames", [])))) for x in o.get("rules") or [] for g in x.get("apiGroups", [])
                                   for res in x.get("resources", []) for v in x["verbs"])
            roles.setdefault(atoms[key], o["metadata"]["name"])
    places = collections.defaultdict(set)
    for o in items:
        if "Binding" not in o["kind"]:
            continue
        ref, namespace = o["roleRef"], o["metadata"].get("namespace", "")
        key = ref["kind"], namespace if ref["kind"] == "Role" else "", ref["name"]
        for s in o.get("subjects") or []:
            if s["kind"] == "Group" and not s["name"].startswith("system:") and key in atoms:
                places[s["name"], roles[atoms[key]]].add(namespace)
    by_label = collections.defaultdict(set)
    for name, pairs in labels.items():
        for pair in pairs.items():
            by_label[pair].add(name)
    spaces = {frozenset(names): pair for pair, names in by_label.items()}
    grants = [(team, role, spaces.get(frozenset(where), sorted(where))) for (team, role), where in sorted(places.items())]
    json.dumps([[t, r, list(w)] for t, r, w in grants])
    return len(grants)
