"""A gateway that can be made to fail, and lotse-login beside it: import these names into a test file."""
import pytest

from tests.lib.ca import CA
from tests.lib.fake_gateway import FakeGateway
from tests.lib.login_helper import Helper


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return CA(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def gateway(ca):
    with FakeGateway(ca) as running:
        yield running


@pytest.fixture
def helper(tmp_path, gateway, ca):
    home = tmp_path / "home"
    home.mkdir()
    return Helper(home, gateway, ca)


@pytest.fixture
def logged_in(helper):
    assert helper.run().returncode == 0
    helper.gateway.count.clear()
    return helper
