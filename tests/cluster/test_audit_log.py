"""unused and import against a real API server: its audit log, its objects."""
import json
import subprocess

import pytest

from tests.lib.cluster import ApiError, Sites, kubectl
from tests.lib.tools import ours

RBAC = "rbac.authorization.k8s.io/v1"


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    with Sites(tmp_path_factory.mktemp("audited"), ["fra"], audit=["fra"]) as sites:
        yield sites


def lotse(folder, sites, *arguments):
    run = subprocess.run([ours("lotse-policy"), *map(str, arguments), "--kubeconfig", sites.kubeconfig, "--output", "json"], cwd=folder,
                         text=True, capture_output=True, timeout=60)
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout)


def as_group(fra, group, *arguments):
    """kubectl as a member of the group; the administrator impersonates."""
    return kubectl(*arguments, "--as", "someone", "--as-group", group, kubeconfig=fra.kubeconfig, check=False)


def bind(name, role, *subjects, namespace=None):
    return {"apiVersion": RBAC, "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
            "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}, "subjects": list(subjects)}


def test_what_a_server_logs_is_attributed_and_what_it_holds_is_imported(audited, tmp_path):
    fra = audited["fra"]
    group = lambda name: {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": name}
    fra.create_namespaces({"pay-api": {"team": "pay"}, "pay-web": {"team": "pay"}})
    fra.create(*[bind("devs", "edit", group('odd "group"'), namespace=n) for n in ("pay-api", "pay-web")],
               bind("ops", "view", group("ops")),
               bind("bots", "view", {"kind": "ServiceAccount", "name": "bot", "namespace": "pay-api"}, namespace="pay-api"))

    # import: all of the server's own objects and these, proven
    status, answer = lotse(tmp_path, audited, "import", "--site", "fra")
    assert status == 0 and answer["equal"] and answer["teams"] == 2
    assert [f["reason"] for f in answer["left"]] == ["SERVICE_ACCOUNT"]
    (tmp_path / "policy.yaml").write_text(answer["policy"])

    # unused: what kubectl did as these groups stands at exactly these bindings
    assert as_group(fra, 'odd "group"', "get", "configmaps", "-n", "pay-api").returncode == 0
    assert as_group(fra, 'odd "group"', "delete", "pods", "--all", "-n", "pay-api").returncode == 0
    assert as_group(fra, "ops", "get", "deployments", "-n", "pay-web").returncode == 0
    assert as_group(fra, "ops", "get", "secrets", "-n", "pay-web").returncode == 1
    fra.request("GET", "/api/v1/namespaces/pay-api/configmaps", headers={
        "Impersonate-User": "system:serviceaccount:pay-api:bot", "Impersonate-Group": "system:serviceaccounts"})
    with pytest.raises(ApiError):
        fra.request("GET", "/api/v1/nodes", headers={"Impersonate-User": "somebody"})

    status, answer = lotse(tmp_path, audited, "unused", fra.audit_log, "--site", "fra")
    assert status == 0, answer
    log = answer["log"]
    assert log["foreign"] == 0 and log["allowed"] > 5 and log["denied"] >= 2 and log["rare_use_may_be_outside"]
    assert log["lines"] == sum(1 for line in open(fra.audit_log)), "every line is counted"

    def unit(**wanted):
        found = [u for u in answer["granted"] if all(u.get(k) == v for k, v in wanted.items())]
        assert len(found) == 1, answer["granted"]
        return found[0]

    devs = unit(subject='odd "group"', namespace="pay-api")
    assert devs["requests"] == devs["used"] == 2 < devs["granted"]
    assert devs["proposal"] == ["list /configmaps,/pods"], "the policy has no smaller role for a namespace"
    assert unit(subject='odd "group"', namespace="pay-web")["requests"] == 0
    assert unit(subject="ops")["used"] == 1 and unit(subject="bot")["used"] == 1
