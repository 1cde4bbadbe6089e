"""lotse-policy bundle, sign, verify: what sites and gateways take, and what they refuse."""
import base64
import json
import subprocess

import pytest


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("anna", "bert", "mallory"):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / f"{name}.pem")
        openssl("pkey", "-in", folder / f"{name}.pem", "-pubout", "-out", folder / f"{name}.pub")
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", folder / "rsa.pem")
    openssl("pkey", "-in", folder / "rsa.pem", "-pubout", "-out", folder / "rsa.pub")
    openssl("pkey", "-in", folder / "anna.pem", "-aes256", "-passout", "pass:x", "-out", folder / "locked.pem")
    openssl("genpkey", "-algorithm", "ED25519", "-out", folder / "ed.pem")
    return folder


@pytest.fixture
def signed(policy, keys):
    assert policy.run("bundle").returncode == 0
    r = policy.run("sign", "policy.bundle", "--key", keys / "anna.pem")
    assert r.returncode == 0, r.stderr
    return policy


def payload(path):
    text = json.loads(path.read_text())["payload"]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def verify(policy, *arguments):
    return policy.run("verify", "policy.bundle", *arguments)


def test_the_same_policy_and_number_give_the_same_bytes(policy):
    policy.run("bundle", "--serial", "7", "--to", "a")
    policy.run("bundle", "--serial", "7", "--to", "b")
    assert (policy.folder / "a").read_bytes() == (policy.folder / "b").read_bytes()
    assert payload(policy.folder / "a")["serial"] == 7


def test_each_bundle_has_a_greater_number_than_the_one_before(policy):
    for serial in (1, 2, 3):
        assert policy.run("bundle").returncode == 0
        assert payload(policy.folder / "policy.bundle")["serial"] == serial


def test_a_policy_with_errors_makes_no_bundle(policy):
    policy.edit("team: payments, role: deploy", "team: paymnts, role: deploy")
    r = policy.run("bundle")
    assert r.returncode == 2
    assert "did you mean 'payments'?" in r.stderr
    assert not (policy.folder / "policy.bundle").exists()


def test_a_signed_bundle_is_good_for_who_trusts_the_key(signed, keys):
    r = verify(signed, "--trust", keys / "anna.pub")
    assert r.returncode == 0, r.stderr
    assert "bundle 1, good: signed with 1 trusted keys" in r.stdout


def test_rsa_keys_sign_as_well(policy, keys):
    policy.run("bundle")
    assert policy.run("sign", "policy.bundle", "--key", keys / "rsa.pem").returncode == 0
    assert verify(policy, "--trust", keys / "rsa.pub").returncode == 0


def test_two_people_can_be_demanded(signed, keys):
    both = ["--trust", keys / "anna.pub", "--trust", keys / "bert.pub", "--signatures", "2"]
    r = verify(signed, *both)
    assert r.returncode == 1
    assert "signed by 1 of the trusted keys, 2 are needed" in r.stderr
    signed.run("sign", "policy.bundle", "--key", keys / "bert.pem")
    assert verify(signed, *both).returncode == 0


def test_one_person_who_signs_twice_is_one(signed, keys):
    signed.run("sign", "policy.bundle", "--key", keys / "anna.pem")
    document = json.loads((signed.folder / "policy.bundle").read_text())
    assert len(document["signatures"]) == 1
    document["signatures"] *= 2
    (signed.folder / "policy.bundle").write_text(json.dumps(document))
    r = verify(signed, "--trust", keys / "anna.pub", "--trust", keys / "bert.pub", "--signatures", "2")
    assert r.returncode == 1


def test_a_stranger_counts_for_nothing(signed, keys):
    r = verify(signed, "--trust", keys / "mallory.pub")
    assert r.returncode == 1
    assert "signed by 0 of the trusted keys, 1 are needed" in r.stderr


def test_without_a_trusted_key_nothing_is_good(signed):
    r = verify(signed)
    assert r.returncode == 2
    assert "name the keys with --trust" in r.stderr


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def changed_payload(d):
    body = json.loads(base64.urlsafe_b64decode(d["payload"] + "==="))
    body["serial"] = 99
    d["payload"] = b64(json.dumps(body).encode())


def changed_header(**members):
    def change(d):
        header = json.loads(base64.urlsafe_b64decode(d["signatures"][0]["protected"] + "==="))
        header.update(members)
        d["signatures"][0]["protected"] = b64(json.dumps({k: v for k, v in header.items() if v is not None}).encode())
    return change


@pytest.mark.parametrize("change,message", [
    (changed_payload, "the content is not what key"),
    (changed_header(alg="none"), "alg 'none' is not the one of its key"),
    (changed_header(alg="RS256"), "alg 'RS256' is not the one of its key"),
    (changed_header(typ="JWT"), "signed as 'JWT'"),
    (changed_header(crit=["x"]), "other members than alg, kid, typ"),
    (changed_header(jwk={"kty": "EC"}), "other members than alg, kid, typ"),
    (changed_header(kid=None), "other members than alg, kid, typ"),
    (lambda d: d["signatures"][0].update(signature="AAAA"), "the content is not what key"),
    (lambda d: d["signatures"][0].update(header={"alg": "ES256"}), "protected and signature, and no more"),
    (lambda d: d.update(payload=d["payload"] + "="), "not base64url"),
    (lambda d: d.update(more=1), "payload and signatures, and no more"),
    (lambda d: d.update(signatures=[]), "signed by 0 of the trusted keys"),
    (lambda d: d.update(signatures=d["signatures"] * 40), "signatures (at most 32)"),
], ids=lambda v: v if isinstance(v, str) else "")
def test_whatever_is_changed_the_bundle_is_refused(signed, keys, change, message):
    path = signed.folder / "policy.bundle"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    r = verify(signed, "--trust", keys / "anna.pub", "--last-good", "kept")
    assert r.returncode == 1, r.stdout
    assert message in r.stderr
    assert not (signed.folder / "kept").exists()


@pytest.mark.parametrize("key,message", [("locked.pem", "encrypted"), ("anna.pub", "a public key signs nothing"),
                                         ("ed.pem", "neither RSA nor P-256"), ("nothing", "No such file")])
def test_a_key_that_cannot_sign_is_named(policy, keys, key, message):
    policy.run("bundle")
    r = policy.run("sign", "policy.bundle", "--key", keys / key)
    assert r.returncode == 2
    assert message in r.stderr


def test_nobody_signs_what_is_no_bundle(policy, keys):
    r = policy.run("sign", "policy.yaml", "--key", keys / "anna.pem")
    assert r.returncode == 2
    assert "not a signed document" in r.stderr


def test_the_last_good_one_is_kept_and_never_an_older_one_taken(signed, keys):
    path, kept = signed.folder / "policy.bundle", signed.folder / "kept"
    good = ["--trust", keys / "anna.pub", "--last-good", "kept"]
    old = path.read_bytes()
    assert verify(signed, *good).returncode == 0
    assert kept.read_bytes() == old
    signed.run("bundle")  # 2
    signed.run("sign", "policy.bundle", "--key", keys / "anna.pem")
    new = path.read_bytes()
    assert verify(signed, *good).returncode == 0
    assert kept.read_bytes() == new
    path.write_bytes(old)
    r = verify(signed, *good)
    assert r.returncode == 1
    assert "bundle 1 is older than the last good one, 2" in r.stderr
    assert kept.read_bytes() == new


def test_the_same_number_with_another_content_is_refused(signed, keys):
    good = ["--trust", keys / "anna.pub", "--last-good", "kept"]
    assert verify(signed, *good).returncode == 0
    signed.edit("T-990", "T-991")
    signed.run("bundle", "--serial", "1")
    signed.run("sign", "policy.bundle", "--key", keys / "anna.pem")
    r = verify(signed, *good)
    assert r.returncode == 1
    assert "another one than the last good one of this number" in r.stderr


def included(policy):
    """The sample policy with its tests in a file of their own."""
    text = (policy.folder / "policy.yaml").read_text()
    head, tests = text.split("\ntests:\n", 1)
    (policy.folder / "more").mkdir()
    (policy.folder / "more/tests.yaml").write_text("lotse: 1\ntests:\n" + tests)
    (policy.folder / "policy.yaml").write_text(head + "\ninclude: {more/tests.yaml: {}}\n")


def test_what_is_made_from_a_bundle_is_the_same_as_from_the_files(policy, keys):
    included(policy)
    assert policy.run("bundle").returncode == 0
    assert [f["name"] for f in payload(policy.folder / "policy.bundle")["files"]] == ["policy.yaml", "more/tests.yaml"]
    policy.run("sign", "policy.bundle", "--key", keys / "anna.pem")
    trust = ["--trust", keys / "anna.pub"]
    assert policy.offline("compile", "--out", "a").returncode == 0
    r = policy.offline("compile", "policy.bundle", *trust, "--out", "b")
    assert r.returncode == 0, r.stderr
    for path in (policy.folder / "a").rglob("*.yaml"):
        assert path.read_bytes() == (policy.folder / "b" / path.relative_to(policy.folder / "a")).read_bytes()
    assert "0 failed" in policy.offline("test", "policy.bundle", *trust).stdout


def test_a_bundle_is_not_read_without_trust(signed):
    r = signed.offline("check", "policy.bundle")
    assert r.returncode == 2
    assert "policy.bundle: a bundle counts by its signatures: name the keys with --trust" in r.stderr


def test_the_last_good_one_stays_in_force_when_a_new_one_is_refused(signed, keys):
    good = ["--trust", keys / "anna.pub", "--last-good", "kept"]
    assert signed.offline("compile", "policy.bundle", *good, "--out", "a").returncode == 0
    signed.edit("T-990", "T-991")
    signed.run("bundle")
    signed.run("sign", "policy.bundle", "--key", keys / "mallory.pem")
    r = signed.offline("compile", "policy.bundle", *good, "--out", "a")
    assert r.returncode == 0
    assert "signed by 0 of the trusted keys, 1 are needed" in r.stderr
    assert "the last good one, 1, stays in force" in r.stderr
    assert "0 written, 0 removed" in r.stdout


def test_a_bundle_stands_alone(signed, keys):
    r = signed.offline("check", "policy.bundle", "policy.yaml", "--trust", keys / "anna.pub")
    assert r.returncode == 2
    assert "a bundle is a whole policy: name it alone" in r.stderr


def test_after_a_change_of_keys_the_old_last_good_one_is_named_with_what_to_do(signed, keys):
    assert verify(signed, "--trust", keys / "anna.pub", "--last-good", "kept").returncode == 0
    signed.run("bundle")
    signed.run("sign", "policy.bundle", "--key", keys / "bert.pem")
    r = verify(signed, "--trust", keys / "bert.pub", "--last-good", "kept")
    assert r.returncode == 1
    assert "the last good bundle kept is not good any more (remove it if the trusted keys were changed on purpose)" in r.stderr
    (signed.folder / "kept").unlink()
    assert verify(signed, "--trust", keys / "bert.pub", "--last-good", "kept").returncode == 0


def test_a_trusted_key_that_is_none_is_named(signed, keys):
    (signed.folder / "none.pub").write_text("nothing")
    r = verify(signed, "--trust", keys / "anna.pub", "--trust", "none.pub")
    assert "trusted key 2: not a key in PEM" in r.stderr
