"""What all tests share. Whatever is started here is stopped at the end of the session, also after a failure."""
import pytest

from tests.lib import company
from tests.lib.slapd import Slapd


@pytest.fixture(scope="session")
def corp():
    return company.sample()


@pytest.fixture(scope="session")
def slapd(tmp_path_factory):
    """One directory for the whole session. A test that changes people puts them back, or starts a Slapd of its own."""
    with Slapd(tmp_path_factory.mktemp("slapd")) as server:
        yield server
