"""What any version says of stored scans, predicted where it has not said it yet."""

from collections.abc import Sequence

from fetal.jobs.batch_prediction import score
from fetal.progress import OnProgress, Progress, no_progress
from fetal.store.tables import PredictionRow
from fetal.workbench.core.prediction_rows import kept_predictions
from fetal.workbench.core.workbench import Workbench


def held_out_predictions(
    workbench: Workbench,
    model_id: int,
    scans: Sequence[int],
    on_progress: OnProgress = no_progress,
) -> dict[int, list[float]]:
    """Return a version's probabilities for scans; what is missing is predicted and kept.

    Args:
        workbench: the open workbench.
        model_id: the version.
        scans: the scans' numbers.
        on_progress: called after every predicted scan.

    Returns:
        The six probabilities in the order of PLANES, by the scan's number. A scan that was
        erased meanwhile, or whose picture is gone or damaged, is not among them.

    Raises:
        NoModelError: the workspace has no such version.
        BundleError: its files are damaged, and it has yet to predict a scan.
    """
    said = _kept(workbench, model_id, scans)
    # A version that has said everything need not be loaded: that would push out another one.
    if not said.keys() >= set(scans):
        score(workbench.store, workbench.model(model_id), model_id, scans, on_progress=on_progress)
        said = _kept(workbench, model_id, scans)
    else:
        on_progress(Progress(len(scans), len(scans)))
    return said


def _kept(workbench: Workbench, model_id: int, scans: Sequence[int]) -> dict[int, list[float]]:
    with workbench.store.reading() as session:
        return kept_predictions(session, model_id, scans, PredictionRow.probabilities)
