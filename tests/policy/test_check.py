"""`check` and `explain`: exit status, findings, accept, JSON, SARIF 2.1.0, JUnit; docs/lints.md is what the tables say."""
import json
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree as ET

import pytest

from tests.lib.tools import ours

OK, FINDINGS, USAGE = 0, 1, 2
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "lints.md"


def rules():
    run = subprocess.run([ours("lotse-policy"), "explain", "--output", "json"], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["rules"]


def ids(findings, foreign=False):
    return [f["id"] for f in findings if f["foreign"] == foreign]


def add_objects(policy, *objects, site="fra"):
    text = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    (policy.folder / "objects" / f"more-{site}.json").write_text(json.dumps(text))


def cluster_role(name, *rules_):
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": list(rules_)}


def cluster_role_binding(name, role, *subjects):
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}, "subjects": list(subjects)}


GROUP = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "ops"}


# --- the sample company

def test_the_sample_company_is_clean_but_for_what_it_accepts(policy):
    run = policy.offline("check")
    assert run.returncode == OK, run.stdout
    assert "6 accepted" in run.stdout and "5 kept, 0 broken" in run.stdout and "tests: 9 passed, 0 failed" in run.stdout
    assert "high" not in run.stdout.splitlines()[-1]


def test_without_its_accept_a_high_finding_fails_the_build(policy):
    policy.edit("  - {id: L15, who: role debug,", "  - {id: L15, who: role view,")
    run = policy.offline("check")
    assert run.returncode == FINDINGS
    assert re.search(r"policy\.yaml:\d+:\d+: high: L15 pod-exec: role debug: may run commands", run.stdout)
    assert "A02 unused-accept" in run.stdout, "the accept of another role matches nothing"
    assert policy.offline("check", "--fail-on", "critical").returncode == OK
    assert policy.offline("check", "--fail-on", "never").returncode == OK


def test_an_accept_ends(policy):
    early, late = (policy.json("check", "--at", at) for at in ("2031-12-30", "2031-12-31"))
    assert not {"L14", "L15", "L19", "A01"} & set(ids(early["findings"]))
    assert {"L14", "L15", "L19", "A01"} <= set(ids(late["findings"]))


def test_an_accept_of_a_team_leaves_the_others(policy):
    policy.edit("  - {id: L14, who: role deploy,", "  - {id: L14, who: team shop,")
    found = [f for f in policy.json("check")["findings"] if f["id"] == "L14"]
    assert [f["who"] for f in found] == ["role deploy"]
    assert "team shop" not in found[0]["subjects"] and len(found[0]["subjects"]) == 43


def test_an_accept_in_a_space_leaves_the_other_namespaces(policy):
    policy.edit("  - {id: L14, who: role deploy,", "  - {id: L14, who: role deploy, in: [shop],")
    found = [f for f in policy.json("check")["findings"] if f["id"] == "L14"]
    assert len(found) == 1
    names = [n for p in found[0]["places"] for n in p["namespaces"]]
    assert "pay-api" in names and "shop-web" not in names
    assert "team shop" not in found[0]["subjects"], "it holds the role nowhere else"


def test_a_finding_says_everything_for_machines(policy):
    found = next(f for f in policy.json("check")["findings"] if f["id"] == "L31" and f["who"] == "role deploy")
    text = (policy.folder / "policy.yaml").read_text(encoding="utf-8").splitlines()
    assert text[found["line"] - 1][found["column"] - 1:].startswith('"* apps/deployments') or "base: view" in text[found["line"] - 1]
    assert found["severity"] == "medium" and found["file"] == "policy.yaml"
    assert found["atoms"] == ["create,patch,update /services"]
    assert [p["site"] for p in found["places"]] == ["fra", "muc", "ber"]
    assert len(found["subjects"]) == 44 and found["chain"] and found["mend"]


def test_the_same_policy_gives_the_same_bytes(policy):
    for form in ("text", "json", "sarif", "junit"):
        assert policy.offline("check", "--output", form).stdout == policy.offline("check", "--output", form).stdout


# --- what is not ours

def test_foreign_findings_are_said_and_count_only_when_asked(policy):
    peek = cluster_role("peek", {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]})
    add_objects(policy, peek, cluster_role_binding("peek", "peek", {"kind": "ServiceAccount", "namespace": "pay-api", "name": "default"}))
    run = policy.offline("check")
    assert run.returncode == OK, run.stdout
    assert "ClusterRoleBinding peek: high: L53 default-sa-grant: ServiceAccount pay-api/default" in run.stdout
    assert "(not ours)" in run.stdout
    assert policy.offline("check", "--foreign-errors").returncode == FINDINGS


def test_who_may_do_everything_is_not_told_of_each_thing(policy):
    add_objects(policy, cluster_role_binding("ops", "cluster-admin", GROUP))
    found = [f for f in policy.json("check")["findings"] if f["foreign"]]
    assert [(f["id"], f["object"]) for f in found] == [("L01", "ClusterRoleBinding ops")]
    assert found[0]["subjects"] == ["Group ops"] and [p["site"] for p in found[0]["places"]] == ["fra"]


def test_a_further_subject_in_a_binding_of_kubernetes_is_found(policy):
    rbac = json.loads((policy.folder / "objects" / "rbac.json").read_text())
    for o in rbac["items"]:
        if o["kind"] == "ClusterRoleBinding" and o["metadata"]["name"] == "cluster-admin":
            o["subjects"].append(GROUP)
    (policy.folder / "objects" / "rbac.json").write_text(json.dumps(rbac))
    assert ids(policy.json("check")["findings"], foreign=True) == ["L01"]


def test_default_roles_that_were_widened_are_found(policy):
    rbac = json.loads((policy.folder / "objects" / "rbac.json").read_text())
    for o in rbac["items"]:
        if o["kind"] == "ClusterRole" and o["metadata"]["name"] == "system:public-info-viewer":
            o["rules"].append({"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]})
    (policy.folder / "objects" / "rbac.json").write_text(json.dumps(rbac))
    found = ids(policy.json("check")["findings"], foreign=True)
    assert {"L03", "L13"} <= set(found)


def test_two_roles_together_are_found(policy):
    add_objects(policy, cluster_role("make", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}),
                cluster_role("read", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}),
                cluster_role_binding("make", "make", GROUP), cluster_role_binding("read", "read", GROUP))
    found = {f["id"]: f for f in policy.json("check")["findings"] if f["foreign"]}
    assert found["L12"]["who"] == "Group ops" and "several roles together" in found["L12"]["message"]
    assert len(found["L12"]["chain"]) == 3


def test_the_binder_is_held_to_what_it_needs(policy):
    rbac = "rbac.authorization.k8s.io"
    needs = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch"]},
             {"apiGroups": [rbac], "resources": ["rolebindings"], "verbs": ["get", "list", "watch", "create", "patch", "delete"]},
             {"apiGroups": [rbac], "resources": ["clusterroles"], "verbs": ["bind"], "resourceNames": ["lotse:deploy", "lotse:view"]}]
    binder = {"kind": "ServiceAccount", "namespace": "lotse-system", "name": "lotse-binder"}
    add_objects(policy, cluster_role("lotse-binder", *needs), cluster_role_binding("lotse-binder", "lotse-binder", binder))
    assert ids(policy.json("check")["findings"], foreign=True) == []
    for excess in ({"apiGroups": [rbac], "resources": ["clusterroles"], "verbs": ["bind"], "resourceNames": ["cluster-admin"]},
                   {"apiGroups": [rbac], "resources": ["rolebindings"], "verbs": ["*"]},
                   {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}, {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}):
        add_objects(policy, cluster_role("lotse-binder", *needs, excess), cluster_role_binding("lotse-binder", "lotse-binder", binder))
        assert ids(policy.json("check")["findings"], foreign=True) == ["L56"], excess


def test_more_than_a_hundred_cluster_role_bindings_are_counted(policy):
    add_objects(policy, cluster_role("nothing"), *(cluster_role_binding(f"b{i}", "nothing", GROUP) for i in range(60)))
    found = [f for f in policy.json("check")["findings"] if f["id"] == "L50"]
    assert len(found) == 1 and found[0]["who"] == "site fra" and "ClusterRoleBindings" in found[0]["message"]


def test_a_person_with_too_many_groups(policy):
    teams = "".join(f"  t{i:02d}: {{from: [cn=pay-dev]}}\n" for i in range(60))
    policy.edit("teams:\n", "teams:\n" + teams)
    found = [f for f in policy.json("check")["findings"] if f["id"] == "L51"]
    assert len(found) == 1 and "groups and" in found[0]["message"]


def test_a_directory_that_shrank_against_the_lock(policy):
    assert policy.offline("compile").returncode == OK
    lock = {"policy": "sha256:0", "directory": "sha256:0", "people": 1000, "groups": 89, "teams": {}}
    before = [p for p in policy.folder.glob("**/lotse.lock")]
    assert before, "compile writes a lock"
    made = json.loads(before[0].read_text())
    made["people"] = lock["people"]
    (policy.folder / "lotse.lock").write_text(json.dumps(made))
    assert "L48" in ids(policy.json("check")["findings"])


# --- invariants

NEVER = """\
  - {id: no-exec, who: any, can: "create /pods/exec"}
  - {id: no-root, who: any, can: "* */*"}
always:
  - {id: logs, who: each team, can: "get /pods/log", in: own}
"""


def test_a_broken_invariant_fails_the_build(policy):
    policy.edit("always:\n", NEVER)
    run = policy.offline("check")
    assert run.returncode == FINDINGS
    assert re.search(r"policy\.yaml:\d+:\d+: BROKEN: .*no-exec", run.stdout) and "invariants: " in run.stdout.splitlines()[-1]
    assert {i["id"]: i["status"] for i in policy.json("check")["invariants"]}["no-exec"] == "broken"
    assert "invariant-broken" in [r["ruleId"] for r in sarif(policy.offline("check", "--output", "sarif"))]
    suites = {x.get("name"): x for x in ET.fromstring(policy.offline("check", "--output", "junit").stdout)}
    failed = [c.get("name") for c in suites["invariants"] if c.find("failure") is not None]
    assert "never no-exec" in failed and "always logs" not in failed


# --- the command line

def test_only_looks_at_what_was_asked(policy):
    run = policy.json("check", "--only", "L31,netpol")
    assert set(ids(run["findings"])) == {"L30", "L31"} and "tests_passed" not in run
    wrong = policy.offline("check", "--only", "L99")
    assert wrong.returncode == USAGE and "there is no rule 'L99'" in wrong.stderr


@pytest.mark.parametrize("arguments", (["--fail-on", "awful"], ["--authn", "nowhere=x.yaml"], ["--output", "xml"], ["--authn", "fra=gone.yaml"]))
def test_wrong_options_are_refused(policy, arguments):
    assert policy.offline("check", *arguments).returncode == USAGE


def test_what_the_api_servers_were_told(policy):
    def config(audience, prefix):
        return f'''
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer: {{url: https://login.example, audiences: [{audience}]}}
  claimMappings:
    username: {{claim: sub, prefix: "lotse:"}}
    groups: {{{prefix}}}
'''
    (policy.folder / "fra.yaml").write_text(config("k8s", 'claim: groups, prefix: "lotse:"'))
    (policy.folder / "muc.yaml").write_text(config("k8s", "expression: \"claims.groups.map(g, 'lotse:' + g)\""))
    (policy.folder / "ber.yaml").write_text(config("k8s-ber", 'expression: "claims.groups"'))
    run = policy.json("check", *(f"--authn={s}={s}.yaml" for s in ("fra", "muc", "ber")), "--only", "L52,L60")
    assert [(f["id"], f["file"]) for f in run["findings"]] == [("L52", "ber.yaml"), ("L60", "muc.yaml")]


# --- SARIF and JUnit

def sarif(run):
    document = json.loads(run.stdout)
    assert document["version"] == "2.1.0" and document["$schema"].endswith("sarif-2.1.0.json")
    assert set(document) == {"$schema", "version", "runs"} and len(document["runs"]) == 1
    one = document["runs"][0]
    driver = one["tool"]["driver"]
    assert driver["name"] == "lotse-policy" and one["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    levels = {"none", "note", "warning", "error"}
    names = [r["id"] for r in driver["rules"]]
    assert len(names) == len(set(names)) >= 64
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"] and rule["defaultConfiguration"]["level"] in levels
    prints = []
    for result in one["results"]:
        assert names[result["ruleIndex"]] == result["ruleId"] and result["level"] in levels and result["message"]["text"]
        assert len(result["locations"]) == 1
        physical = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", physical["artifactLocation"]["uri"])
        region = physical["region"]
        assert region["startLine"] >= 1 and 1 <= region["startColumn"] < region["endColumn"]
        prints += result["partialFingerprints"].values()
    assert all(re.fullmatch("[0-9a-f]{64}", p) for p in prints) and len(prints) == len(one["results"])
    return one["results"]


def test_sarif_has_the_shape_code_scanning_needs(policy):
    policy.edit("  - {id: L15, who: role debug,", "  - {id: L15, who: role view,")
    add_objects(policy, cluster_role_binding("ops", "cluster-admin", GROUP))
    run = policy.offline("check", "--output", "sarif")
    assert run.returncode == FINDINGS
    results = {r["ruleId"]: r for r in sarif(run)}
    assert results["L15"]["level"] == "error" and results["L31"]["level"] == "warning"
    assert results["L01"]["level"] == "warning", "not ours"
    assert results["L01"]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "ClusterRoleBinding ops"


def test_fingerprints_stay_when_lines_move(policy):
    def prints():
        return sorted(r["partialFingerprints"]["lotseFinding/v1"] for r in sarif(policy.offline("check", "--output", "sarif")))
    before = prints()
    policy.edit("roles:\n", "# a comment\n\n# and another one\nroles:\n")
    assert prints() == before


def test_sarif_of_a_policy_that_is_refused(policy):
    policy.edit("role: debug", "role: debgu")
    run = policy.offline("check", "--output", "sarif")
    assert run.returncode == FINDINGS
    assert [r["ruleId"] for r in sarif(run)] == ["policy-error"]
    run = policy.offline("check", "--output", "junit")
    suites = {s.get("name"): s for s in ET.fromstring(run.stdout)}
    assert suites["errors"].get("failures") == "1" and "debgu" in suites["errors"].find("testcase/failure").get("message")


def test_junit_has_suites_for_errors_lints_and_tests(policy):
    policy.edit("  - {id: L15, who: role debug,", "  - {id: L15, who: role view,")
    policy.edit("in: \"fra:pay-api\", is: allow}", "in: \"fra:pay-api\", is: deny}")
    run = policy.offline("check", "--output", "junit")
    assert run.returncode == FINDINGS
    root = ET.fromstring(run.stdout)
    suites = {s.get("name"): s for s in root}
    assert root.tag == "testsuites" and {"errors", "lints", "tests"} <= set(suites)
    for suite in suites.values():
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases)
        assert int(suite.get("failures")) == sum(c.find("failure") is not None for c in cases)
    failed = [c.get("name") for c in suites["lints"] if c.find("failure") is not None]
    assert failed == ["L15 pod-exec"], "medium ones do not fail"
    assert suites["errors"].get("failures") == "0" and int(suites["tests"].get("failures")) >= 1


# --- explain, and its page

def test_explain_tells_of_every_rule(policy):
    listed = policy.run("explain").stdout.splitlines()
    every = rules()
    assert len(listed) == len(every) == 62 and [r["id"] for r in every][:60] == [f"L{i:02d}" for i in range(1, 61)]
    for rule in every:
        text = policy.run("explain", rule["id"]).stdout
        assert all(rule[key] in text for key in ("id", "name", "title", "why", "mend", "source"))
    assert policy.run("explain", "list-secrets").stdout == policy.run("explain", "l13").stdout
    wrong = policy.run("explain", "list-secret")
    assert wrong.returncode == USAGE and "did you mean 'list-secrets'?" in wrong.stderr


HEAD = """lotse: 1
sites: {fra: {audience: k8s-fra}, muc: {audience: k8s-muc}}
ldap: {base: "ou=groups,dc=corp,dc=example"}
teams:
  payments: {from: [cn=pay-dev]}
  platform: {from: [cn=k8s-admins]}
spaces:
  payments: {label: {team: payments}}
  system: {names: [kube-system]}
"""


@pytest.mark.parametrize("rule", ("L54", "L57"))
def test_examples_that_the_proof_decides(policy, rule):
    """The others are run by tests/unit/test_lint.c."""
    example = next(r for r in rules() if r["id"] == rule)
    (policy.folder / "head.yaml").write_text(HEAD)
    found = []
    for text in (example["fires"], example["mended"]):
        (policy.folder / "example.yaml").write_text("lotse: 1\n" + text)
        run = policy.json("check", "head.yaml", "example.yaml")
        found.append([f["id"] for f in run["findings"] if f["id"] in ("L54", "L57")])
        assert not [d for d in run.get("diagnostics", []) if d["severity"] == "error"], run
    assert found == [[rule], []]


def test_the_example_of_a_team_over_its_max_is_refused(policy):
    example = next(r for r in rules() if r["id"] == "L49")
    (policy.folder / "head.yaml").write_text(HEAD)
    for text, status in ((example["fires"], FINDINGS), (example["mended"], OK)):
        (policy.folder / "example.yaml").write_text("lotse: 1\n" + text)
        run = policy.run("check", "head.yaml", "example.yaml", "--directory", "directory.json")
        assert run.returncode == status and ("more than its max of" in run.stderr) == (status == FINDINGS)


def page():
    out = ["# The lints", "",
           "<!-- Made from the tables in policy/lint: LOTSE_UPDATE=1 with tests/policy/test_check.py writes it. -->", "",
           "What `lotse-policy check` looks for, and `lotse-policy explain ID` says. Each is a question to the evaluator about who may do what, cluster-wide, in",
           "namespaces, in privileged namespaces (`kube-*`, `lotse-*`, and those labelled `pod-security.kubernetes.io/enforce: privileged` or",
           "`lotse.io/privileged: \"true\"`), never a comparison of texts in rules. The severity here is the worst one: many are less bad in a single namespace. What fires",
           "a worse rule is not told of the milder one that follows from it. Who has something is a subject of a binding: what a person has through several teams together",
           "is a matter of `never` with `who: one person`. What a team has by the policy and what a binding beside it gives the same group, or everybody, are looked",
           "at each by itself; a `never` with `reach` looks at all that one token carries.", "",
           "`critical` and `high` fail the build unless an `accept` names them, until its end: see [policy.md](policy.md).", "",
           "| id | name | worst | what |", "|---|---|---|---|"]
    every = rules()
    out += [f"| [{r['id']}](#{r['id'].lower()}-{r['name']}) | {r['name']} | {r['severity']} | {r['title']} |" for r in every]
    for r in every:
        out += ["", f"## {r['id']} {r['name']}", "", f"{r['why']}", "", f"To mend it: {r['mend']}", "", f"Source: {r['source']}."]
        if "fires" in r:
            out += ["", "Fires:", "", "```", r["fires"].rstrip("\n"), "```", "", "Mended:", "", "```", r["mended"].rstrip("\n"), "```"]
    return "\n".join(out) + "\n"


def test_the_page_is_what_the_tables_say():
    if os.environ.get("LOTSE_UPDATE"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()
