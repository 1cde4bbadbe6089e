"""docs/policy.md: every example of the language is compiled, the blocks and the one of each key."""
import json
import pathlib
import re

import pytest
import yaml

from tests.policy.conftest import Policy

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs/policy.md").read_text(encoding="utf-8")
KEYS = (pathlib.Path(__file__).resolve().parents[2] / "policy/language/policy_keys.tbl.h").read_text(encoding="utf-8")

BASE = "ou=groups,dc=corp,dc=example"
GROUPS = {"cn=k8s-admins": ["u.adler", "a.vogt", "b.lang"], "cn=pay-dev": ["m.sommer"], "cn=pay-qa": ["k.lang"], "cn=shop-dev": ["j.mueller"],
          "cn=audit,ou=special": ["j.temp", "x.leaver"]}
LDAP = f'ldap: {{base: "{BASE}"}}\n'
HEAD = """lotse: 1
sites: {fra: {audience: fra, labels: {tier: prod}}, muc: {audience: k8s-muc, labels: {tier: prod}}, ber: {audience: k8s-ber, labels: {tier: stage}}}
teams:
  platform: {from: [cn=k8s-admins], lead: u.adler}
  payments: {from: [cn=pay-dev, cn=pay-qa], lead: m.sommer}
  shop: {from: [cn=shop-dev], lead: j.mueller}
roles:
  view: {base: k8s/view}
  deploy: {base: view, can: ["* apps/deployments,/services"]}
  debug: {base: view, can: ["create,get /pods/exec"], sensitive: true}
  owner: {base: k8s/edit}
  root: {base: k8s/cluster-admin, sensitive: true, cluster: true}
spaces:
  payments: {label: {team: payments}, at: tier=prod}
  payments-stg: {label: {team: payments}, at: ber}
  shop: {names: ["shop-*"]}
"""
REQUEST = "requests: {debug-prod: {who: payments, role: debug, in: payments, max: 2h, approve: {1: [lead], 2: [platform]}}}\n"

# heading -> how an entry of it is written, its keys when an example says nothing else, the section of the table of keys
SECTIONS = {
    "sites": ("sites: {x: {%s}}", {"audience": "x"}, "site"),
    "ldap": ("ldap: {%s}", {"base": f'"{BASE}"'}, "ldap"),
    "teams": ("teams: {x: {%s}}", {"from": "[cn=pay-dev]"}, "team"),
    "roles": ("roles: {x: {%s}}", {"base": "view"}, "role"),
    "spaces": ("spaces: {x: {%s}}", {"names": '["pay-*"]'}, "space"),
    "grants": ("grants: [{%s}]", {"team": "payments", "role": "view", "in": "payments", "until": "2099-01-01"}, "grant"),
    "requests": ("requests: {x: {%s}}", {"who": "payments", "role": "view", "in": "payments", "max": "1h", "approve": "{1: [lead]}"}, "request"),
    "breakglass": ("breakglass: {x: {%s}}", {"who": "platform", "role": "root", "max": "5m", "mfa": "fido2", "page": "x", "review": "1h"},
                   "breakglass"),
    "ci": ("ci: {x: {%s}}", {"issuer": '"https://x.example"', "match": "{a: b}", "role": "view", "in": "payments"}, "ci"),
    "never, always": ("never: [{%s}]", {"id": "x", "who": "any", "can": '"get /secrets"'}, "invariant"),
    "tests": ("tests: [{%s}]", {"as": "m.sommer", "can": '"get /pods"', "in": '"fra:pay-api"', "is": "deny"}, "test"),
    "accept": ("accept: [{%s}]", {"id": "L01", "who": "any", "until": "2099-01-01", "reason": "x", "by": "u.adler"}, "accept"),
    "include": ("include: {f.yaml: {%s}}", {"team": "payments"}, "include"),
}
EITHER = [{"issuer", "match", "sa"}, {"can", "reach"}]  # one excludes the other


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """One folder for all examples: each writes its files anew."""
    return Policy(tmp_path_factory.mktemp("examples"))


def sections():
    return dict(re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))


def blocks():
    return re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)


def rows():
    """(heading, keys, example) of every example in a table of keys."""
    for heading in SECTIONS:
        for keys, examples in re.findall(r"^\| (`.*?`) \| .* \| (.*) \|$", sections()[heading], re.M):
            for example in re.findall(r"`([^`]+)`", examples):
                yield heading, tuple(re.findall(r"`([^`]+)`", keys)), example


def compiled(policy, text, head=HEAD):
    """Without errors, with the directory of the page and saved clusters."""
    directory = {"people": [{"id": u, "username": u, "display_name": u, "mail": "", "state": "active",
                             "groups": [f"{g},{BASE}" for g, people in GROUPS.items() if u in people]}
                            for u in sorted(set(sum(GROUPS.values(), [])))],
                 "groups": [{"id": f"{g},{BASE}", "name": g.split(",")[0][3:]} for g in GROUPS]}
    (policy.folder / "directory.json").write_text(json.dumps(directory))
    (policy.folder / "head.yaml").write_text(head)
    (policy.folder / "block.yaml").write_text(text)
    for name in ("f.yaml", "teams/payments.yaml", "platform/never.yaml"):
        (policy.folder / name).parent.mkdir(exist_ok=True)
        (policy.folder / name).write_text("lotse: 1\n")
    run = policy.offline("compile", *(["head.yaml"] if head else []), "block.yaml", "--out", "out")
    assert run.returncode == 0, text + run.stderr + run.stdout


@pytest.mark.parametrize("block", blocks(), ids=lambda b: b.split(":")[0])
def test_a_block_compiles(policy, block):
    if block.startswith("lotse:"):
        compiled(policy, block, head="")
    else:
        compiled(policy, "lotse: 1\n" + block, HEAD + LDAP + (REQUEST if "approve debug-prod" in block else ""))


def entry(heading, example):
    template, defaults, _ = SECTIONS[heading]
    said = set(yaml.safe_load("{" + example + "}"))
    for group in EITHER:
        if said & group and not ({"match", "issuer"} & said):
            defaults = {k: v for k, v in defaults.items() if k not in group}
    if "approve debug-prod" in example:
        defaults = {**defaults, "who": "one person"}  # tokens approve nothing
    if "root" in example or "cluster" in example:
        defaults = {k: v for k, v in defaults.items() if k != "in"}
    return template % ", ".join([example] + [f"{k}: {v}" for k, v in defaults.items() if k not in said])


@pytest.mark.parametrize("heading,keys,example", rows(), ids=lambda v: v if isinstance(v, str) else "")
def test_the_example_of_a_key_compiles(policy, heading, keys, example):
    assert set(yaml.safe_load("{" + example + "}")) & set(keys), "the example is of another key"
    compiled(policy, "lotse: 1\n" + entry(heading, example), HEAD + ("" if heading == "ldap" else LDAP) + (REQUEST if "approve" in example else ""))


def test_every_key_has_its_row_with_an_example():
    for heading, (_, _, section) in SECTIONS.items():
        keys = set(re.findall(rf"^KEY\({section}, (\w+),", KEYS, re.M))
        shown = {k for h, names, _ in rows() if h == heading for k in names}
        assert keys == shown, heading


def test_every_section_has_its_heading():
    documents = set(re.findall(r"^DOCUMENT\((\w+),", KEYS, re.M)) - {"lotse"}
    assert documents == set(", ".join(SECTIONS).split(", "))
