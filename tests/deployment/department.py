"""A small department on this computer: apps behind nginx, a worker, PostgreSQL, an S3 server."""

import contextlib
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fsspec.config import conf, set_conf_env

from fetal.workbench import Workbench, open_workbench
from tests.support.listening import answers, free_port
from tests.support.postgresql import running_server
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
FETAL = str(Path(sys.executable).with_name("fetal"))
EXAMPLE = ROOT / "deploy" / "nginx" / "several-apps.conf"


def nginx_configuration(folder: Path, port: int, apps: list[int]) -> Path:
    """Write the example of `deploy/` with ports of this computer, and without certificates.

    Args:
        folder: for nginx's files.
        port: where nginx listens.
        apps: where the apps listen.

    Returns:
        The configuration.
    """
    text = EXAMPLE.read_text()
    for number, app in enumerate(apps, 1):
        text = text.replace(f"app-{number}:8501", f"127.0.0.1:{app}")
    text = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", text)
    text = re.sub(r"^ *ssl_certificate.*$", "", text, flags=re.M).replace(
        "server_name fetal.hospital.example;", "server_name 127.0.0.1;"
    )
    places = "\n".join(
        f"{name} {folder}/{name};"
        for name in (
            *("client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path"),
            *("uwsgi_temp_path", "scgi_temp_path"),
        )
    )
    whole = folder / "nginx.conf"
    # Its workers write uploads into the test's folder, which is for the test's own account alone.
    account = "user root;\n" if os.geteuid() == 0 else ""
    whole.write_text(
        f"{account}pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\ndaemon off;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}\n{text}\n}}\n"
    )
    return whole


@dataclass
class Department:
    """What runs, by name.

    Attributes:
        folder: where everything lies.
        environment: the settings that all share.
        address: nginx's.
        ports: of the apps, by name.
        processes: the running ones, by name.
        database: the number of the database server's process.
    """

    folder: Path
    environment: dict[str, str]
    address: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    database: int = 0

    def start(self, name: str, *command: str | Path, **settings: str) -> None:
        """Start a program in a group of its own, with a workspace folder of its own."""
        workspace = self.folder / name
        workspace.mkdir(mode=0o700, exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                env=os.environ | self.environment | {"FETAL_WORKSPACE": str(workspace)} | settings,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_app(self, name: str) -> None:
        """Start an app, with the key of the first one, and wait until it answers."""
        workspace = self.folder / name
        workspace.mkdir(mode=0o700, exist_ok=True)
        key = self.folder / "pseudonyms.key"
        if key.exists():
            shutil.copy(key, workspace / key.name)
        port = self.ports.setdefault(name, free_port())
        self.start(name, FETAL, "serve", "--no-worker", "--port", str(port))
        until(lambda: answers(f"http://127.0.0.1:{port}/_stcore/health"), 120)
        if not key.exists():
            shutil.copy(workspace / key.name, key)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """End a program with all that it started."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        process.wait(60)


@contextmanager
def department(folder: Path, apps: int = 2, **settings: str) -> Iterator[Department]:
    """Start it all, and end it.

    Args:
        folder: an empty folder.
        apps: how many apps.
        settings: what all of them share beyond database and files.
    """
    with ExitStack() as stack:
        server = stack.enter_context(running_server({}))
        here = Department(
            folder,
            {"FETAL_DATABASE_URL": server.new_database(), "FETAL_UNSURE": "keep"}
            | settings
            | stack.enter_context(_blobs(folder)),
        )
        here.database = server.pid
        try:
            for number in range(1, apps + 1):
                here.start_app(f"app-{number}")
            here.start("worker", FETAL, "worker")
            port = free_port()
            ports = [here.ports[f"app-{number}"] for number in range(1, apps + 1)]
            configuration = nginx_configuration(folder, port, ports)
            here.start("proxy", "nginx", "-p", folder, "-c", configuration)
            here.address = f"http://127.0.0.1:{port}"
            until(lambda: answers(f"{here.address}/_stcore/health"), 60)
            yield here
        finally:
            for name in list(here.processes):
                here.kill(name, signal.SIGTERM if name == "proxy" else signal.SIGKILL)


def opened_outside(here: Department, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """Open a department's workspace as a process with another folder does.

    Args:
        here: the department.
        folder: the process's own, which is made.
        monkeypatch: takes the department's settings back.

    Returns:
        The open workbench.
    """
    monkeypatch.setenv("FETAL_WORKSPACE", str(folder))
    for name, value in here.environment.items():
        monkeypatch.setenv(name, value)
    # It reads the environment once, when it is imported.
    set_conf_env(conf)
    folder.mkdir()
    shutil.copy(here.folder / "pseudonyms.key", folder)
    return open_workbench()


@contextmanager
def _blobs(folder: Path) -> Iterator[dict[str, str]]:
    """An S3 server where moto is at hand and s3fs installed, else a folder that all share."""
    program = os.environ.get("MOTO_SERVER") or shutil.which("moto_server")
    try:
        s3fs = importlib.import_module("s3fs")
    except ImportError:
        program = None
    if program is None:
        yield {"FETAL_BLOBS": str(folder / "blobs")}
        return
    port = free_port()
    settings = {
        "FETAL_BLOBS": "s3://fetal/blobs",
        "FSSPEC_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "fetal",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    with (folder / "s3.log").open("wb") as log:
        process = subprocess.Popen([program, "-p", str(port)], stdout=log, stderr=log)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/moto-api/"), 60)
        s3fs.S3FileSystem(
            key="fetal", secret="secret", endpoint_url=settings["FSSPEC_S3_ENDPOINT_URL"]
        ).mkdir("fetal")
        yield settings
    finally:
        process.kill()
        process.wait(60)
