"""Everything together: the company's directory, its clusters, its policy and the gateway, on loopback.

    with Stack(folder) as s:                    # slapd + gateway; Stack(folder, clusters=True) also fra, muc, ber
        s.slapd, s.gateway, s.sites, s.corp, s.ca, s.policy (a path), s.connectors (a path, for lotse-policy)
"""
import json
import pathlib

from tests.lib import company
from tests.lib.ca import CA
from tests.lib.cluster import Issuer, Sites
from tests.lib.gateway import Gateway
from tests.lib.slapd import Slapd


def ldap_connector(slapd, folder):
    """One entry of `connectors:` for the sample company's directory."""
    password = pathlib.Path(folder) / "ldap-password"
    password.touch(mode=0o600)
    password.write_text(company.SERVICE_PASSWORD)
    return {"type": "ldap", "id": "corp", "urls": [slapd.ldaps_url], "ca_file": slapd.ca.cert, "bind_dn": company.SERVICE_DN,
            "bind_password_file": str(password), "people": {"base": company.PEOPLE},
            "account": {"disabled_attribute": "employeeType", "disabled_value": "disabled"},
            "groups": {"rules": "member_of", "base": company.GROUPS, "nested": True, "cache": "1s"}}


class Stack:
    def __init__(self, folder, clusters=False, **gateway):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.corp = company.sample()
        self.ca = CA(self.folder / "ca")
        self.slapd = Slapd(self.folder / "slapd", ca=self.ca)
        self.connectors = self.folder / "connectors.yaml"
        self.policy = self.folder / "policy.yaml"
        self.policy.write_text(self.corp.policy())
        self.clusters, self.gateway_more = clusters, gateway
        self.sites = self.gateway = None
        self.started = []

    # --- one part after the other, for whoever tells what goes on; start() does all of it

    def start_directory(self):
        self.started.append(self.slapd)
        self.slapd.start()
        connectors = [ldap_connector(self.slapd, self.folder)]
        self.connectors.write_text(json.dumps({"connectors": connectors}))
        self.gateway = Gateway(self.folder / "gateway", connectors=connectors, policy=self.corp.policy(), ca=self.ca,
                               **self.gateway_more)

        issuer = Issuer(self.gateway.issuer, pathlib.Path(self.ca.cert).read_text(), company.AUDIENCES,
                        username_claim="preferred_username")
        self.sites = Sites(self.folder / "sites", company.SITES, issuer) if self.clusters else None

    def start_gateway(self):
        """Before the clusters: an API server that finds no issuer asks again only ten seconds later."""
        sites = [{"name": s, "audience": company.AUDIENCES[s], "server": f"https://api.{s}.corp.example:6443"} for s in company.SITES]
        for site in sites if self.sites else []:
            ca = self.folder / f"{site['name']}-ca.pem"
            ca.write_text(self.sites[site["name"]].authority.pem)
            site |= {"server": self.sites[site["name"]].url, "ca_file": str(ca)}
        self.gateway.config["kubernetes"] = {"sites": sites}
        self.gateway.write()
        self.started.append(self.gateway)
        self.gateway.start()

    def start_clusters(self):
        self.started.append(self.sites)
        self.sites.start()

    def start_namespaces(self):
        for cluster in self.sites:
            cluster.create_namespaces({n["name"]: n["labels"] for n in self.corp.namespaces(cluster.name)})

    def start(self):
        try:
            self.start_directory()
            self.start_gateway()
            if self.clusters:
                self.start_clusters()
                self.start_namespaces()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        while self.started:
            self.started.pop().stop()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
