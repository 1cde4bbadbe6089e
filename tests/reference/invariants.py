"""Random policies with requests, break-glass, ci, never and always, and what else may be in the clusters. The same seed, the same bytes."""
import random

from tests.reference import worlds

RBAC = "rbac.authorization.k8s.io"
MORE = [  # beside worlds.RESOURCES: what detours are made of
    ("", "pods/attach", True, ["create"]), ("", "pods/ephemeralcontainers", True, ["get", "patch", "update"]),
    ("", "persistentvolumeclaims", True, worlds.ALL), ("", "persistentvolumes", False, worlds.ALL), ("", "nodes/proxy", False, ["get", "create"]),
    (RBAC, "roles", True, worlds.ALL), (RBAC, "rolebindings", True, worlds.ALL),
    (RBAC, "clusterrolebindings", False, worlds.ALL), ("certificates.k8s.io", "certificatesigningrequests", False, worlds.ALL),
    ("certificates.k8s.io", "certificatesigningrequests/approval", False, ["get", "patch", "update"]),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", False, worlds.ALL),
]
DETOURS = ["create /pods", "patch apps/deployments", "create batch/jobs", "create /pods/exec", "update /pods/ephemeralcontainers",
           "create /serviceaccounts/token", "create /serviceaccounts/token names robot", "get,list /secrets", "get /secrets names a",
           "create /secrets", "get /secrets names a,b", "impersonate /serviceaccounts names robot", "impersonate /serviceaccounts",
           "impersonate /users names lotse:p0", "impersonate /groups names lotse:team:t0", "impersonate /groups",
           "impersonate /users names system:serviceaccount:shop-0:robot", f"bind {RBAC}/clusterroles names lotse:r0",
           f"bind {RBAC}/clusterroles", f"bind {RBAC}/roles names inner", f"create {RBAC}/rolebindings", f"patch {RBAC}/clusterrolebindings",
           f"escalate {RBAC}/roles", f"update {RBAC}/roles", f"escalate {RBAC}/clusterroles", f"update {RBAC}/clusterroles",
           "approve certificates.k8s.io/signers names kubernetes.io/*", "approve certificates.k8s.io/signers names example.com/x",
           "create certificates.k8s.io/certificatesigningrequests", "update certificates.k8s.io/certificatesigningrequests/approval",
           "create /persistentvolumes", "create /persistentvolumeclaims", "patch /namespaces", "get /nodes/proxy", "delete /nodes",
           "patch admissionregistration.k8s.io/mutatingwebhookconfigurations"]


def random_world(seed):
    world = worlds.random_world(seed)
    world.discovery += [{"group": g, "resource": x, "namespaced": n, "verbs": v} for g, x, n, v in MORE]
    for site in world.sites.values():
        for labels in site["namespaces"].values():
            if random.Random(f"privileged {seed}").random() < 0.05:
                labels["pod-security.kubernetes.io/enforce"] = "privileged"
    return world


def random_live(world, seed):
    """What is in the clusters and not ours, Kubernetes' own bindings among it."""
    r = random.Random(f"live {seed}")
    subjects = [("User", "lotse:p0"), ("User", "someone"), ("Group", "devs"), ("Group", "lotse:team:t0"), ("Group", "system:authenticated"),
                ("ServiceAccount", "robot", "shop-0"), ("ServiceAccount", "robot", "pay-0"), ("ServiceAccount", "other", "pay-0"),
                ("Group", "system:serviceaccounts"), ("Group", "system:serviceaccounts:shop-0")]
    verbs = ["get", "list", "create", "*", "impersonate", "bind"]

    def rule():
        group, resource, _, _ = r.choice(worlds.RESOURCES + MORE)
        names = {"resourceNames": r.sample(["a", "robot", "lotse:r0"], 1)} if r.random() < 0.2 else {}
        return {"verbs": r.sample(verbs, 2), "apiGroups": [group], "resources": [resource if r.random() < 0.9 else "*"], **names}

    def subject():
        kind, name, *namespace = r.choice(subjects)
        return {"kind": kind, "name": name, **({"namespace": namespace[0]} if namespace else {"apiGroup": RBAC})}

    def thing(kind, name, namespace=None, labels=None, **more):
        metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **({"labels": labels} if labels else {})}
        return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, **more}

    def binding(kind, name, ref, subs, **more):
        return thing(kind, name, roleRef={"apiGroup": RBAC, "kind": ref[0], "name": ref[1]}, subjects=subs, **more)

    live = {}
    for site, x in world.sites.items():
        own = {"kubernetes.io/bootstrapping": "rbac-defaults"}
        objects = [thing("ClusterRole", "cluster-admin", labels=own, rules=[
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"verbs": ["*"], "nonResourceURLs": ["*"]}]),
            binding("ClusterRoleBinding", "cluster-admin", ("ClusterRole", "cluster-admin"),
                    [{"kind": "Group", "name": "system:masters", "apiGroup": RBAC}], labels=own),
            thing("ClusterRole", "system:discovery", labels=own, rules=[{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/api/*"]}]),
            binding("ClusterRoleBinding", "system:discovery", ("ClusterRole", "system:discovery"),
                    [{"kind": "Group", "name": "system:authenticated", "apiGroup": RBAC}], labels=own)]
        if r.random() < 0.5:
            objects.append(thing("ClusterRole", "outer", rules=[rule() for _ in range(r.randint(1, 2))]))
            objects.append(binding("ClusterRoleBinding", "outer", ("ClusterRole", "outer"), [subject() for _ in range(r.randint(1, 2))]))
        for namespace in sorted(x["namespaces"]):
            if r.random() < 0.4:
                objects.append(thing("Role", "inner", namespace, rules=[rule()]))
                ref = r.choice([("Role", "inner"), ("ClusterRole", "outer"), ("ClusterRole", "cluster-admin")][:2 if r.random() < 0.9 else 3])
                objects.append(binding("RoleBinding", "inner", ref, [subject()], namespace=namespace))
        live[site] = objects
    return live


def a_place(r, p, world):
    kind = r.random()
    if kind < 0.3:
        return []
    if kind < 0.5:
        site = r.choice(sorted(world.sites))
        return [f"{site}:{r.choice(sorted(world.sites[site]['namespaces']))}"]
    if kind < 0.65:
        return [r.choice(sorted(world.sites))]
    if kind < 0.75:
        return [f"tier={x['labels']['tier']}" for x in list(world.sites.values())[:1]]
    return sorted(r.sample(sorted(p["spaces"]), r.randint(1, min(2, len(p["spaces"])))))


def a_who(r, p, world, always):
    kinds = ["team", "each team", "person"] if always else ["any", "any", "except", "except", "team", "each team", "person"]
    kind = r.choice(kinds)
    if kind == "team":
        return f"team {r.choice(sorted(p['teams']))}"
    if kind == "person":
        return r.choice(sorted(world.people))
    if kind == "except":
        names = sorted(p["teams"]) + sorted(p["roles"]) + ["ci"] + sorted(p.get("ci", {}))
        return "any except " + ", ".join(r.sample(names, r.randint(1, min(3, len(names)))))
    return kind


def an_invariant(r, p, world, number, always):
    who = a_who(r, p, world, always)
    x = {"id": f"i{number}", "who": who}
    kind = r.random()
    if not always and kind < 0.3:
        x["reach"] = r.choice(sorted(p["roles"]))
    elif not always and kind < 0.38:
        x["can"] = "*"
    else:
        x["can"] = [worlds.permission(r) if r.random() < 0.6 else r.choice(DETOURS) for _ in range(r.randint(1, 2))]
        if r.random() < 0.15:
            x["can"][0] += f" in {r.choice(sorted(p['spaces']))}"
    place = a_place(r, p, world)
    if (who.startswith("team") or who == "each team") and r.random() < 0.4:
        place = ["own"]
    if place:
        x["in"] = place
    if "can" in x and r.random() < 0.2:
        x["except"] = [worlds.permission(r)]
    return x


def a_duty(r, p):
    if p["requests"] and r.random() < 0.4:
        return f"approve {r.choice(sorted(p['requests']))}"
    what = worlds.permission(r) if r.random() < 0.7 else r.choice(DETOURS)
    return what + (f" in {r.choice(sorted(p['spaces']))}" if r.random() < 0.5 else "")


def random_policy(world, seed):
    r = random.Random(f"invariants {seed}")
    p = worlds.random_policy(world, seed)
    for role in p["roles"].values():
        if r.random() < 0.5:
            role["can"] = role["can"] + r.sample(DETOURS, r.randint(1, 2))
    for t in p["teams"].values():
        if r.random() < 0.5:
            t["lead"] = r.choice(sorted(world.people))
    teams, roles, spaces = sorted(p["teams"]), sorted(p["roles"]), sorted(p["spaces"])

    def place(role):
        return {} if p["roles"][role].get("cluster") else {"in": [r.choice(spaces)]}

    p["requests"], p["breakglass"], p["ci"] = {}, {}, {}
    for i in range(r.randint(0, 2)):
        role, team = r.choice(roles), r.choice(teams)
        by = r.choice(["lead", r.choice(teams)] if "lead" in p["teams"][team] else teams)
        p["requests"][f"q{i}"] = {"who": team, "role": role, **place(role), "max": "1h", "approve": {"1": [by]}}
    if "wide" in p["roles"] and r.random() < 0.5:
        p["breakglass"]["fire"] = {"who": r.choice(teams), "role": "wide", "max": "20m", "mfa": "fido2", "page": "x", "review": "24h"}
    if r.random() < 0.5:
        role = r.choice(roles)
        p["ci"]["runner"] = {"sa": "pay-0/agent", "role": role, **place(role)}
    if r.random() < 0.3:
        role = r.choice(roles)
        p["ci"]["git"] = {"issuer": "https://git.corp.example", "match": {"project": "x"}, "role": role, **place(role)}
    p["never"] = [an_invariant(r, p, world, i, False) for i in range(5)]
    p["never"] += [{"id": f"s{i}", "who": "one person", "can": [a_duty(r, p) for _ in range(n)]} for i, n in enumerate((2, 2, 3 + seed % 3))]
    p["always"] = [an_invariant(r, p, world, 100 + i, True) for i in range(3)]
    return p
