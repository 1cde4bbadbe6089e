"""drift and verify --live on real API servers: what was really changed is found, by meaning; what was not, is not."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from tests.cluster.guards import MERGE, role_binding, group
from tests.cluster.test_policy_apply import DEPLOY, OK, FINDINGS, Applier, path_of, wipe
from tests.cluster.sar_compare import HOSTILE_RULES, hostile_objects
from tests.lib.cluster import RBAC, ApiError
from tests.lib.fault_proxy import FaultProxy
from tests.lib.tools import ours
from tests.policy.test_commands_doc import PAGE, pattern

VIEW_ROLE = f"/apis/{RBAC}/v1/clusterroles/lotse:view"


@pytest.fixture(scope="module")
def applied_sites(sites, tmp_path_factory):
    """fra and muc, as the sample company's policy says."""
    from tests.lib import company
    folder = tmp_path_factory.mktemp("drift")
    corp = company.sample()
    (folder / "policy.yaml").write_text(corp.policy(), encoding="utf-8")
    (folder / "directory.json").write_text(json.dumps(corp.directory()), encoding="utf-8")
    for name in ("fra", "muc"):
        wipe(sites[name])
    applier = Applier(folder, sites)
    applier.apply("--site", "fra", "--site", "muc")
    yield applier
    for name in ("fra", "muc"):
        wipe(sites[name])


@pytest.fixture
def mended(applied_sites):
    yield applied_sites
    applied_sites.apply("--site", "fra", "--site", "muc", "--allow-shrink")


def drift(applier, *arguments):
    run = applier.run("drift", "--site", "fra", "--site", "muc", *arguments)
    assert run.returncode in (OK, FINDINGS), run.stderr
    return run


def test_nothing_has_drifted_after_an_apply(applied_sites):
    run = drift(applied_sites)
    assert run.returncode == OK, run.stdout
    assert re.search(r"fra: no drift \(\d+ objects\)\nmuc: no drift \(\d+ objects\)\nfra and muc: no difference between the two\n$", run.stdout)


def test_what_is_written_otherwise_and_means_the_same_is_cosmetic(mended, sites):
    """Every rule of the role cut into one rule for each verb, in another order."""
    fra = sites["fra"]
    role = fra.get(VIEW_ROLE)
    cut = [{**rule, "verbs": [verb]} for rule in reversed(role["rules"]) for verb in rule["verbs"]]
    fra.request("PATCH", VIEW_ROLE, {"rules": cut}, MERGE)
    fra.request("PATCH", path_of(DEPLOY), {"metadata": {"annotations": {"seen": "yes"}}}, MERGE)
    run = drift(mended)
    assert run.returncode == OK and "fra: cosmetic: 1 object is written otherwise and means the same" in run.stdout, run.stdout


def test_other_access_is_an_alarm(mended, sites):
    fra = sites["fra"]
    fra.request("PATCH", path_of(DEPLOY), {"subjects": [{"kind": "User", "name": "mallory", "apiGroup": RBAC}]}, MERGE)
    run = drift(mended)
    assert run.returncode == FINDINGS
    assert "fra: ALARM User mallory in pay-api may, and should not: " in run.stdout
    assert "fra: ALARM Group lotse:team:payments in pay-api should, and may not: " in run.stdout and "(policy.yaml:" in run.stdout
    assert re.search(r"fra and muc: ALARM lotse:deploy to lotse:team:payments \(policy.yaml:[0-9]+\) is in force only on muc", run.stdout)
    answer = json.loads(drift(mended, "--output", "json").stdout)
    fra_says, muc_says = answer["sites"]
    assert fra_says["alarm"] and not muc_says["alarm"]
    assert {a["subject"] for a in fra_says["access"]} >= {"mallory", "lotse:team:payments"}
    assert ("lotse:team:payments", "muc") in [(g["group"], g["only_on"]) for g in answer["between_sites"][0]["grants"]]


def test_a_role_that_allows_more_on_one_site_is_an_alarm_on_both_counts(mended, sites):
    role = sites["muc"].get(VIEW_ROLE)
    role["rules"].append({"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]})
    sites["muc"].request("PATCH", VIEW_ROLE, {"rules": role["rules"]}, MERGE)
    run = drift(mended)
    assert run.returncode == FINDINGS
    assert re.search(r"muc: ALARM Group lotse:team:platform in [a-z, -]+ and \d+ more may, and should not: (get|read) secrets", run.stdout)
    assert "fra and muc: ALARM role lotse:view: only on muc: get /secrets" in run.stdout


def test_what_others_give_to_our_groups_is_an_alarm(mended, sites):
    fra, theirs = sites["fra"], role_binding("theirs", "shop-web", [group("lotse:team:payments"), group("devs")], "view")
    fra.create(theirs)  # an administrator may, and nobody else
    try:
        run = drift(mended)
        assert run.returncode == FINDINGS
        assert "fra: ALARM Group lotse:team:payments in shop-web may, and should not: " in run.stdout and "by a binding that is not ours" in run.stdout
        assert "devs" not in run.stdout
    finally:
        fra.delete(theirs)


def test_a_resource_that_one_site_alone_has_is_named_and_no_alarm(mended, sites):
    """The policy's own role names it, where it is."""
    muc = sites["muc"]
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "boats.example.org"},
           "spec": {"group": "example.org", "scope": "Namespaced", "names": {"plural": "boats", "kind": "Boat"},
                    "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}]}}
    text = (mended.folder / "policy.yaml").read_text()
    muc.create(crd)
    try:
        from tests.lib.login_helper import wait_until
        headers = {"Accept": "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"}
        wait_until(lambda: "boats" in json.dumps(muc.request("GET", "/apis", headers=headers)), 30)
        mended.edit('"delete /pods"', '"delete /pods,example.org/boats"')
        mended.apply("--site", "fra", "--site", "muc")
        role = sites["fra"].get(f"/apis/{RBAC}/v1/clusterroles/lotse:deploy")  # as if an older compiler had left it out there
        rules = [{**r, "resources": [x for x in r["resources"] if x != "boats"]} for r in role["rules"] if r["apiGroups"] != ["example.org"]]
        sites["fra"].request("PATCH", f"/apis/{RBAC}/v1/clusterroles/lotse:deploy", {"rules": [r for r in rules if r["resources"]]}, MERGE)
        out = drift(mended).stdout
        assert "muc has, and fra has not, of what our roles name: example.org/boats" in out
        assert "fra and muc: no difference between the two" in out
    finally:
        muc.delete(crd)
        (mended.folder / "policy.yaml").write_text(text)


# --- verify --live

def verify(applier, count, *arguments):
    run = applier.run("verify", "--live", count, *arguments, "--output", "json")
    return run, json.loads(run.stdout)


def test_the_api_server_and_we_answer_alike(applied_sites, sites):
    """Over the company's policy and hostile RBAC beside it. LOTSE_LIVE_QUESTIONS: more of them."""
    import random
    draw, fra = random.Random(7), sites["fra"]
    fra.create_namespaces({n: {} for n in ("hostile-a", "hostile-b")})
    hostile = hostile_objects(draw)
    fra.create(*hostile)
    try:
        count = int(os.environ.get("LOTSE_LIVE_QUESTIONS", "900"))
        run, answer = verify(applied_sites, count, "--site", "fra")
        site = answer["sites"][0]
        assert run.returncode == OK and site["asked"] == count and site["disagreements"] == 0, run.stdout
        assert count / 5 < site["allowed"] < count * 4 / 5, "both answers must be common, or this proves little"
    finally:
        for o in hostile:
            try:
                fra.delete(o)
            except ApiError as e:
                assert e.status == 404
    assert HOSTILE_RULES


def test_the_same_seed_asks_the_same(applied_sites):
    one, again, other = (verify(applied_sites, 150, "--site", "muc", "--seed", seed)[1]["sites"][0] for seed in (5, 5, 6))
    assert one == again and one["allowed"] != 0 and other["asked"] == 150


def test_an_api_server_that_decides_otherwise_is_found(applied_sites, sites, tmp_path):
    """What an authorizer beside RBAC would look like: some of what RBAC allows is refused."""
    with FaultProxy(sites["muc"], tmp_path / "proxy") as proxy:
        proxy.faults.append(lambda r: (lambda body: body.replace(b'"allowed":true', b'"allowed":false'))
                            if "subjectaccessreviews" in r.path else None)
        run = applied_sites.run("verify", "--live", "40", "--site", "muc", "--kubeconfig", proxy.kubeconfig)
        assert run.returncode == FINDINGS, run.stdout + run.stderr
        assert "0 disagreements" not in run.stdout and "we say yes, the API server does not" in run.stdout


def test_whoever_may_not_ask_is_told_so(applied_sites, sites, tmp_path):
    certificate, key = sites["fra"].authority.client("nobody")
    (tmp_path / "n.crt").write_text(certificate)
    (tmp_path / "n.key").write_text(key)
    (tmp_path / "ca.crt").write_text(sites["fra"].authority.pem)
    (tmp_path / "kubeconfig").write_text(json.dumps({
        "kind": "Config", "clusters": [{"name": "c", "cluster": {"server": sites["fra"].url, "certificate-authority": "ca.crt"}}],
        "users": [{"name": "u", "user": {"client-certificate": "n.crt", "client-key": "n.key"}}],
        "contexts": [{"name": "fra", "context": {"cluster": "c", "user": "u"}}]}))
    run = subprocess.run([ours("lotse-policy"), "verify", "--live", "10", "--site", "fra", "--kubeconfig", tmp_path / "kubeconfig"],
                         cwd=applied_sites.folder, text=True, capture_output=True)
    assert run.returncode == 3 and "403" in run.stderr and "bind ClusterRole lotse-binder" in run.stderr


# --- the examples of docs/commands.md that need an API server

def live_examples():
    blocks = re.findall(r"^```console live\n(.*?)^```", PAGE, re.M | re.S)
    return [re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M) for block in blocks]


def test_the_live_examples_print_what_the_page_says(applied_sites, sites):
    examples = live_examples()
    assert len(examples) >= 3
    wipe(sites["fra"])
    path = f"{pathlib.Path(ours('lotse-policy')).parent}:{os.environ['PATH']}"
    for lines in examples:
        for command, expected in lines:
            r = subprocess.run(["sh", "-c", command], cwd=applied_sites.folder, env=os.environ | {"PATH": path, "KUBECONFIG": sites.kubeconfig},
                               stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=60)
            assert re.fullmatch(pattern(expected), r.stdout + r.stderr), f"{command}\n{r.stdout[-3000:]}{r.stderr}"
