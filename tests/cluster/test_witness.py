"""The witness itself (the API server's own authenticator) says yes and no where it must: it could not help otherwise."""
import base64
import http.server
import json
import ssl
import threading
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.lib.authenticator import Authenticator
from tests.lib.ca import Authority
from tests.lib.cluster import Issuer, authentication_config


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SmallIssuer:
    """Discovery and one ES256 key over TLS."""

    def __init__(self, folder):
        self.key = ec.generate_private_key(ec.SECP256R1())
        authority = Authority("issuer authority")
        self.ca_pem = authority.pem
        certificate, key = authority.server()
        (folder / "issuer.pem").write_text(certificate + key)
        numbers = self.key.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig", "alg": "ES256", "x": b64(numbers.x.to_bytes(32, "big")),
               "y": b64(numbers.y.to_bytes(32, "big"))}
        documents = self.documents = {"/keys": {"keys": [jwk]}}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(documents.get(self.path, {})).encode()
                self.send_response(200 if self.path in documents else 404)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "issuer.pem")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        documents["/.well-known/openid-configuration"] = {
            "issuer": self.url, "jwks_uri": self.url + "/keys", "authorization_endpoint": self.url + "/auth",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"]}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, **claims):
        now = int(time.time())
        claims = {"iss": self.url, "aud": "k8s-fra", "sub": "m.sommer", "iat": now, "exp": now + 600, "groups": ["team:payments"], **claims}
        head = b64(json.dumps({"alg": "ES256", "kid": "k1"}).encode()) + "." + b64(json.dumps(claims).encode())
        r, s = decode_dss_signature(self.key.sign(head.encode(), ec.ECDSA(hashes.SHA256())))
        return head + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    running = SmallIssuer(tmp_path_factory.mktemp("issuer"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def witness(issuer, tmp_path_factory):
    config = authentication_config(Issuer(issuer.url, issuer.ca_pem, {"fra": "k8s-fra"}), "fra")
    with Authenticator(tmp_path_factory.mktemp("witness"), config) as running:
        yield running


def test_a_good_token_is_accepted_with_prefixed_names(witness, issuer):
    verdict = witness.ask(issuer.token())
    assert verdict["authenticated"] and verdict["username"] == "lotse:m.sommer"
    assert verdict["groups"] == ["lotse:team:payments"]


def test_a_group_of_the_system_arrives_harmless(witness, issuer):
    assert witness.ask(issuer.token(groups=["system:masters"]))["groups"] == ["lotse:system:masters"]


@pytest.mark.parametrize("claims, text", [
    ({"aud": "k8s-muc"}, "audience"),
    ({"exp": 1}, "expired"),
    ({"exp": int(time.time()) + 7200}, "token lifetime too long"),
    ({"iss": "https://elsewhere.example"}, ""),
    ({"sub": ""}, ""),
])
def test_a_bad_token_is_refused(witness, issuer, claims, text):
    verdict = witness.ask(issuer.token(**claims))
    assert not verdict["authenticated"] and text in verdict["error"]


@pytest.mark.parametrize("spoil", [lambda t: t[:-8] + "AAAAAAAA", lambda t: t.split(".")[0], lambda t: "", lambda t: "ey." * 3])
def test_a_spoilt_token_is_refused(witness, issuer, spoil):
    assert not witness.ask(spoil(issuer.token()))["authenticated"]


def test_a_wrong_configuration_is_not_loaded(tmp_path, issuer):
    config = authentication_config(Issuer(issuer.url, issuer.ca_pem, {"fra": "k8s-fra"}), "fra")
    config["jwt"][0]["issuer"]["audence"] = ["x"]
    with Authenticator(tmp_path, config) as witness, pytest.raises(RuntimeError, match="audence"):
        witness.ask(issuer.token())
