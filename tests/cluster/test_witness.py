"""The witness itself (the API server's own authenticator) says yes and no where it must: it could not help otherwise."""
import time

import pytest

from tests.lib.authenticator import Authenticator
from tests.lib.cluster import Issuer, authentication_config
from tests.lib.small_issuer import SmallIssuer


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
