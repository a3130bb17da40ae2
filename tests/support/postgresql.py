"""A real PostgreSQL server for the tests, and workspaces on both databases."""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from fetal.store.database import Store
from fetal.store.workspace import Workspace
from tests.support.begun import begin
from tests.support.waiting import until

DATABASES = ("sqlite", "postgresql")
OWNER = "fetal"
_FAST = ("--locale=C", "--no-sync")


class PostgresServer:
    """A running server on a loopback port; its databases last as long as it does."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid
        self._names = (f"test_{number}" for number in itertools.count())
        self._engine = create_engine(self.address("postgres"), isolation_level="AUTOCOMMIT")

    def address(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template1") -> str:
        """Make a database as another one is, empty if none is named, and return its address."""
        name = next(self._names)
        with self._engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return self.address(name)

    def databases(self) -> set[str]:
        """Return the names of all databases."""
        with self._engine.connect() as connection:
            return set(connection.execute(text("SELECT datname FROM pg_database")).scalars())

    def rename(self, address: str, name: str) -> str:
        """Give a database that nobody is connected to another name; return its address."""
        before = address.rsplit("/", 1)[1]
        with self._engine.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {before} RENAME TO {name}"))
        return self.address(name)

    def drop(self, address: str) -> None:
        """Remove a database, whoever is connected to it."""
        name = address.rsplit("/", 1)[1]
        with self._engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))

    def answers(self) -> bool:
        """Say whether it takes connections."""
        try:
            with self._engine.connect():
                return True
        except OperationalError:
            return False

    def close(self) -> None:
        """Close this object's own connections."""
        self._engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests of a process; each worker of pytest-xdist has its own."""
    # Nothing of a test has to outlive a power cut.
    with running_server({"fsync": "off", "full_page_writes": "off"}) as server:
        yield server


@contextmanager
def running_server(
    settings: Mapping[str, str], keep: Path | None = None
) -> Iterator[PostgresServer]:
    """Run a server in a folder and on a free port of this computer.

    Args:
        settings: the server's own, by name.
        keep: a folder, which the server's account can reach, that keeps the databases for the next
            time. If None, they are in a temporary folder and go at the end.

    Yields:
        The server, which takes connections; it is ended at the end.
    """
    programs = _programs()
    # A folder of pytest's own can be read by root alone, and the server refuses to run as root.
    place = keep or Path(tempfile.mkdtemp(prefix="fetal-postgres-"))
    place.mkdir(parents=True, exist_ok=True)
    account = _unprivileged()
    if account:
        shutil.chown(place, account)
    data, port = place / "data", _free_port()
    try:
        if not (data / "PG_VERSION").exists():
            subprocess.run(
                [programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", *_FAST],
                check=True, capture_output=True, user=account, cwd=place,
            )  # fmt: skip
        log = (place / "log").open("wb")
        options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        options |= {"max_connections": 200, **settings}
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *(f"--{key}={options[key]}" for key in options)],
            stdout=log, stderr=subprocess.STDOUT, user=account, cwd=place,
        )  # fmt: skip
        server = PostgresServer(port, process.pid)
        try:
            until(lambda: server.answers() or process.poll() is not None)
            assert process.poll() is None, (place / "log").read_text()
            # What a process that was killed had not dropped.
            for name in server.databases() if keep else ():
                if name.startswith("test_"):
                    server.drop(server.address(name))
            yield server
        finally:
            server.close()
            # The fast shutdown, which waits for no client.
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
            log.close()
    finally:
        if keep is None:
            shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty PostgreSQL database that is the test's own."""
    address = postgres_server.new_database()
    yield address
    postgres_server.drop(address)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str | None:
    """The address of an empty database, on SQLite (None: in the workspace) and on PostgreSQL."""
    if request.param == "sqlite":
        return None
    address: str = request.getfixturevalue("postgresql_url")
    return address


@pytest.fixture
def any_workspace(database_url: str | None, tmp_path: Path) -> Workspace:
    """A workspace that is not there yet, once on SQLite and once on PostgreSQL."""
    return Workspace.at(tmp_path / "workspace", database_url=database_url)


@pytest.fixture(scope="session")
def begun_database(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a PostgreSQL database with empty tables, to be copied."""
    address = postgres_server.new_database()
    folder = tmp_path_factory.mktemp("begun") / "workspace"
    Store.open(Workspace.at(folder, database_url=address)).close()
    return address.rsplit("/", 1)[1]


@pytest.fixture(params=DATABASES)
def begun_workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with empty tables, once on SQLite and once on PostgreSQL."""
    folder = tmp_path / "workspace"
    if request.param == "sqlite":
        yield Workspace.at(begin(folder))
        return
    template: str = request.getfixturevalue("begun_database")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    address = server.new_database(template)
    yield Workspace.at(folder, database_url=address)
    server.drop(address)


def _programs() -> Path:
    """Return the folder of the server's programs; skip the test if there is none."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    pytest.skip("no PostgreSQL server (initdb, postgres) is installed: run .ci/postgresql")


def _unprivileged() -> str | None:
    """Return the account that the server runs as; None is the account of the tests."""
    if os.geteuid() != 0:
        return None
    names = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
