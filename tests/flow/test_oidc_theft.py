"""Thieves, races and kill -9 against the real gateway: a login, a code and a log that give nothing away."""
import base64
import concurrent.futures
import hashlib
import secrets
import urllib.parse

import pytest

from tests.lib.browser_login import Browser
from tests.lib.gateway import PASSWORD, PERSON, Gateway

CALLBACK, SECRET = "https://app.example/cb", "a secret: 100% + more"
CLIENTS = [
    {"id": "app", "name": "The App", "secret": SECRET, "redirect_uris": [CALLBACK], "refresh": True},
    {"id": "other", "secret": "another secret entirely", "redirect_uris": [CALLBACK], "id_token_alg": "ES256"},
]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("oidc"), clients=CLIENTS) as running:
        yield running


@pytest.fixture
def browser(gateway):
    return Browser(gateway.ca.cert, follow=False)


def pack(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Login:
    """One authorization request and its proofs."""

    def __init__(self, gateway, client="app", **more):
        self.gateway, self.client, self.verifier, self.state = gateway, client, pack(secrets.token_bytes(32)), pack(secrets.token_bytes(800))
        self.nonce = secrets.token_hex(8)
        self.query = {"client_id": client, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid profile email groups",
                      "state": self.state, "nonce": self.nonce, "code_challenge_method": "S256",
                      "code_challenge": pack(hashlib.sha256(self.verifier.encode()).digest()), **more}

    @property
    def url(self):
        return f"{self.gateway.issuer}/auth?{urllib.parse.urlencode(self.query)}"

    def answer(self, page):
        """The parameters the browser carries to the client."""
        assert page.status == 303, page.text
        location = page.headers["Location"]
        assert location.startswith(CALLBACK + "?")
        parameters = dict(urllib.parse.parse_qsl(location.partition("?")[2], strict_parsing=True))
        assert parameters["state"] == self.state and parameters["iss"] == self.gateway.issuer
        return parameters

    def redeem(self, code, client=None, secret=None, **more):
        client = client or self.client
        secret = secret or next(c["secret"] for c in CLIENTS if c["id"] == client)
        basic = base64.b64encode(f"{urllib.parse.quote_plus(client)}:{urllib.parse.quote_plus(secret)}".encode()).decode()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": self.verifier, **more}
        return self.gateway.post("/token", {k: v for k, v in form.items() if v is not None}, {"Authorization": f"Basic {basic}"})


def test_a_form_of_another_browser_logs_nobody_in(gateway, browser):
    [(action, _, fields)] = browser.open(Login(gateway).url).forms()
    thief = Browser(gateway.ca.cert, follow=False)
    page = thief.open(action, fields | {"login": PERSON, "password": PASSWORD})
    assert page.status == 400 and page.forms()
    assert browser.open(action, fields | {"login": PERSON, "password": PASSWORD}).status == 303


def test_a_code_is_bound_used_once_and_its_replay_ends_everything(gateway, browser):
    login = Login(gateway, scope="openid offline_access")
    code = login.answer(browser.log_in(login.url, PERSON, PASSWORD))["code"]
    assert login.redeem(code, client="other").json()["error"] == "invalid_grant"
    assert login.redeem(code, code_verifier="A" * 43).json()["error"] == "invalid_grant"
    assert login.redeem(code, redirect_uri=CALLBACK + "x").json()["error"] == "invalid_grant"
    wrong = login.redeem(code, secret="wrong")
    assert wrong.status == 401 and wrong.headers["WWW-Authenticate"].startswith("Basic") and wrong.json()["error"] == "invalid_client"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: login.redeem(code), range(100)))
    good = [a for a in answers if a.status == 200]
    assert len(good) == 1 and all(a.json()["error"] == "invalid_grant" for a in answers if a.status != 200)
    tokens = good[0].json()
    assert gateway.get("/userinfo", {"Authorization": f"Bearer {tokens['access_token']}"}).status == 401
    assert login.redeem(None, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_no_code_works_twice_over_a_kill(gateway, browser):
    login = Login(gateway, scope="openid offline_access")
    code = login.answer(browser.log_in(login.url, PERSON, PASSWORD))["code"]
    tokens = login.redeem(code).json()
    gateway.kill()
    gateway.start()
    refreshed = login.redeem(None, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.status == 200
    assert login.redeem(code).json()["error"] == "invalid_grant"
    again = login.redeem(None, grant_type="refresh_token", refresh_token=refreshed.json()["refresh_token"])
    assert again.json()["error"] == "invalid_grant"     # the replay ended the family, and that is durable


def test_the_log_tells_everything_and_no_secret(gateway, browser):
    login = Login(gateway, scope="openid offline_access")
    page = browser.log_in(login.url, PERSON, PASSWORD)
    code = login.answer(page)["code"]
    tokens = login.redeem(code).json()
    log = "\n".join(gateway.lines())
    for event in ("login.ok", "session.started", "code.issued", "code.redeemed", "family.started", "token.issued"):
        assert event in log, event
    for secret in (PASSWORD, SECRET, code, *(tokens[t] for t in ("access_token", "refresh_token", "id_token")),
                   *(c.value for c in browser.cookies if c.value)):
        assert secret not in log
