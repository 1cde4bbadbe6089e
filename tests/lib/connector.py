"""Drives a connector (LDAP or local) through out/<variant>/bin/connector-probe.

    with Connector(ldap_settings(slapd)) as c:
        c.login("m.sommer", "secret")["outcome"]     # ok, with id, username, groups ...
        c.lookup(id)                                 # the same person again
        c.read_all(); c.health(); c.bench("lookup", id=..., n=1000, threads=4)
"""
import json
import os
import select
import subprocess

from tests.lib import company as corp

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROBE = os.path.join(os.environ.get("OUT", os.path.join(ROOT, "out", os.environ.get("VARIANT", "dev"))), "bin", "connector-probe")
PATIENCE = 60  # seconds; a probe that answers later than every deadline hangs
OPENLDAP, AD, NO_RULES = 0, 1, 2
NO_GROUPS, MEMBER_OF, MEMBER, IN_CHAIN = 0, 1, 2, 3


def ldap_settings(*servers, **more):
    """The sample company's settings for one or more Slapd, over ldaps."""
    return {
        "id": "ldap", "urls": [s.ldaps_url for s in servers], "ca_file": servers[0].ca.cert if servers else "",
        "bind_dn": corp.SERVICE_DN, "bind_password": corp.SERVICE_PASSWORD, "people_base": corp.PEOPLE,
        "disabled_attribute": "employeeType", "disabled_value": "disabled",
        "group_rules": MEMBER_OF, "groups_base": corp.GROUPS, "nested": True, **more,
    }


class Connector:
    def __init__(self, settings, env=None):
        self.settings = settings
        self.env = {**os.environ, **(env or {})}

    def __enter__(self):
        self.process = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env)
        self.process.stdin.write(json.dumps(self.settings) + "\n")
        self.process.stdin.flush()
        self.log = ""
        return self

    def __exit__(self, kind, *_):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.log += self.process.stderr.read()
        code = self.process.wait(30)
        self.process.stdout.close()
        self.process.stderr.close()
        if kind is None and code != 0:
            raise AssertionError(f"connector-probe ends with {code}: {self.log}")

    def call(self, what, **fields):
        self.process.stdin.write(json.dumps({"call": what, **fields}) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        if not ready:
            self.process.kill()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("connector-probe died or hangs: " + self.process.stderr.read())
        return json.loads(line)

    @staticmethod
    def _bytes(key, value):
        return {key + "_hex": (value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value).hex()}

    def login(self, name, password, **more):
        return self.call("authenticate", **self._bytes("name", name), **self._bytes("password", password), **more)

    def lookup(self, person_id, **more):
        return self.call("lookup", id=person_id, **more)

    def read_all(self, **more):
        return self.call("read_all", deadline_ms=30000, **more)

    def health(self, **more):
        return self.call("health", **more)

    def bench(self, n=1000, threads=1, **call):
        return self.call("bench", n=n, threads=threads, **call)


def refused(settings):
    """Settings that must not be accepted: what the connector says."""
    done = subprocess.run([PROBE], input=json.dumps(settings) + "\n", capture_output=True, text=True)
    assert done.returncode == 1, done
    return done.stderr
