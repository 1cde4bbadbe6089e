"""What the metrics listener tells, and what the main one does not."""
import http.client

import pytest

from tests.lib.gateway import Gateway


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("metrics")) as server:
        yield server


def raw(gateway, path, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.metrics_port, timeout=20)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def test_content_type_is_the_one_prometheus_demands(gateway):
    answer, _ = raw(gateway, "/metrics")
    assert answer.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"


def test_not_on_the_main_listener(gateway):
    assert gateway.get("/metrics").status == 404


def test_requests_are_counted_by_route_and_status(gateway):
    name = 'lotse_http_requests_total{handler="/keys",method="GET",code="200"}'
    before = gateway.metrics().get(name, 0)
    for _ in range(3):
        assert gateway.get("/keys").status == 200
    assert gateway.get("/nowhere").status == 404
    after = gateway.metrics()
    assert after[name] == before + 3
    assert after['lotse_http_requests_total{handler="other",method="GET",code="404"}'] >= 1
    assert after['lotse_http_request_duration_seconds_count{handler="/keys"}'] >= 3


def test_refused_login_is_counted(gateway):
    before = gateway.metrics()['lotse_tokens_total{result="client_refused"}']
    answer = gateway.post("/token", {"grant_type": "authorization_code", "client_id": "nobody", "code": "x"})
    assert answer.status in (400, 401)
    assert gateway.metrics()['lotse_tokens_total{result="client_refused"}'] == before + 1
    assert gateway.lines("client.refused")


def test_health_of_the_parts(gateway):
    numbers = gateway.metrics()
    assert numbers["lotse_store_healthy"] == 1
    assert numbers['lotse_connector_healthy{connector="local"}'] == 1
    assert numbers["process_resident_memory_bytes"] > 1e6
    assert numbers["process_open_fds"] > 5
    assert numbers["lotse_tls_certificate_not_after_timestamp_seconds"] > 1.7e9
    assert sum(name.startswith("lotse_signing_key_created") for name in numbers) == 2
    for path in ("/healthz", "/readyz"):
        assert raw(gateway, path)[0].status == 200
    assert "connector local: ok" in gateway.get("/readyz").text


def test_audit_line_and_counter_never_hold_a_secret(gateway):
    secret = "s3cr3t-that-must-not-appear"
    gateway.post("/token", {"grant_type": "authorization_code", "client_id": "nobody", "client_secret": secret, "code": secret})
    gateway.get("/auth?client_id=nobody&state=" + secret, headers={"Cookie": "a=" + secret, "Authorization": "Bearer " + secret})
    assert secret not in raw(gateway, "/metrics")[1]
    assert secret not in gateway.log.read_text()
