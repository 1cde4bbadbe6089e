"""lotse-policy import: readable policies out of real objects, the same access proven, and everything else named."""
import json
import os
import random
import shutil
import subprocess

import pytest
import yaml

from tests.lib import company
from tests.lib.tools import ours
from tests.policy.conftest import SAVED

OK, FINDINGS, USAGE = 0, 1, 2
MORE = int(os.environ.get("LOTSE_IMPORT_CLUSTERS", "120"))  # random clusters


def role(kind, name, *rules, namespace=None, **more):
    return {"kind": kind, "metadata": meta(name, namespace), "rules": list(rules), **more}


def meta(name, namespace=None):
    return {"name": name, **({"namespace": namespace} if namespace else {})}


def rule(verbs, resources, groups="", names=None):
    made = {"verbs": verbs.split(","), "apiGroups": groups.split(","), "resources": resources.split(",")}
    return {**made, "resourceNames": names} if names else made


def bind(name, role_name, *subjects, namespace=None, kind="ClusterRole", **more):
    return {"kind": "RoleBinding" if namespace else "ClusterRoleBinding", "metadata": {**meta(name, namespace), **more},
            "roleRef": {"kind": kind, "name": role_name}, "subjects": list(subjects)}


def group(name):
    return {"kind": "Group", "name": name}


def user(name):
    return {"kind": "User", "name": name}


def account(name, namespace="ci"):
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def namespace(name, annotations=None, **labels):
    return {"metadata": {"name": name, "labels": labels, "annotations": annotations or {}}}


class Saved:
    """A folder of saved clusters, and what import makes of it."""

    def __init__(self, folder):
        self.folder = folder

    def site(self, site, objects, namespaces, with_defaults=True):
        to = self.folder / "objects" / site
        to.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAVED / "discovery.json", to)
        if with_defaults:
            own = {(o.get("kind"), o["metadata"]["name"]) for o in objects if not o["metadata"].get("namespace")}
            saved = json.loads((SAVED / "rbac.json").read_text())
            saved["items"] = [o for o in saved["items"] if (o.get("kind"), o["metadata"]["name"]) not in own]
            (to / "rbac.json").write_text(json.dumps(saved))
        (to / "own.json").write_text(json.dumps({"kind": "List", "items": objects}))
        (to / "namespaces.json").write_text(json.dumps({"kind": "NamespaceList", "items": namespaces}))
        return self

    def run(self, *arguments):
        return subprocess.run([ours("lotse-policy"), "import", "--objects", "objects", *map(str, arguments)], cwd=self.folder,
                              text=True, capture_output=True, timeout=60)

    def json(self, *arguments):
        run = self.run("--output", "json", *arguments)
        answer = json.loads(run.stdout)
        assert run.returncode == (OK if answer["equal"] else FINDINGS), run.stdout
        answer["tree"] = yaml.safe_load(answer["policy"])
        return answer


@pytest.fixture
def saved(tmp_path):
    return Saved(tmp_path)


def left(answer):
    return sorted({(f["reason"], f["object"], f.get("subject", "")) for f in answer["left"]})


NAMESPACES = [namespace("pay-api", team="pay"), namespace("pay-web", team="pay"), namespace("shop-a"), namespace("kube-system")]


# --- what becomes of what

def test_groups_roles_and_namespaces_become_teams_roles_and_spaces(saved):
    saved.site("fra", [
        role("ClusterRole", "deployer", rule("get,list,watch,create,update,patch,delete,deletecollection", "deployments", "apps")),
        bind("a", "deployer", group("oidc:Pay Dev"), namespace="pay-api"), bind("b", "deployer", group("oidc:Pay Dev"), namespace="pay-web"),
        bind("c", "view", group("shop"), namespace="shop-a")], NAMESPACES)
    answer = saved.json()
    tree = answer["tree"]
    assert answer["equal"] and left(answer) == []
    assert tree["teams"] == {"pay-dev": {"from": ["cn=Pay Dev"]}, "shop": {"from": ["cn=shop"]}}
    assert tree["roles"] == {"deployer": {"can": ["* apps/deployments"]}, "view": {"base": "k8s/view"}}
    assert tree["spaces"] == {"pay": {"label": {"team": "pay"}}, "shop-a": {"names": "shop-a"}}
    assert tree["grants"] == [{"team": "pay-dev", "role": "deployer", "in": "pay"}, {"team": "shop", "role": "view", "in": "shop-a"}]


def test_roles_that_allow_the_same_are_one(saved):
    saved.site("fra", [
        role("Role", "a", rule("get,list", "pods"), rule("get", "pods"), namespace="pay-api"),
        role("Role", "b", rule("list", "pods"), rule("get", "pods"), rule("get", "pods", names=["x"]), namespace="pay-web"),
        bind("a", "a", group("g"), namespace="pay-api", kind="Role"), bind("b", "b", group("g"), namespace="pay-web", kind="Role")],
        NAMESPACES)
    answer = saved.json()
    assert answer["equal"] and answer["tree"]["roles"] == {"a": {"can": ["get,list /pods"]}}
    assert len(answer["tree"]["grants"]) == 1


def test_a_copy_of_a_default_role_is_that_role(saved):
    defaults = {o["metadata"]["name"]: o for o in json.loads((SAVED / "rbac.json").read_text())["items"] if o["kind"] == "ClusterRole"}
    rules = defaults["view"]["rules"]
    less = [r for r in defaults["edit"]["rules"] if "pods/exec" not in r.get("resources", [])]
    saved.site("fra", [role("Role", "reader", *rules[::-1], namespace="pay-api"), role("ClusterRole", "more", *rules, rule("delete", "pods")),
                       role("ClusterRole", "less", *less), bind("a", "reader", group("g"), namespace="pay-api", kind="Role"),
                       bind("b", "more", group("g"), namespace="shop-a"), bind("c", "less", group("h"), namespace="shop-a")], NAMESPACES)
    answer = saved.json()
    assert answer["equal"] and left(answer) == []
    assert answer["tree"]["roles"]["view"] == {"base": "k8s/view"}
    assert answer["tree"]["roles"]["more"] == {"base": "view", "can": ["delete /pods"]}
    assert answer["tree"]["roles"]["less"]["base"] == "k8s/edit" and set(answer["tree"]["roles"]["less"]) == {"base", "deny"}


def test_a_role_that_contains_another_stands_on_it(saved):
    small = [rule("get,list", r) for r in ("pods", "services", "configmaps", "endpoints")]
    saved.site("fra", [role("ClusterRole", "small", *small), role("ClusterRole", "large", *small, rule("delete", "pods,services")),
                       bind("a", "small", group("g"), namespace="pay-api"), bind("b", "large", group("g"), namespace="pay-web")], NAMESPACES)
    answer = saved.json()
    assert answer["equal"]
    assert answer["tree"]["roles"]["large"] == {"base": "small", "can": ["delete /pods,/services"]}


def test_a_cluster_wide_binding_is_a_cluster_role_of_the_policy(saved):
    saved.site("fra", [bind("a", "view", group("audit")), bind("b", "view", group("audit"), namespace="shop-a")], NAMESPACES)
    tree = saved.json()["tree"]
    assert tree["roles"] == {"view": {"base": "k8s/view"}, "view-wide": {"base": "view", "cluster": True}}
    assert {"team": "audit", "role": "view-wide"} in tree["grants"]


def test_many_namespaces_are_said_shortly(saved):
    names = ["kube-system", "kube-public", "lotse-system", "shop-legacy"] + [f"shop-{i}" for i in range(9)] + [f"pay-{i}" for i in range(9)]
    everywhere = [bind("all", "view", group("ops"), namespace=n) for n in names if not n.startswith(("kube-", "lotse-"))]
    shop = [bind("shop", "edit", group("shop"), namespace=n) for n in names if n.startswith("shop-") and n != "shop-legacy"]
    saved.site("fra", everywhere + shop, [namespace(n) for n in names])
    spaces = saved.json()["tree"]["spaces"]
    assert {"names": "*", "not": ["kube-public", "kube-system", "lotse-system"]} in spaces.values()
    assert {"names": "shop-*", "not": "shop-legacy"} in spaces.values()


def test_several_sites_are_one_policy(saved):
    for site in ("fra", "muc", "ber"):
        extra = [bind("x", "admin", group("pay"), namespace="pay-api")] if site == "ber" else []
        saved.site(site, [bind("a", "edit", group("pay"), namespace=n) for n in ("pay-api", "pay-web")] + extra, NAMESPACES)
    answer = saved.json()
    assert answer["equal"] and [p["site"] for p in answer["proofs"]] == ["ber", "fra", "muc"]
    assert answer["tree"]["grants"] == [{"team": "pay", "role": "admin", "in": "pay-api", "at": "ber"},
                                        {"team": "pay", "role": "edit", "in": "pay"}]


def test_a_role_that_differs_between_sites_is_two(saved):
    for site, verbs in (("fra", "get"), ("muc", "get,list")):
        saved.site(site, [role("ClusterRole", "r", rule(verbs, "pods")), bind("a", "r", group("g"), namespace="pay-api")], NAMESPACES)
    tree = saved.json()["tree"]
    assert sorted(map(str, tree["roles"].values())) == sorted(map(str, [{"can": ["get /pods"]}, {"can": ["get,list /pods"]}]))
    assert sorted(g["at"] for g in tree["grants"]) == ["fra", "muc"]


def test_the_directory_says_which_group_it_is(saved):
    groups = [{"id": f"cn={n},ou=groups,dc=corp,dc=example", "name": n} for n in ("pay-dev", "shop", "odd")]
    groups.append({"id": "cn=shop,ou=special,dc=corp,dc=example", "name": "shop"})
    (saved.folder / "directory.json").write_text(json.dumps({"people": [], "groups": groups}))
    saved.site("fra", [bind(n, "view", group(n), namespace="pay-api") for n in ("oidc:PAY-DEV", "shop", "unknown")], NAMESPACES)
    answer = saved.json("--directory", "directory.json")
    assert answer["tree"]["ldap"] == {"base": "dc=corp,dc=example"}
    assert answer["tree"]["teams"]["pay-dev"] == {"from": ["cn=pay-dev,ou=groups"]}
    assert {(n["reason"], n["object"]) for n in answer["notes"]} == {("NO_DIRECTORY_GROUP", "team unknown"),
                                                                     ("TWO_DIRECTORY_GROUPS", "team shop")}


# --- what is left

LEFT = {
    "a person": (bind("x", "view", user("m.sommer"), namespace="pay-api"), "USER", "User m.sommer"),
    "a service account": (bind("x", "view", account("bot"), namespace="pay-api"), "SERVICE_ACCOUNT", "ServiceAccount ci/bot"),
    "everybody": (bind("x", "view", group("system:authenticated"), namespace="pay-api"), "SYSTEM", "Group system:authenticated"),
    "a time-boxed grant": (bind("x", "view", group("lotse:jit:a:b"), namespace="pay-api"), "MINTED", "Group lotse:jit:a:b"),
    "nobody": (bind("x", "view", {"kind": "Robot", "name": "r"}, namespace="pay-api"), "UNKNOWN_SUBJECT", None),
    "no role": (bind("x", "missing", group("g"), namespace="pay-api"), "NO_ROLE", "Group g"),
    "a Role bound in the whole cluster": (bind("x", "view", group("g"), kind="Role"), "NO_ROLE", "Group g"),
    "an empty role": (bind("x", "empty", group("g"), namespace="pay-api"), "EMPTY_ROLE", "Group g"),
    "no namespace": (bind("x", "view", group("g"), namespace="gone"), "NO_NAMESPACE", "Group g"),
    "any verb": (bind("x", "star", group("g"), namespace="pay-api", kind="Role"), "ROLE_VERB_STAR", "Group g"),
    "an unknown verb": (bind("x", "verb", group("g"), namespace="pay-api", kind="Role"), "ROLE_VERB", "Group g"),
    "an unknown resource": (bind("x", "typo", group("g"), namespace="pay-api", kind="Role"), "ROLE_RESOURCE", "Group g"),
    "every subresource": (bind("x", "subs", group("g"), namespace="pay-api", kind="Role"), "ROLE_RESOURCE", "Group g"),
    "a name with a comma": (bind("x", "names", group("g"), namespace="pay-api", kind="Role"), "ROLE_NAMES", "Group g"),
    "a group nobody can write": (bind("x", "view", group("a\nb"), namespace="pay-api"), "BAD_NAME", None),
    "a group that writes from right to left": (bind("x", "view", group("a\u202eb"), namespace="pay-api"), "BAD_NAME", None),
}
ODD_ROLES = [role("ClusterRole", "empty"), *[role("Role", name, r, namespace="pay-api") for name, r in {
    "star": rule("*", "pods"), "verb": rule("fetch", "pods"), "typo": rule("get", "podz"), "subs": rule("get", "pods/*"),
    "names": rule("get", "pods", names=["a,b"])}.items()]]


@pytest.mark.parametrize("case", LEFT)
def test_what_a_policy_cannot_say_is_left_and_named(saved, case):
    binding, reason, subject = LEFT[case]
    saved.site("fra", ODD_ROLES + [binding, bind("good", "view", group("fine"), namespace="pay-web")], NAMESPACES)
    answer = saved.json()
    assert [f["reason"] for f in answer["left"]] == [reason], answer["left"]
    assert answer["left"][0]["object"].endswith("x") and (subject is None or answer["left"][0]["subject"] == subject)
    assert answer["equal"] and list(answer["tree"]["teams"]) == ["fine"], "the rest is taken over"


def test_a_binding_of_several_is_taken_in_part(saved):
    saved.site("fra", [bind("x", "view", group("g"), user("u"), account("s"), namespace="pay-api")], NAMESPACES)
    answer = saved.json()
    assert {r for r, _, _ in left(answer)} == {"USER", "SERVICE_ACCOUNT"} and list(answer["tree"]["teams"]) == ["g"]


def test_a_cluster_role_beyond_words_stays_the_base(saved):
    saved.site("fra", [role("ClusterRole", "odd", rule("*", "pods"), {"verbs": ["get"], "nonResourceURLs": ["/metrics"]}),
                       bind("x", "odd", group("g"))], NAMESPACES)
    answer = saved.json()
    assert answer["equal"] and answer["tree"]["roles"] == {"odd": {"base": "k8s/odd", "cluster": True}}
    assert [n["reason"] for n in answer["notes"]] == ["BY_REFERENCE"]


def test_a_cluster_role_beyond_words_that_one_site_lacks_is_left(saved):
    saved.site("fra", [role("ClusterRole", "odd", rule("*", "pods")), bind("x", "odd", group("g"))], NAMESPACES)
    saved.site("muc", [bind("y", "view", group("h"))], NAMESPACES)
    assert left(saved.json()) == [("ROLE_VERB_STAR", "ClusterRoleBinding x", "Group g")]


def test_an_aggregated_role_is_taken_as_it_is_now_and_named(saved):
    saved.site("fra", [role("ClusterRole", "all", rule("get", "pods"), aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}),
                       bind("x", "all", group("g"), namespace="pay-api")], NAMESPACES)
    answer = saved.json()
    assert answer["equal"] and [n["reason"] for n in answer["notes"]] == ["AGGREGATED"]


def test_create_limited_to_names_is_kept_and_named(saved):
    saved.site("fra", [role("ClusterRole", "r", rule("create,get", "configmaps", names=["a"])), bind("x", "r", group("g"), namespace="pay-api")],
               NAMESPACES)
    answer = saved.json()
    assert answer["tree"]["roles"] == {"r": {"can": ["get,create /configmaps names a"]}}
    assert [n["reason"] for n in answer["notes"]] == ["CREATE_NAMES"]


def test_the_defaults_of_a_real_api_server_are_passed_over(saved):
    saved.site("fra", [], NAMESPACES)
    answer = saved.json()
    assert left(answer) == [] and answer["teams"] == 0 and answer["kubernetes_own"] > 50


def test_somebody_in_a_default_binding_is_seen(saved):
    saved.site("fra", [bind("cluster-admin", "cluster-admin", group("system:masters"), group("ops"),
                            labels={"kubernetes.io/bootstrapping": "rbac-defaults"})], NAMESPACES)
    answer = saved.json()
    assert answer["equal"] and list(answer["tree"]["teams"]) == ["ops"]


def test_hostile_names_stay_in_their_place(saved):
    evil = 'x"]}\ngrants: [{team: evil, role: cluster-admin}]\n# '
    saved.site("fra", [bind(evil, "view", group("a: b #{c}, [d]\"'"), group("true"), group("-"), group("é" * 20), namespace="pay-api"),
                       bind("y", "view", group("A"), group("a"), group("lotse:team:a"), namespace="pay-web")], NAMESPACES)
    answer = saved.json()
    assert answer["equal"] and len(answer["tree"]["teams"]) == 7
    assert {g["role"] for g in answer["tree"]["grants"]} == {"view"}
    assert answer["tree"]["teams"]["a"] == {"from": ["cn=a"]}, "a team that is ours keeps its name"


# --- the command

def test_it_writes_the_policy_and_never_over_another(saved):
    saved.site("fra", [bind("a", "view", group("g"), namespace="pay-api"), bind("b", "view", user("u"), namespace="pay-api")], NAMESPACES)
    run = saved.run("new.yaml")
    assert run.returncode == OK and "fra: 1 group in 1 binding: the policy gives exactly the same access" in run.stdout
    assert "left as it is (1): a person is bound directly" in run.stdout and "RoleBinding pay-api/b, User u" in run.stdout
    text = (saved.folder / "new.yaml").read_text()
    again = saved.run("new.yaml")
    assert again.returncode == USAGE and "exists" in again.stderr and (saved.folder / "new.yaml").read_text() == text
    check = subprocess.run([ours("lotse-policy"), "check", "new.yaml", "--objects", "objects"], cwd=saved.folder, text=True, capture_output=True)
    assert check.returncode == OK, check.stdout + check.stderr


def test_without_sites_it_asks(tmp_path):
    (tmp_path / "objects").mkdir()
    run = Saved(tmp_path).run()
    assert run.returncode == USAGE and "--site" in run.stderr


def test_the_order_of_the_objects_does_not_matter(saved):
    objects = ODD_ROLES + [bind(f"b{i}", "view", group(f"g{i % 3}"), namespace=n["metadata"]["name"]) for i, n in enumerate(NAMESPACES * 3)]
    texts = set()
    for seed in range(3):
        random.Random(seed).shuffle(objects)
        saved.site("fra", objects, random.Random(seed).sample(NAMESPACES, len(NAMESPACES)))
        texts.add(saved.json()["policy"])
    assert len(texts) == 1


# --- round trips

def compiled(policy, site):
    items = []
    for file in sorted((policy.folder / "compiled" / site).rglob("*.yaml")):
        items += [o for o in yaml.safe_load_all(file.read_text()) if o and "Role" in o["kind"]]
    return items


def test_the_sample_company_comes_back(policy):
    assert policy.offline("compile").returncode == OK
    saved = Saved(policy.folder / "again")
    for site in company.SITES:
        saved.site(site, compiled(policy, site), json.loads((policy.folder / f"objects/namespaces-{site}.json").read_text())["items"])
    answer = saved.json()
    assert answer["equal"] and {r for r, _, _ in left(answer)} == {"MINTED", "SERVICE_ACCOUNT"}
    original = yaml.safe_load((policy.folder / "policy.yaml").read_text())
    assert set(answer["tree"]["teams"]) == set(original["teams"])
    assert answer["tree"]["roles"]["view"] == {"base": "k8s/view"}
    assert answer["tree"]["roles"]["owner"]["base"] == "k8s/edit" and "get,list,watch /secrets" in answer["tree"]["roles"]["owner"]["deny"]
    assert answer["tree"]["spaces"]["payments"] == {"label": {"team": "payments"}}
    assert len(answer["tree"]["grants"]) <= len(original["grants"])

    # what is compiled from it is what it was made from, apart from what was left
    (policy.folder / "imported.yaml").write_text(answer["policy"])
    diff = json.loads(policy.run("diff", "imported.yaml", "--objects", "again/objects", "--no-prune", "--output", "json").stdout)
    assert {c["subject"] for s in diff["sites"] for c in s["access"]} <= {
        "lotse:jit:payments-stg:debug", "lotse:jit:payments:debug", "lotse:jit:root", "lotse:bg:root", "lotse:ci:gitlab", "gocd-agent"}


VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*", "bind", "impersonate", "frobnicate"]
TARGETS = [("", "pods"), ("", "pods/log"), ("", "pods/exec"), ("", "secrets"), ("", "nodes"), ("", "namespaces"), ("", "*"), ("apps", "*"),
           ("apps", "deployments"), ("apps", "*/scale"), ("*", "*"), ("*", "pods"), ("batch", "jobs"), ("", "podz"), ("apps", "deployments/rollback"),
           ("rbac.authorization.k8s.io", "clusterroles"), ("", "serviceaccounts/token"), ("authentication.k8s.io", "userextras/x")]


def random_rule(r):
    if r.random() < 0.04:
        return {"verbs": r.sample(["get", "post", "*"], 1), "nonResourceURLs": r.sample(["/metrics", "/healthz*", "*"], 1)}
    picked = r.sample(TARGETS, r.randint(1, 3))
    weights = [8] * 8 + [1, 1, 1, 1]
    made = {"verbs": sorted(set(r.choices(VERBS, weights, k=r.randint(1, 4)))), "apiGroups": sorted({g for g, _ in picked}),
            "resources": sorted({n for _, n in picked})}
    return {**made, "resourceNames": r.sample(["a", "b", "c d"], r.randint(1, 2))} if r.random() < 0.1 else made


def random_site(r, names):
    namespaces = [namespace(n, **{k: r.choice("xyz") for k in r.sample(["team", "tier", "corp.example/owner"], r.randint(0, 3))}) for n in names]
    roles = [role("ClusterRole", f"c{i}", *[random_rule(r) for _ in range(r.randint(0, 4))]) for i in range(r.randint(1, 6))]
    roles += [role("Role", f"r{i}", *[random_rule(r) for _ in range(r.randint(0, 3))], namespace=r.choice(names)) for i in range(r.randint(0, 5))]
    bindings = []
    for i in range(r.randint(3, 40)):
        where = r.choice([None, *names * 4, "gone"]) if r.random() < 0.9 else None
        subjects = r.choices([group("a"), group("b"), group("oidc:c"), group("system:authenticated"), user("u"), account("s")],
                             [6, 6, 6, 1, 1, 1], k=r.randint(1, 3))
        kind = "Role" if where and r.random() < 0.3 else "ClusterRole"
        name = r.choice([*[o["metadata"]["name"] for o in roles if o["kind"] == kind], "view", "edit", "admin", "cluster-admin", "missing"])
        bindings.append(bind(f"b{i}", name, *subjects, namespace=where, kind=kind))
    return roles + bindings, namespaces


def facts(objects):
    """(binding, subject) of every group that is not Kubernetes' own."""
    for o in objects:
        if "Binding" in o["kind"]:
            for s in o["subjects"]:
                if s["kind"] == "Group" and not s["name"].startswith("system:"):
                    yield f"{o['kind']} {'/'.join(filter(None, [o['metadata'].get('namespace'), o['metadata']['name']]))}", "Group " + s["name"]


@pytest.mark.parametrize("block", range(4))
def test_random_clusters_are_imported_equally_or_named(tmp_path, block):
    taken = n_left = 0
    for seed in range(block * MORE // 4, (block + 1) * MORE // 4):
        r = random.Random(seed)
        saved = Saved(tmp_path / str(seed))
        names = r.sample([f"{p}-{s}" for p in ("pay", "shop", "web") for s in ("a", "b", "c", "d", "e")], r.randint(1, 12))
        sites = {site: random_site(r, r.sample(names, r.randint(1, len(names)))) for site in ("fra", "muc", "ber")[:r.randint(1, 3)]}
        for site, (objects, namespaces) in sites.items():
            saved.site(site, objects, namespaces)
        answer = saved.json()
        assert answer["equal"], f"seed {seed}: {answer['proofs']}"
        named = {(f["site"], f["object"], f.get("subject")) for f in answer["left"]}
        for site, (objects, _) in sites.items():
            all_facts = {(site, *f) for f in facts(objects)}
            proof = next(p for p in answer["proofs"] if p["site"] == site)
            assert proof["bindings"] == len({o for _, o, _ in all_facts - named}), f"seed {seed}: neither taken nor named"
            taken += len(all_facts - named)
            n_left += len(all_facts & named)
    assert taken > MORE and n_left > MORE // 4, "the clusters have some of both"
