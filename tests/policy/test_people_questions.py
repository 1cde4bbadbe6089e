"""who-can, can PERSON, why-not, blast, leaver, until, expiring, matrix on the sample company: what they say and how they end."""
import csv
import html.parser
import io
import json
import re

import pytest

OK, FINDINGS, USAGE, BACKEND = 0, 1, 2, 3
STAGE = ("-n", "pay-api", "--site", "ber")


def people_in(policy, group):
    directory = json.loads((policy.folder / "directory.json").read_text())
    return sorted(p["username"] for p in directory["people"] if any(g.startswith(group + ",") for g in p["groups"]))


def live(policy, *objects):
    """Puts objects on the site ber, beside Kubernetes' own."""
    (policy.folder / "objects/more-ber.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "rbac.authorization.k8s.io/v1", **o} for o in objects]}))


def binding(subject, role="view", namespace="pay-api"):
    return {"kind": "RoleBinding", "metadata": {"name": "by-hand", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}, "subjects": [subject]}


# --- who-can

def test_the_chain_goes_from_the_directory_to_the_rule_with_every_line(policy):
    answer = policy.json("who-can", "create", "/pods/exec", *STAGE)
    team = next(h for h in answer["holders"] if h["holder"] == "team")
    assert team["team"] == "shop" and team["people"] == 20 and team["until"] == "2031-10-31T18:00:00Z"
    assert [bool(re.search(pattern, link)) for pattern, link in zip(
        [r"^team shop \(policy.yaml:\d+\)", r"^grant \(policy.yaml:\d+\)", "^RoleBinding pay-api/lotse:debug", "^ClusterRole lotse:debug",
         r"^create,get /pods/exec.* \(policy.yaml:\d+\)"], team["chain"], strict=True)] == [True] * 5


def test_every_person_is_named_with_the_group_that_carries_them(policy):
    people = policy.json("who-can", "create", "/pods/exec", "--people", *STAGE)["people"]
    assert len(people) == 20 and {p["person"] for p in people} == set(people_in(policy, "cn=shop-dev")) - {"x.leaver"} | {"j.temp"}
    assert next(p for p in people if p["person"] == "j.temp")["through"].startswith("added (policy.yaml:")
    assert all(p["through"].startswith("cn=shop-dev (policy.yaml:") for p in people if p["person"] != "j.temp")


def test_a_binding_for_everybody_is_everybody(policy):
    live(policy, binding({"kind": "Group", "name": "system:authenticated", "apiGroup": "rbac.authorization.k8s.io"}))
    people = policy.json("who-can", "get", "/pods", "--people", *STAGE, "--as-is")["people"]
    assert len(people) == 380


def test_foreign_bindings_are_told_from_ours(policy):
    live(policy, binding({"kind": "User", "name": "lotse:k.lang", "apiGroup": "rbac.authorization.k8s.io"}),
         binding({"kind": "ServiceAccount", "name": "robot", "namespace": "ci"}, namespace="pay-web"))
    holders = policy.json("who-can", "get", "/pods", *STAGE)["holders"]
    assert ("foreign", "lotse:k.lang") in {(h["holder"], h["subject"]) for h in holders}
    assert ("team", "lotse:team:payments") in {(h["holder"], h["subject"]) for h in holders}


# --- can PERSON

def test_everything_a_person_may_do_stands_per_place(policy):
    person = people_in(policy, "cn=shop-dev")[0]
    answer = policy.json("can", person, "--site", "ber")["sites"][0]["holds"]
    debug = next(h for h in answer if "exec" in h["what"])
    assert debug["place"].startswith("space payments-stg") and "role debug" in debug["because"][0]
    wide = next(h for h in answer if h["namespaces"] == [""])
    assert all("system:authenticated" in b for b in wide["because"])


def test_what_a_binding_gives_the_user_counts(policy):
    person = people_in(policy, "cn=shop-dev")[0]
    asked = ("can", person, "get", "/secrets", *STAGE)
    assert policy.offline(*asked).returncode == FINDINGS
    live(policy, binding({"kind": "User", "name": f"lotse:{person}", "apiGroup": "rbac.authorization.k8s.io"}, role="edit"))
    run = policy.offline(*asked)
    assert run.returncode == OK and f"User lotse:{person}" in run.stdout and "by-hand" in run.stdout


def test_one_question_ends_with_its_answer(policy):
    person = people_in(policy, "cn=shop-dev")[0]
    yes, no = (policy.offline("can", person, verb, "/pods/exec", *STAGE) for verb in ("create", "delete"))
    assert (yes.returncode, no.returncode) == (OK, FINDINGS)
    assert "ber: yes\n  cn=shop-dev (policy.yaml:" in yes.stdout and "ber: no" in no.stdout


@pytest.mark.parametrize("words, text", [
    (["nobody.here"], "person 'nobody.here' does not exist"),
    (["j.muller"], "did you mean 'j.mueller'?"),
    (["j.mueller", "get"], "a person, a verb and a target"),
    (["j.mueller", "get", "podz"], "did you mean"),
])
def test_a_wrong_question_is_said(policy, words, text):
    run = policy.offline("can", *words)
    assert run.returncode == USAGE and text in run.stderr, run.stderr


# --- why-not

@pytest.mark.parametrize("person, words, site, missing", [
    ("x.leaver", "get /pods -n shop-web", "fra", "x.leaver is dropped from team shop (policy.yaml:"),
    ("j.mueller", "get /pods -n shop-legacy", "fra", "space shop excludes namespace shop-legacy (not: shop-legacy, policy.yaml:"),
    ("j.mueller", "create /pods -n shop-web", "fra", "role deploy lacks the verb create here: it has delete,get,list,watch (policy.yaml:"),
    ("j.mueller", "create /pods/exec -n pay-api", "fra", "space payments-stg is not on site fra (at: tier=stage, policy.yaml:"),
    ("j.mueller", "create /pods/exec -n shop-web", "ber", "namespace shop-web lacks label team=payments (it has team=shop) of space payments-stg"),
    ("j.mueller", "patch apps/deployments -n pay-api", "fra", "j.mueller is not in team payments, which takes cn=pay-dev cn=pay-qa (policy.yaml:"),
])
def test_the_nearest_grant_is_told_with_what_it_lacks(policy, person, words, site, missing):
    run = policy.offline("why-not", person, *words.split(), "--site", site)
    assert run.returncode == FINDINGS and missing in run.stdout, run.stdout + run.stderr
    assert f"kubectl --context {site} auth can-i " in run.stdout and f"--as lotse:{person}" in run.stdout


def test_a_grant_that_ended_is_told(policy):
    run = policy.offline("why-not", "j.mueller", "create", "/pods/exec", *STAGE, "--at", "2031-11-01")
    assert "it ended at 2031-10-31T18:00:00Z" in run.stdout


def test_what_is_not_applied_yet_is_told(policy):
    run = policy.offline("why-not", "j.mueller", "create", "/pods/exec", *STAGE, "--as-is")
    assert "site ber does not have it yet (lotse-policy apply)" in run.stdout


def test_what_may_be_requested_is_told_first(policy):
    person = next(p for p in people_in(policy, "cn=pay-dev"))
    asked = ("why-not", person, "create", "/pods/exec", "-n", "pay-api", "--site", "fra")
    run = policy.offline(*asked)
    assert f"needs debug; {person} may request it: debug-prod (policy.yaml:" in run.stdout, run.stdout + run.stderr
    assert policy.json(*asked)["sites"][0]["nearest"][0]["kind"] == "request"
    assert "on request: debug-prod" in policy.offline("can", person, "--site", "fra").stdout


def test_what_is_allowed_is_not_explained_away(policy):
    run = policy.offline("why-not", "j.mueller", "create", "/pods/exec", *STAGE)
    assert run.returncode == OK and "ber: it is allowed" in run.stdout and "grant (policy.yaml:" in run.stdout


# --- blast, leaver

def test_a_group_that_is_alone_takes_everything_with_it(policy):
    answer = policy.json("blast", "cn=pay-qa", "--site", "ber")["sites"][0]
    assert answer["teams"] == [{"team": "payments", "src": answer["teams"][0]["src"], "also": ["cn=pay-dev"]}]
    assert answer["people"] == 6 and {p for s in answer["lost"] for p in s["people"]} == set(people_in(policy, "cn=pay-qa"))
    assert answer["shared"] == 0 and answer["exclusive"] == 6 * len(answer["lost"][0]["namespaces"])


def test_who_is_in_two_groups_keeps_it_through_the_other(policy):
    directory = json.loads((policy.folder / "directory.json").read_text())
    both = people_in(policy, "cn=pay-qa")[:2]
    for p in directory["people"]:
        if p["username"] in both:
            p["groups"].append(next(g["id"] for g in directory["groups"] if g["name"] == "pay-dev"))
    (policy.folder / "directory.json").write_text(json.dumps(directory))
    run = policy.offline("blast", "cn=pay-qa", "--site", "ber")
    assert "-4 people lose" in run.stdout
    assert f"ber: 2 keep everything through cn=pay-dev: {', '.join(both)}" in run.stdout


def test_a_group_nobody_knows_is_an_error_with_the_nearest(policy):
    run = policy.offline("blast", "cn=pay-qs")
    assert run.returncode == USAGE and "did you mean 'cn=pay-qa'?" in run.stderr


def test_what_a_leaver_may_have_taken_along(policy):
    person = people_in(policy, "cn=pay-dev")[0]
    live(policy, binding({"kind": "User", "name": f"lotse:{person}", "apiGroup": "rbac.authorization.k8s.io"}, role="edit", namespace="shop-web"))
    answer = policy.json("leaver", person, "--site", "ber", "--at", "2026-06-01", "--token-life", "5m")
    assert answer["tokens_until"] == "2026-06-01T00:05:10Z"
    site = answer["sites"][0]
    assert site["bindings"] == [{"kind": "RoleBinding", "namespace": "shop-web", "name": "by-hand", "user": f"lotse:{person}",
                                 "how": "kubectl --context ber -n shop-web edit rolebinding by-hand"}]
    found = {r["target"]: r for r in site["residues"]}
    assert found["/serviceaccounts/token"]["namespaces"] == ["shop-web"]
    assert "kubectl --context ber -n shop-web delete serviceaccount" in found["/serviceaccounts/token"]["how"]
    assert "pay-api" in found["apps/deployments"]["namespaces"]


def test_the_leads_and_adds_of_a_leaver_are_named(policy):
    assert "leads team platform: approves its requests (policy.yaml:" in policy.offline("leaver", "u.adler").stdout
    assert "is added to team shop, whatever the directory says" in policy.offline("leaver", "j.temp").stdout
    assert "answers for the grant of debug to team shop" in policy.offline("leaver", "m.sommer").stdout


# --- names that nothing has

@pytest.mark.parametrize("command,said", [
    (["can", "m.somer"], "person 'm.somer' does not exist: did you mean 'm.sommer'?"),
    (["can", "m.somer", "get", "/pods"], "did you mean 'm.sommer'?"),
    (["why-not", "m.somer", "get", "/pods"], "did you mean 'm.sommer'?"),
    (["leaver", "m.somer"], "did you mean 'm.sommer'?"),
    (["reach", "m.somer"], "did you mean 'm.sommer'?"),
    (["reach", "team:shopp"], "did you mean 'shop'?"),
    (["blast", "cn=pay-dve"], "did you mean 'cn=pay-dev'?"),
    (["who-can", "get", "/pods", "-n", "shop-wep"], "no site here has a namespace 'shop-wep': did you mean 'shop-web'?"),
    (["can", "m.sommer", "get", "/pods", "-n", "shop-wep"], "did you mean 'shop-web'?"),
    (["why-not", "m.sommer", "get", "/pods", "-n", "shop-wep"], "did you mean 'shop-web'?"),
    (["who-can", "get", "/podz"], "did you mean '/pods'?"),
    (["who-can", "get", "/pods", "--site", "frax"], "did you mean 'fra'?"),
    (["can", "m.sommer", "--site", "frax"], "did you mean 'fra'?"),
    (["why-not", "m.sommer", "get", "/pods", "--site", "frax"], "did you mean 'fra'?"),
    (["leaver", "m.sommer", "--site", "frax"], "did you mean 'fra'?"),
    (["test", "--site", "frax"], "did you mean 'fra'?"),
    (["check", "--site", "frax"], "did you mean 'fra'?"),
], ids=" ".join)
def test_an_unknown_name_is_an_error_with_the_nearest_one(policy, command, said):
    run = policy.offline(*command)
    assert run.returncode == USAGE and said in run.stderr, run.stderr


def test_a_namespace_of_another_site_is_no_mistake(policy):
    spaces = {s: {x["metadata"]["name"] for x in json.loads((policy.folder / f"objects/namespaces-{s}.json").read_text())["items"]} for s in ("fra", "ber")}
    only = sorted(spaces["ber"] - spaces["fra"])[0]
    assert policy.offline("who-can", "get", "/pods", "-n", only).returncode == 0
    assert policy.offline("who-can", "get", "/pods", "-n", only, "--site", "fra").returncode == USAGE


@pytest.mark.parametrize("command", [["test"], ["prove"], ["until", "2032-01-01"], ["expiring"], ["can", "m.sommer"], ["who-can", "get", "/pods"]],
                         ids=" ".join)
@pytest.mark.parametrize("where,said", [(["--objects", "empty"], "empty: no saved objects of site 'fra'"),
                                        (["--kubeconfig", "none"], "--objects FOLDER for saved ones")], ids=["empty-folder", "no-kubeconfig"])
def test_without_data_of_a_site_nothing_is_answered(policy, command, where, said):
    (policy.folder / "empty").mkdir()
    run = policy.run(*command, *where, "--directory", "directory.json")
    assert run.returncode == USAGE and said in run.stderr and "kept" not in run.stdout + run.stderr, run.stderr


# --- until, expiring

def test_who_loses_what_when_stands_in_order(policy):
    run = policy.offline("expiring", "--at", "2031-10-15", "--days", "90")
    first = run.stdout.index("2031-10-31T18:00:00Z: the grant of role debug to team shop (policy.yaml:")
    second = run.stdout.index("ber: from 2031-10-31T18:00:00Z: -20 people lose exec")
    third = run.stdout.index("from 2031-12-31T00:00:00Z: -j.temp loses")
    assert first < second < third
    assert "2031-12-31T00:00:00Z: the time of j.temp in team shop (policy.yaml:" in run.stdout
    assert "2031-12-31T00:00:00Z: the accept L14 of role deploy (policy.yaml:" in run.stdout
    assert "the next 90 days: 2 moments, 20 people lose something; 0 tests and 0 invariants begin to fail, 6 findings begin" in run.stdout
    assert "0 moments, 0 people" in policy.offline("expiring", "--at", "2031-09-01").stdout


def test_a_test_that_will_fail_is_told(policy):
    with open(policy.folder / "policy.yaml", "a", encoding="utf-8") as f:
        f.write('  - {as: j.mueller, can: "create /pods/exec", in: "ber:pay-api", is: allow}\n')
    assert "from 2031-10-31T18:00:00Z: test policy.yaml:" in policy.offline("expiring", "--at", "2031-10-15").stdout
    later = policy.json("until", "2032-01-01")
    assert later["tests"][0]["from"] == "2032-01-01T00:00:00Z" and {s["change"] for s in later["people"]} == {"lose"}


ALWAYS = """
  - {id: shop-debugs, who: team shop, can: "create /pods/exec", in: "ber:pay-api"}
  - {id: shop-looks, who: team shop, can: "get /pods", in: "ber:shop-web"}
  - {id: temp-looks, who: j.temp, can: "get /pods", in: "fra:shop-web"}
  - {id: nobody-debugs, who: team payments, can: "create /pods/exec", in: "ber:pay-api"}
"""


def invariants_of(answer):
    return [(x["from"], x["what"]) for x in answer["invariants"]]


def test_an_always_that_only_a_time_boxed_grant_or_add_keeps_begins_to_fail_when_it_ends(policy):
    policy.edit('in: own}', 'in: own}' + ALWAYS.rstrip())
    debugs, temp = ("2031-10-31T18:00:00Z", "always shop-debugs"), ("2031-12-31T00:00:00Z", "always temp-looks")
    assert invariants_of(policy.json("expiring", "--at", "2031-10-15", "--days", "90")) == [debugs, temp]
    assert invariants_of(policy.json("expiring", "--at", "2031-11-01", "--days", "90")) == [temp], "what fails already does not begin to"
    assert invariants_of(policy.json("until", "2031-11-01")) == [("2031-11-01T00:00:00Z", "always shop-debugs")]
    assert invariants_of(policy.json("until", "2031-10-31T17:59:59Z")) == []
    said = policy.offline("expiring", "--at", "2031-10-15").stdout
    assert "from 2031-10-31T18:00:00Z: always shop-debugs (policy.yaml:" in said and "may not create /pods/exec" in said
    assert {x["id"] for x in policy.json("prove")["invariants"] if x["status"] == "broken"} >= {"shop-debugs", "temp-looks", "nobody-debugs"}


def test_a_finding_counts_again_when_its_accept_ends(policy):
    found = policy.json("expiring", "--at", "2031-12-15")["findings"]
    assert {x["what"] for x in found} == {"L14 of role deploy", "L14 of role owner", "L15 of role debug", "L19 of role owner", "L01 of role root",
                                          "L60 of ci gitlab"}
    assert {x["from"] for x in found} == {"2031-12-31T00:00:00Z"}
    assert policy.json("expiring", "--at", "2031-11-15")["findings"] == []


@pytest.mark.parametrize("moment", ["tomorrow", "2020-01-01"])
def test_until_wants_a_moment_to_come(policy, moment):
    run = policy.offline("until", moment)
    assert run.returncode == USAGE and "a moment that is still to come" in run.stderr


# --- matrix

def test_the_matrix_in_csv_holds_every_grant(policy):
    run = policy.offline("matrix", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    assert len(rows) == 43
    shop = next(r for r in rows if r["team"] == "shop")
    assert shop["shop"] == "deploy" and shop["payments-stg"] == "debug until 2031-10-31T18:00:00Z"
    cells = policy.json("matrix")["matrix"]
    assert sum(1 for r in rows for k, v in r.items() if k != "team" and v) == len({(c["team"], c.get("space")) for c in cells})


def test_the_matrix_page_is_complete_in_itself(policy):
    page = policy.offline("matrix", "--format", "html").stdout
    tags = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append((tag, dict(attrs)))
    parser.feed(page)
    assert "script" not in {t for t, _ in tags} and not any(k in ("src", "href") or k.startswith("on") for _, a in tags for k in a)
    assert sum(1 for t, a in tags if t == "th" and a.get("scope") == "row") == 43
    assert "debug until 2031-10-31T18:00:00Z" in page and "max-width:40rem" in page


def test_a_format_that_is_none_is_said(policy):
    run = policy.offline("matrix", "--format", "xls")
    assert run.returncode == USAGE and "csv or html" in run.stderr


# --- what is looked at: the clusters after an apply, or as they are

QUESTIONS = ["who-can create /pods/exec -n pay-api", "can j.mueller", "can j.mueller create /pods/exec -n pay-api",
             "why-not j.mueller create /pods/exec -n pay-api", "blast cn=pay-qa", "leaver j.mueller"]


@pytest.mark.parametrize("words", QUESTIONS)
def test_every_question_says_that_the_clusters_are_not_yet_as_the_policy_says(policy, words):
    planned, as_is = (policy.offline(*words.split(), "--site", "ber", *more) for more in ((), ("--as-is",)))
    assert planned.stdout.splitlines()[-1].endswith("this is about the clusters after `apply` (--as-is: as they are)")
    assert as_is.stdout.splitlines()[-1].endswith("this is about the clusters as they are")
    assert policy.json(*words.split(), "--site", "ber")["not_applied"] > 100


def test_without_a_binding_a_group_keeps_nobody_by_a_detour(policy):
    """Nobody is `added` here: what was not there cannot be kept."""
    assert policy.json("blast", "cn=pay-qa", "--site", "ber", "--as-is")["sites"][0]["kept"] == []


@pytest.mark.parametrize("old, new, file, entry", [
    ('/pods,/pods/log,/events"', '/pods,/pods/log,/events,/secrets"', "after.yaml", "/events,/secrets"),  # a `can` that grew
    ('      - "get,list,watch /secrets"\n', "", "policy.yaml", '- "get,list,watch /secrets"'),  # a `deny` that is gone
    ('can: ["create,get /pods/exec,', 'can: ["create,get /pods/attach,/pods/exec,', "after.yaml", "/pods/attach"),
])
def test_the_entry_of_the_role_that_changed_is_named_not_only_the_role(policy, old, new, file, entry):
    text = (policy.folder / "policy.yaml").read_text()
    assert old in text
    (policy.folder / "after.yaml").write_text(text.replace(old, new, 1))
    lines = (policy.folder / file).read_text().splitlines()
    number = next(i for i, line in enumerate(lines, 1) if entry in line)
    r = policy.offline("diff", "policy.yaml", "after.yaml")
    sentence, reason = next((a, b) for a, b in zip(r.stdout.splitlines(), r.stdout.splitlines()[1:]) if "people gain" in a)
    assert reason.strip() == f"{file}:{number}", r.stdout
