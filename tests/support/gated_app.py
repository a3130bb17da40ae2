"""A running app with accounts, as `fetal serve` starts it, and somebody who asks it for things."""

import http.client
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from tests.support.begun import begin
from tests.support.signing_in import PASSWORD, add
from tests.support.tiny_model import tiny_model
from tests.support.waiting import until

PAGE = {"Accept": "text/html"}
KNOCK = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class GatedApp:
    """The app at its port, and its workspace."""

    def __init__(self, port: int, workspace: Workspace, workbench: Workbench) -> None:
        self.port = port
        self.workspace = workspace
        self.workbench = workbench
        self.own = f"127.0.0.1:{port}"

    def ask(
        self, path: str, method: str = "GET", body: str = "", **headers: str
    ) -> http.client.HTTPResponse:
        """Send one request; underlines in names of headers stand for dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body or None, headers=named)
        return connection.getresponse()

    def knock(self, **headers: str) -> int:
        """Try to open the websocket, and return how that is answered; 101 is yes."""
        asked = {"Host": self.own, "Origin": f"http://{self.own}"} | KNOCK | headers
        return self.ask("/_stcore/stream", **asked).status

    def sign_in(
        self, name: str, password: str = PASSWORD, cookie: str = "", **headers: str
    ) -> http.client.HTTPResponse:
        """Fill in the form and send it, as a browser does."""
        shown = self.ask("/sign-in", **PAGE)
        form = cookies_of(shown)["fetal-form"]
        [repeated] = re.findall(r'name="form" value="(\w+)"', shown.read().decode())
        fields = {"form": repeated, "next": "/", "name": name, "password": password}
        together = "; ".join(filter(None, (f"fetal-form={form}", cookie)))
        return self.ask("/sign-in", "POST", urlencode(fields), Cookie=together, **headers)

    def cookie_of(self, name: str) -> str:
        """Sign somebody in, and return the Cookie header for that."""
        given = cookies_of(self.sign_in(name))
        return f"fetal-sign-in={given['fetal-sign-in']}"


def cookies_of(answer: http.client.HTTPResponse) -> dict[str, str]:
    """The cookies that an answer gives."""
    given = answer.headers.get_all("Set-Cookie") or []
    return dict(one.split(";")[0].split("=", 1) for one in given)


@contextmanager
def gated_app(folder: Path, *, accounts: bool = True, **settings: str) -> Iterator[GatedApp]:
    """Start the app with two accounts, ana (administrator, reader) and ben (reader), or none."""
    from fetal.cli.serve.serving import _app_command, app_environment

    settings = {"FETAL_MODEL": str(tiny_model().folder), **settings}
    workspace = Workspace.at(begin(folder / "workspace"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FETAL_MODEL", settings["FETAL_MODEL"])
        workbench = open_workbench(workspace)
    if accounts:
        add(workbench, "ana", "administrator", "reader", shown="Ana Sousa")
        add(workbench, "ben", "reader", shown="Ben Ode")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        _app_command(port, "127.0.0.1", ["fetal.hospital.example"], browser=False),
        cwd=Path(__file__).parents[2],
        env=app_environment() | {"FETAL_WORKSPACE": str(workspace.folder)} | settings,
        stdout=sys.stderr,
        stderr=subprocess.STDOUT,
    )
    app = GatedApp(port, workspace, workbench)
    try:
        until(lambda: _answers(app), 120)
        yield app
    finally:
        process.terminate()
        process.wait(30)
        workbench.close()


def _answers(app: GatedApp) -> bool:
    try:
        return app.ask("/_stcore/health").status == 200
    except OSError:
        return False
