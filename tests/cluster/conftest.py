"""Real API servers, started once for the whole run and only when a test asks for them."""
import pytest

from tests.lib.cluster import Sites


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    """fra, muc, ber without an issuer: for tests of the policy."""
    with Sites(tmp_path_factory.mktemp("sites"), ["fra", "muc", "ber"]) as running:
        yield running
