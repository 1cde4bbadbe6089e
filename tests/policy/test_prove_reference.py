"""prove, reach and sod beside a slow, obvious reference (tests/reference/prove.py), over random policies and random foreign objects.

LOTSE_REFERENCE=5000 tries so many seeds; LOTSE_REFERENCE_FIRST=N begins at another one."""
import json
import os
import subprocess

import pytest

from tests.lib.tools import ours
from tests.reference import access, invariants, prove, worlds

SEEDS = int(os.environ.get("LOTSE_REFERENCE", "120"))
FIRST = int(os.environ.get("LOTSE_REFERENCE_FIRST", "0"))


def run(folder, *arguments):
    return subprocess.run([ours("lotse-policy"), *arguments, "--directory", "directory.json", "--objects", "objects", "--at", worlds.NOW],
                          cwd=folder, capture_output=True, text=True, timeout=60)


def planned(folder, site, live):
    """What is ours and what stays."""
    return access.read_compiled(folder / "compiled" / site) + live[site]


def world_of(folder, seed):
    """A random world and policy on disk, or None when the policy is refused (an approval that nobody could give, ...)."""
    world = invariants.random_world(seed)
    policy, live = invariants.random_policy(world, seed), invariants.random_live(world, seed)
    folder.mkdir()
    worlds.write(folder, world, {"policy.yaml": policy}, live=live)
    done = run(folder, "compile")
    assert done.returncode in (0, 2), done.stderr
    if done.returncode == 2:
        assert "error:" in done.stderr, done.stderr
        return None
    objects = {site: planned(folder, site, live) for site in world.sites}
    return prove.Reference(policy, world, objects)


def compare(folder, seed):
    """How many invariants were compared, and how many of them are broken."""
    reference = world_of(folder, seed)
    if reference is None:
        return 0, 0
    done = run(folder, "prove", "--output", "json")
    assert done.returncode in (0, 1), f"seed {seed}: {done.stderr}"
    answers = {x["id"]: x for x in json.loads(done.stdout)["invariants"]}
    n_broken = 0
    for always, x in [(False, x) for x in reference.policy["never"]] + [(True, x) for x in reference.policy["always"]]:
        broken, people = reference.decide(x, always)
        answer = answers[x["id"]]
        assert answer["broken"] == broken, f"seed {seed}: {x}: {broken} by the reference: {answer}"
        assert (answer["status"] == "broken") == (broken > 0), f"seed {seed}: {x}: {answer}"
        if people is not None:
            assert [p["person"] for p in answer.get("people", [])] == people, f"seed {seed}: {x}"
        n_broken += broken > 0
        check_example(reference, x, answer, seed)
    return len(answers), n_broken


def check_example(reference, x, answer, seed):
    """What is shown is true: the example alone is allowed, or, for `always`, not allowed."""
    e = answer.get("example")
    if e is None or "reach" in x:
        return
    site = reference.sites[e["site"]]
    user = e["user"].removeprefix("system:serviceaccount:").replace(":", "/") if e["user"].startswith("system:serviceaccount:") else e["user"]
    kind = "ServiceAccount" if user != e["user"] else "User"
    subjects = [f"{kind} {user}"] + [f"Group {g}" for g in e["groups"]]
    if "path" in e:
        path = e["path"] if e["path"] in site.space.paths else access.OTHER
        atom = (e["verb"] if e["verb"] in site.space.verbs else access.OTHER, "url", path)
        atoms = {atom}
    else:
        resource = e["resource"] + ("/" + e["subresource"] if "subresource" in e else "")
        name = f" names {e['name']}" if e.get("name") else ""
        atoms = site.atoms(f"{e['verb']} {e['group']}/{resource}{name}")
        if not name:
            atoms = {a for a in atoms if a[3] == access.OTHER}
    allowed = all(site.held.allows(subjects, a, e.get("namespace", "")) for a in atoms)
    assert allowed == e["allowed"], f"seed {seed}: {x}: {e}"


@pytest.mark.parametrize("part", range(4))
def test_every_invariant_is_decided_as_the_sets_say(tmp_path, part):
    asked = broken = 0
    for seed in range(FIRST + part, FIRST + SEEDS, 4):
        n, n_broken = compare(tmp_path / str(seed), seed)
        asked, broken = asked + n, broken + n_broken
    assert asked > SEEDS / 4 and 0 < broken < asked, "both answers must occur"
