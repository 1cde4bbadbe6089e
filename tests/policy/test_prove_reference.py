"""prove, reach and sod beside a slow, obvious reference (tests/reference/prove.py), over random policies and random foreign objects.

LOTSE_REFERENCE=5000 tries so many seeds; LOTSE_REFERENCE_FIRST=N begins at another one. Last long run: of the seeds 0 to 2999 those of parts
0 to 2 (2,250) with a directory, and 495 without one: no disagreement."""
import copy
import fnmatch
import json
import os
import subprocess

import pytest

from tests.lib.tools import ours
from tests.reference import access, invariants, prove, worlds

SEEDS = int(os.environ.get("LOTSE_REFERENCE", "120"))
FIRST = int(os.environ.get("LOTSE_REFERENCE_FIRST", "0"))


unknown = []  # seeds at which nobody with a name, but somebody unknown, is found


def run(folder, *arguments, directory=True):
    people = ["--directory", "directory.json"] if directory else []
    return subprocess.run([ours("lotse-policy"), *arguments, *people, "--objects", "objects", "--at", worlds.NOW],
                          cwd=folder, capture_output=True, text=True, timeout=60)


def planned(folder, site, live):
    """What is ours and what stays."""
    return access.read_compiled(folder / "compiled" / site) + live[site]


def world_of(folder, seed, directory=True):
    """A random world and policy on disk, or None when the policy is refused (an approval that nobody could give, ...)."""
    world = invariants.random_world(seed)
    policy, live = invariants.random_policy(world, seed), invariants.random_live(world, seed)
    folder.mkdir()
    worlds.write(folder, world, {"policy.yaml": policy}, live=live)
    done = run(folder, "compile", directory=directory)
    assert done.returncode in (0, 2), done.stderr
    if done.returncode == 2:
        assert "error:" in done.stderr, done.stderr
        return None
    objects = {site: planned(folder, site, live) for site in world.sites}
    return prove.Reference(policy, world, objects, anonymous=not directory)


def first_namespace(space, taken):
    """A name for the first namespace of an empty space; None: only an odd one would do."""
    def fits(name):
        return name and name not in taken and any(fnmatch.fnmatchcase(name, g) for g in space.get("names", [name])) \
            and not any(fnmatch.fnmatchcase(name, g) for g in space.get("not", []))
    return space["try"] if fits(space["try"]) else next(
        (n for filler in ("new", "x1", "0", "") for g in space.get("names", []) if fits(n := g.replace("*", filler))), None)


def later(folder, reference, seed, directory):
    """The same world once every empty space has a namespace."""
    world = copy.deepcopy(reference.world)
    for site, x in world.sites.items():
        taken = dict(x["namespaces"])
        for name, space in reference.policy["spaces"].items():
            words = {k: [v] if isinstance(v := space[k], str) else v for k in ("names", "not") if k in space}
            if reference.space_on(name, site) == set():
                first = first_namespace({**words, "try": "" if "names" in space else f"new-{name}"}, x["namespaces"])
                if first:
                    x["namespaces"][first] = dict(space.get("label", {}))
        assert taken.items() <= x["namespaces"].items()
    live = invariants.random_live(reference.world, seed)
    folder.mkdir()
    worlds.write(folder, world, {"policy.yaml": reference.policy}, live=live)
    assert run(folder, "compile", directory=directory).returncode == 0
    return prove.Reference(reference.policy, world, {site: planned(folder, site, live) for site in world.sites}, anonymous=not directory)


def compare(folder, seed, directory=True):
    """How many invariants were compared, and how many of them are broken."""
    today = world_of(folder, seed, directory)
    if today is None:
        return 0, 0
    tomorrow = later(folder / "later", today, seed, directory)
    done = run(folder, "prove", "--output", "json", directory=directory)
    assert done.returncode in (0, 1), f"seed {seed}: {done.stderr}"
    answers = {x["id"]: x for x in json.loads(done.stdout)["invariants"]}
    n_broken = 0
    for always, x in [(False, x) for x in today.policy["never"]] + [(True, x) for x in today.policy["always"]]:
        reference = today
        broken, people = today.decide(x, always)
        answer = answers[x["id"]]
        if broken == 0 and not always:
            broken, people = tomorrow.decide(x, always)
            assert answer.get("later", False) == (broken > 0), f"seed {seed}: {x}: {broken} when spaces fill: {answer}"
            reference = tomorrow if broken else today
        assert answer["broken"] == broken, f"seed {seed}: {x}: {broken} by the reference: {answer}"
        assert (answer["status"] == "broken") == (broken > 0), f"seed {seed}: {x}: {answer}"
        if people is not None:
            assert [p.get("person") for p in answer.get("people", [])] == people, f"seed {seed}: {x}"
            if people == [None]:
                unknown.append(seed)
                assert len(answer["people"][0]["teams"]) == reference.fewest_teams(x), f"seed {seed}: {x}: {answer}"
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


def test_without_a_directory_every_person_there_could_be_is_asked(tmp_path):
    asked = broken = 0
    for seed in range(FIRST, FIRST + SEEDS, 3):
        n, n_broken = compare(tmp_path / str(seed), seed, directory=False)
        asked, broken = asked + n, broken + n_broken
    assert asked > SEEDS / 4 and 0 < broken < asked, "both answers must occur"
    assert unknown, "somebody whom nothing names must occur"
