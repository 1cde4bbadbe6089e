"""docs/commands.md: every command has its section, and every example prints what it says."""
import pathlib
import re
import shlex
import subprocess

import pytest

from tests.lib.tools import ours

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs/commands.md").read_text(encoding="utf-8")


def sections():
    return dict(re.findall(r"^## ([a-z-]+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))


def examples():
    """(section, command line, expected output) of each `$ lotse-policy` line of a `console` block."""
    for name, text in sections().items():
        for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
            for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
                yield name, command, output


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


def test_the_page_has_no_command_that_does_not_exist():
    assert sorted(set(sections()) - set(commands())) == []


@pytest.mark.parametrize("name,command,expected", examples(), ids=lambda v: v if re.fullmatch(r"[a-z-]+", str(v)) else "")
def test_the_example_prints_what_the_page_says(policy, name, command, expected):
    words = shlex.split(command)
    assert words[0] == "lotse-policy", command
    r = policy.run(*words[1:])
    assert re.fullmatch(pattern(expected), r.stdout + r.stderr), f"{command}\n{r.stdout}{r.stderr}"


@pytest.mark.parametrize("expected,output,same", [
    ("a\n...\nb\n", "a\nx\ny\nb\n", True), ("a\n...\nb\n", "a\nb\n", True), ("a ... c\n", "a b c\n", True),
    ("a\nb\n", "a\nx\nb\n", False), ("a.c\n", "abc\n", False), ("a\n", "a\nb\n", False),
])
def test_the_comparison_itself(expected, output, same):
    assert bool(re.fullmatch(pattern(expected), output)) == same
