"""The compiler's answers beside a slow, obvious evaluator (tests/reference), over random policies.

LOTSE_REFERENCE=5000 tries so many seeds; LOTSE_REFERENCE_FIRST=N begins at another one."""
import functools
import itertools
import json
import os
import random
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


def questions(space, held, seed):
    """A few atoms, spelt as a person would ask; half of them are somebody's."""
    known = sorted(a for a in itertools.product(access.STANDARD_VERBS, sorted(space.pairs), ["a", access.OTHER]) if access.OTHER not in a[1][1])
    somebodys = sorted(set(known) & {(v, (g, x), n) for cells in held.subjects.values() for atoms in cells.values()
                                     for v, g, x, n in (a for a in atoms if a[1] != "url")})
    r = random.Random(f"questions {seed}")
    return r.sample(known, 2) + r.sample(somebodys, min(2, len(somebodys)))


def test_what_one_person_holds_and_who_holds_it_is_what_the_sets_say(tmp_path):
    """`can PERSON` and `who-can --people`, the two directions of the same relation."""
    now, n_yes = worlds.ms(worlds.NOW), 0
    for seed in range(FIRST, FIRST + SEEDS, 10):
        folder = tmp_path / str(seed)
        world = worlds.random_world(seed)
        policy = worlds.random_policy(world, seed)
        worlds.write(folder, world, {"policy.yaml": policy})
        assert run(folder, "compile", "--out", "after").returncode == 0
        site = sorted(world.sites)[seed % len(world.sites)]
        objects = access.read_compiled(folder / "after" / site)
        space = access.Space(world.discovery, objects)
        held = access.Holdings(space, objects)
        subjects = {p: worlds.subjects_of(policy, world, p, site, now) for p in world.people}
        person = sorted(world.people)[seed % len(world.people)]
        answer = json.loads(run(folder, "can", person, "--site", site, "--output", "json").stdout)
        said = {place: space.of_lines(h["permissions"]) for h in answer["sites"][0]["holds"] for place in h["namespaces"]}
        expected = {place: gained for place, (gained, _) in access.difference(space, {}, held.of(*subjects[person])).items()}
        assert said == expected, f"seed {seed}"
        namespace = sorted(world.sites[site]["namespaces"])[seed % len(world.sites[site]["namespaces"])]
        for verb, (group, resource), name in questions(space, held, seed):
            row = next((r for r in world.discovery if (r["group"], r["resource"]) == (group, resource)), None)
            if row is None:
                continue
            where = [] if not row["namespaced"] else ["-n", namespace]
            asked = ["--site", site, "--output", "json", *where, *(["--name", name] if name != access.OTHER else [])]
            name = name if name in space.names[group, resource] else access.OTHER
            who = json.loads(run(folder, "who-can", verb, f"{group}/{resource}", "--people", *asked).stdout)["people"]
            holders = {p for p in world.people if held.allows(subjects[p], (verb, group, resource, name), namespace if where else "")}
            assert {p["person"] for p in who} == holders, f"seed {seed}: {verb} {group}/{resource} {asked}"
            one = run(folder, "can", person, verb, f"{group}/{resource}", *asked)
            assert json.loads(one.stdout)["sites"][0]["allowed"] == (person in holders) == (one.returncode == 0), f"seed {seed}"
            n_yes += len(holders)
    assert n_yes > SEEDS / 40, "hardly anybody may anything: the questions are too odd"


def test_what_people_lose_without_a_group_is_what_the_sets_say(tmp_path):
    now = worlds.ms(worlds.NOW)
    for seed in range(FIRST, FIRST + SEEDS, 10):
        folder = tmp_path / str(seed)
        world = worlds.random_world(seed)
        policy = worlds.random_policy(world, seed)
        group = world.groups[seed % len(world.groups)]
        without = worlds.World(world.sites, world.discovery, {p: [g for g in groups if g != group] for p, groups in world.people.items()}, world.groups)
        worlds.write(folder, world, {"policy.yaml": policy})
        for out in ("before", "after"):
            assert run(folder, "compile", "--out", out).returncode == 0
        answer = json.loads(run(folder, "blast", group.split(",")[0], "--output", "json").stdout)
        for blast in answer["sites"]:
            side = Sides(folder, world, blast["site"], policy, policy)
            side.worlds = (world, without)
            expected = {(p, place) for p in world.people for place in side.change(p, now)}
            assert {key for s in blast["lost"] for key in itertools.product(s["people"], s["namespaces"])} == expected, f"seed {seed}"
            members = {p for p, groups in world.people.items() if group in groups}
            assert blast["people"] == len(members)
            assert not {p for k in blast["kept"] for p in k["people"]} & {p for p, _ in expected}
