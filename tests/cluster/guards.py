"""The admission policies of 20-vap.yaml on a real API server: asking as somebody else, and waiting until they are in force."""
import pathlib
import subprocess

from tests.lib.cluster import RBAC, ApiError
from tests.lib.login_helper import wait_until
from tests.lib.tools import ours

BINDER = "system:serviceaccount:lotse-system:lotse-binder"
MERGE = "application/merge-patch+json"


def as_user(name, *groups):
    """Headers of a request that the administrator makes as somebody else."""
    return {"Impersonate-User": name, **({"Impersonate-Group": groups[0]} if groups else {})}


def role_binding(name, namespace, subjects=(), role="lotse:view", labels=None):
    return {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}, "subjects": list(subjects)}


def group(name):
    return {"kind": "Group", "name": name, "apiGroup": RBAC}


def refusal(cluster, method, path, body=None, headers=None, content_type="application/json", dry_run=True):
    """None when the API server takes it, else its message. Nothing is written unless dry_run is False."""
    try:
        cluster.request(method, path + ("?dryRun=All" if dry_run else ""), body, content_type, headers=headers)
    except ApiError as e:
        if e.status == 409:  # admission is before storage: it was let through
            return None
        assert e.status in (403, 422), e
        return e.body["message"]
    return None


def wait_for_guards(cluster, namespace="default"):
    """Policies and bindings are taken up by the API server some moments after they were written."""
    path = f"/apis/{RBAC}/v1/namespaces/{namespace}/rolebindings"
    mine = role_binding("lotse:view", namespace, [group("lotse:team:x")], labels={"lotse.io/managed": "true"})
    wait_until(lambda: "lotse-binder-limits" in (refusal(cluster, "POST", path, mine, as_user(BINDER)) or ""), 30)


def apply_cluster_wide(folder, kubeconfig, *arguments):
    run = subprocess.run([ours("lotse-policy"), "apply", "--cluster-wide", "--allow-shrink", "--kubeconfig", kubeconfig, *arguments],
                         cwd=pathlib.Path(folder), text=True, capture_output=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout
