"""SIGHUP: everything new or everything old, never half, and nobody is interrupted."""
import os
import socket
import ssl
import threading

import pytest

from tests.lib.gateway import PEOPLE, Gateway


@pytest.fixture
def gateway(tmp_path):
    with Gateway(tmp_path) as server:
        yield server


def metric(gateway, name):
    return gateway.metrics()[name]


def test_new_configuration_is_taken_over(gateway):
    assert "kubernetes" not in gateway.config
    gateway.config["kubernetes"] = {"sites": [{"name": "fra", "audience": "https://k.fra", "server": "https://a:6443"}]}
    gateway.write()
    assert gateway.reload()
    assert metric(gateway, "lotse_config_last_reload_successful") == 1
    assert gateway.get("/.well-known/openid-configuration").json()["issuer"] == gateway.issuer


@pytest.mark.parametrize("change", [{"colour": "red"}, {"tokens": {"id_token": "2h"}}, {"connectors": []}, {"policy": {"file": "none.yaml"}}])
def test_wrong_configuration_changes_nothing(gateway, change):
    before = gateway.get("/keys").text
    gateway.config.update(change)
    gateway.write()
    assert not gateway.reload()
    assert metric(gateway, "lotse_config_last_reload_successful") == 0
    assert gateway.lines("line=")  # each diagnostic is in the log, with its place
    assert gateway.get("/keys").text == before
    for key in change:
        gateway.config.pop(key)
    gateway.config["connectors"] = [{"type": "local", "id": "local", "path": "people.yaml"}]
    gateway.write()
    assert gateway.reload()
    assert metric(gateway, "lotse_config_last_reload_successful") == 1


@pytest.mark.parametrize("key, value", [("issuer", "https://other.example"), ("listen", "127.0.0.1:1"),
                                        ("store", {"path": "other.db"}), ("limits", {"workers": 3}),
                                        ("metrics", {"listen": "off"})])
def test_what_cannot_change_is_refused_by_name(gateway, key, value):
    gateway.config[key] = value
    gateway.write()
    assert not gateway.reload()
    assert any("cannot change while the gateway runs" in line and key in line for line in gateway.lines("problem="))


def test_certificate_is_replaced_without_closing_anything(gateway):
    def serial():
        with gateway.context().wrap_socket(socket.create_connection(("127.0.0.1", gateway.port)),
                                           server_hostname="localhost") as s:
            return s.getpeercert()["serialNumber"]
    open_connection = gateway.connect()
    open_connection.request("GET", "/healthz")
    assert open_connection.getresponse().read() == b"ok\n"
    old = serial()
    fresh = gateway.ca.server("fresh", ["localhost", "127.0.0.1"])
    os.replace(fresh.cert, gateway.pem.cert)
    os.chmod(fresh.key, 0o600)
    os.replace(fresh.key, gateway.pem.key)
    assert gateway.reload()
    assert serial() != old
    open_connection.request("GET", "/healthz")
    assert open_connection.getresponse().read() == b"ok\n"
    # TLS 1.1 stays refused after the change (a server that builds its TLS anew may forget)
    context = gateway.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with context.wrap_socket(socket.create_connection(("127.0.0.1", gateway.port)), server_hostname="localhost") as s:
        assert s.version() == "TLSv1.2"


def test_broken_certificate_keeps_the_old_one(gateway):
    with open(gateway.pem.cert) as f:
        good = f.read()
    with open(gateway.pem.cert, "w") as f:
        f.write("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    assert not gateway.reload()
    assert gateway.get("/healthz").status == 200
    with open(gateway.pem.cert, "w") as f:
        f.write(good)
    assert gateway.reload()


def test_people_are_read_again(gateway):
    gateway.people.write_text(PEOPLE.replace("username: m.sommer", "user: m.sommer"))
    assert not gateway.reload()
    gateway.people.write_text(PEOPLE + "    disabled: true\n")
    assert gateway.reload()


def test_requests_go_on_during_many_reloads(gateway):
    failures, done = [], threading.Event()

    def ask():
        connection = gateway.connect()
        while not done.is_set():
            for path in ("/keys", "/readyz", "/.well-known/openid-configuration"):
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    failures.append((path, answer.status))
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for t in threads:
        t.start()
    try:
        for i in range(15):
            assert gateway.reload()
    finally:
        done.set()
        for t in threads:
            t.join()
    assert failures == []
