"""Every command of lotse-policy on saved objects: what it says, what it writes, how it ends."""
import json
import subprocess

import pytest
import yaml

from tests.lib.tools import ours

OK, FINDINGS, USAGE, BACKEND = 0, 1, 2, 3


# --- check

def test_a_good_policy_is_counted(policy):
    run = policy.offline("check")
    assert run.returncode == OK, run.stderr
    assert "directory: 380 people, 89 groups" in run.stdout
    assert "fra: 94 namespaces" in run.stdout
    assert "3 sites, 43 teams" in run.stdout


def test_mistakes_are_shown_with_place_caret_and_suggestion(policy):
    policy.edit("team: payments, role: deploy", "team: paymnts, role: deploy")
    run = policy.offline("check")
    assert run.returncode == FINDINGS
    assert "policy.yaml:" in run.stderr and "^" in run.stderr and "payments" in run.stderr


def test_a_group_that_is_not_in_the_directory_is_an_error(policy):
    policy.edit("cn=pay-dev", "cn=pay-dve")
    assert policy.run("check").returncode == OK, "without a directory nobody can know"
    run = policy.run("check", "--directory", "directory.json")
    assert run.returncode == FINDINGS
    assert "pay-dve" in run.stderr and "pay-dev" in run.stderr


def test_json_has_every_mistake_with_its_place(policy):
    policy.edit("team: payments, role: deploy", "team: paymnts, role: deply")
    run = policy.run("check", "--output", "json")
    found = json.loads(run.stdout)["diagnostics"]
    assert run.returncode == FINDINGS
    assert len(found) >= 2 and all(d["severity"] == "error" and d["line"] > 0 and d["column"] > 0 for d in found)


@pytest.mark.parametrize("words,wrong", [(["sod", "a", "b"], "'a' is not a permission"), (["diff", "policy.yaml", "bad.yaml"], "paymnts")])
def test_no_key_stands_twice_in_an_answer(policy, words, wrong):
    """The mistakes of the second text, too, stand in the one list of diagnostics."""
    def once(pairs):
        assert len(pairs) == len(dict(pairs)), [k for k, _ in pairs]
        return dict(pairs)

    (policy.folder / "bad.yaml").write_text((policy.folder / "policy.yaml").read_text().replace("team: payments, role", "team: paymnts, role"))
    run = policy.offline(*words, "--output", "json")
    assert run.returncode == USAGE
    assert wrong in json.loads(run.stdout, object_pairs_hook=once)["diagnostics"][0]["message"]


def test_several_files_are_one_policy(policy):
    text = (policy.folder / "policy.yaml").read_text()
    head, tests = text.split("tests:\n")
    (policy.folder / "a.yaml").write_text(head)
    (policy.folder / "b.yaml").write_text("lotse: 1\ntests:\n" + tests)
    run = policy.run("check", "a.yaml", "b.yaml")
    assert run.returncode == OK, run.stderr
    assert "9 tests" in run.stdout


def test_a_team_cannot_make_a_link_of_its_file_and_read_what_lies_outside(policy, tmp_path_factory):
    """An error shows the line it is about: of a link, a line of whatever file the checking account can read."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "key.yaml").write_text("s3cret: line\n")
    (policy.folder / "teams").mkdir()
    (policy.folder / "more.yaml").write_text("lotse: 1\ninclude: {teams/a.yaml: {team: shop}}\n")
    for link, target in (("teams/a.yaml", outside / "key.yaml"), ("teams", outside)):
        path = policy.folder / link
        path.rmdir() if path.is_dir() else None
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(target)
        (outside / "a.yaml").write_text("s3cret: line\n")
        run = policy.run("check", "policy.yaml", "more.yaml")
        assert run.returncode == FINDINGS and "out of the policy's folder" in run.stderr and "s3cret" not in run.stdout + run.stderr
        path.unlink()


def test_links_within_the_folder_are_what_a_mounted_configmap_is_made_of(policy):
    (policy.folder / "..data").mkdir()
    (policy.folder / "..data/more.yaml").write_text("lotse: 1\ninclude: {a.yaml: {}}\n")
    (policy.folder / "..data/a.yaml").write_text("lotse: 1\n")
    for name in ("more.yaml", "a.yaml"):
        (policy.folder / name).symlink_to(f"..data/{name}")
    run = policy.run("check", "policy.yaml", "more.yaml")
    assert run.returncode == OK, run.stderr


def test_a_space_that_is_empty_today_is_not_a_proof(policy):
    """The binder fills it within seconds of its first namespace; nobody proves anything then."""
    never = ('lotse: 1\nspaces: {soon: {label: {team: shop, stage: none-yet}}, no: {names: [shop-x], not: ["shop-*"]}}\nroles: {peek: {can: [get /secrets]}}\n'
             'grants:\n- {team: shop, role: peek, in: %s}\nnever:\n- {id: n, who: team shop, can: get /secrets, in: %s}\n')
    for space, expected in (("soon", "broken"), ("no", "kept")):
        (policy.folder / "more.yaml").write_text(never % (space, space))
        run = policy.offline("prove", "policy.yaml", "more.yaml", "--output", "json")
        answer = next(x for x in json.loads(run.stdout)["invariants"] if x["id"] == "n")
        assert answer["status"] == expected and answer.get("later", False) == (expected == "broken"), answer
        assert (run.returncode == FINDINGS) == (expected == "broken")
        run = policy.offline("check", "policy.yaml", "more.yaml", "--output", "json")
        assert ("once there is such a namespace" in run.stdout) == (expected == "broken")


def test_names_on_the_cluster_do_nothing_to_a_terminal_or_a_shell(policy):
    """The API server takes all but / and % in the name of a binding."""
    name, user = "x;touch pwned $(id)\x1b[2J", "evil\x1b[31m\u202e"
    rbac = {"apiGroup": "rbac.authorization.k8s.io"}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name, "namespace": "shop-web"},
               "roleRef": {**rbac, "kind": "ClusterRole", "name": "view"},
               "subjects": [{**rbac, "kind": "User", "name": n} for n in (user, "lotse:m.sommer")]}
    (policy.folder / "objects/evil.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [binding]}))
    said = ""
    for arguments in (["check"], ["leaver", "m.sommer"], ["can", "m.sommer"], ["drift"], ["who-can", "get", "pods"]):
        run = policy.offline(*arguments)
        assert run.returncode in (OK, FINDINGS), run.stderr
        assert not {"\x1b", "\u202e"} & set(run.stdout + run.stderr), arguments
        said += run.stdout
    assert "\\u001b[31m\\u202e" in said and "edit rolebinding 'x;touch pwned $(id)\\u001b[2J'" in said


# --- compile

def test_the_same_input_gives_the_same_bytes(policy):
    assert policy.offline("compile", "--out", "one").returncode == OK
    assert policy.offline("compile", "--out", "two").returncode == OK
    one, two = policy.folder / "one", policy.folder / "two"
    names = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert len(names) > 200
    assert names == sorted(p.relative_to(two) for p in two.rglob("*") if p.is_file())
    for name in names:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_what_is_written_binds_teams_and_never_people(policy):
    assert policy.offline("compile").returncode == OK
    seen = set()
    for path in (policy.folder / "compiled").rglob("*.yaml"):
        for o in yaml.safe_load_all(path.read_text()):
            if not o or o["kind"] not in ("RoleBinding", "ClusterRoleBinding") or path.name == "50-binder.yaml":
                continue
            assert o["metadata"]["labels"]["lotse.io/managed"] == "true"
            for s in o["subjects"]:
                machine = s == {"kind": "ServiceAccount", "name": "gocd-agent", "namespace": "ci"}
                assert machine or (s["kind"] == "Group" and s["name"].startswith("lotse:")), s
                seen.add(s["name"])
    assert "lotse:team:payments" in seen and "lotse:jit:payments-stg:debug" in seen


def test_files_without_an_object_go(policy):
    assert policy.offline("compile").returncode == OK
    gone = policy.folder / "compiled/fra/10-rb/pay-api.yaml"
    kept = policy.folder / "compiled/fra/notes.yaml"
    kept.write_text("mine\n")
    assert gone.exists()
    policy.edit("payments: {label: {team: payments}, at: [tier=prod]}", "payments: {names: [shop-web]}")
    policy.edit('everything: {names: ["*"]', 'everything: {names: ["shop-*"]')
    run = policy.offline("compile")
    assert run.returncode == OK, run.stderr
    assert not gone.exists() and kept.exists()


def test_the_authentication_configuration_comes_with_an_issuer(policy):
    (policy.folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    run = policy.offline("compile", "--issuer", "https://lotse.corp.example", "--issuer-ca", "ca.pem")
    assert run.returncode == OK, run.stderr
    config = yaml.safe_load((policy.folder / "compiled/muc/30-authn.yaml").read_text())
    jwt = config["jwt"][0]
    assert jwt["issuer"]["audiences"] == ["k8s-muc"] and "MIIB" in jwt["issuer"]["certificateAuthority"]
    assert jwt["claimMappings"]["groups"]["prefix"] == "lotse:"


def test_a_machine_must_not_come_from_the_gateway(policy):
    (policy.folder / "more.yaml").write_text('lotse: 1\nci: {own: {issuer: "https://lotse.corp.example", match: {sub: x}, role: view, in: shop}}\n')
    run = policy.offline("compile", "policy.yaml", "more.yaml", "--issuer", "https://lotse.corp.example")
    assert run.returncode == USAGE and "more.yaml:2" in run.stderr and "issuer of the gateway" in run.stderr
    assert policy.offline("compile", "policy.yaml", "more.yaml", "--issuer", "https://other.corp.example").returncode == OK


def test_files_that_belong_to_teams_are_included(policy):
    teams = policy.folder / "teams"
    teams.mkdir()
    (policy.folder / "all.yaml").write_text((policy.folder / "policy.yaml").read_text() +
                                            "include: {teams/shop.yaml: {team: shop, spaces: [shop], roles: [view]}}\n")
    (teams / "shop.yaml").write_text("lotse: 1\ngrants: [{team: payments, role: view, in: shop}]\n")
    assert policy.offline("compile", "all.yaml").returncode == OK
    assert "shop.yaml:2" in (policy.folder / "compiled/fra/10-rb/shop-web.yaml").read_text()
    (teams / "shop.yaml").write_text("lotse: 1\ngrants: [{team: shop, role: deploy, in: payments}]\n")
    run = policy.offline("compile", "all.yaml")
    assert run.returncode == USAGE
    assert "teams/shop.yaml:2:29" in run.stderr and "all.yaml:" in run.stderr and run.stderr.count("error:") == 2
    (teams / "shop.yaml").unlink()
    run = policy.offline("compile", "all.yaml")
    assert run.returncode == USAGE and "teams/shop.yaml: " in run.stderr and "all.yaml:" in run.stderr


# --- diff, between two policies

def test_diff_says_who_loses_what_where_and_by_which_line(policy):
    (policy.folder / "old.yaml").write_text((policy.folder / "policy.yaml").read_text())
    policy.edit("role: deploy, in: payments}", "role: view, in: payments}")
    run = policy.offline("diff", "old.yaml", "policy.yaml", "--exit-code")
    assert run.returncode == FINDINGS
    assert "fra, muc: -18 people lose write configmaps" in run.stdout and "in 6 namespaces" in run.stdout
    assert "access changes: 0 people gain, 18 lose" in run.stdout
    assert "Group lotse:team:payments (18 people) in pay-api" in run.stdout
    assert "- delete /pods" in run.stdout
    assert "old.yaml:" in run.stdout
    assert "ber: no change" in run.stdout, "the space is in production only"


def test_a_change_of_words_alone_is_no_change_of_access(policy):
    (policy.folder / "old.yaml").write_text((policy.folder / "policy.yaml").read_text())
    policy.edit("[cn=pay-dev, cn=pay-qa]", "[cn=pay-qa, cn=pay-dev]")
    run = policy.offline("diff", "old.yaml", "policy.yaml", "--exit-code")
    assert run.returncode == OK, run.stdout
    assert "no access change: for everybody who is or could be there" in run.stdout


def test_who_gets_in_later_is_a_change_although_nobody_notices_today(policy):
    (policy.folder / "old.yaml").write_text((policy.folder / "policy.yaml").read_text())
    policy.edit("[cn=k8s-admins]", "[cn=k8s-admins, cn=empty]")
    directory = json.loads((policy.folder / "directory.json").read_text())
    directory["groups"].append({"id": "cn=empty,ou=groups,dc=corp,dc=example", "name": "empty"})
    (policy.folder / "directory.json").write_text(json.dumps(directory))
    run = policy.offline("diff", "old.yaml", "policy.yaml", "--exit-code")
    assert run.returncode == FINDINGS
    assert "+anybody in cn=empty gains" in run.stdout
    assert "team platform takes cn=empty (policy.yaml:" in run.stdout
    assert "access changes, but for none of today's people" in run.stdout


def test_a_later_end_of_a_grant_is_a_change_from_then_on(policy):
    (policy.folder / "old.yaml").write_text((policy.folder / "policy.yaml").read_text())
    policy.edit("2031-10-31T18:00:00Z", "2031-11-30T18:00:00Z")
    run = policy.offline("diff", "old.yaml", "policy.yaml", "--at", "2026-06-01")
    assert run.returncode == OK, "without --exit-code a difference is no failure"
    assert "from 2031-10-31T18:00:00Z: +20 people gain" in run.stdout
    assert "no subject gains or loses anything" not in run.stdout
    assert "runs: policy.yaml:" in run.stdout


@pytest.mark.parametrize("old, new, said", [
    ("max: 2h, approve: {2: [security]}", "max: 2h, approve: {1: [security]}", "request debug-prod changes (policy.yaml:"),
    ('match: {project_path: "pay/*", ref_protected: true}', 'match: {project_path: "*", ref_protected: true}', "ci gitlab changes (policy.yaml:"),
    ("debug-prod: {who: payments,", "debug-later: {who: payments,", "request debug-prod is gone (old.yaml:"),
])
def test_who_may_ask_for_what_is_access_too(policy, old, new, said):
    (policy.folder / "old.yaml").write_text((policy.folder / "policy.yaml").read_text().replace("approve debug-prod", "approve admin"))
    policy.edit("approve debug-prod", "approve admin")
    policy.edit(old, new)
    run = policy.offline("diff", "old.yaml", "policy.yaml", "--exit-code")
    assert run.returncode == FINDINGS and said in run.stdout, run.stdout + run.stderr
    assert "no access change" not in run.stdout


def test_a_change_of_the_directory_is_shown_with_its_reason(policy):
    directory = json.loads((policy.folder / "directory.json").read_text())
    (policy.folder / "before.json").write_text(json.dumps(directory))
    person = next(p for p in directory["people"] if any(g.startswith("cn=shop-dev,") for g in p["groups"]))
    person["groups"] = [g for g in person["groups"] if not g.startswith("cn=shop-dev,")]
    (policy.folder / "directory.json").write_text(json.dumps(directory))
    run = policy.offline("diff", "--directory-before", "before.json")
    assert f"-{person['username']} loses" in run.stdout
    assert "no longer in cn=shop-dev (directory)" in run.stdout
    assert "access changes: 0 people gain, 1 lose" in run.stdout
    nobody = policy.run("diff", "--directory-before", "before.json", "--objects", "objects")
    assert nobody.returncode == USAGE and "needs the directory of today" in nobody.stderr


def test_diff_in_json_lists_objects_and_access(policy):
    (policy.folder / "old.yaml").write_text((policy.folder / "policy.yaml").read_text())
    policy.edit("{team: payments, role: deploy, in: payments}", "{team: payments, role: view, in: payments}")
    answer = policy.json("diff", "--from", "old.yaml", "policy.yaml")
    assert not answer["no_access_change"] and answer["people_losing"] == 18
    fra = next(s for s in answer["sites"] if s["site"] == "fra")
    assert any(o.startswith("patch RoleBinding pay-api/lotse:deploy") for o in fra["objects"])
    assert {a["subject"] for a in fra["access"]} == {"lotse:team:payments"}
    assert all(not a["gained"] and a["lost"] for a in fra["access"])


def test_against_an_empty_cluster_everything_is_gained(policy):
    answer = policy.json("diff", "--site", "fra")
    assert len(answer["sites"]) == 1
    assert all(a["gained"] and not a["lost"] for a in answer["sites"][0]["access"])


# --- who-can, test, can, snapshot

def test_who_can_names_binding_role_line_and_people(policy):
    run = policy.offline("who-can", "create", "/pods/exec", "-n", "pay-api", "-s", "ber")
    assert run.returncode == OK, run.stderr
    line = " ".join(run.stdout.partition("Group lotse:jit:payments-stg:debug")[2].splitlines()[:2])
    assert "RoleBinding pay-api/lotse:debug" in line and "(20 people)" in line and "policy.yaml:" in line


def test_who_can_now_is_not_who_can_after_apply(policy):
    now = policy.json("who-can", "get", "/pods", "-n", "pay-api", "-s", "fra", "--as-is")["holders"]
    planned = policy.json("who-can", "get", "/pods", "-n", "pay-api", "-s", "fra")["holders"]
    assert not any(h["subject"].startswith("lotse:") for h in now)
    assert {"lotse:team:payments", "lotse:team:platform"} <= {h["subject"] for h in planned}


def test_who_can_suggests_the_resource_that_was_meant(policy):
    run = policy.offline("who-can", "get", "deploymets")
    assert run.returncode == USAGE and "deployments" in run.stderr


def test_the_policys_own_tests_run(policy):
    run = policy.offline("test")
    assert run.returncode == OK and "tests: 9 passed, 0 failed" in run.stdout, run.stdout + run.stderr


def test_a_failing_test_says_where_and_why(policy):
    policy.edit('can: "get /pods", in: "fra:shop-web", is: deny}', 'can: "get /pods", in: "fra:shop-web", is: allow}')
    run = policy.offline("test")
    assert run.returncode == FINDINGS
    assert "policy.yaml:" in run.stdout and "FAILED" in run.stdout and "m.sommer" in run.stdout


def test_can_answers_line_by_line(policy):
    questions = [
        {"site": "fra", "user": "a", "groups": ["system:masters"], "verb": "get", "resource": "secrets", "namespace": "pay-api"},
        {"site": "fra", "user": "a", "groups": [], "verb": "get", "resource": "secrets", "namespace": "pay-api"},
        {"site": "muc", "user": "a", "groups": ["system:authenticated"], "verb": "get", "path": "/version"},
    ]
    run = policy.offline("can", stdin="".join(json.dumps(q) + "\n" for q in questions))
    answers = [json.loads(x) for x in run.stdout.splitlines()]
    assert [a["allowed"] for a in answers] == [True, False, True], run.stderr
    assert answers[0]["reason"] == "system:masters"


@pytest.mark.parametrize("line", ["get pods", '{"user": 1}', '{"site": "xyz", "user": "a", "verb": "get"}'])
def test_can_refuses_what_is_no_question(policy, line):
    run = policy.offline("can", stdin='{"site": "fra", "user": "a", "verb": "get", "resource": "pods"}\n' + line + "\n")
    assert run.returncode == USAGE and "question 2" in run.stderr


def test_what_a_snapshot_saves_reads_back_the_same(policy):
    assert policy.offline("snapshot", "--save", "saved").returncode == OK
    for site in ("fra", "muc", "ber"):
        assert (policy.folder / "saved" / site / "rbac.json").exists()
    again = policy.run("diff", "--directory", "saved/directory.json", "--objects", "saved", "--output", "json").stdout
    assert json.loads(again) == policy.json("diff")


# --- usage

@pytest.mark.parametrize("arguments, text", [
    ([], "which command?"),
    (["aply"], "did you mean 'apply'?"),
    (["check", "--polcy", "x"], "did you mean 'policy'?"),
    (["check", "nowhere.yaml"], "nowhere.yaml"),
    (["check", "--directory", "nowhere.json"], "nowhere.json"),
    (["compile", "--objects", "nowhere"], "--objects nowhere: No such file or directory"),
    (["compile", "--objects", "objects", "--site", "frb"], "did you mean 'fra'?"),
    (["diff", "--kubeconfig", "nowhere"], "nowhere"),
    (["check", "--directory-config", "policy.yaml"], "connectors"),
    (["diff", "a.yaml", "b.yaml", "c.yaml"], "one before and one after"),
])
def test_wrong_usage_ends_with_2_and_says_what(policy, arguments, text):
    run = policy.run(*arguments)
    assert run.returncode == USAGE and text in run.stderr, run.stderr


def test_a_directory_that_cannot_be_read_is_never_an_empty_one(policy):
    (policy.folder / "directory.json").write_text('{"people": [], "groups": ')
    run = policy.offline("compile")
    assert run.returncode == USAGE and not (policy.folder / "compiled").exists()


def test_a_broken_object_file_stops_everything(policy):
    (policy.folder / "objects/namespaces-fra.json").write_text('{"kind": "NamespaceList", "items": [{"metadata": ')
    assert policy.offline("compile").returncode == USAGE


def test_help_names_the_options_of_a_command():
    text = subprocess.run([ours("lotse-policy"), "apply", "--help"], capture_output=True, text=True, check=True).stdout
    assert "--dry-run" in text and "--max-prune" in text and "--questions" not in text


def test_what_is_missing_is_named_with_what_to_give(tmp_path):
    def run(*words):
        return subprocess.run([ours("lotse-policy"), *words], capture_output=True, text=True, cwd=tmp_path, env={"HOME": str(tmp_path)})
    done = run("check")
    assert done.returncode == USAGE and "no policy (its files stand behind the command): open policy.yaml" in done.stderr
    (tmp_path / "policy.yaml").write_text("lotse: 1\nsites: {fra: {audience: a}}\n")
    done = run("diff")
    assert done.returncode == USAGE and "--kubeconfig FILE, or --objects FOLDER" in done.stderr and ".kube/config" in done.stderr
    done = run("check")
    assert done.returncode == 0 and "--directory-config" in done.stdout
    assert run("--version").stdout.startswith("lotse-policy ")


# --- saved objects that say something twice

def test_the_same_object_in_two_files_counts_once(policy):
    (policy.folder / "objects/fra").mkdir()
    (policy.folder / "objects/fra/again.json").write_text((policy.folder / "objects/namespaces-fra.json").read_text())
    assert policy.offline("check", "--site", "fra").stdout.splitlines()[0].startswith("fra: 94 namespaces, 57 bindings")


@pytest.mark.parametrize("item, what", [
    ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "pay-api", "labels": {"team": "shop"}}}, "namespace 'pay-api' stands twice, with different labels"),
    ({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "view"}, "rules": []}, "ClusterRole 'view' stands twice, and they differ"),
])
def test_two_files_that_contradict_each_other_are_refused(policy, item, what):
    (policy.folder / "objects/fra").mkdir()
    (policy.folder / "objects/fra/other.json").write_text(json.dumps(item))
    run = policy.offline("check", "--site", "fra")
    assert run.returncode == USAGE and f"fra: {what}" in run.stderr, run.stderr
