"""The OpenAPI description and the running API say the same; schemathesis tries both."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.result import Ok, Result
from schemathesis.schemas import APIOperation

from fetal.workbench.ingest.upload import add_scans
from tests.support.drawn import file
from tests.support.running_api import RunningApi

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


Operation = APIOperation[Any, Any, Any, Any]


def _ok(result: Result[Operation, InvalidSchema]) -> Operation:
    assert isinstance(result, Ok)
    return result.ok()


def try_all(api: RunningApi, token: str, examples: int) -> int:
    """Ask every route for as many things, and return how many routes there are."""
    headers = {"Authorization": f"Bearer {token}"}
    schema = schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", api.application, headers=headers
    )
    operations = [_ok(result) for result in schema.get_all_operations()]
    for operation in operations:

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case[Operation]) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()
    return len(operations)


@pytest.fixture
def all_but_uploads(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> RunningApi:
    """The API with three scans, and as many requests a minute as are made."""
    monkeypatch.setenv("FETAL_API_PER_MINUTE", "1000000")
    add_scans(api.workbench, [file(seed) for seed in range(3)], who="Ann", patient="4711")
    return api


@pytest.mark.slow
@pytest.mark.parametrize("who", ["ben", "tom"])
def test_many_requests_to_every_route_are_answered_as_described(
    all_but_uploads: RunningApi, token_of: Callable[..., str], who: str
) -> None:
    assert try_all(all_but_uploads, token_of(who), 20) > 20
