"""lotse-login against servers, files and neighbours that mean harm."""
import json
import os
import ssl
import sys

import pytest

from tests.flow.login_fixtures import ca, gateway, helper, logged_in  # noqa: F401
from tests.lib.hostile import _Listener
from tests.lib.login_helper import Helper, token_of


class Canned(_Listener):
    """Speaks TLS, reads one request, answers with the bytes it was given for the path."""

    def __init__(self, ca, answers):
        super().__init__()
        self.issuer, self.answers, self.asked = f"https://localhost:{self.port}", answers, []
        pem = ca.server(f"canned-{self.port}", ["localhost", "127.0.0.1"])
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pem.cert, pem.key)

    def serve(self, client):
        with self.context.wrap_socket(client, server_side=True) as s:
            head = b""
            while b"\r\n\r\n" not in head:
                head += s.recv(65536) or b"\r\n\r\n"
            path = head.split(b" ")[1].decode()
            self.asked.append(path)
            answer = self.answers(path)
            for piece in [answer] if isinstance(answer, bytes) else answer:
                s.sendall(piece)


def answer(body, status="200 OK", more=""):
    body = body.encode() if isinstance(body, str) else body
    return f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def document(issuer, **more):
    return json.dumps({"issuer": issuer, "authorization_endpoint": f"{issuer}/auth", "token_endpoint": f"{issuer}/token",
                       "jwks_uri": f"{issuer}/keys"} | more)


HOSTILE = {
    "a redirect elsewhere": lambda i: answer("", "302 Found", "Location: https://localhost:1/evil\r\n"),
    "three megabytes": lambda i: answer(document(i, padding="x" * (3 << 20))),
    "more than was announced to come": lambda i: b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
    "endless headers": lambda i: (b"HTTP/1.1 200 OK\r\n" if n == 0 else b"X-A: " + b"a" * 4000 + b"\r\n" for n in range(200)),
    "a member twice": lambda i: answer(document(i)[:-1] + ', "token_endpoint": "https://localhost:1/token"}'),
    "an endpoint without TLS": lambda i: answer(document(i, token_endpoint="http://localhost:1/token")),
    "an endpoint that is no text": lambda i: answer(document(i, token_endpoint=["https://localhost:1/token"])),
    "an endpoint with a line break": lambda i: answer(document(i, token_endpoint=f"{i}/token\r\nX: y")),
    "a file": lambda i: answer(document(i, authorization_endpoint="file:///etc/passwd")),
    "an option for the browser": lambda i: answer(document(i, authorization_endpoint="--help")),
    "no JSON": lambda i: answer("<html>\x1b[2J"),
    "a list": lambda i: answer("[" * 100000),
    "nothing": lambda i: b"",
    "no HTTP": lambda i: b"\x00\xff" * 1000,
    "no UTF-8": lambda i: answer(b'{"issuer": "\xff"}'),
    "an error with control characters": lambda i: answer('{"error": "x\\u001b[2J"}', "400 \x1b[2JBad"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_discovery_document_is_refused(tmp_path, ca, what):
    server = Canned(ca, lambda path: HOSTILE[what](server.issuer))
    try:
        run = Helper(tmp_path, server, ca).run()
        assert run.returncode == 6 and run.stdout == "", run
        assert run.stderr.startswith("lotse-login: ") and run.stderr.count("\n") == 1 and "\x1b" not in run.stderr
        assert set(server.asked) <= {"/.well-known/openid-configuration"}
        assert not (tmp_path / ".local/state/lotse/sessions").exists() or not any(
            (tmp_path / ".local/state/lotse/sessions").iterdir())
    finally:
        server.close()


@pytest.mark.parametrize("site", [
    {"name": "a\nb", "server": "https://a", "audience": "x"}, {"name": "-x", "server": "https://a", "audience": "x"},
    {"name": "a", "server": "http://a", "audience": "x"}, {"name": "a", "server": "https://a\n  exec: x", "audience": "x"},
    {"name": "a", "server": "https://a", "audience": "x y"}, {"name": "$(id)", "server": "https://a", "audience": "x"},
    {"name": "../a", "server": 1, "audience": "x"}, {"server": "https://a", "audience": "x"}])
def test_a_hostile_list_of_clusters_writes_no_kubeconfig(tmp_path, ca, site):
    def answers(path):
        return answer(json.dumps({"sites": [site]}) if path.endswith("sites") else document(server.issuer))

    server = Canned(ca, answers)
    try:
        run = Helper(tmp_path, server, ca).run("setup", KUBECONFIG=str(tmp_path / "config"))
        assert run.returncode != 0 and "\x1b" not in run.stderr
        assert not (tmp_path / "config").exists()
    finally:
        server.close()


# --- files that others laid there

def state_folder(helper):
    return helper.home / ".local/state/lotse"


def test_a_token_that_is_a_link_is_not_followed(logged_in, tmp_path):
    token = logged_in.state("tokens")[0]
    elsewhere = tmp_path / "elsewhere"
    os.rename(token, elsewhere)
    token.symlink_to(elsewhere)
    run = logged_in.run()
    assert run.returncode != 0 or token_of(run) and not token.is_symlink()


@pytest.mark.parametrize("kind", ["tokens", "sessions"])
def test_a_pipe_in_the_place_of_a_file_stops_nobody(logged_in, kind):
    path = logged_in.state(kind)[0]
    path.unlink()
    os.mkfifo(path, 0o600)
    logged_in.run()  # ends at all: a reader of a pipe would wait for ever


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("what", ["", "tokens"])
def test_what_belongs_to_another_user_is_refused(logged_in, what):
    path = state_folder(logged_in) if not what else logged_in.state(what)[0]
    os.chown(path, 12345, 12345)
    run = logged_in.run()
    assert run.returncode != 0 and run.stdout == "" and "belongs to another user" in run.stderr
    assert logged_in.gateway.count["refresh"] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_session_of_another_user_is_not_used(logged_in):
    logged_in.expire()
    os.chown(logged_in.state("sessions")[0], 12345, 12345)
    run = logged_in.run()
    assert run.returncode == 0 and token_of(run)  # a login of our own
    assert logged_in.gateway.count["refresh"] == 0 or logged_in.gateway.count["auth"] == 1
    assert logged_in.state("sessions")[0].stat().st_uid == os.geteuid()


def test_a_state_folder_that_is_a_link_is_refused(logged_in, tmp_path):
    folder = state_folder(logged_in)
    os.rename(folder, tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    run = logged_in.run()
    assert run.returncode != 0 and run.stdout == "" and "is a link" in run.stderr


# --- programs that others laid there

def test_the_network_half_is_never_taken_from_the_path(helper, tmp_path):
    trap = tmp_path / "bin"
    trap.mkdir()
    for name in ("lotse-login-net", "lotse-login"):
        (trap / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/trapped\n")
        (trap / name).chmod(0o755)
    run = helper.run(PATH=f"{trap}:{os.environ['PATH']}")
    assert run.returncode == 0 and token_of(run) and not (tmp_path / "trapped").exists()


def test_the_cached_path_loads_nothing_from_elsewhere(logged_in, tmp_path):
    run = logged_in.run(LD_PRELOAD=str(tmp_path / "x.so"), LD_LIBRARY_PATH=str(tmp_path))
    assert run.returncode == 0 and token_of(run) and run.stderr == ""  # a dynamic program would complain about the preload


# --- neighbours at the listener

def test_a_rebound_name_and_a_second_answer_get_nothing(helper, tmp_path):
    """The stub browser is a script that first plays the attacker at the listener, then logs in."""
    script = tmp_path / "browser.py"
    script.write_text(
        "import socket, subprocess, sys, urllib.parse\n"
        "q = urllib.parse.parse_qs(urllib.parse.urlsplit(sys.argv[-1]).query)\n"
        "u = urllib.parse.urlsplit(q['redirect_uri'][0]); state = urllib.parse.quote(q['state'][0])\n"
        "def ask(head):\n"
        "    s = socket.create_connection(('127.0.0.1', u.port), 5); s.sendall(head.encode()); a = b''\n"
        "    while p := s.recv(4096): a += p\n"
        "    return a.split(b' ')[1].decode()\n"
        "good = f'{u.path}?code=evil&state={state}&iss=x'\n"
        "seen = [ask(f'GET {good} HTTP/1.1\\r\\nHost: evil.example:{u.port}\\r\\n\\r\\n'),\n"
        "        ask(f'GET {good} HTTP/1.1\\r\\nHost: 127.0.0.1:{u.port}\\r\\nHost: evil.example\\r\\n\\r\\n'),\n"
        "        ask(f'POST {good} HTTP/1.1\\r\\nHost: 127.0.0.1:{u.port}\\r\\n\\r\\n'),\n"
        "        ask(f'HEAD {good} HTTP/1.1\\r\\nHost: 127.0.0.1:{u.port}\\r\\n\\r\\n'),\n"
        "        ask(f'GET {u.path}?code=evil&state=wrong HTTP/1.1\\r\\nHost: 127.0.0.1:{u.port}\\r\\n\\r\\n'),\n"
        "        ask(f'GET {u.path}?code=evil&code=x&state={state} HTTP/1.1\\r\\nHost: 127.0.0.1:{u.port}\\r\\n\\r\\n'),\n"
        "        ask(f'GET {u.path}?error=access_denied&state=wrong HTTP/1.1\\r\\nHost: 127.0.0.1:{u.port}\\r\\n\\r\\n')]\n"
        f"open({str(tmp_path / 'seen')!r}, 'w').write(' '.join(seen))\n"
        f"subprocess.run({helper.env['LOTSE_BROWSER'].split()!r} + [sys.argv[-1]])\n"
        "try:\n    ask(f'GET {good} HTTP/1.1\\r\\nHost: 127.0.0.1:{u.port}\\r\\n\\r\\n')\n"
        f"except OSError: open({str(tmp_path / 'closed')!r}, 'w')\n")
    run = helper.run(LOTSE_BROWSER=f"{sys.executable} {script}")
    assert run.returncode == 0 and token_of(run), run.stderr
    assert set((tmp_path / "seen").read_text().split()) == {"400"}
    assert helper.gateway.count["auth"] == 1
