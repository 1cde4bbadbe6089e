"""drift on saved objects: the same change in many namespaces is said once, in words, and a cluster that has nothing yet in one sentence."""
import json
import re

import yaml

RBAC_KINDS = {"ClusterRole", "ClusterRoleBinding", "RoleBinding"}


def saved_as_applied(policy, change):
    """The site fra as it would be after an apply, each object through `change` first."""
    assert policy.offline("compile", "--site", "fra", "--out", "made").returncode == 0
    found = [o for path in sorted((policy.folder / "made").rglob("*.yaml")) for o in yaml.safe_load_all(path.read_text()) if o]
    items = [change(o) for o in found if o.get("kind") in RBAC_KINDS]
    (policy.folder / "objects/fra").mkdir()
    (policy.folder / "objects/fra/ours.json").write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": items}))


def mallory_instead_of_payments(o):
    if o["metadata"]["name"] == "lotse:deploy" and o["kind"] == "RoleBinding" and o["metadata"]["namespace"].startswith("pay-"):
        o["subjects"] = [{"kind": "User", "name": "mallory", "apiGroup": "rbac.authorization.k8s.io"}]
    return o


def test_one_line_for_the_same_change_in_many_namespaces(policy):
    saved_as_applied(policy, mallory_instead_of_payments)
    run = policy.offline("drift", "--site", "fra")
    alarms = [line for line in run.stdout.splitlines() if "ALARM" in line]
    assert run.returncode == 1 and all(len(line) < 400 for line in alarms), run.stdout
    assert len([a for a in alarms if "mallory" in a]) == 1
    assert re.search(r"ALARM User mallory in pay-api, pay-fraudcheck, pay-ledger, pay-sepa and \d more may, and should not: ", run.stdout)
    assert re.search(r"ALARM Group lotse:team:payments in pay-api, .* should, and may not: .* \(policy.yaml:\d+\)", run.stdout)
    everything = json.loads(policy.offline("drift", "--site", "fra", "--output", "json").stdout)["sites"][0]["access"]
    assert len(everything) > len(alarms), "JSON has every namespace by itself"


def test_what_is_as_the_policy_says_is_no_drift(policy):
    saved_as_applied(policy, lambda o: o)
    run = policy.offline("drift", "--site", "fra")
    assert run.returncode == 0 and "fra: no drift (" in run.stdout, run.stdout


def test_a_cluster_that_has_not_met_the_policy_is_one_sentence(policy):
    run = policy.offline("drift", "--site", "fra")
    assert run.returncode == 1 and run.stdout.count("ALARM") == 1
    assert "fra: ALARM nothing of the policy is on this cluster: plan --cluster-wide shows what is missing" in run.stdout
