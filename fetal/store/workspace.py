"""The workspace: the one place where a department's scans, labels, models and jobs are kept."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from fetal.configuration import declared
from fetal.store.rights import make_private

_DATABASE = "fetal.db"
_DRIVER = "postgresql+psycopg"


class AddressError(ValueError):
    """`FETAL_DATABASE_URL` or `FETAL_BLOBS` names nothing that can be used."""


@dataclass(frozen=True)
class Workspace:
    """Where things are kept: a folder, a database and a store for files.

    Args:
        folder: the local folder; holds the pseudonyms' key, and by default everything else.
        database_url: an SQLAlchemy address, such as `sqlite:////data/fetal.db` or
            `postgresql+psycopg://user@host/fetal`.
        blobs_url: a folder, or an fsspec address such as `s3://bucket/fetal`.

    Example:
        >>> Workspace.at(Path("/data/fetal")).database_url
        'sqlite:////data/fetal/fetal.db'
    """

    folder: Path
    database_url: str
    blobs_url: str

    @classmethod
    def at(
        cls, folder: Path, *, database_url: str | None = None, blobs_url: str | None = None
    ) -> "Workspace":
        """Describe the workspace in a folder.

        Args:
            folder: the local folder; it need not exist yet.
            database_url: the database. If None, SQLite in the folder.
            blobs_url: the store for files. If None, `blobs` in the folder.

        Returns:
            The workspace. Nothing is made or opened.

        Raises:
            AddressError: the database's address is of no known kind.
        """
        place = folder.expanduser().absolute()
        return cls(
            folder=place,
            database_url=_checked(database_url) if database_url else _sqlite_in(place),
            blobs_url=blobs_url or str(place / "blobs"),
        )

    @classmethod
    def from_environment(cls) -> "Workspace":
        """Describe the workspace that the settings name.

        Returns:
            The workspace of `FETAL_WORKSPACE` (`./workspace` where it is not set), with the
            database of `FETAL_DATABASE_URL` and the files of `FETAL_BLOBS`.

        Raises:
            SettingError: one of the three is no address or folder.
            AddressError: the database's address is of no known kind.
        """
        return cls.at(
            declared.WORKSPACE.value(),
            database_url=declared.DATABASE_URL.value(),
            blobs_url=declared.BLOBS.value(),
        )

    def prepare(self) -> None:
        """Make the folder, for its owner alone, and check that its stores can be had.

        What an older program made in it for everybody to read is taken from others too.

        Raises:
            AddressError: the package for the database or the store for files is not installed.
            OSError: the folder cannot be made.
        """
        if self.database_url.startswith(_DRIVER) and find_spec("psycopg") is None:
            raise AddressError(
                "FETAL_DATABASE_URL names PostgreSQL, whose package is not installed. Install the "
                "program with “.[postgresql]”."
            )
        _check_blobs(self.blobs_url)
        make_private(self.folder, self.folder / _DATABASE)
        if self.database_url == _sqlite_in(self.folder):
            # SQLite gives its log and its shared memory the rights of the database.
            os.close(os.open(self.folder / _DATABASE, os.O_CREAT | os.O_RDONLY, 0o600))

    @property
    def key_file(self) -> Path:
        """The secret key of the pseudonyms; it never leaves the workspace's folder."""
        return self.folder / "pseudonyms.key"


def _sqlite_in(place: Path) -> str:
    path = place / _DATABASE
    address = URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)
    # Until 0.1 the path was put into the address as it stood, so that of a folder named `a?b` the
    # database lies at `a`. A workspace that was used so keeps it.
    before = f"sqlite:///{path}"
    elsewhere = Path(make_url(before).database or "")
    moved = elsewhere != path and elsewhere.is_file() and not path.exists()
    return before if moved and (place / "pseudonyms.key").exists() else address


def _checked(address: str) -> str:
    """Name the driver that this project ships with where the address names none."""
    for short in ("postgresql://", "postgres://"):
        if address.startswith(short):
            address = f"{_DRIVER}://{address.removeprefix(short)}"
    try:
        kind = make_url(address).get_backend_name()
    except ArgumentError as error:
        raise AddressError(
            "FETAL_DATABASE_URL is no address of a database. Expected one such as "
            "sqlite:////data/fetal.db or postgresql://user:password@host/fetal."
        ) from error
    if kind not in ("sqlite", "postgresql"):
        raise AddressError(
            f"FETAL_DATABASE_URL names a database of the kind “{kind}”. Expected an address that "
            "starts with sqlite:/// or postgresql://."
        )
    return address


def _check_blobs(address: str) -> None:
    scheme, found, _ = address.partition("://")
    if not found or scheme == "file":
        return
    # A folder needs no fsspec, and starts a tenth of a second sooner without it.
    from fsspec import get_filesystem_class

    try:
        get_filesystem_class(scheme)
    except (ImportError, ValueError) as error:
        raise AddressError(
            f"FETAL_BLOBS names a store of the kind “{scheme}”, which cannot be used: {error}. "
            "Expected a folder, or s3://bucket/prefix with the program installed with “.[s3]”."
        ) from error
