"""Builds the API: its routes, how it answers errors, its reference, and its gate before it all."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from fetal import __version__
from fetal.api import problems, reference_page
from fetal.api.callers import ScopeMissingError
from fetal.api.records.shared_records import Problem
from fetal.api.routes import (
    batch_routes,
    identity_routes,
    label_routes,
    model_routes,
    quarantine_routes,
    run_routes,
    scan_list_routes,
    scan_routes,
    upload_routes,
)
from fetal.api.services import Services
from fetal.api.token_gate import TokenGate

_ABOUT = (
    "What the pages of the app do, for programs: scans in, predictions, labels, retrainings, "
    "models, exports, jobs on very many files. A token stands for an account, and may do what "
    "both the account's roles and the token's scopes allow. docs/api.md has examples."
)


class Application(FastAPI):
    """The API without its gate."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI description, with the record of problems that all routes name."""
        if self.openapi_schema is None:
            told = super().openapi()
            records = told.setdefault("components", {}).setdefault("schemas", {})
            records["Problem"] = Problem.model_json_schema(mode="serialization")
            for unused in ("HTTPValidationError", "ValidationError"):
                records.pop(unused, None)
        assert self.openapi_schema is not None
        return self.openapi_schema


def make_application() -> Application:
    """Return the API without its gate; each request needs a `Caller` in its state."""
    application = Application(
        title="fetal",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for module in (
        identity_routes,
        upload_routes,
        scan_list_routes,
        scan_routes,
        quarantine_routes,
        label_routes,
        run_routes,
        model_routes,
        batch_routes,
    ):
        application.include_router(module.router)
    problems.install(application)
    application.add_exception_handler(ScopeMissingError, problems.answering(403))
    reference_page.add_to(application)
    return application


def make_api(services: Services) -> ASGIApp:
    """Return the whole API with its gate, as an ASGI application.

    Args:
        services: what it works with.

    Example:
        >>> from starlette.routing import Mount
        >>> Mount("/api/v1", make_api(services))  # doctest: +SKIP
    """
    return TokenGate(make_application(), services)
