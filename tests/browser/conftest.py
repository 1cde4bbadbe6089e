"""A real browser, the whole company's gateway, and an application that sends people there to log in."""
import pathlib

import pytest
from playwright.sync_api import sync_playwright

from tests.lib.rp_server import RpServer
from tests.lib.stack import Stack
from tests.lib.tools import OUT, tool

SCREENSHOTS = pathlib.Path(OUT).parent / "screenshots"
ARGUMENTS = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"]
WIDTHS = {1280: 800, 390: 844}


@pytest.fixture(scope="session")
def app():
    with RpServer() as running:
        yield running


@pytest.fixture(scope="session")
def stack(app, tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("company"), clients=[app.client]) as running:
        app.gateway = running.gateway
        yield running


@pytest.fixture
def gateway(stack):
    return stack.gateway


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tool("chromium"), args=ARGUMENTS,
                                             env={"HOME": str(home), "XDG_CONFIG_HOME": str(home), "LANG": "C.UTF-8"})
        yield browser
        browser.close()


class Window:
    """One person's browser window. Everything it complains about and everything it asks for is noted."""

    def __init__(self, chromium, stack, app, width=1280, scheme="light", language="en", scripts=False):
        self.name, self.language, self.width = f"{width}-{scheme}-{language}", language, width
        self.own = (stack.gateway.issuer + "/", app.origin + "/")
        self.complaints, self.foreign = [], []
        self.context = chromium.new_context(ignore_https_errors=True, viewport={"width": width, "height": WIDTHS.get(width, 844)},
                                            color_scheme=scheme, locale={"en": "en-GB", "de": "de-DE"}[language],
                                            java_script_enabled=scripts)
        self.context.set_default_timeout(15000)
        self.page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("request", lambda r: None if r.url.startswith(self.own) or r.url.startswith("data:") else self.foreign.append(r.url))

    def _console(self, message):
        # that a page has the status 403 or 400 is meant, not a complaint about it
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource: the server responded with a status"):
            self.complaints.append(message.text)

    def shot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}-{self.name}.png", full_page=True)

    def close(self):
        self.context.close()
        assert not self.complaints and not self.foreign


@pytest.fixture
def window(chromium, stack, app):
    """window(width, scheme, language, scripts) opens one; all are closed, and must have had nothing to complain about."""
    opened = []

    def open_one(*how, **more):
        opened.append(Window(chromium, stack, app, *how, **more))
        return opened[-1]
    yield open_one
    for one in opened:
        one.close()
