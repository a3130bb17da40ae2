"""Does a label check for a worker, from the claim to its end."""

import logging
from collections.abc import Callable

from fetal.bundle import BundleError
from fetal.jobs.database_retry import is_passing
from fetal.jobs.label_checks.check_queue import (
    CheckLease,
    CheckOverError,
    WorkerEndsError,
    stopping,
)
from fetal.metrics.labelling.feature_heads import TooFewLabelsError
from fetal.progress import OnProgress
from fetal.store.states import CheckKind, RunState
from fetal.workbench.core.workbench import NoModelError, Workbench
from fetal.workbench.label_quality.feature_network import feature_network
from fetal.workbench.label_quality.find_mistakes import Found, find_mistakes
from fetal.workbench.label_quality.order_next import order_next
from fetal.workbench.label_quality.stored_features import compute_missing, every_scan


def bring_up_to_date(workbench: Workbench, on_progress: OnProgress) -> Found:
    """Compute the features that are missing of all stored scans.

    Args:
        workbench: the workbench.
        on_progress: called often; what it raises ends it there.

    Returns:
        How many scans there are; an empty list.
    """
    network, numbers = feature_network(workbench), every_scan(workbench)
    compute_missing(workbench, network, numbers, on_progress)
    return {"scans": len(numbers), "network": network.name}, []


logger = logging.getLogger(__name__)

FAILED = "The check failed; the program’s log says why. Please start it again."

_CHECKS: dict[CheckKind, Callable[[Workbench, OnProgress], Found]] = {
    CheckKind.MISTAKES: find_mistakes,
    CheckKind.NEXT: order_next,
    CheckKind.FEATURES: bring_up_to_date,
}


def perform(workbench: Workbench, lease: CheckLease, stop: Callable[[], bool]) -> None:
    """Do one check to its end.

    Args:
        workbench: the worker's workbench.
        lease: the right to work on it.
        stop: whether the worker is to stop; the check goes back into the queue then.

    Raises:
        OperationalError: the database is locked or away; the check is taken up again later.
    """
    try:
        figures, listed = _CHECKS[lease.kind](workbench, stopping(stop, lease.report))
        lease.finish(RunState.DONE, result=figures, listed=listed)
    except WorkerEndsError:
        lease.give_back()
    except CheckOverError:
        _end(lease, RunState.CANCELLED)
    except (TooFewLabelsError, NoModelError, BundleError) as error:
        _end(lease, RunState.FAILED, str(error))
    except Exception as error:
        if is_passing(error):
            raise
        # A person has to see an end and a way on, whatever it was.
        logger.exception("Label check %d failed.", lease.check_id)
        _end(lease, RunState.FAILED, FAILED)


def _end(lease: CheckLease, state: RunState, reason: str | None = None) -> None:
    try:
        lease.finish(state, reason)
    except CheckOverError:
        logger.warning("Label check %d was taken over by another worker.", lease.check_id)
