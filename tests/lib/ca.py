"""A small certificate authority for the tests, by the openssl command: a root, and server certificates with names (SAN).

    ca = CA(folder)
    pem = ca.server("slapd", ["localhost", "127.0.0.1"])     # pem.cert, pem.key
    ca.server("old", ["localhost"], expired=True)            # also: cn_only=True, self_signed=True
"""
import os
import subprocess
from collections import namedtuple

Pem = namedtuple("Pem", "cert key")


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


class CA:
    def __init__(self, folder, name="Lotse test CA"):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.cert, self.key = os.path.join(self.folder, "ca.pem"), os.path.join(self.folder, "ca.key")
        if not os.path.exists(self.cert):
            config = self._config("ca", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n", name)
            _run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-keyout", self.key, "-out", self.cert, "-config", config)

    def _config(self, name, extensions, cn):
        path = os.path.join(self.folder, name + ".cnf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN={cn}\n[ext]\n{extensions}")
        return path

    def server(self, name, names, expired=False, cn_only=False, self_signed=False, cn=None):
        """A certificate for the names (host names and addresses). cn_only: the first name stands in CN only, no SAN at all; cn: another CN."""
        cert, key = (os.path.join(self.folder, f"{name}.{end}") for end in ("pem", "key"))
        san = ",".join(("IP:" if n.replace(".", "").isdigit() or ":" in n else "DNS:") + n for n in names)
        extensions = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
        extensions += "" if cn_only else f"subjectAltName={san}\n"
        config = self._config(name, extensions, cn or names[0])
        _run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
             "-out", cert + ".csr", "-config", config)
        sign = ["-signkey", key] if self_signed else ["-CA", self.cert, "-CAkey", self.key, "-CAcreateserial"]
        command = ["openssl", "x509", "-req", "-in", cert + ".csr", *sign, "-out", cert, "-extfile", config, "-extensions", "ext"]
        if not expired:
            _run(*command, "-days", "30")
        elif "-not_after" in subprocess.run(["openssl", "x509", "-help"], capture_output=True, text=True).stderr:  # from 3.4 on
            _run(*command, "-not_before", "20200101000000Z", "-not_after", "20200102000000Z")
        else:  # a negative number of days makes one that ended yesterday; newer versions refuse that
            _run(*command, "-days", "-1")
        return Pem(cert, key)
