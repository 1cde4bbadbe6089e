"""The tour of `make demo`: a company, three real clusters, the gateway, and one developer's day. tools/demo runs it.

Each step prints the command as a person would type it and what it really said, checks that, and ends the tour by name
when it is not so."""
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("VARIANT", "release")

from tests.lib import browser_login, company  # noqa: E402
from tests.lib.stack import Stack  # noqa: E402
from tests.lib.tools import ours, tool  # noqa: E402

DEVELOPER, OWN, FOREIGN = "m.sommer", "pay-api", "shop-web"
NEW_TEAM_GROUP, NEW_NAMESPACE = "shop-dev", "shop-web"
LINES_MAX, WIDTH_MAX = 16, 200  # of one command's output
TTY = sys.stdout.isatty()


class Failed(Exception):
    pass


def bold(text):
    return f"\033[1m{text}\033[0m" if TTY else text


def dim(text):
    return f"\033[2m{text}\033[0m" if TTY else text


class Tour:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.number = 0
        self.home = self.folder / "home"
        self.home.mkdir()
        self.stack = self.browser = None

    # --- telling

    def step(self, text):
        self.number += 1
        self.title = text
        print(f"\n{bold(f'{self.number}. {text}')}", flush=True)

    def note(self, text):
        print(dim(f"   {text}"), flush=True)

    def run(self, *command, expect=0, says=None, never=None, shown=None, **more):
        """Shows a command and its output; expect: exit status (None: any but 0), says: text that must be in the output."""
        words = [pathlib.Path(command[0]).name, *(str(c).replace(f"{self.folder}/", "") for c in command[1:])]
        print("   $ " + (shown or shlex.join(words)), flush=True)
        run = subprocess.run([str(c) for c in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             stdin=subprocess.DEVNULL, env=self.env(), timeout=120, cwd=self.folder, **more)
        lines = run.stdout.rstrip().splitlines()
        if len(lines) > LINES_MAX:
            lines[LINES_MAX - 6:-4] = [dim(f"... {len(lines) - LINES_MAX + 2} lines more ...")]
        for line in lines:
            print("   " + (line if len(line) <= WIDTH_MAX else line[:WIDTH_MAX - 3] + "..."))
        good = run.returncode != 0 if expect is None else run.returncode == expect
        if not good:
            raise Failed(f"exit status {run.returncode}, expected {'another than 0' if expect is None else expect}")
        for text in [says] if isinstance(says, str) else says or []:
            if text not in run.stdout:
                raise Failed(f"the output does not say {text!r}")
        if never and never in run.stdout:
            raise Failed(f"the output says {never!r}")
        return run.stdout

    def env(self):
        path = f"{pathlib.Path(ours('lotse-login')).parent}:{pathlib.Path(tool('kubectl')).parent}:{os.environ['PATH']}"
        keep = {k: v for k, v in os.environ.items() if k in ("TERM", "TZ")}
        return keep | {"PATH": path, "HOME": str(self.home), "KUBECONFIG": str(self.home / ".kube/config"), "LANG": "C.UTF-8",
                       "LOTSE_BROWSER": str(self.browser)}

    def timed(self, what, start):
        began = time.monotonic()
        made = start()
        self.note(f"{what} ({time.monotonic() - began:.1f} s)")
        return made

    # --- the company

    def start(self):
        self.step("A company: its directory, three clusters, its policy, the gateway")
        self.stack = s = Stack(self.folder / "company", clusters=True)
        self.corp, self.ca, self.slapd = s.corp, s.ca, s.slapd
        self.timed(f"slapd with {len(s.corp.people)} people and {len(s.corp.groups)} groups", s.start_directory)
        self.timed(f"lotse-gateway at {s.gateway.issuer}", s.start_gateway)
        self.timed("three kube-apiservers on an etcd: fra, muc, ber", s.start_clusters)
        self.timed("their namespaces", s.start_namespaces)
        self.gateway, self.sites, self.policy = s.gateway, s.sites, s.policy
        self.browser = browser_login.write(self.folder / "browser", self.ca.cert, DEVELOPER, self.corp.person(DEVELOPER).password)

    def stop(self):
        if self.stack:
            self.stack.stop()

    # --- the tour

    def policy_is_applied(self):
        self.step("An admin compiles the policy and applies it to the three clusters")
        arguments = ["--policy", self.policy, "--directory-config", self.stack.connectors, "--kubeconfig", self.sites.kubeconfig]
        self.run(ours("lotse-policy"), "check", *arguments)
        out = self.run(ours("lotse-policy"), "apply", "--cluster-wide", *arguments)
        self.run(ours("lotse-policy"), "apply", "--cluster-wide", *arguments, says="no change")
        return out

    def policy_is_asked(self):
        self.step("The policy is proven, asked, and a change of one line is judged, before anything is written")
        directory = ["--directory-config", self.stack.connectors, "--kubeconfig", self.sites.kubeconfig]
        self.run(ours("lotse-policy"), "prove", "--policy", self.policy, *directory, says=["kept    never no-secret-read", "5 kept, 0 broken"])
        self.run(ours("lotse-policy"), "who-can", "create", "/pods/exec", "-n", OWN, "--site=ber", "--policy", self.policy, *directory,
                 says="Group lotse:jit:payments-stg:debug")
        changed, line = self.folder / "changed.yaml", "{team: payments, role: deploy, in: payments}"
        text = self.policy.read_text(encoding="utf-8")
        if line not in text:
            raise Failed(f"the policy has no line {line}")
        changed.write_text(text.replace(line, line.replace("deploy", "view")), encoding="utf-8")
        self.note(f"one line changes: {line} gets `role: view`")
        self.run(ours("lotse-policy"), "diff", self.policy, changed, *directory, says=["-18 people lose", "0 people gain, 18 lose"])

    def kubectl(self, *arguments, **more):
        return self.run(tool("kubectl"), *arguments, **more)

    def developer_logs_in(self):
        person = self.corp.person(DEVELOPER)
        self.step(f"A developer ({DEVELOPER}, team payments) sets up kubectl and logs in, once for all clusters")
        self.run(ours("lotse-login"), "setup", f"--issuer={self.gateway.issuer}", f"--ca-file={self.ca.cert}")
        self.note(f"the browser opens, the login page asks; this script types {DEVELOPER} and the password for you")
        self.kubectl("--context=fra", "auth", "whoami", says=[f"lotse:{person.uid}", "lotse:team:payments"])

    def only_own_namespaces(self):
        self.step("Own namespaces work, foreign ones do not")
        self.kubectl("--context=fra", "-n", OWN, "get", "pods", says="No resources found")
        self.kubectl("--context=fra", "-n", FOREIGN, "get", "pods", expect=1, says="Forbidden")
        self.note("the same login serves the other sites, without a browser")
        self.kubectl("--context=muc", "-n", OWN, "get", "pods", says="No resources found")

    def a_token_does_not_travel(self):
        self.step("A token for one site is refused by another")
        out = subprocess.run([ours("lotse-login"), "get-token", f"--issuer={self.gateway.issuer}", f"--ca-file={self.ca.cert}",
                              "--audience=k8s-fra"], env=self.env(), text=True, capture_output=True, check=True).stdout
        token = out.split('"token":"')[1].split('"')[0]
        muc = self.sites["muc"]
        self.kubectl(f"--server={muc.url}", f"--certificate-authority={muc.folder / 'ca.crt'}", f"--token={token}", "get", "pods",
                     "--kubeconfig=/dev/null", expect=1, says="Unauthorized",
                     shown="kubectl --server=MUC --token=TOKEN-FOR-FRA get pods")

    def a_move_in_the_directory(self):
        self.step("The person is moved to another team in LDAP; the next refresh shows it, no cluster is touched")
        for group in ("pay-dev", "pay-qa"):
            if DEVELOPER in self.corp.group(group).people:
                self.slapd.leave(DEVELOPER, group)
        self.slapd.join(DEVELOPER, NEW_TEAM_GROUP)
        self.note(f"ldapmodify: {DEVELOPER} leaves pay-dev and joins {NEW_TEAM_GROUP}")
        self.note("a refresh comes by itself within ten minutes; `lotse-login clean` makes the next call refresh at once")
        self.run(ours("lotse-login"), "clean")
        self.kubectl("--context=fra", "auth", "whoami", says="lotse:team:shop", never="lotse:team:payments")
        self.kubectl("--context=fra", "-n", NEW_NAMESPACE, "get", "pods", says="No resources found")
        self.kubectl("--context=fra", "-n", OWN, "get", "pods", expect=1, says="Forbidden")

    def a_disabled_person(self):
        self.step("The person is disabled in LDAP; the next refresh is refused")
        self.slapd.disable(DEVELOPER)
        self.run(ours("lotse-login"), "clean")
        self.kubectl("--context=fra", "get", "pods", expect=1, says="disabled")
        self.slapd.reset()

    def tour(self):
        for step in (self.start, self.policy_is_asked, self.policy_is_applied, self.developer_logs_in, self.only_own_namespaces,
                     self.a_token_does_not_travel, self.a_move_in_the_directory, self.a_disabled_person):
            step()

    def by_hand(self):
        print(f"\n{bold('Now try it by hand.')} Everything is up until Ctrl-C.\n")
        print(f"   Login page and your own page   {self.gateway.issuer}/")
        print(f"   Discovery                      {self.gateway.issuer}/.well-known/openid-configuration")
        print(f"   (its certificate is signed by  {self.ca.cert})\n")
        for uid, what in ((DEVELOPER, "payments"), ("u.adler", "platform, administrator"), ("j.mueller", "shop")):
            print(f"   {uid:<14} {self.corp.person(uid).password:<24} {what}")
        login = pathlib.Path(ours("lotse-login")).parent
        print(f"\n   export KUBECONFIG={self.home}/.kube/config PATH={login}:{pathlib.Path(tool('kubectl')).parent}:$PATH")
        print("   kubectl --context=fra -n pay-api get pods\n", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        print("\nstopping")


def main():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    folder = tempfile.mkdtemp(prefix="lotse-demo.")
    tour = Tour(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        tour.tour()
        print(f"\n{bold('The tour is complete.')}")
        if TTY and sys.stdin.isatty():
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
            tour.by_hand()
        return 0
    except (Failed, Exception) as e:  # noqa: BLE001
        print(f"\ndemo: step {tour.number} failed ({getattr(tour, 'title', 'start')}): {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        tour.stop()
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
