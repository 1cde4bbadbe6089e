"""The real lotse-gateway on a free loopback port, with TLS from the tests' certificate authority, in a folder of its own.

    gateway = Gateway(folder, connectors=[...], policy=TEXT, clients=[...], sites=[...]).start()
    gateway.issuer, gateway.ca.cert, gateway.metrics_url
    gateway.get("/keys"), gateway.post("/token", {"grant_type": ...})     # Answer: status, headers, text, json()
    gateway.reload(), gateway.stop(), gateway.kill(), gateway.start()     # a second start uses the same store and keys
    gateway.config["tokens"] = {"id_token": "1m"}; gateway.write()        # then reload() or start()

Without connectors there is one person in a file: PERSON with PASSWORD. The configuration is written as JSON, which is YAML.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import urllib.parse

from tests.lib.ca import CA
from tests.lib.tools import Process, free_port, ours

PERSON, PASSWORD = "m.sommer", "hafen-lotse-1"
PEOPLE = """\
people:
  - username: m.sommer
    id: 0b0e3c9e-5a3e-4f0e-9d7e-2f6f0c1f7a11
    name: Matthias Sommer
    mail: m.sommer@corp.example
    groups: [pay-dev]
    password: "$argon2id$v=19$m=19456,t=2,p=1$bG90c2UtdGVzdC1zYWx0IQ$cgF1wgUQ1j18qc5FsFw17hveaaGyktYMxZBMjM7oiYU"
"""


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Gateway:
    def __init__(self, folder, connectors=None, policy=None, clients=None, sites=None, ca=None, plain=False, env=None, **more):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.plain, self.env, self.process = plain, dict(os.environ, **(env or {})), None
        self.port, self.metrics_port = free_port(), free_port()
        self.ca = ca or CA(self.folder / "ca")
        self.pem = self.ca.server(f"gateway-{self.port}", ["localhost", "127.0.0.1"])
        os.chmod(self.pem.key, 0o600)
        self.issuer = f"https://localhost:{self.port}"
        self.metrics_url = f"http://127.0.0.1:{self.metrics_port}"
        self.path, self.log = self.folder / "gateway.yaml", self.folder / "gateway.log"
        self.people = self.folder / "people.yaml"
        self.people.write_text(PEOPLE)
        self.config = {"issuer": self.issuer, "listen": f"127.0.0.1:{self.port}", "key_file": "lotse.key",
                       "metrics": {"listen": f"127.0.0.1:{self.metrics_port}"},
                       "store": {"type": "sqlite", "path": "lotse.db"},
                       "connectors": connectors or [{"type": "local", "id": "local", "path": "people.yaml"}], **more}
        if not plain:
            self.config["tls"] = {"certificate": self.pem.cert, "key": self.pem.key}
        if clients:
            self.config["clients"] = clients
        if sites:
            self.config["kubernetes"] = {"sites": sites}
        if policy:
            (self.folder / "policy.yaml").write_text(policy)
            self.config["policy"] = {"file": "policy.yaml"}
        if not (self.folder / "lotse.key").exists():
            run("--generate-key", self.folder / "lotse.key")
        self.write()

    def write(self):
        self.path.write_text(json.dumps(self.config, indent=1, ensure_ascii=False))

    # --- life

    def start(self, wait=True):
        self.mark = self.log.stat().st_size if self.log.exists() else 0
        self.process = Process([ours("lotse-gateway"), "--config", self.path], self.log, env=self.env)
        if wait:
            self.process.wait_for(lambda: self.lines("what=metrics"), "the gateway listens", timeout=60)
        return self

    def lines(self, part=""):
        """Lines of the log since the last start that hold the text."""
        with open(self.log, "rb") as f:
            f.seek(self.mark)
            return [line for line in f.read().decode(errors="replace").splitlines() if part in line]

    def reload(self):
        """SIGHUP; True when the new configuration is in force."""
        before = len(self.lines("config.reloaded"))
        self.process.send(signal.SIGHUP)
        self.process.wait_for(lambda: len(self.lines("config.reloaded")) > before, "the gateway reloads", timeout=30)
        return "event.outcome=success" in self.lines("config.reloaded")[-1]

    def stop(self, timeout=30):
        return self.process.stop(timeout) if self.process else None

    def kill(self):
        self.process.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # --- requests

    def context(self):
        return ssl.create_default_context(cafile=self.ca.cert)

    def connect(self, timeout=20):
        if self.plain:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.context())

    def request(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def post(self, path, form, headers=None):
        body = urllib.parse.urlencode(form) if isinstance(form, (dict, list)) else form
        return self.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})

    def metrics(self):
        """Every sample as {'name{labels}': value}."""
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=20)
        connection.request("GET", "/metrics")
        text = Answer(connection.getresponse()).text
        connection.close()
        return {name: float(value) for name, value in re.findall(r"^([a-z_]+(?:\{.*\})?) ([-+0-9.eInf]+)$", text, re.M)}

    def memory_kib(self, what="VmRSS"):
        return int(re.search(what + r":\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1])

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(*arguments, **more):
    """lotse-gateway to its end: stdout, stderr and returncode."""
    return subprocess.run([ours("lotse-gateway"), *map(str, arguments)], capture_output=True, text=True, timeout=60, **more)
