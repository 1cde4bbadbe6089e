"""The company's gateway with the clients that a certification run registers: import these names into a test file."""
import pytest

from tests.lib.relying_party import CALLBACK, RelyingParty
from tests.lib.stack import Stack

SECRET = "a secret/with:every+kind of sign?"  # RFC 6749 2.3.1: form-urlencoded inside of Basic
LOGGED_OUT = "https://rp.example/logged-out"
CLIENTS = [
    {"id": "basic", "secret": SECRET, "redirect_uris": [CALLBACK, CALLBACK + "?mode=query"], "pkce": "optional", "refresh": True,
     "post_logout_redirect_uris": [LOGGED_OUT, LOGGED_OUT + "?from=basic"]},
    {"id": "second", "secret": "another-long-secret-of-this-test", "redirect_uris": [CALLBACK], "pkce": "optional", "refresh": True},
    {"id": "public", "public": True, "redirect_uris": [CALLBACK, "http://127.0.0.1/native"], "refresh": True},
    {"id": "elliptic", "secret": SECRET, "redirect_uris": [CALLBACK], "id_token_alg": "ES256"},
    {"id": "picky", "secret": SECRET, "redirect_uris": [CALLBACK], "unknown_scopes_ignored": False},
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("company"), clients=CLIENTS) as running:
        yield running


@pytest.fixture
def gateway(stack):
    return stack.gateway


@pytest.fixture
def person(stack):
    return stack.corp.person("j.mueller")


@pytest.fixture
def other(stack):
    return stack.corp.person("m.sommer")


@pytest.fixture
def rp(gateway):
    return RelyingParty(gateway, "basic", SECRET)


@pytest.fixture
def second(gateway):
    return RelyingParty(gateway, "second", "another-long-secret-of-this-test")


@pytest.fixture
def public(gateway):
    return RelyingParty(gateway, "public")
