"""What a program does with batch jobs: archives, the library, what follows a promotion, copies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from fetal.api.records.batch_records import Batch, Batches, NewBatch, SetAsideRecord
from fetal.api.records.shared_records import Page
from fetal.client.sending import Connection


class BatchClient:
    """Batch jobs; `Client` has them all.

    Args:
        connection: the way to the app.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def batches(self) -> list[Batch]:
        """Return the jobs that go on and the newest that ended, at most 500."""
        return self._connection.get("/batches", Batches, limit=500).items

    def batch(self, name: str) -> Batch:
        """Return a job as it is now."""
        return self._connection.get(f"/batches/{name}", Batch)

    def start_batch(
        self,
        kind: Literal["archive", "library", "rescoring", "lookalikes"],
        *,
        folder: str | None = None,
        frames: int = 5,
        title: str | None = None,
    ) -> Batch:
        """Have a worker do a job, or return the one that does the same already.

        Args:
            kind: what to do.
            folder: of an archive, a folder of the server that is allowed there.
            frames: of an archive, how many frames of a film are named, 1 to 40.
            title: of an archive, what people call it.
        """
        new = NewBatch(kind=kind, folder=folder, frames=frames, title=title)
        return self._connection.post("/batches", Batch, new)

    def follow_batch(self, name: str, seconds: float = 2) -> Iterator[Batch]:
        """Go through the states of a job until it has ended.

        Args:
            name: the job.
            seconds: how often it is asked for.

        Yields:
            The job as it is; the last one has ended.
        """
        return self._connection.follow(lambda: self.batch(name), seconds)

    def cancel_batch(self, name: str) -> Batch:
        """Stop a job; what is done stays."""
        return self._connection.post(f"/batches/{name}/cancel", Batch)

    def try_batch_again(self, name: str) -> Batch:
        """Have a failed or cancelled job go on where it was."""
        return self._connection.post(f"/batches/{name}/try-again", Batch)

    def set_aside(self, name: str) -> Iterator[SetAsideRecord]:
        """Go through what a job could not read or predict, in the order of the archive."""
        after: str | None = None
        while True:
            path = f"/batches/{name}/set-aside"
            found = self._connection.get(path, Page[SetAsideRecord], after=after, limit=500)
            yield from found.items
            after = found.next
            if after is None:
                return

    def batch_table(self, name: str, target: str | Path) -> Path:
        """Write the table of a job that was started here and is done.

        Args:
            name: the job.
            target: the file, in Parquet; it is there whole or not at all.

        Returns:
            The file.
        """
        return self._connection.save(f"/batches/{name}/table", Path(target))
