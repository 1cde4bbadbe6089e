"""A relying party with a web page of its own, on loopback: /start sends the browser to the gateway, /callback greets the person.

    with RpServer() as app:
        app.client                       # its entry of `clients`
        app.gateway = gateway            # before the first request
        app.url("/start?prompt=login"), app.url("/logout")
"""
import html
import http.server
import threading
import urllib.parse

from tests.lib.relying_party import RelyingParty

ID, SECRET = "sailmaker", "the-secret-of-the-sailmaker-app"


class RpServer:
    def __init__(self):
        self.gateway, self.waiting, self.claims, self.id_token = None, {}, [], None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"app": self}))
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.client = {"id": ID, "name": "Segelmacherei", "secret": SECRET, "redirect_uris": [self.url("/callback")],
                       "post_logout_redirect_uris": [self.url("/bye")]}

    def url(self, path):
        return self.origin + path

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    # --- pages: (status, text or address)

    def start(self, query):
        rp = RelyingParty(self.gateway, ID, SECRET, redirect_uri=self.url("/callback"))
        where = rp.url(scope="openid profile email groups", **query)
        self.waiting[rp.state] = rp
        return 303, where

    def callback(self, query):
        rp = self.waiting.pop(query["state"])
        if "error" in query:
            return 200, f"refused: {query['error']}"
        tokens = rp.redeem(query["code"])
        self.claims.append(tokens["claims"])
        self.id_token = tokens["id_token"]
        return 200, f"Hello {tokens['claims']['name']}"

    def logout(self, _):
        return 303, f"{self.gateway.issuer}/logout?" + urllib.parse.urlencode(
            {"id_token_hint": self.id_token, "post_logout_redirect_uri": self.url("/bye")})

    def bye(self, _):
        return 200, "Bye"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        page = {"/start": self.app.start, "/callback": self.app.callback, "/logout": self.app.logout, "/bye": self.app.bye}.get(path)
        status, text = page(dict(urllib.parse.parse_qsl(query))) if page else (404, "no such page")
        self.send_response(status)
        body = b""
        if status == 303:
            self.send_header("Location", text)
        else:
            body = f"<!doctype html><link rel=icon href=data:,><title>app</title><p id=said>{html.escape(text)}</p>".encode()
            self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
