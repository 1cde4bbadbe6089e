"""lotse-login against the real gateway: one login by form, three clusters, rotation, revocation, a person who goes away."""
import json
import re
import subprocess

import pytest

from tests.lib import browser_login
from tests.lib.gateway import PASSWORD, PERSON, Gateway
from tests.lib.login_helper import Helper, claims_of

SITES = [{"name": n, "audience": f"k8s-{n}", "server": f"https://api.{n}.corp.example:6443"} for n in ("fra", "muc", "ber")]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("gateway"), sites=SITES) as running:
        yield running


@pytest.fixture
def helper(tmp_path, gateway):
    home = tmp_path / "home"
    home.mkdir()
    made = Helper(home, gateway, gateway.ca)
    made.env["LOTSE_BROWSER"] = str(browser_login.write(tmp_path / "browser", gateway.ca.cert, PERSON, PASSWORD))
    return made


def test_one_login_three_clusters(helper):
    for site in SITES:
        run = helper.run(audience=site["audience"], LOTSE_BROWSER=helper.env["LOTSE_BROWSER"] if site is SITES[0] else "/bin/false")
        assert run.returncode == 0, run.stderr
        claims = claims_of(run)
        assert claims["aud"] == site["audience"] and claims["azp"] == "lotse-login"
        assert claims["preferred_username"] == PERSON and "groups" in claims
    who = json.loads(helper.run("whoami", "-o", "json").stdout)["gateways"][0]["clusters"]
    assert [c["username"] for c in who] == [PERSON] * 3


def test_login_command_then_days_of_refreshes(helper):
    run = helper.run("login")
    assert run.returncode == 0 and f"as {PERSON}" in run.stdout, run.stderr
    assert len(helper.state("tokens")) == 3
    seen = set()
    for _ in range(6):
        helper.expire()
        assert helper.run(LOTSE_BROWSER="/bin/false").returncode == 0
        seen.add(json.loads(helper.state("sessions")[0].read_text())["refresh_token"])
    assert len(seen) == 6      # each one rotated


def test_forty_callers_one_rotation(helper):
    assert helper.run().returncode == 0
    helper.expire()
    before = json.loads(helper.state("sessions")[0].read_text())["refreshed_ms"]
    calls = [subprocess.Popen(helper.command(), env=helper.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(40)]
    answers = [call.communicate(timeout=60) for call in calls]
    assert {call.returncode for call in calls} == {0} and len({out for out, _ in answers}) == 1
    assert json.loads(helper.state("sessions")[0].read_text())["refreshed_ms"] > before


def test_kill_of_the_gateway_logs_nobody_out(helper, gateway):
    assert helper.run().returncode == 0
    for _ in range(3):
        helper.expire()
        call = subprocess.Popen(helper.command(), env=helper.env | {"CI": "true"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        gateway.kill()
        assert call.wait(60) in (0, 6)
        gateway.start()
        run = subprocess.run(["sh", "-c", '"$@"; exit $?', "sh", *helper.command()], env=helper.env | {"CI": "true"}, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr


def test_a_lost_answer_logs_nobody_out(helper):
    """The session file of before a refresh, as after a crash between the gateway's answer and our disk."""
    assert helper.run().returncode == 0
    path = helper.state("sessions")[0]
    before = path.read_bytes()
    helper.expire()
    assert helper.run(CI="true").returncode == 0
    path.write_bytes(before)
    helper.expire()
    assert helper.run(CI="true").returncode == 0


def test_logout_ends_the_session_at_the_gateway(helper):
    assert helper.run().returncode == 0
    path = helper.state("sessions")[0]
    stolen, saved = path.read_bytes(), helper.state("issuers")[0].read_bytes()
    run = helper.run("logout")
    assert run.returncode == 0, run.stderr
    path.write_bytes(stolen)
    path.chmod(0o600)
    helper.state("issuers")[0].write_bytes(saved)
    run = helper.run(CI="true")
    assert run.returncode == 3 and "has ended" in run.stderr


def test_an_audience_the_gateway_does_not_know(helper):
    assert helper.run().returncode == 0
    run = helper.run(audience="nobody", CI="true")
    assert run.returncode == 8 and run.stdout == "", run.stderr
    assert helper.run(audience="k8s-ber", CI="true").returncode == 0


def test_a_wrong_password_starts_no_session(helper, gateway, tmp_path):
    helper.env["LOTSE_BROWSER"] = str(browser_login.write(tmp_path / "wrong", gateway.ca.cert, PERSON, "wrong"))
    run = subprocess.run([*helper.command(), "--timeout=2s"], env=helper.env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run.returncode == 5 and not helper.state("sessions")


def test_setup_from_what_the_gateway_offers(helper, gateway):
    run = helper.run("setup")
    assert run.returncode == 0, run.stderr
    text = (helper.home / ".kube/config").read_text()
    assert all(s["server"] in text and f"--audience={s['audience']}" in text for s in SITES)
    assert re.search(r"^current-context: fra$", text, re.M)


def test_a_person_who_is_gone_hears_it_at_the_next_refresh(helper, gateway):
    assert helper.run().returncode == 0
    people = gateway.people.read_text()
    try:
        gateway.people.write_text(people.replace("username: m.sommer", "username: m.sommer\n    disabled: true"))
        assert gateway.reload()
        helper.expire()
        run = helper.run(CI="true")
        assert run.returncode == 8 and run.stdout == "" and "The account is disabled. Ask" in run.stderr
    finally:
        gateway.people.write_text(people)
        gateway.reload()
