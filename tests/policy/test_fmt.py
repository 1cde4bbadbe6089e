"""fmt changes the layout and nothing else: the same policy, the same comments, and once is enough."""
import json
import pathlib
import random
import re

import pytest
import yaml

from tests.lib import company

OK, FINDINGS, USAGE, BACKEND = 0, 1, 2, 3
CASES = sorted((pathlib.Path(__file__).parent / "cases").glob("*.txt"))
UNTIDY = """# policy
lotse:   1 # version


sites:
    fra:   { audience :  k8s-fra ,labels: {  tier : prod } }    # far
    ber-long:     {audience: k8s-ber}
# to teams
teams:
- a
-   b: c
    d: "x  {y}  # no"   # yes
    # inner
    e: >
       text  here
         more

       end
    f: 'it''s'
-  - x
   - y
g: {a: [1,
         2,   3],   # three
    b: "long
      text"}
h:
- {a: , b: c}
i: a b  c {d}, e
"""
TIDY = """# policy
lotse: 1   # version

sites:
  fra:      {audience: k8s-fra, labels: {tier: prod}}           # far
  ber-long: {audience: k8s-ber}
# to teams
teams:
  - a
  - b: c
    d: "x  {y}  # no"   # yes
    # inner
    e: >
       text  here
         more

       end
    f: 'it''s'
  - - x
    - y
g: {a: [1,
         2, 3],     # three
    b: "long
      text"}
h:
  - {a: , b: c}
i: a b  c {d}, e
"""


def fmt(policy, text, *arguments):
    (policy.folder / "x.yaml").write_bytes(text.encode(errors="surrogateescape") if isinstance(text, str) else text)
    return policy.run("fmt", "x.yaml", *arguments)


def load(text):
    return yaml.load(text, yaml.BaseLoader)


def comments(text):
    return re.findall(r"(?:^|\s)(#.*?)\s*$", text, re.M)


def test_what_is_untidy_becomes_tidy_and_stays_so(policy):
    assert fmt(policy, UNTIDY).stdout == TIDY
    assert fmt(policy, TIDY).stdout == TIDY
    assert comments(UNTIDY) == comments(TIDY)


def test_every_case_means_the_same_afterwards(policy):
    """All of them in one run each way: files of the text cases that are YAML at all."""
    names = []
    for case in CASES:
        for i, text in enumerate(re.findall(r"^--- \S*(?: \S+)?\.yaml\n((?:(?!--- ).*\n?)*)", case.read_text(encoding="utf-8", errors="replace"), re.M)):
            name = f"{case.stem}-{i}.yaml"
            (policy.folder / name).write_text(text)
            if policy_is_yaml(policy, name):
                names.append(name)
    before = {n: (policy.folder / n).read_text() for n in names}
    assert len(names) > 100
    assert policy.run("fmt", "--write", *names).returncode == OK
    assert policy.run("fmt", "--check", *names).returncode == OK
    for name in names:
        after = (policy.folder / name).read_text()
        assert comments(after) == comments(before[name]), name
        assert load(after) == load(before[name]), name


def policy_is_yaml(policy, name):
    try:
        load((policy.folder / name).read_text())
    except yaml.YAMLError:
        return False
    return policy.run("fmt", name).returncode == OK


def test_the_sample_company_survives_any_layout(policy):
    """Indented by any step, with any space between the parts: the same text comes out."""
    text = company.sample().policy()
    once = fmt(policy, text).stdout
    assert load(once) == load(text) and comments(once) == comments(text)
    rng = random.Random(7)
    for step in (1, 3, 4, 7):
        lines = []
        for line in once.splitlines():
            if not line.strip().startswith("#"):
                line = re.sub(r"(?<=[\w}\]]),(?= \w+: )", lambda m: rng.choice([" ,", ",  ", " , "]), line) if '"' not in line else line
            indent = len(line) - len(line.lstrip())
            lines.append(" " * (indent // 2 * step) + line.lstrip() + rng.choice(["", " ", "   "]))
            lines += [""] * rng.choice([0, 0, 0, 2]) if not line else []
        again = fmt(policy, "\n".join(lines)).stdout
        strip = [re.sub(r" {2,}(?=#)", "  ", line) for line in again.splitlines()]  # a comment behind code keeps its column
        assert strip == [re.sub(r" {2,}(?=#)", "  ", line) for line in once.splitlines()]


@pytest.mark.parametrize("text, said", [
    ("lotse: [", "bracket"), ("a: &x 1\n", "anchors"), ("a: 1\na: 2\n", "twice"), (b"a: \xff\n", "UTF-8"), ("\ta: 1\n", "tab"),
])
def test_what_is_no_yaml_is_left_alone(policy, text, said):
    run = fmt(policy, text, "--write")
    assert run.returncode == USAGE and said in run.stderr
    assert (policy.folder / "x.yaml").read_bytes() == (text if isinstance(text, bytes) else text.encode())


def test_check_names_the_files_and_changes_nothing(policy):
    (policy.folder / "good.yaml").write_text(TIDY)
    run = fmt(policy, UNTIDY, "--check", "good.yaml")
    assert run.returncode == FINDINGS and run.stdout == "x.yaml: not laid out\n"
    assert (policy.folder / "x.yaml").read_text() == UNTIDY
    assert json.loads(fmt(policy, UNTIDY, "--check", "--output", "json").stdout)["files"] == [{"file": "x.yaml", "changed": True}]


def test_write_keeps_the_mode_of_the_file(policy):
    (policy.folder / "x.yaml").write_text(UNTIDY)
    (policy.folder / "x.yaml").chmod(0o640)
    assert policy.run("fmt", "--write", "x.yaml").stdout == "x.yaml: laid out\n"
    assert (policy.folder / "x.yaml").stat().st_mode & 0o777 == 0o640
    assert (policy.folder / "x.yaml").read_text() == TIDY


def test_a_file_that_is_not_there(policy):
    run = policy.run("fmt", "nowhere.yaml")
    assert run.returncode != OK and "nowhere.yaml" in run.stderr
