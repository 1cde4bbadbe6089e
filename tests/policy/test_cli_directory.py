"""lotse-policy and a real slapd: what it reads of the directory is what the directory holds, and a directory that is down is
never an empty one."""
import json

import pytest

from tests.lib import company

OK, FINDINGS, USAGE, BACKEND = 0, 1, 2, 3


@pytest.fixture
def config(policy, slapd):
    secret = policy.folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text(company.SERVICE_PASSWORD + "\n")
    path = policy.folder / "directory.yaml"
    path.write_text(f"""# other parts of the gateway's configuration may stand here
issuer: https://lotse.corp.example
connectors:
  - type: ldap
    id: corp
    urls: ["{slapd.ldaps_url}"]
    ca_file: {slapd.ca.cert}
    bind_dn: "{company.SERVICE_DN}"
    bind_password_file: {secret}
    people: {{base: "{company.PEOPLE}"}}
    groups: {{base: "{company.GROUPS}", nested: true}}
""")
    return path


def test_it_reads_what_the_directory_holds(policy, config):
    run = policy.run("snapshot", "--directory-config", config, "--objects", "objects", "--save", "saved")
    assert run.returncode == OK, run.stderr
    read = json.loads((policy.folder / "saved/directory.json").read_text())
    wanted = company.sample().directory()
    assert [p["username"] for p in read["people"]] == [p["username"] for p in wanted["people"]]
    for got, want in zip(read["people"], wanted["people"]):
        assert [g for g in got["groups"] if "system:" not in g] == want["groups"], want["username"]
    assert {g["id"] for g in read["groups"] if "system:" not in g["id"]} == {g["id"] for g in wanted["groups"]}


def test_the_live_directory_serves_every_command(policy, config):
    run = policy.run("test", "--directory-config", config, "--objects", "objects")
    assert run.returncode == OK and "9 passed" in run.stdout, run.stdout + run.stderr


def test_a_directory_that_is_down_ends_with_3_and_nothing_is_compiled(policy, config, slapd):
    config.write_text(config.read_text().replace(slapd.ldaps_url, "ldaps://127.0.0.1:1"))
    run = policy.run("compile", "--directory-config", config, "--objects", "objects", "--timeout", "3s")
    assert run.returncode == BACKEND and "connector corp" in run.stderr, run.stderr
    assert not (policy.folder / "compiled").exists()


@pytest.mark.parametrize("old, new, text", [
    ("ca_file:", "ca_fiel:", "ca_fiel"),
    ("type: ldap", "type: lapd", "lapd"),
    ("connectors:", "connector:", "no 'connectors:'"),
    ("/secret", "/no-secret", "no-secret"),
])
def test_a_wrong_configuration_is_named_with_its_place(policy, config, old, new, text):
    config.write_text(config.read_text().replace(old, new))
    run = policy.run("check", "--directory-config", config)
    assert run.returncode == USAGE and text in run.stderr, run.stderr


def test_a_wrong_password_of_the_service_account_is_a_back_end_failure(policy, config):
    (policy.folder / "secret").write_text("wrong\n")
    run = policy.run("check", "--directory-config", config)
    assert run.returncode == BACKEND, run.stderr
