"""docs/commands.md: every command has its section, and every example prints what it says."""
import os
import pathlib
import re
import subprocess

import pytest

from tests.lib.tools import ours

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs/commands.md").read_text(encoding="utf-8")


def sections():
    return dict(re.findall(r"^## ([a-z-]+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))


def examples():
    """(section, [(command line, expected output), ...]) of each `console` block that begins with `$`."""
    found = []
    for name, text in sections().items():
        for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
            found.append((name, re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)))
    return found


def pattern(expected):
    """`...` on a line of its own is any number of lines, within a line any text."""
    parts = []
    for line in expected.splitlines():
        parts.append("(?:.*\n)*?" if line.strip() == "..." else ".*?".join(map(re.escape, line.split("..."))) + "\n")
    return "".join(parts)


def commands():
    out = subprocess.run([ours("lotse-policy"), "--help"], capture_output=True, text=True).stdout
    return re.findall(r"^  ([a-z][a-z-]+)  +\S", out, re.M)


def test_every_command_of_the_program_is_on_the_page():
    assert len(commands()) >= 8
    missing = sorted(set(commands()) - set(sections()))
    assert missing == []


def test_groups_and_order_are_those_of_the_help():
    out = subprocess.run([ours("lotse-policy"), "--help"], capture_output=True, text=True).stdout
    helped = re.findall(r"^([A-Z][a-z ]+):$|^  ([a-z][a-z-]+)  +\S", out, re.M)
    assert helped == re.findall(r"^# ([A-Z][a-z ]+)$|^## ([a-z-]+)$", PAGE, re.M)


def test_the_page_has_no_command_that_does_not_exist():
    assert sorted(set(sections()) - set(commands())) == []


@pytest.mark.parametrize("name,lines", examples(), ids=lambda v: v if isinstance(v, str) else "")
def test_the_example_prints_what_the_page_says(policy, name, lines):
    """A block runs in one folder, line by line; what is not ours (sed, cp) the shell runs."""
    assert any(command.startswith("lotse-policy ") for command, _ in lines)
    path = f"{pathlib.Path(ours('lotse-policy')).parent}:{os.environ['PATH']}"
    for command, expected in lines:
        r = subprocess.run(["sh", "-c", command], cwd=policy.folder, env=os.environ | {"PATH": path}, stdin=subprocess.DEVNULL,
                           text=True, capture_output=True, timeout=60)
        assert re.fullmatch(pattern(expected), r.stdout + r.stderr), f"{command}\n{r.stdout}{r.stderr}"


@pytest.mark.parametrize("expected,output,same", [
    ("a\n...\nb\n", "a\nx\ny\nb\n", True), ("a\n...\nb\n", "a\nb\n", True), ("a ... c\n", "a b c\n", True),
    ("a\nb\n", "a\nx\nb\n", False), ("a.c\n", "abc\n", False), ("a\n", "a\nb\n", False),
])
def test_the_comparison_itself(expected, output, same):
    assert bool(re.fullmatch(pattern(expected), output)) == same
