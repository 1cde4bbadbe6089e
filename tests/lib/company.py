"""The sample company: corp.example, 380 people (80 administrators, 300 developers), their groups, policy and namespaces.

Everything is made from one fixed seed: the same names, passwords, groups and identifiers on every machine and every run.

    from tests.lib import company
    corp = company.sample()
    corp.person("m.sommer").password
    corp.ldif()                  # for slapadd (tests/lib/slapd.py does it)
    corp.policy()                # the company's policy, text
    corp.namespaces("fra")       # [{"name": "pay-api", "labels": {"team": "payments", ...}}, ...]

    python3 -m tests.lib.company FOLDER                     writes company.ldif, policy.yaml, directory.json, accounts.json,
                                                            namespaces-<site>.json (a Kubernetes NamespaceList each)
    python3 -m tests.lib.company FOLDER 10000 100000 5000   the same for a synthetic company: teams, grants, namespaces
"""
import base64
import hashlib
import json
import os
import sys
import uuid
from dataclasses import dataclass, field
from functools import lru_cache

BASE = "dc=corp,dc=example"
PEOPLE = f"ou=people,{BASE}"
GROUPS = f"ou=groups,{BASE}"
ADMIN_DN = f"cn=admin,{BASE}"  # slapd's root, for the tests' changes only
ADMIN_PASSWORD = "tests-only-directory-admin"
SERVICE_DN = f"cn=lotse,ou=services,{BASE}"  # what the connector binds as: may read everything but passwords
SERVICE_PASSWORD = "tests-only-lotse-service"
SITES = ("fra", "muc", "ber")
AUDIENCES = {site: f"k8s-{site}" for site in SITES}
NAMESPACE_UUID = uuid.UUID("6c6f7473-6500-4000-8000-636f72702e65")

GIVEN = """Jörg Jürgen Günther Götz Björn Sören Käthe Bärbel Jörn Müşerref Änne Øyvind Zoë André Hélène Uwe Ulrike Anna Lena Paul
Felix Jonas Lukas Leon Finn Emma Mia Hannah Sophie Marie Clara Frieda Greta Ida Karl Otto Emil Anton Theo Oskar Hugo Bruno Moritz
Max Tim Jan Nils Lars Sven Kai Ralf Dirk Frank Bernd Gerd Holger Ingo Katrin Silke Anke Heike Petra Sabine Birgit Ute Nora Merle
Ayşe Mehmet Zeynep Agnieszka Tomasz Nguyễn Linh Priya Rahul Olga Dmitri Chiara Luca Inés José""".split()
SURNAMES = """Müller Schröder Krüger Köhler König Schäfer Jäger Böhm Günther Grün Weiß Groß Strauß Preuß Voß Kühn Götz Löffler Hübner
Pfütze Möller Förster Bäcker Süß Fröhlich Böttcher Gößling Häußler Mößner Nüßlein Schmidt Schneider Fischer Weber Meyer Wagner Becker
Schulz Hoffmann Koch Bauer Richter Klein Wolf Neumann Schwarz Zimmermann Braun Hofmann Hartmann Lange Schmitt Werner Krause Meier
Lehmann Huber Mayer Herrmann Kaiser Fuchs Peters Lang Scholz Jung Hahn Keller Vogel Friedrich Roth Berger Frank Winkler Lorenz Baumann
Franke Albrecht Schuster Simon Ludwig Winter Kraus Martin Schumacher Krämer Vogt Stein Otto Seidel Brandt Haas Graf Dietrich Ziegler
Kuhn Pohl Engel Horn Busch Bergmann Thomas Sauer Arnold Pfeiffer Yılmaz Kowalski Nowák Trần D'Amico van-der-Berg""".split()
WORDS = """anker boje bucht deich ebbe fähre flut gischt hafen insel jolle kajüte kiel klippe knoten kompass kutter lagune leine lotse
luke mast mole möwe nebel ozean planke pier regatta reede ruder schleuse segel signal strand takel tau tide ufer wanten welle wind
winde woge""".replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").split()

# policy team -> (directory groups, how many people, how its namespaces are called)
TEAMS = {
    "platform": (["k8s-admins"], 0, []),
    "payments": (["pay-dev", "pay-qa"], 18, ["pay-api", "pay-web", "pay-ledger", "pay-worker", "pay-fraudcheck", "pay-sepa"]),
    "shop": (["shop-dev"], 20, ["shop-web", "shop-api", "shop-cart", "shop-search", "shop-images", "shop-legacy"]),
}
for _team, _suffixes in {
    "mail-inbound": "mx filter", "mail-outbound": "relay dkim", "mailbox": "store index", "antispam": "scan learn", "antivirus": "scan",
    "webmail": "web bff", "calendar": "api sync", "contacts": "api", "drive": "api blob", "search": "query index",
    "identity": "login consent", "billing": "api jobs", "invoicing": "api pdf", "domains": "shop registry", "dns": "api zones",
    "hosting": "api nodes", "sitebuilder": "editor render", "ads": "bidder api", "analytics": "ingest query", "datalake": "spark catalog",
    "ranking": "train serve", "ios": "push", "android": "push", "frontend": "cdn assets", "apigateway": "edge", "observability": "metrics traces",
    "logging": "ingest search", "network": "ipam bgp", "loadbalancing": "control", "storage": "ceph backup", "databases": "postgres mysql",
    "messaging": "kafka rabbit", "caching": "redis", "cicd": "runners gocd", "security": "scanner siem", "abuse": "reports api",
    "supporttools": "crm chat", "newsletter": "send track", "newsportal": "web cms", "video": "encode stream",
}.items():
    TEAMS[_team] = ([f"{_team}-dev"], 0, [f"{_team}-{s}" for s in _suffixes.split()])
TEAMS["security"] = (["sec-all"], 0, TEAMS["security"][2])  # sec-all has no people of its own, only the two groups below
NESTED = {  # group -> groups inside it
    "sec-all": ["sec-ops", "sec-audit"],
    "pay-all": ["pay-dev", "pay-qa"],
    "mail-all": ["mail-inbound-dev", "mail-outbound-dev", "mailbox-dev", "antispam-dev", "antivirus-dev", "webmail-dev"],
    "commerce-all": ["pay-all", "shop-dev", "billing-dev", "invoicing-dev", "domains-dev"],
    "infra-all": ["k8s-admins", "network-dev", "storage-dev", "databases-dev", "loadbalancing-dev"],
    "engineering": ["commerce-all", "mail-all", "infra-all", "sec-all", "guild-backend"],
    "guild-backend": ["guild-go"],
    "guild-go": ["guild-backend"],  # a cycle, as real directories have them
}
SAMPLE = {  # uid: (given name, surname, administrator?, team, state, what for)
    "u.adler": ("Ulrike", "Adler", True, "platform", "active", "platform administrator, leads platform"),
    "a.vogt": ("Änne", "Vogt", True, "platform", "active", "platform administrator, approves"),
    "m.sommer": ("Matthias", "Sommer", False, "payments", "active", "leads payments"),
    "j.mueller": ("Jörg", "Müller", False, "shop", "active", "shop developer with an umlaut"),
    "g.gross": ("Günther", "Groß", False, "shop", "active", "shop developer with a sharp s"),
    "x.leaver": ("Xaver", "Leaver", False, "shop", "active", "in shop-dev, dropped by the policy"),
    "j.temp": ("Jana", "Temp", False, "caching", "active", "added to shop by the policy until the end of 2031"),
    "p.viele": ("Paula", "Viele", False, "payments", "active", "in 30 groups and more"),
    "r.maester": ("Rolf", "Mäster", False, "shop", "active", "member of a directory group named system:masters"),
    "s.schachtel": ("Svenja", "Schachtel", False, "security", "active", "reaches sec-all only through a nested group"),
    "t.brandt": ("Tim", "Brandt", False, "shop", "disabled", "account disabled"),
    "l.kranz": ("Lena", "Kranz", False, "shop", "locked", "account locked (ppolicy)"),
    "e.pohl": ("Emil", "Pohl", False, "payments", "expired", "account expired (shadowExpire)"),
    "n.neumann": ("Nora", "Neumann", False, "payments", "must_change", "must change the password (pwdReset)"),
    "o.ohne": ("Otto", "Ohne", False, None, "active", "developer without any team"),
}


def _hash(*parts):
    return int.from_bytes(hashlib.sha256("\0".join(map(str, parts)).encode()).digest()[:8], "big")


def transliterate(text):
    for a, b in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ø", "oe"), ("ş", "s"), ("ı", "i"), ("ł", "l")):
        text = text.replace(a, b)
    import unicodedata
    return "".join(c for c in unicodedata.normalize("NFKD", text) if c.isascii() and (c.isalnum() or c == "-"))


def password_of(uid):
    """Strong (four words of 44 and five digits, by SHA-256 of the uid), the same every time, and typeable."""
    words = [WORDS[_hash("password", uid, i) % len(WORDS)] for i in range(4)]
    return "-".join(words).capitalize() + f"-{_hash('digits', uid) % 100000:05d}"


def ssha(password, salt):
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()


@dataclass
class Person:
    uid: str
    given: str
    surname: str
    admin: bool
    team: str | None
    state: str = "active"  # active disabled locked expired must_change
    groups: list = field(default_factory=list)  # cn of the direct ones

    @property
    def dn(self):
        return f"uid={self.uid},{PEOPLE}"

    @property
    def cn(self):
        return f"{self.given} {self.surname}"

    @property
    def mail(self):
        return f"{self.uid}@corp.example"

    @property
    def password(self):
        return password_of(self.uid)

    @property
    def uuid(self):
        return str(uuid.uuid5(NAMESPACE_UUID, "person:" + self.uid))


@dataclass
class Group:
    cn: str
    people: list = field(default_factory=list)  # uid
    groups: list = field(default_factory=list)  # cn of groups inside

    @property
    def dn(self):
        return f"cn={self.cn},{GROUPS}"


def _ldif(dn, *pairs):
    lines = []
    for key, value in (("dn", dn), *pairs):
        plain = value.isascii() and value == value.strip() and not value.startswith((":", "<"))
        lines.append(f"{key}: {value}" if plain else f"{key}:: {base64.b64encode(value.encode()).decode()}")
    return "\n".join(lines) + "\n\n"


class Company:
    def __init__(self):
        self.people = {}  # uid -> Person
        self.groups = {}  # cn -> Group
        self.teams = {}  # policy team -> list of group cn
        self.policy_text = ""
        self.site_namespaces = {}  # site -> list of {name, labels}
        self._parents_made, self._parents_of = -1, {}

    # --- building
    def add(self, person):
        assert person.uid not in self.people, person.uid
        self.people[person.uid] = person
        return person

    def group(self, cn):
        return self.groups.setdefault(cn, Group(cn))

    def join(self, uid, cn):
        if cn not in self.people[uid].groups:
            self.people[uid].groups.append(cn)
            self.group(cn).people.append(uid)

    # --- asking
    def person(self, uid):
        return self.people[uid]

    def groups_of(self, uid):
        """Direct and nested, sorted: what the connector must say."""
        parents = self._parents()
        found, todo = set(), list(self.people[uid].groups)
        while todo:
            cn = todo.pop()
            if cn not in found:
                found.add(cn)
                todo += parents.get(cn, [])
        return sorted(found)

    def _parents(self):
        """group -> the groups it is directly inside; made once, as long as the number of groups stays"""
        if self._parents_made != len(self.groups):
            self._parents_of = {}
            for g in self.groups.values():
                for inner in g.groups:
                    self._parents_of.setdefault(inner, []).append(g.cn)
            self._parents_made = len(self.groups)
        return self._parents_of

    def members_of_team(self, team):
        wanted = set(self.teams[team])
        return sorted(uid for uid in self.people if wanted & set(self.groups_of(uid)))

    def namespaces(self, site):
        return self.site_namespaces[site]

    def policy(self):
        return self.policy_text

    # --- writing
    def ldif(self):
        out = [
            _ldif(BASE, ("objectClass", "dcObject"), ("objectClass", "organization"), ("dc", BASE[3:].split(",")[0]), ("o", "Corp Example")),
            *(_ldif(f"ou={ou},{BASE}", ("objectClass", "organizationalUnit"), ("ou", ou)) for ou in ("people", "groups", "services", "policies")),
            _ldif(SERVICE_DN, ("objectClass", "organizationalRole"), ("objectClass", "simpleSecurityObject"), ("cn", "lotse"),
                  ("userPassword", ssha(SERVICE_PASSWORD, b"saltsalt"))),
            _ldif(f"cn=default,ou=policies,{BASE}", ("objectClass", "pwdPolicy"), ("objectClass", "organizationalRole"), ("cn", "default"),
                  ("pwdAttribute", "userPassword"), ("pwdLockout", "TRUE"), ("pwdMaxFailure", "5"), ("pwdLockoutDuration", "0"),
                  ("pwdMustChange", "TRUE"), ("pwdMaxAge", "0")),
        ]
        out += [self._person_ldif(p) for p in self.people.values()]
        parents = self._parents()
        for g in self.groups.values():
            members = [self.people[uid].dn for uid in g.people] + [self.groups[cn].dn for cn in g.groups]
            out.append(_ldif(g.dn, ("objectClass", "groupOfNames"), ("cn", g.cn),
                             ("entryUUID", str(uuid.uuid5(NAMESPACE_UUID, "group:" + g.cn))),
                             *(("member", m) for m in members or [SERVICE_DN]), *(("memberOf", self.groups[cn].dn) for cn in parents.get(g.cn, []))))
        return "".join(out)

    def _person_ldif(self, p):
        extra = {
            "active": [],
            "disabled": [("employeeType", "disabled")],
            "locked": [("pwdAccountLockedTime", "000001010000Z")],
            "expired": [("objectClass", "shadowAccount"), ("shadowExpire", "18000")],  # April 2019
            "must_change": [("pwdReset", "TRUE")],
        }[p.state]
        return _ldif(p.dn, ("objectClass", "inetOrgPerson"), *extra, ("uid", p.uid), ("cn", p.cn), ("sn", p.surname), ("givenName", p.given),
                     ("displayName", p.cn), ("mail", p.mail), ("title", "Administration" if p.admin else "Entwicklung"),
                     ("entryUUID", p.uuid), ("userPassword", ssha(p.password, hashlib.sha256(p.uid.encode()).digest()[:8])),
                     *(("memberOf", self.groups[cn].dn) for cn in p.groups))

    def directory(self):
        """What a connector reads of everybody, as JSON-able data; groups by their normalised DN, nested ones included."""
        return {
            "people": [{"id": p.uuid, "username": p.uid, "display_name": p.cn, "mail": p.mail, "state": p.state,
                        "groups": sorted(self.groups[cn].dn.lower() for cn in self.groups_of(p.uid) if not cn.startswith("system:"))}
                       for p in sorted(self.people.values(), key=lambda p: p.uid)],
            "groups": [{"id": g.dn.lower(), "name": g.cn} for g in sorted(self.groups.values(), key=lambda g: g.dn.lower())
                       if not g.cn.startswith("system:")],
        }

    def namespace_list(self, site):
        return {"apiVersion": "v1", "kind": "NamespaceList",
                "items": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n["name"], "labels": n["labels"]}}
                          for n in self.namespaces(site)]}

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)

        def put(name, text):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        put("company.ldif", self.ldif())
        put("policy.yaml", self.policy())
        put("directory.json", json.dumps(self.directory(), ensure_ascii=False, indent=1) + "\n")
        for site in self.site_namespaces:
            put(f"namespaces-{site}.json", json.dumps(self.namespace_list(site), indent=1) + "\n")
        put("accounts.json", json.dumps({uid: {"password": password_of(uid), "what": SAMPLE[uid][5]} for uid in SAMPLE if uid in self.people},
                                        ensure_ascii=False, indent=1) + "\n")


def _uid_for(given, surname, taken):
    first, last = transliterate(given.lower()), transliterate(surname.lower())
    for head in (first[:1], first[:2], first[:3], first, *(f"{first}{i}" for i in range(2, 100))):
        if f"{head}.{last}" not in taken:
            return f"{head}.{last}"
    raise AssertionError("no free uid")


def _people(corp):
    for uid, (given, surname, admin, team, state, _) in SAMPLE.items():
        corp.add(Person(uid, given, surname, admin, team, state))
    seen = {p.cn for p in corp.people.values()}
    i = 0
    while len(corp.people) < 380:
        given, surname = GIVEN[_hash("given", i) % len(GIVEN)], SURNAMES[_hash("surname", i) % len(SURNAMES)]
        i += 1
        if f"{given} {surname}" in seen:
            continue
        seen.add(f"{given} {surname}")
        admin = sum(p.admin for p in corp.people.values()) < 80
        state = {7: "disabled", 19: "locked", 31: "expired", 43: "must_change"}.get(len(corp.people) % 97, "active")
        corp.add(Person(_uid_for(given, surname, corp.people), given, surname, admin, "platform" if admin else None, state))


def _memberships(corp):
    small = [t for t in TEAMS if t not in ("platform", "payments", "shop")]
    waiting = [p for p in corp.people.values() if not p.admin and p.uid != "o.ohne" and p.team is None]
    for team, size in (("payments", TEAMS["payments"][1]), ("shop", TEAMS["shop"][1])):
        have = sum(p.team == team for p in corp.people.values())
        for _ in range(size - have):
            waiting.pop(0).team = team
    for i, p in enumerate(waiting):
        p.team = small[i % len(small)]
    for p in corp.people.values():
        if p.team is None:
            continue
        groups = ["sec-ops", "sec-audit"] if p.team == "security" else TEAMS[p.team][0]
        corp.join(p.uid, groups[0] if p.uid in SAMPLE else groups[_hash("which", p.uid) % len(groups)])
        corp.join(p.uid, "all-staff")
        corp.join(p.uid, f"loc-{('karlsruhe', 'muenchen', 'berlin', 'montabaur')[_hash('loc', p.uid) % 4]}")
        if _hash("second", p.uid) % 9 == 0 and p.uid not in SAMPLE:  # helps out in a second team
            other = small[_hash("other", p.uid) % len(small)]
            if other != "security":
                corp.join(p.uid, TEAMS[other][0][0])
        if _hash("go", p.uid) % 6 == 0:
            corp.join(p.uid, "guild-go")
    busy = ["p.viele"] + [p.uid for p in corp.people.values() if _hash("busy", p.uid) % 40 == 0]
    for uid in busy:
        for n in range(30):
            corp.join(uid, f"project-{n + 1:02d}")
    corp.join("r.maester", "system:masters")
    corp.join("p.viele", "Ausschuß für Öffentlichkeit")


def _namespaces():
    system = ["default", "kube-system", "kube-public", "kube-node-lease", "kube-monitoring", "lotse-system", "ingress", "cert-manager", "ci"]
    out = {}
    for site in SITES:
        rows = [{"name": n, "labels": {"kubernetes.io/metadata.name": n}} for n in system]
        for team, (_, _, names) in TEAMS.items():
            rows += [{"name": n, "labels": {"kubernetes.io/metadata.name": n, "team": team}} for n in names]
        if site == "ber":  # staging has playgrounds
            rows += [{"name": f"play-{t}", "labels": {"kubernetes.io/metadata.name": f"play-{t}", "team": t, "stage": "play"}}
                     for t in ("payments", "shop", "webmail", "identity")]
        out[site] = sorted(rows, key=lambda r: r["name"])
    return out


POLICY_HEAD = """\
# The policy of corp.example: which team may do what in which namespaces on which site.
lotse: 1
sites:
  fra: {audience: k8s-fra, labels: {tier: prod}}
  muc: {audience: k8s-muc, labels: {tier: prod}}
  ber: {audience: k8s-ber, labels: {tier: stage}}
ldap: {base: "ou=groups,dc=corp,dc=example", nested: true, max_age: 15m, drop_guard: 20%}
"""
POLICY_ROLES = """\
roles:
  view: {base: k8s/view}
  deploy:
    base: view
    can:
      - "* apps/deployments,apps/statefulsets,/services,/configmaps,networking.k8s.io/ingresses"
      - "get,list,watch /pods,/pods/log,/events"
      - "delete /pods"
  debug: {base: view, can: ["create,get /pods/exec,/pods/portforward"], sensitive: true}
  owner:
    base: k8s/edit
    deny:
      - "impersonate /serviceaccounts"
      - "create /serviceaccounts/token"
      - "get,list,watch /secrets"
      - "* /pods/exec,/pods/attach,/pods/proxy,/services/proxy"
  root: {base: k8s/cluster-admin, sensitive: true, cluster: true}
"""
POLICY_MORE = """\
requests:  # just in time: approved in the gateway, no write on any cluster
  debug-prod: {who: payments, role: debug, in: payments, max: 2h, approve: {2: [security]}}
  admin: {who: platform, role: root, max: 1h, approve: {1: [security]}, reason: ticket}
breakglass:
  oncall: {who: platform, role: root, max: 30m, mfa: fido2, page: "#incident", review: 24h}
ci:
  gitlab: {issuer: "https://git.corp.example", audience: lotse, match: {project_path: "pay/*", ref_protected: true}, role: deploy, in: payments}
  gocd: {sa: ci/gocd-agent, role: deploy, in: [payments, shop], token: 1h}
never:
  - {id: no-secret-read, who: "any except ci, root", can: "get,list,watch /secrets", in: tier=prod}
  - {id: no-self-raise, who: "any except platform", reach: root}
  - {id: four-eyes, who: one person, can: ["patch apps/deployments in payments", "approve debug-prod"]}
  - {id: shop-isolated, who: team shop, can: "*", in: payments}
always:
  - {id: see-own-logs, who: each team, can: "get /pods/log", in: own}
"""
POLICY_TESTS = """\
tests:
  - {as: m.sommer, can: "patch apps/deployments", in: "fra:pay-api", is: allow}
  - {as: m.sommer, can: "get /pods", in: "fra:shop-web", is: deny}
  - {as: m.sommer, can: "get /secrets", in: "ber:pay-api", is: deny}
  - {as: j.mueller, can: "list /pods", in: "muc:shop-web", is: allow}
  - {as: j.mueller, can: "create /pods/exec", in: "fra:pay-api", is: deny}
  - {as: u.adler, can: "get /pods", in: "fra:pay-api", is: allow}
  - {as: u.adler, can: "delete apps/deployments", in: "fra:kube-system", is: deny}
  - {as: x.leaver, can: "get /pods", in: "fra:shop-web", is: deny, why: "dropped"}
  - {as: s.schachtel, can: "get /pods/log", in: "ber:security-siem", is: allow, why: "through a nested group"}
"""

POLICY_ACCEPT = """\
accept:
  - {id: L01, who: request admin, until: 2031-12-31, reason: "an hour, approved, with a ticket", by: a.vogt}
  - {id: L01, who: breakglass oncall, until: 2031-12-31, reason: "the way in when all else is down", by: a.vogt}
  - {id: L60, who: ci gitlab, until: 2031-12-31, reason: "one audience until the runners know three", by: a.vogt}
  - {id: L14, who: role deploy, until: 2031-12-31, reason: "teams run their own workloads", by: a.vogt}
  - {id: L14, who: role owner, until: 2031-12-31, reason: "the same on the staging site", by: a.vogt}
  - {id: L19, who: role owner, until: 2031-12-31, reason: "staging site only", by: a.vogt}
  - {id: L15, who: role debug, until: 2031-12-31, reason: "given for a while only", by: a.vogt}
"""


def _policy():
    teams, spaces, grants = [], [], []
    for team, (groups, _, _) in TEAMS.items():
        more = {"platform": ", max: 80, lead: u.adler", "payments": ", lead: m.sommer",
                "shop": ', drop: [x.leaver], add: {j.temp: {until: 2031-12-31, reason: "T-812"}}'}.get(team, "")
        teams.append(f"  {team}: {{from: [{', '.join('cn=' + g for g in groups)}]{more}}}\n")
        if team == "platform":
            continue
        if team == "payments":
            spaces += ["  payments: {label: {team: payments}, at: [tier=prod]}\n", "  payments-stg: {label: {team: payments}, at: [tier=stage]}\n"]
            grants += ["  - {team: payments, role: deploy, in: payments}\n", "  - {team: payments, role: owner, in: payments-stg}\n"]
        elif team == "shop":
            spaces.append('  shop: {names: ["shop-*"], not: [shop-legacy]}\n')
            grants += ["  - {team: shop, role: deploy, in: shop, by: a.vogt}\n",
                       '  - {team: shop, role: debug, in: payments-stg, until: 2031-10-31T18:00:00Z, reason: "T-990", by: m.sommer}\n']
        else:
            spaces.append(f"  {team}: {{label: {{team: {team}}}}}\n")
            grants.append(f"  - {{team: {team}, role: deploy, in: {team}}}\n")
            if _hash("owner", team) % 4 == 0:
                spaces.append(f"  {team}-stg: {{label: {{team: {team}}}, at: [tier=stage]}}\n")
                grants.append(f"  - {{team: {team}, role: owner, in: {team}-stg}}\n")
    spaces.append('  everything: {names: ["*"], not: ["kube-*", "lotse-*"]}\n')
    grants.insert(0, "  - {team: platform, role: view, in: everything}\n")
    return (POLICY_HEAD + "teams:\n" + "".join(teams) + POLICY_ROLES + "spaces:\n" + "".join(spaces) + "grants:\n" + "".join(grants) +
            POLICY_MORE + POLICY_ACCEPT + POLICY_TESTS)


@lru_cache(maxsize=1)
def sample():
    corp = Company()
    corp.teams = {team: groups for team, (groups, _, _) in TEAMS.items()}
    _people(corp)
    for groups, _, _ in TEAMS.values():
        for cn in groups:
            corp.group(cn)
    _memberships(corp)
    for outer, inner in NESTED.items():
        corp.group(outer).groups += [corp.group(cn).cn for cn in inner]
    corp._parents_made = -1
    corp.site_namespaces = _namespaces()
    corp.policy_text = _policy()
    return corp


def synthetic(n_teams, n_grants, n_namespaces, n_people=None):
    """A big company for benchmarks: one group per team, two people per team (or n_people in all), n_grants different
    (team, role, space) grants, spaces of one to four namespaces each, the same on all three sites."""
    corp = Company()
    n_people = n_people or 2 * n_teams
    for i in range(n_people):
        corp.add(Person(f"p{i:06d}", "Person", f"Nr{i}", False, None))
        for k in range(3):  # the first gives every team its people, the others spread
            corp.join(f"p{i:06d}", f"team-{(i if k == 0 else _hash('m', i, k)) % n_teams:05d}")
    for t in range(n_teams):
        corp.teams[f"t{t:05d}"] = [corp.group(f"team-{t:05d}").cn]
    rows = [{"name": f"ns-{i:05d}", "labels": {"kubernetes.io/metadata.name": f"ns-{i:05d}", "app": f"a{i // 2:05d}"}} for i in range(n_namespaces)]
    corp.site_namespaces = {site: rows for site in SITES}
    spaces = [f"  a{i:05d}: {{label: {{app: a{i:05d}}}}}\n" for i in range((n_namespaces + 1) // 2)]
    spaces += [f"  n{i:05d}: {{names: [ns-{i:05d}]}}\n" for i in range(n_namespaces)]
    names = [s.split(":")[0].strip() for s in spaces]
    roles, seen, grants = ("view", "deploy", "owner"), set(), []
    assert n_grants <= n_teams * len(names) * len(roles)
    i = 0
    while len(grants) < n_grants:
        grant = (i % n_teams, _hash("role", i) % len(roles), _hash("space", i) % len(names))
        i += 1
        if grant not in seen:
            seen.add(grant)
            grants.append(f"  - {{team: t{grant[0]:05d}, role: {roles[grant[1]]}, in: {names[grant[2]]}}}\n")
    teams = [f"  {team}: {{from: [cn={groups[0]}]}}\n" for team, groups in corp.teams.items()]
    corp.policy_text = (POLICY_HEAD + "teams:\n" + "".join(teams) + POLICY_ROLES + "spaces:\n" + "".join(spaces) + "grants:\n" + "".join(grants))
    return corp


def _forty_invariants(n_teams, n_spaces):
    """Of every kind, in the proportions policies have: mostly what nobody may do at all, on some sites, or in one space."""
    never = [f'who: "any except root", can: "{can}"' for can in (
        "get,list,watch /secrets", "impersonate /users", "impersonate /groups", "impersonate /serviceaccounts", "create /serviceaccounts/token", "create /pods/exec",
        "create /pods/attach", "get /pods/proxy", "get /nodes/proxy", "* rbac.authorization.k8s.io/rolebindings", "bind,escalate rbac.authorization.k8s.io/clusterroles",
        "create certificates.k8s.io/certificatesigningrequests", "delete /namespaces")]
    never += [f'who: "any except root", can: "{can}", in: tier=prod' for can in ("* /nodes", "* /persistentvolumes", "create /services/proxy", "* rbac.authorization.k8s.io/roles")]
    never += [f'who: any, can: "deletecollection apps/daemonsets,/secrets", in: a{i * 37 % n_spaces:05d}' for i in range(6)]
    never += [f'who: team t{i * 113 % n_teams:05d}, can: "*", in: a{(i * 113 + 5) % n_spaces:05d}' for i in range(7)]
    never += [f'who: one person, can: ["delete /pods in a{i:05d}", "get /secrets in a{i + 1:05d}"]' for i in range(3)]
    never += ['who: "any except root", reach: root']
    always = [f'who: each team, can: "get /{what}", in: own' for what in ("pods/log", "services")]
    always += [f'who: team t{i * 211 % n_teams:05d}, can: "list /pods", in: own' for i in range(4)]
    lines = [(section, f"  - {{id: {section}-{i}, {what}}}\n") for section, all in (("never", never), ("always", always)) for i, what in enumerate(all)]
    assert len(lines) == 40
    return "".join(f"{section}:\n" + "".join(line for s, line in lines if s == section) for section in ("never", "always"))


def wide(n_teams, n_namespaces):
    """Another big company, by its bindings: each team has three grants in one, two and two spaces of two namespaces each, so ten subjects in
    bindings on every site. 10,000 teams are 100,000 bindings (subject, namespace, role) a site, from 30,000 lines. And 40 invariants."""
    corp = synthetic(n_teams, 0, n_namespaces)
    head, grants = corp.policy_text.split("grants:\n")
    corp.policy_text = head + _forty_invariants(n_teams, (n_namespaces + 1) // 2) + "grants:\n" + grants
    n_spaces, lines = (n_namespaces + 1) // 2, []
    for t in range(n_teams):
        space = [f"a{(t + k * 977) % n_spaces:05d}" for k in range(5)]
        lines.append(f"  - {{team: t{t:05d}, role: owner, in: {space[0]}}}\n")
        lines.append(f"  - {{team: t{t:05d}, role: deploy, in: [{space[1]}, {space[2]}]}}\n")
        lines.append(f"  - {{team: t{t:05d}, role: view, in: [{space[3]}, {space[4]}]}}\n")
    corp.policy_text += "".join(lines)
    return corp


def one_percent_other(text):
    """The policy after every hundredth grant was given another role."""
    head, grants = text.split("grants:\n")
    lines = grants.splitlines(keepends=True)
    for i in range(0, len(lines), 100):
        lines[i] = lines[i].replace("role: view", "role: OWNER").replace("role: deploy", "role: view").replace("role: owner", "role: deploy").lower()
    return head + "grants:\n" + "".join(lines)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 5):
        sys.exit(__doc__)
    made = sample() if len(sys.argv) == 2 else synthetic(*map(int, sys.argv[2:]))
    made.write(sys.argv[1])
