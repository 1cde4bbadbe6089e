"""What goes wrong in a data centre: the gateway is killed, the directory stalls, the disk fills up, everybody comes at once."""
import concurrent.futures
import contextlib
import http.client
import os
import pathlib
import resource
import signal
import sqlite3
import ssl
import subprocess
import threading
import time
import urllib.parse

import pytest

from tests.lib.browser_login import Browser
from tests.lib.login_helper import wait_until
from tests.lib.relying_party import CALLBACK, Refused, RelyingParty
from tests.lib.stack import Stack

CLIENT = {"id": "device", "public": True, "redirect_uris": [CALLBACK], "refresh": True}
BROKEN = (OSError, http.client.HTTPException, ssl.SSLError)
ROUNDS = 12


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("company"), clients=[CLIENT]) as running:
        yield running


@pytest.fixture
def gateway(stack):
    if not stack.gateway.process.running():
        stack.gateway.start()
    return stack.gateway


@pytest.fixture
def person(stack):
    return stack.corp.person("m.sommer")


class Code:
    """A code that was not redeemed yet, with all it takes to redeem it."""

    def __init__(self, gateway, person, browser, scope="openid offline_access"):
        self.rp = RelyingParty(gateway, "device")
        self.form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": "device",
                     "code": self.rp.log_in(browser, person, scope=scope)["code"], "code_verifier": self.rp.verifier}

    def redeem(self):
        return self.rp.token_request(self.form)


class Device:
    def __init__(self, gateway, person, browser):
        self.code = Code(gateway, person, browser)
        self.gateway, self.refreshes = gateway, 0
        self.token = self.code.redeem().json()["refresh_token"]
        self.form = {"grant_type": "refresh_token", "client_id": "device"}

    def ask(self, token=None):
        return self.gateway.post("/token", self.form | {"refresh_token": token or self.token})

    def refresh(self):
        answer = self.ask()
        assert answer.status == 200, answer.text
        self.token = answer.json()["refresh_token"]
        self.refreshes += 1


def send_without_reading(gateway, form):
    """The request leaves; whatever is answered is never seen."""
    body = urllib.parse.urlencode(form).encode()
    connection = gateway.connect()
    connection.connect()
    connection.sock.sendall(b"POST /token HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                            b"Content-Length: %d\r\n\r\n" % (gateway.port, len(body)) + body)
    return connection


def assert_store_is_whole(gateway):
    with contextlib.closing(sqlite3.connect(gateway.folder / "lotse.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def tell(answer):
    return answer.status, answer.json().get("error")


# --- kill -9


def test_killed_in_the_middle_of_refreshes_nobody_is_logged_out(gateway, person):
    """Twenty devices refresh without a pause while the gateway is killed again and again; a lost answer is asked for again."""
    browser = Browser(gateway.ca.cert, follow=False)
    devices = [Device(gateway, person, browser) for _ in range(20)]
    ending, lost, problems = threading.Event(), [], []

    def live(device):
        while not ending.is_set():
            try:
                answer = device.ask()
                if answer.status != 200:
                    problems.append(answer.text)
                    return
                device.token = answer.json()["refresh_token"]
                device.refreshes += 1
            except BROKEN:
                lost.append(device)
                time.sleep(0.05)

    with concurrent.futures.ThreadPoolExecutor(len(devices)) as pool:
        running = [pool.submit(live, d) for d in devices]
        try:
            for _ in range(ROUNDS):
                before = sum(d.refreshes for d in devices)
                wait_until(lambda: sum(d.refreshes for d in devices) >= before + 2 * len(devices) or problems, 60)
                gateway.kill()
                gateway.start()
        finally:
            ending.set()
        for one in running:
            one.result()
    assert not problems
    assert len(lost) >= ROUNDS  # the kills did hit somebody
    for device in devices:
        device.refresh()
    assert gateway.stop() == 0
    assert_store_is_whole(gateway)


def test_killed_during_redemptions_no_code_works_twice(gateway, person):
    browser = Browser(gateway.ca.cert, follow=False)
    RelyingParty(gateway, "device").log_in(browser, person)  # from here on the session answers
    lost = 0

    def attempt(code):
        try:
            return tell(code.redeem())
        except BROKEN:
            return None
    for kill_after in range(ROUNDS):
        codes = [Code(gateway, person, browser) for _ in range(12)]
        with concurrent.futures.ThreadPoolExecutor(len(codes)) as pool:
            first = [pool.submit(attempt, c) for c in codes]
            wait_until(lambda: sum(f.done() for f in first) >= kill_after % 6)
            gateway.kill()
        first = [f.result() for f in first]
        gateway.start()
        lost += first.count(None)
        for code, before in zip(codes, first):
            again = tell(code.redeem())
            assert before in (None, (200, None)) and again in ((200, None), (400, "invalid_grant"))
            assert not (before == again == (200, None)), "one code, two answers"
            assert tell(code.redeem()) == (400, "invalid_grant")
    assert lost >= ROUNDS
    assert gateway.stop() == 0
    assert_store_is_whole(gateway)


def test_killed_between_a_redemption_and_its_answer(gateway, person):
    code = Code(gateway, person, Browser(gateway.ca.cert, follow=False))
    for _ in range(3):
        with contextlib.closing(send_without_reading(gateway, code.form)):
            wait_until(lambda: gateway.lines("code.redeemed") or gateway.lines("code.replayed"))
            gateway.kill()
        gateway.start()
        assert tell(code.redeem()) == (400, "invalid_grant")


def test_killed_between_a_refresh_and_its_answer(gateway, person):
    device = Device(gateway, person, Browser(gateway.ca.cert, follow=False))
    for _ in range(4):
        with contextlib.closing(send_without_reading(gateway, device.form | {"refresh_token": device.token})):
            wait_until(lambda: gateway.lines("refresh.ok") or gateway.lines("refresh.repeated"))
            gateway.kill()
        gateway.start()
    stolen = device.token
    device.refresh()  # its successor was never used, however often it was made
    device.refresh()
    assert tell(device.ask(stolen)) == (400, "invalid_grant")
    assert tell(device.ask()) == (400, "invalid_grant")


# --- everybody at once


def at_once(n, task):
    barrier = threading.Barrier(n)

    def run(i):
        barrier.wait()
        return task(i)
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(run, range(n)))


def test_a_hundred_redemptions_of_one_code_are_one(gateway, person):
    code = Code(gateway, person, Browser(gateway.ca.cert, follow=False))
    answers = at_once(100, lambda _: code.redeem())
    told = [tell(a) for a in answers]
    assert told.count((200, None)) == 1 and told.count((400, "invalid_grant")) == 99
    winner = next(a for a in answers if a.status == 200).json()
    with pytest.raises(Refused):  # RFC 6749 4.1.2: somebody stole it, and nobody knows which of them
        code.rp.userinfo(winner["access_token"])
    with pytest.raises(Refused, match="invalid_grant"):
        code.rp.refresh(winner["refresh_token"])


def test_a_hundred_uses_of_one_refresh_token_are_one_chain(gateway, person):
    device = Device(gateway, person, Browser(gateway.ca.cert, follow=False))
    answers = at_once(100, lambda _: device.ask())
    assert {tell(a) for a in answers} <= {(200, None), (503, "temporarily_unavailable")}
    twins = [a.json()["refresh_token"] for a in answers if a.status == 200]
    assert len(set(twins)) == len(twins) >= 1
    device.refresh()  # the token of before is still good: no successor was used
    device.refresh()
    assert tell(device.ask(twins[0])) == (400, "invalid_grant")  # and one chain only
    assert tell(device.ask()) == (400, "invalid_grant")


def test_a_hundred_logins_at_once(stack, gateway):
    people = [p for p in stack.corp.people.values() if p.state == "active"][:100]

    def log_in(i):
        return RelyingParty(gateway, "device").tokens(people[i], scope="openid profile")["claims"]["preferred_username"]
    assert at_once(100, log_in) == [p.uid for p in people]


# --- the directory


@pytest.fixture
def directory(stack):
    yield stack.slapd
    if stack.slapd.process is None or stack.slapd.process.poll() is not None:
        stack.slapd.start()
    stack.slapd.process.send_signal(signal.SIGCONT)
    wait_until(lambda: fill_in(stack.gateway, stack.corp.person("j.mueller")).status == 303, 60)


def ready(gateway):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.metrics_port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200


def fill_in(gateway, person):
    rp = RelyingParty(gateway, "device")
    browser = rp.browser()
    return rp.fill_in(browser, rp.ask(browser), person)


@pytest.mark.parametrize("fault", ["down", "stalled"])
def test_a_directory_that_does_not_answer_costs_no_login(gateway, directory, person, fault):
    browser = Browser(gateway.ca.cert, follow=False)
    device = Device(gateway, person, browser)
    access = RelyingParty(gateway, "device").tokens(person, browser)["access_token"]
    if fault == "down":
        directory.kill()
    else:
        directory.process.send_signal(signal.SIGSTOP)
    assert tell(device.ask()) == (503, "temporarily_unavailable")
    page = fill_in(gateway, person)
    assert page.status == 503 and 'role="alert"' in page.text and "Location" not in page.headers
    assert any("password" in fields for _, _, fields in page.forms())  # to try again right there
    rp = RelyingParty(gateway, "device")
    assert rp.userinfo(access)["sub"]  # what needs no directory goes on
    assert "code" in rp.callback(rp.ask(browser))
    assert gateway.get("/keys").status == gateway.get("/.well-known/openid-configuration").status == 200
    if fault == "down":
        directory.start()
    else:
        directory.process.send_signal(signal.SIGCONT)
    wait_until(lambda: device.ask().status == 200, 60)
    device.refresh()
    RelyingParty(gateway, "device").tokens(person)


def test_a_stalled_directory_holds_up_nothing_else(gateway, directory, person):
    browser = Browser(gateway.ca.cert, follow=False)
    devices = [Device(gateway, person, browser) for _ in range(40)]  # more than there are workers
    directory.process.send_signal(signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(len(devices)) as pool:
        waiting = [pool.submit(d.ask) for d in devices]
        wait_until(lambda: gateway.metrics()["lotse_http_queue_length"] > 0)
        for _ in range(50):
            assert gateway.get("/keys").status == 200
        assert not all(w.done() for w in waiting)  # answered beside them, not behind them
        for one in waiting:
            assert tell(one.result()) == (503, "temporarily_unavailable")
    directory.process.send_signal(signal.SIGCONT)
    wait_until(lambda: devices[0].ask().status == 200, 60)  # it is asked again after a while, by one request first
    for device in devices:
        device.refresh()


# --- a full disk


class SmallDisk:
    """A file system of its own that can be filled to the last block."""

    def __init__(self, folder):
        self.folder = folder
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "lotse-test", str(folder)], capture_output=True)
        if done.returncode:
            pytest.skip("a file system of its own needs root; the other variant of this test does without")

    def fill(self, _):
        with open(self.folder / "filler", "wb", buffering=0) as f, contextlib.suppress(OSError):
            while True:
                f.write(bytes(4096))

    def free(self, _):
        os.unlink(self.folder / "filler")

    def close(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


class SmallFiles:
    """No file may grow: what a quota does to a process."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self, gateway):
        size = (self.folder / "lotse.db-wal").stat().st_size
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def free(self, gateway):
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def close(self):
        pass


@pytest.fixture(params=[SmallDisk, SmallFiles])
def disk(request, stack, tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    made = request.param(folder)
    gateway, before = stack.gateway, dict(stack.gateway.config["store"])
    gateway.stop()
    gateway.config["store"] = {"type": "sqlite", "path": str(folder / "lotse.db")}
    gateway.write()
    log, gateway.log = gateway.log, tmp_path / "gateway.log"  # a short one: a limit is for every file
    try:
        gateway.start()
        yield made
    finally:
        gateway.stop()
        made.close()
        gateway.log, gateway.config["store"] = log, before
        gateway.write()


def test_a_full_disk_says_so_loses_nothing_and_recovers(gateway, disk, person):
    browser = Browser(gateway.ca.cert, follow=False)
    devices = [Device(gateway, person, browser) for _ in range(10)]
    code = Code(gateway, person, browser)
    disk.fill(gateway)

    def refreshes_until_full():
        for device in devices * 100:
            answer = device.ask()
            if answer.status != 200:
                return answer
            device.token = answer.json()["refresh_token"]
        raise AssertionError("the disk is full and nothing shows it")
    assert tell(refreshes_until_full()) == (503, "temporarily_unavailable")
    for device in devices:
        assert tell(device.ask()) == (503, "temporarily_unavailable")
    assert tell(code.redeem()) == (503, "temporarily_unavailable")
    page = fill_in(gateway, person)
    assert RelyingParty.callback(_expecting(gateway, page), page)["error"] == "temporarily_unavailable"
    assert gateway.lines("the store cannot be written")  # whoever reads the log knows what to do
    assert len(gateway.lines("the store cannot be written")) <= 5  # and can read it
    wait_until(lambda: not ready(gateway), 60)
    assert gateway.metrics()["lotse_store_healthy"] == 0
    assert gateway.get("/keys").status == 200

    disk.free(gateway)
    wait_until(lambda: ready(gateway), 60)
    for device in devices:
        device.refresh()
    assert tell(code.redeem()) == (200, None)
    assert tell(code.redeem()) == (400, "invalid_grant")
    RelyingParty(gateway, "device").tokens(person)
    assert gateway.stop() == 0
    with contextlib.closing(sqlite3.connect(pathlib.Path(disk.folder) / "lotse.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    gateway.start()
    for device in devices:
        device.refresh()


def _expecting(gateway, page):
    """A relying party that waits for just this answer."""
    rp = RelyingParty(gateway, "device")
    rp.state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.headers["Location"]).query))["state"]
    return rp
