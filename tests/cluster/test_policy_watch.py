"""lotse-policy watch on a real API server, as the service account and with the rights that 50-binder.yaml gives, behind the
admission policies of 20-vap.yaml: whatever happens, the RoleBindings become what the policy says."""
import json
import pathlib
import re
import subprocess

import pytest

from tests.cluster.guards import BINDER, apply_cluster_wide, wait_for_guards
from tests.cluster.test_policy_apply import wipe
from tests.lib.cluster import RBAC, ApiError
from tests.lib.fault_proxy import FaultProxy
from tests.lib.login_helper import wait_until
from tests.lib.tools import Process, ours

POLICY = """lotse: 1
sites: {muc: {audience: k8s-muc}}
ldap: {base: "ou=groups,dc=corp,dc=example"}
teams: {reds: {from: [cn=reds]}, blues: {from: [cn=blues]}}
roles:
  view: {base: k8s/view}
  deploy: {can: ["* apps/deployments"]}
  root: {base: k8s/cluster-admin, cluster: true, sensitive: true}
spaces:
  red: {label: {w-team: red}}
  blue: {names: ["w-blue-*"], not: [w-blue-old]}
grants:
  - {team: reds, role: view, in: red}
  - {team: reds, role: deploy, in: red}
  - {team: blues, role: view, in: blue}
"""
SECONDS = 20  # how long a test waits for what must come; it comes within one or two


def namespace(name, labels=None):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels or {}}}


def binding(cluster, ns, role):
    try:
        return cluster.get(f"/apis/{RBAC}/v1/namespaces/{ns}/rolebindings/lotse:{role}")
    except ApiError as e:
        assert e.status == 404
        return None


def label(cluster, ns, labels):
    cluster.request("PATCH", f"/api/v1/namespaces/{ns}", {"metadata": {"labels": labels}}, "application/merge-patch+json")


class Desk:
    """A folder with the policy, the second pipeline's work done, and the binder's kubeconfig."""

    def __init__(self, folder, cluster, kubeconfig):
        self.folder, self.cluster, self.process = pathlib.Path(folder), cluster, None
        self.policy = self.folder / "policy.yaml"
        self.policy.write_text(POLICY)
        apply_cluster_wide(folder, kubeconfig)
        wait_for_guards(cluster)
        token = cluster.request("POST", "/api/v1/namespaces/lotse-system/serviceaccounts/lotse-binder/token",
                                {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}})
        (self.folder / "token").write_text(token["status"]["token"])
        (self.folder / "ca.crt").write_text(cluster.authority.pem)
        self.kubeconfig = self.write_kubeconfig("binder.kubeconfig", cluster.url, "ca.crt")

    def write_kubeconfig(self, name, url, ca):
        path = self.folder / name
        path.write_text(json.dumps({
            "kind": "Config", "clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority": str(ca)}}],
            "users": [{"name": "u", "user": {"tokenFile": "token"}}], "contexts": [{"name": "muc", "context": {"cluster": "c", "user": "u"}}]}))
        return str(path)

    def command(self, *arguments, kubeconfig=None):
        return [ours("lotse-policy"), "watch", "--site", "muc", "--kubeconfig", kubeconfig or self.kubeconfig, "-f", "policy.yaml", *arguments]

    def once(self, *arguments):
        return subprocess.run(self.command("--once", *arguments), cwd=self.folder, text=True, capture_output=True, timeout=60)

    def start(self, *arguments, kubeconfig=None):
        self.process = Process(self.command(*arguments, kubeconfig=kubeconfig), self.folder / "watch.log", cwd=self.folder)
        self.until(lambda: "namespaces" in self.log())

    def log(self):
        return (self.folder / "watch.log").read_text()

    def until(self, condition):
        try:
            wait_until(condition, SECONDS)
        except Exception as e:
            raise AssertionError(f"{e}\n{self.log()}") from e

    def stop(self):
        if self.process and self.process.running():
            self.process.stop()


@pytest.fixture
def muc(sites):
    cluster = sites["muc"]
    wipe(cluster)
    yield cluster
    for n in cluster.get("/api/v1/namespaces")["items"]:
        if n["metadata"]["name"].startswith("w-") and "deletionTimestamp" not in n["metadata"]:
            cluster.delete(namespace(n["metadata"]["name"]))  # without controllers it stays Terminating; its name is not used again
    wipe(cluster)


@pytest.fixture
def desk(tmp_path, muc, sites):
    made = Desk(tmp_path, muc, sites.kubeconfig)
    yield made
    made.stop()


def subjects(o):
    return sorted(s["name"] for s in (o or {}).get("subjects") or [])


def test_new_and_relabelled_namespaces_get_and_lose_their_bindings(desk, muc):
    muc.create(namespace("w-red-1", {"w-team": "red"}), namespace("w-grey-1"))
    desk.start()
    desk.until(lambda: binding(muc, "w-red-1", "deploy"))
    assert subjects(binding(muc, "w-red-1", "view")) == ["lotse:team:reds"]
    muc.create(namespace("w-blue-1"), namespace("w-blue-old"))
    desk.until(lambda: binding(muc, "w-blue-1", "view"))
    assert binding(muc, "w-blue-old", "view") is None and binding(muc, "w-grey-1", "view") is None
    label(muc, "w-grey-1", {"w-team": "red"})
    desk.until(lambda: binding(muc, "w-grey-1", "deploy"))
    label(muc, "w-red-1", {"w-team": "green"})
    desk.until(lambda: not binding(muc, "w-red-1", "view") and not binding(muc, "w-red-1", "deploy"))
    assert binding(muc, "w-grey-1", "deploy")
    assert "created RoleBinding w-blue-1/lotse:view: +Group lotse:team:blues" in desk.log()
    assert "deleted RoleBinding w-red-1/lotse:deploy" in desk.log()


def test_what_others_do_to_our_bindings_is_mended(desk, muc):
    muc.create(namespace("w-red-2", {"w-team": "red"}))
    desk.start()
    desk.until(lambda: binding(muc, "w-red-2", "view"))
    path = f"/apis/{RBAC}/v1/namespaces/w-red-2/rolebindings/lotse:view"
    muc.request("PATCH", path, {"subjects": [{"kind": "User", "name": "mallory", "apiGroup": RBAC}]}, "application/merge-patch+json")
    desk.until(lambda: subjects(binding(muc, "w-red-2", "view")) == ["lotse:team:reds"])
    muc.request("DELETE", path)
    desk.until(lambda: binding(muc, "w-red-2", "view"))
    stray = binding(muc, "w-red-2", "view")
    stray["metadata"] = {"name": "lotse:root", "namespace": "w-red-2", "labels": {"lotse.io/managed": "true"}}
    stray["roleRef"]["name"] = "lotse:root"
    muc.create(stray)
    desk.until(lambda: not binding(muc, "w-red-2", "root"))
    assert "patched RoleBinding w-red-2/lotse:view: -User mallory +Group lotse:team:reds" in desk.log()
    foreign = {**stray, "metadata": {"name": "theirs", "namespace": "w-red-2"}, "roleRef": {**stray["roleRef"], "name": "view"},
               "subjects": [{"kind": "User", "name": "eve", "apiGroup": RBAC}]}
    muc.create(foreign)
    muc.create(namespace("w-red-2b", {"w-team": "red"}))
    desk.until(lambda: binding(muc, "w-red-2b", "view"))
    assert muc.get(f"/apis/{RBAC}/v1/namespaces/w-red-2/rolebindings/theirs")["subjects"][0]["name"] == "eve"


def test_a_changed_policy_is_taken_over_and_a_wrong_one_is_not(desk, muc, sites):
    muc.create(namespace("w-red-3", {"w-team": "red"}))
    desk.start("--allow-shrink")
    desk.until(lambda: binding(muc, "w-red-3", "deploy"))
    desk.policy.write_text(POLICY.replace("team: reds, role: deploy", "team: redz, role: deploy"))
    desk.until(lambda: "the last good one stays in force" in desk.log())
    assert "team 'redz' does not exist" in desk.log() and "did you mean 'reds'" in desk.log()
    muc.create(namespace("w-red-3b", {"w-team": "red"}))
    desk.until(lambda: binding(muc, "w-red-3b", "deploy"))
    desk.policy.write_text(POLICY.replace("- {team: reds, role: deploy, in: red}", "- {team: blues, role: view, in: red}"))
    desk.until(lambda: not binding(muc, "w-red-3", "deploy") and subjects(binding(muc, "w-red-3b", "view")) == ["lotse:team:blues", "lotse:team:reds"])


def test_a_signed_bundle_is_taken_over_and_a_forged_or_older_one_is_not(desk, muc):
    def sign(text, key, serial):
        desk.policy.write_text(text)
        (desk.folder / "new.bundle").unlink(missing_ok=True)
        for words in (["bundle", "--serial", str(serial), "--to", "new.bundle"], ["sign", "new.bundle", "--key", f"{key}.pem"]):
            subprocess.run([ours("lotse-policy"), *words], cwd=desk.folder, check=True, capture_output=True, timeout=60)
        (desk.folder / "new.bundle").rename(desk.folder / "policy.bundle")

    for name in ("anna", "mallory"):
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.pem"],
                       cwd=desk.folder, check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", "anna.pem", "-pubout", "-out", "anna.pub"], cwd=desk.folder, check=True, capture_output=True)
    more = POLICY + "  - {team: blues, role: view, in: red}\n"
    sign(POLICY, "anna", 1)
    desk.command = lambda *arguments, kubeconfig=None: [
        ours("lotse-policy"), "watch", "policy.bundle", "--trust", "anna.pub", "--last-good", "kept.bundle", "--site", "muc",
        "--kubeconfig", desk.kubeconfig, *arguments]
    muc.create(namespace("w-red-10", {"w-team": "red"}))
    desk.start()
    desk.until(lambda: subjects(binding(muc, "w-red-10", "view")) == ["lotse:team:reds"])
    sign(more, "mallory", 2)
    desk.until(lambda: "signed by 0 of the trusted keys" in desk.log())
    sign(more, "anna", 3)
    desk.until(lambda: subjects(binding(muc, "w-red-10", "view")) == ["lotse:team:blues", "lotse:team:reds"])
    sign(POLICY, "anna", 2)
    desk.until(lambda: "bundle 2 is older than the last good one, 3" in desk.log())
    desk.stop()
    assert desk.once().returncode == 0  # the old bundle still lies there: the last good one is in force
    assert subjects(binding(muc, "w-red-10", "view")) == ["lotse:team:blues", "lotse:team:reds"]


def test_a_restart_of_the_api_server_is_survived(desk, muc):
    muc.create(namespace("w-red-4", {"w-team": "red"}))
    desk.start()
    desk.until(lambda: binding(muc, "w-red-4", "view"))
    muc.kill()
    desk.until(lambda: "; again in" in desk.log())
    muc.restart()
    muc.create(namespace("w-red-4b", {"w-team": "red"}))
    muc.request("DELETE", f"/apis/{RBAC}/v1/namespaces/w-red-4/rolebindings/lotse:view")
    desk.until(lambda: binding(muc, "w-red-4b", "deploy") and binding(muc, "w-red-4", "view"))


def test_killed_and_started_again_it_converges(desk, muc):
    muc.create(*[namespace(f"w-red-5{c}", {"w-team": "red"}) for c in "abcdefgh"])
    desk.process = Process(desk.command(), desk.folder / "watch.log", cwd=desk.folder)
    desk.until(lambda: "created RoleBinding" in desk.log())
    desk.process.kill()
    label(muc, "w-red-5a", {"w-team": "green"})
    muc.create(namespace("w-blue-5"))
    desk.start()
    desk.until(lambda: binding(muc, "w-blue-5", "view") and all(binding(muc, f"w-red-5{c}", "deploy") for c in "bcdefgh"))
    desk.until(lambda: not binding(muc, "w-red-5a", "view"))
    desk.process.send(15)
    desk.until(lambda: not desk.process.running())
    assert desk.process.popen.returncode == 0 and "ended by a signal" in desk.log()


def test_one_bad_cell_stops_nothing_else(desk, muc):
    """A binding under our name that is not ours, and a namespace on its way out: the others are served."""
    muc.create(namespace("w-red-6", {"w-team": "red"}), namespace("w-red-6b", {"w-team": "red"}))
    muc.create({"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": {"name": "lotse:view", "namespace": "w-red-6"},
                "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "User", "name": "eve", "apiGroup": RBAC}]})
    muc.create(namespace("w-red-6c", {"w-team": "red"}))
    muc.delete(namespace("w-red-6c"))
    desk.start()
    desk.until(lambda: binding(muc, "w-red-6b", "view") and binding(muc, "w-red-6", "deploy"))
    muc.create(namespace("w-red-6d", {"w-team": "red"}))
    desk.until(lambda: binding(muc, "w-red-6d", "view"))
    assert subjects(binding(muc, "w-red-6", "view")) == ["eve"] and binding(muc, "w-red-6c", "view") is None


def test_a_space_that_the_admission_policies_do_not_know_yet_waits_alone(desk, muc, sites):
    """The policy has a new space, the second pipeline has not run: that cell is refused and tried again until it has."""
    muc.create(namespace("w-new-1"), namespace("w-red-7", {"w-team": "red"}))
    desk.policy.write_text(POLICY.replace("grants:", "  new: {names: [w-new-1]}\ngrants:\n  - {team: blues, role: view, in: new}"))
    desk.start()
    desk.until(lambda: binding(muc, "w-red-7", "view"))
    desk.until(lambda: "no space of the policy holds this namespace" in desk.log())
    assert binding(muc, "w-new-1", "view") is None
    apply_cluster_wide(desk.folder, sites.kubeconfig)  # it also binds; the binder has to be able to from now on
    muc.request("DELETE", f"/apis/{RBAC}/v1/namespaces/w-new-1/rolebindings/lotse:view")
    desk.until(lambda: binding(muc, "w-new-1", "view"))


def test_gone_means_listing_again(desk, muc):
    with FaultProxy(muc, desk.folder / "proxy") as proxy:
        proxy.faults.append(lambda r: 410 if "watch=true" in r.path else None)
        muc.create(namespace("w-red-8", {"w-team": "red"}))
        desk.start(kubeconfig=proxy.kubeconfig)
        desk.until(lambda: binding(muc, "w-red-8", "view"))
        desk.until(lambda: "listing again" in desk.log())
        muc.create(namespace("w-red-8b", {"w-team": "red"}))
        desk.until(lambda: binding(muc, "w-red-8b", "view"))
        assert len([p for m, p in proxy.seen if m == "GET" and "limit=" in p]) >= 3
        assert desk.log().count("listing again") < 40, "each time later than the time before"


def test_once_says_how_it_ended(desk, muc):
    muc.create(namespace("w-red-9", {"w-team": "red"}))
    run = desk.once()
    assert run.returncode == 0 and "created RoleBinding w-red-9/lotse:view" in run.stdout, run.stdout + run.stderr
    run = desk.once("--output", "json")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0 and not any("created" in line.get("text", "") for line in lines)
    assert any(re.fullmatch(r"\d+ namespaces, \d+ bindings", line.get("text", "")) for line in lines)
    (desk.folder / "token").write_text("nonsense")
    run = desk.once()
    assert run.returncode == 3 and "401" in run.stdout


def test_much_that_would_go_at_once_stays_until_somebody_looks(desk, muc):
    names = [f"w-red-x{c}" for c in "abcdef"]
    muc.create(*[namespace(n, {"w-team": "red"}) for n in names])
    desk.start()
    desk.until(lambda: all(binding(muc, n, "deploy") for n in names))
    desk.policy.write_text(POLICY.replace("{w-team: red}", "{w-team: rot}"))
    desk.until(lambda: "they stay until" in desk.log())
    assert all(binding(muc, n, "deploy") for n in names)


def test_the_binder_has_no_right_beyond_what_is_promised(desk, muc):
    """Asked of the API server itself, for everything that the design rules out."""
    groups = ["system:serviceaccounts", "system:serviceaccounts:lotse-system", "system:authenticated"]

    def may(verb, resource, group="", **more):
        return muc.allowed(BINDER, groups, {"verb": verb, "resource": resource, "group": group, **more})[0]
    for verb in ("get", "list", "watch"):
        assert may(verb, "namespaces") and may(verb, "rolebindings", RBAC, namespace="w-x")
    for verb in ("create", "patch", "delete"):
        assert may(verb, "rolebindings", RBAC, namespace="w-x")
    assert may("bind", "clusterroles", RBAC, name="lotse:view") and may("bind", "clusterroles", RBAC, name="lotse:deploy")
    for refused in [("bind", "clusterroles", RBAC, {"name": "lotse:root"}), ("bind", "clusterroles", RBAC, {"name": "cluster-admin"}),
                    ("bind", "clusterroles", RBAC, {}), ("escalate", "clusterroles", RBAC, {}), ("get", "secrets", "", {}),
                    ("list", "clusterroles", RBAC, {}), ("create", "clusterroles", RBAC, {}), ("update", "rolebindings", RBAC, {}),
                    ("deletecollection", "rolebindings", RBAC, {}), ("create", "clusterrolebindings", RBAC, {}),
                    ("list", "clusterrolebindings", RBAC, {}), ("impersonate", "users", "", {}), ("patch", "namespaces", "", {}),
                    ("create", "validatingadmissionpolicies", "admissionregistration.k8s.io", {}), ("get", "pods", "", {})]:
        assert not may(*refused[:3], **refused[3]), refused
