"""The compiler's answers beside a slow, obvious evaluator (tests/reference), over random policies.

LOTSE_REFERENCE=5000 tries so many seeds; LOTSE_REFERENCE_FIRST=N begins at another one."""
import functools
import itertools
import json
import os
import subprocess

import pytest

from tests.lib.tools import ours
from tests.reference import access, worlds

SEEDS = int(os.environ.get("LOTSE_REFERENCE", "200"))
FIRST = int(os.environ.get("LOTSE_REFERENCE_FIRST", "0"))


def run(folder, *arguments):
    return subprocess.run([ours("lotse-policy"), *arguments, "--directory", "directory.json", "--objects", "objects", "--at", worlds.NOW],
                          cwd=folder, capture_output=True, text=True, timeout=60)


def compiled(folder, site, name):
    return access.read_compiled(folder / name / site)


def pair(folder, seed):
    """Two policies of one world, written and compiled."""
    world = worlds.random_world(seed)
    old = worlds.random_policy(world, seed)
    new = worlds.changed(old, world, seed)
    worlds.write(folder, world, {"old.yaml": old, "policy.yaml": new})
    for out, name in (("before", "old.yaml"), ("after", "policy.yaml")):
        done = run(folder, "compile", "--out", out, name)
        assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    return world, old, new


@pytest.mark.parametrize("part", range(4))
def test_what_subjects_gain_and_lose_is_what_the_sets_say(tmp_path, part):
    for seed in range(FIRST + part, FIRST + SEEDS, 4):
        folder = tmp_path / str(seed)
        world, _, _ = pair(folder, seed)
        answer = json.loads(run(folder, "diff", "old.yaml", "policy.yaml", "--output", "json").stdout)
        for site in answer["sites"]:
            before, after = (compiled(folder, site["site"], name) for name in ("before", "after"))
            space = access.Space(world.discovery, before, after)
            a, b = access.Holdings(space, before), access.Holdings(space, after)
            expected = {(s, place): change for s in a.subjects.keys() | b.subjects.keys()
                        for place, change in access.difference(space, a.of(s), b.of(s)).items()}
            said = {(access.subject_name({"kind": x["kind"], "name": x["subject"]}, ""), x.get("namespace", "")):
                    (space.of_lines(x["gained"]), space.of_lines(x["lost"])) for x in site["access"]}
            assert said == expected, f"seed {seed}, site {site['site']}"


class Sides:
    """One site before and after, as the sets say."""

    def __init__(self, folder, world, site, before, after):
        sides = [access.read_compiled(folder / name / site) for name in ("before", "after")]
        self.site, self.worlds, self.policies = site, (world, world), (before, after)
        self.space = access.Space(world.discovery, *sides)
        self.held = [access.Holdings(self.space, side) for side in sides]
        self.compare = functools.cache(self._compare)

    def _compare(self, before, after):
        return access.difference(self.space, self.held[0].of(*before), self.held[1].of(*after))

    def change(self, person, now):
        """{place: (gained, lost)} of a person at a moment."""
        return self.compare(*(frozenset(worlds.subjects_of(p, w, person, self.site, now)) for p, w in zip(self.policies, self.worlds)))

    def said(self, sentences):
        """The same out of the sentences of `diff`: {(person, place): (gained, lost)}."""
        out = {}
        for s in sentences:
            if self.site in s["sites"]:
                atoms = self.space.of_lines(s["permissions"])
                for key in itertools.product(s["people"], s["namespaces"]):
                    gained, lost = out.setdefault(key, (set(), set()))
                    (gained if s["change"] == "gain" else lost).update(atoms)
        return out


def people_of(old, new):
    names = {p for policy in (old, new) for t in policy["teams"].values() for p in [*t.get("add", {}), *t.get("drop", [])]}
    return sorted(names)


def nobody_ever_notices(side, old, new, world, moments):
    """Every name the policies treat apart, and one they do not, in every set of groups, at every moment."""
    for n in range(len(world.groups) + 1):
        for groups in itertools.combinations(world.groups, n):
            everybody = worlds.World(world.sites, world.discovery, {p: list(groups) for p in [*people_of(old, new), "anybody"]}, world.groups)
            side.worlds = (everybody, everybody)
            if any(side.change(p, now) for p in everybody.people for now in moments):
                return False
    return True


@pytest.mark.parametrize("part", range(4))
def test_what_people_gain_and_lose_is_what_the_sets_say(tmp_path, part):
    now, same = worlds.ms(worlds.NOW), 0
    moments = [now] + [worlds.ms(t) for t in worlds.TIMES if worlds.ms(t) > now]
    for seed in range(FIRST + part, FIRST + SEEDS, 4):
        folder = tmp_path / str(seed)
        world, old, new = pair(folder, seed)
        done = run(folder, "diff", "old.yaml", "policy.yaml", "--output", "json", "--exit-code")
        answer = json.loads(done.stdout)
        unnoticed = True
        for site in world.sites:
            side = Sides(folder, world, site, old, new)
            expected = {(p, place): change for p in world.people for place, change in side.change(p, now).items()}
            sentences = [s for s in answer["people"] if not s["possible"] and "from" not in s]
            assert side.said(sentences) == expected, f"seed {seed}, site {site}"
            unnoticed = unnoticed and nobody_ever_notices(side, old, new, world, moments)
        assert answer["no_access_change"] == unnoticed, f"seed {seed}"
        assert done.returncode == (0 if unnoticed else 1), f"seed {seed}"
        same += unnoticed
    assert same > 0 or SEEDS < 40, "no pair without a change: the generator is too wild"


def test_a_change_of_the_directory_shows_where_no_file_changed(tmp_path):
    for seed in range(FIRST, FIRST + SEEDS, 4):
        folder = tmp_path / str(seed)
        world = worlds.random_world(seed)
        policy, later = worlds.random_policy(world, seed), worlds.random_directory(world, seed)
        worlds.write(folder, world, {"policy.yaml": policy}, {"directory.json": later, "before.json": world})
        for out in ("before", "after"):
            assert run(folder, "compile", "--out", out).returncode == 0
        answer = json.loads(run(folder, "diff", "--directory-before", "before.json", "--output", "json").stdout)
        for site in world.sites:
            side = Sides(folder, world, site, policy, policy)
            side.worlds = (world, later)
            expected = {(p, place): change for p in world.people for place, change in side.change(p, worlds.ms(worlds.NOW)).items()}
            assert side.said([s for s in answer["people"] if not s["possible"] and "from" not in s]) == expected, f"seed {seed}, site {site}"
