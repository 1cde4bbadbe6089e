"""The commands of lotse-login that people type: status, whoami, login, logout, clean, setup."""
import json
import os
import shutil
import stat
import subprocess

import pytest

from tests.flow.login_fixtures import ca, gateway, helper, logged_in  # noqa: F401 (fixtures)
from tests.lib.login_helper import claims_of


# --- the other commands

def test_status_and_whoami(logged_in):
    status = json.loads(logged_in.run("status", "-o", "json").stdout)["sessions"][0]
    assert status["logged_in"] and status["username"] == "jdoe"
    assert [t["token"] for t in status["tokens"]] == ["fresh", "none", "none"]
    who = json.loads(logged_in.run("whoami", "-o", "json").stdout)["gateways"][0]["clusters"]
    assert who == [{"name": "fra", "audience": "k8s-fra", "username": "jdoe", "subject": "id-of-jdoe", "groups": ["team-a", "team-b"]}]


def test_login_warms_every_cluster(helper):
    run = helper.run("login")
    assert run.returncode == 0 and run.stdout == f"Logged in at {helper.gateway.issuer} as jdoe\n"
    assert len(helper.state("tokens")) == 3
    assert helper.run(audience="k8s-ber", LOTSE_BROWSER="/bin/false").returncode == 0
    assert helper.gateway.count["refresh"] == 3


def test_a_login_of_somebody_else_serves_no_old_tokens(helper):
    assert helper.run("login").returncode == 0
    helper.gateway.person = "other"
    assert helper.run("login").returncode == 0
    assert len(helper.gateway.revoked) == 1
    assert {claims_of(helper.run(audience=f"k8s-{s}"))["preferred_username"] for s in ("fra", "muc", "ber")} == {"other"}


def test_logout_revokes_and_forgets(logged_in):
    token = json.loads(logged_in.state("sessions")[0].read_text())["refresh_token"]
    run = logged_in.run("logout")
    assert run.returncode == 0 and logged_in.gateway.revoked == [token]
    assert not logged_in.state("sessions") and not logged_in.state("tokens")
    assert logged_in.run(CI="true").returncode == 3
    assert logged_in.run("logout").returncode == 0


def test_logout_forgets_also_when_the_gateway_is_away(logged_in):
    logged_in.gateway.stop()
    run = logged_in.run("logout")
    assert run.returncode == 6 and "logged out here" in run.stderr and not logged_in.state("sessions")


def test_the_issuer_need_not_be_typed_twice(logged_in):
    run = subprocess.run([logged_in.program, "logout"], env=logged_in.env, capture_output=True, text=True)
    assert run.returncode == 0 and len(logged_in.gateway.revoked) == 1


def test_clean_keeps_the_session(logged_in):
    assert logged_in.run("clean").returncode == 2      # --issuer has no meaning there
    assert subprocess.run([logged_in.program, "clean"], env=logged_in.env, capture_output=True).returncode == 0
    assert not logged_in.state("tokens") and logged_in.state("sessions")
    assert logged_in.run(LOTSE_BROWSER="/bin/false").returncode == 0


def test_version_and_help(helper):
    assert json.loads(subprocess.run([helper.program, "version", "-o", "json"], capture_output=True, text=True).stdout)["program"] == "lotse-login"
    text = subprocess.run([helper.program, "--help"], capture_output=True, text=True).stdout
    assert "get-token" in text and "--ca-file" in text


# --- setup

def test_setup_writes_a_kubeconfig_that_kubectl_reads(helper):
    run = helper.run("setup")
    path = helper.home / ".kube/config"
    assert run.returncode == 0 and stat.S_IMODE(path.stat().st_mode) == 0o600
    kubectl = shutil.which("kubectl")
    if not kubectl:
        pytest.skip("no kubectl here")
    config = json.loads(subprocess.run([kubectl, "config", "view", "--raw", "-o", "json"], env=helper.env, capture_output=True, text=True, check=True).stdout)
    assert [c["name"] for c in config["contexts"]] == ["ber", "fra", "muc"] and config["current-context"] == "fra"
    user = next(u["user"]["exec"] for u in config["users"] if u["name"] == "lotse-ber")
    assert user["args"][:3] == ["get-token", f"--issuer={helper.gateway.issuer}", "--audience=k8s-ber"]
    assert user["interactiveMode"] == "IfAvailable" and not user["provideClusterInfo"] and helper.gateway.issuer in user["installHint"]
    assert os.access(user["command"], os.X_OK)
    call = subprocess.run([user["command"], *user["args"]], env=helper.env, capture_output=True, text=True)
    assert call.returncode == 0 and claims_of(call)["aud"] == "k8s-ber"
    before = path.read_bytes()
    subprocess.run([kubectl, "config", "set-context", "--current", "--namespace=payments"], env=helper.env, check=True, capture_output=True)
    rewritten = path.read_bytes()                      # kubectl sorts and reformats everything
    assert rewritten != before
    assert helper.run("setup").returncode == 0 and path.read_bytes() == rewritten
    helper.gateway.lost_sites = {"muc"}
    assert helper.run("setup").returncode == 0
    contexts = subprocess.run([kubectl, "config", "get-contexts", "-o", "name"], env=helper.env, capture_output=True, text=True).stdout.split()
    assert contexts == ["ber", "fra"] and b"namespace: payments" in path.read_bytes()
    assert (helper.home / ".kube/config.lotse-backup").read_bytes() == rewritten


def test_setup_goes_where_kubeconfig_points_and_through_links(helper, tmp_path):
    real = tmp_path / "dotfiles"
    real.write_text("# mine\nusers: []\n")
    real.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(real)
    run = helper.run("setup", KUBECONFIG=f"/nowhere/x:{link}:/nowhere/y")
    assert run.returncode == 0, run.stderr
    assert link.is_symlink() and real.read_text().startswith("# mine\n") and "lotse-fra" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_setup_respects_locks_and_foreign_names(helper, tmp_path):
    path = tmp_path / "config"
    path.write_text("clusters:\n- name: fra\n  cluster: {server: https://mine}\n")
    run = helper.run("setup", f"--kubeconfig={path}")
    assert run.returncode == 9 and "--prefix" in run.stderr and "lotse" not in path.read_text()
    assert helper.run("setup", f"--kubeconfig={path}", "--prefix=corp-").returncode == 0
    assert "corp-fra" in path.read_text() and "server: https://mine" in path.read_text()
    (tmp_path / "config.lock").write_text("")
    run = helper.run("setup", f"--kubeconfig={path}")
    assert run.returncode == 9 and "config.lock" in run.stderr


def test_without_any_session_the_way_to_one_is_named(helper):
    run = subprocess.run([helper.program, "whoami"], env=helper.env, capture_output=True, text=True)
    assert run.returncode == 3 and "not logged in anywhere. Run: lotse-login login --issuer=" in run.stderr
    assert subprocess.run([helper.program, "--version"], capture_output=True, text=True).stdout.startswith("lotse-login ")
