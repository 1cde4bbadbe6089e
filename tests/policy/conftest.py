"""lotse-policy offline: the sample company, and what a kube-apiserver 1.36.4 says of itself (tests/policy/cluster-1.36)."""
import json
import pathlib
import shutil
import subprocess

import pytest

from tests.lib import company
from tests.lib.tools import ours

SAVED = pathlib.Path(__file__).parent / "cluster-1.36"

# what a kube-apiserver writes for two requests, and the beginning of a third
AUDIT_LOG = "".join(
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/pay-api/pods",'
    f'"verb":"list","objectRef":{{"resource":"pods","namespace":"pay-api","apiVersion":"v1"}},"requestReceivedTimestamp":"2026-05-01T10:00:0{i}.5Z",'
    '"annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed by RoleBinding \\"lotse:deploy/pay-api\\" of'
    ' ClusterRole \\"lotse:deploy\\" to Group \\"lotse:team:payments\\""}}\n' for i in (0, 5)) + '{"kind":"Event","apiVersi'


class Policy:
    """A folder with policy.yaml, directory.json and objects/, and the program run in it."""

    def __init__(self, folder):
        self.folder = folder
        corp = company.sample()
        (folder / "policy.yaml").write_text(corp.policy(), encoding="utf-8")
        (folder / "directory.json").write_text(json.dumps(corp.directory()), encoding="utf-8")
        objects = folder / "objects"
        shutil.copytree(SAVED, objects)
        for site in company.SITES:
            (objects / f"namespaces-{site}.json").write_text(json.dumps(corp.namespace_list(site)))
        (folder / "audit.log").write_text(AUDIT_LOG)

    def run(self, *arguments, stdin=None):
        return subprocess.run([ours("lotse-policy"), *map(str, arguments)], cwd=self.folder, input=stdin, text=True,
                              capture_output=True, timeout=60)

    def offline(self, command, *arguments, **more):
        """With directory and saved objects."""
        return self.run(command, *arguments, "--directory", "directory.json", "--objects", "objects", **more)

    def json(self, command, *arguments):
        return json.loads(self.offline(command, *arguments, "--output", "json").stdout)

    def edit(self, old, new, name="policy.yaml"):
        """Changes the policy; the old text must be there."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def policy(tmp_path):
    return Policy(tmp_path)
