"""A token endpoint for the faults a real gateway cannot be made to show: slow, garbage, 500, wrong claims, lost rotation.

    with FakeGateway(CA(folder)) as gateway:
        gateway.fault = "garbage"          # what /token answers next, until it is set back to None
        gateway.count["refresh"]           # requests by grant

Its ID tokens carry a signature of zeros: lotse-login takes them from a TLS connection and leaves the check to the API server.
"""
import base64
import collections
import hashlib
import http.server
import json
import socket
import ssl
import threading
import time
import urllib.parse

SITES = ("fra", "muc", "ber")


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class FakeGateway:
    def __init__(self, ca, lifetime=600):
        self.ca, self.lifetime = ca, lifetime
        self.fault = None
        self.slow = 0.0
        self.claims = {}           # put over the claims of every ID token
        self.rotate = True         # False: no new refresh token comes back
        self.person = "jdoe"
        self.iss_parameter = True
        self.login_error = None    # the person (or the page) refuses
        self.lost_sites = set()
        self.count = collections.Counter()
        self.revoked = []
        self.lock = threading.Lock()
        self.codes, self.families, self.n = {}, {}, 0

    def __enter__(self):
        pem = self.ca.server("gateway", ["localhost", "127.0.0.1"])
        # answers at once: tickets and answer are two segments, and Nagle would hold back the second for 40 ms
        handler = type("Handler", (_Handler,), {"gateway": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem.cert, pem.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.issuer = f"https://localhost:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def __exit__(self, *_):
        self.stop()

    # --- documents

    def discovery(self):
        return {"issuer": self.claims.get("discovery_issuer", self.issuer), "authorization_endpoint": self.issuer + "/auth",
                "token_endpoint": self.issuer + "/token", "revocation_endpoint": self.issuer + "/token/revoke",
                "authorization_response_iss_parameter_supported": self.iss_parameter}

    def sites(self):
        return {"issuer": self.issuer, "client_id": "lotse-login", "sites": [
            {"name": name, "server": f"https://api.{name}.example:6443", "audience": f"k8s-{name}",
             "certificate_authority_data": base64.b64encode(b"CA of " + name.encode()).decode()} for name in SITES if name not in self.lost_sites]}

    # --- tokens

    def id_token(self, audience, nonce=None):
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "id-of-" + self.person, "aud": audience, "azp": "lotse-login", "iat": now,
                  "exp": now + self.lifetime, "preferred_username": self.person, "groups": ["team-a", "team-b"]}
        if nonce:
            claims["nonce"] = nonce
        claims.update({k: v for k, v in self.claims.items() if k != "discovery_issuer"})
        claims = {k: v for k, v in claims.items() if v is not None}
        return ".".join((_b64(b'{"alg":"ES256"}'), _b64(json.dumps(claims).encode()), _b64(bytes(64))))

    def new_refresh_token(self, family):
        self.n += 1
        token = f"refresh-{self.n}-" + "x" * 40
        self.families[token] = family
        return token

    def answer(self, audience, refresh, nonce=None):
        body = {"access_token": "a", "token_type": "Bearer", "expires_in": self.lifetime, "id_token": self.id_token(audience, nonce)}
        if refresh:
            body["refresh_token"] = refresh
        return 200, body

    def token(self, form):
        grant = form.get("grant_type")
        with self.lock:
            self.count["refresh" if grant == "refresh_token" else "code"] += 1
        time.sleep(self.slow)
        if self.fault:
            return self.fault_answer()
        with self.lock:
            return self.by_refresh(form) if grant == "refresh_token" else self.by_code(form)

    def fault_answer(self):
        return {"500": (500, {"error": "server_error"}), "503": (503, {"error": "temporarily_unavailable"}),
                "garbage": (200, "<html>not what you asked for"), "empty": (200, ""), "no_id_token": (200, {"access_token": "x"}),
                "disabled": (400, {"error": "invalid_grant", "error_description": "your account is disabled"}),
                "ended": (400, {"error": "invalid_grant", "error_description": "the session has ended"}),
                "no_access": (400, {"error": "unauthorized_client", "error_description": "no access\nto this\x1b[31m cluster"}),
                "huge": (200, "x" * (3 << 20))}[self.fault]

    def by_code(self, form):
        stored = self.codes.pop(form.get("code"), None)
        challenge = _b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if not stored or stored["code_challenge"] != challenge or stored["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        family = {"current": None, "before": None}
        family["current"] = self.new_refresh_token(family)
        return self.answer("lotse-login", family["current"], stored["nonce"])

    def by_refresh(self, form):
        token = form.get("refresh_token")
        family = self.families.get(token)
        if not family or token not in (family["current"], family["before"]):
            return 400, {"error": "invalid_grant", "error_description": "this refresh token was used already"}
        audience = [s.rsplit(":", 1)[1] for s in form["scope"].split() if s.startswith("audience:")]
        if audience[0].removeprefix("k8s-") not in SITES:
            return 400, {"error": "invalid_scope", "error_description": "this session does not cover " + audience[0]}
        if not self.rotate:
            return self.answer(audience[0], None)
        family["before"] = token      # good until its successor is used
        family["current"] = self.new_refresh_token(family)
        return self.answer(audience[0], family["current"])

    def revoke(self, form):
        with self.lock:
            self.revoked.append(form.get("token"))
            family = self.families.get(form.get("token"))
            if family:
                family["current"] = family["before"] = None
        return 200, {}

    def authorize(self, query):
        """The login page: whoever opens it is logged in at once."""
        with self.lock:
            self.count["auth"] += 1
            self.last_query = query
            code = f"code-{len(self.codes)}-{self.count['auth']}"
            self.codes[code] = query
        answer = {"state": query["state"], "iss": self.issuer}
        answer.update({"error": self.login_error, "error_description": "no"} if self.login_error else {"code": code})
        if not self.iss_parameter:
            del answer["iss"]
        return query["redirect_uri"] + "?" + urllib.parse.urlencode(answer)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment per answer, or delayed acknowledgements cost 40 ms
    gateway = None

    def log_message(self, *_):
        pass

    def reply(self, status, body, **headers):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/.well-known/openid-configuration":
            self.gateway.count["discovery"] += 1
            self.reply(200, self.gateway.discovery())
        elif url.path == "/kubernetes/sites":
            self.reply(200, self.gateway.sites())
        elif url.path == "/auth":
            self.reply(302, "", Location=self.gateway.authorize(dict(urllib.parse.parse_qsl(url.query))))
        else:
            self.reply(404, {})

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.reply(*(self.gateway.token(form) if self.path == "/token" else self.gateway.revoke(form)))
