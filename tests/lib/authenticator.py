"""The API server's own authenticator (k8s.io/apiserver, built from tests/go/authenticator) as a witness.

    with Authenticator(folder, authentication_config(issuer, "fra")) as witness:
        verdict = witness.ask(token)   # {"authenticated": True, "username": ..., "groups": [...]} or {..., "error": ...}

The issuer must answer when it starts: it fetches discovery and keys over the network as the API server does.
"""
import json
import pathlib
import subprocess

import yaml

from tests.lib.tools import tool


class Authenticator:
    def __init__(self, folder, config, wait_seconds=15):
        path = pathlib.Path(folder) / "authentication.yaml"
        path.write_text(config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False))
        self.popen = subprocess.Popen([tool("k8s-authenticator"), "--config", path, "--wait", f"{wait_seconds}s"], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ask(self, token):
        """What an API server would make of this token."""
        if "\n" in token:
            raise ValueError("a token is one line")
        try:
            self.popen.stdin.write(token + "\n")
            self.popen.stdin.flush()
            line = self.popen.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"the authenticator ended: {self.popen.stderr.read()}")
        return json.loads(line)

    def close(self):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
