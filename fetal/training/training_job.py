"""The job file: what a supervisor asks a training process to do."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from fetal.planes import Plane
from fetal.scans import Box, Scan
from fetal.store.blobs import Blobs
from fetal.store.contents import read_stored_scan


@dataclass(frozen=True)
class JobScan:
    """A labelled scan to learn from or to validate on, as a snapshot lists it."""

    digest: str
    blob: str
    """Where its picture is in the store."""
    box: tuple[int, int, int, int]
    """Its sector, as `fetal.scans.Box`: left, top, right, bottom."""
    plane: Plane
    patient: str
    split: str

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Self:
        """Take what a training needs of an entry of a snapshot."""
        return cls(
            digest=entry["digest"],
            blob=entry["blob"],
            box=tuple(entry["box"]),
            plane=Plane(entry["plane"]),
            patient=entry["patient"],
            split=entry["split"],
        )

    def read(self, blobs: Blobs) -> Scan:
        """Read it from the store."""
        return read_stored_scan(blobs, self.blob, self.digest, Box(*self.box))


@dataclass(frozen=True)
class TrainingJob:
    """What a training process is to do.

    Attributes:
        examples: the scans to learn from and to validate on; never those of the test set.
        blobs_url: where the pictures are stored.
        settings: the settings as `TrainingSettings.to_json` gives them.
        start: the folder of the model to start from; None if there is none.
        folder: where the run keeps its epochs.
        cache: the folder of features that runs share.
        name: the name of the new model.
        parent: the digest of the model to start from.
    """

    examples: tuple[JobScan, ...]
    blobs_url: str
    settings: Mapping[str, Any]
    start: str | None
    folder: str
    cache: str
    name: str
    parent: str | None

    def write(self, path: Path) -> None:
        """Write the job file, whole or not at all."""
        write_whole(path, asdict(self))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a job file; what another version added is left out."""
        values = json.loads(path.read_text())
        names = {one.name for one in fields(cls)}
        examples = tuple(JobScan.of(entry) for entry in values.pop("examples"))
        return cls(examples, **{name: values[name] for name in names & values.keys()})


def write_whole(path: Path, values: Mapping[str, Any]) -> None:
    """Write JSON into a file, which afterwards holds the old or the new content, never a part."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(json.dumps(values))
    draft.replace(path)
