"""A proxy in front of an API server that misbehaves as told: what overload, a restart and a lost answer look like to a client.

    with FaultProxy(cluster, folder) as proxy:
        proxy.faults.append(lambda request: 503 if request.method == "POST" and request.count < 3 else None)
        subprocess.run([... "--kubeconfig", proxy.kubeconfig])

A fault is asked for every request, with .method, .path and .count (requests of that method so far, this one included), and
returns None (forward), a status (answered here, 429 and 503 with Retry-After: 1), "lose" (forwarded, the answer is dropped
and the connection closed), or a function (forwarded, and what it makes of the answer's body is sent). It may do something to the cluster before it returns.
"""
import base64
import http.client
import http.server
import pathlib
import ssl
import threading
import types

import yaml

from tests.lib.ca import Authority

HOP = {"connection", "transfer-encoding", "content-length", "host", "authorization", "keep-alive"}


class FaultProxy:
    def __init__(self, cluster, folder):
        self.cluster, self.folder = cluster, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.faults, self.seen, self.counts = [], [], {}
        self.lock = threading.Lock()

    def __enter__(self):
        authority = Authority("fault proxy")
        certificate, key = authority.server()
        (self.folder / "proxy.pem").write_text(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "proxy.pem")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"proxy": self}))
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.kubeconfig = str(self.folder / "proxy.kubeconfig")
        name, port = self.cluster.name, self.server.server_port
        ca = base64.b64encode(authority.pem.encode()).decode()
        pathlib.Path(self.kubeconfig).write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{"name": name, "cluster": {"server": f"https://127.0.0.1:{port}", "certificate-authority-data": ca}}],
            "users": [{"name": name, "user": {"token": "the-proxy-does-not-look"}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}]}))
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def decide(self, method, path):
        with self.lock:
            self.counts[method] = self.counts.get(method, 0) + 1
            request = types.SimpleNamespace(method=method, path=path, count=self.counts[method])
            self.seen.append((method, path))
            for fault in self.faults:
                what = fault(request)
                if what is not None:
                    return what
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy = None

    def log_message(self, *_):
        pass

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        what = self.proxy.decide(self.command, self.path)
        if isinstance(what, int):
            return self.answer(what, b'{"kind":"Status","message":"told to fail"}', {"Retry-After": "1"})
        connection = self.proxy.cluster.connect()
        try:
            connection.request(self.command, self.path, body or None, {k: v for k, v in self.headers.items() if k.lower() not in HOP})
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            what = "lose"
        finally:
            connection.close()
        if what == "lose":
            self.close_connection = True
            return None
        text = what(text) if callable(what) else text
        return self.answer(response.status, text, {k: v for k, v in response.getheaders() if k.lower() not in HOP})

    def answer(self, status, text, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any
