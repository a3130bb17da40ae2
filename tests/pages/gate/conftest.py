from collections.abc import Iterator

import pytest

from tests.support.gated_app import GatedApp, gated_app


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatedApp]:
    """One running app with accounts, for all tests here."""
    with gated_app(tmp_path_factory.mktemp("gated")) as running:
        yield running
