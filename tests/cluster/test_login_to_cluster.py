"""The main job: a person of the directory reaches exactly their namespaces on three real API servers, through lotse-login."""
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import ssl
import subprocess

import pytest
import yaml

from tests.lib import browser_login, company
from tests.lib.login_helper import wait_until
from tests.lib.stack import Stack
from tests.lib.tools import ours, tool

SITES = company.SITES


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("company"), clusters=True) as running:
        arguments = ["--policy", running.policy, "--directory-config", running.connectors, "--kubeconfig", running.sites.kubeconfig]
        done = subprocess.run([ours("lotse-policy"), "apply", "--cluster-wide", *map(str, arguments)], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        yield running


class Desk:
    """A person at a machine of their own: kubectl, lotse-login and a browser that knows the password."""

    def __init__(self, stack, folder, uid):
        self.stack, self.person, self.home = stack, stack.corp.person(uid), pathlib.Path(folder) / uid
        self.home.mkdir(parents=True)
        browser = browser_login.write(self.home / "browser", stack.ca.cert, uid, self.person.password)
        self.opened, counting = self.home / "opened", self.home / "browser-that-counts"
        counting.write_text(f'#!/bin/sh\necho x >>{self.opened}\nexec {browser} "$@"\n')
        counting.chmod(0o700)
        programs = {str(pathlib.Path(ours("lotse-login")).parent), str(pathlib.Path(tool("kubectl")).parent)}
        self.env = {"PATH": ":".join([*programs, os.environ["PATH"]]), "HOME": str(self.home), "LANG": "C.UTF-8",
                    "KUBECONFIG": str(self.home / ".kube/config"), "LOTSE_BROWSER": str(counting)}
        done = self.run(ours("lotse-login"), "setup", f"--issuer={stack.gateway.issuer}", f"--ca-file={stack.ca.cert}")
        assert done.returncode == 0, done.stderr

    def run(self, *command, **env):
        return subprocess.run([str(c) for c in command], env=self.env | env, text=True, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=120)

    def kubectl(self, *arguments, site="fra", **env):
        return self.run(tool("kubectl"), f"--context={site}", *arguments, **env)

    def pods(self, namespace, site="fra"):
        """None when they may be listed, or what kubectl said."""
        done = self.kubectl("-n", namespace, "get", "pods", site=site)
        return None if done.returncode == 0 else done.stderr

    def whoami(self, site="fra"):
        done = self.kubectl("auth", "whoami", "-o", "json", site=site)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["status"]["userInfo"]

    def clean(self):
        assert self.run(ours("lotse-login"), "clean").returncode == 0

    def logins(self):
        return len(self.opened.read_text().split()) if self.opened.exists() else 0

    def token(self, site="fra"):
        done = self.run(ours("lotse-login"), "get-token", f"--issuer={self.stack.gateway.issuer}", f"--ca-file={self.stack.ca.cert}",
                        f"--audience={company.AUDIENCES[site]}")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["status"]["token"]


@pytest.fixture
def desk(stack, tmp_path):
    return lambda uid: Desk(stack, tmp_path, uid)


@pytest.fixture
def put_back(stack):
    yield
    stack.slapd.reset()


def bindings(stack):
    """Every binding of every cluster, with its version."""
    return [(s.name, b["metadata"]["uid"], b["metadata"]["resourceVersion"]) for s in stack.sites
            for kind in ("rolebindings", "clusterrolebindings") for b in s.get(f"/apis/rbac.authorization.k8s.io/v1/{kind}")["items"]]


def refreshes(stack):
    return sum(v for k, v in stack.gateway.metrics().items() if k.startswith("lotse_refreshes_total") and "ok" in k)


def test_one_login_for_three_clusters(desk):
    d = desk("m.sommer")
    for site in SITES:
        who = d.whoami(site)
        assert who["username"] == "lotse:m.sommer"
        assert set(who["groups"]) == {"lotse:team:payments", "system:authenticated"}
    assert d.logins() == 1


def test_own_namespaces_and_no_others(desk):
    d = desk("m.sommer")
    for site in SITES:
        assert d.pods("pay-api", site) is None
        for foreign in ("shop-web", "kube-system", "mailbox-store"):
            assert "Forbidden" in d.pods(foreign, site)
    assert d.kubectl("-n", "pay-api", "auth", "can-i", "get", "secrets").stdout.strip() == "no"
    assert d.kubectl("get", "pods", "-A").returncode != 0


def test_work_in_a_namespace_really_works(stack, desk):
    d = desk("m.sommer")
    made = d.kubectl("-n", "pay-api", "create", "configmap", "from-a-test", "--from-literal=a=b")
    assert made.returncode == 0, made.stderr
    try:
        assert stack.sites["fra"].get("/api/v1/namespaces/pay-api/configmaps/from-a-test")["data"] == {"a": "b"}
        foreign = desk("g.gross").kubectl("-n", "pay-api", "get", "configmap", "from-a-test")
        assert foreign.returncode != 0 and "Forbidden" in foreign.stderr
    finally:
        assert d.kubectl("-n", "pay-api", "delete", "configmap", "from-a-test").returncode == 0


def test_a_token_for_one_site_is_refused_at_the_others(stack, desk):
    token = desk("m.sommer").token("fra")
    for site in SITES:
        cluster = stack.sites[site]
        context = ssl.create_default_context(cadata=cluster.authority.pem)
        with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", cluster.port, context=context, timeout=30)) as connection:
            connection.request("GET", "/api/v1/namespaces/pay-api/pods", headers={"Authorization": f"Bearer {token}"})
            assert connection.getresponse().status == (200 if site == "fra" else 401)


def test_a_team_move_touches_no_cluster(stack, desk, put_back):
    d = desk("m.sommer")
    assert d.pods("pay-api") is None
    before = bindings(stack)
    for group in [g for g in d.person.groups if g.startswith("pay-")]:
        stack.slapd.leave("m.sommer", group)
    stack.slapd.join("m.sommer", "shop-dev")
    d.clean()
    for site in SITES:
        lent = {"lotse:jit:payments-stg:debug"} if site == "ber" else set()  # what the policy lends this team for a time, there only
        assert set(d.whoami(site)["groups"]) == {"lotse:team:shop", "system:authenticated"} | lent
        assert d.pods("shop-web", site) is None
        assert d.pods("pay-api", site) is None if lent else "Forbidden" in d.pods("pay-api", site)
    assert d.logins() == 1
    assert bindings(stack) == before


def test_a_disabled_person_reaches_nothing_and_hears_why(stack, desk, put_back):
    d = desk("g.gross")
    assert d.pods("shop-web") is None
    stack.slapd.disable("g.gross")
    d.clean()
    done = d.kubectl("-n", "shop-web", "get", "pods")
    assert done.returncode != 0 and "disabled" in done.stderr, done.stderr
    assert d.logins() == 1  # and no browser opens: it could not help
    for site in SITES:
        assert d.kubectl("-n", "shop-web", "get", "pods", site=site, LOTSE_NO_INPUT="true").returncode != 0


def test_who_is_in_a_group_named_system_masters_rules_nothing(desk):
    d = desk("r.maester")
    assert set(d.whoami()["groups"]) == {"lotse:team:shop", "system:authenticated"}
    assert "Forbidden" in d.pods("kube-system")
    assert d.kubectl("auth", "can-i", "*", "*", "-A").stdout.strip() == "no"


def test_a_person_without_a_team_is_known_and_may_nothing(desk):
    d = desk("o.ohne")
    assert d.whoami()["groups"] == ["system:authenticated"]
    assert "Forbidden" in d.pods("shop-web")


def test_forty_kubectl_with_an_expired_token_make_one_refresh(stack, desk):
    d = desk("m.sommer")
    assert d.pods("pay-api") is None
    d.clean()
    before = refreshes(stack)
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        said = list(pool.map(lambda _: d.pods("pay-api"), range(40)))
    assert said == [None] * 40
    assert refreshes(stack) - before == 1
    assert d.logins() == 1


def test_a_killed_gateway_is_not_felt_and_then_not_missed(stack, desk):
    d = desk("m.sommer")
    assert d.pods("pay-api") is None
    stack.gateway.kill()
    try:
        assert d.pods("pay-api") is None  # the token is good, and API servers know the keys
    finally:
        stack.gateway.start()
    d.clean()
    assert d.pods("pay-api") is None and d.logins() == 1


# --- what kubectl and its plugin agree on


@pytest.fixture
def counted(stack, desk):
    """kubectl with a plugin in between that notes every call and what kubectl told it."""
    d = desk("m.sommer")
    config = yaml.safe_load(pathlib.Path(d.env["KUBECONFIG"]).read_text())
    calls, wrapper = d.home / "calls", d.home / "plugin"
    wrapper.write_text(f'#!/bin/sh\nprintf "%s\\n" "$KUBERNETES_EXEC_INFO" >>{calls}\nexec {ours("lotse-login")} "$@"\n')
    wrapper.chmod(0o700)
    for user in config["users"]:
        user["user"]["exec"]["command"] = str(wrapper)
    pathlib.Path(d.env["KUBECONFIG"]).write_text(yaml.safe_dump(config))
    d.calls = lambda: [json.loads(line) for line in calls.read_text().splitlines() if line] if calls.exists() else []
    return d


def test_one_kubectl_asks_its_plugin_once(counted):
    assert counted.kubectl("-n", "pay-api", "get", "pods,configmaps,services").returncode == 0
    calls = counted.calls()
    assert len(calls) == 1
    assert calls[0]["apiVersion"] == "client.authentication.k8s.io/v1" and calls[0]["kind"] == "ExecCredential"
    assert calls[0]["spec"]["interactive"] is False  # nobody sits at this standard input


def test_a_token_that_is_refused_is_asked_for_once_more(stack, counted):
    """401 makes kubectl ask again; the plugin cannot know why, and must neither loop nor log in again."""
    assert counted.pods("pay-api") is None
    before = len(counted.calls())
    config = yaml.safe_load(pathlib.Path(counted.env["KUBECONFIG"]).read_text())
    for user in config["users"]:
        user["user"]["exec"]["args"] = [a.replace("k8s-fra", "k8s-muc") for a in user["user"]["exec"]["args"]]
    path = counted.home / "wrong-audience"
    path.write_text(yaml.safe_dump(config))
    done = counted.kubectl("-n", "pay-api", "get", "pods", KUBECONFIG=str(path))
    assert done.returncode != 0 and ("Unauthorized" in done.stderr or "logged in" in done.stderr)
    assert len(counted.calls()) - before <= 12 and counted.logins() == 1


def test_the_exit_code_and_the_words_of_a_failure_are_seen(stack, desk):
    d = desk("m.sommer")
    refused = d.kubectl("get", "pods", LOTSE_NO_INPUT="true")
    assert refused.returncode != 0 and "executable" in refused.stderr and "exit code" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) < 20


def test_setup_writes_what_kubectl_takes_without_a_warning(stack, desk):
    d = desk("m.sommer")
    config = yaml.safe_load(pathlib.Path(d.env["KUBECONFIG"]).read_text())
    assert {c["name"] for c in config["contexts"]} == set(SITES)
    for user in config["users"]:
        plugin = user["user"]["exec"]
        assert plugin["apiVersion"] == "client.authentication.k8s.io/v1" and plugin["interactiveMode"] in ("IfAvailable", "Never")
        assert shutil.which(plugin["command"], path=d.env["PATH"])
    assert oct(os.stat(d.env["KUBECONFIG"]).st_mode)[-3:] == "600"
    done = d.kubectl("version")
    assert done.returncode == 0 and "warning" not in done.stderr.lower()


def test_a_logout_ends_it_for_all_sites(stack, desk):
    d = desk("m.sommer")
    assert d.pods("pay-api", "muc") is None
    assert d.run(ours("lotse-login"), "logout").returncode == 0
    done = d.kubectl("-n", "pay-api", "get", "pods", LOTSE_NO_INPUT="true")
    assert done.returncode != 0
    wait_until(lambda: not list((d.home / ".local/state/lotse/tokens").glob("[!.]*")))
