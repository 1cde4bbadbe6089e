"""lotse-login get-token against a gateway that can be made to fail: what kubectl and its relatives see."""
import json
import os
import pathlib
import pty
import re
import select
import signal
import stat
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.flow.login_fixtures import ca, gateway, helper, logged_in  # noqa: F401 (fixtures)
from tests.lib.ca import CA
from tests.lib.login_helper import claims_of, token_of, wait_until
from tests.lib.tools import ours


# --- login, cache, refresh

def test_one_login_serves_three_clusters_with_one_audience_each(helper):
    for site in ("fra", "muc", "ber"):
        run = helper.run(audience=f"k8s-{site}")
        assert run.returncode == 0, run.stderr
        assert claims_of(run)["aud"] == f"k8s-{site}"
        assert claims_of(run)["azp"] == "lotse-login"
    assert helper.gateway.count == {"discovery": 1, "auth": 1, "code": 1, "refresh": 3}


def test_the_authorization_request_is_what_the_rfcs_ask_for(helper):
    assert helper.run().returncode == 0
    query = helper.gateway.last_query
    assert query["response_type"] == "code" and query["client_id"] == "lotse-login"
    assert query["code_challenge_method"] == "S256" and len(query["code_challenge"]) == 43
    assert len(query["state"]) == 43 and len(query["nonce"]) == 43 and query["state"] != query["nonce"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/callback", query["redirect_uri"])
    scope = query["scope"].split()
    assert scope[:5] == ["openid", "offline_access", "profile", "email", "groups"]
    assert set(scope[5:]) == {f"audience:server:client_id:k8s-{s}" for s in ("fra", "muc", "ber")}


def test_a_cached_token_is_printed_without_a_word_and_without_the_network(logged_in):
    first = logged_in.run()
    second = logged_in.run(LOTSE_BROWSER="/bin/false", LOTSE_CA_FILE="/nowhere")
    assert (first.stdout, first.stderr) == (second.stdout, "")
    assert not logged_in.gateway.count


def test_the_cached_path_links_no_library_but_its_own():
    elf = subprocess.run(["ldd", ours("lotse-login")], capture_output=True, text=True)
    text = elf.stdout + elf.stderr
    if os.environ.get("VARIANT", "dev") in ("dev", "release"):
        assert "statically linked" in text or "not a dynamic executable" in text
    assert not re.search("ssl|curl|jansson|fyaml", text)


def test_an_old_token_is_refreshed_without_a_browser(logged_in):
    logged_in.expire()
    run = logged_in.run(LOTSE_BROWSER="/bin/false")
    assert run.returncode == 0 and run.stderr == ""
    assert logged_in.gateway.count == {"refresh": 1}


def test_forty_calls_with_an_old_token_make_one_refresh(logged_in):
    logged_in.expire()
    logged_in.gateway.slow = 0.3
    calls = [subprocess.Popen(logged_in.command(), env=logged_in.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) for _ in range(40)]
    answers = [call.communicate(timeout=60) for call in calls]
    assert {call.returncode for call in calls} == {0}
    assert len({out for out, _ in answers}) == 1 and {err for _, err in answers} == {""}
    assert logged_in.gateway.count == {"refresh": 1}


def test_forty_calls_without_a_session_open_one_browser(helper):
    calls = [subprocess.Popen(helper.command(), env=helper.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) for _ in range(40)]
    for call in calls:
        call.communicate(timeout=60)
    assert {call.returncode for call in calls} == {0}
    assert helper.gateway.count == {"discovery": 1, "auth": 1, "code": 1, "refresh": 1}


def test_an_aging_token_is_printed_at_once_and_renewed_behind_the_caller(logged_in):
    old = logged_in.run().stdout
    logged_in.age()
    logged_in.gateway.slow = 1.0
    run = logged_in.run()
    assert run.returncode == 0 and run.stderr == "" and json.loads(run.stdout)
    wait_until(lambda: logged_in.gateway.count["refresh"] == 1)
    logged_in.gateway.slow = 0
    wait_until(lambda: logged_in.run().stdout not in (old, run.stdout) or logged_in.state("tokens")[0].stat().st_mtime > time.time() - 1)
    assert logged_in.gateway.count["refresh"] == 1


def test_refresh_tokens_rotate_and_the_old_one_stays_when_none_comes(logged_in):
    for rotate in (True, False, True, False, False, True):
        logged_in.gateway.rotate = rotate
        logged_in.expire()
        assert logged_in.run(LOTSE_BROWSER="/bin/false").returncode == 0


def test_two_profiles_are_two_people(helper):
    assert claims_of(helper.run())["preferred_username"] == "jdoe"
    helper.gateway.person = "admin"
    assert claims_of(helper.run("get-token", "--profile=admin"))["preferred_username"] == "admin"
    assert claims_of(helper.run())["preferred_username"] == "jdoe"
    assert len(helper.state("sessions")) == 2


# --- callers

INFO = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "spec": {"interactive": False}}


@pytest.mark.parametrize("info, version", [
    (None, "v1"),                                                                        # node, java: nothing is set
    (json.dumps(INFO) + "\n", "v1"),                                                     # client-go
    (json.dumps(INFO | {"apiVersion": "client.authentication.k8s.io/v1beta1"}), "v1beta1"),  # python: other spacing
    (json.dumps(INFO | {"spec": {"cluster": {"certificate-authority-data": "x" * 100000, "server": "https://a"}, "interactive": True}}), "v1"),
])
def test_every_caller_gets_the_version_it_asks_for(logged_in, info, version):
    run = logged_in.run(KUBERNETES_EXEC_INFO=info)
    assert run.returncode == 0 and run.stderr == ""
    assert json.loads(run.stdout)["apiVersion"] == f"client.authentication.k8s.io/{version}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", json.loads(run.stdout)["status"]["expirationTimestamp"])


def test_issuer_and_audience_may_come_with_the_cluster(logged_in):
    info = INFO | {"spec": {"interactive": False, "cluster": {"server": "https://a", "config": {"issuer": logged_in.gateway.issuer, "audience": "k8s-fra"}}}}
    run = subprocess.run([logged_in.program], env=logged_in.env | {"KUBERNETES_EXEC_INFO": json.dumps(info)}, capture_output=True, text=True)
    assert run.returncode == 0 and claims_of(run)["aud"] == "k8s-fra"


def test_a_stdin_that_never_ends_holds_nobody_up(logged_in):
    logged_in.expire()
    read, write = os.pipe()
    try:
        run = subprocess.run(logged_in.command(), env=logged_in.env, stdin=read, capture_output=True, timeout=30)
        assert run.returncode == 0
    finally:
        os.close(read), os.close(write)


def test_a_wrapper_that_leads_back_to_itself_ends_at_once(helper):
    run = helper.run(LOTSE_PARENT="1:1")
    assert run.returncode == 1 and run.stdout == "" and "called by itself" in run.stderr


# --- when no login is possible

@pytest.mark.parametrize("env", [{"CI": "true"}, {"LOTSE_NO_INPUT": "1"}, {"LOTSE_BROWSER": None}, {"LOTSE_BROWSER": None, "DISPLAY": ":0", "SSH_CONNECTION": "x"},
                                 {"LOTSE_NO_BROWSER": "1"}])
def test_without_a_screen_it_says_what_to_do(helper, env):
    run = helper.run(**env)
    assert run.returncode == 3 and run.stdout == ""
    assert run.stderr == f"lotse-login: not logged in at {helper.gateway.issuer}. Run: lotse-login login --issuer={helper.gateway.issuer}\n"
    assert helper.gateway.count["auth"] == 0


def test_german_by_language(helper):
    assert "nicht angemeldet bei" in helper.run(CI="true", LANG="de_DE.UTF-8").stderr
    assert "nicht angemeldet bei" in helper.run(CI="true", LANG="en_US.UTF-8", LC_ALL="de_AT.UTF-8").stderr


def test_a_login_nobody_finishes_is_asked_for_once_and_then_less_often(helper):
    slow = [*helper.command(), "--timeout=1s"]
    env = helper.env | {"LOTSE_BROWSER": "/bin/true"}
    codes = [subprocess.run(slow, env=env, capture_output=True, stdin=subprocess.DEVNULL).returncode for _ in range(5)]
    assert codes == [5] * 5                           # as kubectl does: five times from the same parent
    other = subprocess.run(["sh", "-c", '"$@"; exit $?', "sh", *slow], env=env, capture_output=True, text=True)
    assert other.returncode == 10 and "not asking again for" in other.stderr
    assert helper.run("login").returncode == 0        # whoever types it is asked
    assert helper.run().returncode == 0


def test_the_first_failure_answers_the_other_four(helper):
    helper.gateway.fault = "500"
    codes = [helper.run().returncode for _ in range(5)]
    assert codes == [6] * 5 and helper.gateway.count["code"] == 1 and helper.gateway.count["auth"] == 1


# --- faults of the gateway

@pytest.mark.parametrize("fault", ["500", "503", "garbage", "empty", "no_id_token", "huge"])
def test_a_broken_gateway_costs_no_session(logged_in, fault):
    before = logged_in.state("sessions")[0].read_bytes()
    logged_in.expire()
    logged_in.gateway.fault = fault
    run = logged_in.run()
    assert run.returncode == 6 and run.stdout == "" and run.stderr.startswith("lotse-login: ")
    assert run.stderr.count("\n") == 1
    assert logged_in.state("sessions")[0].read_bytes() == before
    logged_in.gateway.fault = None
    run = subprocess.run(["sh", "-c", '"$@"; exit $?', "sh", *logged_in.command()], env=logged_in.env, capture_output=True)
    assert run.returncode == 0


def test_a_token_with_seconds_left_bridges_an_outage(logged_in):
    logged_in.expire(left=25)
    logged_in.gateway.fault = "503"
    for _ in range(3):
        run = logged_in.run()
        assert run.returncode == 0 and token_of(run) and run.stderr == ""
    logged_in.expire(left=5)
    assert logged_in.run().returncode == 6


def test_an_unreachable_gateway_is_named(logged_in):
    logged_in.expire()
    logged_in.gateway.stop()
    run = logged_in.run()
    assert run.returncode == 6 and "not reachable" in run.stderr


def test_a_connection_broken_off_in_the_handshake_is_no_question_of_trust(logged_in):
    import socket
    import threading
    with socket.create_server(("127.0.0.1", 0)) as server:
        def reset():
            connection, _ = server.accept()
            connection.recv(10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
        threading.Thread(target=reset, daemon=True).start()
        saved = logged_in.state("issuers")[0]
        saved.write_text(saved.read_text().replace(f'"{logged_in.gateway.issuer}/token"', f'"https://localhost:{server.getsockname()[1]}/token"'))
        logged_in.expire()
        assert logged_in.run().returncode == 6


def test_a_certificate_of_another_authority_is_refused(logged_in, tmp_path):
    logged_in.expire()
    run = logged_in.run(LOTSE_CA_FILE=CA(tmp_path / "other").cert)
    assert run.returncode == 7 and "certificate" in run.stderr
    assert not logged_in.gateway.count


def test_a_disabled_account_hears_why_and_sees_no_browser(logged_in):
    logged_in.expire()
    logged_in.gateway.fault = "disabled"
    run = logged_in.run()
    assert run.returncode == 8 and "your account is disabled" in run.stderr
    assert logged_in.gateway.count == {"refresh": 1} and not logged_in.state("sessions")


def test_a_session_that_ended_is_renewed_by_a_login_where_that_is_possible(logged_in):
    logged_in.expire()
    logged_in.gateway.families.clear()
    assert logged_in.run().returncode == 0
    assert logged_in.gateway.count["auth"] == 1
    logged_in.expire()
    logged_in.gateway.families.clear()
    run = logged_in.run(CI="true")
    assert run.returncode == 3 and "used already" in run.stderr


def test_no_access_to_one_cluster_says_so_on_one_line(logged_in):
    logged_in.gateway.fault = "no_access"
    run = logged_in.run(audience="k8s-ber")
    assert run.returncode == 8 and "no access to this [31m cluster" in run.stderr and run.stderr.count("\n") == 1
    logged_in.gateway.fault = None
    assert logged_in.run(audience="k8s-muc").returncode == 0


def test_an_audience_nobody_offers_opens_no_browser_again_and_again(logged_in):
    run = logged_in.run(audience="vault")
    assert run.returncode == 8 and "does not cover vault" in run.stderr
    assert logged_in.gateway.count == {"refresh": 1} and len(logged_in.state("sessions")) == 1


def test_a_cluster_newer_than_the_session_is_covered_by_a_new_login(logged_in):
    path = logged_in.state("sessions")[0]
    session = json.loads(path.read_text())
    path.write_text(json.dumps(session | {"logged_in_ms": session["logged_in_ms"] - 3600000}))
    run = logged_in.run(audience="vault", CI="true")
    assert run.returncode == 3 and "does not cover vault" in run.stderr
    assert len(logged_in.state("sessions")) == 1


@pytest.mark.parametrize("claims", [{"iss": "https://evil.example"}, {"aud": "other"}, {"azp": "other"}, {"nonce": "wrong"}, {"exp": 1}, {"sub": None}])
def test_id_tokens_that_are_not_for_us_start_no_session(helper, claims):
    helper.gateway.claims = claims
    assert helper.run().returncode == 6
    assert not helper.state("sessions") and not helper.state("tokens")


def test_a_refresh_that_answers_with_another_person_is_refused(logged_in):
    logged_in.expire()
    logged_in.gateway.claims = {"sub": "somebody else"}
    assert logged_in.run().returncode == 6


def test_a_discovery_document_of_another_issuer_is_refused(helper):
    helper.gateway.claims = {"discovery_issuer": "https://evil.example"}
    run = helper.run()
    assert run.returncode == 6 and "is for issuer" in run.stderr and helper.gateway.count["auth"] == 0


def test_a_refusal_at_the_login_page_is_told(helper):
    helper.gateway.login_error = "access_denied"
    run = helper.run()
    assert run.returncode == 4 and "access_denied" in run.stderr


# --- the listener and the terminal

def start_waiting(helper, *more, **env):
    """A login that waits for its person; the address it printed."""
    call = subprocess.Popen([*helper.command("login"), *more], env=helper.env | {"LOTSE_BROWSER": "/bin/true"} | env,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = call.stderr.readline()
    return call, re.search(r"https://\S+", line)[0]


def ask(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, ""


def answer_of(helper, url):
    return helper.gateway.authorize(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query)))


def test_strangers_at_the_listener_do_not_end_the_login(helper):
    import socket
    call, url = start_waiting(helper)
    good = answer_of(helper, url)
    base = good.split("?")[0]
    port = int(base.split(":")[2].split("/")[0])
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]   # more than it keeps
    assert ask(base + "?code=x&state=wrong")[0] == 400
    assert ask(base.replace("/callback", "/favicon.ico"))[0] == 404
    assert ask(base + "?code=x")[0] == 400
    status, body = ask(good)
    assert status == 200 and "You are logged in" in body
    assert call.wait(20) == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=2)               # closed after the one good answer
    for s in idle:
        s.close()
    call.communicate()


def test_the_listener_is_there_on_ipv6_too(helper):
    import socket
    call, url = start_waiting(helper)
    good = answer_of(helper, url)
    try:
        if socket.has_ipv6 and pathlib.Path("/proc/net/if_inet6").exists():
            assert ask(good.replace("127.0.0.1", "[::1]", 1))[0] == 200
        else:
            ask(good)
        assert call.wait(20) == 0
    finally:
        call.kill()
        call.communicate()


def test_an_issuer_in_the_answer_that_is_not_ours_is_a_mix_up(helper):
    call, url = start_waiting(helper)
    good = answer_of(helper, url)
    ask(re.sub("iss=[^&]*", "iss=https%3A%2F%2Fevil.example", good))
    out, err = call.communicate(timeout=20)
    assert call.returncode == 8 and "another issuer" in err


def test_a_missing_issuer_is_refused_when_the_gateway_promises_it(helper):
    call, url = start_waiting(helper)
    ask(re.sub("&?iss=[^&]*", "", answer_of(helper, url)))
    assert call.communicate(timeout=20) and call.returncode == 8


def test_the_address_can_be_pasted_into_a_terminal(helper):
    main, terminal = pty.openpty()
    call = subprocess.Popen([*helper.command(), "--no-browser"], env=helper.env, stdin=terminal, stderr=terminal, stdout=subprocess.PIPE, text=True)
    os.close(terminal)
    seen = ""
    try:
        while "paste it here" not in seen:
            assert select.select([main], [], [], 20)[0], seen
            seen += os.read(main, 4096).decode()
        url = re.search(r"https://\S+", seen)[0]
        os.write(main, b"nonsense\n")
        while "not the address" not in seen:
            assert select.select([main], [], [], 20)[0], seen
            seen += os.read(main, 4096).decode()
        os.write(main, answer_of(helper, url).encode() + b"\n")
        out, _ = call.communicate(timeout=20)
        assert call.returncode == 0 and json.loads(out)["kind"] == "ExecCredential"
    finally:
        call.kill()
        os.close(main)


def test_who_comes_during_a_login_is_told_so(helper):
    call, url = start_waiting(helper)
    try:
        assert "login https://" in helper.state("locks")[0].read_text()
        second = subprocess.Popen(helper.command(), env=helper.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        time.sleep(0.3)
        assert second.poll() is None           # waits for it
        ask(answer_of(helper, url))
        assert call.wait(20) == 0
        out, _ = second.communicate(timeout=20)
        assert second.returncode == 0 and json.loads(out)
        assert helper.gateway.count["auth"] == 1
    finally:
        call.kill()
        call.communicate()


# --- processes that die

def net_halves(helper):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if b"lotse-login-net" in (path / "cmdline").read_bytes() and helper.gateway.issuer.encode() in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:
            pass
    return found


def test_kill_in_the_middle_of_a_refresh_logs_nobody_out(logged_in):
    logged_in.expire()
    logged_in.gateway.slow = 1.0
    call = subprocess.Popen(logged_in.command(), env=logged_in.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: logged_in.gateway.count["refresh"] == 1)
    for pid in net_halves(logged_in):
        os.kill(pid, signal.SIGKILL)
    out, err = call.communicate(timeout=20)
    assert call.returncode == 1 and out == "" and "signal" in err
    logged_in.gateway.slow = 0
    time.sleep(1.2)                            # the gateway has rotated: our token is now the one before
    run = logged_in.run(LOTSE_BROWSER="/bin/false")
    assert run.returncode == 0, run.stderr


def test_a_login_ends_with_its_caller(helper):
    call = subprocess.Popen(helper.command(), env=helper.env | {"LOTSE_BROWSER": "/bin/true"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    call.stderr.readline()
    assert net_halves(helper)
    call.kill()
    call.communicate()
    wait_until(lambda: not net_halves(helper))
    assert helper.run().returncode == 0        # the lock fell with them


# --- files

def test_state_is_private(logged_in):
    root = logged_in.home / ".local/state/lotse"
    for path in [root, *root.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_no_secret_outside_session_and_token(logged_in):
    session = json.loads(logged_in.state("sessions")[0].read_text())
    for kind in ("issuers", "locks", "failures"):
        for path in logged_in.state(kind):
            assert session["refresh_token"] not in path.read_text()
    assert session["refresh_token"] not in logged_in.run("status", "-o", "json").stdout


def test_a_state_folder_open_to_others_is_refused(logged_in):
    (logged_in.home / ".local/state/lotse").chmod(0o755)
    run = logged_in.run()
    assert run.returncode == 9 and run.stdout == "" and "open to other users" in run.stderr


@pytest.mark.parametrize("damage", [b"", b"LOTSETOK", b"\0" * 500, b"x" * 70000])
def test_a_damaged_token_file_is_renewed(logged_in, damage):
    logged_in.state("tokens")[0].write_bytes(damage)
    assert logged_in.run(LOTSE_BROWSER="/bin/false").returncode == 0


def test_a_damaged_session_means_a_new_login(logged_in):
    logged_in.expire()
    logged_in.state("sessions")[0].write_bytes(b'{"format":1,')
    assert logged_in.run().returncode == 0 and logged_in.gateway.count["auth"] == 1


def test_a_home_that_cannot_be_written(helper):
    file = helper.home / "file"
    file.write_text("")
    run = helper.run(LOTSE_STATE_DIR=str(file / "lotse"))
    assert run.returncode == 0 and token_of(run)
