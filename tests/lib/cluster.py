"""Real API servers on loopback: one etcd, any number of kube-apiservers (a prefix in etcd each), no kubelet, no controllers.

    sites = Sites(folder, ["fra", "muc", "ber"], issuer=Issuer("https://127.0.0.1:8443", ca_pem, {"fra": "k8s-fra", ...}))
    sites.start(); sites["fra"].kubectl("get", "namespaces"); sites.kubeconfig (admin, one context per site); sites.stop()

The issuer need not answer yet when the API servers start: they ask it again every ten seconds until it does.
"""
import base64
import concurrent.futures
import dataclasses
import http.client
import json
import pathlib
import ssl
import subprocess
import urllib.parse

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.lib.ca import Authority, private_pem
from tests.lib.tools import Process, free_port, tool

RBAC = "rbac.authorization.k8s.io"


@dataclasses.dataclass
class Issuer:
    """What the API servers are told about the gateway."""
    url: str
    ca_pem: str
    audiences: dict  # site -> audience
    prefix: str = "lotse:"
    username_claim: str = "sub"
    max_seconds: int = 3600
    rules: tuple = ()  # further claimValidationRules


def authentication_config(issuer, site):
    """The structured authentication of one site, as deploy/kubernetes describes it."""
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [{
            "issuer": {"url": issuer.url, "certificateAuthority": issuer.ca_pem, "audiences": [issuer.audiences[site]],
                       "audienceMatchPolicy": "MatchAny"},
            "claimMappings": {
                "username": {"claim": issuer.username_claim, "prefix": issuer.prefix},
                "groups": {"claim": "groups", "prefix": issuer.prefix},
            },
            "claimValidationRules": [
                {"expression": f"claims.exp - claims.iat <= {issuer.max_seconds}", "message": "token lifetime too long"},
                *issuer.rules],
            "userValidationRules": [
                {"expression": f"user.username.size() > {len(issuer.prefix)}", "message": "empty user"},
                {"expression": "!user.username.startsWith('system:')", "message": "reserved user name"},
                {"expression": "user.groups.all(g, !g.startsWith('system:'))", "message": "reserved group name"}],
        }],
    }


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


class Etcd:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.process = None

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = Process([tool("etcd"), "--data-dir", self.folder / "data", "--listen-client-urls", self.url,
                                "--advertise-client-urls", self.url, "--listen-peer-urls", f"http://127.0.0.1:{free_port()}",
                                "--unsafe-no-fsync", "--log-level", "warn"], self.folder / "etcd.log")
        self.process.wait_for(self._healthy, "etcd", 30)
        return self

    def _healthy(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        if self.process:
            self.process.kill()


class ApiError(Exception):
    def __init__(self, status, body):
        super().__init__(f"HTTP {status}: {body.get('message', body) if isinstance(body, dict) else body}")
        self.status, self.body = status, body


class Cluster:
    """One kube-apiserver. The administrator's certificate is in system:masters."""

    def __init__(self, name, folder, etcd, issuer=None, audit=False):
        self.audit_log = pathlib.Path(folder) / "audit.log" if audit else None
        self.name, self.folder, self.etcd, self.issuer = name, pathlib.Path(folder), etcd, issuer
        self.process = None
        self.port = free_port()
        self.authority = Authority(f"{name} authority")
        self._connection = None

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    # --- life

    def start(self, wait=True):
        self._write_files()
        self._launch()
        if wait:
            self.wait_ready()
        return self

    def _launch(self):
        f = self.folder
        arguments = [
            tool("kube-apiserver"), f"--etcd-servers={self.etcd.url}", f"--etcd-prefix=/registry-{self.name}",
            "--bind-address=127.0.0.1", f"--secure-port={self.port}", "--advertise-address=192.0.2.1",
            "--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.0.0.0/24", "--allow-privileged=true",
            "--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount", f"--cert-dir={f}",
            f"--tls-cert-file={f}/api.crt", f"--tls-private-key-file={f}/api.key", f"--client-ca-file={f}/ca.crt",
            f"--service-account-issuer={self.url}/", f"--service-account-key-file={f}/sa.pub",
            f"--service-account-signing-key-file={f}/sa.key", "--v=1"]
        if self.issuer:
            arguments.append(f"--authentication-config={f}/authentication.yaml")
        if self.audit_log:
            arguments += [f"--audit-policy-file={f}/audit-policy.yaml", f"--audit-log-path={self.audit_log}", "--audit-log-mode=blocking"]
        self.process = Process(arguments, f / "kube-apiserver.log")

    def _write_files(self):
        f = self.folder
        f.mkdir(parents=True, exist_ok=True)
        certificate, key = self.authority.server()
        self.admin_certificate, self.admin_key = self.authority.client("admin", ["system:masters"])
        service_accounts = ec.generate_private_key(ec.SECP256R1())
        files = {"ca.crt": self.authority.pem, "api.crt": certificate, "api.key": key,
                 "admin.crt": self.admin_certificate, "admin.key": self.admin_key,
                 "sa.key": private_pem(service_accounts), "sa.pub": public_pem(service_accounts)}
        if self.issuer:
            files["authentication.yaml"] = yaml.safe_dump(authentication_config(self.issuer, self.name), sort_keys=False)
        if self.audit_log:
            files["audit-policy.yaml"] = yaml.safe_dump({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]})
        for name, text in files.items():
            path = f / name
            path.touch(mode=0o600)
            path.write_text(text)
        self.kubeconfig = str(f / "admin.kubeconfig")
        write_kubeconfig(self.kubeconfig, [self])

    def wait_ready(self, timeout=180):
        self.process.wait_for(self._ready, f"kube-apiserver {self.name}", timeout)
        self._aggregate_roles()

    def _ready(self):
        try:
            return self.request("GET", "/readyz", raw=True) == b"ok"
        except (OSError, ApiError, http.client.HTTPException):
            return False

    def kill(self):
        """kill -9: nothing is finished, clients see a broken connection."""
        self._close()
        self.process.kill()

    def restart(self):
        """The same cluster again (same port, same content)."""
        self._close()
        if self.process.running():
            self.process.stop()
        self._launch()
        self.wait_ready()

    def stop(self):
        self._close()
        if self.process:
            self.process.kill()  # nothing to lose, and a graceful end takes seconds

    # --- talking to it

    def _close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def connect(self):
        context = ssl.create_default_context(cadata=self.authority.pem)
        context.load_cert_chain(self.folder / "admin.crt", self.folder / "admin.key")
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)

    def request(self, method, path, body=None, content_type="application/json", raw=False, headers=None):
        """One request as administrator over a kept connection (for one thread). Raises ApiError from status 400 on."""
        if self._connection is None:
            self._connection = self.connect()
        try:
            data = json.dumps(body) if body is not None else None
            self._connection.request(method, path, data, {"Content-Type": content_type, **(headers or {})})
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self._close()
            raise
        if raw and response.status < 400:
            return text
        try:
            answer = json.loads(text)
        except ValueError:
            answer = text.decode(errors="replace")
        if response.status >= 400:
            raise ApiError(response.status, answer)
        return answer

    def get(self, path):
        return self.request("GET", path)

    def create(self, *objects):
        """Creates objects (dicts with apiVersion, kind, metadata); one that exists already is left as it is."""
        for o in objects:
            try:
                self.request("POST", object_path(o), o)
            except ApiError as e:
                if e.status != 409:
                    raise

    def put(self, *objects):
        """Creates or replaces."""
        for o in objects:
            try:
                self.request("PUT", f"{object_path(o)}/{urllib.parse.quote(o['metadata']['name'], safe='')}", o)
            except ApiError as e:
                if e.status != 404:
                    raise
                self.request("POST", object_path(o), o)

    def delete(self, o):
        self.request("DELETE", f"{object_path(o)}/{urllib.parse.quote(o['metadata']['name'], safe='')}")

    def create_namespaces(self, namespaces):
        """namespaces: {name: {label: value}}"""
        self.create(*[{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n, "labels": labels or {}}}
                      for n, labels in namespaces.items()])

    def _aggregate_roles(self):
        """What the clusterrole-aggregation controller does in a whole cluster: fills admin, edit and view."""
        roles = sorted(self.get(f"/apis/{RBAC}/v1/clusterroles")["items"], key=lambda r: r["metadata"]["name"])
        by_name = {r["metadata"]["name"]: r for r in roles}
        for name in ("view", "edit", "admin"):  # each selects the one before it
            role, rules = by_name[name], []
            for selector in role["aggregationRule"]["clusterRoleSelectors"]:
                for other in roles:
                    labels = other["metadata"].get("labels", {})
                    if other is not role and all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items()):
                        rules += [r for r in other.get("rules") or [] if r not in rules]
            if role.get("rules") != rules:
                role["rules"] = rules
                answer = self.request("PUT", f"/apis/{RBAC}/v1/clusterroles/{name}", role)
                role.update(answer)

    def allowed(self, user, groups, resource=None, non_resource=None, uid="", extra=None):
        """One SubjectAccessReview: (allowed, reason). resource, non_resource: the attributes of the API."""
        spec = {"user": user, "groups": list(groups)}
        if resource is not None:
            spec["resourceAttributes"] = resource
        if non_resource is not None:
            spec["nonResourceAttributes"] = non_resource
        answer = self.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                              {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec})
        status = answer["status"]
        return bool(status.get("allowed")), status.get("reason", "")

    def kubectl(self, *arguments, kubeconfig=None, stdin=None, check=True, env=None, timeout=60):
        """Runs kubectl, as administrator unless another kubeconfig is given."""
        return kubectl(*arguments, kubeconfig=kubeconfig or self.kubeconfig, stdin=stdin, check=check, env=env, timeout=timeout)


def kubectl(*arguments, kubeconfig, stdin=None, check=True, env=None, timeout=60):
    run = subprocess.run([tool("kubectl"), "--kubeconfig", str(kubeconfig), *map(str, arguments)], input=stdin, text=True,
                         capture_output=True, env=env, timeout=timeout)
    if check and run.returncode:
        raise RuntimeError(f"kubectl {' '.join(map(str, arguments))}: {run.returncode}\n{run.stdout}{run.stderr}")
    return run


KINDS = {"Namespace": "namespaces", "ConfigMap": "configmaps", "Secret": "secrets", "Pod": "pods",
         "ServiceAccount": "serviceaccounts", "Role": "roles", "RoleBinding": "rolebindings", "ClusterRole": "clusterroles",
         "ClusterRoleBinding": "clusterrolebindings", "CustomResourceDefinition": "customresourcedefinitions",
         "Deployment": "deployments"}


def object_path(o):
    """The collection that an object belongs to."""
    version, namespace = o["apiVersion"], o["metadata"].get("namespace")
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    return root + (f"/namespaces/{namespace}" if namespace else "") + "/" + KINDS[o["kind"]]


def write_kubeconfig(path, clusters, user="admin"):
    """One kubeconfig with a context named like each cluster, certificates inside."""
    def b64(text):
        return base64.b64encode(text.encode()).decode()

    config = {"apiVersion": "v1", "kind": "Config", "current-context": clusters[0].name, "preferences": {},
              "clusters": [{"name": c.name, "cluster": {"server": c.url, "certificate-authority-data": b64(c.authority.pem)}}
                           for c in clusters],
              "users": [{"name": f"{user}@{c.name}", "user": {"client-certificate-data": b64(c.admin_certificate),
                                                               "client-key-data": b64(c.admin_key)}} for c in clusters],
              "contexts": [{"name": c.name, "context": {"cluster": c.name, "user": f"{user}@{c.name}"}} for c in clusters]}
    path = pathlib.Path(path)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config, sort_keys=False))


class Sites:
    """Several clusters on one etcd, started side by side."""

    def __init__(self, folder, names, issuer=None, audit=()):
        self.folder = pathlib.Path(folder)
        self.etcd = Etcd(self.folder / "etcd")
        self.clusters = {n: Cluster(n, self.folder / n, self.etcd, issuer, n in audit) for n in names}
        self.kubeconfig = str(self.folder / "admin.kubeconfig")

    def __getitem__(self, name):
        return self.clusters[name]

    def __iter__(self):
        return iter(self.clusters.values())

    def start(self):
        try:
            self.etcd.start()
            for c in self:  # from this thread: a server ends with the thread that started it
                c.start(wait=False)
            with concurrent.futures.ThreadPoolExecutor(len(self.clusters)) as pool:
                list(pool.map(Cluster.wait_ready, self))
            write_kubeconfig(self.kubeconfig, list(self.clusters.values()))
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        for c in self.clusters.values():
            c.stop()
        self.etcd.stop()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
