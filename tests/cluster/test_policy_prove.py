"""What `lotse-policy prove` shows is true on a real API server: every command it prints is run there."""
import json
import os
import subprocess

import pytest

from tests.cluster.test_policy_apply import applier  # noqa: F401 (a fixture)
from tests.lib.cluster import RBAC, ApiError
from tests.lib.tools import tool

NEVER = """lotse: 1
never:
  - {id: team, who: any, can: "delete /pods", in: payments}
  - {id: ours, who: team shop, can: "get,list /pods/log"}
  - {id: each, who: each team, can: "patch apps/deployments/scale,apps/deployments", in: own}
  - {id: member, who: j.mueller, can: "get /configmaps"}
  - {id: boxed, who: any except payments, can: "create /pods/exec"}
  - {id: by-name, who: any except platform, can: "get /secrets", in: "fra:shop-web"}
  - {id: a-name, who: any except platform, can: "delete /configmaps names precious", in: "fra:kube-system"}
  - {id: account, who: any except platform, can: "get /nodes"}
  - {id: anything, who: any except platform, can: "*", in: "fra:default"}
  - {id: itself, who: any except platform, can: "patch /namespaces", in: "fra:shop-api"}
  - {id: detour, who: team shop, reach: owner, in: "fra:shop-cart"}
  - {id: wild, who: any except platform, can: "impersonate /users", in: "fra:shop-cart"}
  - {id: nobody, who: any except platform, can: "create /serviceaccounts/token", in: payments}
always:
  - {id: lacking, who: team payments, can: "get /nodes"}
  - {id: lacking-here, who: each team, can: "delete /pods", in: own}
  - {id: there, who: team payments, can: "get /pods/log", in: payments}
"""
KEPT = {"nobody", "there"}


def role(kind, name, rules, namespace=None):
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": {"name": name, **({"namespace": namespace} if namespace else {})}, "rules": rules}


def binding(name, ref, subject, namespace=None):
    kind, of = subject
    s = {"kind": kind, "name": of, "apiGroup": RBAC} if kind != "ServiceAccount" else {"kind": kind, "name": of[1], "namespace": of[0]}
    return {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
            "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
            "roleRef": {"apiGroup": RBAC, "kind": ref[0], "name": ref[1]}, "subjects": [s]}


def rule(verbs, group, *resources, names=None):
    return [{"verbs": verbs, "apiGroups": [group], "resources": list(resources), **({"resourceNames": names} if names else {})}]


FOREIGN = [
    role("Role", "by-name", rule(["get"], "", "secrets", names=["it's"]), "shop-web"),
    binding("by-name", ("Role", "by-name"), ("User", "lotse:m.sommer"), "shop-web"),
    role("Role", "precious", rule(["delete"], "", "configmaps", names=["precious"]), "kube-system"),
    binding("precious", ("Role", "precious"), ("Group", "some people"), "kube-system"),
    role("ClusterRole", "foreign-nodes", rule(["get"], "", "nodes")),
    binding("foreign-nodes", ("ClusterRole", "foreign-nodes"), ("ServiceAccount", ("shop-web", "robot"))),
    role("Role", "future", rule(["*"], "example.com", "*"), "default"),
    binding("future", ("Role", "future"), ("Group", "devs"), "default"),
    role("ClusterRole", "foreign-namespace", rule(["patch", "list"], "", "namespaces")),
    binding("foreign-namespace", ("ClusterRole", "foreign-namespace"), ("Group", "devs"), "shop-api"),
    binding("root-here", ("ClusterRole", "cluster-admin"), ("ServiceAccount", ("shop-cart", "deployer")), "shop-cart"),
]


@pytest.fixture
def foreign(sites):
    fra = sites["fra"]
    fra.create(*FOREIGN)
    yield fra
    for o in FOREIGN:
        try:
            fra.delete(o)
        except ApiError:
            pass


def answer(command, kubeconfig):
    """What the command that was printed says when it is typed."""
    assert "kubectl auth can-i " in command or "SubjectAccessReview" in command, command
    path = f"{os.path.dirname(tool('kubectl'))}:{os.environ['PATH']}"
    run = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60,
                         env={**os.environ, "KUBECONFIG": str(kubeconfig), "PATH": path})
    words = {"yes": True, "true": True, "no": False, "false": False}
    return words.get(run.stdout.strip().splitlines()[-1] if run.stdout.strip() else ""), run.stderr


def test_every_command_of_a_counterexample_is_answered_as_it_says(applier, foreign):  # noqa: F811
    (applier.folder / "never.yaml").write_text(NEVER, encoding="utf-8")
    applier.apply("--site", "fra")
    run = applier.run("prove", "policy.yaml", "never.yaml", "--site", "fra", "--output", "json")
    assert run.returncode == 1, run.stdout + run.stderr
    results = {x["id"]: x for x in json.loads(run.stdout)["invariants"] if x["file"] == "never.yaml"}
    assert {i for i, x in results.items() if x["status"] == "kept"} == KEPT, run.stdout
    for name, x in results.items():
        if name in KEPT:
            continue
        said, why = answer(x["example"]["command"], applier.kubeconfig)
        assert said is (x["kind"] == "never"), f"{name}: {x['example']['command']}: {said} {why}"
    assert results["account"]["example"]["user"] == "system:serviceaccount:shop-web:robot"
    assert results["anything"]["example"]["future"]
    assert results["detour"]["steps"][0].startswith("Group lotse:team:shop may create ")
    assert results["wild"]["example"]["resource"] == "users"
    assert "shop-cart/deployer holds ClusterRole cluster-admin" in results["detour"]["steps"][-1]


def test_without_the_foreign_bindings_what_they_gave_is_kept(applier):  # noqa: F811
    (applier.folder / "never.yaml").write_text(NEVER, encoding="utf-8")
    run = applier.run("prove", "policy.yaml", "never.yaml", "--site", "fra", "--output", "json")
    kept = {x["id"] for x in json.loads(run.stdout)["invariants"] if x["status"] == "kept"}
    assert {"by-name", "a-name", "account", "anything", "itself", "detour"} <= kept, run.stdout
