"""People in a file: who may in, what a broken file does, and that a change is seen."""
import os

import pytest

from tests.lib.connector import Connector, refused

IDS = {"m.sommer": "0b0e3c9e-5a3e-4f0e-9d7e-2f6f0c1f7a11", "j.mueller": "0b0e3c9e-5a3e-4f0e-9d7e-2f6f0c1f7a12", "t.brandt": "0b0e3c9e-5a3e-4f0e-9d7e-2f6f0c1f7a13"}


def person(username, hash_, more=""):
    return f'  - username: {username}\n    id: {IDS.get(username, username)}\n    name: Jörg Müller\n    groups: [shop-dev, all-staff]\n    password: "{hash_}"\n{more}'


@pytest.fixture(scope="module")
def hashed(tmp_path_factory):
    """An argon2id hash of `secret`, by the connector's own function."""
    path = tmp_path_factory.mktemp("local") / "empty.yaml"
    path.write_text("people: []\n")
    with Connector({"path": str(path)}) as c:
        made = [c.call("hash", password="secret")["hash"] for _ in range(2)]
    assert made[0] != made[1] and made[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    return made[0]


@pytest.fixture
def path(tmp_path, hashed):
    p = tmp_path / "people.yaml"
    p.write_text("people:\n" + person("m.sommer", hashed) + person("t.brandt", hashed, "    disabled: true\n"))
    return p


def replace(path, text):
    """As an editor or a config management does it: a new file in the place of the old one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    os.replace(fresh, path)


def test_login_lookup_and_everybody(path):
    with Connector({"path": str(path)}) as c:
        a = c.login("m.sommer", "secret")
        assert (a["outcome"], a["id"], a["username"], a["display_name"]) == ("ok", IDS["m.sommer"], "m.sommer", "Jörg Müller")
        assert [g["name"] for g in a["groups"]] == ["all-staff", "shop-dev"]
        assert c.lookup(a["id"])["username"] == "m.sommer"
        assert c.lookup("nobody")["outcome"] == "gone"
        everybody = c.read_all()
        assert [(p["username"], p["state"]) for p in everybody["people"]] == [("m.sommer", "active"), ("t.brandt", "disabled")]
        assert [g["id"] for g in everybody["groups"]] == ["all-staff", "shop-dev"]
        assert c.health()["ok"]


@pytest.mark.parametrize("name, password", [("m.sommer", "wrong"), ("m.sommer", ""), ("m.sommer", b"secret\0"), ("m.sommer", b"\0"), ("M.Sommer", "secret"),
                                            (" m.sommer", "secret"), ("nobody", "secret"), ("", "secret"), ("t.brandt", "wrong"), (b"m.sommer\0", "secret"),
                                            ("m.sommer", "x" * 1025)])
def test_who_may_not_in(path, name, password):
    with Connector({"path": str(path)}) as c:
        assert c.login(name, password)["outcome"] == "wrong_password"


def test_a_disabled_person(path):
    with Connector({"path": str(path)}) as c:
        assert c.login("t.brandt", "secret")["outcome"] == "disabled"
        assert c.lookup(IDS["t.brandt"])["outcome"] == "disabled"


def test_a_changed_file_is_seen_and_a_broken_one_changes_nothing(path, hashed):
    with Connector({"path": str(path)}) as c:
        assert c.login("j.mueller", "secret")["outcome"] == "wrong_password"
        replace(path, "people:\n" + person("j.mueller", hashed))
        assert c.login("j.mueller", "secret")["outcome"] == "ok"
        assert c.lookup(IDS["m.sommer"])["outcome"] == "gone"
        for broken in ("people: [", "people:\n  - username: X\n", "", "people: 3\n"):
            replace(path, broken)
            assert c.login("j.mueller", "secret")["outcome"] == "ok"
        path.unlink()
        assert c.login("j.mueller", "secret")["outcome"] == "ok"
        replace(path, "people: []\n")
        assert c.lookup(IDS["j.mueller"])["outcome"] == "gone"
    assert "the last good one stays" in c.log


def test_hashes_that_would_cost_the_machine_are_refused(path, hashed):
    for greedy in (hashed.replace("m=19456", "m=999999999"), hashed.replace("t=2", "t=999999"), "$argon2id$nonsense"):
        replace(path, "people:\n" + person("m.sommer", greedy))
        with Connector({"path": str(path)}) as c:
            assert c.login("m.sommer", "secret")["outcome"] in ("refused", "wrong_password")


@pytest.mark.parametrize("text, says", [
    ("people:\n  - {username: M.Sommer, id: a, password: $argon2id$x}\n", ":2:"), ("people:\n  - {username: a, id: a, password: plain}\n", "argon2id"),
    ("people:\n  - {username: a, password: $argon2id$x}\n", "'id' is missing"), ("people:\n  - {username: a, id: 'x y', password: $argon2id$x}\n", "an id is"),
    ("people:\n  - {username: a, id: a, password: $argon2id$x, groups: ['system:masters']}\n", "group"),
    ("people:\n  - {username: a, id: a, password: $argon2id$x, groups: [a, a]}\n", "twice"),
    ("people:\n  - {username: a, id: a, password: $argon2id$x}\n  - {username: a, id: b, password: $argon2id$x}\n", ":3:"),
    ("people:\n  - {username: a, id: a, password: $argon2id$x}\n  - {username: b, id: a, password: $argon2id$x}\n", ":3:"),
    ("people:\n  - {username: a, id: a, pasword: $argon2id$x}\n", "pasword"), ("people:\n  - x\n", "map"), ("persons: []\n", "persons"), ("", "people"),
    ("people:\n  - {username: a, id: a, password: $argon2id$x, disabled: maybe}\n", "disabled"[:0]),
])
def test_mistakes_are_named_with_their_place(tmp_path, text, says):
    p = tmp_path / "people.yaml"
    p.write_text(text)
    message = refused({"path": str(p)})
    assert says in message and "people.yaml:" in message


def test_a_missing_file_is_named(tmp_path):
    assert "nowhere.yaml" in refused({"path": str(tmp_path / "nowhere.yaml")})


def test_many_threads_while_the_file_changes(path, hashed):
    with Connector({"path": str(path)}) as c:
        assert c.bench(n=300, threads=8, id=IDS["m.sommer"])["ok"] == 2400
