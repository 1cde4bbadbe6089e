"""A person at a real browser: login, single sign-on, home, logout and what goes wrong; looked at in out/screenshots/."""
import re

import pytest

WORDS = {
    "en": {"name": "Username", "password": "Password", "log in": "Sign in", "log out": "Sign out", "stay": "Stay signed in"},
    "de": {"name": "Benutzername", "password": "Passwort", "log in": "Anmelden", "log out": "Abmelden", "stay": "Angemeldet bleiben"},
}
# Every text against what lies behind it (WCAG 2.2, 1.4.3): [text, ratio] of those that are too faint.
FAINT = """() => {
  const light = c => { const v = c.map(x => x / 255).map(x => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
                       return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  const parse = s => (s.match(/[\\d.]+/g) || []).map(Number);
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
                        if (c.length == 3 || c[3] == 1) return c.slice(0, 3); } return [255, 255, 255]; };
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
    if (!text || e.closest('style, option')) continue;
    const a = light(parse(getComputedStyle(e).color).slice(0, 3)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) faint.push([text, ratio]);
  }
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, button')) {  // 1.4.11: where a field or button ends
    const style = getComputedStyle(e), own = parse(style.backgroundColor), edge = parse(style.borderTopColor);
    const seen = c => { const a = light(c.slice(0, 3)), b = light(behind(e.parentElement));
                        return c.length == 4 && c[3] == 0 ? 0 : (Math.max(a, b) + .05) / (Math.min(a, b) + .05); };
    if (Math.max(seen(own), seen(edge)) < 3) faint.push([e.outerHTML, seen(edge)]);
  }
  return faint;
}"""
# Fields without a label, buttons without a name, things to press that are too small for a finger (2.5.8 asks for 24, we for 44).
UNNAMED = """() => [
  ...[...document.querySelectorAll('input:not([type=hidden]), select')].filter(e => !e.labels.length),
  ...[...document.querySelectorAll('button, a')].filter(e => !e.textContent.trim()),
  ...[...document.querySelectorAll('input:not([type=hidden]), select, button')].filter(e => e.getBoundingClientRect().height < 44),
].map(e => e.outerHTML)"""


def assert_good_page(window):
    page = window.page
    assert page.locator("html").get_attribute("lang") == window.language
    assert page.title().endswith("Lotse") and not page.title().startswith(" ")
    assert page.locator("h1").count() == page.get_by_role("main").count() == page.get_by_role("banner").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= window.width  # no scrolling to the side
    assert page.evaluate(FAINT) == []
    assert page.evaluate(UNNAMED) == []
    assert page.locator("script").count() == 0 and page.locator("[style]").count() == 0
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))


def fill_in(window, uid, password):
    words = WORDS[window.language]
    window.page.get_by_label(words["name"]).fill(uid)
    window.page.get_by_label(words["password"], exact=True).fill(password)
    window.page.get_by_role("button", name=words["log in"], exact=True).click()


def said(window):
    return window.page.locator("#said").text_content()


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_whole_visit(window, stack, app, width, scheme, language):
    """Without JavaScript, as every page must work."""
    w, words, person = window(width, scheme, language), WORDS[language], stack.corp.person("j.mueller")
    page = w.page

    page.goto(app.url("/start"))
    assert page.url.startswith(stack.gateway.issuer) and "Segelmacherei" in page.get_by_role("main").text_content()
    assert_good_page(w)
    w.shot("login")

    fill_in(w, person.uid, "not the password")
    assert page.get_by_role("alert").text_content()
    assert page.get_by_label(words["name"]).input_value() == person.uid  # need not be typed again
    assert page.get_by_label(words["password"], exact=True).input_value() == ""
    assert_good_page(w)
    w.shot("wrong-password")

    fill_in(w, person.uid, person.password)
    assert said(w) == f"Hello {person.cn}"

    page.goto(app.url("/start"))  # the second time nobody is asked
    assert said(w) == f"Hello {person.cn}" and app.claims[-1]["auth_time"] == app.claims[-2]["auth_time"]

    page.goto(stack.gateway.issuer + "/")
    home = page.get_by_role("main").text_content()
    for text in (person.cn, person.uid, person.mail, "shop", f"lotse-login setup --issuer={stack.gateway.issuer}"):
        assert text in home
    assert_good_page(w)
    w.shot("home")

    page.get_by_role("button", name=words["log out"]).click()
    if page.get_by_role("button", name=words["stay"]).count():
        assert_good_page(w)
        w.shot("logout")
        page.get_by_role("button", name=words["log out"]).click()
    assert page.get_by_role("button").count() == 0
    assert_good_page(w)
    w.shot("logged-out")

    page.goto(app.url("/start"))
    assert page.get_by_label(words["password"], exact=True).count() == 1


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_error_pages(window, gateway, width, scheme, language):
    w = window(width, scheme, language)
    for name, path, code in (("error", "/auth?client_id=sailmaker&redirect_uri=https%3A%2F%2Fevil.example%2F&response_type=code",
                              "invalid_redirect_uri"),
                             ("error-client", "/auth?client_id=%3Cscript%3Ealert(1)%3C%2Fscript%3E", "invalid_client")):
        answer = w.page.goto(gateway.issuer + path)
        assert answer.status == 400
        assert w.page.get_by_text(code, exact=True).count() == 1
        assert_good_page(w)
        w.shot(name)


@pytest.mark.parametrize("uid, says", [("t.brandt", "disabled|gesperrt|deaktiviert"), ("l.kranz", "locked|gesperrt"), ("e.pohl", "expired|abgelaufen"),
                                       ("n.neumann", "password|Passwort")])
def test_an_account_that_cannot_be_used_is_told_why(window, stack, app, uid, says):
    w = window(390, "light", "en")
    w.page.goto(app.url("/start"))
    fill_in(w, uid, stack.corp.person(uid).password)
    assert re.search(says, w.page.get_by_role("alert").text_content())
    assert_good_page(w)
    w.shot(f"refused-{uid}")


def test_by_keyboard_alone(window, stack, app):
    w, person = window(1280, "light", "en"), stack.corp.person("m.sommer")
    page = w.page
    page.goto(app.url("/start"))
    assert page.evaluate("document.activeElement.id") == "login"  # ready to type
    page.keyboard.type(person.uid)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "password"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"  # and it shows where one is
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert page.evaluate("document.activeElement.id") == "password"
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("#said")
    assert said(w) == f"Hello {person.cn}"

    page.goto(stack.gateway.issuer + "/")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/logout*")
    if page.get_by_role("button").count():
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Sign out"
        page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('button').length == 0")


def test_logout_from_the_application(window, stack, app):
    w, person = window(), stack.corp.person("j.mueller")
    w.page.goto(app.url("/start"))
    fill_in(w, person.uid, person.password)
    w.page.goto(app.url("/logout"))
    assert said(w) == "Bye"  # nobody is asked: the application proved whose login it was
    w.page.goto(app.url("/start?prompt=none"))
    assert said(w) == "refused: login_required"


def test_with_scripts_on_it_is_the_same(window, stack, app):
    w, person = window(scripts=True), stack.corp.person("j.mueller")
    w.page.goto(app.url("/start"))
    assert_good_page(w)
    fill_in(w, person.uid, person.password)
    assert said(w) == f"Hello {person.cn}"
    w.page.goto(stack.gateway.issuer + "/")
    assert_good_page(w)


@pytest.mark.parametrize("width", [320, 640])
def test_very_small_and_very_large(window, stack, app, width):
    """WCAG 1.4.10: 320 wide is what is left of 1280 at 400 %."""
    w, person = window(width, "light", "de"), stack.corp.person("p.viele")
    w.page.goto(app.url("/start"))
    assert_good_page(w)
    w.shot("login")
    fill_in(w, "x" * 200, "y")
    assert_good_page(w)
    fill_in(w, person.uid, person.password)
    w.page.goto(stack.gateway.issuer + "/")
    assert_good_page(w)
    w.shot("home")


def test_what_surrounds_the_pages(window, stack, app):
    """The headers that hold a page in its place, as the browser sees them."""
    w = window()
    answer = w.page.goto(app.url("/start"))
    policy = answer.headers["content-security-policy"]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert "unsafe" not in policy and "script-src" not in policy
    assert answer.headers["x-frame-options"] == "DENY" and answer.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in answer.headers["cache-control"]
    cookies = w.context.cookies(stack.gateway.issuer)
    assert cookies and all(c["secure"] and c["httpOnly"] and c["sameSite"] == "Lax" for c in cookies)


def test_a_page_cannot_be_framed(window, gateway, app):
    w = window()
    w.page.goto(app.url("/bye"))
    w.page.set_content(f'<iframe src="{gateway.issuer}/auth?client_id=nobody"></iframe>')
    w.page.wait_for_timeout(500)
    assert "invalid_client" not in (w.page.frames[-1].content() if len(w.page.frames) > 1 else "")
    assert any("frame" in c.lower() for c in w.complaints)
    w.complaints.clear()
