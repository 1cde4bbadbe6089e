"""A small certificate authority for the tests: a root, server certificates with names (SAN), client certificates for Kubernetes.

    ca = CA(folder)                                          # kept in files; a second CA(folder) is the same one
    pem = ca.server("slapd", ["localhost", "127.0.0.1"])     # pem.cert, pem.key: paths
    ca.server("old", ["localhost"], expired=True)            # also: cn_only=True, self_signed=True

    authority = Authority()                                  # in memory; texts in place of paths
    authority.pem, authority.server(), authority.client("admin", ["system:masters"])
"""
import datetime
import ipaddress
import os
import pathlib
from collections import namedtuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Pem = namedtuple("Pem", "cert key")
LOOPBACK = ["localhost", "127.0.0.1", "::1"]
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


def private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def certificate_pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _subject(common_name, organizations=()):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name),
                      *(x509.NameAttribute(NameOID.ORGANIZATION_NAME, o) for o in organizations)])


def _name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _usage(**true):
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: true.get(name, False) for name in every})


def _build(subject, public_key, issuer, issuer_key, extensions, days=30):
    """days below zero: it ended so many days ago."""
    now = datetime.datetime.now(datetime.timezone.utc)
    start = now - datetime.timedelta(hours=1) + datetime.timedelta(days=min(days, 0) * 2)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
               .serial_number(x509.random_serial_number()).not_valid_before(start)
               .not_valid_after(now + datetime.timedelta(days=days)))
    # strict verifiers (Python from 3.13 on) want the key identifiers of RFC 5280 4.2.1.1 and 4.2.1.2
    extensions = [*extensions, (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
                  (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


class Authority:
    def __init__(self, name="Lotse test CA", pem=None):
        """pem: one that was made before, as texts."""
        if pem:
            self.certificate = x509.load_pem_x509_certificate(pem.cert.encode())
            self.key = serialization.load_pem_private_key(pem.key.encode(), None)
            return
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = _build(_subject(name), self.key.public_key(), _subject(name), self.key, [
            (x509.BasicConstraints(True, None), True), (_usage(key_cert_sign=True, crl_sign=True), True)])

    @property
    def pem(self):
        return certificate_pem(self.certificate)

    def _issue(self, subject, usages, names, self_signed=False, days=30):
        key = ec.generate_private_key(ec.SECP256R1())
        extensions = [(x509.BasicConstraints(False, None), False), (_usage(digital_signature=True), True),
                      (x509.ExtendedKeyUsage(usages), False)]
        if names:
            extensions.append((x509.SubjectAlternativeName([_name(n) for n in names]), False))
        issuer, issuer_key = (subject, key) if self_signed else (self.certificate.subject, self.key)
        return Pem(certificate_pem(_build(subject, key.public_key(), issuer, issuer_key, extensions, days)), private_pem(key))

    def server(self, names=LOOPBACK, expired=False, cn_only=False, self_signed=False, cn=None):
        """For the names (host names and addresses). cn_only: the first one stands in CN only, no SAN at all; cn: another CN."""
        return self._issue(_subject(cn or names[0]), [SERVER, CLIENT], [] if cn_only else names, self_signed, -1 if expired else 30)

    def client(self, user, groups=()):
        """What Kubernetes reads as this user in these groups."""
        return self._issue(_subject(user, groups), [CLIENT], [])


class CA:
    def __init__(self, folder, name="Lotse test CA"):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.cert, self.key = os.path.join(self.folder, "ca.pem"), os.path.join(self.folder, "ca.key")
        if os.path.exists(self.cert):
            self.authority = Authority(pem=Pem(pathlib.Path(self.cert).read_text(), pathlib.Path(self.key).read_text()))
            return
        self.authority = Authority(name)
        self._write("ca", Pem(self.authority.pem, private_pem(self.authority.key)))

    def _write(self, name, pem):
        paths = Pem(*(os.path.join(self.folder, f"{name}.{end}") for end in ("pem", "key")))
        for path, text in zip(paths, pem):
            pathlib.Path(path).write_text(text)
        os.chmod(paths.key, 0o600)
        return paths

    def server(self, name, names, **how):
        """The files NAME.pem and NAME.key; how as for Authority.server."""
        return self._write(name, self.authority.server(names, **how))
