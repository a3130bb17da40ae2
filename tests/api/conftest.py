from collections.abc import Callable, Iterator

import pytest

from fetal.client import Client
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.accounts.tokens.api_tokens import make_token
from fetal.workbench.accounts.tokens.scopes import Scope
from fetal.workbench.core.actor import system_user
from tests.support.begun import begin
from tests.support.running_api import RunningApi, running_api
from tests.support.signing_in import add, be_quick
from tests.support.tiny_model import tiny_model

ROLES = {
    "ana": ("administrator",),
    "ben": ("reader", "data manager"),
    "tom": ("trainer",),
}


@pytest.fixture(scope="package")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """One running API with accounts, for all tests here."""
    folder = begin(tmp_path_factory.mktemp("api") / "workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FETAL_MODEL", str(tiny_model().folder))
        be_quick(patch)
        workbench = open_workbench(Workspace.at(folder))
        for name, roles in ROLES.items():
            add(workbench, name, *roles, shown=name.title())
        with running_api(workbench) as running:
            yield running
        workbench.close()


@pytest.fixture(scope="package")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """One running API without accounts."""
    folder = begin(tmp_path_factory.mktemp("alone") / "workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FETAL_MODEL", str(tiny_model().folder))
        workbench = open_workbench(Workspace.at(folder))
        with running_api(workbench) as running:
            yield running
        workbench.close()


@pytest.fixture(scope="package")
def token_of(api: RunningApi) -> Callable[..., str]:
    """Makes a token for an account."""

    def make(name: str, *scopes: Scope) -> str:
        workbench = api.workbench.acting_as(system_user("root"))
        _, text = make_token(workbench, name, "test", scopes or tuple(Scope), 1)
        return text

    return make


@pytest.fixture(scope="package")
def client_of(api: RunningApi, token_of: Callable[..., str]) -> Iterator[Callable[..., Client]]:
    """Opens a client for an account."""
    opened: list[Client] = []

    def open_client(name: str, *scopes: Scope) -> Client:
        opened.append(Client(api.address, token_of(name, *scopes)))
        return opened[-1]

    yield open_client
    for one in opened:
        one.close()
