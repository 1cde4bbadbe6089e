"""What the certification profile "Basic OP" asks of a provider, module by module, from outside."""
import json
import time
import urllib.parse

import pytest

from tests.flow.oidc_fixtures import SECRET, gateway, other, person, public, rp, second, stack  # noqa: F401
from tests.lib.browser_login import Browser
from tests.lib.relying_party import CALLBACK, Refused, RelyingParty, base64url, jws_parts

WITHOUT_PKCE = {"code_challenge": None, "code_challenge_method": None}


def next_second():
    """auth_time counts whole seconds: what comes after this has another one."""
    time.sleep(1.1)


def shows_form(page):
    return page.status == 200 and any("password" in fields for _, _, fields in page.forms())


# --- response type, ID token


def test_server(rp, person):
    tokens = rp.tokens(person, **WITHOUT_PKCE)
    assert tokens["claims"]["at_hash"] and tokens["claims"]["auth_time"] <= tokens["claims"]["iat"]
    assert "refresh_token" not in tokens


def test_response_type_missing(rp):
    answer = rp.callback(rp.ask(rp.browser(), response_type=None))
    assert answer["error"] in ("unsupported_response_type", "invalid_request")


@pytest.mark.parametrize("kind", ["token", "id_token", "code id_token", "none", "CODE"])
def test_other_response_types_are_refused_in_the_query(rp, kind):
    assert rp.callback(rp.ask(rp.browser(), response_type=kind))["error"] == "unsupported_response_type"


def test_idtoken_signature_names_its_key(rp, person):
    header, *_ = jws_parts(rp.tokens(person)["id_token"])
    assert header["alg"] == "RS256" and header["kid"] and set(header) <= {"alg", "kid", "typ"}


def test_idtoken_with_es256(gateway, person):
    rp = RelyingParty(gateway, "elliptic", SECRET, alg="ES256")
    assert rp.tokens(person)["claims"]["aud"] in ("elliptic", ["elliptic"])


def test_sub_is_the_same_for_every_client(rp, second, person, other):
    first = rp.tokens(person)["claims"]["sub"]
    assert second.tokens(person)["claims"]["sub"] == first
    assert second.tokens(other)["claims"]["sub"] != first


# --- userinfo


@pytest.mark.parametrize("how", ["get", "post-header", "post-body"])
def test_userinfo(rp, person, how):
    tokens = rp.tokens(person)
    assert rp.userinfo(tokens["access_token"], how) == {"sub": tokens["claims"]["sub"]}


def test_userinfo_refuses_other_tokens(rp, gateway, person):
    tokens = rp.tokens(person)
    for wrong in (tokens["id_token"], tokens["access_token"][:-4] + "AAAA", "x", "a.b.c"):
        with pytest.raises(Refused) as refused:
            rp.userinfo(wrong)
        assert refused.value.status == 401 and 'error="invalid_token"' in refused.value.error
    bare = gateway.get("/userinfo")
    assert bare.status == 401 and bare.headers["WWW-Authenticate"].startswith("Bearer") and "error" not in bare.headers["WWW-Authenticate"]
    in_query = gateway.get("/userinfo?" + urllib.parse.urlencode({"access_token": tokens["access_token"]}))
    assert in_query.status in (400, 401)  # RFC 9700 4.3.2


# --- nonce


def test_ensure_request_without_nonce_succeeds_for_code_flow(rp, person):
    assert "nonce" not in rp.tokens(person, nonce=None)["claims"]


@pytest.mark.parametrize("nonce", ["n-0S6_WzA2Mj", 'quo"te\\back/slash', "ünïcode ✓", " spaces  inside ", "%41&x=y"])
def test_nonce_comes_back_unchanged(rp, person, nonce):
    assert rp.tokens(person, nonce=nonce)["claims"]["nonce"] == nonce


@pytest.mark.parametrize("state", ["a&code=stolen", "ünïcode ✓ +%20", 'quo"te<script>', "s" * 2000])
def test_state_comes_back_unchanged(rp, person, state):
    rp.tokens(person, state=state)


def test_state_may_be_left_out(rp, person):
    assert "state" not in rp.log_in(rp.browser(), person, state=None)


# --- scopes


def everything_of(person):
    return {"name": person.cn, "preferred_username": person.uid, "email": person.mail, "email_verified": True}


@pytest.mark.parametrize("scope, claims", [
    ("openid profile", ["name", "preferred_username"]),
    ("openid email", ["email", "email_verified"]),
    ("openid address", []),
    ("openid phone", []),
    ("openid profile email address phone", ["name", "preferred_username", "email", "email_verified"]),
])
def test_scope(rp, person, scope, claims):
    tokens = rp.tokens(person, scope=scope)
    expected = {k: v for k, v in everything_of(person).items() if k in claims}
    assert rp.userinfo(tokens["access_token"]) == {"sub": tokens["claims"]["sub"]} | expected
    for name, value in expected.items():
        assert tokens["claims"][name] == value
    assert not set(everything_of(person)) - set(claims) & set(tokens["claims"])
    granted = tokens.get("scope", scope).split()
    assert set(granted) <= set(scope.split()) and "openid" in granted


def test_ensure_other_scope_order_succeeds(rp, person):
    assert rp.userinfo(rp.tokens(person, scope="email  openid")["access_token"])["email"] == person.mail


def test_groups_scope_gives_the_teams(rp, person):
    tokens = rp.tokens(person, scope="openid groups")
    assert tokens["claims"]["groups"] == rp.userinfo(tokens["access_token"])["groups"] == ["team:shop"]


def test_unknown_scopes_are_ignored(rp, person):
    # Core 3.1.2.1: scope values that are not understood SHOULD be ignored; RFC 6749 5.1: and the answer says what was granted
    tokens = rp.tokens(person, scope="openid telepathy email urn:x:y")
    assert set(tokens["scope"].split()) == {"openid", "email"}


def test_unknown_scopes_are_refused_where_the_client_wants_that(gateway, person):
    rp = RelyingParty(gateway, "picky", SECRET)
    assert rp.callback(rp.ask(rp.browser(), scope="openid telepathy"))["error"] == "invalid_scope"
    rp.tokens(person, scope="openid email")


def test_a_foreign_audience_is_never_ignored(rp):
    answer = rp.callback(rp.ask(rp.browser(), scope="openid audience:server:client_id:second"))
    assert answer["error"] == "invalid_scope"


def test_without_openid_it_is_not_openid(rp):
    assert rp.callback(rp.ask(rp.browser(), scope="profile"))["error"] == "invalid_scope"


# --- what else a request may carry


@pytest.mark.parametrize("display", ["page", "popup", "touch", "wap"])
def test_display(rp, person, display):
    rp.tokens(person, display=display)


def test_ensure_request_with_unknown_parameter_succeeds(rp, person):
    rp.tokens(person, extra="foobar", **{"a.b[c]": "1"})


def test_login_hint_fills_in_the_name(rp, person):
    page = rp.ask(rp.browser(), login_hint=person.uid)
    assert next(f for _, _, f in page.forms() if "password" in f)["login"] == person.uid


@pytest.mark.parametrize("locales, says", [("de", 'lang="de"'), ("se de en", 'lang="de"'), ("en", 'lang="en"'), ("fr", 'lang="en"')])
def test_ui_locales(rp, locales, says):
    assert says in rp.ask(rp.browser(), ui_locales=locales).text


def test_claims_locales(rp, person):
    rp.tokens(person, claims_locales="se")


def test_ensure_request_with_acr_values_succeeds(rp, person):
    assert rp.tokens(person, acr_values="1 2")["claims"]["acr"]


def test_claims_essential(rp, person):
    asked = {"userinfo": {"name": {"essential": True}, "locale": None}, "id_token": {"email": None}}
    tokens = rp.tokens(person, claims=json.dumps(asked))
    assert rp.userinfo(tokens["access_token"]) == {"sub": tokens["claims"]["sub"], "name": person.cn}
    assert tokens["claims"]["email"] == person.mail


@pytest.mark.parametrize("bad", ["{", "[]", "1", '{"id_token": 1}', '{"id_token": {"acr": {"essential": true, "value": "moon"}}}'])
def test_claims_that_cannot_be_met_or_read_are_an_error(rp, bad):
    assert rp.callback(rp.ask(rp.browser(), claims=bad))["error"] in ("invalid_request", "unmet_authentication_requirements")


def test_ensure_post_request_succeeds(rp, person):
    rp.redeem(rp.log_in(rp.browser(), person, method="POST")["code"])


# --- prompt, max_age, id_token_hint


def test_prompt_login(rp, person):
    browser = rp.browser()
    before = rp.tokens(person, browser)["claims"]["auth_time"]
    next_second()
    page = rp.ask(browser, prompt="login")
    assert shows_form(page)
    again = rp.redeem(rp.callback(rp.fill_in(browser, page, person))["code"])
    assert again["claims"]["auth_time"] > before


def test_prompt_none_not_logged_in(rp):
    answer = rp.callback(rp.ask(rp.browser(), prompt="none"))
    assert answer["error"] in ("login_required", "interaction_required")


def test_prompt_none_logged_in(rp, person):
    browser = rp.browser()
    first = rp.tokens(person, browser)["claims"]
    second = rp.redeem(rp.callback(rp.ask(browser, prompt="none"))["code"])["claims"]
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


def test_prompt_none_with_another_prompt_is_an_error(rp):
    assert rp.callback(rp.ask(rp.browser(), prompt="none login"))["error"] == "invalid_request"


@pytest.mark.parametrize("prompt", ["consent", "select_account", "consent login"])
def test_other_prompts_ask_the_person(rp, person, prompt):
    browser = rp.browser()
    rp.tokens(person, browser)
    assert shows_form(rp.ask(browser, prompt=prompt))


def test_single_sign_on_without_prompt(rp, second, person):
    browser = rp.browser()
    first = rp.tokens(person, browser)["claims"]
    answer = second.callback(second.ask(browser))
    assert second.redeem(answer["code"])["claims"]["auth_time"] == first["auth_time"]


def test_max_age_1(rp, person):
    browser = rp.browser()
    before = rp.tokens(person, browser)["claims"]["auth_time"]
    time.sleep(2.1)
    page = rp.ask(browser, max_age=1)
    assert shows_form(page)
    again = rp.redeem(rp.callback(rp.fill_in(browser, page, person))["code"])["claims"]
    assert again["auth_time"] > before and again["iat"] - again["auth_time"] <= 10


def test_max_age_10000(rp, person):
    browser = rp.browser()
    before = rp.tokens(person, browser)["claims"]["auth_time"]
    next_second()
    again = rp.redeem(rp.callback(rp.ask(browser, max_age=10000))["code"])["claims"]
    assert again["auth_time"] == before


def test_max_age_0_is_prompt_login(rp, person):
    browser = rp.browser()
    rp.tokens(person, browser)
    assert shows_form(rp.ask(browser, max_age=0))


def test_max_age_1_with_prompt_none(rp, person):
    browser = rp.browser()
    rp.tokens(person, browser)
    time.sleep(2.1)
    assert rp.callback(rp.ask(browser, max_age=1, prompt="none"))["error"] == "login_required"


def test_id_token_hint(rp, person):
    browser = rp.browser()
    first = rp.tokens(person, browser)
    answer = rp.callback(rp.ask(browser, prompt="none", id_token_hint=first["id_token"]))
    assert rp.redeem(answer["code"])["claims"]["sub"] == first["claims"]["sub"]


def test_id_token_hint_of_another_person(rp, person, other):
    hint = rp.tokens(other)["id_token"]
    browser = rp.browser()
    rp.tokens(person, browser)
    # Core 3.1.2.1: login_required for the wrong person without asking; and asked, nobody else's login is good
    assert rp.callback(rp.ask(browser, prompt="none", id_token_hint=hint))["error"] == "login_required"
    page = rp.ask(browser, id_token_hint=hint)
    assert shows_form(page)
    assert rp.callback(rp.fill_in(browser, page, person))["error"] == "login_required"


# --- redirect_uri


@pytest.mark.parametrize("uri", [
    CALLBACK + "/", CALLBACK + "?", CALLBACK + "?x=1", CALLBACK + "#f", CALLBACK.upper(), "https://evil.example/", "/callback",
    CALLBACK.replace("https", "http"), CALLBACK.replace("rp.example", "rp.example:443"), CALLBACK.replace("rp.", "x@rp."),
    CALLBACK.replace("callback", "%63allback"), CALLBACK + "?mode=query&foo=bar", "", None])
def test_ensure_registered_redirect_uri(rp, uri):
    page = rp.ask(rp.browser(), redirect_uri=uri)
    assert page.status == 400 and "Location" not in page.headers  # RFC 6749 4.1.2.1: MUST NOT redirect
    assert page.headers["Content-Type"].startswith("text/html") and "redirect_uri" in page.text


def test_redirect_uri_query_ok(gateway, person):
    rp = RelyingParty(gateway, "basic", SECRET, redirect_uri=CALLBACK + "?mode=query")
    answer = rp.log_in(rp.browser(), person)
    assert answer["mode"] == "query"
    rp.redeem(answer["code"])


@pytest.mark.parametrize("uri", ["http://127.0.0.1:49152/native", "http://127.0.0.1/native", "http://127.0.0.1:1/native"])
def test_a_native_client_may_use_any_loopback_port(gateway, person, uri):
    rp = RelyingParty(gateway, "public", redirect_uri=uri)
    rp.redeem(rp.log_in(rp.browser(), person)["code"])


@pytest.mark.parametrize("uri", ["http://localhost:5/native", "http://127.0.0.2:5/native", "http://127.0.0.1:5/other",
                                 "https://127.0.0.1:5/native", "http://127.0.0.1:5@evil.example/native"])
def test_a_native_client_may_use_nothing_else(gateway, uri):
    page = RelyingParty(gateway, "public", redirect_uri=uri)
    assert page.ask(page.browser()).status == 400


def test_redirect_uri_must_be_the_same_at_redemption(rp, person):
    answer = rp.log_in(rp.browser(), person)
    for wrong in (CALLBACK + "?mode=query", CALLBACK + "/", "", None):
        with pytest.raises(Refused) as refused:
            rp.redeem(answer["code"], redirect_uri=wrong)
        assert refused.value.status == 400 and refused.value.error in ("invalid_grant", "invalid_request")
    rp.redeem(answer["code"])  # a mistake of the client does not burn the code


def test_an_unknown_client_gets_a_page(rp):
    for wrong in ("nobody", "", None):
        page = rp.ask(rp.browser(), client_id=wrong)
        assert page.status == 400 and "Location" not in page.headers


# --- request objects are not supported, and say so


def unsigned(claims):
    return ".".join((base64url(b'{"alg":"none"}'), base64url(json.dumps(claims).encode()), ""))


@pytest.mark.parametrize("inside", [{}, {"redirect_uri": CALLBACK}, {"redirect_uri": "https://evil.example/"}])
def test_request_object_is_rejected_as_unsupported(rp, inside):
    answer = rp.callback(rp.ask(rp.browser(), request=unsigned({"client_id": "basic", "response_type": "code", **inside})))
    assert answer["error"] == "request_not_supported"


def test_ensure_request_object_with_redirect_uri_does_not_replace_a_missing_one(rp):
    page = rp.ask(rp.browser(), redirect_uri=None, request=unsigned({"client_id": "basic", "redirect_uri": CALLBACK}))
    assert page.status == 400 and "Location" not in page.headers


def test_request_uri_and_registration_are_rejected_as_unsupported(rp):
    answer = rp.callback(rp.ask(rp.browser(), request_uri="https://rp.example/request.jwt"))
    assert answer["error"] == "request_uri_not_supported"
    assert rp.callback(rp.ask(rp.browser(), registration="{}"))["error"] == "registration_not_supported"


def test_a_parameter_that_stands_twice_is_an_error(rp):
    browser = rp.browser()
    assert rp.callback(browser.open(rp.url() + "&scope=email"))["error"] == "invalid_request"
    assert browser.open(rp.url() + "&redirect_uri=https%3A%2F%2Fevil.example").status == 400
    assert browser.open(rp.url() + "&client_id=second").status == 400


# --- the token endpoint


def test_server_client_secret_post(gateway, person):
    RelyingParty(gateway, "basic", SECRET, auth="client_secret_post").tokens(person)


@pytest.mark.parametrize("auth", ["client_secret_basic", "client_secret_post"])
def test_a_wrong_client_secret(gateway, rp, person, auth):
    answer = rp.log_in(rp.browser(), person)
    wrong = RelyingParty(gateway, "basic", SECRET + "x", auth=auth)
    reply = wrong.token_request({"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": CALLBACK})
    assert reply.status == 401 and reply.json()["error"] == "invalid_client"  # RFC 6749 5.2
    if auth == "client_secret_basic":
        assert reply.headers["WWW-Authenticate"].startswith("Basic")
    rp.redeem(answer["code"])


def test_a_confidential_client_cannot_leave_its_secret_out(gateway, rp, person):
    answer = rp.log_in(rp.browser(), person)
    bare = RelyingParty(gateway, "basic")
    assert bare.token_request({"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": CALLBACK,
                               "code_verifier": rp.verifier}).status == 401


def test_codereuse(rp, person):
    answer = rp.log_in(rp.browser(), person)
    tokens = rp.redeem(answer["code"])
    with pytest.raises(Refused) as refused:
        rp.redeem(answer["code"])
    assert (refused.value.status, refused.value.error) == (400, "invalid_grant")
    with pytest.raises(Refused) as dead:  # RFC 6749 4.1.2: the tokens of the first use SHOULD be revoked
        rp.userinfo(tokens["access_token"])
    assert dead.value.status == 401


def test_codereuse_ends_the_refresh_token_too(rp, person):
    answer = rp.log_in(rp.browser(), person, scope="openid offline_access")
    tokens = rp.redeem(answer["code"])
    with pytest.raises(Refused):
        rp.redeem(answer["code"])
    with pytest.raises(Refused, match="invalid_grant"):
        rp.refresh(tokens["refresh_token"])


def test_codereuse_30seconds(stack, rp, person):
    """Long after a code's life a second use is refused as the first seconds' is; here a life is five seconds."""
    stack.gateway.config["tokens"] = {"code": "5s"}
    stack.gateway.write()
    assert stack.gateway.reload()
    try:
        used, unused = rp.log_in(rp.browser(), person), None
        tokens = rp.redeem(used["code"])
        verifier, nonce = rp.verifier, rp.nonce
        unused, late = rp.log_in(rp.browser(), person), (rp.verifier, rp.nonce)
        time.sleep(6)
        with pytest.raises(Refused, match="invalid_grant"):
            rp.redeem(unused["code"], code_verifier=late[0])
        rp.verifier, rp.nonce = verifier, nonce
        with pytest.raises(Refused, match="invalid_grant"):
            rp.redeem(used["code"])
        assert tokens["claims"]["sub"]
    finally:
        del stack.gateway.config["tokens"]
        stack.gateway.write()
        assert stack.gateway.reload()


def test_a_code_is_bound_to_its_client(rp, second, person):
    answer = rp.log_in(rp.browser(), person, **WITHOUT_PKCE)
    with pytest.raises(Refused, match="invalid_grant"):
        second.redeem(answer["code"])
    rp.redeem(answer["code"])


@pytest.mark.parametrize("code", ["", "x", "A" * 400, None])
def test_a_code_that_is_none(rp, code):
    with pytest.raises(Refused) as refused:
        rp.redeem(code)
    assert refused.value.status == 400 and refused.value.error in ("invalid_grant", "invalid_request")


@pytest.mark.parametrize("grant", ["password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:device_code", ""])
def test_other_grants(rp, grant):
    reply = rp.token_request({"grant_type": grant, "username": "m.sommer", "password": "x"})
    assert reply.status == 400 and reply.json()["error"] in ("unsupported_grant_type", "invalid_request")


# --- PKCE


def test_ensure_request_with_valid_pkce_succeeds(rp, public, person):
    rp.tokens(person)
    public.tokens(person)


@pytest.mark.parametrize("verifier", [None, "", "x" * 43, "short", "y" * 129])
def test_pkce_verifier_must_fit(public, person, verifier):
    answer = public.log_in(public.browser(), person)
    with pytest.raises(Refused) as refused:
        public.redeem(answer["code"], code_verifier=verifier)
    assert refused.value.error in ("invalid_grant", "invalid_request")
    public.redeem(answer["code"])


@pytest.mark.parametrize("challenge", [
    WITHOUT_PKCE, {"code_challenge_method": "plain"}, {"code_challenge_method": None}, {"code_challenge": "short"},
    {"code_challenge_method": "S512"}, {"code_challenge": None}])
def test_pkce_cannot_be_left_out_or_weakened(public, challenge):
    assert public.callback(public.ask(public.browser(), **challenge))["error"] == "invalid_request"


def test_pkce_downgrade(rp, person):
    """RFC 9700 2.1.1: a verifier without a challenge is an attack."""
    answer = rp.log_in(rp.browser(), person, **WITHOUT_PKCE)
    with pytest.raises(Refused):
        rp.redeem(answer["code"], code_verifier="v" * 43)


# --- refresh


@pytest.mark.parametrize("who", ["rp", "public"])
def test_refresh_token(request, who, second, person):
    rp = request.getfixturevalue(who)
    first = rp.tokens(person, scope="openid email offline_access", prompt="consent")
    next_second()
    again = rp.refresh(first["refresh_token"])
    before, after = first["claims"], again["claims"]
    for same in ("iss", "sub", "aud", "auth_time"):  # Core 12.2
        assert after[same] == before[same]
    assert after["iat"] > before["iat"] and "nonce" not in after
    assert again["access_token"] != first["access_token"]
    assert rp.userinfo(again["access_token"])["email"] == person.mail
    with pytest.raises(Refused, match="invalid_grant"):  # another client, properly authenticated
        second.refresh(again["refresh_token"])
    rp.refresh(again["refresh_token"])


def test_refresh_may_narrow_the_scope_and_never_widen_it(rp, person):
    tokens = rp.tokens(person, scope="openid email offline_access")
    narrow = rp.refresh(tokens["refresh_token"], scope="openid")
    assert "email" not in narrow["claims"] and "email" not in rp.userinfo(narrow["access_token"])
    with pytest.raises(Refused, match="invalid_scope"):
        rp.refresh(narrow["refresh_token"], scope="openid profile")
    assert rp.refresh(narrow["refresh_token"])["claims"]["email"] == person.mail


def test_a_reused_refresh_token_ends_its_family(public, person):
    first = public.tokens(person, scope="openid offline_access")
    lost = public.refresh(first["refresh_token"])  # an answer that never arrived
    again = public.refresh(first["refresh_token"])  # asked again: its successor was never used
    newest = public.refresh(again["refresh_token"])
    for thief in (lost, first):
        with pytest.raises(Refused, match="invalid_grant"):
            public.refresh(thief["refresh_token"])
    with pytest.raises(Refused, match="invalid_grant"):
        public.refresh(newest["refresh_token"])


def test_refresh_tokens_need_offline_access(rp, gateway, person):
    assert "refresh_token" not in rp.tokens(person, scope="openid")
    assert "refresh_token" not in RelyingParty(gateway, "elliptic", SECRET, alg="ES256").tokens(person, scope="openid offline_access")


# --- the login itself


@pytest.mark.parametrize("name, password", [("j.mueller", "wrong"), ("j.mueller", ""), ("nobody", "x"), ("", "x"), ("*", "*"),
                                            ("j.mueller)(uid=*", "x"), ("t.brandt", "right"), ("l.kranz", "right"), ("e.pohl", "right"),
                                            ("n.neumann", "right")])
def test_no_code_without_the_right_password(stack, rp, name, password):
    if password == "right":
        password = stack.corp.person(name).password
    browser = rp.browser()
    page = rp.ask(browser)
    action, _, fields = next(f for f in page.forms() if "password" in f[2])
    answer = browser.open(action, fields | {"login": name, "password": password})
    assert answer.status in (400, 403) and "Location" not in answer.headers
    assert 'role="alert"' in answer.text
    assert not [c for c in browser.cookies if "session" in c.name]


def test_a_form_belongs_to_its_browser(rp, person):
    page = rp.ask(rp.browser())
    stranger = Browser(rp.gateway.ca.cert, follow=False)
    answer = rp.fill_in(stranger, page, person)
    assert answer.status in (200, 400) and "Location" not in answer.headers
    assert not [c for c in stranger.cookies if "session" in c.name]


def test_cookies_are_bound_and_hidden(rp, person):
    browser = rp.browser()
    rp.tokens(person, browser)
    session = [c for c in browser.cookies if "session" in c.name]
    assert len(session) == 1 and session[0].name.startswith("__Host-")
    assert session[0].secure and session[0].path == "/" and session[0].has_nonstandard_attr("HttpOnly")
    assert session[0].get_nonstandard_attr("SameSite") == "Lax"
