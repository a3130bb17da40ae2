"""The workspace: the one place where a department's scans, labels, models and jobs are kept."""

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_FOLDER = "workspace"


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
            database_url: the database; none is SQLite in the folder.
            blobs_url: the store for files; none is `blobs` in the folder.

        Returns:
            The workspace. Nothing is made or opened.
        """
        place = folder.expanduser().absolute()
        return cls(
            folder=place,
            database_url=_with_driver(database_url or f"sqlite:///{place / 'fetal.db'}"),
            blobs_url=blobs_url or str(place / "blobs"),
        )

    @classmethod
    def from_environment(cls) -> "Workspace":
        """Describe the workspace that the environment names.

        Returns:
            The workspace of `FETAL_WORKSPACE` (`./workspace` where it is not set), with the
            database of `FETAL_DATABASE_URL` and the files of `FETAL_BLOBS`.
        """
        return cls.at(
            Path(os.environ.get("FETAL_WORKSPACE") or DEFAULT_FOLDER),
            database_url=os.environ.get("FETAL_DATABASE_URL"),
            blobs_url=os.environ.get("FETAL_BLOBS"),
        )

    @property
    def key_file(self) -> Path:
        """The secret key of the pseudonyms; it never leaves the workspace's folder."""
        return self.folder / "pseudonyms.key"


def _with_driver(url: str) -> str:
    """Name the driver that this project ships with where the address names none."""
    for short in ("postgresql://", "postgres://"):
        if url.startswith(short):
            return f"postgresql+psycopg://{url.removeprefix(short)}"
    return url
