"""lotse-gateway's own texts and its check of a configuration: sample, manual, reference, diagnostics, exit codes."""
import os
import shutil
import subprocess

import pytest

from tests.lib.ca import CA
from tests.lib.connector import Connector
from tests.lib.gateway import PEOPLE, Gateway, run
from tests.lib.tools import ROOT, ours


def test_sample_in_the_repository_is_what_the_program_prints():
    assert run("--sample-config").stdout == (ROOT / "deploy/lotse-gateway.sample.yaml").read_text()


def test_reference_in_the_repository_is_what_the_program_prints():
    assert run("--reference").stdout == (ROOT / "docs/configuration.md").read_text()


def test_sample_is_a_good_configuration(tmp_path):
    ca = CA(tmp_path / "ca")
    pem = ca.server("gateway", ["localhost"])
    shutil.copy(pem.cert, tmp_path / "tls.pem")
    shutil.copy(pem.key, tmp_path / "tls.key")
    for name in ("corp-ca.pem", "fra-ca.pem"):
        shutil.copy(ca.cert, tmp_path / name)
    for name in ("ldap-password", "grafana-secret"):
        (tmp_path / name).write_text("0123456789abcdef\n")
        os.chmod(tmp_path / name, 0o600)
    os.chmod(tmp_path / "tls.key", 0o600)
    (tmp_path / "policy.yaml").write_text((ROOT / "tests/flow/policy.yaml").read_text())
    (tmp_path / "gateway.yaml").write_text(run("--sample-config").stdout)
    assert run("--generate-key", tmp_path / "lotse.key").returncode == 0
    done = run("--check", tmp_path / "gateway.yaml", cwd="/")
    assert (done.returncode, "error" in done.stderr) == (0, False), done.stderr
    # every commented key is good as well once its hash is gone
    text = "\n".join(line.replace("# ", "", 1) if line.lstrip().startswith("# ") and ": " in line and line.lstrip()[2:].split(":")[0].isidentifier()
                     else line.replace("#", "", 1) if line.lstrip().startswith("#") and not line.lstrip().startswith("# ") else line
                     for line in run("--sample-config").stdout.splitlines())
    (tmp_path / "gateway.yaml").write_text(text + "\n")
    done = run("--check", tmp_path / "gateway.yaml")
    assert done.returncode == 0, done.stderr


def test_manual_is_a_manual_page(tmp_path):
    page = run("--manual").stdout
    assert page.startswith(".TH LOTSE-GATEWAY 8 ") and "key_file" in page and ".B \\-\\-generate\\-key" in page
    if shutil.which("man"):
        (tmp_path / "x.5").write_text(page)
        done = subprocess.run(["man", "--warnings", "-l", str(tmp_path / "x.5")], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr


def test_mistakes_are_shown_with_line_column_and_caret(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.path.write_text("issuer: https://login.example\nkey_file: lotse.key\nlistn: 127.0.0.1:1\nlog:\n  level: lous\n"
                            "connectors:\n  - {type: local, id: local, path: people.yaml}\n")
    done = run("--check", gateway.path)
    assert done.returncode == 2 and done.stdout == ""
    assert f"{gateway.path}:3:1: error: " in done.stderr and "did you mean 'listen'" in done.stderr
    assert f"{gateway.path}:5:10: error: 'lous' is none of debug|info|warn|error" in done.stderr
    assert "level: lous" in done.stderr and "^^^^" in done.stderr


def test_a_broken_configuration_does_not_start(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.path.write_text("issuer: [")
    done = run("--config", gateway.path)
    assert done.returncode == 2 and f"{gateway.path}:1:" in done.stderr


@pytest.mark.parametrize("people, expected", [("people:\n  - {username: a}\n", "people.yaml:2"), ("peple: []\n", "people.yaml:1")])
def test_check_reads_the_files_it_names(tmp_path, people, expected):
    gateway = Gateway(tmp_path)
    gateway.people.write_text(people)
    done = run("--check", gateway.path)
    assert done.returncode == 2 and expected in done.stderr
    gateway.people.write_text(PEOPLE)
    assert run("--check", gateway.path).returncode == 0


def ldap(**more):
    return [{"type": "ldap", "id": "corp", "urls": ["ldaps://ldap.corp.example"], "people": {"base": "ou=p"}, "groups": {"base": "ou=g"},
             "ca_file": "corp-ca.pem", **more}]


@pytest.mark.parametrize("change, expected", [
    ({"connectors": ldap(ca_file="none.pem")}, "connector 'corp': ca_file: open "),
    ({"connectors": ldap(ca_file="people.yaml")}, "holds no certificate in PEM form"),
    ({"connectors": ldap(bind_dn="cn=a", bind_password_file="none")}, "connector 'corp': bind_password_file: secret file "),
    ({"key_file": "short.key"}, "short.key is no key file"),
    ({"store": {"path": "/none/such/lotse.db"}}, "the folder /none/such/ does not exist"),
])
def test_check_finds_what_would_fail_later(tmp_path, change, expected):
    gateway = Gateway(tmp_path)
    shutil.copy(gateway.ca.cert, tmp_path / "corp-ca.pem")
    (tmp_path / "short.key").write_text("c2hvcnQ\n")
    (tmp_path / "short.key").chmod(0o600)
    gateway.config.update(change)
    gateway.write()
    done = run("--check", gateway.path)
    assert done.returncode == 2 and expected in done.stderr, done.stderr


def test_check_reads_the_policy(tmp_path):
    gateway = Gateway(tmp_path, policy="sites:\n  fra: {audience: [}\n")
    done = run("--check", gateway.path)
    assert done.returncode == 2 and "policy.yaml:2:" in done.stderr


def test_site_with_another_audience_than_the_policy_is_a_mistake(tmp_path):
    policy = (ROOT / "tests/flow/policy.yaml").read_text()
    gateway = Gateway(tmp_path, policy=policy, sites=[{"name": "fra", "audience": "other", "server": "https://a:6443"}])
    done = run("--check", gateway.path)
    assert done.returncode == 2 and "has the audience 'other' here" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--confg", "x"], ["--config"], ["x"], ["--check", "a", "b"], ["--version", "x"]])
def test_wrong_usage_says_how_it_is_used(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and "--config FILE" in done.stderr and done.stdout == ""


def test_help_and_version():
    assert "--check FILE" in run("--help").stdout
    assert run("--version").stdout.startswith("lotse-gateway ")


def test_a_hash_made_by_the_program_lets_the_person_in(tmp_path):
    made = subprocess.run([ours("lotse-gateway"), "--hash-password"], input="Hafen 1\n", capture_output=True, text=True, timeout=60)
    assert (made.returncode, made.stderr) == (0, "") and made.stdout.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    path = tmp_path / "people.yaml"
    path.write_text(f'people: [{{username: a.b, id: "1", password: "{made.stdout.strip()}"}}]\n')
    with Connector({"id": "local", "path": str(path)}) as c:
        assert (c.login("a.b", "Hafen 1")["outcome"], c.login("a.b", "Hafen 2")["outcome"]) == ("ok", "wrong_password")


def test_an_empty_password_is_not_hashed():
    made = subprocess.run([ours("lotse-gateway"), "--hash-password"], input="\n", capture_output=True, text=True, timeout=60)
    assert made.returncode == 2 and "no password" in made.stderr and made.stdout == ""
