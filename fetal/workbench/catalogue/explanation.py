"""What the champion says of a stored scan, looked at once and kept with its heat maps."""

from sqlalchemy import and_, select

from fetal.jobs.follow_promotions import derive_scans
from fetal.predict import Prediction
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import PredictionRow, ScanRow
from fetal.workbench.catalogue.stored_pixels import stored_scan, unknown
from fetal.workbench.core.prediction_rows import keep_prediction
from fetal.workbench.core.workbench import Workbench


def explanation(workbench: Workbench, scan_id: int) -> Prediction:
    """Let the champion look at a stored scan, with heat maps.

    What it says is kept where it had not seen the scan before, so that lists and this agree; the
    heat maps are added to what an older program kept.

    Args:
        workbench: the workbench.
        scan_id: the scan's number.

    Returns:
        The champion's prediction.

    Raises:
        UnknownScanError: there is none of this number.
        DamagedScanError: its picture is gone or damaged.
        NoModelError: no model predicts.
    """
    workbench.note_viewed(scan_id)
    champion = workbench.champion()
    prediction = champion.model.predict(stored_scan(workbench, scan_id))
    shown = (
        select(ScanState.model_id, PredictionRow.heat.is_not(None))
        .join(
            PredictionRow,
            and_(
                PredictionRow.scan_id == ScanState.scan_id,
                PredictionRow.model_id == ScanState.model_id,
            ),
        )
        .where(ScanState.scan_id == scan_id)
    )
    with workbench.store.reading() as session:
        known = session.execute(shown).first()
    if known is None or tuple(known) != (champion.version.id, True):
        with workbench.store.session() as session:
            # Somebody may have erased the scan while the model looked at it.
            if session.get(ScanRow, scan_id) is None:
                raise unknown(scan_id)
            keep_prediction(session, scan_id, champion.version.id, prediction)
            session.flush()
            # The lists may not have followed the newest promotion to this scan yet.
            derive_scans(session, [scan_id])
    return prediction
