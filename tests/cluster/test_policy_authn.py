"""30-authn.yaml as the API server's own authenticator reads it: whose tokens it takes, and what they are then."""
import pathlib
import shutil
import subprocess
import time

import pytest
import yaml

from tests.lib.authenticator import Authenticator
from tests.lib.small_issuer import SmallIssuer
from tests.lib.tools import ours

POLICY = """
lotse: 1
sites: {{fra: {{audience: k8s-fra}}}}
teams: {{payments: {{from: [pay]}}}}
roles: {{view: {{can: ["get /pods"]}}}}
spaces: {{payments: {{names: ["pay-*"]}}}}
ci:
  branch: {{issuer: "{ci}", match: {{project_path: "pay/*", ref: main, ref_protected: true}}, role: view, in: payments}}
  nightly: {{issuer: "{ci}", match: {{project_path: pay/api, pipeline_source: schedule}}, role: view, in: payments, token: 2h}}
  odd: {{issuer: "{ci}", audience: "it's", match: {{"o'dd": "a.b*\\\\c$", "new\\nline": "\\t*"}}, role: view, in: payments}}
"""
GOOD = {"sub": "project_path:pay/api:ref:main", "project_path": "pay/api", "ref": "main", "ref_protected": "true", "groups": ["team:payments"]}


@pytest.fixture(scope="module")
def issuers(tmp_path_factory):
    gateway, ci = SmallIssuer(tmp_path_factory.mktemp("gateway")), SmallIssuer(tmp_path_factory.mktemp("ci"))
    yield gateway, ci
    gateway.close()
    ci.close()


@pytest.fixture(scope="module")
def witness(issuers, tmp_path_factory):
    gateway, ci = issuers
    folder = tmp_path_factory.mktemp("policy")
    (folder / "policy.yaml").write_text(POLICY.format(ci=ci.url))
    (folder / "ca.pem").write_text(gateway.ca_pem)
    shutil.copytree(pathlib.Path(__file__).parents[1] / "policy/cluster-1.36", folder / "objects")
    (folder / "objects" / "namespaces-fra.json").write_text('{"kind": "List", "items": []}')
    run = subprocess.run([ours("lotse-policy"), "compile", "policy.yaml", "--objects", "objects", "--issuer", gateway.url, "--issuer-ca",
                          "ca.pem"], cwd=folder, text=True, capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr + run.stdout
    config = yaml.safe_load((folder / "compiled/fra/30-authn.yaml").read_text())
    assert [j["issuer"]["url"] for j in config["jwt"]] == [gateway.url, ci.url]
    config["jwt"][1]["issuer"]["certificateAuthority"] = ci.ca_pem  # a real one is known to the system
    with Authenticator(tmp_path_factory.mktemp("witness"), config) as running:
        yield running


def in_seconds(seconds):
    return {"iat": int(time.time()), "exp": int(time.time()) + seconds}


# --- people

def person(**claims):
    return {"preferred_username": "m.sommer", "groups": ["team:payments"], **claims}


def test_a_person_has_the_groups_of_the_gateway(witness, issuers):
    verdict = witness.ask(issuers[0].token(**person(groups=["team:payments", "jit:payments:debug"])))
    assert verdict["authenticated"], verdict
    assert (verdict["username"], verdict["groups"]) == ("lotse:m.sommer", ["lotse:team:payments", "lotse:jit:payments:debug"])


@pytest.mark.parametrize("groups", [[], ...])
def test_a_person_without_groups_is_authenticated_and_nobody(witness, issuers, groups):
    verdict = witness.ask(issuers[0].token(**person(groups=groups)))
    assert verdict["authenticated"] and not verdict.get("groups"), verdict


def test_break_glass_needs_a_grant_and_is_short(witness, issuers):
    def ask(**claims):
        return witness.ask(issuers[0].token(**person(groups=["team:payments", "bg:root"], **claims)))
    assert "break-glass" in ask()["error"]
    assert "break-glass" in ask(grant="g1", **in_seconds(1801))["error"]
    assert ask(grant="g1", **in_seconds(1800))["groups"] == ["lotse:team:payments", "lotse:bg:root"]
    assert "break-glass" in witness.ask(issuers[0].token(**person(groups="bg:root")))["error"]


def test_the_gateway_makes_nobody_a_machine(witness, issuers):
    assert "no machine" in witness.ask(issuers[0].token(**person(groups=["ci:branch"])))["error"]


# --- machines

def test_a_machine_has_the_group_of_its_entry_whatever_it_claims(witness, issuers):
    verdict = witness.ask(issuers[1].token(**{**GOOD, "groups": ["system:masters", "team:payments"]}))
    assert verdict["authenticated"], verdict
    assert verdict["groups"] == ["lotse:ci:branch"]
    assert verdict["username"] == "lotse:ci:branch:project_path:pay/api:ref:main"


@pytest.mark.parametrize("flag", [True, "true"])
def test_a_flag_is_a_flag_or_its_text(witness, issuers, flag):
    assert witness.ask(issuers[1].token(**{**GOOD, "ref_protected": flag}))["groups"] == ["lotse:ci:branch"]


def test_a_token_that_matches_two_entries_has_both_groups(witness, issuers):
    verdict = witness.ask(issuers[1].token(**{**GOOD, "pipeline_source": "schedule"}))
    assert verdict["groups"] == ["lotse:ci:branch", "lotse:ci:nightly"]


def test_each_entry_has_its_own_longest_life(witness, issuers):
    claims = {**GOOD, "pipeline_source": "schedule", **in_seconds(7200)}
    assert witness.ask(issuers[1].token(**claims))["groups"] == ["lotse:ci:nightly"]


def test_quotes_dots_and_backslashes_mean_themselves(witness, issuers):
    claims = {"aud": ["it's", "else"], "sub": "x", "o'dd": "a.b anything\n else\\c$", "new\nline": "\tx"}
    assert witness.ask(issuers[1].token(**claims))["groups"] == ["lotse:ci:odd"]
    assert not witness.ask(issuers[1].token(**{**claims, "o'dd": "axb\\c$"}))["authenticated"]
    assert not witness.ask(issuers[1].token(**{**claims, "o'dd": "a.b\\c$ and more"}))["authenticated"]


@pytest.mark.parametrize("change", [
    {"project_path": "shop/api"}, {"project_path": "x/pay/api"}, {"project_path": ["pay/api"]}, {"project_path": 7}, {"ref": "main2"},
    {"ref": None}, {"ref_protected": "false"}, {"ref_protected": 1}, {"aud": "it's"}, {"aud": "k8s-muc"}, {"sub": ""},
])
def test_a_token_that_matches_no_entry_is_refused(witness, issuers, change):
    verdict = witness.ask(issuers[1].token(**{**GOOD, **change}))
    assert not verdict["authenticated"], verdict


def test_a_claim_that_is_missing_matches_nothing(witness, issuers):
    for name in ("project_path", "ref", "ref_protected"):
        assert not witness.ask(issuers[1].token(**{**GOOD, name: ...}))["authenticated"], name
