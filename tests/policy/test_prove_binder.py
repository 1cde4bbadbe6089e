"""The binder can bind roles anywhere as far as RBAC goes; the admission policies hold it. prove leaves it out, but no other."""
import json

import pytest
import yaml

OK, FINDINGS = 0, 1
SAYS = ("left out: the binder (50-binder.yaml); assumed: the admission policies of 20-vap.yaml are in force and hold it, "
        "and nobody gets at its account")


@pytest.fixture
def with_binder(policy):
    """As after `apply --cluster-wide`: the binder's objects stand on fra."""
    assert policy.offline("compile", "--site", "fra").returncode == OK
    kinds = ("ClusterRole", "ClusterRoleBinding")
    items = [o for o in yaml.safe_load_all((policy.folder / "compiled/fra/50-binder.yaml").read_text()) if o["kind"] in kinds]
    assert len(items) == 2

    def save():
        (policy.folder / "objects/fra").mkdir(exist_ok=True)
        (policy.folder / "objects/fra/binder.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    policy.binder, policy.save_binder = items, save
    save()
    return policy


def test_the_binder_as_it_is_emitted_breaks_no_invariant_and_that_is_said(with_binder):
    r = with_binder.offline("prove", "--site", "fra")
    assert r.returncode == OK, r.stdout
    assert SAYS in r.stdout
    assert with_binder.json("prove", "--site", "fra")["binder_left_out"] is True


def test_without_a_binder_nothing_is_left_out(policy):
    assert SAYS not in policy.offline("prove", "--site", "fra").stdout
    assert policy.json("prove", "--site", "fra")["binder_left_out"] is False


@pytest.mark.parametrize("widen", [
    lambda role, binding: role["rules"].append({"verbs": ["escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"]}),
    lambda role, binding: role["rules"].append({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets"]}),
    lambda role, binding: binding["subjects"].append({"kind": "ServiceAccount", "name": "other", "namespace": "default"}),
], ids=["escalate", "secrets", "another subject"])
def test_more_rights_than_emitted_are_not_left_out(with_binder, widen):
    widen(next(o for o in with_binder.binder if o["kind"] == "ClusterRole"), next(o for o in with_binder.binder if o["kind"] == "ClusterRoleBinding"))
    with_binder.save_binder()
    r = with_binder.offline("prove", "--site", "fra")
    assert SAYS not in r.stdout
    assert r.returncode == FINDINGS and "BROKEN  never no-self-raise" in r.stdout, r.stdout


def test_somebody_else_who_is_bound_to_the_binders_role_is_not_left_out(with_binder):
    role, binding = with_binder.binder
    other = json.loads(json.dumps(next(o for o in (role, binding) if o["kind"] == "ClusterRoleBinding")))
    other["metadata"] = {"name": "other"}
    other["subjects"] = [{"kind": "User", "name": "mallory", "apiGroup": "rbac.authorization.k8s.io"}]
    with_binder.binder.append(other)
    with_binder.save_binder()
    r = with_binder.offline("prove", "--site", "fra")
    assert r.returncode == FINDINGS and "BROKEN  never no-self-raise" in r.stdout and "mallory" in r.stdout, r.stdout
