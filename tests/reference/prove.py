"""What must never and what must always be possible, decided by trying everything: sets of atoms (access.py), cell by cell, person by person.

    policy = prove.random_policy(world, seed)      # of worlds, with requests, break-glass, ci and invariants besides
    reference = prove.Reference(policy, world, {site: objects})
    reference.decide(invariant, always)            # (broken cells or people, names of people)
"""
import fnmatch
import random

from tests.reference import access, worlds

RBAC = "rbac.authorization.k8s.io"
MORE = [  # beside worlds.RESOURCES: what detours are made of
    ("", "pods/attach", True, ["create"]), ("", "pods/ephemeralcontainers", True, ["get", "patch", "update"]),
    ("", "persistentvolumeclaims", True, worlds.ALL), ("", "persistentvolumes", False, worlds.ALL), ("", "nodes/proxy", False, ["get", "create"]),
    (RBAC, "roles", True, worlds.ALL), (RBAC, "clusterroles", False, worlds.ALL), (RBAC, "rolebindings", True, worlds.ALL),
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
EVERYBODY = "Group system:authenticated"


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
    p["never"] += [{"id": f"s{i}", "who": "one person", "can": [a_duty(r, p), a_duty(r, p)]} for i in range(2)]
    p["always"] = [an_invariant(r, p, world, 100 + i, True) for i in range(3)]
    return p


class Site:
    def __init__(self, reference, name, objects):
        self.name, self.space = name, access.Space(reference.world.discovery, objects)
        self.held = access.Holdings(self.space, objects)
        self.objects = objects
        self.namespaces = reference.world.sites[name]["namespaces"]
        self.inside_cache = {}
        for o in objects:  # Holdings.inside drops `bind` of ClusterRoles, which is asked with the namespace of the binding
            if o["kind"] == "RoleBinding":
                at = o["metadata"]["namespace"] if o["roleRef"]["kind"] == "Role" else ""
                role = next((x for x in objects if x["kind"] == o["roleRef"]["kind"] and x["metadata"]["name"] == o["roleRef"]["name"]
                             and x["metadata"].get("namespace", "") == at), None)
                for s in (o.get("subjects") or []) if role else []:
                    cell = self.held.subjects[access.subject_name(s, o["metadata"]["namespace"])][o["metadata"]["namespace"]]
                    cell |= self.inside(set().union(set(), *(self.space.of_rule(x) for x in role.get("rules") or [])))
        names = self.space.names
        self.all = {(v, *pair, n) for v in self.space.verbs for pair in self.space.pairs for n in names[pair]}
        self.all |= {(v, "url", path) for v in self.space.verbs for path in self.space.paths}

    def inside(self, atoms):
        return self.space.inside(atoms) | {a for a in atoms if a[0] == "bind" and a[1] == RBAC and a[2] == "clusterroles"}

    def atoms(self, text, always=False):
        """Of "verbs targets [names a,b]"."""
        verbs, targets, *names = text.split()
        found = set()
        wanted = names[1].split(",") if names else None
        chosen = set(verbs.split(","))
        if verbs == "*":
            chosen = set(access.STANDARD_VERBS) if always else self.space.verbs
        chosen = {v if v in self.space.verbs else access.OTHER for v in chosen}
        for target in targets.split(","):
            group, _, resource = target.partition("/")
            if resource == "*" or group == "*" or resource.startswith("*/"):
                pairs = {(g, x) for g, x in self.space.pairs if group in ("*", g) and (
                    resource == "*" or x == resource or (resource.startswith("*/") and x.endswith(resource[1:])))}
                if resource.startswith("*/") and not any(x == access.OTHER + resource[1:] for _, x in self.space.pairs):
                    pairs |= {(g, x) for g, x in self.space.pairs if x == access.OTHER and group in ("*", g)}
            else:
                pairs = {(group, resource)}
                if (group, resource) not in self.space.pairs:
                    pairs = {(group if group in self.space.groups else access.OTHER, access.OTHER)}
            for pair in pairs:
                known = self.space.names[pair]
                these = known if wanted is None else {n if n in known else access.OTHER for n in wanted}
                found |= {(v, *pair, n) for v in chosen for n in these}
        return found


class Reference:
    def __init__(self, policy, world, objects):
        self.policy, self.world = policy, world
        self.sites = {name: Site(self, name, x) for name, x in objects.items()}

    # --- people and teams

    def teams_of(self, person, any_date):
        found = set()
        for name, t in self.policy["teams"].items():
            by_group = any(g in {f"{x},{worlds.BASE}" for x in t["from"]} for g in self.world.people.get(person, []))
            add = t.get("add", {}).get(person)
            if (by_group or (add is not None and (any_date or "until" not in add))) and person not in t.get("drop", []):
                found.add(name)
        return found

    def carriers(self, site):
        """group -> [(kind, team or ci entry)]"""
        out = {}
        p = self.policy

        def minted(entry, kind, team):
            role = p["roles"][entry["role"]]
            names = [f"lotse:jit:{entry['role']}"] if role.get("cluster") else [
                f"lotse:jit:{s}:{entry['role']}" for s in entry["in"] if site in worlds.sites_of(p, p["spaces"][s].get("at"))]
            for n in names if site in worlds.sites_of(p, entry.get("at")) else []:
                out.setdefault(f"Group {n}", []).append((kind, team))

        for t in p["teams"]:
            out.setdefault(f"Group lotse:team:{t}", []).append(("held", t))
        for g in p["grants"]:
            if "until" in g:
                minted(g, "time", g["team"])
        for q in p["requests"].values():
            minted(q, "request", q["who"])
        for b in p["breakglass"].values():
            out.setdefault(f"Group lotse:bg:{b['role']}", []).append(("breakglass", b["who"]))
        for name, c in p["ci"].items():
            out.setdefault(f"ServiceAccount {c['sa']}" if "sa" in c else f"Group lotse:ci:{name}", []).append(("ci", name))
        return out

    def team_subjects(self, site, team):
        found = {s for s, who in self.carriers(site).items() if any(k != "ci" and t == team for k, t in who)}
        users = {s for s in self.sites[site].held.subjects if s.startswith("User lotse:")}
        return found | {u for u in users if team in self.teams_of(u[len("User lotse:"):], True)} | {EVERYBODY}

    def person_subjects(self, site, person, any_date):
        found = {f"User lotse:{person}", EVERYBODY}
        for team in self.teams_of(person, any_date):
            if any_date:
                found |= {s for s, who in self.carriers(site).items() if any(k != "ci" and t == team for k, t in who)}
            found.add(f"Group lotse:team:{team}")
        return found

    # --- where

    def space_on(self, name, site):
        """The namespaces of a space; None when it is not on the site."""
        s = self.policy["spaces"][name]
        if site not in worlds.sites_of(self.policy, s.get("at")):
            return None
        found = set()
        for n, labels in self.world.sites[site]["namespaces"].items():
            if "names" in s and not any(fnmatch.fnmatchcase(n, x) for x in s["names"]):
                continue
            if any(labels.get(k) != v for k, v in s.get("label", {}).items()) or any(fnmatch.fnmatchcase(n, x) for x in s.get("not", [])):
                continue
            found.add(n)
        return found

    def place(self, words, site, team=None):
        """None: nowhere; "all": everywhere; else the set of namespaces."""
        chosen, spaces, pairs, own = set(), [], [], False
        for w in words:
            if w == "own":
                own = True
            elif ":" in w:
                pairs.append(w.split(":"))
            elif "=" in w or w in self.policy["sites"]:
                chosen |= worlds.sites_of(self.policy, [w])
            else:
                spaces.append(w)
        here = not chosen or site in chosen
        if not spaces and not pairs and not own:
            return "all" if here else None
        found, anywhere = set(), False
        if own:
            for g in self.policy["grants"]:
                if g["team"] == team and "until" not in g and site in worlds.sites_of(self.policy, g.get("at")):
                    spaces = spaces + g.get("in", [])
        for s in spaces if here else []:
            on = self.space_on(s, site)
            if on is not None:
                anywhere, found = True, found | on
        for pair_site, namespace in pairs:
            if pair_site == site:
                anywhere = True
                found.add(namespace)
        return found if anywhere else None

    def place_of_duty(self, words, site, team, space):
        place = self.place(words, site, team)
        if space is None or place is None:
            return place
        inner = self.space_on(space, site)
        chosen = {s for w in words if "=" in w or w in self.policy["sites"] for s in worlds.sites_of(self.policy, [w])}
        if inner is None or (chosen and site not in chosen):
            return None
        return inner if place == "all" or inner is None else (inner & place or None)

    # --- whom `any except` leaves out

    def control_plane(self, site, subject):
        own = other = False
        for o in self.sites[site].objects:
            for s in o.get("subjects") or []:
                if access.subject_name(s, o["metadata"].get("namespace", "")) == subject:
                    mine = (o["metadata"].get("labels", {}).get("kubernetes.io/bootstrapping") == "rbac-defaults" and
                            subject.startswith("Group system:") and subject != EVERYBODY)
                    own, other = own or mine, other or not mine
        return own and not other

    def excepted(self, site, who, subject):
        if self.control_plane(site, subject):
            return True
        names = who[len("any except "):].split(", ") if who.startswith("any except ") else []
        carriers = self.carriers(site).get(subject, [])
        return bool(carriers) and all(("ci" in names or t in names) if k == "ci" else (t in names and t in self.policy["teams"])
                                      for k, t in carriers)

    def holds_role(self, site, who, subject, namespaces):
        names = who[len("any except "):].split(", ") if who.startswith("any except ") else []
        roles = {f"lotse:{n}" for n in names if n in self.policy["roles"]}
        for o in self.sites[site].objects:
            if "Binding" in o["kind"] and o["roleRef"]["kind"] == "ClusterRole" and o["roleRef"]["name"] in roles:
                here = o["metadata"].get("namespace", "")
                if namespaces is None or here in namespaces:
                    if subject in {access.subject_name(s, here) for s in o["subjects"]}:
                        return True
        return False

    # --- can

    def broken_cells(self, site, place, subjects, mask, exempt=lambda subject, namespace: False):
        s, n = self.sites[site], 0
        for subject in subjects:
            for namespace, atoms in s.held.subjects.get(subject, {}).items():
                if namespace == "":
                    hit = atoms & mask if place == "all" else s.inside(atoms) & mask
                else:
                    hit = atoms & mask if place == "all" or namespace in place else set()
                n += bool(hit) and not exempt(subject, namespace)
        return n

    def teams_asked(self, who):
        return sorted(self.policy["teams"]) if who == "each team" else [who[5:]] if who.startswith("team ") else [None]

    def mask(self, site, duties, x, always):
        s = self.sites[site]
        mask = set()
        for d in duties:
            mask |= s.all if d == "*" else s.atoms(d, always)
        for e in x.get("except", []):
            mask -= s.atoms(e)
        return mask

    def can(self, x, always):
        who, words, n = x["who"], x.get("in", []), 0
        by_space = {}
        for d in [x["can"]] if isinstance(x["can"], str) else x["can"]:
            what, _, space = d.partition(" in ")
            by_space.setdefault(space or None, []).append(what)
        for site, s in self.sites.items():
            for space, duties in by_space.items():
                mask = self.mask(site, duties, x, always)
                for team in self.teams_asked(who):
                    place = self.place_of_duty(words, site, team, space)
                    if place is None:
                        continue
                    if always:
                        n += self.missing(site, place, self.sure(site, who, team), mask)
                    elif who.startswith("any"):
                        subjects = [y for y in s.held.subjects if not self.excepted(site, who, y)]
                        n += self.broken_cells(site, place, subjects, mask,
                                               lambda y, ns: self.holds_role(site, who, y, {"", ns}))
                    else:
                        subjects = self.team_subjects(site, team) if team else self.person_subjects(site, who, True)
                        n += self.broken_cells(site, place, subjects, mask)
        return n

    def sure(self, site, who, team):
        return {f"Group lotse:team:{team}", EVERYBODY} if team else self.person_subjects(site, who, False)

    def missing(self, site, place, subjects, mask):
        s = self.sites[site]
        held = s.held.of(*subjects)
        if place == "all":
            return int(not mask <= held.get("", set()))
        return sum(not s.inside(mask) <= held.get("", set()) | held.get(n, set()) for n in place)

    # --- one person

    def people(self):
        names = set(self.world.people)
        for t in self.policy["teams"].values():
            names |= set(t.get("add", {})) | set(t.get("drop", [])) | ({t["lead"]} if "lead" in t else set())
        return sorted(names)

    def has_duty(self, person, duty):
        if duty.startswith("approve q"):
            q = self.policy["requests"][duty.split()[1]]
            by = [b for stage in q["approve"].values() for b in stage]
            if "lead" in by and self.policy["teams"][q["who"]].get("lead") == person:
                return True
            return bool(self.teams_of(person, True) & set(by))
        what, _, space = duty.partition(" in ")
        for site in self.sites:
            place = self.place_of_duty([], site, None, space or None)
            if place is not None and self.broken_cells(site, place, self.person_subjects(site, person, True), self.sites[site].atoms(what)):
                return True
        return False

    def one_person(self, x):
        return [p for p in self.people() if all(self.has_duty(p, d) for d in x["can"])]

    # --- reach

    def reach(self, x):
        who, words, n = x["who"], x.get("in", []), 0
        for site, s in self.sites.items():
            for team in self.teams_asked(who):
                place = self.place(words, site, team)
                chosen = {z for w in words if "=" in w or w in self.policy["sites"] for z in worlds.sites_of(self.policy, [w])}
                if place is None or (chosen and site not in chosen):
                    continue
                if who.startswith("any"):
                    subjects = [y for y in s.held.subjects if not self.excepted(site, who, y) and not self.holds_role(site, who, y, None)]
                else:
                    subjects = self.team_subjects(site, team) if team else self.person_subjects(site, who, True)
                n += bool(subjects) and self.reaches(s, subjects, x["reach"], place)
        return n

    def reaches(self, s, subjects, role, place):
        have = closure(s, subjects)
        rules = next(o for o in s.objects if o["kind"] == "ClusterRole" and o["metadata"]["name"] == f"lotse:{role}").get("rules") or []
        wanted = set().union(set(), *(s.space.of_rule(r) for r in rules))
        wide = have.get("", set())
        if self.policy["roles"][role].get("cluster") and place == "all":
            return bool(wanted) and wanted <= wide
        wanted = s.inside(wanted)
        places = have.keys() if place == "all" else set(place) & have.keys()
        return bool(wanted) and any(wanted <= wide | have.get(n, set()) for n in {*places, ""})

    def decide(self, x, always):
        if x["who"] == "one person":
            people = self.one_person(x)
            return len(people), people
        return (self.reach(x) if "reach" in x else self.can(x, always)), None


# --- detours, one after another until nothing is new

WRITE = "create,update,patch"
WORKLOAD = ["create /pods", f"{WRITE} apps/deployments,batch/jobs"]
EDGES = [  # needs (each: alternatives), what it gives
    ([WORKLOAD], "accounts"), ([["update,patch /pods"]], "accounts"), ([["create /pods/exec,/pods/attach"]], "accounts"),
    ([["update,patch /pods/ephemeralcontainers"]], "accounts"), ([["create /serviceaccounts/token"]], "account"),
    ([["get,list,watch /secrets names /"]], "accounts"), ([["create /secrets"], ["get,list,watch /secrets"]], "accounts"),
    ([["impersonate /serviceaccounts"]], "account"), ([["impersonate /users"]], "user"),
    ([["impersonate /groups"], ["impersonate /users,/serviceaccounts"]], "group"),
    ([[f"bind {RBAC}/clusterroles"], [f"{WRITE} {RBAC}/clusterrolebindings"]], "clusterrole"),
    ([[f"bind {RBAC}/clusterroles"], [f"{WRITE} {RBAC}/rolebindings"]], "clusterrole"),
    ([[f"bind {RBAC}/roles"], [f"{WRITE} {RBAC}/rolebindings"]], "role"),
    ([[f"escalate {RBAC}/roles"], [f"{WRITE} {RBAC}/roles"]], "namespace"),
    ([[f"escalate {RBAC}/clusterroles"], [f"{WRITE} {RBAC}/clusterroles"]], "all"),
    ([["approve certificates.k8s.io/signers names kubernetes.io/kube-apiserver-client,kubernetes.io/*"],
      ["create certificates.k8s.io/certificatesigningrequests"],
      ["update,patch certificates.k8s.io/certificatesigningrequests/approval"]], "all"),
    ([["sign certificates.k8s.io/signers"], ["update,patch certificates.k8s.io/certificatesigningrequests/status"]], "all"),
    ([[f"{WRITE} admissionregistration.k8s.io/mutatingwebhookconfigurations"]], "all"),
    ([["get,create /nodes/proxy"]], "all"), ([["create,update,patch,delete /nodes", "update,patch /nodes/status"]], "all"),
    ([["create,update,patch /persistentvolumes"], ["create /persistentvolumeclaims"], WORKLOAD], "all"),
    ([["update,patch /namespaces"], WORKLOAD], "all"), ([WORKLOAD], "privileged"),
]
WILD = [  # what only wildcards hold in this world: everything they say is one atom of (other)
    "apiregistration.k8s.io/apiservices", "apiextensions.k8s.io/customresourcedefinitions",
    "admissionregistration.k8s.io/validatingwebhookconfigurations", "admissionregistration.k8s.io/mutatingadmissionpolicies",
    "admissionregistration.k8s.io/mutatingadmissionpolicybindings"]
EDGES += [([[f"{WRITE} {x}"]], "all") for x in WILD]
EDGES += [([[f"update,patch,delete,deletecollection admissionregistration.k8s.io/validatingadmissionpolicies{x}"]], "all") for x in ("", "bindings")]
EDGES += [([[f"{WRITE} {x}"]], "accounts") for x in ("apps/daemonsets", "apps/statefulsets", "apps/replicasets", "/replicationcontrollers", "batch/cronjobs")]
for _x in ("apps/daemonsets", "apps/statefulsets", "apps/replicasets", "/replicationcontrollers", "batch/cronjobs"):
    WORKLOAD.append(f"{WRITE} {_x}")
ON = "impersonate-on:"
EDGES += [  # constrained impersonation: these verbs only come with "*"
    ([["impersonate:serviceaccount authentication.k8s.io/serviceaccounts"], [f"{ON}serviceaccount:x */*"]], "account"),
    ([["impersonate:user-info authentication.k8s.io/users"], [f"{ON}user-info:x */*"]], "user"),
    ([["impersonate:arbitrary-node,impersonate:associated-node authentication.k8s.io/nodes"], [f"{ON}arbitrary-node:x */*"]], "all")]


def closure(s, subjects):
    """{namespace: atoms} that these subjects get at together."""
    have, inside = {}, set()
    everything = {(v, *pair, n) for v in s.space.verbs for pair in s.space.pairs for n in s.space.names[pair]}
    everything |= {(v, "url", path) for v in s.space.verbs for path in s.space.paths}
    needs = [([set().union(*(s.atoms(a) for a in alternatives)) for alternatives in wants], gives) for wants, gives in EDGES]
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
            atoms = have.get("", set()) | have.get(namespace, set())
            for wants, gives in needs:
                if all(atoms & w for w in wants):
                    give(gives, namespace, {a[3] for a in atoms & wants[0]})
        if (sum(map(len, have.values())), len(inside)) == before:
            return have
