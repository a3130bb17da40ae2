"""An open page is shut when its sign-in ends, and keeps nobody signed in by itself."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from fetal.workbench import Workbench
from fetal.workbench.accounts import people
from pages.parts.gate.gate import _is_by_hand
from tests.support.gated_app import PAGE, GatedApp, gated_app
from tests.support.signing_in import add


def opened(app: GatedApp, cookie: str = "") -> ClientConnection:
    """The websocket of an open page."""
    headers = {"Cookie": cookie} if cookie else {}
    return connect(
        f"ws://{app.own}/_stcore/stream",
        origin=Origin(f"http://{app.own}"),
        additional_headers=headers,
        subprotocols=[Subprotocol("streamlit")],
    )


def is_shut(socket: ClientConnection) -> bool:
    """Whether the server shuts a websocket within ten seconds."""
    try:
        while True:
            socket.recv(timeout=10)
    except TimeoutError:
        return False
    except ConnectionClosed as closed:
        return closed.rcvd is not None and closed.rcvd.code == 1008


def test_signing_out_shuts_the_pages_of_that_sign_in_only(app: GatedApp) -> None:
    mine, other = app.cookie_of("ben"), app.cookie_of("ana")
    with opened(app, mine) as first, opened(app, mine) as second, opened(app, other) as third:
        assert app.ask("/sign-out", "POST", Cookie=mine, X_Fetal="sign-out").status == 204
        assert is_shut(first)
        assert is_shut(second)
        third.ping().wait(5)
        assert app.ask("/", Cookie=other).status == 200


@pytest.mark.parametrize(
    "end",
    [people.sign_out, lambda workbench, name: people.set_disabled(workbench, name, True)],
)
def test_an_administrator_shuts_open_pages(
    app: GatedApp, end: Callable[[Workbench, str], None]
) -> None:
    with opened(app, app.cookie_of("ben")) as page:
        end(app.workbench, "ben")
        assert is_shut(page)
    people.set_disabled(app.workbench, "ben", False)


def test_one_person_here_needs_no_sign_in_until_there_is_an_account(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with gated_app(own, accounts=False) as app:
        assert app.ask("/", **PAGE).status == 200
        assert app.ask("/sign-in", **PAGE).headers["Location"] == "/"
        with opened(app) as page:
            add(app.workbench, "ana", "administrator")
            assert is_shut(page)
        assert app.ask("/", **PAGE).status == 303
        assert app.knock() == 403


def said(**rerun: object) -> dict[str, object]:
    message = BackMsg()
    message.rerun_script.query_string = ""
    for name, value in rerun.items():
        setattr(message.rerun_script, name, value)
    return {"type": "websocket.receive", "bytes": message.SerializeToString()}


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in() -> None:
    assert _is_by_hand(said())
    assert not _is_by_hand(said(is_auto_rerun=True, fragment_id="x"))
    assert not _is_by_hand({"type": "websocket.receive", "bytes": b"\xff\xff"})
    assert not _is_by_hand({"type": "websocket.connect"})
