"""lotse-policy apply on real API servers: it makes them what the policy says, and touches nothing else."""
import json
import re
import subprocess
import time

import pytest

from tests.lib import company
from tests.lib.cluster import RBAC, ApiError
from tests.lib.fault_proxy import FaultProxy
from tests.lib.login_helper import wait_until
from tests.lib.tools import ours

OK, FINDINGS, USAGE, BACKEND = 0, 1, 2, 3
MANAGED = "lotse.io/managed=true"
N_FRA = 187  # objects of the sample company's policy on fra
COLLECTIONS = ("clusterroles", "clusterrolebindings", "rolebindings")


class Applier:
    """apply(...) writes everything (--cluster-wide) unless "--bindings" is among the arguments."""

    def __init__(self, folder, sites):
        self.folder, self.sites = folder, sites
        self.kubeconfig = sites.kubeconfig

    def command(self, name, *arguments):
        return [ours("lotse-policy"), name, "--kubeconfig", self.kubeconfig, "--directory", "directory.json", *map(str, arguments)]

    def run(self, name, *arguments):
        return subprocess.run(self.command(name, *arguments), cwd=self.folder, text=True, capture_output=True, timeout=120)

    def apply(self, *arguments, expect=OK):
        run = self.run("apply", *(() if "--bindings" in arguments else ("--cluster-wide",)), *(a for a in arguments if a != "--bindings"))
        assert run.returncode == expect, run.stdout + run.stderr
        return run.stdout + run.stderr

    def edit(self, old, new):
        path = self.folder / "policy.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def directory(self, change):
        path = self.folder / "directory.json"
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))


def managed(cluster):
    """(collection, namespace, name) -> object, of everything that carries our label."""
    found = {}
    for collection in COLLECTIONS:
        for o in cluster.get(f"/apis/{RBAC}/v1/{collection}?labelSelector={MANAGED}")["items"]:
            found[collection, o["metadata"].get("namespace", ""), o["metadata"]["name"]] = o
    return found


def path_of(key):
    collection, namespace, name = key
    return f"/apis/{RBAC}/v1/" + (f"namespaces/{namespace}/" if namespace else "") + f"{collection}/{name}"


ADMISSION = "/apis/admissionregistration.k8s.io/v1"
GUARDS = ("lotse-owned-objects", "lotse-foreign-bindings", "lotse-selector-labels", "lotse-binder-limits")


def subjects_of(o):
    return sorted(s["name"] for s in o.get("subjects") or [])


def wipe(cluster):
    for collection in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
        for o in cluster.get(f"{ADMISSION}/{collection}?labelSelector={MANAGED}")["items"]:
            cluster.request("DELETE", f"{ADMISSION}/{collection}/{o['metadata']['name']}")
    for key in managed(cluster):
        cluster.request("DELETE", path_of(key))


def versions(cluster):
    return {key: o["metadata"]["resourceVersion"] for key, o in managed(cluster).items()}


@pytest.fixture
def applier(company_folder, sites):
    for cluster in sites:
        wipe(cluster)
    return Applier(company_folder, sites)


@pytest.fixture
def applied(applier):
    """The policy is on fra."""
    applier.apply("--site", "fra")
    return applier


@pytest.fixture
def applied_everywhere(applier):
    applier.apply()
    return applier


VIEW = ("rolebindings", "pay-api", "lotse:view")
DEPLOY = ("rolebindings", "pay-api", "lotse:deploy")


# --- what it makes

def test_all_sites_get_the_policy_and_a_second_run_changes_nothing(applied_everywhere, sites):
    before = {c.name: versions(c) for c in sites}
    assert all(len(v) > 150 for v in before.values())
    text = applied_everywhere.apply()
    for site in ("fra", "muc", "ber"):
        assert f"{site}: no change" in text
    assert {c.name: versions(c) for c in sites} == before
    assert applied_everywhere.run("diff", "--exit-code").returncode == OK


def test_kubernetes_answers_as_the_policy_says(applied_everywhere, sites):
    def can(site, team, verb, resource, namespace):
        resource, _, subresource = resource.partition("/")
        run = sites[site].kubectl("auth", "can-i", verb, resource, f"--subresource={subresource}", "-n", namespace, "--as", "lotse:someone",
                                  "--as-group", f"lotse:team:{team}", "--as-group", "system:authenticated", check=False)
        return run.stdout.strip() == "yes"
    assert can("fra", "payments", "patch", "deployments.apps", "pay-api")
    assert not can("fra", "payments", "get", "pods", "shop-web")
    assert not can("fra", "payments", "get", "secrets", "pay-api")
    assert not can("ber", "payments", "create", "pods/exec", "pay-api")
    assert can("ber", "payments", "create", "configmaps", "pay-api")
    assert can("muc", "platform", "get", "pods", "pay-api")
    assert not can("muc", "platform", "get", "pods", "kube-system")


def test_the_api_server_accepts_every_object_in_a_dry_run(applier, sites):
    text = applier.apply("--dry-run")
    assert "would create RoleBinding pay-api/lotse:deploy" in text
    assert not any(managed(c) for c in sites), "a dry run writes nothing"
    assert not (applier.folder / "lotse.lock").exists()
    assert applier.run("compile", "--out", "compiled").returncode == OK
    sites["ber"].create_namespaces({"lotse-system": {}})
    run = sites["ber"].kubectl("apply", "--dry-run=server", "-R", "-f", applier.folder / "compiled/ber")
    objects = sum(len(re.findall(r"^---$", f.read_text(), re.M)) for f in (applier.folder / "compiled/ber").rglob("*.yaml"))
    assert objects > 200 and run.stdout.count("(server dry run)") == objects, run.stderr


def test_kubectl_and_apply_make_the_same(applier, sites):
    assert applier.run("compile", "--site", "fra").returncode == OK
    sites["fra"].kubectl("apply", "-R", "-f", applier.folder / "compiled/fra")
    assert "fra: no change" in applier.apply("--site", "fra")


def test_what_the_compiled_policy_says_each_cluster_holds(applied_everywhere, sites):
    assert applied_everywhere.run("test").returncode == OK
    answer = json.loads(applied_everywhere.run("who-can", "create", "/pods/exec", "-n", "pay-api", "-s", "ber", "--output", "json").stdout)
    assert "lotse:jit:payments-stg:debug" in {h["subject"] for h in answer["holders"]}


# --- drift

def test_drift_is_mended_by_one_write_each(applied, sites):
    fra = sites["fra"]
    fra.request("PATCH", path_of(DEPLOY), {"subjects": [{"kind": "User", "name": "mallory", "apiGroup": RBAC}]}, "application/merge-patch+json")
    fra.request("PATCH", path_of(("clusterroles", "", "lotse:view")),
                {"rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}, "application/merge-patch+json")
    fra.request("DELETE", path_of(VIEW))
    seen = applied.run("diff", "--site", "fra", "--exit-code")
    assert seen.returncode == FINDINGS and "User mallory" in seen.stdout
    before = versions(fra)
    text = applied.apply("--site", "fra")
    assert "patched RoleBinding pay-api/lotse:deploy: -User mallory +" in text and "+Group lotse:team:payments" in text
    assert "patched ClusterRole lotse:view: rules" in text
    assert "created RoleBinding pay-api/lotse:view" in text
    after = versions(fra)
    assert {k for k in after if after[k] != before.get(k)} == {DEPLOY, VIEW, ("clusterroles", "", "lotse:view")}
    assert applied.run("diff", "--site", "fra", "--exit-code").returncode == OK


def test_another_role_behind_our_name_is_taken_away(applied, sites):
    fra = sites["fra"]
    binding = fra.get(path_of(DEPLOY))
    fra.request("DELETE", path_of(DEPLOY))
    binding["roleRef"]["name"] = "cluster-admin"
    for key in ("resourceVersion", "uid", "creationTimestamp", "managedFields"):
        binding["metadata"].pop(key)
    fra.create(binding)
    assert "replaced RoleBinding pay-api/lotse:deploy: it had the role cluster-admin" in applied.apply("--site", "fra")
    assert fra.get(path_of(DEPLOY))["roleRef"]["name"] == "lotse:deploy"


def test_a_change_of_role_names_and_labels_of_others_stay(applied, sites):
    fra = sites["fra"]
    fra.request("PATCH", path_of(DEPLOY), {"metadata": {"labels": {"argocd": "x"}}, "subjects": []}, "application/merge-patch+json")
    applied.apply("--site", "fra")
    assert fra.get(path_of(DEPLOY))["metadata"]["labels"] == {"argocd": "x", "lotse.io/managed": "true"}


# --- what is not ours

def binding(name, namespace, labels=None):
    return {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "User", "name": "eve", "apiGroup": RBAC}]}


def test_foreign_objects_are_untouched_even_under_our_name(applier, sites):
    fra = sites["fra"]
    foreign = [binding("lotse:view", "pay-api"), binding("other", "pay-api"), binding("other2", "pay-api", {"lotse.io/managed": "true"})]
    fra.create(*foreign)
    try:
        before = [fra.get(path_of(("rolebindings", "pay-api", f["metadata"]["name"]))) for f in foreign]
        text = applier.apply("--site", "fra", expect=USAGE)
        assert "RoleBinding pay-api/lotse:view is not ours" in text
        assert before == [fra.get(path_of(("rolebindings", "pay-api", f["metadata"]["name"]))) for f in foreign]
        assert DEPLOY in managed(fra), "the rest is done all the same"
    finally:
        for f in foreign:
            fra.delete(f)


def test_what_the_policy_no_longer_asks_for_goes_and_only_that(applied, sites):
    fra = sites["fra"]
    before = set(managed(fra))
    applied.edit("role: deploy, in: payments}", "role: view, in: payments}")  # the team's and GitLab's
    applied.edit("in: [payments, shop], token", "in: [shop], token")
    text = applied.apply("--no-prune", "--site", "fra")
    assert "deleted" not in text
    text = applied.apply("--site", "fra")
    gone = before - set(managed(fra))
    assert gone and {(c, n) for c, _, n in gone} == {("rolebindings", "lotse:deploy")} and all(ns.startswith("pay-") for _, ns, _ in gone)
    assert text.count("deleted RoleBinding pay-") == len(gone)


# --- guards

def test_a_policy_that_removes_much_is_refused_and_nothing_is_written(applied_everywhere, sites):
    applied_everywhere.edit('everything: {names: ["*"]', 'everything: {names: ["shop-*"]')
    before = {c.name: versions(c) for c in sites}
    text = applied_everywhere.apply(expect=USAGE)
    assert "would be removed" in text and "--allow-shrink" in text
    assert {c.name: versions(c) for c in sites} == before
    applied_everywhere.apply("--allow-shrink")
    assert all(len(versions(c)) < len(before[c.name]) for c in sites)


def test_a_shrunken_directory_is_refused(applied, sites):
    def half(data):
        data["people"] = [p for i, p in enumerate(data["people"]) if i % 2 or p["username"] in company.SAMPLE]
    before = versions(sites["fra"])
    applied.directory(half)
    text = applied.apply("--site", "fra", expect=BACKEND)
    assert "shrank from 380 to" in text and "--allow-shrink" in text
    assert versions(sites["fra"]) == before
    applied.apply("--site", "fra", "--allow-shrink")


def test_a_directory_of_yesterday_is_refused(applied, sites):
    before = versions(sites["fra"])
    applied.directory(lambda data: data.update(read="2026-01-01T00:00:00Z"))
    text = applied.apply("--site", "fra", "--at", "2026-01-01T00:16:00Z", expect=BACKEND)
    assert "read at 2026-01-01T00:00:00Z, 16 minutes ago, and ldap.max_age is 15" in text
    assert versions(sites["fra"]) == before
    assert "no change" in applied.apply("--site", "fra", "--at", "2026-01-01T00:15:00Z")


def test_an_empty_directory_is_refused_from_the_first_run_on(applier, sites):
    def nobody(data):
        data["people"] = []
    applier.directory(nobody)
    assert "person 'u.adler' does not exist" in applier.apply("--site", "fra", expect=USAGE)
    (applier.folder / "policy.yaml").write_text("""lotse: 1
sites: {fra: {audience: k8s-fra}}
ldap: {base: "ou=groups,dc=corp,dc=example"}
teams: {payments: {from: [cn=pay-dev]}}
roles: {view: {base: k8s/view}}
spaces: {payments: {label: {team: payments}}}
grants: [{team: payments, role: view, in: payments}]
""")
    assert "0 people" in applier.apply("--site", "fra", expect=BACKEND)
    assert not managed(sites["fra"])


# --- faults

@pytest.fixture
def proxy(applier, sites, tmp_path):
    with FaultProxy(sites["fra"], tmp_path / "proxy") as running:
        applier.kubeconfig = running.kubeconfig
        yield running


def test_overload_and_restarts_are_waited_for(applier, proxy, sites):
    proxy.faults.append(lambda r: 429 if r.method == "POST" and r.count == 3 else 503 if r.method == "POST" and r.count == 10 else None)
    proxy.faults.append(lambda r: 500 if r.method == "GET" and r.count == 2 else None)
    text = applier.apply("--site", "fra")
    assert re.search(r"fra: (\d+) of \1 changes made", text)
    assert len(managed(sites["fra"])) == N_FRA


def test_a_connection_that_breaks_for_good_ends_the_run_and_the_next_goes_on(applier, proxy, sites):
    """The binder's pipeline: what was written stands, nothing is half done."""
    applier.kubeconfig = sites.kubeconfig
    applier.apply("--site", "fra")
    for ns in ("pay-api", "shop-web"):
        sites["fra"].request("DELETE", path_of(("rolebindings", ns, "lotse:deploy")))
        sites["fra"].request("PATCH", path_of(("rolebindings", ns, "lotse:view")),
                             {"subjects": [{"kind": "User", "name": "mallory", "apiGroup": RBAC}]}, "application/merge-patch+json")
    applier.kubeconfig = proxy.kubeconfig
    proxy.faults.append(lambda r: "lose" if r.method == "POST" and "rolebindings" in r.path else None)
    text = applier.apply("--bindings", "--site", "fra", "--timeout", "2s", expect=BACKEND)
    assert "run apply again to go on" in text and "-User mallory" in text
    for ns in ("pay-api", "shop-web"):
        assert subjects_of(sites["fra"].get(path_of(("rolebindings", ns, "lotse:view")))) == ["lotse:team:platform"], "taken before anything was given"
    proxy.faults.clear()
    applier.apply("--bindings", "--site", "fra")
    assert "no change" in applier.apply("--bindings", "--site", "fra")


def test_the_wait_that_the_api_server_asks_for_is_kept(applier, proxy, sites):
    seen = []

    def busy(request):
        if request.method != "POST" or "rolebindings" not in request.path:
            return None
        seen.append(time.monotonic())
        return 429 if len(seen) == 1 else None
    proxy.faults.append(busy)
    applier.apply("--site", "fra")
    assert seen[1] - seen[0] >= 0.99, "Retry-After: 1"


def test_a_namespace_that_vanishes_between_reading_and_writing_is_skipped(applier, proxy, sites):
    fra = sites["fra"]
    fra.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vanishing", "labels": {"team": "payments"}}})

    def gone(request):
        if request.method == "POST" and "/vanishing/" in request.path:
            try:
                fra.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vanishing"}})
            except ApiError:
                pass
    proxy.faults.append(gone)
    text = applier.apply("--site", "fra")
    assert re.search(r"create RoleBinding vanishing/lotse:deploy: .* - skipped: the namespace is gone", text)
    assert DEPLOY in managed(fra)


def test_a_lost_answer_is_not_a_lost_step(applier, proxy, sites):
    proxy.faults.append(lambda r: "lose" if r.method == "POST" and r.count in (2, 5) else None)
    text = applier.apply("--site", "fra")
    assert text.count("was done already") == 2
    assert len(managed(sites["fra"])) == N_FRA


def test_who_writes_in_between_is_seen_and_not_overwritten_blindly(applied, sites, tmp_path):
    fra = sites["fra"]
    fra.request("PATCH", path_of(DEPLOY), {"subjects": []}, "application/merge-patch+json")

    def intruder(request):
        if request.method == "PATCH" and request.count == 1:
            fra.request("PATCH", path_of(DEPLOY), {"metadata": {"annotations": {"seen": "yes"}}}, "application/merge-patch+json")
    with FaultProxy(fra, tmp_path / "proxy") as proxy:
        proxy.faults.append(intruder)
        applied.kubeconfig = proxy.kubeconfig
        applied.apply("--site", "fra")
        assert proxy.counts["PATCH"] == 2, "the first one met another version (409)"
    now = fra.get(path_of(DEPLOY))
    assert now["metadata"]["annotations"]["seen"] == "yes" and [s["name"] for s in now["subjects"]] == ["lotse:ci:gitlab", "lotse:team:payments", "gocd-agent"]


def test_an_order_that_takes_before_it_gives(applied, sites, tmp_path):
    """payments loses pay-* and shop gets it, while lotse:deploy grows: nobody ever holds the new role in the old place."""
    applied.edit("- {team: payments, role: deploy, in: payments}", "- {team: shop, role: view, in: payments}")
    applied.edit("role: deploy, in: payments}\n  gocd", "role: deploy, in: shop}\n  gocd")
    applied.edit("in: [payments, shop], token", "in: [shop], token")
    applied.edit('"delete /pods"', '"delete /pods,/events"')
    with FaultProxy(sites["fra"], tmp_path / "proxy") as proxy:
        applied.kubeconfig = proxy.kubeconfig
        applied.apply("--site", "fra")
        writes = [(m, p) for m, p in proxy.seen if m != "GET" and "lotse%3A" in p or p.endswith("/rolebindings") and m == "POST"]
    order = [("DELETE" if m == "DELETE" else "role" if "/clusterroles/" in p else "grant") for m, p in writes]
    assert order == sorted(order, key=["DELETE", "role", "grant"].index) and set(order) == {"DELETE", "role", "grant"}


def test_killed_in_the_middle_the_run_waits_and_goes_on(applier, sites):
    fra = sites["fra"]
    process = subprocess.Popen(applier.command("apply", "--cluster-wide", "--site", "fra", "--timeout", "60s"), cwd=applier.folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for _ in range(20):
        process.stdout.readline()
    fra.kill()
    fra.restart()
    rest = process.stdout.read()
    assert process.wait() == OK, rest
    assert len(managed(fra)) == N_FRA
    assert applier.run("diff", "--site", "fra", "--exit-code").returncode == OK


def test_killed_for_good_the_next_run_resumes(applier, sites):
    fra = sites["fra"]
    process = subprocess.Popen(applier.command("apply", "--cluster-wide", "--site", "fra", "--timeout", "3s"), cwd=applier.folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for _ in range(40):
        process.stdout.readline()
    fra.kill()
    try:
        rest = process.stdout.read()
        assert process.wait() == BACKEND
        assert "run apply again to go on" in rest
    finally:
        fra.restart()
    done = len(managed(fra))
    assert 19 <= done < N_FRA
    text = applier.apply("--site", "fra")
    assert f"{N_FRA - done} of {N_FRA - done} changes made" in text
    assert not (applier.folder / "lotse.lock.new").exists()


def test_a_site_that_is_down_does_not_keep_the_others_back(applier, sites):
    fra = sites["fra"]
    fra.kill()
    try:
        text = applier.apply(expect=BACKEND)
        assert "fra" in text and "muc: " in text
        assert len(managed(sites["muc"])) > 150 and len(managed(sites["ber"])) > 150
        assert not (applier.folder / "lotse.lock").exists(), "the lock stands for all sites"
    finally:
        fra.restart()
    assert "muc: no change" in applier.apply()


def test_a_namespace_on_its_way_out_gets_nothing(applier, sites):
    fra = sites["fra"]
    fra.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "leaving"}})
    fra.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "leaving"}})  # no controller: it stays Terminating
    applier.apply("--site", "fra")
    assert not [k for k in managed(fra) if k[1] == "leaving"]


@pytest.fixture
def broken_service(sites):
    """An API service of fra that does not answer: what metrics-server looks like when it is down."""
    service = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1beta1.down.example.com"},
               "spec": {"group": "down.example.com", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
                        "insecureSkipTLSVerify": True, "service": {"name": "nobody", "namespace": "default"}}}
    fra = sites["fra"]
    fra.request("POST", "/apis/apiregistration.k8s.io/v1/apiservices", service)
    try:
        headers = {"Accept": "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"}
        wait_until(lambda: "Stale" in json.dumps(fra.request("GET", "/apis", headers=headers)), 30)
        yield fra
    finally:
        fra.request("DELETE", "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.down.example.com")


def test_a_site_whose_discovery_is_incomplete_is_refused_and_the_others_go_on(applier, broken_service, sites):
    text = applier.apply(expect=BACKEND)
    assert re.search(r"fra: .*the discovery of down\.example\.com/v1beta1 is stale", text) and "APIService v1beta1.down.example.com" in text
    assert not managed(sites["fra"]) and len(managed(sites["muc"])) > 150 and len(managed(sites["ber"])) > 150
    assert "changes made" in applier.apply("--bindings", "--site", "fra"), "RoleBindings need no discovery"


def test_grants_come_first_when_told(applied, sites, tmp_path):
    applied.edit("- {team: payments, role: deploy, in: payments}", "- {team: shop, role: view, in: payments}")
    with FaultProxy(sites["fra"], tmp_path / "proxy") as proxy:
        applied.kubeconfig = proxy.kubeconfig
        applied.apply("--bindings", "--grants-first", "--site", "fra")
        writes = ["gives" if "lotse%3Aview" in p else "takes" for m, p in proxy.seen if m in ("PATCH", "DELETE")]
    assert writes == sorted(writes) and set(writes) == {"gives", "takes"}


def test_plan_says_what_apply_does_and_writes_nothing(applied, sites):
    assert applied.run("plan", "--cluster-wide", "--site", "fra").returncode == OK
    sites["fra"].request("DELETE", path_of(DEPLOY))
    before = versions(sites["fra"])
    run = applied.run("plan", "--site", "fra", "--output", "json")
    assert run.returncode == FINDINGS
    steps = json.loads(run.stdout)["sites"][0]["steps"]
    assert [(s["action"], s["kind"], s["namespace"], s["name"]) for s in steps] == [("create", "RoleBinding", "pay-api", "lotse:deploy")]
    assert versions(sites["fra"]) == before
    assert "created " + steps[0]["text"].removeprefix("create ") in applied.apply("--bindings", "--site", "fra")


@pytest.fixture
def reader(sites):
    """Somebody on fra who may read what apply reads, and write nothing: certificate and key."""
    fra = sites["fra"]
    objects = [{"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "rbac-reader"}, "rules": [
        {"verbs": ["get", "list"], "apiGroups": ["", RBAC], "resources": ["*"]}, {"verbs": ["get"], "nonResourceURLs": ["*"]}]},
               {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "rbac-reader"},
                "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "rbac-reader"},
                "subjects": [{"kind": "User", "name": "reader", "apiGroup": RBAC}]}]
    fra.create(*objects)
    yield fra.authority.client("reader")
    for o in objects:
        fra.delete(o)


def test_rights_that_are_missing_are_named(applier, reader, sites, tmp_path):
    fra = sites["fra"]
    certificate, key = reader
    (tmp_path / "r.crt").write_text(certificate)
    (tmp_path / "r.key").write_text(key)
    (tmp_path / "ca.crt").write_text(fra.authority.pem)
    (tmp_path / "reader.kubeconfig").write_text(json.dumps({
        "kind": "Config", "clusters": [{"name": "c", "cluster": {"server": fra.url, "certificate-authority": "ca.crt"}}],
        "users": [{"name": "u", "user": {"client-certificate": "r.crt", "client-key": "r.key"}}],
        "contexts": [{"name": "somewhere", "context": {"cluster": "c", "user": "u"}}]}))
    applier.kubeconfig = str(tmp_path / "reader.kubeconfig")
    text = applier.apply("--bindings", "--site", "fra", "--context", "fra=somewhere", expect=BACKEND)
    assert "403" in text and "cannot create" in text and "bind ClusterRole lotse-binder (compile writes it to 50-binder.yaml)" in text
    assert text.count("answers 403") == 3 and "writes were refused, 3 of them are said above" in text
    text = applier.apply("--site", "fra", "--context", "fra=somewhere", expect=USAGE)
    assert "takes us for 'reader'" in text and "--platform reader" in text
    with pytest.raises(ApiError):
        fra.get(path_of(DEPLOY))
