"""A gateway whose policy is a signed bundle: what it takes, what it refuses, and what then stays in force."""
import subprocess

import pytest

from tests.lib.gateway import Gateway, run
from tests.lib.tools import ROOT, ours

POLICY = (ROOT / "tests/flow/policy.yaml").read_text()
SITE = {"name": "fra", "audience": "https://kubernetes.fra.corp.example", "server": "https://api.fra.corp.example:6443"}


class Maker:
    """Makes policy.bundle in the gateway's folder."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("anna", "mallory"):
            self.call("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.pem")
            self.call("openssl", "pkey", "-in", f"{name}.pem", "-pubout", "-out", f"{name}.pub")

    def call(self, *words):
        subprocess.run([str(w) for w in words], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def make(self, text=POLICY, key="anna", *more):
        (self.folder / "policy.yaml").write_text(text)
        self.call(ours("lotse-policy"), "bundle", *more)
        self.call(ours("lotse-policy"), "sign", "policy.bundle", "--key", f"{key}.pem")


@pytest.fixture
def gateway(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.config["policy"] = {"file": "policy.bundle", "trust": ["anna.pub"], "last_good": "last.bundle"}
    gateway.config["kubernetes"] = {"sites": [SITE]}
    gateway.write()
    gateway.maker = Maker(tmp_path)
    yield gateway
    gateway.stop()


def check(gateway):
    return run("--check", gateway.path)


def test_a_bundle_that_a_trusted_key_signed_is_the_policy(gateway):
    gateway.maker.make()
    done = check(gateway)
    assert done.returncode == 0, done.stderr
    gateway.maker.make(POLICY.replace("kubernetes.fra.corp", "other.fra.corp"))
    done = check(gateway)  # the content is really read
    assert done.returncode != 0
    assert "https://other.fra.corp.example' in the policy" in done.stderr


def test_included_files_come_out_of_the_bundle(gateway):
    (gateway.folder / "teams.yaml").write_text("lotse: 1\nteams:\n  payments: {from: [cn=pay-dev]}\n")
    gateway.maker.make(POLICY.replace("teams:\n  payments: {from: [cn=pay-dev]}\n", "include: {teams.yaml: {}}\n"))
    (gateway.folder / "teams.yaml").unlink()
    assert check(gateway).returncode == 0, check(gateway).stderr


@pytest.mark.parametrize("key", ["mallory"])
def test_a_stranger_is_refused(gateway, key):
    gateway.maker.make(POLICY, key)
    done = check(gateway)
    assert done.returncode != 0
    assert "signed by 0 of the trusted keys, 1 are needed" in done.stderr


def test_with_trusted_keys_an_unsigned_policy_is_refused(gateway):
    (gateway.folder / "policy.bundle").write_text(POLICY)
    done = check(gateway)
    assert done.returncode != 0
    assert "not a signed document" in done.stderr


def test_without_trusted_keys_a_bundle_is_refused(gateway):
    gateway.maker.make()
    gateway.config["policy"] = {"file": "policy.bundle"}
    gateway.write()
    done = check(gateway)
    assert done.returncode != 0
    assert "it counts by its signatures" in done.stderr


def test_a_refused_bundle_leaves_the_last_good_one_in_force_also_at_the_next_start(gateway):
    gateway.maker.make()
    gateway.start()
    gateway.maker.make(POLICY.replace("kubernetes.fra.corp", "other.fra.corp"), "mallory")
    assert gateway.reload()
    assert any("bundle 1, stays in force" in line or "last good one, 1, stays in force" in line for line in gateway.lines("in force"))
    gateway.stop()
    gateway.start()
    assert gateway.get("/.well-known/openid-configuration").json()["issuer"] == gateway.issuer


def test_an_older_bundle_never_comes_back(gateway):
    gateway.maker.make(POLICY, "anna", "--serial", "5")
    assert check(gateway).returncode == 0
    gateway.maker.make(POLICY.replace("kubernetes.fra.corp", "other.fra.corp"), "anna", "--serial", "4")
    done = check(gateway)
    assert done.returncode == 0
    assert "bundle 4 is older than the last good one, 5" in done.stderr
