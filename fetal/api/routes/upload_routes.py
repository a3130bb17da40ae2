"""Scans come in: several files in one request, each answered by itself."""

import hashlib
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from fetal.api.callers import Sender
from fetal.api.once_only import Key, once
from fetal.api.problems import documented
from fetal.api.records.scan_records import TakenFile, TakenFiles
from fetal.api.services import Caller
from fetal.workbench.ingest.deid_policy import DeidentificationCheck, DeidentificationPolicy
from fetal.workbench.ingest.files import UploadedFile
from fetal.workbench.ingest.quarantine import QuarantineWatch
from fetal.workbench.ingest.upload import add_scans

router = APIRouter(tags=["scans"], responses=documented(409, 415))

MOST_FILES = 1000
"""Files in one request."""

_FORM = "multipart/form-data"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": MOST_FILES,
                            "items": {"type": "string", "format": "binary"},
                            "description": "Pictures, DICOM files, films, or ZIP archives of them",
                        },
                        "patient": {
                            "type": "string",
                            "description": "The patient's identifier, for files that name none; "
                            "only its pseudonym is kept",
                        },
                    },
                }
            }
        },
    }
}


class _InMemory(MultiPartParser):
    """Keeps files in memory: what nobody has de-identified yet must not reach a disk."""

    # No limit after which Python would write to a temporary file; the request's size is bounded.
    spool_max_size = 0


@router.post("/scans", response_model=TakenFiles, openapi_extra=_BODY)
async def add(caller: Sender, request: Request, key: Key = None) -> Response:
    """Bring files in, as a drop on the Scans page does.

    Each file is answered by itself: a bad one stops no other. A scan on which a name may be left
    waits under `/quarantine`.
    """
    files, patient = await _sent(request)
    asked = ("POST /scans", _digest(files, patient))
    return await run_in_threadpool(once, caller, key, asked, _adding(caller, files, patient))


def _adding(
    caller: Caller, files: list[UploadedFile], patient: str | None
) -> Callable[[], BaseModel]:
    def add_all() -> TakenFiles:
        watch = QuarantineWatch(caller.quarantine())
        check = DeidentificationCheck(DeidentificationPolicy.from_environment(), watch)
        taken = add_scans(
            caller.workbench, _each(files), who=caller.name, patient=patient, gate=check
        )
        return TakenFiles(results=[TakenFile.model_validate(one) for one in taken])

    return add_all


async def _sent(request: Request) -> tuple[list[UploadedFile], str | None]:
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != _FORM:
        received = kind[:80] or "none"
        raise HTTPException(
            415,
            f"Expected the Content-Type {_FORM}, received {received}. Send the files as a form "
            "with the field “files”.",
        )
    parser = _InMemory(request.headers, request.stream(), max_files=MOST_FILES, max_fields=10)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(
            422, f"Expected a form with files, received a broken one ({error}). Send it again."
        ) from error
    files = [
        UploadedFile(one.filename or "file", await one.read())
        for one in form.getlist("files")
        if isinstance(one, UploadFile)
    ]
    if not files:
        raise HTTPException(
            422, "Expected one or more files in the field “files”, received none. Add a file."
        )
    patient = form.get("patient")
    return files, patient if isinstance(patient, str) and patient.strip() else None


def _digest(files: list[UploadedFile], patient: str | None) -> bytes:
    found = hashlib.sha256((patient or "").encode())
    for one in files:
        for part in (one.name.encode("utf-8", "replace"), one.data):
            found.update(hashlib.sha256(part).digest())
    return found.digest()


def _each(files: list[UploadedFile]) -> Any:
    """Each file, without keeping it: its bytes go once it is through."""
    while files:
        yield files.pop(0)
