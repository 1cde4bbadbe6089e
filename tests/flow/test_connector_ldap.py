"""The LDAP connector against a real slapd, and against servers that lie, are slow, or are somebody else."""
import time

import pytest

from tests.lib import company as corp
from tests.lib import hostile
from tests.lib.ca import CA
from tests.lib.company import GROUPS, SERVICE_PASSWORD
from tests.lib.connector import AD, IN_CHAIN, MEMBER, MEMBER_OF, NO_GROUPS, Connector, ldap_settings, refused
from tests.lib.slapd import Slapd

LATE = 15000  # ms; far above each limit that must end a call earlier: no test here measures how fast the machine is


@pytest.fixture(scope="module")
def people(corp):
    return corp.people


@pytest.fixture(scope="module")
def c(slapd):
    with Connector(ldap_settings(slapd)) as connector:
        yield connector


@pytest.fixture
def own_slapd(tmp_path):
    with Slapd(tmp_path) as server:
        yield server


def names(answer):
    return sorted(g["name"] for g in answer["groups"])


# --- who may in

def test_login_gives_the_person_as_stored(c, corp):
    for uid in ("m.sommer", "u.adler", "g.gross", "j.mueller"):
        p = corp.person(uid)
        a = c.login(uid, p.password)
        assert a["outcome"] == "ok"
        assert (a["id"], a["username"], a["display_name"], a["mail"], a["state"]) == (p.uuid, uid, p.cn, p.mail, "active")
        assert names(a) == corp.groups_of(uid)
        assert [g["id"] for g in a["groups"]] == sorted(corp.groups[n].dn.lower() for n in names(a))


@pytest.mark.parametrize("uid, outcome", [("t.brandt", "disabled"), ("l.kranz", "locked"), ("e.pohl", "expired"), ("n.neumann", "must_change")])
def test_account_state_decides_at_login_and_at_lookup(c, corp, uid, outcome):
    assert c.login(uid, corp.person(uid).password)["outcome"] == outcome
    assert c.lookup(corp.person(uid).uuid)["outcome"] == outcome


def test_state_is_told_only_to_who_knows_the_password(c):
    for uid in ("t.brandt", "e.pohl", "n.neumann"):
        assert c.login(uid, "wrong")["outcome"] == "wrong_password"


@pytest.mark.parametrize("password", ["", b"\0", b"\0secret", b"sec\0ret", "x" * 1025, "wrong", b"\xff\xfe"])
def test_wrong_passwords_and_those_that_are_none(c, password):
    assert c.login("u.adler", password)["outcome"] == "wrong_password"


def test_password_that_continues_behind_a_nul_is_wrong(c, corp):
    assert c.login("u.adler", corp.person("u.adler").password.encode() + b"\0x")["outcome"] == "wrong_password"


@pytest.mark.parametrize("name", ["", "nobody", "*", "u.adler)(uid=*", "u.adler\0", "u*", "(u.adler)", "u.adler\\2a", "\\", "u.adler)(|(uid=*",
                                  b"u.adler\0)(uid=*", b"\xff\xfe", "u.adler\n", "\u202eu.adler", "x" * 257, "uid=u.adler,ou=people,dc=corp,dc=example",
                                  "u.adler\u200d", "ı.adler"])
def test_names_that_are_nobodys(c, corp, name):
    assert c.login(name, corp.person("u.adler").password)["outcome"] == "wrong_password"


@pytest.mark.parametrize("name", ["U.ADLER", " u.adler ", "u.adler  ", "ｕ.ａｄｌｅｒ"])
def test_other_writings_of_a_name_give_the_stored_one(c, corp, name):
    a = c.login(name, corp.person("u.adler").password)
    assert (a["outcome"], a["username"]) == ("ok", "u.adler")


def test_lookup_finds_by_id_only(c, corp):
    assert c.lookup(corp.person("m.sommer").uuid)["username"] == "m.sommer"
    assert c.lookup("00000000-0000-4000-8000-000000000000")["outcome"] == "gone"
    for odd in ("*", "m.sommer", "x)(uid=*", "ü", "a" * 65):
        assert c.lookup(odd)["outcome"] == "gone"


# --- names with characters that mean something

def odd_people():
    return [("paren", "a(b)c"), ("star", "a*b"), ("back", "a\\b"), ("comma", "Sommer, M."), ("plus", "a+b"), ("hash", "#a"), ("umlaut", "mößner"), ("quote", 'a"b<c>;d')]


@pytest.fixture(scope="module")
def odd_slapd(tmp_path_factory):
    company = corp.Company()
    ldif = company.ldif()
    for uid, cn in odd_people():  # the name is in the DN, escaped as RFC 4514 says; login is by cn
        rdn = "".join("\\" + ch if ch in ',+"\\<>;' or (ch == "#" and i == 0) else ch for i, ch in enumerate(cn))
        ldif += corp._ldif(f"cn={rdn},{corp.PEOPLE}", ("objectClass", "inetOrgPerson"), ("cn", cn), ("sn", cn), ("uid", uid), ("userPassword", "secret"))
    ldif += corp._ldif(f"cn=odd group\\, the,{corp.GROUPS}", ("objectClass", "groupOfNames"), ("cn", "odd group, the"),
                       *(("member", f"cn={r},{corp.PEOPLE}") for r in ("a(b)c", "a*b", "a\\\\b", "Sommer\\, M.", "a\\+b", "\\#a", "mößner", 'a\\"b\\<c\\>\\;d')))
    for uid, extra in (("two", [("uid", "two-b")]), ("mails", [("mail", "a@x"), ("mail", "b@x")]), ("Big", []), ("same1", [("employeeNumber", "7")]),
                       ("same2", [("employeeNumber", "7")])):
        ldif += corp._ldif(f"uid={uid},{corp.PEOPLE}", ("objectClass", "inetOrgPerson"), ("cn", uid), ("sn", uid), ("uid", uid), *extra, ("userPassword", "secret"))
    with Slapd(tmp_path_factory.mktemp("odd"), ldif=ldif) as server:
        yield server


@pytest.mark.parametrize("uid, cn", odd_people())
def test_names_with_special_characters_log_in_and_have_their_groups(odd_slapd, uid, cn):
    with Connector(ldap_settings(odd_slapd, login="(cn={username})", group_rules=MEMBER)) as c:
        a = c.login(cn, "secret")
        assert (a["outcome"], a["username"], names(a)) == ("ok", uid, ["odd group, the"])


def test_ambiguous_and_unusable_people_are_refused(odd_slapd):
    with Connector(ldap_settings(odd_slapd, login="(employeeNumber={username})")) as c:
        a = c.login("7", "secret")
        assert a["outcome"] == "refused" and "more than one" in a["why"]
    with Connector(ldap_settings(odd_slapd)) as c:
        assert c.login("two", "secret")["outcome"] == "refused"  # two user names: none is picked
        assert c.login("big", "secret")["outcome"] == "refused"  # stored as Big
        a = c.login("mails", "secret")
        assert a["outcome"] == "ok" and "mail" not in a
    with Connector(ldap_settings(odd_slapd, lowercase_username=True)) as c:
        assert c.login("big", "secret")["username"] == "big"


# --- groups

@pytest.mark.parametrize("rules", [MEMBER_OF, MEMBER])
@pytest.mark.parametrize("nested", [True, False])
def test_everybodys_groups_however_they_are_found(slapd, corp, rules, nested):
    with Connector(ldap_settings(slapd, group_rules=rules, nested=nested)) as c:
        for uid in ("p.viele", "s.schachtel", "o.ohne", "r.maester", "u.adler"):
            expected = corp.groups_of(uid) if nested else sorted(corp.person(uid).groups)
            a = c.lookup(corp.person(uid).uuid)
            assert names(a) == [n for n in expected if not n.startswith("system:")]
        assert len(c.lookup(corp.person("p.viele").uuid)["groups"]) >= 30


def test_no_groups_when_none_are_configured(slapd, corp):
    with Connector(ldap_settings(slapd, group_rules=NO_GROUPS, groups_base="")) as c:
        assert c.lookup(corp.person("p.viele").uuid)["groups"] == []
        assert len(c.read_all()["people"]) == len(corp.people)


def test_system_masters_is_left_out_and_the_login_goes_on(slapd, corp):
    with Connector(ldap_settings(slapd)) as c:
        a = c.login("r.maester", corp.person("r.maester").password)
        assert a["outcome"] == "ok" and "shop-dev" in names(a)
        assert not any("system" in n for n in names(a))
    assert "system:masters" in c.log


def test_group_names_that_look_like_others_are_left_out(tmp_path):
    bad = ["system:masters", "System:Masters", "system\u200b:masters", "ѕystem:masters", "sys\u202etem", "a/b", "x" * 257, "zero\u200bwidth", "soft\u00adhyphen"]
    ldif = corp.Company().ldif() + corp._ldif(f"uid=a,{corp.PEOPLE}", ("objectClass", "inetOrgPerson"), ("cn", "a"), ("sn", "a"), ("uid", "a"))
    for i, cn in enumerate([*bad, "good", "Ausschuß für Öffentlichkeit"]):
        ldif += corp._ldif(f"ou=g{i},{corp.GROUPS}", ("objectClass", "groupOfNames"), ("objectClass", "extensibleObject"), ("ou", f"g{i}"), ("cn", cn),
                           ("member", f"uid=a,{corp.PEOPLE}"))
    with Slapd(tmp_path, ldif=ldif) as server, Connector(ldap_settings(server, group_rules=MEMBER)) as c:
        everybody = c.read_all()
        assert [names(p) for p in everybody["people"]] == [["Ausschuß für Öffentlichkeit", "good"]]
        assert sorted(g["name"] for g in everybody["groups"]) == ["Ausschuß für Öffentlichkeit", "good"]


def test_too_many_or_too_deep_groups_are_refused_never_cut(slapd, corp):
    for limits in ({"max_per_person": 30}, {"max_depth": 2}, {"max_groups": 20}):
        with Connector(ldap_settings(slapd, **limits)) as c:
            a = c.lookup(corp.person("p.viele").uuid)
            assert a["outcome"] in ("refused", "unavailable") and "groups" not in a and a["why"]
    with Connector(ldap_settings(slapd, group_rules=MEMBER, max_per_person=30)) as c:
        assert c.lookup(corp.person("p.viele").uuid)["outcome"] == "unavailable"


def test_a_big_directory_comes_page_by_page_and_whole(tmp_path):
    big = corp.synthetic(1200, 1, 1, n_people=1500)  # slapd's limit of the service account is 500 for one answer
    with Slapd(tmp_path, company=big) as server:
        for rules in (MEMBER_OF, MEMBER):
            with Connector(ldap_settings(server, group_rules=rules, page_size=200)) as c:
                everybody = c.read_all()
                assert everybody["ok"], everybody["why"]
                assert (len(everybody["people"]), len(everybody["groups"])) == (1500, 1200)
                assert {p["username"]: names(p) for p in everybody["people"]} == {u: big.groups_of(u) for u in big.people}


def test_an_answer_cut_by_the_size_limit_is_a_failure(tmp_path):
    big = corp.synthetic(700, 1, 1, n_people=10)
    with Slapd(tmp_path, company=big, service_limits="size.soft=500 size.hard=500 size.prtotal=500") as server:
        with Connector(ldap_settings(server)) as c:
            a = c.lookup(big.person("p000001").uuid)
            assert a["outcome"] == "unavailable" and "limit" in a["why"]
            assert not c.read_all()["ok"]


def test_read_all_is_what_lookups_say(c, corp):
    everybody = c.read_all()
    assert [p["username"] for p in everybody["people"]] == sorted(corp.people)
    for p in everybody["people"]:
        assert names(p) == [n for n in corp.groups_of(p["username"]) if not n.startswith("system:")]
        assert p["state"] == corp.person(p["username"]).state


# --- changes show at once

def test_changes_show_at_the_next_lookup(own_slapd, corp):
    s, p = own_slapd, corp.person("m.sommer")
    with Connector(ldap_settings(s)) as c:
        ask = lambda: c.lookup(p.uuid)
        assert "pay-dev" in names(ask()) or "pay-qa" in names(ask())
        before = next(g for g in ("pay-dev", "pay-qa") if g in names(ask()))
        s.move("m.sommer", before, "shop-dev")
        assert "shop-dev" in names(ask()) and before not in names(ask())
        for change, back, outcome in ((s.disable, s.enable, "disabled"), (s.lock, s.unlock, "locked"), (s.expire, s.unexpire, "expired")):
            change("m.sommer")
            assert ask()["outcome"] == outcome
            back("m.sommer")
            assert ask()["outcome"] == "ok"
        s.must_change("m.sommer")
        assert ask()["outcome"] == "must_change"
        assert c.login("m.sommer", p.password)["outcome"] == "must_change"
        s.must_change("m.sommer", False)
        s.rename("m.sommer", "m.winter")  # married: the same person, another name
        assert (ask()["username"], ask()["id"]) == ("m.winter", p.uuid)
        s.delete("m.winter")
        assert ask()["outcome"] == "gone"


def test_a_new_group_is_seen_although_the_graph_is_cached(own_slapd, corp):
    p = corp.person("m.sommer")
    with Connector(ldap_settings(own_slapd, cache_ms=60000)) as c:
        c.lookup(p.uuid)
        own_slapd.modify(f"dn: cn=brand-new,{GROUPS}\nchangetype: add\nobjectClass: groupOfNames\ncn: brand-new\nmember: {p.dn}\n")
        for _ in range(60):  # at most once per second the graph is read again for a group it does not know
            if "brand-new" in names(c.lookup(p.uuid)):
                break
            time.sleep(0.1)
        assert "brand-new" in names(c.lookup(p.uuid))


def test_lockout_by_wrong_passwords_one_bind_each(own_slapd, corp):
    p = corp.person("g.gross")
    with Connector(ldap_settings(own_slapd)) as c:
        for _ in range(4):  # pwdMaxFailure is 5: were there more than one bind per try, it would be locked by now
            assert c.login("g.gross", "wrong")["outcome"] == "wrong_password"
        assert c.login("g.gross", p.password)["outcome"] == "ok"
        for _ in range(5):
            c.login("g.gross", "wrong")
        assert c.login("g.gross", p.password)["outcome"] == "locked"
        assert c.lookup(p.uuid)["outcome"] == "locked"
        own_slapd.unlock("g.gross")
        assert c.login("g.gross", p.password)["outcome"] == "ok"


def test_lockout_that_the_server_names(tmp_path, corp):
    with Slapd(tmp_path, ppolicy_more="ppolicy_use_lockout") as s, Connector(ldap_settings(s)) as c:
        assert c.login("l.kranz", corp.person("l.kranz").password)["outcome"] == "locked"


def test_an_unknown_person_costs_one_bind_too():
    """Counted at a server that answers the search with nobody."""
    def answers(kind, msgid, _):
        if kind == hostile.BIND:
            return hostile.message(msgid, hostile.result(hostile.BIND_DONE, 49))
        return hostile.message(msgid, hostile.result(hostile.SEARCH_DONE))
    with hostile.Scripted(answers) as server:
        with Connector(scripted(server)) as c:
            assert c.login("nobody", "x")["outcome"] == "wrong_password"
        assert [k for k, _ in server.asked if k != 0x42] == [hostile.SEARCH, hostile.BIND]


# --- several servers

def test_fail_over_and_back(tmp_path, corp):
    first, second = Slapd(tmp_path / "a"), None
    first.start()
    try:
        second = Slapd(tmp_path / "b", ca=first.ca, certificate=first.certificate).start()
        p = corp.person("m.sommer")
        with Connector(ldap_settings(first, second)) as c:
            assert c.login("m.sommer", p.password)["outcome"] == "ok"
            first.kill()
            for _ in range(5):
                assert c.login("m.sommer", p.password)["outcome"] == "ok"
                assert c.lookup(p.uuid)["outcome"] == "ok"
            second.kill()
            assert c.lookup(p.uuid)["outcome"] == "unavailable"
            assert c.login("m.sommer", p.password)["outcome"] == "unavailable"
            assert not c.health()["ok"]
        assert "left alone" in c.log
    finally:
        first.stop()
        if second:
            second.stop()


def test_a_restarted_server_is_used_again(own_slapd, corp):
    p = corp.person("m.sommer")
    with Connector(ldap_settings(own_slapd)) as c:
        for _ in range(5):
            assert c.login("m.sommer", p.password)["outcome"] == "ok"
            own_slapd.stop()
            own_slapd.start()  # every pooled connection is dead now; one try each is enough to see it
            assert c.lookup(p.uuid)["outcome"] == "ok"


def test_who_logged_in_at_the_second_server_is_looked_up_there(tmp_path, corp):
    """The first server is a stale replica: it still has the person active. The login went to the second."""
    with Slapd(tmp_path / "a") as first, Slapd(tmp_path / "b", ca=first.ca, certificate=first.certificate) as second:
        p = corp.person("m.sommer")
        with Connector(ldap_settings(first, second)) as c:
            first.kill()
            assert c.login("m.sommer", p.password)["outcome"] == "ok"
            first.start()
            second.disable("m.sommer")
            assert c.lookup(p.uuid)["outcome"] == "disabled"


@pytest.mark.parametrize("plaintext", [True, False])
def test_a_black_hole_ends_at_the_deadline(slapd, plaintext):
    with hostile.BlackHole() as hole:
        url = hole.ldap_url if plaintext else hole.ldaps_url
        with Connector(ldap_settings(slapd, urls=[url], insecure_plaintext=plaintext, connect_ms=300, operation_ms=300)) as c:
            for call in (lambda: c.login("m.sommer", "x", deadline_ms=1000), lambda: c.lookup("0" * 8, deadline_ms=1000)):
                a = call()
                assert a["outcome"] == "unavailable" and a["ms"] < LATE
        with Connector(ldap_settings(slapd, urls=[url, slapd.ldap_url if plaintext else slapd.ldaps_url], insecure_plaintext=plaintext,
                                     connect_ms=300, operation_ms=300)) as c:
            assert c.lookup("00000000-0000-4000-8000-000000000000")["outcome"] == "gone"


@pytest.mark.parametrize("plaintext", [True, False])
def test_a_server_that_drips_ends_at_the_deadline(slapd, plaintext):
    ldap, tls = b"\x30\x84\x00\x10\x00\x00\x02\x01\x01", b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb"
    with hostile.Drip(ldap if plaintext else tls) as drip:
        url = drip.ldap_url if plaintext else drip.ldaps_url
        with Connector(ldap_settings(slapd, urls=[url], insecure_plaintext=plaintext, connect_ms=500, operation_ms=500)) as c:
            a = c.login("m.sommer", "x", deadline_ms=1500)
            assert a["outcome"] == "unavailable" and a["ms"] < LATE


# --- TLS

def test_starttls_works(slapd, corp):
    with Connector(ldap_settings(slapd, urls=[slapd.ldap_url])) as c:
        assert c.login("m.sommer", corp.person("m.sommer").password)["outcome"] == "ok"


@pytest.mark.parametrize("what", ["wrong host", "self signed", "expired", "cn only", "other ca", "wrong san right cn"])
@pytest.mark.parametrize("starttls", [False, True])
def test_certificates_that_are_refused(tmp_path, what, starttls):
    ca = CA(tmp_path / "ca")
    other = CA(tmp_path / "other", name="Somebody else's CA")
    pem = {
        "wrong host": lambda: ca.server("c", ["ldap.elsewhere.example"]),
        "self signed": lambda: ca.server("c", ["127.0.0.1"], self_signed=True),
        "expired": lambda: ca.server("c", ["127.0.0.1"], expired=True),
        "cn only": lambda: ca.server("c", ["127.0.0.1"], cn_only=True),
        "other ca": lambda: other.server("c", ["127.0.0.1"]),
        "wrong san right cn": lambda: ca.server("c", ["ldap.elsewhere.example"], cn="127.0.0.1"),
    }[what]()
    with Slapd(tmp_path / "s", ca=ca, certificate=pem) as server:
        url = server.ldap_url if starttls else server.ldaps_url
        bad = {"LDAPTLS_REQCERT": "never", "LDAPTLS_CACERT": pem.cert, "LDAPCONF": "/nonexistent"}  # must change nothing
        home = tmp_path / "home"
        home.mkdir()
        (home / ".ldaprc").write_text("TLS_REQCERT never\nTLS_REQSAN never\n")
        (home / "ldaprc").write_text("TLS_REQCERT never\n")
        with Connector(ldap_settings(server, urls=[url]), env={**bad, "HOME": str(home)}) as c:
            a = c.login("m.sommer", "x")
            assert a["outcome"] == "unavailable"
            assert not c.health()["ok"]
        assert "cannot be reached" in c.log


def starttls_answer(code, more=b""):
    return lambda msgid: hostile.message(msgid, hostile.result(hostile.EXTENDED_DONE, code, "")) + more


@pytest.mark.parametrize("answer", [
    starttls_answer(52), starttls_answer(2), starttls_answer(0), starttls_answer(0, hostile.message(2, hostile.result(hostile.BIND_DONE, 0))),
    starttls_answer(10), lambda msgid: hostile.message(msgid, hostile.result(hostile.EXTENDED_DONE, 0))[:-3], lambda msgid: b"",
], ids=["unavailable", "unsupported", "plaintext goes on", "pipelined plaintext", "referral", "cut", "silence"])
def test_starttls_cannot_be_stripped(slapd, corp, answer):
    with hostile.StripStartTls(slapd.port, answer) as proxy:
        with Connector(ldap_settings(slapd, urls=[proxy.ldap_url], connect_ms=500, operation_ms=500)) as c:
            a = c.login("m.sommer", corp.person("m.sommer").password, deadline_ms=1500)
            assert a["outcome"] == "unavailable"
        assert SERVICE_PASSWORD.encode() not in proxy.passed and corp.person("m.sommer").password.encode() not in proxy.passed
        assert b"cn=lotse" not in proxy.passed  # not even who we are


# --- servers that lie

UUID = "11111111-1111-4111-8111-111111111111"
DN = "uid=a," + corp.PEOPLE
GOOD = [("uid", ["a"]), ("entryUUID", [UUID]), ("cn", ["A"])]


def scripted(server, **more):
    return {"id": "ldap", "urls": [server.ldap_url], "insecure_plaintext": True, "people_base": corp.PEOPLE, "group_rules": NO_GROUPS,
            "connect_ms": 500, "operation_ms": 500, **more}


def run_scripted(search, bind=None, whoami=None, call="login", **more):
    """search, bind, whoami: msgid -> bytes"""
    def answers(kind, msgid, _):
        if kind == hostile.SEARCH:
            return search(msgid)
        if kind == hostile.BIND:
            return bind(msgid) if bind else hostile.message(msgid, hostile.result(hostile.BIND_DONE))
        if kind == hostile.EXTENDED:
            return whoami(msgid) if whoami else hostile.message(msgid, hostile.result(hostile.EXTENDED_DONE, 0, "", hostile.octets("dn:" + DN, 0x8B)))
        return None
    with hostile.Scripted(answers) as server, Connector(scripted(server, **more)) as c:
        return c.login("a", "secret", deadline_ms=1500) if call == "login" else c.lookup(UUID, deadline_ms=1500)


def found(*entries, code=0, done=True):
    entries = entries or ((DN, GOOD),)
    return lambda msgid: b"".join(hostile.message(msgid, hostile.entry(dn, attributes)) for dn, attributes in entries) + (
        hostile.message(msgid, hostile.result(hostile.SEARCH_DONE, code)) if done else b"")


def test_the_scripted_server_can_say_yes():
    a = run_scripted(found())
    assert (a["outcome"], a["username"], a["id"]) == ("ok", "a", UUID)


def test_referrals_are_not_followed():
    with hostile.Canary() as canary:
        url = canary.ldap_url.encode() + b"/"
        reference = lambda msgid: hostile.message(msgid, hostile.ber(0x73, hostile.octets(url)))
        referral = hostile.ber(0xA3, hostile.octets(url))
        done = lambda msgid: hostile.message(msgid, hostile.result(hostile.SEARCH_DONE, 10, "", referral))
        assert run_scripted(done)["outcome"] == "unavailable"
        assert run_scripted(lambda m: reference(m) + found()(m))["outcome"] == "ok"
        assert run_scripted(found(), bind=lambda m: hostile.message(m, hostile.result(hostile.BIND_DONE, 10, "", referral)))["outcome"] == "refused"
        assert canary.connections == 0


@pytest.mark.parametrize("whoami, outcome", [("", "unavailable"), ("dn:", "unavailable"), ("dn:uid=b," + corp.PEOPLE, "unavailable"), ("u:CORP\\a", "unavailable"),
                                             ("dn:UID=A, " + corp.PEOPLE.upper(), "ok")])
def test_a_bind_that_was_somebody_elses(whoami, outcome):
    answer = lambda m: hostile.message(m, hostile.result(hostile.EXTENDED_DONE, 0, "", hostile.octets(whoami, 0x8B)))
    assert run_scripted(found(), whoami=answer)["outcome"] == outcome


def control(oid, value):
    return hostile.ber(0xA0, hostile.ber(0x30, hostile.octets(oid), hostile.octets(value)))


@pytest.mark.parametrize("code, value, outcome", [
    (0, bytes.fromhex("3003810100"), "must_change"), (49, bytes.fromhex("3003810101"), "locked"), (0, bytes.fromhex("3003810102"), "must_change"),
    (0, bytes.fromhex("3005a003810103"), "must_change"), (0, bytes.fromhex("3005a003800103"), "ok"), (0, bytes.fromhex("3000"), "ok"),
    (0, bytes.fromhex("3003810108"), "ok"), (0, b"\x30\x84\x7f\xff\xff\xff\x81\x01\x00", "unavailable"), (0, b"\x30\x05\x81", "unavailable"),
    (0, b"", "unavailable"), (0, bytes.fromhex("3003810100") + b"x", "unavailable"), (0, b"\x31\x03\x81\x01\x00", "unavailable"), (0, b"\x30" + b"\x7f" * 100, "unavailable"),
])
def test_password_policy_answers(code, value, outcome):
    bind = lambda m: hostile.message(m, hostile.result(hostile.BIND_DONE, code), control("1.3.6.1.4.1.42.2.27.8.5.1", value))
    assert run_scripted(found(), bind=bind)["outcome"] == outcome


LIES = {
    "another person": found((DN, [("uid", ["a"]), ("entryUUID", ["22222222-2222-4222-8222-222222222222"])])),
    "nul in the name": found((DN, [("uid", [b"a\0b"]), ("entryUUID", [UUID])])),
    "id with structure": found((DN, [("uid", ["a"]), ("entryUUID", ["*)(uid=*"])])),
    "no id": found((DN, [("uid", ["a"])])),
    "empty id": found((DN, [("uid", ["a"]), ("entryUUID", [""])])),
    "attribute twice": found((DN, [("uid", ["a"]), ("entryUUID", [UUID]), ("UID", ["b"])])),
    "ranges": found((DN, GOOD + [("memberOf;range=0-1499", ["cn=x"])])),
    "outside of the base": found(("uid=a,ou=elsewhere,dc=corp,dc=example", GOOD)),
    "no dn": found(("", GOOD)),
    "dn garbage": found(("uid=a\\zz," + corp.PEOPLE, GOOD)),
    "dn with nul": found((b"uid=a\0," + corp.PEOPLE.encode(), GOOD)),
    "two people": found((DN, GOOD), ("uid=b," + corp.PEOPLE, GOOD)),
    "a thousand people": found(*[(DN, GOOD)] * 1000),
    "too many attributes": found((DN, GOOD + [(f"x{i}", ["1"]) for i in range(60)])),
    "size limit with one": found(code=4),
    "time limit": found(code=3),
    "busy": found(code=51),
    "no such object": found(code=32),
    "insufficient access": found(code=50),
    "silence after the entry": found(done=False),
    "wrong message id": lambda m: found()(m + 1),
    "entry behind the end": lambda m: hostile.message(m, hostile.result(hostile.SEARCH_DONE)) * 2 + found()(m),
    "bind response to a search": lambda m: hostile.message(m, hostile.result(hostile.BIND_DONE)),
    "garbage": lambda m: b"\x00\xff" * 500,
    "endless length": lambda m: b"\x30\x84\x7f\xff\xff\xff\x02\x01",
    "longest length": lambda m: b"\x30\x88" + b"\xff" * 8,
    "indefinite length": lambda m: b"\x30\x80\x02\x01" + bytes([m & 0x7F]),
    "huge attribute": found((DN, GOOD + [("description", ["x" * (10 << 20)])])),
    "hang up": lambda m: None,
    "http": lambda m: b"HTTP/1.1 200 OK\r\n\r\n",
    "entry of nothing": lambda m: hostile.message(m, hostile.ber(0x64)) + hostile.message(m, hostile.result(hostile.SEARCH_DONE)),
    "cut attribute": lambda m: hostile.message(m, hostile.ber(0x64, hostile.octets(DN), b"\x30\x20\x30\x10\x04\x03uid\x31\x7f")),
}


@pytest.mark.parametrize("lie", LIES, ids=[k.replace(" ", "-") for k in LIES])
@pytest.mark.parametrize("call", ["login", "lookup"])
def test_lies_are_never_a_yes(lie, call):
    a = run_scripted(LIES[lie], call=call)
    if lie == "entry behind the end":  # the answer ended with nobody; what follows belongs to nothing
        assert a["outcome"] in ("unavailable", "gone")  # (this server says yes to the decoy's bind)
    elif lie == "another person" and call == "login":
        assert a["id"][0] == "2"  # a login by name asks for no id: that is who it is
        return
    else:
        assert a["outcome"] in ("refused", "unavailable"), a
        assert a["why"]
    assert "username" not in a


def test_a_message_of_before_is_not_the_answer_of_now():
    """A yes to a bind that was never asked for, sent ahead: the wrong password stays wrong."""
    ahead = lambda m: found()(m) + hostile.message(m + 1, hostile.result(hostile.BIND_DONE)) + hostile.message(1, hostile.result(hostile.BIND_DONE))
    no = lambda m: hostile.message(m, hostile.result(hostile.BIND_DONE, 49))
    assert run_scripted(ahead, bind=no)["outcome"] in ("wrong_password", "unavailable")


def test_a_page_control_without_a_value_is_refused():
    """libldap aborts on it; the fuzzer found it."""
    bare = hostile.ber(0xA0, hostile.ber(0x30, hostile.octets("1.2.840.113556.1.4.319")))
    pages = lambda m: hostile.message(m, hostile.result(hostile.SEARCH_DONE, 0), bare)
    a = run_scripted(lambda m: found()(m) if m == 1 else pages(m), call="lookup", group_rules=MEMBER, groups_base=corp.GROUPS)
    assert a["outcome"] == "unavailable"


# --- Active Directory's way of saying things

def ad(*more):
    return [("sAMAccountName", ["a"]), ("objectGUID", [bytes(range(16))]), ("userAccountControl", ["512"]), ("pwdLastSet", ["133000000000000000"]), *more]


def run_ad(attributes, **more):
    whoami = lambda m: hostile.message(m, hostile.result(hostile.EXTENDED_DONE, 0, "", hostile.octets("u:CORP\\A", 0x8B)))
    return run_scripted(found((DN, attributes)), whoami=whoami, account_rules=AD, **more)


def replaced(key, *values):
    return [(k, v) for k, v in ad() if k != key] + ([(key, list(values))] if values else [])


@pytest.mark.parametrize("attributes, outcome", [
    (ad(), "ok"), (ad(("accountExpires", ["0"])), "ok"), (ad(("accountExpires", ["9223372036854775807"])), "ok"),
    (ad(("accountExpires", ["133000000000000000"])), "expired"), (replaced("userAccountControl", "514"), "disabled"), (replaced("userAccountControl"), "disabled"),
    (ad(("msDS-User-Account-Control-Computed", ["16"])), "locked"), (ad(("msDS-User-Account-Control-Computed", ["8388608"])), "must_change"),
    (replaced("pwdLastSet", "0"), "must_change"), (replaced("userAccountControl", "512", "514"), "refused"), (replaced("userAccountControl", "x"), "refused"),
    (replaced("objectGUID", b"short"), "refused"),
])
def test_ad_account_states(attributes, outcome):
    no = lambda m: hostile.message(m, hostile.result(hostile.BIND_DONE, 49))
    a = run_ad(attributes, bind=no if outcome == "refused" else None)
    assert a["outcome"] == outcome
    if outcome == "ok":
        assert a["id"] == "03020100-0504-0706-0809-0a0b0c0d0e0f"


@pytest.mark.parametrize("data, outcome", [("52e", "wrong_password"), ("532", "must_change"), ("533", "disabled"), ("701", "expired"), ("773", "must_change"), ("775", "locked")])
def test_ad_reasons_of_a_refused_bind(data, outcome):
    text = f"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1"
    bind = lambda m: hostile.message(m, hostile.result(hostile.BIND_DONE, 49, text))
    assert run_scripted(found((DN, ad())), bind=bind, account_rules=AD)["outcome"] == outcome


# --- settings

@pytest.mark.parametrize("change, says", [
    ({"urls": []}, "urls"), ({"urls": ["http://x"]}, "ldaps://"), ({"urls": ["ldaps://x/dc=y"]}, "host and port"), ({"urls": ["ldaps://a b"]}, "host and port"),
    ({"urls": ["ldaps://"]}, "host and port"), ({"ca_file": ""}, "ca_file"), ({"bind_password": ""}, "bind_dn"), ({"bind_dn": ""}, "bind_dn"),
    ({"people_base": ""}, "people.base"), ({"people_base": "nonsense"}, "people.base"), ({"groups_base": ""}, "groups.base"), ({"login": "(uid=x)"}, "{username}"),
    ({"login": "(uid={username}"}, "character"), ({"login": "({username}=x)"}, "attribute"), ({"login": "(uid={name})"}, "placeholder"),
    ({"people_filter": "(uid={username})"}, "only `login`"), ({"people_filter": "(uid=a)(b=c)"}, "behind"), ({"people_filter": "((uid=a))"}, "attribute"),
    ({"people_filter": "(uid=a\\zz)"}, "backslash"), ({"people_filter": "(&)"}, "at least one"), ({"people_filter": "(!(a=b)(c=d))"}, "one filter"),
    ({"people_filter": "(" * 40 + "a=b" + ")" * 40}, "attribute"), ({"people_filter": "(!" * 20 + "(a=b)" + ")" * 20}, "deeply"),
    ({"username": "uid)(x"}, "attribute"), ({"disabled_value": ""}, "belong together"), ({"cache_ms": 60001}, "60s"), ({"decoy_dn": "x"}, "decoy"),
    ({"people_base": "dc=x\0"}, ""),
])
def test_wrong_settings_are_refused(slapd, change, says):
    assert says in refused(ldap_settings(slapd, **change))


def test_a_wrong_service_password_or_base_is_a_failure_not_an_empty_directory(slapd, corp):
    for wrong in ({"bind_password": "wrong"}, {"people_base": "ou=nowhere,dc=corp,dc=example"}, {"groups_base": "ou=nowhere,dc=corp,dc=example"}):
        with Connector(ldap_settings(slapd, **wrong)) as c:
            assert c.lookup(corp.person("m.sommer").uuid)["outcome"] == "unavailable"
            assert not c.read_all()["ok"]


def test_many_threads_share_few_connections(slapd, corp):
    p = corp.person("m.sommer")
    for rules in (MEMBER_OF, MEMBER):
        with Connector(ldap_settings(slapd, max_connections=3, group_rules=rules, cache_ms=1, connect_ms=60000, operation_ms=60000)) as c:
            assert c.bench(deadline_ms=60000, n=20, threads=16, id=p.uuid)["ok"] == 320
            assert c.bench(deadline_ms=60000, n=10, threads=16, name="m.sommer", password=p.password)["ok"] == 160
            assert c.bench(deadline_ms=60000, n=20, threads=16, name="nobody", password="x")["wrong_password"] == 320
