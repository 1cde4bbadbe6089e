"""The same input gives the same bytes: on every run and, by the digests in golden.txt, on every system the tests run on.

LOTSE_UPDATE=1 writes golden.txt anew; what changed in it has to be meant."""
import hashlib
import os
import pathlib

import pytest

GOLDEN = pathlib.Path(__file__).parent / "golden.txt"
AT = ["--at", "2030-01-01"]
QUESTIONS = {
    "check": ["check", "--output", "sarif"],
    "prove": ["prove", "--output", "json"],
    "matrix": ["matrix", "--output", "json"],
    "reach": ["reach", "everybody", "--site", "fra", "--output", "json"],
    "who-can": ["who-can", "get", "/secrets", "--output", "json"],
    "until": ["until", "2032-01-01", "--output", "json"],
    "schema": ["schema"],
}


def digest(data):
    return hashlib.sha256(data).hexdigest()[:32]


def golden():
    return dict(line.split() for line in GOLDEN.read_text().splitlines()) if GOLDEN.exists() else {}


def compare(name, found):
    known = golden()
    if os.environ.get("LOTSE_UPDATE"):
        known[name] = found
        GOLDEN.write_text("".join(f"{n} {d}\n" for n, d in sorted(known.items())))
    assert known.get(name) == found


def tree(folder):
    return digest(b"".join(f"{p.relative_to(folder)}\0".encode() + p.read_bytes() + b"\0" for p in sorted(folder.rglob("*")) if p.is_file()))


def test_manifests_and_lock(policy):
    for out in ("a", "b"):
        assert policy.offline("compile", "--out", out, "--issuer", "https://login.corp.example", *AT).returncode == 0
    assert tree(policy.folder / "a") == tree(policy.folder / "b")
    compare("compile", tree(policy.folder / "a"))


def test_a_bundle(policy):
    assert policy.run("bundle", "--serial", "1", "--to", "x").returncode == 0
    compare("bundle", digest((policy.folder / "x").read_bytes()))


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers(policy, name):
    command, *arguments = QUESTIONS[name]
    first, second = (policy.run(command, *arguments) if name == "schema" else policy.offline(command, *arguments, *AT) for _ in range(2))
    assert first.stdout and first.stdout == second.stdout, first.stderr
    compare(name, digest(first.stdout.encode()))
