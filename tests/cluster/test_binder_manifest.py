"""deploy/kubernetes/binder.yaml: a real API server accepts it, and its own command line, with its own kubeconfig and volumes, does the binder's work."""
import copy
import json
import os
import shlex
import subprocess

import pytest
import yaml

from tests.cluster.guards import apply_cluster_wide, wait_for_guards
from tests.cluster.test_policy_apply import wipe
from tests.cluster.test_policy_watch import POLICY, binding, namespace
from tests.lib.tools import ROOT, ours, tool

MANIFEST = ROOT / "deploy/kubernetes/binder.yaml"
CONFIG, DEPLOYMENT = yaml.safe_load_all(MANIFEST.read_text())
SPEC = DEPLOYMENT["spec"]["template"]["spec"]
SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture
def muc(sites, tmp_path):
    """The second pipeline's work done: account, rights, admission policies."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    sites["muc"].create(namespace("w-red-a", {"w-team": "red"}))
    apply_cluster_wide(tmp_path, sites.kubeconfig)
    wait_for_guards(sites["muc"])
    yield sites["muc"]
    wipe(sites["muc"])


def mount_like_kubelet(folder, files):
    """A ConfigMap's files are links to links: ..data is exchanged as a whole."""
    (folder / "..1").mkdir(parents=True)
    for name, text in files.items():
        (folder / "..1" / name).write_text(text)
        (folder / name).symlink_to(f"..data/{name}")
    (folder / "..data").symlink_to("..1")


def signed_bundle(folder):
    """policy.bundle, signed by anna and bert."""
    subprocess.run([ours("lotse-policy"), "bundle", "policy.yaml"], cwd=folder, check=True, capture_output=True)
    for name in ("anna", "bert"):
        subprocess.run(["sh", "-c", f"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.pem && "
                                    f"openssl pkey -in {name}.pem -pubout -out {name}.pub"], cwd=folder, check=True, capture_output=True)
        subprocess.run([ours("lotse-policy"), "sign", "policy.bundle", "--key", f"{name}.pem"], cwd=folder, check=True, capture_output=True)


def volumes(folder, cluster):
    """What the pod would see below /, in a folder; the kubeconfig with this API server's address."""
    signed_bundle(folder)
    account = f"/api/v1/namespaces/lotse-system/serviceaccounts/{SPEC['serviceAccountName']}/token"
    token = cluster.request("POST", account, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}})
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "token").write_text(token["status"]["token"])
    (secrets / "ca.crt").write_text(cluster.authority.pem)
    kubeconfig = CONFIG["data"]["kubeconfig"]
    assert "https://kubernetes.default.svc" in kubeconfig and SECRETS in kubeconfig
    kubeconfig = kubeconfig.replace("https://kubernetes.default.svc", cluster.url).replace(SECRETS, str(secrets)).replace("name: fra", "name: muc")
    mount_like_kubelet(folder / "config", {"kubeconfig": kubeconfig})
    mount_like_kubelet(folder / "policy", {"policy.bundle": (folder / "policy.bundle").read_text()})
    mount_like_kubelet(folder / "trust", {f"{n}.pub": (folder / f"{n}.pub").read_text() for n in ("anna", "bert")})
    (folder / "state").mkdir()


def command(folder):
    """The container's command in that folder, for the site muc."""
    container = copy.deepcopy(SPEC["containers"][0])
    words = [*container["command"], *container["args"]]
    for mount in container["volumeMounts"]:
        assert any(mount["mountPath"] + "/" in w for w in words), f"nobody reads {mount}"
        words = [w.replace(f"={mount['mountPath']}/", f"={folder}{mount['mountPath']}/") for w in words]
    assert words[0] == "lotse-policy" and "--site=fra" in words
    return [ours("lotse-policy"), *(w.replace("--site=fra", "--site=muc") for w in words[1:])]


def test_the_api_server_accepts_the_manifest(muc, sites):
    run = subprocess.run([tool("kubectl"), "--kubeconfig", sites.kubeconfig, "--context=muc", "apply", "--dry-run=server", "-f", str(MANIFEST)],
                         capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert "deployment.apps/lotse-binder created (server dry run)" in run.stdout and "warning" not in run.stderr.lower()


def test_what_it_mounts_is_there_and_its_account_is_the_binder():
    assert {m["name"] for m in SPEC["containers"][0]["volumeMounts"]} == {v["name"] for v in SPEC["volumes"]}
    assert f"system:serviceaccount:{DEPLOYMENT['metadata']['namespace']}:{SPEC['serviceAccountName']}" == \
        "system:serviceaccount:lotse-system:lotse-binder"


def test_its_command_does_the_work_of_the_binder(muc, tmp_path):
    volumes(tmp_path, muc)
    muc.request("DELETE", "/apis/rbac.authorization.k8s.io/v1/namespaces/w-red-a/rolebindings/lotse:deploy")
    run = subprocess.run([*command(tmp_path), "--once"], cwd="/", env=dict(os.environ, HOME="/nonexistent"), capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, f"{shlex.join(command(tmp_path))}\n{run.stdout}{run.stderr}"
    assert all(json.loads(line) for line in run.stdout.splitlines())
    assert binding(muc, "w-red-a", "deploy"), "the binding that somebody deleted is back"
    assert (tmp_path / "state/policy.bundle").exists(), "the last good bundle is kept"
