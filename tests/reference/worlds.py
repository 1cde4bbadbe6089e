"""Random worlds and random policies: small, so that every corner is met often. The same seed gives the same bytes everywhere."""
import copy
import datetime
import json
import random
from dataclasses import dataclass

NOW = "2026-06-01T00:00:00Z"
TIMES = ["2026-03-01T00:00:00Z", "2026-06-15T12:00:00Z", "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"]  # the first is over
BASE = "ou=groups,dc=corp,dc=example"
ALL = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
RESOURCES = [  # group, resource, namespaced, verbs
    ("", "pods", True, ALL), ("", "pods/log", True, ["get"]), ("", "pods/exec", True, ["get", "create"]), ("", "secrets", True, ALL),
    ("", "configmaps", True, ALL), ("", "serviceaccounts", True, ALL), ("", "serviceaccounts/token", True, ["create"]),
    ("", "namespaces", False, ALL[:-1]), ("", "nodes", False, ALL), ("apps", "deployments", True, ALL),
    ("apps", "deployments/scale", True, ["get", "patch", "update"]), ("batch", "jobs", True, ALL),
    ("rbac.authorization.k8s.io", "clusterroles", False, ALL),
]


@dataclass
class World:
    sites: dict      # name -> {"labels": {...}, "namespaces": {name: {label: value}}}
    discovery: list  # [{"group", "resource", "namespaced", "verbs"}]
    people: dict     # username -> [group id]
    groups: list     # ids

    def directory(self):
        return {"people": [{"username": p, "groups": g} for p, g in self.people.items()],
                "groups": [{"id": g, "name": g.split(",")[0][3:]} for g in self.groups]}


def random_world(seed):
    r = random.Random(f"world {seed}")
    groups = [f"cn=g{i},{BASE}" for i in range(r.randint(2, 5))]
    sites = {}
    for name in ["fra", "muc", "ber"][:r.randint(1, 3)]:
        namespaces = {f"{kind}-{i}": {"team": kind, "tier": r.choice(["data", "web"])} if r.random() < 0.8 else {}
                      for kind in ("pay", "shop") for i in range(r.randint(1, 3))}
        sites[name] = {"labels": {"tier": r.choice(["prod", "stage"])}, "namespaces": namespaces | {"kube-system": {}}}
    people = {f"p{i}": sorted(r.sample(groups, r.randint(0, min(3, len(groups))))) for i in range(r.randint(3, 8))}
    rows = [{"group": g, "resource": x, "namespaced": n, "verbs": v} for g, x, n, v in RESOURCES]
    return World(sites, rows, people, groups)


def random_directory(world, seed):
    """The same world after some people have moved, joined or left."""
    r = random.Random(f"directory {seed}")
    people = {p: list(g) for p, g in world.people.items()}
    for person in r.sample(sorted(people), r.randint(1, 2)):
        people[person] = sorted(r.sample(world.groups, r.randint(0, min(3, len(world.groups)))))
    return World(world.sites, world.discovery, people, world.groups)


def permission(r, deny=False):
    if r.random() < 0.06:
        return "bind rbac.authorization.k8s.io/clusterroles" + ("" if deny or r.random() < 0.5 else " names lotse:r0")
    rows = [row for row in RESOURCES]
    targets = {f"{g}/{x}" for g, x, _, _ in r.sample(rows, r.randint(1, 3))}
    if r.random() < 0.12:
        targets = {r.choice(["/*", "apps/*", "*/*", "/*/log"] if not deny else ["/*", "apps/*"])}
    verbs = "*" if r.random() < 0.2 else ",".join(sorted(r.sample(ALL, r.randint(1, 3))))
    names = " names " + ",".join(sorted(r.sample(["a", "b", "c"], r.randint(1, 2)))) if r.random() < 0.15 and not deny else ""
    return f"{verbs} {','.join(sorted(targets))}{names}"


def team(r, world):
    t = {"from": sorted({g.split(",")[0] for g in r.sample(world.groups, r.randint(1, 2))})}
    if r.random() < 0.3:
        t["drop"] = sorted(r.sample(sorted(world.people), 1))
    if r.random() < 0.3:
        person = r.choice(sorted(world.people))
        t["add"] = {person: {"reason": "T-1"} | ({"until": r.choice(TIMES)} if r.random() < 0.6 else {})}
    return t


def role(r, i):
    x = {}
    if i > 0 and r.random() < 0.4:
        x["base"] = f"r{r.randrange(i)}"
    x["can"] = [permission(r) for _ in range(r.randint(1, 2))]
    if r.random() < 0.25:
        x["deny"] = [permission(r, True)]
    return x


def space(r, world):
    x = {"label": {"team": r.choice(["pay", "shop"])}} if r.random() < 0.5 else {"names": r.choice([["*"], ["pay-*"], ["shop-*"], ["pay-0", "shop-1"]])}
    if r.random() < 0.2:
        x["not"] = ["kube-*"]
    if r.random() < 0.25:
        x["at"] = [r.choice(sorted(world.sites))]
    return x


def grant(r, p, world):
    name = r.choice(sorted(p["roles"]))
    g = {"team": r.choice(sorted(p["teams"])), "role": name}
    if not p["roles"][name].get("cluster"):
        g["in"] = sorted(r.sample(sorted(p["spaces"]), r.randint(1, min(2, len(p["spaces"])))))
    if r.random() < 0.3 or p["roles"][name].get("sensitive"):
        g["until"] = r.choice(TIMES)
    if r.random() < 0.15:
        g["at"] = [r.choice(sorted(world.sites))]
    return g


def random_policy(world, seed):
    """The sections as a dict; worlds.text makes the file of it. Keys of ours: sites, ldap, teams, roles, spaces, grants."""
    r = random.Random(f"policy {seed}")
    p = {"lotse": 1, "sites": {s: {"audience": f"k8s-{s}", "labels": x["labels"]} for s, x in world.sites.items()},
         "ldap": {"base": BASE, "nested": True, "max_age": "15m", "drop_guard": "20%"},
         "teams": {f"t{i}": team(r, world) for i in range(r.randint(1, 4))}, "roles": {}, "spaces": {}, "grants": []}
    for i in range(r.randint(1, 4)):
        p["roles"][f"r{i}"] = role(r, i)
    if r.random() < 0.4:
        p["roles"]["wide"] = {"can": [permission(r)], "cluster": True}
    p["spaces"] = {f"s{i}": space(r, world) for i in range(r.randint(1, 3))}
    p["grants"] = [grant(r, p, world) for _ in range(r.randint(1, 6))]
    return p


def _change_once(r, p, world):
    what = r.randrange(8)
    if what == 0:
        p["teams"][r.choice(sorted(p["teams"]))] = team(r, world)
    elif what == 1:
        i = r.choice([k for k in sorted(p["roles"]) if k != "wide"])
        p["roles"][i] = role(r, int(i[1:]))
    elif what == 2:
        p["spaces"][r.choice(sorted(p["spaces"]))] = space(r, world)
    elif what == 3 and len(p["grants"]) > 1:
        p["grants"].pop(r.randrange(len(p["grants"])))
    elif what == 4:
        p["grants"].append(grant(r, p, world))
    elif what == 5:
        r.shuffle(p["grants"])
    elif what == 6:
        for x in p["roles"].values():
            r.shuffle(x["can"])
    else:
        g = r.choice(p["grants"])
        g["until"] = r.choice(TIMES)


def changed(policy, world, seed):
    """The same policy after a few edits; some of them change nothing that counts."""
    r = random.Random(f"change {seed}")
    p = copy.deepcopy(policy)
    for _ in range(r.randint(1, 3)):
        _change_once(r, p, world)
    return p


def text(policy):
    """One line an entry, so that file:line means something."""
    lines = []
    for section, value in policy.items():
        if isinstance(value, dict) and section != "ldap":
            lines += [f"{section}:"] + [f"  {name}: {json.dumps(x)}" for name, x in value.items()]
        elif isinstance(value, list):
            lines += [f"{section}:"] + [f"  - {json.dumps(x)}" for x in value]
        else:
            lines.append(f"{section}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def write(folder, world, policies, directories=None, live=None):
    """What lotse-policy reads. policies: {"policy.yaml": dict}; directories: {"directory.json": World}; live: {site: [objects]}."""
    objects = folder / "objects"
    objects.mkdir(parents=True, exist_ok=True)
    groups = {}
    for row in world.discovery:
        name, _, sub = row["resource"].partition("/")
        resources = groups.setdefault(row["group"], {})
        r = resources.setdefault(name, {"resource": name, "scope": "Namespaced" if row["namespaced"] else "Cluster", "verbs": [], "subresources": []})
        if sub:
            r["subresources"].append({"subresource": sub, "verbs": row["verbs"]})
        else:
            r["verbs"] = row["verbs"]
    discovery = {"apiVersion": "apidiscovery.k8s.io/v2", "kind": "APIGroupDiscoveryList", "items": [
        {"metadata": {"name": g} if g else {}, "versions": [{"version": "v1", "resources": list(x.values())}]} for g, x in groups.items()]}
    (objects / "discovery.json").write_text(json.dumps(discovery))
    for site, x in world.sites.items():
        items = [{"metadata": {"name": n, "labels": labels}} for n, labels in x["namespaces"].items()]
        (objects / f"namespaces-{site}.json").write_text(json.dumps({"apiVersion": "v1", "kind": "NamespaceList", "items": items}))
        rbac = {"apiVersion": "v1", "kind": "List", "items": (live or {}).get(site, [])}
        (objects / f"rbac-{site}.json").write_text(json.dumps(rbac))
    for name, w in (directories or {"directory.json": world}).items():
        (folder / name).write_text(json.dumps(w.directory()))
    for name, p in policies.items():
        (folder / name).write_text(text(p))


# --- people, from the policy as written

def ms(time):
    return int(datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() * 1000)


def teams_of(policy, world, person, now):
    found = set()
    for name, t in policy["teams"].items():
        by_group = any(g in {f"{x},{BASE}" for x in t["from"]} for g in world.people.get(person, []))
        add = t.get("add", {}).get(person)
        by_add = add is not None and ("until" not in add or ms(add["until"]) > now)
        if (by_group or by_add) and person not in t.get("drop", []):
            found.add(name)
    return found


def sites_of(policy, at):
    """Names or key=value labels; none: all."""
    if not at:
        return set(policy["sites"])
    return {s for s, x in policy["sites"].items() for word in at
            if word == s or ("=" in word and x["labels"].get(word.split("=")[0]) == word.split("=")[1])}


def groups_of(policy, world, person, site, now):
    """The groups of the person's token as the site's API server sees them."""
    teams = teams_of(policy, world, person, now)
    groups = {f"lotse:team:{t}" for t in teams} | {"system:authenticated"}
    for g in policy["grants"]:
        if g["team"] not in teams or "until" not in g or ms(g["until"]) <= now or site not in sites_of(policy, g.get("at")):
            continue
        if policy["roles"][g["role"]].get("cluster"):
            groups.add(f"lotse:jit:{g['role']}")
        for s in g.get("in", []):
            if site in sites_of(policy, policy["spaces"][s].get("at")):
                groups.add(f"lotse:jit:{s}:{g['role']}")
    return groups


def subjects_of(policy, world, person, site, now):
    """For access.Holdings.of."""
    return [f"User lotse:{person}"] + [f"Group {g}" for g in groups_of(policy, world, person, site, now)]
