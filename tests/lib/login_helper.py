"""lotse-login in a home of its own, and what its answers hold."""
import base64
import json
import os
import pathlib
import subprocess
import sys
import time

from tests.lib.tools import ROOT, ours

BROWSER = f"{sys.executable} {ROOT / 'tests/lib/browser_login.py'}"


class Helper:
    """lotse-login in a home of its own."""

    def __init__(self, home, gateway, ca):
        self.home, self.gateway = pathlib.Path(home), gateway
        self.program = ours("lotse-login")
        self.env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "LOTSE_CA_FILE": ca.cert,
                    "LOTSE_BROWSER": f"{BROWSER} {ca.cert} nobody no-password",
                    **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}

    def command(self, *words, audience="k8s-fra"):
        words = words or ("get-token",)
        where = [f"--issuer={self.gateway.issuer}"]
        return [self.program, *words, *where, *([f"--audience={audience}"] if words[0] == "get-token" else [])]

    def run(self, *words, audience="k8s-fra", **env):
        env = {k: v for k, v in (self.env | env).items() if v is not None}
        return subprocess.run(self.command(*words, audience=audience), env=env, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)

    def state(self, kind):
        return sorted((self.home / ".local/state/lotse" / kind).glob("[!.]*"))

    def expire(self, left=0.0):
        """Makes every cached token one that has `left` seconds to live."""
        for path in self.state("tokens"):
            data = bytearray(path.read_bytes())
            now = int(time.time() * 1000)
            times = [now - 600000, now - 120000, now - 30000 + int(min(left, 30) * 1000), now + int(left * 1000)]
            data[16:48] = b"".join(t.to_bytes(8, "little") for t in times)
            path.write_bytes(data)

    def age(self):
        """Makes every cached token one that is good and worth renewing."""
        for path in self.state("tokens"):
            data = bytearray(path.read_bytes())
            now = int(time.time() * 1000)
            data[16:48] = b"".join(t.to_bytes(8, "little") for t in (now - 500000, now - 1000, now + 70000, now + 100000))
            path.write_bytes(data)


def token_of(run):
    answer = json.loads(run.stdout)
    assert answer["kind"] == "ExecCredential"
    return answer["status"]["token"]


def claims_of(run):
    part = token_of(run).split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def wait_until(question, seconds=15):
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.02)
