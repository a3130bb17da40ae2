"""The states and kinds that rows of the database name, as they are written there."""

from enum import StrEnum


class RunState(StrEnum):
    """Where a retraining is between the click and its end."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_active(self) -> bool:
        """Whether the run waits or works, so that no other may start."""
        return self in (RunState.QUEUED, RunState.RUNNING)


class AnnotationKind(StrEnum):
    """What a person did with a scan."""

    ACCEPT = "accept"
    """The label is what the model said."""
    CORRECT = "correct"
    """The label is another one than the model said."""
    LABEL = "label"
    """No model had said anything."""
    IMPORT = "import"
    NOTE = "note"
    UNDO = "undo"


class BatchKind(StrEnum):
    """What a batch job does."""

    ARCHIVE = "archive"
    """Predicts the files of an archive into a table."""
    LIBRARY = "library"
    """Predicts all stored scans, and writes a table."""
    RESCORING = "rescoring"
    """Predicts the scans without a label after a promotion."""
    LOOKALIKES = "look-alikes"
    """Looks for copies among the scans that a model sees alike."""
    IMPORT = "import"
    """Brings scans and labels in."""


class CheckKind(StrEnum):
    """What a job that looks at labels looks for."""

    MISTAKES = "mistakes"
    """Labels that are likely wrong."""
    NEXT = "next"
    """What to label next, and how much more labels would bring."""
    FEATURES = "features"
    """Nothing: the features of all scans are brought up to date, for maps and likenesses."""
