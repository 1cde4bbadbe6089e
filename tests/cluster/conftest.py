"""Real API servers, started once for the whole run and only when a test asks for them."""
import json

import pytest

from tests.lib import company
from tests.lib.cluster import Sites


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    """fra, muc, ber with the namespaces of the sample company, without an issuer: for tests of the policy."""
    with Sites(tmp_path_factory.mktemp("sites"), company.SITES) as running:
        for cluster in running:
            cluster.create_namespaces({n["name"]: n["labels"] for n in company.sample().namespaces(cluster.name)})
        yield running


@pytest.fixture
def company_folder(tmp_path):
    """policy.yaml and directory.json of the sample company."""
    corp = company.sample()
    (tmp_path / "policy.yaml").write_text(corp.policy(), encoding="utf-8")
    (tmp_path / "directory.json").write_text(json.dumps(corp.directory()), encoding="utf-8")
    return tmp_path
