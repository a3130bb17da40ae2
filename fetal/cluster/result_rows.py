"""The table of an archive's predictions: its columns, and a row of it."""

from typing import Any

import pyarrow as pa

from fetal.bundle import Bundle
from fetal.planes import PLANES
from fetal.predict import Prediction

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("frame", pa.int32()),
        ("digest", pa.string()),
        ("plane", pa.string()),
        ("confidence", pa.float32()),
        *((plane.value, pa.float32()) for plane in PLANES),
        ("doubt", pa.string()),
        ("doubt_words", pa.string()),
        ("unfamiliarity", pa.float32()),
        ("plane_set", pa.string()),
        ("second_reader", pa.string()),
        ("second_reader_confidence", pa.float32()),
        ("readers_agree", pa.bool_()),
        ("error", pa.string()),
        ("model", pa.string()),
        ("model_digest", pa.string()),
    ]
)
"""What each column means stands in docs/cluster.md, which a test compares."""


def result_row(
    source: str,
    bundle: Bundle,
    prediction: Prediction | None = None,
    *,
    frame: int | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    """Return what the table tells of a file.

    Args:
        source: what identifies the file in its archive.
        bundle: the model.
        prediction: what the model said; None where the file was refused.
        frame: which frame of a film, from 0; None for a still.
        error: the sentence that says why the file was refused; None where it was not.
    """
    row: dict[str, Any] = dict.fromkeys(SCHEMA.names)
    row |= {"source": source, "frame": frame, "error": error}
    row |= {"model": bundle.card.name, "model_digest": bundle.digest}
    if prediction is None:
        return row
    second = prediction.second_opinion
    return row | {
        "digest": prediction.scan.digest,
        "plane": prediction.plane.value,
        "confidence": prediction.confidence,
        **{plane.value: prediction.probabilities[plane] for plane in PLANES},
        "doubt": prediction.doubt.value,
        "doubt_words": prediction.words,
        "unfamiliarity": prediction.unfamiliarity,
        "plane_set": None if prediction.plane_set is None else prediction.plane_set.words,
        "second_reader": None if second is None else second.name,
        "second_reader_confidence": None if second is None else second.confidence,
        "readers_agree": None if second is None else second.agrees,
    }
