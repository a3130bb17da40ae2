"""Requests that may be sent again: `Idempotency-Key`, and the answer of the first time."""

import hashlib
from collections.abc import Callable
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel
from starlette.responses import Response

from fetal.api.services import Caller
from fetal.workbench.core.kept_answers import KeptAnswer, KeptAnswers

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=16,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A random text of the program's own, such as a UUID. Where a request is sent "
        "again with the same key within a day, it is not carried out again, and the first answer "
        "comes back",
    ),
]

REPLAYED = "Idempotency-Replayed"
"""The header of an answer that was kept."""


def once(
    caller: Caller,
    key: str | None,
    asked: tuple[str, bytes],
    do: Callable[[], BaseModel],
    status: int = 200,
) -> Response:
    """Carry a request out, unless it was carried out before.

    Args:
        caller: who asks.
        key: the request's key; None where it has none.
        asked: the route with its numbers, and what was sent, or a digest of it.
        do: carries it out.
        status: what is answered.

    Returns:
        The answer, of now or of the first time.

    Raises:
        OtherRequestError: the key belongs to another request.
        StillWorkedOnError: the first request has no answer yet.
    """
    if key is None:
        return _response(KeptAnswer(status, do().model_dump_json().encode()))
    answers = KeptAnswers(caller.workbench.store)
    digest = hashlib.sha256(asked[0].encode() + b"\n" + asked[1]).digest()
    kept = answers.begin(caller.key, key, digest)
    if kept is not None:
        return _response(kept, {REPLAYED: "true"})
    try:
        with answers.at_work(caller.key, key):
            answer = KeptAnswer(status, do().model_dump_json().encode())
    except BaseException:
        answers.let_go(caller.key, key)
        raise
    answers.keep(caller.key, key, answer)
    return _response(answer)


def _response(answer: KeptAnswer, headers: dict[str, str] | None = None) -> Response:
    return Response(answer.body, answer.status, headers, "application/json")
