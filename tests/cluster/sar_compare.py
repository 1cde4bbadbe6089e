"""Our evaluators against the API server's own: the same questions to `lotse-policy can` and to SubjectAccessReview.

The objects are the compiled policy of the sample company, the API server's own defaults, and hostile ones: rules and bindings
at which other tools go wrong, and whole worlds of random ones as far as the API server lets them in. The questions are drawn with
a fixed seed, most of them near a rule, so that both answers occur.

    python3 -m tests.cluster.sar_compare [QUESTIONS]      starts an API server, prints the result, keeps out/sar-compare.log
"""
import concurrent.futures
import json
import random
import subprocess
import sys
import tempfile
import threading
import time

from tests.lib import rbac_random
from tests.lib.cluster import RBAC, ApiError, Cluster, Sites
from tests.lib.tools import ROOT, ours

CORE = ["pods", "secrets", "configmaps", "services", "namespaces", "nodes", "serviceaccounts", "events", "persistentvolumes"]
TARGETS = [("", r, "") for r in CORE] + [
    ("", "pods", "log"), ("", "pods", "exec"), ("", "pods", "status"), ("", "services", "proxy"), ("", "nodes", "proxy"),
    ("", "serviceaccounts", "token"), ("", "namespaces", "finalize"), ("apps", "deployments", ""), ("apps", "deployments", "scale"),
    ("apps", "statefulsets", "scale"), ("extensions", "deployments", ""), ("batch", "jobs", ""),
    ("networking.k8s.io", "ingresses", ""), (RBAC, "roles", ""), (RBAC, "clusterroles", ""), (RBAC, "rolebindings", ""),
    ("authentication.k8s.io", "userextras", "scopes"), ("authentication.k8s.io", "userextras", "*"), ("", "users", ""), ("", "groups", ""),
    ("certificates.k8s.io", "signers", ""), ("example.com", "widgets", ""), ("example.com", "widgets", "status"), ("*", "*", "*"), ("", "", ""),
    ("", "*", ""), ("apps", "*", "scale"), ("apps/v1", "deployments", ""), ("core", "pods", "")]
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "escalate", "bind", "impersonate", "use",
         "sign", "approve", "GET", "*", "", "proxy", "impersonate-on:user-info:get"]
PATHS = ["/healthz", "/healthz/", "/healthz/etcd", "/metrics", "/version", "/api", "/apis/apps", "/logs/kube", "/", "*", "/livez",
         "/metricsx", "/openapi/v3", "/healthz*"]
NAMES = ["", "", "", "a", "b", "*", "kube-root-ca.crt", "lotse:view", "x.y"]

HOSTILE_RULES = {
    "star-all": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    "star-verb": [{"verbs": ["*"], "apiGroups": [""], "resources": ["pods"]}],
    "star-group": [{"verbs": ["get", "list"], "apiGroups": ["*"], "resources": ["deployments"]}],
    "star-resource": [{"verbs": ["get"], "apiGroups": ["apps"], "resources": ["*"]}],
    "pods-star": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods/*"]}],
    "star-star": [{"verbs": ["get"], "apiGroups": [""], "resources": ["*/*"]}],
    "star-scale": [{"verbs": ["get", "update"], "apiGroups": ["apps"], "resources": ["*/scale"]}],
    "star-empty-sub": [{"verbs": ["get"], "apiGroups": [""], "resources": ["*/"]}],
    "empty-resource": [{"verbs": ["get"], "apiGroups": [""], "resources": [""]}],
    "extras-star": [{"verbs": ["impersonate"], "apiGroups": ["authentication.k8s.io"], "resources": ["userextras/*"], "resourceNames": ["*"]}],
    "name-star": [{"verbs": ["get", "delete"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["*"]}],
    "name-empty": [{"verbs": ["get", "list", "create"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": [""]}],
    "names": [{"verbs": ["get", "list", "create", "deletecollection"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "b"]}],
    "names-elsewhere": [{"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["a"]},
                        {"verbs": ["patch"], "apiGroups": ["extensions"], "resources": ["deployments"]}],
    "group-version": [{"verbs": ["get"], "apiGroups": ["apps/v1"], "resources": ["deployments"]}],
    "group-core": [{"verbs": ["get"], "apiGroups": ["core"], "resources": ["pods"]}],
    "upper-verb": [{"verbs": ["GET", "LIST"], "apiGroups": [""], "resources": ["pods"]}],
    "kind-name": [{"verbs": ["get"], "apiGroups": [""], "resources": ["Pod", "pod", "po"]}],
    "log-only": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods/log"]}],
    "ns-object": [{"verbs": ["get", "patch", "delete"], "apiGroups": [""], "resources": ["namespaces", "namespaces/status", "namespaces/finalize"]}],
    "cluster-scoped": [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["nodes", "persistentvolumes"]}],
    "escalators": [{"verbs": ["escalate", "bind"], "apiGroups": [RBAC], "resources": ["clusterroles"], "resourceNames": ["lotse:view"]}],
    "signers": [{"verbs": ["sign", "approve"], "apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "resourceNames": ["x.y"]}],
    "empty": [],
}
HOSTILE_URLS = {
    "urls": [{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/healthz/*", "/version"]}],
    "url-prefix": [{"verbs": ["get", "post"], "nonResourceURLs": ["/healthz*", "/logs/*"]}],
    "url-stars": [{"verbs": ["get"], "nonResourceURLs": ["/metrics**"]}],
    "url-all": [{"verbs": ["head"], "nonResourceURLs": ["*"]}],
    "url-verbs": [{"verbs": ["*"], "nonResourceURLs": ["/livez"]}],
}
NAMESPACES = ["hostile-a", "hostile-b", "pay-api", "shop-web", "default"]
USERS = ["alice", "bob", "*", "system:anonymous", "system:serviceaccount:hostile-a:robot", "system:serviceaccount:hostile-b:robot",
         "system:serviceaccount::robot", "lotse:m.sommer"]
GROUPS = ["devs", "ops", "*", "system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:serviceaccounts:hostile-a",
          "lotse:team:payments", "lotse:team:platform", "lotse:team:shop", "lotse:jit:payments-stg:debug", "system:masters"]


def rbac(kind, name, namespace=None, **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, **fields}


def subject(kind, name, namespace=None):
    if kind == "ServiceAccount":
        return {"kind": kind, "name": name, **({"namespace": namespace} if namespace else {})}
    return {"kind": kind, "name": name, "apiGroup": RBAC}


def hostile_objects(draw):
    """Roles of every odd shape, bound to every kind of subject, in namespaces and cluster-wide; some to roles that do not exist."""
    subjects = [subject("User", u) for u in USERS] + [subject("Group", g) for g in GROUPS[:7]]
    subjects += [subject("ServiceAccount", "robot", ns) for ns in ("hostile-a", "hostile-b")]
    out = [rbac("ClusterRole", f"h-{n}", rules=rules) for n, rules in {**HOSTILE_RULES, **HOSTILE_URLS}.items()]
    for ns in ("hostile-a", "hostile-b"):
        out += [rbac("Role", f"h-{n}", ns, rules=rules) for n, rules in HOSTILE_RULES.items()]
    names = [*HOSTILE_RULES, *HOSTILE_URLS]
    for i, name in enumerate(names):
        ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"h-{name}"}
        out.append(rbac("ClusterRoleBinding", f"h-{name}", roleRef=ref, subjects=draw.sample(subjects, 2)) if i % 3 == 0 else
                   rbac("RoleBinding", f"h-{name}", draw.choice(NAMESPACES[:3]), roleRef=ref, subjects=draw.sample(subjects, 3)))
    for name in HOSTILE_RULES:
        ns = draw.choice(["hostile-a", "hostile-b"])
        out.append(rbac("RoleBinding", f"r-{name}", ns, roleRef={"apiGroup": RBAC, "kind": "Role", "name": f"h-{name}"},
                        subjects=draw.sample(subjects, 2)))
    for ns in ("hostile-a", "hostile-b"):
        out.append(rbac("RoleBinding", "nobody", ns, roleRef={"apiGroup": RBAC, "kind": "Role", "name": "h-star-all"}))
        out.append(rbac("RoleBinding", "missing", ns, roleRef={"apiGroup": RBAC, "kind": "Role", "name": "no-such-role"},
                        subjects=[subject("User", "alice")]))
    return out


def admissible(o, prefix):
    """A random object as near as it comes to what the API server's validation lets in; None: nothing is left of it."""
    o = json.loads(json.dumps(o)) | {"apiVersion": f"{RBAC}/v1"}
    o["metadata"]["name"] = prefix + o["metadata"]["name"]
    if "rules" in o:
        o["rules"] = [r for r in o["rules"] if r["verbs"] and (
            "apiGroups" not in r and o["kind"] == "ClusterRole" if "nonResourceURLs" in r else r.get("apiGroups") and r.get("resources"))]
        return o
    o["roleRef"]["name"] = prefix + o["roleRef"]["name"]
    kinds = {"User": RBAC, "Group": RBAC, "ServiceAccount": ""}
    o["subjects"] = [{**s, "apiGroup": kinds[s["kind"]]} for s in o["subjects"] if s["kind"] in kinds and s["name"]]
    for s in o["subjects"]:
        if s["kind"] != "ServiceAccount":
            s.pop("namespace", None)
    return o


def create_random(cluster, draw, worlds):
    """Random worlds beside each other; the objects that were let in."""
    cluster.create_namespaces({n: {} for n in rbac_random.NAMESPACES})
    let_in = []
    for i in range(worlds):
        for o in rbac_random.a_world(draw):
            try:
                made = admissible(o, f"w{i}-")
                cluster.create(made)
                let_in.append(made)
            except ApiError as e:
                if e.status not in (400, 404, 422):
                    raise
    return let_in


def wait_until_seen(cluster, draw):
    """The authorizer sees writes a little later: until it has seen a last object of each kind."""
    name, user = f"seen-{draw.randrange(1 << 30)}", {"kind": "User", "apiGroup": RBAC, "name": "watcher"}
    for namespace in (None, "default"):
        kind = "Role" if namespace else "ClusterRole"
        rule = {"verbs": [name], "apiGroups": [""], "resources": ["pods"]}
        cluster.create(rbac(kind, name, namespace, rules=[rule]),
                       rbac(f"{kind}Binding", name, namespace, roleRef={"apiGroup": RBAC, "kind": kind, "name": name}, subjects=[user]))
        deadline = time.monotonic() + 30
        while not cluster.allowed("watcher", [], {"verb": name, "resource": "pods", **({"namespace": namespace} if namespace else {})})[0]:
            if time.monotonic() > deadline:
                raise TimeoutError("the API server does not see what was written")
            time.sleep(0.05)


def all_objects(cluster):
    kinds = {"ClusterRole": "clusterroles", "Role": "roles", "ClusterRoleBinding": "clusterrolebindings", "RoleBinding": "rolebindings"}
    return [{"kind": kind, **o, **({"rules": o.get("rules") or []} if "Binding" not in kind else {})}
            for kind, plural in kinds.items() for o in cluster.get(f"/apis/{RBAC}/v1/{plural}")["items"]]


def rules_of(objects):
    return [r for o in objects if "rules" in o for r in o["rules"] or []]


def a_question(draw, rules, namespaces):
    user = draw.choice(USERS)
    q = {"user": user, "groups": draw.sample(GROUPS, draw.choice([0, 1, 1, 2, 3]))}
    kind = draw.random()
    if kind < 0.1:
        return {**q, "verb": draw.choice(["get", "post", "head", "*", "put"]), "path": draw.choice(PATHS)}
    group, resource, sub = draw.choice(TARGETS)
    verb, name = draw.choice(VERBS), draw.choice(NAMES)
    if kind < 0.75:  # near a rule: one of its own combinations, perhaps with one thing changed
        rule = draw.choice(rules)
        if "nonResourceURLs" in rule:
            return {**q, "verb": draw.choice(rule["verbs"]), "path": draw.choice([*rule["nonResourceURLs"], *PATHS])}
        verb, group = draw.choice(rule["verbs"]), draw.choice(rule["apiGroups"])
        resource, _, sub = draw.choice(rule["resources"]).partition("/")
        name = draw.choice([*rule.get("resourceNames", []), "", "a"])
        changed = draw.randrange(6)
        if changed == 0:
            verb = draw.choice(VERBS)
        elif changed == 1:
            group, resource, sub = draw.choice(TARGETS)
        elif changed == 2:
            sub = draw.choice(["", "log", "scale", "status", "*"])
        elif changed == 3:
            name = draw.choice(NAMES)
    q |= {"verb": verb, "group": group, "resource": resource, "subresource": sub, "name": name}
    q["namespace"] = draw.choice([*namespaces, ""])
    return q


def can_be_sent(q):
    """A SubjectAccessReview needs a verb and somebody, and names nobody without a name."""
    return q["verb"] and (q["user"] or any(q["groups"]))


def ask_cluster(cluster: Cluster, questions, workers=4):
    local = threading.local()

    def ask(q):
        if not hasattr(local, "cluster"):  # a connection for each thread
            local.cluster = Cluster.__new__(Cluster)
            local.cluster.__dict__.update(cluster.__dict__, _connection=None)
        if "path" in q:
            return local.cluster.allowed(q["user"], q["groups"], non_resource={"verb": q["verb"], "path": q["path"]})
        attributes = {k: q[k] for k in ("verb", "group", "resource", "subresource", "name", "namespace") if q[k]}
        return local.cluster.allowed(q["user"], q["groups"], attributes)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(ask, questions, chunksize=50))


def ask_ours(cluster, questions, folder):
    saved = f"{folder}/objects"
    base = [ours("lotse-policy")]
    subprocess.run([*base, "snapshot", "--site", cluster.name, "--kubeconfig", cluster.kubeconfig, "--save", saved], check=True,
                   capture_output=True, text=True)
    run = subprocess.run([*base, "can", "--site", cluster.name, "--objects", saved], text=True, capture_output=True,
                         input="".join(json.dumps({"site": cluster.name, **q}) + "\n" for q in questions))
    if run.returncode:
        raise RuntimeError(run.stderr)
    return [json.loads(line) for line in run.stdout.splitlines()]


def draw_questions(cluster, draw, objects, count):
    live = all_objects(cluster)
    rules = rules_of(objects) * 4 + rules_of(o for o in live if not o["metadata"]["name"].startswith("w"))
    grants = rbac_random.Grants([o for o in live if o["metadata"]["name"].startswith(("w", "lotse:"))])
    questions = []
    while len(questions) < count:
        q = grants.ask(draw) if draw.random() < 0.5 else a_question(draw, rules, NAMESPACES)
        if can_be_sent(q):
            questions.append(q)
    return questions


def compare(cluster, count, seed=20261123, folder=None, log=ROOT / "out/sar-compare.log"):
    """Returns (asked, allowed, disagreements). The cluster has the policy of the company applied already, or not."""
    draw = random.Random(seed)
    cluster.create_namespaces({n: {} for n in NAMESPACES})
    objects = hostile_objects(draw)
    cluster.create(*objects)
    let_in = create_random(cluster, draw, 6)
    try:
        wait_until_seen(cluster, draw)
        questions = draw_questions(cluster, draw, objects, count)
        with tempfile.TemporaryDirectory() as temporary:
            answers = ask_ours(cluster, questions, folder or temporary)
        theirs = ask_cluster(cluster, questions)
    finally:  # whoever uses this cluster next has nothing to do with them
        for o in let_in:
            cluster.delete(o)
    wrong = [(q, o, t) for q, o, t in zip(questions, answers, theirs) if o["allowed"] != t[0]]
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as out:
        out.write(f"# {len(questions)} questions, {sum(t[0] for t in theirs)} allowed by the API server, {len(wrong)} disagreements; "
                  f"{len(let_in)} random objects\n")
        for q, o, t in zip(questions, answers, theirs):
            mark = "  " if o["allowed"] == t[0] else "!!"
            out.write(f"{mark} {'allow' if t[0] else 'deny ':5} {json.dumps(q)} api: {t[1] or '-'} ours: {o.get('reason', '-')}\n")
    return len(questions), sum(t[0] for t in theirs), wrong


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder, Sites(folder, ["fra"]) as sites:
        asked, allowed, wrong = compare(sites["fra"], count)
    print(f"{asked} questions, {allowed} allowed by the API server, {len(wrong)} disagreements; out/sar-compare.log")
    for w in wrong[:20]:
        print(*w)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
