"""Start, stop, kill, and what must not happen: a second gateway on one store, a foreign key file, cut off requests."""
import os
import pathlib
import re
import shutil
import socket
import threading

import pytest

from tests.lib.gateway import Gateway, run


def keys(gateway):
    return {k["kid"] for k in gateway.get("/keys").json()["keys"]}


def test_keys_survive_stop_and_kill(tmp_path):
    gateway = Gateway(tmp_path)
    with gateway:
        first = keys(gateway)
        assert gateway.lines("keys.created") and len(first) == 2
    with gateway:
        assert keys(gateway) == first and not gateway.lines("keys.created")
        gateway.kill()
    with gateway:
        assert keys(gateway) == first


def test_sigterm_ends_cleanly(tmp_path):
    gateway = Gateway(tmp_path).start()
    assert gateway.get("/readyz").status == 200
    assert gateway.stop() == 0
    assert gateway.lines("stopping")
    with pytest.raises(OSError):
        gateway.get("/healthz")


def test_a_running_request_is_finished_at_sigterm(tmp_path):
    """A login costs a password hash: it is under way when the signal comes, and still gets its answer."""
    gateway = Gateway(tmp_path).start()
    answers = []

    def ask():
        for _ in range(50):
            try:
                answers.append(gateway.get("/readyz").status)
            except OSError:
                return
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for t in threads:
        t.start()
    gateway.process.wait_for(lambda: len(answers) >= 20, "requests are under way")
    assert gateway.stop() == 0
    for t in threads:
        t.join()
    assert set(answers) <= {200, 503}


def test_idle_connections_do_not_hold_up_the_end(tmp_path):
    gateway = Gateway(tmp_path).start()
    idle = [gateway.connect() for _ in range(5)]
    for c in idle:
        c.request("GET", "/healthz")
        assert c.getresponse().read() == b"ok\n"
    silent = socket.create_connection(("127.0.0.1", gateway.port))
    assert gateway.stop(timeout=9) == 0  # less than the drain time
    silent.close()


def test_second_gateway_on_the_same_store_refuses_and_says_why(tmp_path):
    with Gateway(tmp_path / "a") as first:
        second = Gateway(tmp_path / "b")
        shutil.copy(tmp_path / "a/lotse.key", tmp_path / "b/lotse.key")
        second.config["store"]["path"] = str(tmp_path / "a/lotse.db")
        second.write()
        done = run("--config", second.path)
        assert done.returncode == 3, done.stderr
        assert str(first.process.pid) in done.stderr and "lotse.db" in done.stderr
        assert first.get("/readyz").status == 200
    done = None
    with second:  # the first one is gone: now it may
        assert second.get("/readyz").status == 200


def test_foreign_key_file_is_refused_and_nothing_is_overwritten(tmp_path):
    gateway = Gateway(tmp_path)
    with gateway:
        first = keys(gateway)
    (tmp_path / "lotse.key").rename(tmp_path / "good.key")
    run("--generate-key", tmp_path / "lotse.key")
    done = run("--config", gateway.path)
    assert done.returncode == 2 and "key_file" in done.stderr
    (tmp_path / "good.key").rename(tmp_path / "lotse.key")
    with gateway:
        assert keys(gateway) == first


@pytest.mark.parametrize("mode", [0o644, 0o604])
def test_key_file_that_others_may_read_is_refused(tmp_path, mode):
    gateway = Gateway(tmp_path)
    os.chmod(tmp_path / "lotse.key", mode)
    done = run("--config", gateway.path)
    assert done.returncode == 2 and "lotse.key" in done.stderr


def test_tls_key_that_others_may_read_is_refused(tmp_path):
    gateway = Gateway(tmp_path)
    os.chmod(gateway.pem.key, 0o644)
    done = run("--config", gateway.path)
    assert done.returncode == 2 and gateway.pem.key in done.stderr


def test_certificate_and_key_must_belong_together(tmp_path):
    gateway = Gateway(tmp_path)
    other = gateway.ca.server("other", ["localhost"])
    os.chmod(other.key, 0o600)
    gateway.config["tls"]["key"] = other.key
    gateway.write()
    done = run("--check", gateway.path)
    assert done.returncode == 2 and "does not belong to the certificate" in done.stderr


def test_port_in_use_is_said(tmp_path):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        gateway = Gateway(tmp_path)
        gateway.config["listen"] = f"127.0.0.1:{s.getsockname()[1]}"
        gateway.write()
        done = run("--config", gateway.path)
    assert done.returncode == 1 and "cannot listen on 127.0.0.1 port" in done.stderr and "in use" in done.stderr


def test_several_addresses_and_port_zero(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.config["listen"] = ["127.0.0.1:0", "[::1]:0"] if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6") else ["127.0.0.1:0"]
    gateway.write()
    with gateway:
        ports = [int(re.search(r"port=(\d+)", line)[1]) for line in gateway.lines("what=gateway")]
        assert len(ports) == len(gateway.config["listen"]) and all(ports)
        gateway.port = ports[0]
        assert gateway.get("/healthz").text == "ok\n"


def test_supervisor_is_told(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(tmp_path / "notify"))
        s.settimeout(20)
        gateway = Gateway(tmp_path / "g", env={"NOTIFY_SOCKET": str(tmp_path / "notify")}).start()
        assert s.recv(200).startswith(b"READY=1\n")
        gateway.reload()
        assert s.recv(200).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert s.recv(200).startswith(b"READY=1\n")
        gateway.stop()
        assert s.recv(200).startswith(b"STOPPING=1\n")


def test_process_keeps_its_secrets(tmp_path):
    with Gateway(tmp_path) as gateway:
        limits = pathlib.Path(f"/proc/{gateway.process.pid}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0", limits)
        status = pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text()
        assert re.search(r"Umask:\s+0077", status)
        assert (tmp_path / "lotse.db").stat().st_mode & 0o077 == 0
        if os.geteuid() == 0:
            assert os.readlink(f"/proc/{gateway.process.pid}/cwd") == "/"
        # a process that is not dumpable belongs to root in /proc: nobody of the same user may attach
        assert os.stat(f"/proc/{gateway.process.pid}/environ").st_uid == 0
