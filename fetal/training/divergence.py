"""A training whose loss is no number any more has come to nothing, and says so."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from fetal.training.features.extractor import Report


class DivergedError(ValueError):
    """The loss grew beyond all numbers; the message says where, and what to do."""


def has_diverged(point: Mapping[str, Any]) -> bool:
    """Return whether a point of a run's curves holds a loss that is no number."""
    return not all(isfinite(point[key]) for key in ("loss", "val_loss") if key in point)


def ending_where_it_diverges(report: Report) -> Report:
    """Return a report that passes everything on, and ends the training at such a point.

    Args:
        report: told of all events, this point included.

    Raises:
        DivergedError: by what is returned, from the first loss that is no number.
    """

    def told(event: dict[str, Any]) -> None:
        report(dict(event))
        if event["kind"] == "epoch" and has_diverged(event):
            raise DivergedError(
                f"The training diverged: in epoch {event['epoch']} of “{event['stage']}” its loss "
                "was no number any more, so there is no model. Train with a lower learning rate."
            )

    return told
