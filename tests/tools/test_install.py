"""`make install` into a folder of its own: everything is there, finds each other, and says where it is."""
import os
import re
import shutil
import subprocess

import pytest

from tests.lib.tools import ROOT

PREFIX = "/opt/lotse"
FILES = ["bin/lotse-gateway", "bin/lotse-policy", "bin/lotse-login", "bin/kubectl-lotse", "libexec/lotse/lotse-login-net",
         "lib/systemd/system/lotse-gateway.service", "lib/sysusers.d/lotse.conf", "share/man/man8/lotse-gateway.8",
         "share/man/man1/lotse-policy.1", "share/man/man1/lotse-login.1", "share/doc/lotse/binder.yaml", "share/doc/lotse/lotse-gateway.sample.yaml",
         "share/doc/lotse/LICENSE", "share/doc/lotse/SECURITY.md", "share/doc/lotse/docs/operator.md",
         "share/doc/lotse/docs/commands.md", "share/doc/lotse/docs/configuration.md", "share/doc/lotse/docs/policy.md", "share/doc/lotse/docs/user.md",
         "share/doc/lotse/docs/performance.md", "share/doc/lotse/docs/lints.md"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    done = subprocess.run(["make", "-s", "install", f"DESTDIR={folder}", f"PREFIX={PREFIX}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / PREFIX.lstrip("/")


def run(path, *arguments, home):
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C", "LOTSE_STATE_DIR": str(home / "state")}
    return subprocess.run([path, *arguments], capture_output=True, text=True, env=environment)


def test_everything_is_where_it_belongs_and_nothing_else(installed):
    there = {str(p.relative_to(installed)) for p in installed.rglob("*") if p.is_file() or p.is_symlink()}
    assert there == set(FILES)
    for path in installed.rglob("*"):
        if path.is_file() and not path.is_symlink():
            program = path.parent.name in ("bin", "lotse") and not path.suffix and path.name != "LICENSE"
            assert path.stat().st_mode & 0o777 == (0o755 if program else 0o644), path


@pytest.mark.parametrize("name", ["lotse-gateway", "lotse-policy", "lotse-login", "kubectl-lotse"])
def test_each_program_runs_from_there(installed, tmp_path, name):
    assert run(installed / "bin" / name, "--help", home=tmp_path).returncode == 0


def test_lotse_login_finds_its_network_half(installed, tmp_path):
    done = run(installed / "bin/lotse-login", "setup", "--issuer=https://localhost:1", home=tmp_path)
    assert done.returncode == 6 and "not reachable" in done.stderr
    (installed / "libexec/lotse/lotse-login-net").rename(installed / "libexec/lotse/moved")
    try:
        done = run(installed / "bin/lotse-login", "setup", "--issuer=https://localhost:1", home=tmp_path)
    finally:
        (installed / "libexec/lotse/moved").rename(installed / "libexec/lotse/lotse-login-net")
    assert done.returncode not in (0, 6) and "lotse-login-net is missing" in done.stderr


def test_the_unit_names_the_installed_program(installed):
    unit = (installed / "lib/systemd/system/lotse-gateway.service").read_text()
    programs = re.findall(r"^Exec\w+=(/\S*lotse\S*)", unit, re.M)
    assert programs and set(programs) == {f"{PREFIX}/bin/lotse-gateway"}
    page = re.search(r"Documentation=man:(\S+)\((\d)\)", unit)
    assert (installed / f"share/man/man{page[2]}/{page[1]}.{page[2]}").exists()


@pytest.mark.parametrize("page", [f for f in FILES if "/man/" in f])
def test_manual_pages_are_good_roff(installed, page):
    text = (installed / page).read_text()
    assert text.startswith((".TH ", ".\\\"")) and ".SH NAME" in text and ".SH EXIT STATUS" in text
    if shutil.which("man"):
        done = subprocess.run(["man", "--warnings", "-l", str(installed / page)], capture_output=True, text=True,
                              env=dict(os.environ, MANWIDTH="100", LC_ALL="C.UTF-8"))
        assert done.returncode == 0 and not done.stderr


def test_the_sample_is_the_one_the_program_prints(installed, tmp_path):
    printed = run(installed / "bin/lotse-gateway", "--sample-config", home=tmp_path).stdout
    assert printed == (installed / "share/doc/lotse/lotse-gateway.sample.yaml").read_text()
