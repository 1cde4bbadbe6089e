"""lotse-policy mutate: which mistakes the tests of a policy would see."""
import json

SMALL = """lotse: 1
sites: {fra: {audience: k8s-fra}, ber: {audience: k8s-ber}}
ldap: {base: "ou=groups,dc=corp,dc=example"}
teams: {payments: {from: [cn=pay-dev]}, shop: {from: [cn=shop-dev]}}
roles:
  view: {base: k8s/view}
  debug: {base: view, can: ["create,get /pods/exec"], sensitive: true}
spaces:
  payments: {names: ["pay-*"]}
  shop: {names: ["shop-*"]}
grants:
  - {team: payments, role: view, in: payments, at: fra}
  - {team: shop, role: debug, in: shop, until: 2030-01-01}
tests:
"""


def suggestions(output):
    return [line.strip() for line in output.splitlines() if line.startswith("  - ")]


def test_a_policy_without_tests_scores_nothing_and_every_change_comes_with_a_test(policy):
    (policy.folder / "policy.yaml").write_text(SMALL.removesuffix("tests:\n"))
    r = policy.offline("mutate")
    assert r.returncode == 0, r.stderr
    assert "score: 0 %: the tests see 0 of 7 changes" in r.stdout
    assert "policy.yaml:12: team 'payments', role 'view', dropped: no test fails" in r.stdout
    assert "policy.yaml:12: team 'payments', role 'view', on every site: no test fails" in r.stdout
    assert "policy.yaml:13: team 'shop', role 'debug', without its end: no test fails" in r.stdout
    assert len(suggestions(r.stdout)) == 7


def test_the_suggested_tests_pass_and_see_every_change(policy):
    (policy.folder / "policy.yaml").write_text(SMALL.removesuffix("tests:\n"))
    lines = suggestions(policy.offline("mutate").stdout)
    (policy.folder / "policy.yaml").write_text(SMALL + "".join(f"  {line}\n" for line in lines))
    tested = policy.offline("test")
    assert tested.returncode == 0, tested.stdout
    assert "tests: 7 passed, 0 failed" in tested.stdout
    r = policy.offline("mutate", "--min-score", "100")
    assert r.returncode == 0, r.stdout
    assert "score: 100 %: the tests see 7 of 7 changes" in r.stdout


def test_the_company_reaches_a_full_score_with_what_is_suggested(policy):
    text = (policy.folder / "policy.yaml").read_text()
    assert "\ntests:\n" in text
    before = policy.json("mutate")
    missing = [m for m in before["mutants"] if not m["seen"] and not m["harmless"] and "test" not in m]
    assert missing == []
    lines = {m["test"] for m in before["mutants"] if "test" in m}
    policy.edit("\ntests:\n", "\ntests:\n" + "".join(f"  - {line}\n" for line in sorted(lines)))
    after = policy.json("mutate")
    assert (after["score"], after["seen"]) == (100, after["changes"])


def test_a_change_that_gives_nobody_anything_is_no_hole_in_the_tests(policy):
    (policy.folder / "policy.yaml").write_text(SMALL.replace("tests:\n", "  - {team: payments, role: view, in: payments, at: [fra]}\n"))
    data = policy.json("mutate")
    dropped = [m for m in data["mutants"] if m["mutation"] == "dropped" and m["line"] in (12, 14)]
    assert [m["harmless"] for m in dropped] == [True, True]  # each of the two is there twice
    assert "test" not in dropped[0]


def test_a_score_below_the_demanded_one_ends_with_1(policy):
    (policy.folder / "policy.yaml").write_text(SMALL.removesuffix("tests:\n"))
    assert policy.offline("mutate", "--min-score", "1").returncode == 1
    assert policy.offline("mutate", "--min-score", "0").returncode == 0


def test_a_policy_whose_tests_fail_is_not_mutated(policy):
    (policy.folder / "policy.yaml").write_text(SMALL + '  - {as: any of shop, can: "get /pods", in: "fra:pay-api", is: allow}\n')
    r = policy.offline("mutate")
    assert r.returncode == 2
    assert "policy.yaml:15: this test fails already: mend it first" in r.stderr


def test_json_says_the_same_as_the_text(policy):
    (policy.folder / "policy.yaml").write_text(SMALL.removesuffix("tests:\n"))
    data = json.loads(policy.offline("mutate", "--output", "json").stdout)
    assert [m["mutation"] for m in data["mutants"]] == ["dropped", "raised", "widened", "everywhere"] + ["dropped", "widened", "endless"]
    assert (data["changes"], data["seen"], data["score"]) == (7, 0, 0)
