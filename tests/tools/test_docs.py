"""What the documents say is there: links, files, options, keys, commands, events, metrics, exit codes, and examples that are accepted."""
import json
import os
import re
import subprocess

import pytest
import yaml

from tests.lib.ca import CA
from tests.lib.tools import ROOT, ours

PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
GUIDES = ["README.md", "docs/operator.md", "docs/user.md"]
PROGRAMS = ["lotse-gateway", "lotse-policy", "lotse-login"]
FOREIGN_OPTIONS = {  # of other programs, as the guides name them
    "authentication-config", "oidc", "provider", "oidc-issuer-url", "code-challenge-method", "oidc-groups-claim", "now", "raw",
    "private-window"}
# other programs' settings that look like `section.key`
FOREIGN_KEYS = {"oidc.config", "op.jwkset_path", "auth.generic_oauth"}


def read(page):
    return (ROOT / page).read_text()


def output(program, *arguments):
    done = subprocess.run([ours(program), *arguments], capture_output=True, text=True, env=dict(os.environ, LC_ALL="C"))
    assert done.returncode == 0, done.stderr
    return done.stdout


def code(text):
    """All that stands in backquotes or code blocks."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.M | re.S)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S))


def rows(path, macro):
    """The arguments of each row of a table, without quotes."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / path).read_text(), flags=re.S)
    found = re.findall(rf"^{macro}\((.*?)\)$", text, re.M | re.S)
    return [[a.strip().strip('"') for a in row.split(",")] for row in found]


@pytest.fixture(scope="module")
def options():
    """Every long option of every program, from its help."""
    texts = [output(p, "--help") for p in PROGRAMS]
    commands = re.findall(r"^  ([a-z-]+) ", texts[PROGRAMS.index("lotse-policy")], re.M)
    texts += [output("lotse-policy", c, "--help") for c in commands]
    return set(re.findall(r"--([a-z][a-z-]+)", "\n".join(texts)))


@pytest.fixture(scope="module")
def keys():
    text = output("lotse-gateway", "--reference")
    assert text == read("docs/configuration.md"), "run: lotse-gateway --reference >docs/configuration.md"
    return set(re.findall(r"^\| `([a-z_.]+)` \|", text, re.M))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        if not target.startswith(("http:", "https:")):
            path, _, anchor = target.partition("#")
            file = (ROOT / page).parent / path if path else ROOT / page
            assert file.exists(), target
            if anchor:
                titles = [re.sub(r"[^\w -]", "", t).strip().lower().replace(" ", "-") for t in re.findall(r"^#+ (.*)", file.read_text(), re.M)]
                assert anchor in titles, target


@pytest.mark.parametrize("page", PAGES)
def test_every_file_named_exists(page):
    """Names that begin with one of our folders; NAME and * stand for something."""
    folders = "|".join(p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".") and p.name != "out")
    for text in code(read(page)):
        for name in re.findall(rf"(?<![\w./-])((?:{folders})/[\w./*-]*\w\.\w[\w.]*)", text):
            if "NAME" not in name:
                assert list(ROOT.glob(name)), f"{page} names {name}"


@pytest.mark.parametrize("page", GUIDES + ["docs/policy.md", "SECURITY.md"])
def test_every_option_named_exists(page, options):
    for text in code(read(page)):
        for name in re.findall(r"(?<![\w-])--([a-z][a-z-]+)", text):
            assert name.rstrip("-") in options | FOREIGN_OPTIONS, f"{page} names --{name}"


def test_every_command_named_exists():
    policy = set(re.findall(r"^  ([a-z-]+) ", output("lotse-policy", "--help"), re.M))
    login = {row[1] for row in rows("login/command.tbl.h", "X")}
    for page in PAGES:
        for text in code(read(page)):
            for program, known in (("lotse-policy", policy), ("lotse-login", login)):
                for word in re.findall(rf"(?:^|[ /]){program} +([a-z][a-z-]*)", text, re.M):
                    assert word in known, f"{page} names {program} {word}"


@pytest.mark.parametrize("page", GUIDES)
def test_every_configuration_key_named_exists(page, keys):
    sections = {key.split(".")[0] for key in keys if "." in key}
    for text in re.findall(r"`([a-z_]+\.[a-z_]+)(?::[^`]*)?`", read(page)):
        if text.split(".")[0] in sections and text not in FOREIGN_KEYS:
            assert text in keys, f"{page} names {text}"


def test_every_environment_variable_of_lotse_login_named_exists():
    known = set(re.findall(r"\[(LOTSE_\w+)\]", output("lotse-login", "--help")))
    assert known
    for page in GUIDES:
        assert set(re.findall(r"LOTSE_\w+", read(page))) <= known


def test_the_table_of_metrics_is_complete():
    known = {row[1] for row in rows("gateway/oidc/event.tbl.h", "METRIC")} | {row[0] for row in rows("gateway/metrics.tbl.h", "METRIC")}
    assert len(known) > 25
    section = read("docs/operator.md").split("## Health and metrics")[1].split("\n## ")[0]
    named = {name for line in section.splitlines() if line.startswith("|") for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == known
    for page in GUIDES:
        assert set(re.findall(r"\blotse_[a-z_]+", read(page))) <= known


def test_the_table_of_audit_events_is_complete():
    known = {row[1]: row[2] for row in rows("gateway/oidc/event.tbl.h", "EVENT")}
    for source in ("gateway/gateway.c",):
        known |= {name: "" for name in re.findall(r'audit_operation\("([a-z.]+)"', read(source))}
    section = read("docs/operator.md").split("## Audit events")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ") and "`" in line.split("|")[1]]
    assert sorted(name for cell in cells for name in re.findall(r"`([a-z_.]+)`", cell)) == sorted(known)
    alarms = {name for cell in cells for name in re.findall(r"\*\*`([a-z_.]+)`\*\*", cell)}
    assert alarms == {name for name, result in known.items() if result == "ALARM"}


def test_the_table_of_exit_codes_is_the_programs():
    known = {number: text.strip() for number, text in re.findall(r"^  (\d+) +(.*)", output("lotse-login", "--help").split("Exit codes:")[1], re.M)}
    named = dict(re.findall(r"^\| (\d+) \| ([^|]*?) \|", read("docs/user.md"), re.M))
    assert named == known


def accept(folder, config):
    """lotse-gateway --check over it, with all files it names."""
    ca = CA(folder / "ca")
    pem = ca.server("gateway", ["localhost"])
    secrets = [c["secret_file"] for c in config.get("clients", []) if "secret_file" in c]
    for name in ["ldap-password", *secrets]:
        (folder / name).write_text(f"0123456789abcdef {name}\n")
        os.chmod(folder / name, 0o600)
    for name, source in (("tls.pem", pem.cert), ("tls.key", pem.key), ("corp-ca.pem", ca.cert), ("fra-ca.pem", ca.cert)):
        (folder / name).write_bytes(open(source, "rb").read())
        os.chmod(folder / name, 0o600)
    (folder / "policy.yaml").write_text("lotse: 1\nsites: {fra: {audience: k8s-fra}}\nteams: {a: {from: [cn=a]}}\n"
                                        "ldap: {base: 'ou=groups,dc=corp,dc=example'}\n")
    subprocess.run([ours("lotse-gateway"), "--generate-key", folder / "lotse.key"], check=True)
    config = config | {"store": {"path": "lotse.db"}}  # what stands there belongs to the installed unit
    (folder / "gateway.yaml").write_text(json.dumps(config, indent=1))
    done = subprocess.run([ours("lotse-gateway"), "--check", folder / "gateway.yaml"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", read("docs/operator.md"), re.M | re.S)]


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_of_the_operators_guide_are_accepted(tmp_path, number):
    config = EXAMPLES[0] | EXAMPLES[number]
    if "behind_proxy" in config:
        del config["tls"]
    accept(tmp_path, config)


def test_the_example_of_the_policy_manual_is_accepted(tmp_path):
    text = re.search(r"^```yaml\n(.*?)^```", read("docs/policy.md"), re.M | re.S)[1]
    (tmp_path / "policy.yaml").write_text(text)
    done = subprocess.run([ours("lotse-policy"), "check", tmp_path / "policy.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
