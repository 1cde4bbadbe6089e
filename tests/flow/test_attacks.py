"""What somebody tries who wants in: guessing, reflected values, poisoned headers, one artefact in the place of another."""
import concurrent.futures
import json
import re
import socket
import urllib.parse

import pytest

from tests.flow.oidc_fixtures import SECRET, gateway, other, person, public, rp, stack  # noqa: F401
from tests.lib.relying_party import CALLBACK, Refused, RelyingParty
from tests.lib.stack import Stack

MARKUP = "\"'><script>x</script>\u2028\u202e"


# --- guessing (SEC-110, Keycloak CVE-2024-4629, Authelia CVE-2025-24806)

def full_width(name):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)


def test_parallel_guesses_in_every_spelling_reach_the_directory_a_few_times(tmp_path):
    with Stack(tmp_path) as own:
        target = own.corp.person("j.mueller")
        rp = RelyingParty(own.gateway, "lotse-login", redirect_uri="http://127.0.0.1:1/callback")
        names = [target.uid, target.uid.upper(), f"  {target.uid} ", full_width(target.uid), target.uid.replace(".", "\u00ad."),
                 target.uid[0] + full_width(target.uid[1:])]

        def guess(i):
            browser = rp.browser()
            page = rp.ask(browser)
            return rp.fill_in(browser, page, names[i % len(names)], f"guess {i}").status

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(guess, range(200)))
        assert set(answers) <= {403, 429} and answers.count(429) > 150
        asked = [line for line in own.gateway.lines("login.wrong_password")]
        # six at once, then one more each time a wait of 1, 2, 4 ... s is over while the 200 are under way
        assert 1 <= len(asked) <= 16, len(asked)

        # another person by two login attributes in turn: from the first wrong password on they are one account
        own.gateway.config["connectors"][0]["people"]["login"] = "(|(uid={username})(mail={username}))"
        own.gateway.write()
        assert own.gateway.reload()
        target = own.corp.person("m.sommer")
        before = len(own.gateway.lines("login.wrong_password"))
        for i in range(20):
            browser = rp.browser()
            name = target.uid if i % 2 else f"{target.uid}@corp.example"
            assert rp.fill_in(browser, rp.ask(browser), name, f"guess {i}").status in (403, 429)
        assert len(own.gateway.lines("login.wrong_password")) - before <= 11


# --- what is typed comes back as text (Hydra GO-2026-4861, Dex #2468)

@pytest.mark.parametrize("where", [
    "/auth?client_id={}", "/auth?client_id=basic&redirect_uri={}", "/auth?{}=1", "/logout?client_id={}", "/logout?id_token_hint={}",
    "/logout?client_id=basic&post_logout_redirect_uri={}&state={}", "/auth/login?state={}", "/{}", "/?error={}",
    "/.well-known/openid-configuration?{}", "/kubernetes/sites?{}", "/userinfo?{}={}",
    "/auth?client_id=basic&response_type=code&scope=openid&redirect_uri=https://rp.example/callback&login_hint={}&ui_locales={}"
    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&display={}&connector_id={}"])
@pytest.mark.parametrize("what", [MARKUP, "a\r\nSet-Cookie: x=y", "https://a;script-src *;/\r\n\r\n<b>", "%00\t\x1b[2J"])
def test_nothing_is_reflected_raw(gateway, where, what):
    path = where.replace("{}", urllib.parse.quote(what, safe=""))
    for answer in (gateway.get(path), gateway.post(*(path.split("?") if "?" in path else (path, "x=1")))):
        assert answer.status < 500
        text = answer.body.decode()
        assert "<script" not in text and "<b>" not in text and "\x1b" not in text
        assert "x" not in {c.split("=")[0].strip() for c in answer.headers.get_all("Set-Cookie") or []}
        assert "script-src" not in (answer.headers["Content-Security-Policy"] or "")
        if (answer.headers["Content-Type"] or "").startswith("text/html"):
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_logout_form_keeps_its_policy(rp, person):
    browser = rp.browser()
    rp.tokens(person, browser)
    for uri in ("https://a;script-src *;/", "https://evil.example/", "a\r\nX: y"):
        page = browser.open(f"{rp.gateway.issuer}/logout?" + urllib.parse.urlencode(
            {"client_id": "basic", "post_logout_redirect_uri": uri}))
        assert page.status == 200 and page.forms()
        assert page.headers["Content-Security-Policy"].endswith("form-action 'self'")


def test_every_line_of_the_log_is_ours(gateway, rp):
    """Keycloak CVE-2023-6484: a typed name begins no line and moves no cursor."""
    forged = "x\r\n2026-01-01T00:00:00Z audit login.ok user=admin\x1b[2K\x9b1A\u2028\u2029\u202e\u0085="
    gateway.get("/auth?client_id=" + urllib.parse.quote(forged))
    gateway.post("/token", {"client_id": forged, "client_secret": "x", "grant_type": forged})
    gateway.get("/userinfo", {"User-Agent": "x\x1b[2J", "Authorization": "Bearer \x1b[2J"})
    browser = rp.browser()
    for name in (forged, "a\u202eb\u2028 level=audit"):
        rp.fill_in(browser, rp.ask(browser), name, "x")
    with open(gateway.log, "rb") as f:
        f.seek(gateway.mark)
        text = f.read().decode()
    for line in text.removesuffix("\n").split("\n"):
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z (debug|info|warn|error|audit) ", line), line
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line), line
        assert "user=admin" not in re.sub(r'"(\\.|[^"\\])*"', "", line)


# --- the issuer is what the configuration says (ZITADEL CVE-2023-49097, CVE-2025-48936)

def raw(gateway, request):
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as plain:
        with gateway.context().wrap_socket(plain, server_hostname="localhost") as s:
            s.sendall(request)
            answer = b""
            while part := s.recv(65536):
                answer += part
            return answer.decode()


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/auth?client_id=x", "/", "/logout", "/kubernetes/sites"])
@pytest.mark.parametrize("header", ["Host: evil.example", "Host: localhost\r\nX-Forwarded-Host: evil.example",
                                    "Host: localhost\r\nForwarded: host=evil.example;proto=http",
                                    "Host: localhost\r\nX-Forwarded-Proto: http\r\nX-Original-URL: /evil.example"])
def test_no_header_changes_where_we_are(gateway, path, header):
    answer = raw(gateway, f"GET {path} HTTP/1.1\r\n{header}\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith("HTTP/1.1 ") and "evil.example" not in answer
    if path.endswith("configuration"):
        assert json.loads(answer.split("\r\n\r\n", 1)[1])["issuer"] == gateway.issuer


# --- cookies that are none (authentik CVE-2026-25748)

@pytest.mark.parametrize("cookie", ["", ".", "=", "a.b", "A" * 22 + "." + "A" * 43, "A" * 22 + ".", "\"x\"", "A" * 4000, "A.B.C",
                                    "../" * 10, "%00", "null", "true", "'; drop table records; --"])
def test_a_cookie_that_cannot_be_read_is_nobody(gateway, rp, cookie):
    name = "__Host-lotse-session"
    answer = gateway.get(rp.url(prompt="none").removeprefix(gateway.issuer), {"Cookie": f"{name}={cookie}"})
    assert answer.status == 303 and "error=login_required" in answer.headers["Location"]


def test_two_sessions_at_once_are_none(gateway, rp, person):
    browser = rp.browser()
    rp.tokens(person, browser)
    value = next(c.value for c in browser.cookies if c.name.endswith("lotse-session"))
    name = "__Host-lotse-session"
    path = rp.url(prompt="none").removeprefix(gateway.issuer)
    assert "code=" in gateway.get(path, {"Cookie": f"{name}={value}"}).headers["Location"]
    for pair in (f"{name}={value}; {name}=x", f"{name}=x; {name}={value}", f"{name}=; {name}={value}"):
        assert "login_required" in gateway.get(path, {"Cookie": pair}).headers["Location"], pair


# --- nothing advances without proof (authentik CVE-2026-49443)

def test_an_empty_submit_advances_nothing(gateway, rp):
    browser = rp.browser()
    page = rp.ask(browser)
    action, _, fields = page.forms()[0]
    hidden = {k: v for k, v in fields.items() if k not in ("login", "password")}
    for form in ({}, hidden, hidden | {"login": "j.mueller"}, hidden | {"password": "x"}, hidden | {"login": "j.mueller", "password": ""},
                 {"login": "j.mueller", "password": "x"}):
        answer = browser.open(action, form)
        assert answer.status in (400, 403) and "Location" not in answer.headers
    assert not any(c.name.endswith("lotse-session") for c in browser.cookies)


# --- one artefact in the place of another, and each one bent (SEC-061, ZITADEL CVE-2026-27840)

@pytest.fixture
def artefacts(rp, person):
    browser = rp.browser()
    page = rp.ask(browser)
    form = next(fields["state"] for _, _, fields in page.forms() if "password" in fields)
    tokens = rp.tokens(person, browser, scope="openid offline_access")
    return {"form": form, "code": rp.log_in(browser, person)["code"], "session": next(
        c.value for c in browser.cookies if c.name.endswith("lotse-session")),
        **{k: tokens[k] for k in ("access_token", "id_token", "refresh_token")}}


def bent(value):
    yield value[:-1]
    yield value + "A"
    yield value[1:]
    for at in range(0, len(value), max(1, len(value) // 25)):
        yield value[:at] + ("B" if value[at] == "A" else "A") + value[at + 1:]


def test_no_artefact_stands_in_for_another(gateway, rp, artefacts):
    for name, value in artefacts.items():
        if name != "access_token":
            assert gateway.get("/userinfo", {"Authorization": f"Bearer {value}"}).status == 401, name
        if name != "refresh_token":
            with pytest.raises(Refused, match="invalid_grant"):
                rp.refresh(value)
        if name != "code":
            with pytest.raises(Refused, match="invalid_grant"):
                rp.redeem(value)
        if name != "form":
            assert gateway.post("/auth/login", {"state": value, "login": "x", "password": "y"}).status == 400, name
        if name != "id_token":
            asked = gateway.get(rp.url(prompt="none", id_token_hint=value).removeprefix(gateway.issuer)) if len(value) < 4000 else None
            assert asked is None or "error=invalid_request" in asked.headers["Location"], name


def test_bent_artefacts_are_refused_and_burn_nothing(gateway, rp, artefacts):
    for value in bent(artefacts["access_token"]):
        assert gateway.get("/userinfo", {"Authorization": f"Bearer {value}"}).status == 401
    for value in bent(artefacts["refresh_token"]):
        with pytest.raises(Refused, match="invalid_grant"):
            rp.refresh(value)
    for value in bent(artefacts["code"]):
        with pytest.raises(Refused, match="invalid_grant"):
            rp.redeem(value)
    assert gateway.get("/userinfo", {"Authorization": f"Bearer {artefacts['access_token']}"}).status == 200
    assert rp.refresh(artefacts["refresh_token"])["id_token"]
    assert rp.redeem(artefacts["code"])["access_token"]


# --- a browser that changes hands (Keycloak CVE-2023-6787, CVE-2025-12390)

def test_logging_in_as_another_person_ends_the_first_session(gateway, rp, person, other):
    browser = rp.browser()
    first = rp.tokens(person, browser)
    before = {c.name: c.value for c in browser.cookies}
    second = rp.redeem(rp.callback(rp.fill_in(browser, rp.ask(browser, prompt="login"), other))["code"])
    after = {c.name: c.value for c in browser.cookies}
    assert first["claims"]["sub"] != second["claims"]["sub"] and first["claims"]["sid"] != second["claims"]["sid"]
    session = "__Host-lotse-session"
    assert before[session] != after[session]
    path = rp.url(prompt="none").removeprefix(gateway.issuer)
    assert "login_required" in gateway.get(path, {"Cookie": f"{session}={before[session]}"}).headers["Location"]
    assert gateway.get("/userinfo", {"Authorization": f"Bearer {first['access_token']}"}).status == 401
    assert gateway.get("/userinfo", {"Authorization": f"Bearer {second['access_token']}"}).status == 200


def test_a_form_does_not_outlive_what_it_was_for(gateway, rp, person):
    """After the login, and after a logout, the same form begins again: what was typed then opens nothing by itself."""
    browser = rp.browser()
    page = rp.ask(browser)
    action, _, fields = next(f for f in page.forms() if "password" in f[2])
    rp.callback(rp.fill_in(browser, page, person))
    logout = browser.open(f"{gateway.issuer}/logout")
    where, _, hidden = logout.forms()[0]
    browser.open(where, hidden | {"confirm": "yes"})
    again = browser.open(action, fields | {"login": person.uid, "password": person.password})
    assert again.status == 400 and "Location" not in again.headers


# --- redirects lead to registered places only (SEC-001 to SEC-005, Keycloak CVE-2026-18211)

@pytest.mark.parametrize("bad", [
    "HTTPS://rp.example/callback", "https://RP.example/callback", "https://rp.example/callback/", "https://rp.example/callback?",
    "https://rp.example/callback?x", "https://rp.example/callback#", "https://rp.example//callback", "https://rp.example/./callback",
    "https://rp.example/x/../callback", "https://rp.example/%63allback", "https://rp.example/x/..%252fcallback",
    "https://rp.example:443/callback", "https://rp.example./callback", "https://a@rp.example/callback",
    "https://rp.example@evil.example/callback", "https://rp.example\\@evil.example/callback", "https://evil.example\\.rp.example/callback",
    "https:/rp.example/callback", "https:rp.example/callback", "//rp.example/callback", "/callback", "https://rp.example/callback\t",
    "https://rp.example/callback\n", " https://rp.example/callback", "https://rp.example/callback ", "https://rp.example/callback\u0000",
    "https://rp.example\uff0fcallback", "https://rp\u3002example/callback", "https://xrp.example/callback",
    "https://rp.example.evil.example/callback", "http://rp.example/callback", "javascript://rp.example/callback", "javascript:alert(1)",
    "data:text/html,x", "https://rp-example/callback", "https://rpXexample/callback"])
def test_what_is_not_registered_gets_a_page(gateway, bad):
    rp = RelyingParty(gateway, "basic", SECRET)
    answer = gateway.get(rp.url(redirect_uri=bad).removeprefix(gateway.issuer))
    assert answer.status == 400 and "Location" not in answer.headers


@pytest.mark.parametrize("bad", [
    "http://localhost:9/native", "http://127.0.0.1.evil.example/native", "http://127.0.0.1:9@evil.example/native",
    "http://127.0.0.1:9\\@evil.example/native", "http://127.0.0.1:/native", "http://127.0.0.1:0/native", "http://127.0.0.1:65536/native",
    "http://127.0.0.1:9:9/native", "http://127.0.0.1:-1/native", "http://127.0.0.1:+9/native", "http://127.0.0.1: 9/native",
    "http://127.0.0.1:9/native/", "http://127.0.0.1:9/native?x", "http://127.0.0.1:9/native#x", "http://127.0.0.1:9//native",
    "http://127.0.0.2:9/native", "http://127.1:9/native", "http://2130706433:9/native", "http://0x7f.0.0.1:9/native",
    "http://[::1]:9/native", "http://[::ffff:127.0.0.1]:9/native", "http://0.0.0.0:9/native", "https://127.0.0.1:9/native",
    "HTTP://127.0.0.1:9/native", "http://user@127.0.0.1:9/native"])
def test_of_a_loopback_address_only_the_port_may_differ(gateway, bad):
    rp = RelyingParty(gateway, "public", redirect_uri="http://127.0.0.1/native")
    answer = gateway.get(rp.url(redirect_uri=bad).removeprefix(gateway.issuer))
    assert answer.status == 400 and "Location" not in answer.headers


# --- a gateway nobody can wear out

def test_peers_that_go_away_in_the_middle_cost_nothing(gateway, rp):
    """Requests are suspended while they wait for directory and store: whoever leaves meanwhile leaves nothing behind."""
    body = b"grant_type=authorization_code&code=x&client_id=public&redirect_uri=x"
    request = (b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
               b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    for i in range(60):
        plain = socket.create_connection(("127.0.0.1", gateway.port), 20)
        s = gateway.context().wrap_socket(plain, server_hostname="localhost")
        s.sendall(request * (1 + i % 3))
        if i % 2:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset instead of an end
        s.close()
    assert gateway.get("/healthz").status == 200
    assert gateway.post("/token", {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "public"}).status == 400
    gateway.process.wait_for(lambda: gateway.metrics()["lotse_http_connections"] <= 2, "connections are given back")
