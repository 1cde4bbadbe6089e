"""A real slapd with the sample company, on free loopback ports, in a folder of its own; works as any user.

    server = Slapd(folder).start()         # loads company.sample(), or company=..., or ldif="..."
    server.ldap_url, server.ldaps_url      # ldap:// does StartTLS; the CA is server.ca.cert
    server.disable("m.sommer")             # move, join, leave, unlock, reset_password, expire, delete, rename ... below
    server.stop()

The urls say 127.0.0.1 on purpose: libldap checks a certificate for "localhost" against the machine's own host name instead.
Overlays: ppolicy, memberof, refint. The service account company.SERVICE_DN may read everything but passwords.
"""
import os
import shutil
import socket
import subprocess
import time

from tests.lib import company as corp
from tests.lib.ca import CA

CONFIG = """\
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/nis.schema
include {schema}/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
moduleload refint
pidfile {folder}/slapd.pid
TLSCACertificateFile {ca}
TLSCertificateFile {cert}
TLSCertificateKeyFile {key}
threads 4
{global_more}
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw {admin_password}
directory {folder}/data
maxsize 268435456
dbnosync
index objectClass,uid,cn,member,memberOf,entryUUID,mail eq
limits dn.exact="{service}" {service_limits}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{service}" read by self read by anonymous auth by * none
{database_more}
overlay ppolicy
ppolicy_default "cn=default,ou=policies,{base}"
{ppolicy_more}
overlay memberof
memberof-group-oc groupOfNames
overlay refint
refint_attributes member
"""


def free_port():
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _binary(name):
    return shutil.which(name) or f"/usr/sbin/{name}"


class Slapd:
    def __init__(self, folder, company=None, ldif=None, ca=None, certificate=None, **config):
        """config: global_more, database_more, ppolicy_more: further lines of slapd.conf; service_limits: of the service account."""
        self.folder = str(folder)
        self.company = company or (corp.sample() if ldif is None else None)
        self.ldif = ldif
        self.ca = ca or CA(os.path.join(self.folder, "ca"))
        self.certificate = certificate or self.ca.server("slapd", ["localhost", "127.0.0.1"])
        self.config = {"global_more": "", "database_more": "", "ppolicy_more": "",
                       "service_limits": "size.soft=500 size.hard=500 size.prtotal=unlimited", **config}
        self.process = None
        self.port, self.tls_port = free_port(), free_port()

    @property
    def ldap_url(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldaps_url(self):
        return f"ldaps://127.0.0.1:{self.tls_port}"

    # --- life
    def load(self):
        os.makedirs(os.path.join(self.folder, "data"), exist_ok=True)
        self.conf = os.path.join(self.folder, "slapd.conf")
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(CONFIG.format(schema="/etc/ldap/schema", folder=self.folder, ca=self.ca.cert, cert=self.certificate.cert,
                                  key=self.certificate.key, base=corp.BASE, admin=corp.ADMIN_DN, admin_password=corp.ADMIN_PASSWORD,
                                  service=corp.SERVICE_DN, **self.config))
        path = os.path.join(self.folder, "company.ldif")
        with open(path, "w", encoding="utf-8") as f:
            f.write(self.ldif if self.ldif is not None else self.company.ldif())
        done = subprocess.run([_binary("slapadd"), "-q", "-f", self.conf, "-l", path], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"slapadd: {done.stderr}")
        return self

    def start(self):
        if not os.path.exists(os.path.join(self.folder, "data", "data.mdb")):
            self.load()
        for _ in range(5):  # another process may take a free port before we do
            log = open(os.path.join(self.folder, "slapd.log"), "ab")
            self.process = subprocess.Popen(
                [_binary("slapd"), "-f", self.conf, "-h", f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/", "-d", "0"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            log.close()
            if self._wait():
                return self
            self.stop()
            self.port, self.tls_port = free_port(), free_port()
        raise RuntimeError("slapd does not start, see " + os.path.join(self.folder, "slapd.log"))

    def _wait(self):
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                for port in (self.port, self.tls_port):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                time.sleep(0.01)
        return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def cpu_seconds(self):
        """Processor time of slapd so far (user + system), from /proc."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # --- changes, as the directory's administrators make them
    def modify(self, ldif, *options):
        done = subprocess.run(["ldapmodify", "-x", "-H", f"ldap://127.0.0.1:{self.port}", "-D", corp.ADMIN_DN, "-w", corp.ADMIN_PASSWORD,
                               *options], input=ldif, capture_output=True, text=True, env={**os.environ, "LDAPNOINIT": "1"})
        if done.returncode:
            raise RuntimeError(f"ldapmodify: {done.stderr.strip()}\n{ldif}")

    def change(self, dn, *changes, relax=False):
        """changes: ("replace" | "add" | "delete", attribute, value, ...)"""
        lines = [f"dn: {dn}", "changetype: modify"]
        for kind, attribute, *values in changes:
            lines += [f"{kind}: {attribute}", *(f"{attribute}: {v}" for v in values), "-"]
        self.modify("\n".join(lines) + "\n", *(("-e", "relax") if relax else ()))

    def person_dn(self, uid):
        return f"uid={uid},{corp.PEOPLE}"

    def group_dn(self, cn):
        return f"cn={cn},{corp.GROUPS}"

    def disable(self, uid):
        self.change(self.person_dn(uid), ("replace", "employeeType", "disabled"))

    def enable(self, uid):
        self.change(self.person_dn(uid), ("replace", "employeeType"))

    def lock(self, uid):
        self.change(self.person_dn(uid), ("replace", "pwdAccountLockedTime", "000001010000Z"), relax=True)

    def unlock(self, uid):
        self.change(self.person_dn(uid), ("replace", "pwdAccountLockedTime"), relax=True)

    def must_change(self, uid, value=True):
        self.change(self.person_dn(uid), ("replace", "pwdReset", *(["TRUE"] if value else [])))

    def expire(self, uid, days=18000):
        self.change(self.person_dn(uid), ("add", "objectClass", "shadowAccount"), ("replace", "shadowExpire", days))

    def unexpire(self, uid):
        self.change(self.person_dn(uid), ("delete", "shadowExpire"), ("delete", "objectClass", "shadowAccount"))

    def join(self, uid, cn):
        self.change(self.group_dn(cn), ("add", "member", self.person_dn(uid)))

    def leave(self, uid, cn):
        self.change(self.group_dn(cn), ("delete", "member", self.person_dn(uid)))

    def move(self, uid, from_cn, to_cn):
        self.join(uid, to_cn)
        self.leave(uid, from_cn)

    def set_password(self, uid, password):
        self.change(self.person_dn(uid), ("replace", "userPassword", corp.ssha(password, b"saltsalt")))

    def delete(self, uid):
        self.modify(f"dn: {self.person_dn(uid)}\nchangetype: delete\n")

    def rename(self, uid, new_uid):
        self.modify(f"dn: {self.person_dn(uid)}\nchangetype: modrdn\nnewrdn: uid={new_uid}\ndeleteoldrdn: 1\n")

    def reset(self):
        """Back to the company as it was loaded."""
        self.stop()
        shutil.rmtree(os.path.join(self.folder, "data"))
        return self.load().start()
