"""Records of batch jobs: what is asked for, how far each is, and what it set aside."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from fetal.api.records.shared_records import Asked, Record
from fetal.store.states import BatchKind, RunState


class NewBatch(Asked):
    """A job that a worker is to do."""

    kind: Literal["archive", "library", "rescoring", "lookalikes"] = Field(
        description="Predict a folder of the server; predict all stored scans; have the model that "
        "predicts predict the scans without a label; look for copies among the stored scans"
    )
    folder: str | None = Field(
        default=None,
        max_length=1000,
        description="Of an archive: a folder of the server that FETAL_IMPORT_FOLDERS allows",
    )
    frames: int = Field(
        default=5, ge=1, le=40, description="Of an archive: how many frames of a film are named"
    )
    title: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Of an archive: what people call it; names no patient",
    )

    @model_validator(mode="after")
    def _folder_is_of_an_archive(self) -> Self:
        if (self.folder is not None) != (self.kind == "archive"):
            raise ValueError("a folder with the kind “archive”, and with no other")
        return self


class BatchProgressRecord(Record):
    """How far a job is."""

    done: int = Field(description="Files or scans that are done, those set aside included")
    total: int = Field(description="Of how many; 0 while nobody knows")
    refused: int = Field(description="How many were set aside")
    shards_done: int
    shards: int = Field(description="Parts of an archive; 0 where the work has none")
    rate: float | None = Field(description="How many a second; null while nobody knows")
    seconds_left: float | None
    price: float | None = Field(description="What the rest costs, where a price was given")


class Batch(Record):
    """One job: long work on very many files or scans."""

    name: str = Field(description="A number, or `check-` and the number of a label check")
    kind: BatchKind | None = Field(description="Null of a label check")
    title: str
    status: RunState
    who: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    progress: BatchProgressRecord
    machine: str | None
    cancelling: bool
    reason: str | None = Field(description="One sentence, where it did not end well")
    named: int = Field(description="How many that it set aside can be listed")
    may_repeat: bool = Field(description="Whether it can be tried again from here")

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""
        return self.status.is_active


class Batches(Record):
    """The jobs that go on, and those that ended, the newest first."""

    items: list[Batch]


class SetAsideRecord(Record):
    """A file or a scan that a job could not read or predict."""

    place: int = Field(description="Of a file, which one of the archive, counted from 1")
    scan: str | None = Field(description="The name of a stored scan; null of a file")
    sentence: str
