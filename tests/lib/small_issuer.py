"""An issuer of tokens as small as it can be: discovery and one ES256 key over TLS, and tokens that claim whatever is asked."""
import base64
import http.server
import json
import ssl
import threading
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.lib.ca import Authority


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SmallIssuer:
    """Discovery and one ES256 key over TLS."""

    def __init__(self, folder):
        self.key = ec.generate_private_key(ec.SECP256R1())
        authority = Authority("issuer authority")
        self.ca_pem = authority.pem
        certificate, key = authority.server()
        (folder / "issuer.pem").write_text(certificate + key)
        numbers = self.key.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig", "alg": "ES256", "x": b64(numbers.x.to_bytes(32, "big")),
               "y": b64(numbers.y.to_bytes(32, "big"))}
        documents = self.documents = {"/keys": {"keys": [jwk]}}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(documents.get(self.path, {})).encode()
                self.send_response(200 if self.path in documents else 404)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "issuer.pem")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        documents["/.well-known/openid-configuration"] = {
            "issuer": self.url, "jwks_uri": self.url + "/keys", "authorization_endpoint": self.url + "/auth",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"]}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, **claims):
        """A claim that is ... is left out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": "k8s-fra", "sub": "m.sommer", "iat": now, "exp": now + 600, "groups": ["team:payments"], **claims}
        claims = {name: value for name, value in claims.items() if value is not ...}
        head = b64(json.dumps({"alg": "ES256", "kid": "k1"}).encode()) + "." + b64(json.dumps(claims).encode())
        r, s = decode_dss_signature(self.key.sign(head.encode(), ec.ECDSA(hashes.SHA256())))
        return head + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def close(self):
        self.server.shutdown()
        self.server.server_close()
