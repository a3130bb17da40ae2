"""How long a click on the Review page takes while many people label at once.

Each session speaks to the app as a browser does: over Streamlit's own connection, with a name,
and it fetches the pictures that the page names. It clicks on a label, waits for all of the answer,
looks at the scan for a while and goes on. What a browser needs to draw comes on top.

It prints the median and the 95th percentile of a click, the CPU of the server a click, how many
scans were labelled twice or lost, how many were on two screens at once, and the server's memory.

With `--postgresql` the database is a PostgreSQL server that is started for it, and the scans are
small drawings that a tiny model has looked at: readers and database are measured, not the model.

    python benchmarks/review_sessions.py [--sessions 10] [--clicks 10] [--pause 3]
        [--scans 600] [--workspace FOLDER]
    python benchmarks/review_sessions.py --postgresql --sessions 20 --clicks 100 --pause 0.5
"""

import argparse
import asyncio
import json
import os
import random
import re
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from review import Server, filled_copy, serving, told
from sqlalchemy import select
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

sys.path.insert(0, str(Path(__file__).parents[1]))
from fetal.store.database import Store
from fetal.store.tables import Annotation
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.ingest.upload import add_scans
from tests.support.drawn import file
from tests.support.postgresql import running_server
from tests.support.tiny_model import tiny_model

_LABEL = re.compile(r"-label-(\d+)-brain$")
_AT_ONCE = 100
_VIEWER = "fetal_review_stage"


class Session:
    """One person in one browser.

    Attributes:
        labelled: the scans that were labelled here, in their order.
        seconds: how long each click took.
        on_screen: each scan that was labelled, from when to when it was on this screen.
    """

    def __init__(self, address: str, number: int) -> None:
        self.labelled: list[int] = []
        self.seconds: list[float] = []
        self.on_screen: list[tuple[int, float, float]] = []
        self._shown_at = 0.0
        self._address, self._name = address, f"Reader {number}"
        self._buttons: dict[str, str] = {}
        self._field = ""
        self._pictures: set[str] = set()

    async def live(self, clicks: int, pause: float) -> None:
        """Enter, label some scans with pauses between them, and leave."""
        host = self._address.removeprefix("http://")
        stream = f"ws://{host}/_stcore/stream"
        async with connect(
            stream, subprotocols=[Subprotocol("streamlit")], max_size=None
        ) as connection:
            await self._ask(connection)
            begin = next(one for one in self._buttons if one.endswith("-begin"))
            await self._ask(connection, begin, {self._field: self._name})
            for _ in range(clicks):
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))
                await self._label(connection)

    async def _label(self, connection: ClientConnection) -> None:
        button = next(one for one in self._buttons if _LABEL.search(one))
        scan = int(_LABEL.search(button)[1])  # type: ignore[index]
        began = time.perf_counter()
        self.on_screen.append((scan, self._shown_at, began))
        await self._ask(connection, button)
        self.seconds.append(time.perf_counter() - began)
        self.labelled.append(scan)

    async def _ask(
        self,
        connection: ClientConnection,
        button: str | None = None,
        typed: dict[str, str] | None = None,
    ) -> None:
        """Press a button, or open the page, and take in all of the answer and its pictures."""
        message = BackMsg()
        message.rerun_script.page_name = "review"
        for field, text in (typed or {}).items():
            message.rerun_script.widget_states.widgets.add(id=field, string_value=text)
        if button is not None:
            message.rerun_script.fragment_id = self._buttons[button]
            message.rerun_script.widget_states.widgets.add(id=button, trigger_value=True)
        await connection.send(message.SerializeToString())
        self._buttons, fetched = {}, []
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await connection.recv())
            if answer.WhichOneof("type") == "script_finished":
                self._shown_at = time.perf_counter()
                break
            if answer.WhichOneof("type") == "delta":
                fetched += self._take(answer)
        await asyncio.gather(*(asyncio.to_thread(self._fetch, one) for one in fetched))

    def _take(self, answer: ForwardMsg) -> list[str]:
        """Remember what can be pressed; returns the addresses of pictures not seen before."""
        element = answer.delta.new_element
        match element.WhichOneof("type"):
            case "button":
                self._buttons[element.button.id] = answer.delta.fragment_id
            case "text_input":
                self._field = element.text_input.id
            case "bidi_component" if element.bidi_component.component_name == _VIEWER:
                [data] = json.loads(element.bidi_component.json)
                new = {
                    data["address"],
                    *(one["address"] for one in data["following"]),
                } - self._pictures
                self._pictures |= new
                return list(new)
        return []

    def _fetch(self, path: str) -> None:
        with urllib.request.urlopen(f"{self._address}{path}", timeout=60) as answer:
            answer.read()


def main() -> None:
    parser = argparse.ArgumentParser(description="Time clicks while many people label at once.")
    parser.add_argument("--sessions", type=int, default=10, help="people at once")
    parser.add_argument("--clicks", type=int, default=10, help="labels that each of them gives")
    parser.add_argument("--pause", type=float, default=3.0, help="seconds of looking at a scan")
    parser.add_argument("--scans", type=int, default=600, help="scans in the workspace")
    parser.add_argument("--workspace", type=Path, help="keep the filled workspace here")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, small drawings")
    asked = parser.parse_args()
    if asked.postgresql:
        place = on_postgresql(asked.sessions * (asked.clicks + 2))
    else:
        place = filled_copy(asked.workspace, asked.scans)
    with place as workspace, serving(workspace) as server:
        people = [Session(server.address, number) for number in range(asked.sessions)]
        before = server.cpu()
        asyncio.run(together(people, asked.clicks, asked.pause))
        report(people, server, server.cpu() - before, kept(workspace))


def opened(folder: Path) -> Workspace:
    """The workspace, on the database that the app was told of."""
    return Workspace.at(folder, database_url=os.environ.get("FETAL_DATABASE_URL"))


@contextmanager
def on_postgresql(scans: int) -> Iterator[Path]:
    """A workspace with small drawings, on a PostgreSQL server of its own, for this process."""
    os.environ["FETAL_MODEL"] = str(tiny_model().folder)
    with running_server({}) as database, tempfile.TemporaryDirectory() as folder:
        os.environ["FETAL_DATABASE_URL"] = database.new_database()
        workbench = open_workbench(opened(Path(folder) / "workspace"))
        for first in range(0, scans, _AT_ONCE):
            seeds = range(first, min(first + _AT_ONCE, scans))
            add_scans(
                workbench, [file(seed) for seed in seeds], who="benchmark", patient=str(first)
            )
        workbench.close()
        yield Path(folder) / "workspace"


async def together(people: list[Session], clicks: int, pause: float) -> None:
    await asyncio.gather(*(one.live(clicks, pause) for one in people))


def kept(workspace: Path) -> list[int]:
    """The scans of all labels that the database holds."""
    store = Store.open(opened(workspace))
    with store.reading() as session:
        found = list(session.scalars(select(Annotation.scan_id)))
    store.close()
    return found


def on_two_screens(people: list[Session]) -> int:
    """Count the scans that two sessions had on their screens at the same time."""
    shown = sorted(one for person in people for one in person.on_screen)
    return sum(
        scan == other and until > since for (scan, _, until), (other, since, _) in pairwise(shown)
    )


def report(people: list[Session], server: Server, spent: float, stored: list[int]) -> None:
    """Print the figures."""
    seconds = [one for person in people for one in person.seconds]
    given = Counter(scan for person in people for scan in person.labelled)
    told(seconds, f"a click, {len(people)} sessions at once")
    print(
        f"CPU of the server a click, its share of each entry included: {spent / len(seconds):.3f} s"
    )
    print(f"{len(seconds)} labels: {sum(given.values()) - len(given)} of a scan labelled before")
    print(f"on two screens at once: {on_two_screens(people)}")
    print(f"lost: {len(given - Counter(stored))}; memory of the server: {server.memory():.0f} MB")


if __name__ == "__main__":
    main()
