"""The row that keeps what a model said of a scan."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.jobs.batch_prediction import kept_values
from fetal.predict import KeptHeat, Prediction
from fetal.store.tables import PredictionRow


def keep_prediction(
    session: Session, scan_id: int, model_id: int, prediction: Prediction
) -> PredictionRow:
    """Add what a model said of a scan to the transaction, or its heat maps if only they lack.

    Args:
        session: the transaction.
        scan_id: the scan.
        model_id: the model version.
        prediction: what it said.

    Returns:
        The row.
    """
    row = session.scalar(
        select(PredictionRow).where(
            PredictionRow.scan_id == scan_id, PredictionRow.model_id == model_id
        )
    )
    if row is None:
        row = PredictionRow(**kept_values(scan_id, model_id, prediction))
        session.add(row)
    elif row.heat is None:
        row.heat = KeptHeat.of(prediction).pack()
    return row
