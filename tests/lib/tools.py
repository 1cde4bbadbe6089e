"""Where the programs under test and the programs they are tested with stand."""
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
VARIANT = os.environ.get("VARIANT", "dev")
OUT = ROOT / os.environ.get("OUT", f"out/{VARIANT}")


def ours(name):
    """A program that `make` built: lotse-gateway, lotse-policy, lotse-login ..."""
    path = OUT / "bin" / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `make` first")
    return str(path)


def tool(name):
    """A program that tools/setup built or installed: kube-apiserver, kubectl, etcd, k8s-authenticator, slapd ..."""
    for path in (ROOT / ".venv/bin" / name, shutil.which(name), shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")):
        if path and os.access(path, os.X_OK):
            return str(path)
    raise FileNotFoundError(f"{name} is missing: run `tools/setup test` first")


def free_port():
    """A loopback port that was free just now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _die_with_parent():
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A server in a process group of its own: ended with everything it started, also when this process is killed.

    Start it from a thread that lives as long as the server must: the system ties the two together.
    """

    def __init__(self, arguments, log, env=None, cwd=None, stdin=subprocess.DEVNULL):
        self.arguments = [str(a) for a in arguments]
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(self.arguments, stdin=stdin, stdout=out, stderr=out, env=env, cwd=cwd,
                                          start_new_session=True, preexec_fn=_die_with_parent)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def tail(self, lines=15):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def send(self, number):
        if self.running():
            os.killpg(self.pid, number)

    def kill(self):
        """What a power cut does."""
        self.send(signal.SIGKILL)
        self.popen.wait()

    def stop(self, timeout=10):
        self.send(signal.SIGTERM)
        try:
            self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        return self.popen.returncode

    def wait_for(self, question, what, timeout=60):
        """Asks until the answer is true; a server that ended or stays silent is an error with its last words."""
        deadline = time.monotonic() + timeout
        while not question():
            if not self.running():
                raise RuntimeError(f"{what}: ended with {self.popen.returncode}\n{self.tail()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not ready after {timeout} s\n{self.tail()}")
            time.sleep(0.05)
