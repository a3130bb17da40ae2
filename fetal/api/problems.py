"""Errors as problem details (RFC 9457): one JSON form, and one sentence that says what to do."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from fetal.api import PROBLEM_TYPE
from fetal.api.records.shared_records import Problem
from fetal.bundle import BundleError
from fetal.planes import UnknownPlaneError
from fetal.scans.mask_edits import NothingLeftError
from fetal.store.failures import sentence_for
from fetal.workbench import NoModelError
from fetal.workbench.accounts.tokens.api_tokens import TokenRefusedError
from fetal.workbench.annotations.review import NoteTooLongError, UndoError
from fetal.workbench.batches.ask_for_batches import CannotStartError, NoTableError
from fetal.workbench.batches.batch_list import UnknownBatchError
from fetal.workbench.batches.steer_batches import CannotRepeatError
from fetal.workbench.catalogue.scans import DamagedScanError, UnknownScanError
from fetal.workbench.core.actor import NotPermittedError
from fetal.workbench.core.kept_answers import OtherRequestError, StillWorkedOnError
from fetal.workbench.core.key_check import KeyRenewalGoesOnError
from fetal.workbench.imports.allowed_folders import FolderNotAllowedError
from fetal.workbench.label_quality.check_requests import UnknownCheckError
from fetal.workbench.models.promotion import ChampionMovedError, NothingToRollBackError
from fetal.workbench.retraining.service import RestlessError, TooLittleError, UnknownRunError

logger = logging.getLogger(__name__)

STATUSES: dict[type[Exception], HTTPStatus] = {
    TokenRefusedError: HTTPStatus.UNAUTHORIZED,
    NotPermittedError: HTTPStatus.FORBIDDEN,
    UnknownScanError: HTTPStatus.NOT_FOUND,
    UnknownRunError: HTTPStatus.NOT_FOUND,
    NoModelError: HTTPStatus.NOT_FOUND,
    UnknownBatchError: HTTPStatus.NOT_FOUND,
    UnknownCheckError: HTTPStatus.NOT_FOUND,
    NoTableError: HTTPStatus.NOT_FOUND,
    FolderNotAllowedError: HTTPStatus.FORBIDDEN,
    CannotStartError: HTTPStatus.CONFLICT,
    CannotRepeatError: HTTPStatus.CONFLICT,
    UndoError: HTTPStatus.CONFLICT,
    DamagedScanError: HTTPStatus.CONFLICT,
    BundleError: HTTPStatus.CONFLICT,
    ChampionMovedError: HTTPStatus.CONFLICT,
    NothingToRollBackError: HTTPStatus.CONFLICT,
    NothingLeftError: HTTPStatus.CONFLICT,
    TooLittleError: HTTPStatus.CONFLICT,
    RestlessError: HTTPStatus.CONFLICT,
    KeyRenewalGoesOnError: HTTPStatus.CONFLICT,
    OtherRequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoteTooLongError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownPlaneError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""How the program's own errors are answered; their texts are sentences for a person."""

_FAULT = (
    "The program made a mistake, which stands in its log. Nothing is half done. Tell your "
    "administrator, and when it happened."
)
_WORDS = {
    HTTPStatus.NOT_FOUND: (
        "Expected one of the addresses in /api/v1/docs, received another one. Correct the address."
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "Expected one of the methods in the header Allow, received another one. Look the address "
        "up in /api/v1/docs."
    ),
}
Answers = dict[int | str, dict[str, Any]]
"""What the reference says of the answers of a route."""

PNG: Answers = {200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}}

_AGAIN_SECONDS = 5
"""How long to wait for the answer of a request that is still worked on."""

_EVERYWHERE = (401, 403, 413, 422, 429, 503)


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return an answer that tells of a problem.

    Args:
        status: the HTTP status.
        detail: what was expected, what was received and what to do.
        headers: more headers.
    """
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return Response(told.model_dump_json(), status, headers, PROBLEM_TYPE)


def documented(*statuses: int) -> Answers:
    """Return what the reference says of the problems of a route.

    Args:
        statuses: those that it may answer besides the ones that every route may.
    """
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told: Answers = {}
    for status in (*_EVERYWHERE, *statuses):
        told[status] = {"description": HTTPStatus(status).phrase, "content": content}
    told[429]["headers"] = {
        "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}
    }
    return told


def install(application: FastAPI) -> None:
    """Have an application answer its errors as problems."""
    for kind, status in STATUSES.items():
        application.add_exception_handler(kind, answering(status))
    again = answering(HTTPStatus.CONFLICT, {"Retry-After": str(_AGAIN_SECONDS)})
    application.add_exception_handler(StillWorkedOnError, again)
    application.add_exception_handler(RequestValidationError, _invalid)
    application.add_exception_handler(HTTPException, _http)
    application.add_exception_handler(Exception, _failed)


def answering(status: int, headers: dict[str, str] | None = None) -> Any:
    """Return what answers an error whose text is a sentence for a person.

    Args:
        status: the HTTP status.
        headers: more headers.
    """

    async def answer(_request: Request, error: Exception) -> Response:
        return problem(status, str(error), headers)

    return answer


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = [_sentence(one) for one in error.errors()[:5]]
    return problem(422, " ".join(told))


def _sentence(error: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    received = repr(error.get("input"))
    shown = received if len(received) <= 100 else f"{received[:100]}…"
    wanted = str(error["msg"]).rstrip(".").removeprefix("Input should be ")
    return f"At {place}: expected {wanted}, received {shown}. Correct it, and send it again."


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    # What the router says by itself is no sentence.
    sentence = _WORDS.get(status, "") if error.detail == status.phrase else str(error.detail)
    return problem(status, sentence or str(error.detail), dict(error.headers or {}))


async def _failed(_request: Request, error: Exception) -> Response:
    sentence = sentence_for(error)
    if sentence is not None:
        return problem(503, sentence)
    logger.error("A request of the API failed.", exc_info=error)
    return problem(500, _FAULT)
