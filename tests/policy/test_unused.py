"""lotse-policy unused: what an audit log shows as used, against what is granted."""
import json
import os
import subprocess

import pytest
import yaml

from tests.lib.tools import ours

OK, USAGE = 0, 2


def event(verb="get", resource="pods", namespace="pay-api", reason=None, stage="ResponseComplete", decision="allow", time="2026-05-01T10:00:00.123456Z", **more):
    group, _, name = resource.rpartition(":")
    base, _, sub = name.partition("/")
    ref = {"resource": base, "namespace": namespace, "apiVersion": "v1", **({"apiGroup": group} if group else {}), **({"subresource": sub} if sub else {})}
    return {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "stage": stage, "requestURI": "/x", "verb": verb,
            "user": {"username": "lotse:m.sommer"}, "objectRef": ref, "requestReceivedTimestamp": time, "stageTimestamp": time,
            "annotations": {"authorization.k8s.io/decision": decision, "authorization.k8s.io/reason": reason or ""}, **more}


def by_team(role, team, namespace="pay-api"):
    return f'RBAC: allowed by RoleBinding "lotse:{role}/{namespace}" of ClusterRole "lotse:{role}" to Group "lotse:team:{team}"'


PAYMENTS = by_team("deploy", "payments")


@pytest.fixture
def unused(policy):
    """unused(events, ...) -> the answer, over the sample company's fra as compiled."""
    assert policy.offline("compile").returncode == OK
    live = policy.folder / "live" / "fra"
    live.mkdir(parents=True)
    items = [o for f in (policy.folder / "compiled/fra").rglob("*.yaml") for o in yaml.safe_load_all(f.read_text()) if o and "Role" in o["kind"]]
    items.append({"kind": "ClusterRole", "metadata": {"name": "odd"}, "rules": [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "nodes"]},
                                                                              {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "b"]}]})
    for kind, where in (("RoleBinding", {"namespace": "pay-api"}), ("ClusterRoleBinding", {})):
        items.append({"kind": kind, "metadata": {"name": "odd", **where}, "roleRef": {"kind": "ClusterRole", "name": "odd"},
                      "subjects": [{"kind": "ServiceAccount", "name": "bot", "namespace": "ci"}]})
    (live / "rbac.json").write_text(json.dumps({"kind": "List", "items": items}))
    for name in ("discovery.json", "namespaces-fra.json", "rbac.json"):
        (live / f"saved-{name}").write_text((policy.folder / "objects" / name).read_text())

    def run(events, *arguments, text=None, output="json"):
        (policy.folder / "audit.log").write_text(text if text is not None else "".join(json.dumps(e) + "\n" for e in events))
        run = policy.run("unused", "audit.log", "--objects", "live", "--site", "fra", "--output", output, *arguments)
        if output == "text" or run.returncode:
            return run
        return json.loads(run.stdout)

    return run


def unit(answer, **wanted):
    found = [u for u in answer["granted"] if all(u.get(k) == v for k, v in wanted.items())]
    assert len(found) == 1, found
    return found[0]


def test_what_was_used_and_what_was_not_is_told_apart(unused):
    answer = unused([event("patch", "apps:deployments", reason=PAYMENTS), event("get", "pods/log", reason=PAYMENTS),
                     event("patch", "apps:deployments", reason=PAYMENTS, time="2026-05-03T10:00:00Z")])
    u = unit(answer, team="payments", role="deploy", space="payments")
    assert (u["requests"], u["used"], u["last"]) == (3, 2, "2026-05-03T10:00:00Z")
    assert u["granted"] > 30 and any("/services" in line for line in u["unused"])
    assert not any(line.startswith("patch apps/deployments") for line in u["unused"])
    assert u["src"].startswith("policy.yaml:") and "pay-api" not in u["unused_namespaces"] and "pay-web" in u["unused_namespaces"]
    other = unit(answer, team="shop", role="deploy")
    assert other["requests"] == 0 and other["proposal"] == [] and "smaller_role" not in other


def test_the_smallest_existing_role_that_covers_it_is_named(unused):
    u = unit(unused([event("list", "pods", reason=PAYMENTS), event("get", "services", reason=PAYMENTS)]), team="payments", role="deploy", space="payments")
    assert u["smaller_role"] == "view" and u["smaller_role_permissions"] < u["granted"] and u["proposal"] == []


def test_without_one_a_new_role_is_proposed(unused):
    u = unit(unused([event("delete", "pods", reason=PAYMENTS), event("get", "pods", reason=PAYMENTS), event("get", "services", reason=PAYMENTS)]),
             team="payments", role="deploy", space="payments")
    assert "smaller_role" not in u and u["proposal"] == ["delete,get /pods", "get /services"]


def test_bindings_that_are_not_ours_are_looked_at_as_well(unused):
    account = 'RBAC: allowed by RoleBinding "odd/pay-api" of ClusterRole "odd" to ServiceAccount "bot/ci"'
    answer = unused([event("get", "secrets", reason=account), event("get", "pods", reason=account)])
    u = unit(answer, subject="bot", namespace="pay-api")
    assert (u["subject_namespace"], u["granted"], u["used"]) == ("ci", 3, 2), "what is cluster-wide counts for nothing in a namespace"
    assert u["proposal"] == ["get /pods", "get /secrets names a,b"]
    wide = unit(answer, subject="bot", binding="odd", namespaces=0)
    assert wide["granted"] == 5 and wide["requests"] == 0


def test_stages_denials_and_other_authorizers_are_counted_apart(unused):
    log = unused([event(reason=PAYMENTS, stage="RequestReceived"), event(reason=PAYMENTS), event(decision="forbid"), event(reason=""),
                  event(reason="RBAC: allowed by nonsense")])["log"]
    assert (log["lines"], log["allowed"], log["denied"], log["allowed_otherwise"], log["other_stages"]) == (5, 1, 1, 2, 1)


def test_a_watch_that_is_still_open_counts(unused):
    assert unit(unused([event("watch", reason=PAYMENTS, stage="ResponseStarted")]), team="payments", role="deploy", space="payments")["used"] == 1


def test_lines_that_are_no_events_do_no_harm(unused):
    good = json.dumps(event(reason=PAYMENTS))
    text = "\n".join(["", "nonsense", "{}", '{"kind": "Event"}', "[" * 1000, '{"kind": "Event", "apiVersion": "v1"}', good, "x" * (9 << 20), "\xff", good, good[:200]])
    log = unused(None, text=text)["log"]
    assert (log["allowed"], log["foreign"], log["truncated"]) == (2, 7, True)


def test_quoted_names_are_read_as_go_writes_them(unused):
    odd = r'RBAC: allowed by RoleBinding "a\"b\\\u202e\x07/pay-api" of ClusterRole "lotse:deploy" to Group "lotse:team:payments"'
    answer = unused([event(reason=odd)])
    assert answer["log"]["allowed"] == 1 and answer["by_bindings_that_are_gone"] == 1


def test_a_short_time_is_said_to_be_short(unused):
    run = unused([event(reason=PAYMENTS), event(reason=PAYMENTS, time="2026-05-04T10:00:00Z")], output="text")
    assert run.returncode == OK and "2026-05-01T10:00:00Z to 2026-05-04T10:00:00Z (3 days)" in run.stdout
    assert "once a quarter" in run.stdout
    assert "team payments, role deploy in payments (policy.yaml:" in run.stdout and "role view" in run.stdout
    long = unused([event(reason=PAYMENTS), event(reason=PAYMENTS, time="2026-12-04T10:00:00Z")])
    assert long["log"]["rare_use_may_be_outside"] is False


def test_a_log_without_decisions_is_an_error(unused):
    run = unused([{**event(), "annotations": {}}])
    assert run.returncode == USAGE and "no decision" in run.stdout + run.stderr


def test_one_site_is_wanted(policy):
    (policy.folder / "audit.log").write_text("")
    run = policy.offline("unused", "audit.log")
    assert run.returncode == USAGE and "--site" in run.stderr
    assert policy.offline("unused").returncode == USAGE
    assert policy.offline("unused", "no-such.log", "--site", "fra").returncode == USAGE


def test_memory_does_not_follow_the_length_of_the_log(unused, policy):
    line = json.dumps(event(reason=PAYMENTS)) + "\n"
    unused([event(reason=PAYMENTS)])

    def kilobytes(n_lines):
        (policy.folder / "audit.log").write_text(line * n_lines)
        with open(policy.folder / "out", "w") as out:
            run = subprocess.Popen([ours("lotse-policy"), "unused", "audit.log", "--objects", "live", "--site", "fra"], cwd=policy.folder, stdout=out)
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = status
        assert status == 0 and f" {n_lines:,} requests" in (policy.folder / "out").read_text()
        return usage.ru_maxrss

    assert kilobytes(20_000) < kilobytes(1) + 6_000, "15 MB of log"
