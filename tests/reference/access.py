"""Who may what, by set arithmetic: every permission there is stands in a set.

An atom is (verb, group, resource, name) or (verb, "url", path). OTHER stands for whatever nobody spells: a verb, a group, a resource, a
name, a path. A resource carries its subresource: "pods/log".
"""
import json
import pathlib

import yaml

OTHER = "(other)"
RBAC = "rbac.authorization.k8s.io"
EVERYBODY = "Group system:authenticated"
NAMESPACE_VERBS = {"get", "update", "patch", "delete"}  # a namespace by its name is asked about inside of itself
STANDARD_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


def read_compiled(folder):
    """The RBAC objects below compiled/SITE that the policy itself asks for: not those of the binder."""
    objects = []
    for path in sorted(p for p in pathlib.Path(folder).rglob("*.yaml") if p.name != "50-binder.yaml"):
        for o in yaml.load_all(path.read_text(), yaml.CSafeLoader):
            if o and o.get("kind") in ("ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"):
                objects.append(o)
    return objects


def read_list(path):
    """The objects of a Kubernetes List."""
    return json.loads(pathlib.Path(path).read_text())["items"]


class Space:
    """Every atom that a rule of these objects or the discovery can tell apart; what none does is one atom with OTHER in it."""

    def __init__(self, discovery, *object_lists):
        rules = [r for objects in object_lists for o in objects for r in o.get("rules") or []]
        groups = {row["group"] for row in discovery} | {g for r in rules for g in r.get("apiGroups", [])}
        self.verbs = {*STANDARD_VERBS, "bind"} | {v for row in discovery for v in row["verbs"]} | {v for r in rules for v in r["verbs"]}
        self.verbs = (self.verbs - {"*"}) | {OTHER}
        self.groups = (groups - {"*"}) | {OTHER}
        self.paths = {p for r in rules for p in r.get("nonResourceURLs", []) if not p.endswith("*")} | {OTHER}
        self.cluster_scoped = {(row["group"], row["resource"]) for row in discovery if not row["namespaced"]}
        self.pairs = {(g, OTHER) for g in self.groups} | {(row["group"], row["resource"]) for row in discovery}
        for r in rules:
            for resource in r.get("resources", []):
                if resource.startswith("*/"):
                    resource = OTHER + resource[1:]
                if resource != "*":
                    self.pairs |= {(g, resource) for g in (self.groups if "*" in r["apiGroups"] or resource.startswith(OTHER) else r["apiGroups"])}
        self.names = {pair: {OTHER} for pair in self.pairs}
        for r in rules:
            for pair in self._pairs(r):
                self.names[pair] |= set(r.get("resourceNames") or [])

    def _pairs(self, rule):
        groups, resources = rule.get("apiGroups") or [], rule.get("resources") or []
        for group, resource in self.pairs:
            sub = resource.partition("/")[2]
            if (group in groups or "*" in groups) and ("*" in resources or resource in resources or (sub and f"*/{sub}" in resources)):
                yield group, resource

    def of_rule(self, rule):
        verbs = self.verbs if "*" in rule["verbs"] else set(rule["verbs"])
        atoms = set()
        for pair in self._pairs(rule):
            for name in rule.get("resourceNames") or self.names[pair]:
                atoms |= {(verb, *pair, name) for verb in verbs}
        for url in rule.get("nonResourceURLs") or []:
            for path in self.paths:
                if url == path or (url.endswith("*") and path.startswith(url.rstrip("*"))):
                    atoms |= {(verb, "url", path) for verb in verbs}
        return atoms

    def inside(self, atoms):
        """What means something in a RoleBinding: also the namespace by its name, and `bind` of the ClusterRole of a RoleBinding there."""
        return {a for a in atoms if a[1] != "url" and (
            (a[1], a[2]) not in self.cluster_scoped
            or (a[1] == "" and a[2].partition("/")[0] == "namespaces" and a[0] in NAMESPACE_VERBS)
            or a[:3] == ("bind", RBAC, "clusterroles"))}

    def of_lines(self, lines):
        """The atoms of `gained` or `lost` as lotse-policy writes them: [{"verbs": "get,list", "targets": "/pods,apps/*", "names": "a"}]."""
        atoms = set()
        for line in lines:
            verbs = self.verbs if line["verbs"] == "*" else line["verbs"].split(",")
            for target in line["targets"].split(","):
                if target.startswith("url:"):
                    path = target[4:]
                    found = [p for p in self.paths if p == path or (path.endswith("*") and (p == OTHER or p.startswith(path[:-1])))]
                    atoms |= {(v, "url", p) for v in verbs for p in found}
                    continue
                group, _, resource = target.partition("/")
                pairs = {(g, r) for g, r in self.pairs if group in ("*", g) and resource in ("*", r)}
                assert pairs, f"{target} is nothing"
                atoms |= {(v, *p, n) for v in verbs for p in pairs for n in ([line["names"]] if "names" in line else self.names[p])}
        return atoms


def subject_name(subject, namespace):
    """"Group lotse:team:payments", "User x", "ServiceAccount ci/agent"."""
    if subject["kind"] == "ServiceAccount":
        return f"ServiceAccount {subject.get('namespace') or namespace}/{subject['name']}"
    return f"{subject['kind']} {subject['name']}"


class Holdings:
    """What each subject of these objects holds: per namespace, "" is the whole cluster."""

    def __init__(self, space, objects):
        self.space, self.subjects = space, {}
        roles = {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): o for o in objects if "Binding" not in o["kind"]}
        atoms = {}
        for o in objects:
            if "Binding" not in o["kind"]:
                continue
            namespace, ref = o["metadata"].get("namespace", ""), o["roleRef"]
            key = (ref["kind"], namespace if ref["kind"] == "Role" else "", ref["name"])
            if key not in roles:
                continue
            if key not in atoms:
                atoms[key] = set().union(*(space.of_rule(r) for r in roles[key].get("rules") or []))
            held = atoms[key] if namespace == "" else space.inside(atoms[key])
            for s in o.get("subjects") or []:
                places = self.subjects.setdefault(subject_name(s, namespace), {})
                places.setdefault(namespace, set()).update(held)

    def of(self, *subjects):
        """The union over several subjects: a person is a user and groups."""
        union = {}
        for subject in subjects:
            for place, atoms in self.subjects.get(subject, {}).items():
                union.setdefault(place, set()).update(atoms)
        return union

    def allows(self, subjects, atom, namespace=""):
        held = self.of(*subjects)
        return atom in held.get("", ()) or (namespace != "" and atom in held.get(namespace, ()))


def difference(space, before, after):
    """{(place): (gained, lost)} of two holdings of one subject or person. What came or went cluster-wide is said there, once."""
    wide_before, wide_after = before.get("", set()), after.get("", set())
    changes = {}
    for place in before.keys() | after.keys():
        had, has = before.get(place, set()) | wide_before, after.get(place, set()) | wide_after
        gained, lost = has - had, had - has
        if place != "":
            gained = space.inside(gained - (wide_after - wide_before))
            lost = space.inside(lost - (wide_before - wide_after))
        if gained or lost:
            changes[place] = (gained, lost)
    return changes
