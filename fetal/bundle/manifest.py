"""The digests that tell whether a model's files are those that were written."""

import hashlib
import json
from pathlib import Path

from fetal.bundle.errors import DigestError, MissingFileError

DIGESTS = "digests.json"
WEIGHTS = "graph.bin"
REQUIRED = ("card.json", "graph.xml", WEIGHTS)
GRAPH, SECOND_READER = "graph", "second_reader"
"""The names of a model's graph and of its second reader's, before `.xml` and `.bin`."""

OPTIONAL = (
    "trained_on.txt",
    "features.npz",
    "trained_on_hashes.txt",
    f"{SECOND_READER}.xml",
    f"{SECOND_READER}.bin",
)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests_text(folder: Path) -> str:
    """The text of `digests.json` for the files that a folder holds."""
    present = [name for name in (*REQUIRED, *OPTIONAL) if (folder / name).is_file()]
    return json.dumps({name: file_digest(folder / name) for name in present}, indent=1) + "\n"


def recorded_digest(folder: Path, name: str) -> str | None:
    """Return the digest of a file as `digests.json` says it; None where it names no such file."""
    return _recorded(folder).get(name)


def stated_digest(folder: Path) -> str:
    """The digest that names a model, without checking its files: quick enough for every start.

    Raises:
        MissingFileError: the folder holds no model.
    """
    if not (folder / DIGESTS).is_file():
        raise MissingFileError(
            f"There is no model in “{folder}”. Name a model's folder, which holds card.json."
        )
    return file_digest(folder / DIGESTS)


def check_digests(folder: Path) -> str:
    """Hold every file of a model against its digest.

    Args:
        folder: the model's folder.

    Returns:
        The model's own digest: SHA-256 of `digests.json`, in hexadecimal.

    Raises:
        MissingFileError: the folder or one of its files is absent.
        DigestError: a file is not the one that was written.
    """
    if not folder.is_dir():
        raise MissingFileError(
            f"There is no model in “{folder}”. Name a model's folder, which holds card.json."
        )
    missing = [name for name in (*REQUIRED, DIGESTS) if not (folder / name).is_file()]
    if missing:
        raise MissingFileError(
            f"The model in “{folder}” lacks {', '.join(missing)}. "
            "Copy the whole folder again from where it came from."
        )
    recorded = _recorded(folder)
    for name in (*REQUIRED, *OPTIONAL):
        if name in recorded and not (folder / name).is_file():
            raise MissingFileError(
                f"The model in “{folder}” lacks {name}. "
                "Copy the whole folder again from where it came from."
            )
        if (folder / name).is_file() and file_digest(folder / name) != recorded.get(name):
            raise DigestError(
                f"{name} of the model in “{folder}” is not the file that was written: it is "
                "damaged, cut short or changed. Copy the whole folder again."
            )
    return file_digest(folder / DIGESTS)


def _recorded(folder: Path) -> dict[str, str]:
    try:
        recorded = json.loads((folder / DIGESTS).read_text("utf-8"))
    except ValueError as error:
        recorded = error
    if not isinstance(recorded, dict):
        raise DigestError(
            f"{DIGESTS} of the model in “{folder}” cannot be read. Copy the whole folder again."
        )
    return recorded
