"""What the certification profile "Config OP" asks: discovery and keys, and that everything they name is so."""
import base64
import urllib.parse

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.flow.oidc_fixtures import gateway, person, rp, stack  # noqa: F401
from tests.lib.relying_party import public_key


@pytest.fixture
def discovery(gateway):
    reply = gateway.get("/.well-known/openid-configuration")
    assert reply.status == 200 and reply.headers["Content-Type"].split(";")[0] == "application/json"
    return reply.json()


def test_discovery_endpoint_verification(gateway, discovery):
    assert discovery["issuer"] == gateway.issuer
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"):
        url = urllib.parse.urlsplit(discovery[name])
        assert url.scheme == "https" and not url.fragment
    assert "code" in discovery["response_types_supported"]
    assert "authorization_code" in discovery["grant_types_supported"]
    assert discovery["subject_types_supported"] == ["public"]
    assert "RS256" in discovery["id_token_signing_alg_values_supported"]  # Discovery 3: MUST be included
    assert "none" not in discovery["id_token_signing_alg_values_supported"]
    assert "openid" in discovery["scopes_supported"]
    assert {"client_secret_basic", "client_secret_post"} <= set(discovery["token_endpoint_auth_methods_supported"])
    assert "sub" in discovery["claims_supported"]
    assert discovery["code_challenge_methods_supported"] == ["S256"]
    assert discovery["authorization_response_iss_parameter_supported"] is True
    assert discovery["request_parameter_supported"] is False and discovery["request_uri_parameter_supported"] is False
    for name, value in discovery.items():
        assert value != [], f"{name} is empty: Discovery 3 wants such a member left out"


def test_rfc8414_metadata_says_the_same(gateway, discovery):
    assert gateway.get("/.well-known/oauth-authorization-server").json() == discovery


def test_every_scope_it_names_is_granted_and_every_claim_stays_within(rp, person, discovery):
    tokens = rp.tokens(person, scope=" ".join(discovery["scopes_supported"]))
    assert set(tokens.get("scope", "").split() or discovery["scopes_supported"]) == set(discovery["scopes_supported"])
    assert set(tokens["claims"]) <= set(discovery["claims_supported"])
    assert set(rp.userinfo(tokens["access_token"])) <= set(discovery["claims_supported"])


def test_every_endpoint_it_names_answers(gateway, discovery):
    for name, url in discovery.items():
        if name.endswith(("_endpoint", "_uri")):
            assert url.startswith(gateway.issuer)
            assert gateway.get(url[len(gateway.issuer):]).status not in (404, 500, 502, 503), name


def test_keys(gateway):
    reply = gateway.get("/keys")
    assert reply.status == 200 and reply.headers["Content-Type"].split(";")[0] in ("application/json", "application/jwk-set+json")
    keys = reply.json()["keys"]
    assert len({k["kid"] for k in keys}) == len(keys)  # unique
    assert {k["alg"] for k in keys} == {"RS256", "ES256"}
    for k in keys:
        assert k["use"] == "sig" and not {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & set(k)
        key = public_key(k)
        if isinstance(key, rsa.RSAPublicKey):
            assert key.key_size >= 2048 and key.public_numbers().e == 65537
        else:
            assert isinstance(key.curve, ec.SECP256R1)
            assert len(base64.urlsafe_b64decode(k["x"] + "==")) == 32  # RFC 7518 6.2.1.2: full size


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys"])
def test_documents_may_be_cached_and_only_read(gateway, path):
    reply = gateway.get(path)
    assert "public" in reply.headers["Cache-Control"] and reply.headers["X-Content-Type-Options"] == "nosniff"
    head = gateway.request("HEAD", path)
    assert head.status == 200 and not head.body and head.headers["Content-Length"] == reply.headers["Content-Length"]
    refused = gateway.post(path, {})
    assert refused.status == 405 and "GET" in refused.headers["Allow"]


def test_keys_survive_a_restart(stack, gateway):
    before = gateway.get("/keys").json()
    assert gateway.stop() == 0
    gateway.start()
    assert gateway.get("/keys").json() == before
