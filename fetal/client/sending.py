"""Sends requests and reads answers: tokens, keys, waiting where the app asks for it."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import requests
from pydantic import BaseModel, ValidationError

from fetal.api import PREFIX, PROBLEM_TYPE
from fetal.api.records.shared_records import Problem
from fetal.client.errors import ApiError, NotReachedError

Answer = TypeVar("Answer", bound=BaseModel)


class LongWork(Protocol):
    """Work that goes on beside the app, such as a retraining or a job."""

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""


State = TypeVar("State", bound=LongWork)

Form = Sequence[tuple[str, tuple[str, bytes]]]

_TRIES = 3
_LONGEST_WAITS = 60
"""How often an answer that is still worked on is asked for, some seconds apart."""
_STILL_WORKED_ON = 409
_PROXY_S_OWN = (502, 503, 504)
_PART = 65_536
_PATIENCE_SECONDS = 60


class Connection:
    """The way to one app.

    Args:
        address: of the app, such as `https://fetal.hospital.example`.
        token: the token; None where the app has no accounts.
        name: the name that stands with what is done, where the app has no accounts.
        seconds: how long an answer may take.
        pause: waits for some seconds.
    """

    def __init__(
        self,
        address: str,
        token: str | None,
        name: str,
        seconds: float,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address = address.rstrip("/")
        self._seconds = seconds
        self.pause = pause
        self._session = requests.Session()
        # Else a file ~/.netrc of the person would take the token's place.
        self._session.trust_env = False
        self._session.headers["X-Fetal-Name"] = name.encode().decode("latin-1")
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, kind: type[Answer], **query: Any) -> Answer:
        """Ask for something, and read the answer as a record."""
        return kind.model_validate_json(self.send("GET", path, query=query).content)

    def post(
        self,
        path: str,
        kind: type[Answer],
        body: BaseModel | None = None,
        *,
        form: Form | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Answer:
        """Have something done once, however often it has to be sent.

        Args:
            path: the address below the API's own.
            kind: the record that is answered.
            body: what is sent as JSON.
            form: files that are sent.
            fields: what is sent with the files.
        """
        key = {"Idempotency-Key": uuid.uuid4().hex}
        json = body.model_dump_json(exclude_unset=True).encode() if body is not None else None
        headers = key | ({"Content-Type": "application/json"} if json is not None else {})
        answer = self.send("POST", path, headers=headers, data=json or fields, files=form)
        return kind.model_validate_json(answer.content)

    def send(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        files: Form | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """Send a request; again where the connection broke or the app is gone or asks to wait.

        Raises:
            ApiError: the app did not carry it out.
            NotReachedError: the app did not answer.
        """
        tries_left, waits_left = _TRIES, _LONGEST_WAITS
        while True:
            tries_left -= 1
            try:
                answer = self._session.request(
                    verb,
                    f"{self._address}{PREFIX}{path}",
                    params={name: one for name, one in (query or {}).items() if one is not None},
                    headers=headers,
                    data=data,
                    files=files,
                    timeout=self._seconds,
                    stream=stream,
                    allow_redirects=False,
                )
            except (requests.ConnectionError, requests.Timeout) as error:
                if not tries_left:
                    raise NotReachedError(self._address, error) from error
                self.pause(1)
                continue
            wait = 1.0 if _is_of_proxy(answer) else _asked_to_wait(answer)
            if wait is not None and answer.status_code == _STILL_WORKED_ON and waits_left:
                # Its program may have been killed; the next one takes it on a little later.
                tries_left, waits_left = tries_left + 1, waits_left - 1
            elif wait is None or not tries_left:
                break
            self.pause(wait)
        if not answer.ok:
            raise ApiError(_problem(answer))
        return answer

    def save(self, path: str, target: Path, query: Mapping[str, Any] | None = None) -> Path:
        """Write what is answered into a file, as it comes.

        Args:
            path: the address below the API's own.
            target: the file; it is there whole or not at all.
            query: what is asked with it.

        Returns:
            The file.
        """
        draft = target.with_name(f".{target.name}.part")
        answer = self.send("GET", path, query=query, stream=True)
        try:
            with answer, draft.open("wb") as file:
                file.writelines(answer.iter_content(_PART))
            return draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def follow(self, ask: Callable[[], State], seconds: float) -> Iterator[State]:
        """Go through the states of long work until it has ended.

        Args:
            ask: asks for the state as it is.
            seconds: how often it is asked for.

        Yields:
            The work as it is; the last one has ended.
        """
        while True:
            found = ask()
            yield found
            if not found.is_active:
                return
            self.pause(seconds)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _asked_to_wait(answer: requests.Response) -> float | None:
    told = answer.headers.get("Retry-After", "")
    if (
        answer.status_code not in (429, _STILL_WORKED_ON)
        or not told.isdigit()
        or int(told) > _PATIENCE_SECONDS
    ):
        return None
    return float(told)


def _is_of_proxy(answer: requests.Response) -> bool:
    """Whether a proxy says that the app behind it is gone; another one may be there."""
    told = answer.headers.get("Content-Type", "")
    return answer.status_code in _PROXY_S_OWN and not told.startswith(PROBLEM_TYPE)


def _problem(answer: requests.Response) -> Problem:
    try:
        return Problem.model_validate_json(answer.content)
    except ValidationError:
        return Problem(
            title=answer.reason or "Error",
            status=answer.status_code,
            detail=f"Expected an answer of the API, received the status {answer.status_code} of "
            "something else. Check the address.",
        )
