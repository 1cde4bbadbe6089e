"""The admission policies of 20-vap.yaml on a real API server: each stops what it should, for people who have every right that RBAC
can give short of the administrator's own group, and lets everything else through."""
import json
import subprocess

import pytest

from tests.cluster.guards import BINDER, MERGE, apply_cluster_wide, as_user, group, refusal, role_binding, wait_for_guards
from tests.cluster.test_policy_apply import GUARDS, wipe
from tests.lib.cluster import RBAC
from tests.lib.tools import ours

POLICY = """lotse: 1
sites: {ber: {audience: k8s-ber, labels: {tier: stage}}, fra: {audience: k8s-fra, labels: {tier: prod}}}
ldap: {base: "ou=groups,dc=corp,dc=example"}
teams: {reds: {from: [cn=reds]}}
roles:
  view: {base: k8s/view}
  deploy: {can: ["* apps/deployments"]}
  root: {base: k8s/cluster-admin, cluster: true, sensitive: true}
spaces:
  red: {label: {v-team: red}}
  blue: {label: {v-team: blue, v-stage: test}, not: ["v-blue-old"]}
  named: {names: ["v-shop-*", v-one], not: ["v-shop-x*"]}
  elsewhere: {names: [v-elsewhere], at: [tier=prod]}
grants:
  - {team: reds, role: view, in: red}
  - {team: reds, role: deploy, in: named}
ci:
  gocd: {sa: v-ci/gocd-agent, role: deploy, in: [red], token: 1h}
"""
NAMESPACES = {"v-red": {"v-team": "red"}, "v-blue": {"v-team": "blue", "v-stage": "test"}, "v-blue-old": {"v-team": "blue", "v-stage": "test"},
              "v-half-blue": {"v-team": "blue"}, "v-shop-web": {}, "v-shop-x1": {}, "v-one": {}, "v-elsewhere": {}, "v-free": {"colour": "grey"}}
EVE = as_user("eve")  # cluster-admin by a binding, not by the group system:masters
PLATFORM = as_user("paula", "v-platform")
VIEW_IN_RED = f"/apis/{RBAC}/v1/namespaces/v-red/rolebindings/lotse:view"


@pytest.fixture(scope="module")
def ber(sites, tmp_path_factory):
    cluster, folder = sites["ber"], tmp_path_factory.mktemp("vap")
    wipe(cluster)
    cluster.create_namespaces(NAMESPACES)
    admin = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "v-admins"},
             "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
             "subjects": [{"kind": "User", "name": n, "apiGroup": RBAC} for n in ("eve", "paula")]}
    # RBAC is asked before admission: to see the policies alone, the binder may bind everything here
    more = [{"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "v-binder"},
             "rules": [{"verbs": ["bind"], "apiGroups": [RBAC], "resources": ["clusterroles"]}]},
            {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "v-binder"},
             "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "v-binder"},
             "subjects": [{"kind": "ServiceAccount", "name": "lotse-binder", "namespace": "lotse-system"}]}]
    cluster.create(admin, *more)
    (folder / "policy.yaml").write_text(POLICY)
    apply_cluster_wide(folder, sites.kubeconfig, "--site", "ber", "--platform", "group:v-platform")
    wait_for_guards(cluster)
    yield cluster
    for o in (admin, *more):
        cluster.delete(o)
    for n in [*NAMESPACES, "v-ci"]:
        cluster.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}})
    wipe(cluster)


def bindings(namespace):
    return f"/apis/{RBAC}/v1/namespaces/{namespace}/rolebindings"


# --- what is ours

def test_nobody_but_ours_touches_our_objects(ber):
    changes = [("PATCH", VIEW_IN_RED, {"subjects": []}), ("DELETE", VIEW_IN_RED, None),
               ("PATCH", f"/apis/{RBAC}/v1/clusterroles/lotse:view", {"rules": []}), ("DELETE", f"/apis/{RBAC}/v1/clusterroles/lotse:deploy", None),
               ("PATCH", VIEW_IN_RED, {"metadata": {"labels": {"lotse.io/managed": None}}}),
               ("PATCH", f"/apis/{RBAC}/v1/clusterroles/lotse-binder", {"rules": []}),
               ("POST", bindings("v-free"), role_binding("lotse:other", "v-free", role="view")),
               ("POST", bindings("v-free"), role_binding("mine", "v-free", role="view", labels={"lotse.io/managed": "false"})),
               ("POST", f"/apis/{RBAC}/v1/clusterrolebindings", {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding",
                                                                 "metadata": {"name": "lotse:x"}, "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}})]
    for method, path, body in changes:
        kind = MERGE if method == "PATCH" else "application/json"
        assert "lotse-owned-objects" in (refusal(ber, method, path, body, EVE, kind) or ""), (method, path)
        assert refusal(ber, method, path, body, PLATFORM, kind) is None, (method, path)
        assert refusal(ber, method, path, body, None, kind) is None, "the administrators' group may always"


def test_no_way_round_by_other_writes_of_the_same(ber):
    """Names made by the API server, server-side apply, whole collections, ownership, users without any group of their own."""
    generated = {**role_binding("", "v-free", role="view"), "metadata": {"generateName": "lotse:", "namespace": "v-free"}}
    assert "lotse-owned-objects" in (refusal(ber, "POST", bindings("v-free"), generated, EVE) or "")
    applied = role_binding("lotse:view", "v-free", [group("lotse:team:reds")], "view")
    path = bindings("v-free") + "/lotse:view?fieldManager=eve&dryRun=All"
    assert "lotse-owned-objects" in (refusal(ber, "PATCH", path, applied, EVE, "application/apply-patch+yaml", dry_run=False) or "")
    assert "lotse-owned-objects" in (refusal(ber, "DELETE", bindings("v-red"), None, EVE) or ""), "deletecollection"
    assert "lotse-owned-objects" in (refusal(ber, "PATCH", VIEW_IN_RED, {"metadata": {"finalizers": ["eve/holds"]}}, EVE, MERGE) or "")
    owner = {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "00000000-0000-0000-0000-000000000000"}]}}
    assert "lotse-owned-objects" in (refusal(ber, "PATCH", VIEW_IN_RED, owner, EVE, MERGE) or ""), "the garbage collector would delete it"
    for user in ("LOTSE", "System:masters", BINDER + "x", "system:serviceaccount:lotse-system:Lotse-binder"):
        assert refusal(ber, "PATCH", VIEW_IN_RED, {"subjects": []}, as_user(user, "System:Masters"), MERGE), user


def test_objects_of_others_are_theirs(ber):
    mine = role_binding("mine", "v-red", [group("devs"), {"kind": "User", "name": "lotse", "apiGroup": RBAC}], "view", {"team": "x"})
    assert refusal(ber, "POST", bindings("v-red"), mine, EVE, dry_run=False) is None
    path = bindings("v-red") + "/mine"
    assert refusal(ber, "PATCH", path, {"subjects": [group("others")]}, EVE, MERGE, dry_run=False) is None
    assert "lotse-owned-objects" in refusal(ber, "PATCH", path, {"metadata": {"labels": {"lotse.io/managed": "true"}}}, EVE, MERGE)
    assert refusal(ber, "DELETE", path, None, EVE, dry_run=False) is None


def test_a_namespace_that_goes_may_be_emptied(ber):
    ber.create_namespaces({"v-going": {"v-team": "red"}})
    ber.create(role_binding("lotse:view", "v-going", [group("lotse:team:reds")], labels={"lotse.io/managed": "true"}))
    controller = as_user("system:serviceaccount:kube-system:namespace-controller")
    path = bindings("v-going") + "/lotse:view"
    assert "lotse-owned-objects" in refusal(ber, "DELETE", path, None, controller)
    ber.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "v-going"}})
    assert refusal(ber, "DELETE", bindings("v-going"), None, controller, dry_run=False) is None  # as it does: the whole collection
    assert ber.get(bindings("v-going"))["items"] == []


# --- bindings of others to our groups

@pytest.mark.parametrize("kind,path", [("RoleBinding", bindings("v-red")), ("ClusterRoleBinding", f"/apis/{RBAC}/v1/clusterrolebindings")])
def test_only_the_policy_gives_to_our_groups(ber, kind, path):
    def one(name, *subjects):
        o = role_binding(name, "v-red", subjects, "view")
        if kind == "ClusterRoleBinding":
            del o["metadata"]["namespace"]
        return {**o, "kind": kind}
    for name in ("lotse:team:reds", "lotse:jit:red:view", "lotse:"):
        assert "lotse-foreign-bindings" in (refusal(ber, "POST", path, one("theirs", group("devs"), group(name)), EVE) or ""), name
        assert "lotse-foreign-bindings" in (refusal(ber, "POST", path, one("theirs", group(name)), PLATFORM) or ""), "the platform writes grants, too"
    for name in ("lotse", "devs", "x:lotse:team"):
        assert refusal(ber, "POST", path, one("theirs", group(name)), EVE) is None, name
    ber.request("POST", path, one("theirs", group("devs")))
    try:
        add = {"subjects": [group("devs"), group("lotse:team:reds")]}
        assert "lotse-foreign-bindings" in refusal(ber, "PATCH", f"{path}/theirs", add, EVE, MERGE)
        ber.request("PATCH", f"{path}/theirs", add, MERGE)  # an administrator in need
        assert refusal(ber, "PATCH", f"{path}/theirs", {"metadata": {"annotations": {"a": "b"}}}, EVE, MERGE) is None, "it stands there already"
        assert "lotse-foreign-bindings" in refusal(ber, "PATCH", f"{path}/theirs", {"subjects": [group("lotse:team:blues")]}, EVE, MERGE)
        assert refusal(ber, "PATCH", f"{path}/theirs", {"subjects": [group("devs")]}, EVE, MERGE) is None
    finally:
        ber.request("DELETE", f"{path}/theirs")


def test_no_other_spelling_of_a_subject_gets_our_groups(ber):
    path = bindings("v-red")
    for subject in ({"kind": "Group", "name": "lotse:team:reds"}, {"kind": "Group", "name": "lotse:team:reds", "apiGroup": ""},
                    {"kind": "Group", "name": "lotse:team:reds", "apiGroup": RBAC, "namespace": "v-red"},
                    {"kind": "group", "name": "lotse:team:reds", "apiGroup": RBAC},
                    {"kind": "ServiceAccount", "name": "lotse:team:reds", "namespace": "v-red"}):
        assert refusal(ber, "POST", path, role_binding("theirs", "v-red", [subject], "view"), EVE), subject
    for name in ("theirs", "LOTSE:theirs", "lotse"):
        assert "lotse-foreign-bindings" in (refusal(ber, "POST", path, role_binding(name, "v-red", [group("lotse:team:reds")], "view"), EVE) or "")


# --- labels that select

def test_a_label_that_selects_is_the_platforms(ber):
    for labels in ({"v-team": "blue"}, {"v-team": None}, {"v-stage": "test"}):
        change = {"metadata": {"labels": labels}}
        assert "lotse-selector-labels" in (refusal(ber, "PATCH", "/api/v1/namespaces/v-red", change, EVE, MERGE) or ""), labels
        assert refusal(ber, "PATCH", "/api/v1/namespaces/v-red", change, PLATFORM, MERGE) is None
        assert refusal(ber, "PATCH", "/api/v1/namespaces/v-red", change, None, MERGE) is None
    for labels in ({"colour": "red"}, {"v-team": "red"}, {}):
        assert refusal(ber, "PATCH", "/api/v1/namespaces/v-red", {"metadata": {"labels": labels}}, EVE, MERGE) is None, labels
    new = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "v-new", "labels": {"v-team": "red"}}}
    assert "lotse-selector-labels" in refusal(ber, "POST", "/api/v1/namespaces", new, EVE)
    assert refusal(ber, "POST", "/api/v1/namespaces", {**new, "metadata": {"name": "v-new", "labels": {"colour": "red"}}}, EVE) is None
    assert refusal(ber, "POST", "/api/v1/namespaces", {**new, "metadata": {"name": "v-new"}}, EVE) is None
    assert refusal(ber, "POST", "/api/v1/namespaces", new, PLATFORM) is None


def test_no_way_round_by_a_subresource(ber):
    ns = ber.get("/api/v1/namespaces/v-free")
    ns["metadata"]["labels"]["v-team"] = "red"
    for sub in ("status", "finalize"):
        assert "lotse-selector-labels" in (refusal(ber, "PUT", f"/api/v1/namespaces/v-free/{sub}", ns, EVE) or ""), sub
    del ns["metadata"]["labels"]["v-team"]
    for sub in ("status", "finalize"):
        assert refusal(ber, "PUT", f"/api/v1/namespaces/v-free/{sub}", ns, EVE) is None, sub


def test_kubectl_label_by_an_administrator_works_and_by_others_does_not(ber, tmp_path):
    assert ber.kubectl("label", "namespace", "v-free", "v-team=red", "--dry-run=server").returncode == 0
    run = ber.kubectl("label", "namespace", "v-free", "v-team=red", "--as", "eve", check=False)
    assert run.returncode == 1 and "only the platform sets, changes or removes it" in run.stderr


# --- the binder

def binder(cluster, namespace, role="lotse:view", subjects=(group("lotse:team:reds"),), **more):
    labels = more.get("labels", {"lotse.io/managed": "true"})
    return refusal(cluster, "POST", bindings(namespace), role_binding(more.get("name", role), namespace, subjects, role, labels), as_user(BINDER))


@pytest.mark.parametrize("namespace,held", [
    ("v-red", True), ("v-blue", True), ("v-shop-web", True), ("v-one", True), ("v-blue-old", False), ("v-half-blue", False),
    ("v-shop-x1", False), ("v-elsewhere", False), ("v-free", False), ("kube-system", False), ("default", False)])
def test_the_binder_binds_only_where_a_space_is(ber, namespace, held):
    answer = binder(ber, namespace)
    assert (answer is None) == held, answer
    assert held or "no space of the policy holds this namespace" in answer


def test_the_binder_binds_only_roles_and_subjects_of_the_policy(ber):
    assert "binds only the policy's roles" in binder(ber, "v-shop-web", "lotse:root")
    assert "binds only the policy's roles" in binder(ber, "v-shop-web", "cluster-admin")
    assert "binds only the policy's roles" in binder(ber, "v-shop-web", "lotse:view", name="lotse:x")
    for wrong in (group("devs"), {"kind": "User", "name": "lotse:eve", "apiGroup": RBAC}, {"kind": "ServiceAccount", "name": "default", "namespace": "v-red"},
                  group("system:authenticated")):
        assert "binds only groups called lotse:" in binder(ber, "v-shop-web", subjects=[group("lotse:team:reds"), wrong]), wrong
    assert binder(ber, "v-shop-web", subjects=[group("lotse:team:reds"), {"kind": "ServiceAccount", "name": "gocd-agent", "namespace": "v-ci"}]) is None
    assert "only bindings labelled" in binder(ber, "v-shop-web", labels={})


def test_the_binder_leaves_others_alone_and_may_clean_up_everywhere(ber):
    ber.create(role_binding("theirs", "v-red", [group("devs")], "view"),
               role_binding("lotse:view", "v-free", [group("lotse:team:reds")], labels={"lotse.io/managed": "true"}))
    try:
        assert "only bindings labelled" in refusal(ber, "DELETE", bindings("v-red") + "/theirs", None, as_user(BINDER))
        assert "only bindings labelled" in refusal(ber, "PATCH", bindings("v-red") + "/theirs", {"subjects": []}, as_user(BINDER), MERGE)
        path = bindings("v-free") + "/lotse:view"
        assert "no space" in refusal(ber, "PATCH", path, {"subjects": [group("lotse:team:x")]}, as_user(BINDER), MERGE)
        assert refusal(ber, "DELETE", path, None, as_user(BINDER)) is None
    finally:
        ber.request("DELETE", bindings("v-red") + "/theirs")
        ber.request("DELETE", bindings("v-free") + "/lotse:view")


def test_the_accounts_of_machines_come_with_the_second_pipeline(ber, sites, tmp_path):
    """Where their namespace is; one that was there already keeps what others put on it."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    arguments = ["--site", "ber", "--platform", "group:v-platform"]
    assert "create ServiceAccount v-ci/gocd-agent - skipped" in apply_cluster_wide(tmp_path, sites.kubeconfig, *arguments)
    ber.create_namespaces({"v-ci": {}})
    ber.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "gocd-agent", "namespace": "v-ci", "labels": {"a": "b"}},
                "imagePullSecrets": [{"name": "registry"}]})
    assert "updated ServiceAccount v-ci/gocd-agent" in apply_cluster_wide(tmp_path, sites.kubeconfig, *arguments)
    account = ber.get("/api/v1/namespaces/v-ci/serviceaccounts/gocd-agent")
    assert account["automountServiceAccountToken"] is False and account["imagePullSecrets"] == [{"name": "registry"}]
    assert account["metadata"]["labels"] == {"a": "b", "lotse.io/managed": "true"}
    assert "ber: no change" in apply_cluster_wide(tmp_path, sites.kubeconfig, *arguments)


# --- the policies themselves

def test_the_api_server_has_nothing_to_say_about_their_types(ber):
    for name in GUARDS:
        policy = ber.get(f"/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/{name}")
        assert not policy.get("status", {}).get("typeChecking", {}).get("expressionWarnings"), policy["status"]


def test_what_is_emitted_is_what_the_api_server_keeps(ber, sites, tmp_path):
    """A second run changes nothing: no default was left out. And a change by hand is undone."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    arguments = ["--site", "ber", "--platform", "group:v-platform"]
    ber.create_namespaces({"v-ci": {}})
    apply_cluster_wide(tmp_path, sites.kubeconfig, *arguments)
    assert "ber: no change" in apply_cluster_wide(tmp_path, sites.kubeconfig, *arguments)
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/lotse-owned-objects"
    ber.request("PATCH", path, {"spec": {"matchConditions": [{"name": "never", "expression": "false"}]}, "metadata": {"annotations": {"a": "b"}}}, MERGE)
    drift = subprocess.run([ours("lotse-policy"), "drift", "--kubeconfig", sites.kubeconfig, "--output", "json", *arguments], cwd=tmp_path,
                           text=True, capture_output=True)
    assert drift.returncode == 1
    assert json.loads(drift.stdout)["sites"][0]["guards"] == ["ValidatingAdmissionPolicy lotse-owned-objects was changed"]
    assert "updated ValidatingAdmissionPolicy lotse-owned-objects" in apply_cluster_wide(tmp_path, sites.kubeconfig, *arguments)
    now = ber.get(path)
    assert "matchConditions" not in now["spec"] and now["metadata"]["annotations"]["a"] == "b"


def test_a_company_of_thousands_of_spaces_is_taken(ber, sites, tmp_path):
    """One expression may have 100,000 characters; many spaces become many variables."""
    spaces = "".join(f"  s{i}: {{label: {{v-team: team-number-{i}}}}}\n  n{i}: {{names: [v-many-{i}, \"v-lot-{i}-*\"]}}\n" for i in range(2500))
    (tmp_path / "policy.yaml").write_text(POLICY.replace("spaces:\n", "spaces:\n" + spaces))
    run = subprocess.run([ours("lotse-policy"), "apply", "--dry-run", "--cluster-wide", "--site", "ber", "--kubeconfig", sites.kubeconfig,
                          "--platform", "group:v-platform"], cwd=tmp_path, text=True, capture_output=True)
    assert run.returncode == 0, run.stderr
    assert "would update ValidatingAdmissionPolicy lotse-binder-limits" in run.stdout
