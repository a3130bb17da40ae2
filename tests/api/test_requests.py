"""What programs do with the API, by its client; and what happens when they do it wrongly."""

import json
import re
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import requests

from fetal.api import PREFIX
from fetal.api.request_limits import RequestRate
from fetal.api.routes.upload_routes import _InMemory
from fetal.client import ApiError, Client
from fetal.client.batch_client import BatchClient
from fetal.workbench.accounts.tokens.scopes import Scope
from fetal.workbench.core.kept_answers import KeptAnswer, KeptAnswers, StillWorkedOnError
from tests.support.batch_worker import worker_for
from tests.support.drawn import file, unsure
from tests.support.running_api import RunningApi

Clients = Callable[..., Client]

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `scans` with three scans and one that has to wait, as files."""
    folder = tmp_path_factory.mktemp("incoming")
    (folder / "scans").mkdir()
    for seed in range(3):
        (folder / "scans" / f"Anna Muster {seed}.png").write_bytes(file(seed).data)
    (folder / "scans" / "unsure.png").write_bytes(unsure(1).data)
    return folder


@pytest.fixture(scope="module")
def ben(client_of: Clients, four: Path) -> Client:
    """A client whose scans are in, and one of them waits."""
    client = client_of("ben")
    taken = client.add_scans(sorted((four / "scans").iterdir()), patient="4711")
    assert [one.outcome for one in taken] == ["added"] * 3 + ["waits for you"]
    return client


def post(client: Client, path: str, **more: Any) -> requests.Response:
    session = client._connection._session
    return session.post(f"{client._connection._address}{PREFIX}{path}", timeout=20, **more)


def test_scans_are_listed_page_by_page(ben: Client) -> None:
    first = ben._connection.send("GET", "/scans", query={"limit": 2}).json()
    assert [one["id"] for one in first["items"]] == [3, 2]
    then = ben._connection.send("GET", "/scans", query={"limit": 2, "after": first["next"]}).json()
    assert [one["id"] for one in then["items"]][:1] == [1]
    assert [one.id for one in ben.scans(order="oldest")][:3] == [1, 2, 3]
    assert not [*ben.scans(doubt="unknown")]
    with pytest.raises(ApiError, match="next"):
        ben._connection.send("GET", "/scans", query={"after": "nonsense"})


def test_a_label_is_given_and_taken_back(ben: Client) -> None:
    scan = ben.scan(1)
    given = ben.accept(scan)
    assert ben.scan(1).agrees
    corrected = ben.label(scan, "unusable")
    assert corrected.replaced is not None
    assert corrected.replaced.before_who == "Ben"
    assert [one.kind for one in ben.annotations(1)] == ["correct", "accept"]
    ben.undo(corrected.annotation_id)
    assert ben.undo(given.annotation_id).scan_id == 1
    with pytest.raises(ApiError, match="undone already"):
        ben.undo(given.annotation_id)
    ben.note(1, "blurred")
    assert (ben.scan(1).label, ben.scan(1).note) == (None, "blurred")


def test_pictures_and_heat_maps_come_as_numbers(ben: Client) -> None:
    assert ben.picture(1).startswith(b"\x89PNG")
    said = ben.prediction(1)
    assert said.plane == ben.scan(1).predicted
    assert max(max(row) for row in said.heat.cells[said.plane]) == 1


def test_what_waits_is_the_senders_alone(ben: Client, client_of: Clients) -> None:
    [waits] = ben.waiting()
    assert ben.waiting_picture(waits.number).startswith(b"\x89PNG")
    other = client_of("ana", Scope.ADD)
    with pytest.raises(ApiError) as refused:
        other.waiting_picture(waits.number)
    assert refused.value.status == 404
    assert ben.keep(waits.number).outcome == "added"
    with pytest.raises(ApiError, match="waits for you, received"):
        ben.leave_out(waits.number)


def test_a_request_that_is_sent_again_is_done_once(ben: Client, four: Path) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    one, two = (
        post(ben, "/scans/2/annotations", json={"label": "femur"}, headers=key) for _ in range(2)
    )
    assert (one.status_code, one.json()) == (two.status_code, two.json())
    assert "Idempotency-Replayed" not in one.headers
    assert two.headers["Idempotency-Replayed"] == "true"
    assert len(ben.annotations(2)) == 1
    other = post(ben, "/scans/2/annotations", json={"label": "brain"}, headers=key)
    assert other.status_code == 422
    # The boundary of a form is another one each time; what counts is what is in it.
    key = {"Idempotency-Key": uuid.uuid4().hex}
    path = four / "scans" / "Anna Muster 0.png"
    sent = [
        post(ben, "/scans", files={"files": (path.name, path.read_bytes())}, headers=key)
        for _ in range(2)
    ]
    assert sent[0].json() == sent[1].json()
    assert "Idempotency-Replayed" in sent[1].headers


def test_what_was_refused_can_be_sent_again_with_its_key(ben: Client) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(2):
        refused = post(ben, "/annotations/99/undo", headers=key)
        assert (refused.status_code, "Replayed" in str(refused.headers)) == (409, False)


def test_kept_answers_tell_nothing_to_who_reads_the_database(api: RunningApi, ben: Client) -> None:
    raw = b"".join(path.read_bytes() for path in api.workbench.workspace.folder.glob("fetal.db*"))
    assert b"Anna Muster" not in raw


def test_two_at_once_with_one_key_are_done_once(api: RunningApi) -> None:
    answers, key = KeptAnswers(api.workbench.store), uuid.uuid4().hex
    begun: list[KeptAnswer | str | None] = []

    def begin() -> None:
        try:
            begun.append(answers.begin("somebody", key, b"asked"))
        except StillWorkedOnError:
            begun.append("told to wait")

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(map(str, begun)) == ["None", *["told to wait"] * 3]
    answers.keep("somebody", key, KeptAnswer(200, b"{}"))
    assert answers.begin("somebody", key, b"asked") == KeptAnswer(200, b"{}")


def test_what_is_sent_wrongly_is_told_in_a_sentence(ben: Client) -> None:
    wrong: dict[str, tuple[dict[str, Any], int, str]] = {
        "/scans": ({"data": {"patient": "4711"}}, 415, "multipart/form-data"),
        "/scans/1/annotations": ({"json": {"label": "foot"}}, 422, "body.label"),
        "/scans/1/notes": ({"json": {"note": "x" * 2001}}, 422, "body.note"),
        "/scans/99/notes": ({"json": {"note": "x"}}, 404, "number 99"),
        "/models/1/promote": ({"json": {"compare": False, "colour": 1}}, 422, "body.colour"),
    }
    for path, (more, status, words) in wrong.items():
        answer = post(ben, path, **more)
        assert (path, answer.status_code) == (path, status)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert words in answer.json()["detail"]
    empty = post(ben, "/scans", files={"other": b""})
    assert (empty.status_code, "received none" in empty.text) == (422, True)


def test_a_request_may_be_only_so_large(ben: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_API_MEGABYTES", "1")
    large = post(ben, "/scans", files={"files": b"x" * 1_100_000})
    assert large.status_code == 413
    assert "at most 1 MB" in large.json()["detail"]
    # Whoever does not say how much is coming is stopped on the way.
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    unsaid = post(
        ben,
        "/scans",
        data=iter([head, b"x" * 600_000, b"x" * 600_000]),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert unsaid.status_code == 413


def test_files_are_kept_in_memory_until_they_are_read() -> None:
    assert _InMemory.spool_max_size == 0


def test_a_token_may_ask_only_so_often(client_of: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_API_PER_MINUTE", "2")
    client = client_of("tom")
    waited: list[float] = []
    client._connection.pause = waited.append
    client.me()
    client.me()
    with pytest.raises(ApiError, match="Wait 30 seconds") as refused:
        client.me()
    assert (refused.value.status, waited) == (429, [30.0, 30.0])


def test_the_rate_fills_again_as_time_goes_on() -> None:
    now = [0.0]
    rate = RequestRate(lambda: 60, lambda: now[0])
    assert [rate.take("a") for _ in range(61)] == [0] * 60 + [1]
    now[0] = 2.0
    assert [rate.take("a") for _ in range(3)] == [0, 0, 1]


def test_the_examples_of_the_document_run(
    api: RunningApi,
    token_of: Callable[..., str],
    four: Path,
    ben: Client,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(four)
    monkeypatch.setenv("FETAL_APP", api.address)
    monkeypatch.setenv("FETAL_APP_TOKEN", token_of("ben"))
    blocks = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    # What asks again and again need not wait long here.
    monkeypatch.setattr(BatchClient.follow_batch, "__defaults__", (0.05,))
    with worker_for(api.workbench):
        for block in blocks:
            exec(compile(block, "docs/api.md", "exec"), {})
    said = capsys.readouterr().out
    assert "looks like other" in said
    assert "rows of cells over" in said
    rows = pq.read_table(four / "library.parquet").num_rows
    assert f"done {rows} of {rows}" in said
    assert (four / "labels.csv").read_text().startswith("image,plane")


def test_models_runs_and_plans_are_told(client_of: Clients) -> None:
    client = client_of("tom")
    assert client.models()[0].is_champion
    assert client.runs() == []
    assert client.training_plan().reasons
    assert client.promotions()[0].kind == "shipped"
    assert "cannot be compared" in client.compare(1).words
    for refused, status in (
        (client.start_run, 409),
        (client.roll_back, 409),
        (lambda: client.run(9), 404),
        (lambda: client.cancel(9), 404),
        (lambda: client.promote(9, compare=False), 404),
    ):
        with pytest.raises(ApiError) as told:
            refused()
        assert told.value.status == status
    assert client.promote(1).is_champion


def test_the_reference_is_a_page_without_scripts(ben: Client) -> None:
    shown = ben._connection.send("GET", "/docs").text
    assert "<script" not in shown
    told = json.loads(ben._connection.send("GET", "/openapi.json").content)
    assert all(path in shown for path in told["paths"])
