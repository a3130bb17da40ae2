"""A request whose app was killed is done by whichever app it is sent to next."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select, update

from fetal.api.records.batch_records import NewBatch
from fetal.client import Client
from fetal.store.access.api_tables import ApiAnswer
from fetal.store.table_base import now
from fetal.workbench.accounts import people
from fetal.workbench.core import kept_answers
from fetal.workbench.core.kept_answers import ABANDONED, KeptAnswers
from tests.support.running_api import RunningApi
from tests.support.waiting import until


def test_the_client_waits_for_a_request_and_has_it_done_if_its_app_was_killed(
    api: RunningApi, client_of: Callable[..., Client]
) -> None:
    client, waited, key = client_of("ben"), [], uuid.uuid4().hex
    body = NewBatch(kind="lookalikes").model_dump_json().encode()
    asked = hashlib.sha256(b"POST /batches\n" + body).digest()
    account = {one.name: one.id for one in people.people(api.workbench)}["ben"]
    # As an app does that takes the request on and is killed then.
    KeptAnswers(api.workbench.store).begin(f"API, account {account}", key, asked)

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            with api.workbench.store.session() as session:
                session.execute(update(ApiAnswer).values(begun_at=now() - 2 * ABANDONED))

    client._connection.pause = pause
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    answer = client._connection.send("POST", "/batches", headers=headers, data=body)
    assert (answer.status_code, waited) == (202, [5.0, 5.0])
    assert "Idempotency-Replayed" not in answer.headers
    client.cancel_batch(answer.json()["name"])


def test_a_request_that_is_worked_on_shows_signs_of_life(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_answers, "RENEWED_SECONDS", 0.01)
    answers = KeptAnswers(api.workbench.store)

    def heard() -> datetime:
        with api.workbench.store.reading() as session:
            return session.scalars(select(ApiAnswer.begun_at).order_by(ApiAnswer.begun_at)).all()[
                -1
            ]

    answers.begin("somebody", "long", b"asked")
    with answers.at_work("somebody", "long"):
        first = heard()
        until(lambda: heard() > first)
    answers.let_go("somebody", "long")
