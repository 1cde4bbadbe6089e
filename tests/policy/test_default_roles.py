"""The default roles and bindings of three Kubernetes versions, as their modules have them: read, aggregated, evaluated, compared.

The questions are drawn from the rules of these roles themselves, and put to the API server's own RBAC code as well.
"""
import json
import random
import re
import subprocess

import pytest
import yaml

from tests.lib.rbac_random import RBAC
from tests.lib.tools import ROOT, ours
from tests.policy.test_rbac_authorizer import disagreements

VERSIONS = ["1.34", "1.35", "1.36"]
READ = ["get", "list", "watch"]
AGGREGATED = ["admin", "edit", "view"]
# what a reader must not read: a way into a running workload, or a password
ESCALATING = ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]


def defaults(version, gates=False):
    """All objects. With gates the ClusterRoles are those with every feature switched on."""
    folder = ROOT / f".venv/default-roles-{version}"
    wanted = "cluster-roles-featuregates.yaml" if gates else "cluster-roles.yaml"
    files = [f for f in sorted(folder.iterdir()) if f.name == wanted or not f.name.startswith("cluster-roles")]
    assert len(files) == 6, files
    return [o for f in files for o in yaml.load(f.read_text(), Loader=yaml.CSafeLoader)["items"]]


def bound_everywhere(objects):
    """Also the roles that no default binding names: to a group of their own, cluster-wide and in one namespace."""
    def binding(role, kind, namespace=None):
        metadata = {"name": f"of-{role}", **({"namespace": namespace} if namespace else {})}
        group = f"{'inside' if namespace else 'everywhere'}:{role}"
        return {"kind": "RoleBinding" if namespace else "ClusterRoleBinding", "metadata": metadata,
                "roleRef": {"apiGroup": RBAC, "kind": kind, "name": role}, "subjects": [{"kind": "Group", "apiGroup": RBAC, "name": group}]}

    roles = [o["metadata"]["name"] for o in objects if o["kind"] == "ClusterRole"]
    return [*objects, *[binding(r, "ClusterRole") for r in roles], *[binding(r, "ClusterRole", "work") for r in roles]]


def who_of(draw, objects):
    subjects = [(s, o["metadata"].get("namespace", "")) for o in objects for s in o.get("subjects") or []]
    subject, namespace = draw.choice(subjects)
    if subject["kind"] == "Group":
        return {"user": "somebody", "groups": [subject["name"]]}
    if subject["kind"] == "User":
        return {"user": subject["name"], "groups": []}
    return {"user": f"system:serviceaccount:{subject.get('namespace', namespace)}:{subject['name']}", "groups": []}


def question_of(draw, rules):
    rule, other = draw.choice(rules), draw.choice(rules)
    verb = draw.choice(draw.choice([rule, rule, rule, other])["verbs"] + ["get"])
    if rule.get("nonResourceURLs"):
        return {"verb": verb, "path": draw.choice(rule["nonResourceURLs"]).replace("*", draw.choice(["", "x", "*"]))}
    group = draw.choice(draw.choice([rule, rule, rule, other]).get("apiGroups") or [""])
    resource, _, sub = draw.choice(rule["resources"]).partition("/")
    return {"verb": verb, "group": group, "resource": resource, "subresource": draw.choice([sub, sub, sub, "status", ""]),
            "name": draw.choice([*rule.get("resourceNames", []), "", "x"]), "namespace": draw.choice(["work", "", "kube-system", "kube-public", "y"])}


def everybody_asked(draw, objects, count):
    """For each subject of each binding something its own role says, and as many questions of others."""
    rules = [r for o in objects for r in o.get("rules") or []]
    of_role = {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): o.get("rules") or [] for o in objects if "rules" in o}
    bindings = [o for o in objects if o.get("subjects")]
    for _ in range(count):
        if draw.random() < 0.3:
            yield {"op": "ask", **who_of(draw, objects), **question_of(draw, rules)}
            continue
        binding = draw.choice(bindings)
        ref, namespace = binding["roleRef"], binding["metadata"].get("namespace", "")
        own = of_role.get((ref["kind"], namespace if ref["kind"] == "Role" else "", ref["name"])) or rules
        question = {"op": "ask", **who_of(draw, [binding]), **question_of(draw, own)}
        if namespace and "path" not in question:
            question["namespace"] = draw.choice([namespace, namespace, question["namespace"]])
        yield question


def ask(lines):
    run = subprocess.run([ours("rbac-probe")], input="".join(json.dumps(q) + "\n" for q in lines), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def settled(objects):
    _, roles = ask([{"op": "world", "objects": objects}, {"op": "settle"}])
    return roles


@pytest.mark.parametrize("gates", [False, True], ids=["default", "all-features"])
@pytest.mark.parametrize("version", VERSIONS)
def test_no_disagreement_over_default_roles(version, gates):
    draw = random.Random(f"{version} {gates}")
    objects = bound_everywhere(defaults(version, gates))
    for o in objects:  # the aggregated ones, so that questions are drawn from their rules as well
        if o["kind"] == "ClusterRole" and "aggregationRule" in o:
            o["rules"] = settled(objects)[o["metadata"]["name"]]
    lines = [{"op": "world", "objects": objects}, {"op": "settle"}, *[{"op": "aggregate", "name": r} for r in AGGREGATED],
             *everybody_asked(draw, objects, 5000)]
    lines += [{"op": "who", **question_of(draw, [r for o in objects for r in o.get("rules") or []])} for _ in range(50)]
    wrong, seen = disagreements([json.dumps(q) for q in lines])
    assert wrong == []
    assert seen["ask", True] > 1000 and seen["ask", False] > 1000


@pytest.mark.parametrize("version", VERSIONS)
def test_every_default_object_is_read(version):
    objects = defaults(version)
    kinds = {k: sum(o["kind"] == k for o in objects) for k in ("ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding")}
    assert kinds["ClusterRole"] > 60 and kinds["Role"] > 5 and kinds["ClusterRoleBinding"] > 40 and kinds["RoleBinding"] > 5, kinds
    assert sorted(settled(objects)) == AGGREGATED


@pytest.mark.parametrize("version", VERSIONS)
def test_admin_covers_edit_and_edit_covers_view(version):
    roles = settled(defaults(version))
    for owner, servant in (("admin", "edit"), ("edit", "view"), ("admin", "view")):
        assert ask([{"op": "covers", "owner": roles[owner], "servant": roles[servant]}])[0] == {"covered": True, "uncovered": []}
        assert not ask([{"op": "covers", "owner": roles[servant], "servant": roles[owner]}])[0]["covered"]


@pytest.mark.parametrize("version", VERSIONS)
def test_view_reads_all_that_edit_reads_except_what_escalates(version):
    """As upstream's TestEditViewRelationship means it; what else only edit reads is named, and nothing else is missing."""
    roles = {o["metadata"]["name"]: o["rules"] for o in defaults(version) if o["kind"] == "ClusterRole"}
    view, edit = roles["system:aggregate-to-view"], roles["system:aggregate-to-edit"]
    for resource in ESCALATING:
        servant = [{"verbs": READ, "apiGroups": [""], "resources": [resource]}]
        assert not ask([{"op": "covers", "owner": view, "servant": servant}])[0]["covered"], resource
    reading = [{**r, "verbs": [v for v in r["verbs"] if v in READ]} for r in edit]
    missing = ask([{"op": "covers", "owner": view, "servant": reading}])[0]["uncovered"]
    assert {r["resources"][0] for r in missing} <= {*ESCALATING, "deployments/rollback", "leases"}
    assert {r["resources"][0] for r in missing} >= {"secrets", "pods/exec"}


def test_versions_are_the_ones_named():
    for version in VERSIONS:
        module = (ROOT / f"tests/go/default-roles/{version}/go.mod").read_text()
        assert re.search(rf"k8s\.io/kubernetes v{re.escape(version)}\.\d+$", module, re.M)
