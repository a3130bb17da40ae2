"""The API with its gate, as the app mounts it, on a port of this computer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from fetal.api import PREFIX
from fetal.api.application import make_api
from fetal.api.services import Services
from fetal.workbench import Workbench
from fetal.workbench.accounts.browser_sessions import BrowserSessions
from fetal.workbench.accounts.gatekeeper import Gatekeeper
from tests.support.waiting import until


class RunningApi:
    """The API at its address, and what it works with."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.keeper = Gatekeeper(workbench.store)
        sessions = BrowserSessions(workbench)
        services = Services(lambda: workbench, lambda: self.keeper, lambda: sessions, lambda: None)
        self.application = Starlette(routes=[Mount(PREFIX, make_api(services))])
        self.address = ""


@contextmanager
def running_api(workbench: Workbench) -> Iterator[RunningApi]:
    """Serve the API of a workbench."""
    api = RunningApi(workbench)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        api.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(api.application, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            until(lambda: server.started, 20)
            yield api
        finally:
            server.should_exit = True
            thread.join()
