"""A training whose loss is no number any more has come to nothing, and says so."""

from fetal.training.events import EpochDone, OnEvent, TrainingEvent


class DivergedError(ValueError):
    """The loss grew beyond all numbers; the message says where, and what to do."""


def stop_if_diverged(on_event: OnEvent) -> OnEvent:
    """Return a function that passes events on and ends the training once it diverges.

    Args:
        on_event: called with every event, the epoch in which it diverged included.

    Returns:
        The function; it raises `DivergedError` after the first epoch whose loss is no number.
    """

    def pass_on(event: TrainingEvent) -> None:
        on_event(event)
        if isinstance(event, EpochDone) and event.diverged:
            raise DivergedError(
                f"The training diverged: in epoch {event.epoch} of “{event.stage}” its loss "
                "was no number any more, so there is no model. Train with a lower learning rate."
            )

    return pass_on
