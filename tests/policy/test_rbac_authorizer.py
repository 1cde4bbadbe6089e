"""Our evaluators against the API server's own RBAC code (k8s.io/kubernetes, built from tests/go/authorizer), on random hostile RBAC.

LOTSE_RBAC_QUESTIONS says how many questions of "may this user do that" are put to both, beside the other kinds of questions
(tests/unit/rbac_oracle.h). Every one of them goes through both of our evaluators.

The whole run was LOTSE_RBAC_QUESTIONS=1000000: 1,000,000 questions in 500 worlds (150,260 allowed), and beside them 20,000 reasons,
20,000 lists of holders, 20,000 lists of rules, 40,000 writes of roles and bindings (9,958 allowed), 20,000 pairs for Covers (9,654
covered), 20,000 compactions, 40,000 requests, 20,000 account names: 0 disagreements, 40 s on two quiet cores.
"""
import collections
import json
import os
import random
import subprocess

from tests.lib import rbac_random
from tests.lib.tools import ours, tool

QUESTIONS = int(os.environ.get("LOTSE_RBAC_QUESTIONS", "50000"))
SEED = int(os.environ.get("LOTSE_RBAC_SEED", "20261123"))
BATCH = 50000


def answers(program, lines):
    run = subprocess.run([program], input="".join(line + "\n" for line in lines), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def outcome(op, answer):
    if op == "covers":
        return answer["covered"]
    if op.startswith("impersonate"):
        return isinstance(answer, list)
    return answer if isinstance(answer, bool) else "else"


def disagreements(lines):
    """[(question, ours, theirs)], and how often each op was answered with what."""
    our, their = answers(ours("rbac-probe"), lines), answers(tool("k8s-authorizer"), lines)
    assert len(our) == len(their) == len(lines)
    wrong, seen = [], collections.Counter()
    for line, o, t in zip(lines, our, their):
        theirs, op = json.loads(t), json.loads(line)["op"]
        seen[op, outcome(op, theirs)] += 1
        if o != t and json.loads(o) != theirs:
            wrong.append((line, o, t))
    return wrong, seen


def test_no_disagreement_with_the_upstream_authorizer():
    seen, batch = collections.Counter(), 0
    while seen["ask", True] + seen["ask", False] < QUESTIONS:
        count = min(BATCH, QUESTIONS - seen["ask", True] - seen["ask", False])
        wrong, more = disagreements(list(rbac_random.lines(random.Random(SEED + batch), count)))
        assert wrong == []
        seen += more
        batch += 1
    print(dict(seen))
    assert seen["ask", True] > QUESTIONS / 20 and seen["write", True] > QUESTIONS / 1000 < seen["covers", True], "both answers must occur often, or this proves little"
    for op in ("impersonate", "impersonate_on"):
        assert seen[op, True] > QUESTIONS / 1000 < seen[op, False], op


def test_a_difference_would_be_seen():
    """One object turned over between the two: the comparison must notice."""
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
    world = {"op": "world", "objects": [
        {"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [rule]},
        {"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"},
         "subjects": [{"kind": "User", "name": "alice"}]}]}
    ask = json.dumps({"op": "ask", "user": "alice", "verb": "get", "resource": "pods"})
    other = json.dumps(world).replace("alice", "bob")
    assert answers(ours("rbac-probe"), [json.dumps(world), ask]) == ["true", "true"]
    assert answers(tool("k8s-authorizer"), [other, ask]) == ["true", "false"]
