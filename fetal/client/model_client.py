"""What a program does with retrainings, models and exports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from fetal.api.records.model_records import (
    ComparisonRecord,
    ModelRecord,
    NewPromotion,
    PromotionRecord,
    RollBack,
)
from fetal.api.records.run_records import NewRun, Plan, Run, RunDetail
from fetal.api.records.shared_records import Page
from fetal.client.sending import Connection


class ModelClient:
    """Retrainings, models and exports; `Client` has them all.

    Args:
        connection: the way to the app.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def training_plan(self) -> Plan:
        """Return what a retraining would do if it were started now."""
        return self._connection.get("/training-plan", Plan)

    def start_run(self, preset: Literal["default", "shipped", "original"] = "default") -> Run:
        """Start a retraining, or return the one that waits or works already."""
        return self._connection.post("/runs", Run, NewRun(preset=preset))

    def runs(self) -> list[Run]:
        """Return the newest retrainings, at most 500, the newest first."""
        return self._connection.get("/runs", Page[Run], limit=500).items

    def run(self, run_id: int) -> RunDetail:
        """Return a retraining with its curves and its log."""
        return self._connection.get(f"/runs/{run_id}", RunDetail)

    def follow(self, run_id: int, seconds: float = 2) -> Iterator[RunDetail]:
        """Go through the states of a retraining until it has ended.

        Args:
            run_id: the retraining.
            seconds: how often it is asked for.

        Yields:
            The retraining as it is; the last one has ended.
        """
        return self._connection.follow(lambda: self.run(run_id), seconds)

    def cancel(self, run_id: int) -> Run:
        """Stop a retraining."""
        return self._connection.post(f"/runs/{run_id}/cancel", Run)

    def try_again(self, run_id: int) -> Run:
        """Have a failed or cancelled retraining go on."""
        return self._connection.post(f"/runs/{run_id}/try-again", Run)

    def models(self) -> list[ModelRecord]:
        """Return the newest model versions, at most 500, the newest first."""
        return self._connection.get("/models", Page[ModelRecord], limit=500).items

    def compare(self, model_id: int, champion: int | None = None) -> ComparisonRecord:
        """Compare a version with another one on the locked test set.

        Args:
            model_id: the version.
            champion: the other one. If None, the one that predicts now.
        """
        path = f"/models/{model_id}/comparison"
        return self._connection.get(path, ComparisonRecord, champion=champion)

    def promote(
        self, model_id: int, *, instead_of: int | None = None, compare: bool = True
    ) -> ModelRecord:
        """Let a version predict from now on, for everybody.

        Args:
            model_id: the version.
            instead_of: the version that predicted when this was decided.
            compare: compare both first, so that the audit keeps the outcome.
        """
        new = NewPromotion(instead_of=instead_of, compare=compare)
        return self._connection.post(f"/models/{model_id}/promote", ModelRecord, new)

    def roll_back(self, *, instead_of: int | None = None) -> ModelRecord:
        """Go back to the version that predicted before."""
        new = RollBack(instead_of=instead_of)
        return self._connection.post("/models/roll-back", ModelRecord, new)

    def promotions(self) -> list[PromotionRecord]:
        """Return the newest changes of the model that predicts, at most 500."""
        return self._connection.get("/promotions", Page[PromotionRecord], limit=500).items

    def export_labels(self, target: str | Path, **chosen: Any) -> Path:
        """Write the chosen scans as a table, as it comes.

        Args:
            target: the file; it is there whole or not at all.
            chosen: which scans, as `scans` takes them, without `order`.

        Returns:
            The file.
        """
        return self._connection.save("/exports/labels.csv", Path(target), query=chosen)
