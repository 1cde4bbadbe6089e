"""The compiler's answers beside a slow, obvious evaluator (tests/reference), over random policies.

LOTSE_REFERENCE=5000 tries so many seeds; LOTSE_REFERENCE_FIRST=N begins at another one."""
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
        answer = json.loads(run(folder, "diff", "--from", "old.yaml", "--output", "json").stdout)
        for site in answer["sites"]:
            before, after = (compiled(folder, site["site"], name) for name in ("before", "after"))
            space = access.Space(world.discovery, before, after)
            a, b = access.Holdings(space, before), access.Holdings(space, after)
            expected = {(s, place): change for s in a.subjects.keys() | b.subjects.keys()
                        for place, change in access.difference(space, a.of(s), b.of(s)).items()}
            said = {(access.subject_name({"kind": x["kind"], "name": x["subject"]}, ""), x.get("namespace", "")):
                    (space.of_lines(x["gained"]), space.of_lines(x["lost"])) for x in site["access"]}
            assert said == expected, f"seed {seed}, site {site['site']}"
