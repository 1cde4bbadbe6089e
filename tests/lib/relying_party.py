"""A strict relying party, written from the specifications and sharing no code with the product: it believes nothing it did not check.

    rp = RelyingParty(gateway, "shop", secret="...", redirect_uri="https://rp.example/callback")
    browser = rp.browser()
    answer = rp.log_in(browser, person)          # dict of the callback's parameters, judged: state, iss
    tokens = rp.redeem(answer["code"])           # the token answer, judged: RFC 6749 5.1, ID token by Core 3.1.3.7
    tokens["claims"], rp.userinfo(tokens["access_token"]), rp.refresh(tokens["refresh_token"])
"""
import base64
import hashlib
import json
import secrets
import time
import urllib.parse

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.lib.browser_login import Browser

CALLBACK = "https://rp.example/callback"
SKEW_SECONDS = 5


def unbase64url(text):
    if set(text) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"):
        raise ValueError("not base64url")  # RFC 7515 2: no padding, no line breaks
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jws_parts(token):
    head, body, signature = token.split(".")
    return json.loads(unbase64url(head)), json.loads(unbase64url(body)), unbase64url(signature), f"{head}.{body}".encode()


def public_key(jwk):
    number = {k: int.from_bytes(unbase64url(jwk[k]), "big") for k in ("n", "e", "x", "y") if k in jwk}
    if jwk["kty"] == "RSA":
        return rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()
    assert jwk["kty"] == "EC" and jwk["crv"] == "P-256"
    return ec.EllipticCurvePublicNumbers(number["x"], number["y"], ec.SECP256R1()).public_key()


def verify_jws(token, keys):
    """(header, claims) of a token whose signature one published key made; raises otherwise."""
    header, claims, signature, signed = jws_parts(token)
    found = [k for k in keys if k["kid"] == header["kid"]]
    assert len(found) == 1, f"{len(found)} published keys have the kid {header['kid']}"
    assert found[0]["alg"] == header["alg"] and found[0]["use"] == "sig"
    key = public_key(found[0])
    if header["alg"] == "RS256":
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert header["alg"] == "ES256" and len(signature) == 64  # RFC 7518 3.4: R and S side by side, not DER
        der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        key.verify(der, signed, ec.ECDSA(hashes.SHA256()))
    return header, claims


def half_hash(token):
    """at_hash, Core 3.1.3.6"""
    return base64url(hashlib.sha256(token.encode()).digest()[:16])


class Refused(Exception):
    """The provider said an OAuth error."""

    def __init__(self, status, error, description=""):
        super().__init__(f"{status} {error}: {description}")
        self.status, self.error, self.description = status, error, description


class RelyingParty:
    def __init__(self, gateway, client_id, secret=None, redirect_uri=CALLBACK, alg="RS256", auth="client_secret_basic"):
        self.gateway, self.client_id, self.secret, self.redirect_uri = gateway, client_id, secret, redirect_uri
        self.alg, self.auth = alg, auth if secret else "none"
        self.verifier = self.state = self.nonce = None

    def browser(self, language="en"):
        return Browser(self.gateway.ca.cert, follow=False, language=language)

    # --- the front channel

    def parameters(self, **more):
        """Those of an authorization request; a value of None leaves one out."""
        self.verifier, self.state, self.nonce = (secrets.token_urlsafe(n) for n in (48, 12, 12))
        challenge = base64url(hashlib.sha256(self.verifier.encode()).digest())
        p = {"client_id": self.client_id, "redirect_uri": self.redirect_uri, "response_type": "code", "scope": "openid",
             "state": self.state, "nonce": self.nonce, "code_challenge": challenge, "code_challenge_method": "S256"} | more
        p = {k: v for k, v in p.items() if v is not None}
        self.state, self.nonce = p.get("state"), p.get("nonce")
        if "code_challenge" not in p:
            self.verifier = None
        return p

    def url(self, **more):
        return f"{self.gateway.issuer}/auth?{urllib.parse.urlencode(self.parameters(**more))}"

    def ask(self, browser, method="GET", **more):
        """Sends the authorization request: a page (login form, error) or the callback's redirect."""
        if method == "GET":
            return browser.open(self.url(**more))
        return browser.open(f"{self.gateway.issuer}/auth", self.parameters(**more))

    def fill_in(self, browser, page, person, password=None):
        assert page.status in (200, 400, 403), (page.status, page.text)
        for action, method, fields in page.forms():
            if "password" in fields:
                assert method == "post"
                return browser.open(action, fields | {"login": getattr(person, "uid", person),
                                                      "password": password or person.password})
        raise AssertionError(f"no login form: {page.text}")

    def callback(self, page):
        """What came back to the redirect URI, judged; an error is returned like any other answer."""
        assert page.status in (302, 303), (page.status, page.text)
        where = page.headers["Location"]
        assert where.startswith(self.redirect_uri + ("&" if "?" in self.redirect_uri else "?")), where
        assert "#" not in where  # the code flow answers in the query
        pairs = urllib.parse.parse_qsl(urllib.parse.urlsplit(where).query, keep_blank_values=True, strict_parsing=True)
        answer = dict(pairs)
        assert len(answer) == len(pairs), f"a parameter stands twice: {where}"
        assert answer.get("state") == self.state  # RFC 6749 4.1.2: required if present in the request, the exact value
        assert answer.get("iss") == self.gateway.issuer  # RFC 9207
        assert ("code" in answer) != ("error" in answer)
        return answer

    def log_in(self, browser, person, method="GET", **more):
        """The whole front channel: an open session answers by itself, a form is filled in."""
        page = self.ask(browser, method, **more)
        return self.callback(page if page.status in (302, 303) else self.fill_in(browser, page, person))

    def tokens(self, person, browser=None, **more):
        """A whole login: the judged token answer."""
        return self.redeem(self.log_in(browser or self.browser(), person, **more)["code"])

    # --- the back channel

    def token_request(self, form):
        headers = {}
        if self.auth == "client_secret_basic":
            pair = ":".join(urllib.parse.quote_plus(x) for x in (self.client_id, self.secret))  # RFC 6749 2.3.1
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form = form | {"client_id": self.client_id}
            if self.secret:
                form = form | {"client_secret": self.secret}
        return self.gateway.post("/token", form, headers)

    def _judge_token_answer(self, reply):
        body = reply.json()
        assert reply.headers["Content-Type"].split(";")[0] == "application/json"
        assert "no-store" in reply.headers["Cache-Control"]  # RFC 6749 5.1
        if reply.status != 200:
            assert reply.status in (400, 401, 503) and "error" in body
            raise Refused(reply.status, body["error"], body.get("error_description", ""))
        assert body["access_token"] and body["token_type"].lower() == "bearer" and body["expires_in"] > 0
        return body

    def redeem(self, code, **more):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        if self.verifier:
            form["code_verifier"] = self.verifier
        form = {k: v for k, v in (form | more).items() if v is not None}
        body = self._judge_token_answer(self.token_request(form))
        body["claims"] = self.judge_id_token(body["id_token"], nonce=self.nonce, access_token=body["access_token"])
        return body

    def refresh(self, token, audience=None, **more):
        body = self._judge_token_answer(self.token_request({"grant_type": "refresh_token", "refresh_token": token, **more}))
        if "id_token" in body:
            body["claims"] = self.judge_id_token(body["id_token"], access_token=body["access_token"], audience=audience)
        return body

    def keys(self):
        return self.gateway.get("/keys").json()["keys"]

    def judge_id_token(self, token, nonce=None, access_token=None, audience=None):
        """Core 3.1.3.7 and 2, in their order; the claims."""
        header, claims = verify_jws(token, self.keys())
        now = time.time()
        assert header["alg"] == self.alg and header.get("typ", "JWT") == "JWT" and "crit" not in header
        assert claims["iss"] == self.gateway.issuer
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        assert (audience or self.client_id) in audiences
        if len(audiences) > 1 or self.client_id not in audiences:
            assert claims["azp"] == self.client_id
        assert claims["exp"] > now - SKEW_SECONDS and claims["iat"] <= now + SKEW_SECONDS and claims["exp"] > claims["iat"]
        assert claims.get("nonce") == nonce
        assert isinstance(claims["sub"], str) and 0 < len(claims["sub"]) <= 255 and claims["sub"].isascii()
        if access_token and "at_hash" in claims:
            assert claims["at_hash"] == half_hash(access_token)
        for name in ("iat", "exp", "auth_time"):
            assert isinstance(claims[name], int)
        return claims

    def userinfo(self, access_token, how="get"):
        if how == "get":
            reply = self.gateway.get("/userinfo", {"Authorization": f"Bearer {access_token}"})
        elif how == "post-header":
            reply = self.gateway.post("/userinfo", {}, {"Authorization": f"Bearer {access_token}"})
        else:
            reply = self.gateway.post("/userinfo", {"access_token": access_token})
        if reply.status != 200:
            raise Refused(reply.status, reply.headers["WWW-Authenticate"] or "")
        assert reply.headers["Content-Type"].split(";")[0] == "application/json"
        return reply.json()


__all__ = ["CALLBACK", "InvalidSignature", "Refused", "RelyingParty", "base64url", "jws_parts", "unbase64url", "verify_jws"]
