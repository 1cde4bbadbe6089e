"""What the certification profile "RP-Initiated Logout" asks, module by module."""
import urllib.parse

import pytest

from tests.flow.oidc_fixtures import LOGGED_OUT, gateway, other, person, rp, second, stack  # noqa: F401
from tests.lib.relying_party import Refused


@pytest.fixture
def visit(rp, person):
    """A browser with a session, and the tokens of its login."""
    class Visit:
        browser = rp.browser()
        tokens = rp.tokens(person, browser, scope="openid offline_access")

        def logout(self, method="GET", **parameters):
            parameters = {k: v for k, v in parameters.items() if v is not None}
            where = f"{rp.gateway.issuer}/logout"
            if method == "POST":
                return self.browser.open(where, parameters)
            return self.browser.open(where + ("?" + urllib.parse.urlencode(parameters) if parameters else ""))

        def confirm(self, page, answer="yes"):
            action, method, fields = page.forms()[0]
            assert page.status == 200 and method == "post"
            return self.browser.open(action, fields | {"confirm": answer})

        @property
        def logged_in(self):
            answer = rp.callback(rp.ask(self.browser, prompt="none"))
            assert "code" in answer or answer["error"] == "login_required"
            return "code" in answer

        @property
        def hint(self):
            return self.tokens["id_token"]
    return Visit()


def is_redirect(page, where):
    return page.status in (302, 303) and page.headers["Location"] == where


def shows_logged_out(page):
    return page.status == 200 and "Location" not in page.headers and not page.forms()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_rp_initiated_logout(visit, method):
    page = visit.logout(method, id_token_hint=visit.hint, post_logout_redirect_uri=LOGGED_OUT, state="a&b=ü")
    assert is_redirect(page, LOGGED_OUT + "?state=" + urllib.parse.quote("a&b=ü", safe=""))
    assert not visit.logged_in


def test_rp_initiated_logout_no_state(visit):
    assert is_redirect(visit.logout(id_token_hint=visit.hint, post_logout_redirect_uri=LOGGED_OUT), LOGGED_OUT)
    assert not visit.logged_in


def test_rp_initiated_logout_only_state(visit):
    page = visit.logout(state="x")
    assert "Location" not in page.headers and visit.logged_in  # asks first
    assert shows_logged_out(visit.confirm(page))
    assert not visit.logged_in


def test_rp_initiated_logout_no_params(visit):
    page = visit.logout()
    assert visit.logged_in
    assert shows_logged_out(visit.confirm(page))
    assert not visit.logged_in


def test_rp_initiated_logout_no_id_token_hint(visit):
    page = visit.logout(post_logout_redirect_uri=LOGGED_OUT, state="x")
    assert visit.logged_in
    assert shows_logged_out(visit.confirm(page))  # nobody knows whose address this is
    assert not visit.logged_in


def test_rp_initiated_logout_with_client_id_instead(visit):
    page = visit.logout(post_logout_redirect_uri=LOGGED_OUT, client_id="basic", state="x")
    assert visit.logged_in
    assert is_redirect(visit.confirm(page), LOGGED_OUT + "?state=x")
    assert not visit.logged_in


def test_the_person_may_stay(visit):
    page = visit.confirm(visit.logout(), answer="no")
    assert page.status in (302, 303) and visit.logged_in


def test_rp_initiated_logout_no_post_logout_redirect_uri(visit):
    assert shows_logged_out(visit.logout(id_token_hint=visit.hint, state="x"))
    assert not visit.logged_in


@pytest.mark.parametrize("uri", ["https://evil.example/", LOGGED_OUT + "/", LOGGED_OUT + "?", LOGGED_OUT + "#x", LOGGED_OUT.upper(),
                                 "javascript:alert(1)", "//rp.example/logged-out"])
def test_rp_initiated_logout_bad_post_logout_redirect_uri(visit, uri):
    page = visit.logout(id_token_hint=visit.hint, post_logout_redirect_uri=uri, state="x")
    assert page.status == 400 and "Location" not in page.headers
    assert page.headers["Content-Type"].startswith("text/html")


def test_rp_initiated_logout_query_added_to_post_logout_redirect_uri(visit):
    page = visit.logout(id_token_hint=visit.hint, post_logout_redirect_uri=LOGGED_OUT + "?extra=1", state="x")
    assert page.status == 400 and "Location" not in page.headers


def test_a_registered_query_is_kept(visit):
    page = visit.logout(id_token_hint=visit.hint, post_logout_redirect_uri=LOGGED_OUT + "?from=basic", state="x")
    assert is_redirect(page, LOGGED_OUT + "?from=basic&state=x")


@pytest.mark.parametrize("hint", ["", "x", "a.b.c", "{}"])
def test_rp_initiated_logout_bad_id_token_hint(visit, hint):
    page = visit.logout(id_token_hint=hint, post_logout_redirect_uri=LOGGED_OUT, state="x")
    assert "Location" not in page.headers and visit.logged_in


def test_rp_initiated_logout_modified_id_token_hint(visit):
    head, body, signature = visit.hint.split(".")
    flipped = ("B" if signature[10] == "A" else "A").join((signature[:10], signature[11:]))
    page = visit.logout(id_token_hint=f"{head}.{body}.{flipped}", post_logout_redirect_uri=LOGGED_OUT, state="x")
    assert "Location" not in page.headers and visit.logged_in


def test_an_access_token_is_no_hint(visit):
    page = visit.logout(id_token_hint=visit.tokens["access_token"], post_logout_redirect_uri=LOGGED_OUT)
    assert "Location" not in page.headers and visit.logged_in


def test_a_hint_of_another_person_asks(visit, rp, other):
    foreign = rp.tokens(other)["id_token"]
    page = visit.logout(id_token_hint=foreign, post_logout_redirect_uri=LOGGED_OUT)
    assert "Location" not in page.headers and visit.logged_in


def test_a_hint_and_the_client_id_of_another_is_an_error(visit):
    page = visit.logout(id_token_hint=visit.hint, client_id="second", post_logout_redirect_uri=LOGGED_OUT)
    assert page.status == 400 and "Location" not in page.headers and visit.logged_in


def test_a_second_logout_with_the_hint_goes_on(visit):
    for _ in range(2):
        assert is_redirect(visit.logout(id_token_hint=visit.hint, post_logout_redirect_uri=LOGGED_OUT), LOGGED_OUT)


def test_a_confirmation_belongs_to_its_session(visit, rp, other):
    page = visit.logout()
    stranger = rp.browser()
    rp.tokens(other, stranger)
    action, _, fields = page.forms()[0]
    assert stranger.open(action, fields | {"confirm": "yes"}).status == 400
    assert "code" in rp.callback(rp.ask(stranger, prompt="none")) and visit.logged_in


def test_what_a_logout_ends(visit, rp, person):
    """The browser's own tokens end with it; a device with offline_access goes on."""
    browser_only = rp.tokens(person, visit.browser)
    visit.logout(id_token_hint=visit.hint)
    with pytest.raises(Refused) as dead:
        rp.userinfo(browser_only["access_token"])
    assert dead.value.status == 401
    rp.refresh(visit.tokens["refresh_token"])


def test_a_code_dies_with_the_session_it_came_from(visit, rp, person):
    answer = rp.log_in(visit.browser, person)
    visit.logout(id_token_hint=visit.hint)
    with pytest.raises(Refused, match="invalid_grant"):
        rp.redeem(answer["code"])
