"""One login, three clusters: ID tokens judged by the API server's own authenticator (k8s.io/apiserver), person by person."""
import json

import pytest

from tests.lib import company
from tests.lib.authenticator import Authenticator
from tests.lib.cluster import Issuer, authentication_config
from tests.lib.relying_party import Refused, RelyingParty, base64url, jws_parts
from tests.lib.stack import Stack

LEGACY = {"id": "kubernetes-legacy", "public": True, "redirect_uris": ["http://127.0.0.1/callback"], "refresh": True}
CROSS = [f"audience:server:client_id:{audience}" for audience in company.AUDIENCES.values()]
LOGIN_SCOPE = " ".join(["openid", "offline_access", *CROSS])


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("company"), clients=[LEGACY]) as running:
        yield running


def witness(stack, folder, site, audience=None, **more):
    with open(stack.ca.cert, encoding="ascii") as f:
        issuer = Issuer(stack.gateway.issuer, f.read(), {site: audience or company.AUDIENCES[site]}, **more)
    return Authenticator(folder, authentication_config(issuer, site))


@pytest.fixture(scope="module")
def judges(stack, tmp_path_factory):
    """What the API servers of the three sites make of a token, and one with RS256 and a client of its own."""
    running = {}
    try:
        for site in company.SITES:
            running[site] = witness(stack, tmp_path_factory.mktemp(site), site, username_claim="preferred_username")
        running["legacy"] = witness(stack, tmp_path_factory.mktemp("legacy"), "legacy", LEGACY["id"])
        yield running
    finally:
        for one in running.values():
            one.close()


class Device:
    """What lotse-login does: one login for all audiences, then a refresh for each."""

    def __init__(self, stack, uid):
        self.rp = RelyingParty(stack.gateway, "lotse-login", redirect_uri="http://127.0.0.1:49152/callback", alg="ES256")
        self.person = stack.corp.person(uid)
        self.token = self.rp.tokens(self.person, scope=LOGIN_SCOPE)["refresh_token"]

    def token_for(self, site):
        audience = company.AUDIENCES[site]
        answer = self.rp.refresh(self.token, audience=audience, scope=f"openid audience:server:client_id:{audience}")
        self.token = answer["refresh_token"]
        return answer["id_token"]

    def refused(self):
        with pytest.raises(Refused) as refused:
            self.token_for("fra")
        return refused.value


@pytest.fixture
def put_back(stack):
    """After a test that changes the company."""
    yield
    stack.slapd.reset()


def test_one_login_serves_three_clusters_with_one_audience_each(stack, judges):
    device = Device(stack, "m.sommer")
    tokens = {site: device.token_for(site) for site in company.SITES}
    for site, token in tokens.items():
        header, claims, *_ = jws_parts(token)
        assert header["alg"] == "ES256" and claims["aud"] in (company.AUDIENCES[site], [company.AUDIENCES[site]])
        for other in company.SITES:
            verdict = judges[other].ask(token)
            assert verdict["authenticated"] is (other == site), (site, other, verdict)
            if other != site:
                assert "aud" in verdict["error"]
        verdict = judges[site].ask(token)
        assert verdict["username"] == "lotse:m.sommer" and verdict["groups"] == ["lotse:team:payments"]


def test_the_login_itself_gives_a_token_for_no_cluster(stack, judges):
    device = Device(stack, "m.sommer")
    everything = device.rp.refresh(device.token)
    assert everything["claims"]["aud"] in ("lotse-login", ["lotse-login"])
    for site in company.SITES:
        assert not judges[site].ask(everything["id_token"])["authenticated"]
        assert not judges[site].ask(everything["access_token"])["authenticated"]


def test_rs256_for_an_api_server_with_a_client_of_its_own(stack, judges):
    rp = RelyingParty(stack.gateway, LEGACY["id"], redirect_uri="http://127.0.0.1:8000/callback")
    tokens = rp.tokens(stack.corp.person("j.mueller"), scope="openid profile groups")
    assert jws_parts(tokens["id_token"])[0]["alg"] == "RS256"
    verdict = judges["legacy"].ask(tokens["id_token"])
    assert verdict["authenticated"] and verdict["username"] == f"lotse:{tokens['claims']['sub']}"
    assert verdict["groups"] == ["lotse:team:shop"]
    assert not judges["fra"].ask(tokens["id_token"])["authenticated"]


@pytest.mark.parametrize("how", ["signature", "payload", "none", "HS256", "cut"])
def test_a_forged_token_is_refused(stack, judges, how):
    good = Device(stack, "m.sommer").token_for("fra")
    head, body, signature = good.split(".")
    unsigned, maced = (base64url(json.dumps({"alg": alg}).encode()) for alg in ("none", "HS256"))
    forged = {
        "signature": f"{head}.{body}.{signature[:-6]}AAAAAA",
        "payload": f"{head}.{base64url(b'{}')}.{signature}",
        "none": f"{unsigned}.{body}.",
        "HS256": f"{maced}.{body}.{signature}",
        "cut": f"{head}.{body}",
    }[how]
    assert not judges["fra"].ask(forged)["authenticated"]
    assert judges["fra"].ask(good)["authenticated"]


def test_a_member_of_a_group_named_system_masters_is_nobody_special(stack, judges):
    verdict = judges["fra"].ask(Device(stack, "r.maester").token_for("fra"))
    assert verdict["authenticated"] and verdict["username"] == "lotse:r.maester"
    assert verdict["groups"] == ["lotse:team:shop"]


def test_thirty_groups_become_the_teams_they_stand_for(stack, judges):
    person = stack.corp.person("p.viele")
    assert len(person.groups) > 30
    token = Device(stack, person.uid).token_for("muc")
    verdict = judges["muc"].ask(token)
    assert verdict["groups"] == ["lotse:team:payments"]
    assert len(token) < 1000  # a header that every proxy takes


@pytest.mark.parametrize("uid, groups", [("s.schachtel", ["lotse:team:security"]), ("o.ohne", None), ("x.leaver", None),
                                         ("u.adler", ["lotse:team:platform"])])
def test_teams_by_the_policy(stack, judges, uid, groups):
    verdict = judges["ber"].ask(Device(stack, uid).token_for("ber"))
    assert verdict["authenticated"] and (verdict.get("groups") or None) == groups


def test_a_team_move_shows_at_the_next_refresh(stack, judges, put_back):
    device = Device(stack, "g.gross")
    assert judges["fra"].ask(device.token_for("fra"))["groups"] == ["lotse:team:shop"]
    stack.slapd.move("g.gross", "shop-dev", "pay-dev")
    assert judges["fra"].ask(device.token_for("fra"))["groups"] == ["lotse:team:payments"]
    stack.slapd.leave("g.gross", "pay-dev")
    verdict = judges["fra"].ask(device.token_for("fra"))
    assert verdict["authenticated"] and not verdict.get("groups")


def test_a_disabled_person_gets_no_more_tokens_even_enabled_again(stack, put_back):
    device = Device(stack, "g.gross")
    stack.slapd.disable("g.gross")
    refused = device.refused()
    assert (refused.status, refused.error) == (400, "invalid_grant") and "disabled" in refused.description
    stack.slapd.enable("g.gross")
    assert device.refused().error == "invalid_grant"  # somebody decided that this login ends
    Device(stack, "g.gross").token_for("fra")


def test_a_lock_opens_again_and_costs_no_login(stack, put_back):
    device = Device(stack, "g.gross")
    stack.slapd.lock("g.gross")
    refused = device.refused()
    assert (refused.status, refused.error) == (503, "temporarily_unavailable") and "locked" in refused.description
    stack.slapd.unlock("g.gross")
    device.token_for("fra")


def test_an_expired_person_gets_no_token_until_prolonged(stack, put_back):
    device = Device(stack, "g.gross")
    stack.slapd.expire("g.gross")
    refused = device.refused()
    assert (refused.status, refused.error) == (400, "invalid_grant") and "expired" in refused.description
    stack.slapd.unexpire("g.gross")
    device.token_for("fra")


def test_a_deleted_person_is_gone_also_when_the_name_comes_back(stack, put_back):
    device = Device(stack, "g.gross")
    stack.slapd.delete("g.gross")
    assert device.refused().error == "invalid_grant"
    person = stack.corp.person("g.gross")
    stack.slapd.modify(f"dn: {person.dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: g.gross\ncn: New\nsn: Person\n"
                       "userPassword: another-one\nmail: g.gross@corp.example\n")
    assert device.refused().error == "invalid_grant"  # another entryUUID: another person


def test_a_renamed_person_stays_who_they_are(stack, judges, put_back):
    device = Device(stack, "g.gross")
    before = jws_parts(device.token_for("fra"))[1]
    stack.slapd.rename("g.gross", "g.neu")
    token = device.token_for("fra")
    after = jws_parts(token)[1]
    assert after["sub"] == before["sub"]
    verdict = judges["fra"].ask(token)
    assert verdict["username"] == "lotse:g.neu" and verdict["groups"] == ["lotse:team:shop"]


def test_only_an_audience_that_is_a_site_can_be_asked_for(stack):
    rp = RelyingParty(stack.gateway, "lotse-login", redirect_uri="http://127.0.0.1:49152/callback", alg="ES256")
    for wrong in ("kubernetes-legacy", "k8s-xyz", ""):
        answer = rp.callback(rp.ask(rp.browser(), scope=f"openid audience:server:client_id:{wrong}"))
        assert answer["error"] == "invalid_scope"
    two = rp.tokens(stack.corp.person("m.sommer"), scope=f"openid offline_access {CROSS[0]} {CROSS[2]}")
    with pytest.raises(Refused, match="invalid_scope"):
        rp.refresh(two["refresh_token"], scope="openid audience:server:client_id:k8s-muc")


def test_the_keys_may_be_cached_for_no_longer_than_api_servers_can_bear(stack):
    reply = stack.gateway.get("/keys")
    assert reply.headers["Cache-Control"] == "public, max-age=30"
    assert {k["kty"] for k in reply.json()["keys"]} == {"RSA", "EC"}  # any other kind makes them drop all
