"""The record of a run: the card that its model carries, with figures on validation patients."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fetal import __version__
from fetal.bundle import Bundle, Calibration, Card, FeatureStatistics, Head, InputSpec
from fetal.metrics import evaluate
from fetal.planes import PLANES
from fetal.splits import TRAIN
from fetal.training.calibrate import fit_doubt, fit_temperature, stay_near, to_chances
from fetal.training.data.examples import Example
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.features.extractor import Report
from fetal.training.features.fit_statistics import fit_features, fit_unknown
from fetal.training.features.float32_inference import answers, channels_of, exact_copy
from fetal.training.settings import TrainingSettings


@dataclass(frozen=True)
class About:
    """What a card says besides what the run itself finds out."""

    name: str
    data: Sequence[Mapping[str, str]] = ()
    """Data sets: name, authors, licence, source."""
    limits: Sequence[str] = ()
    """Sentences on what the model cannot do."""


def write_card(
    model: keras.Model,
    settings: TrainingSettings,
    examples: Sequence[Example],
    splits: tuple[PreparedScans, PreparedScans],
    about: About,
    champion: Bundle | None,
    report: Report,
) -> tuple[Card, FeatureStatistics | None]:
    """Calibrate a trained model on validation patients and write down what it is.

    The statistics tell of every scan that the model has learnt from, simulated ones too: what it
    finds familiar is what it has seen. They are taken of the scans as they are, unvaried. Those
    of the champion that it started from are carried on, and its calibration is only moved as far
    as there are validation scans to move it.

    Args:
        model: The network, trained.
        settings: The run's settings.
        examples: The scans of both splits.
        splits: The training and the validation frames.
        about: Name, data sets and limits.
        champion: The model that it started from, if any.
        report: Told of the validation accuracy.

    Returns:
        The card, and the statistics of the features; none where the champion carries none, as
        those of the new scans alone would call strange what it knows.
    """
    if settings.start != "champion":
        champion = None
    mean, std = channels_of(model)
    exact = exact_copy(model, settings)
    train, validation = splits
    features, _ = answers(exact, settings, train)
    others, logits = answers(exact, settings, validation)
    statistics = _statistics(features, train, examples, champion)
    calibration = _calibrate(
        logits,
        validation,
        statistics.strangeness(others) if statistics else None,
        champion.card.calibration if champion else None,
    )
    chances = to_chances(logits, calibration.temperature)
    figures = evaluate(validation.classes, chances, validation.patients)
    report({"kind": "log", "text": f"Validation accuracy {figures.accuracy.percent()}."})
    names = [layer.name for layer in model.layers]
    card = Card(
        name=about.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        architecture=settings.architecture,
        input=InputSpec(settings.size, mean, std, settings.crop_to_sector),
        head=Head(maps=names[names.index("pool") - 1]),
        calibration=calibration,
        metrics={"validation": figures.to_json()},
        training=_origin(settings, examples),
        parent=champion.digest if champion else None,
        data=[dict(item) for item in about.data],
        limits=list(about.limits),
        versions={name: version(name) for name in ("keras", "numpy", "openvino")}
        | {"fetal": __version__, "backend": keras.backend.backend()},
    )
    return card, statistics


def _statistics(
    features: NDArray[np.float32],
    train: PreparedScans,
    examples: Sequence[Example],
    champion: Bundle | None,
) -> FeatureStatistics | None:
    """Those of the champion and of the scans that it had not learnt from, or of all scans."""
    if champion is None:
        return fit_features(features, train.classes)
    known = champion.features()
    if known is None:
        return None
    before = champion.trained_on()
    seen = [example.digest in before for example in examples if example.split == TRAIN]
    new = ~np.pad(np.array(seen, bool), (0, len(train.classes) - len(seen)))
    if not new.any():
        return known
    return known.merged_with(fit_features(features[new], train.classes[new]))


def _calibrate(
    logits: NDArray[np.float64],
    validation: PreparedScans,
    strangeness: NDArray[np.float64] | None,
    before: Calibration | None,
) -> Calibration:
    """Fit to the validation split; near what a champion had, as far as that split is small."""
    scans = len(validation.classes)
    temperature = fit_temperature(logits, validation.classes)
    if before:
        temperature = stay_near(temperature, before.temperature, scans)
    doubt = fit_doubt(logits, validation.classes, temperature)
    unknown = None if strangeness is None else fit_unknown(strangeness)
    if before:
        doubt = stay_near(doubt, before.check_below, scans)
    if before and before.unknown_above and unknown:
        # Never lower: the new scans say nothing of how strange the others may look.
        unknown = max(unknown, before.unknown_above)
    return Calibration(temperature, check_below=doubt, unknown_above=unknown)


def _origin(settings: TrainingSettings, examples: Sequence[Example]) -> dict[str, Any]:
    lines = sorted(f"{item.digest} {item.plane} {item.split}" for item in examples)
    said = settings.to_json()
    if settings.weights:
        said["weights"] = Path(settings.weights).name
    return {
        "snapshot_digest": sha256("\n".join(lines).encode()).hexdigest(),
        "scans": len(examples),
        "patients": len({item.patient for item in examples}),
        "per_plane": dict(Counter(item.plane.value for item in examples)),
        "splits": dict(Counter(item.split for item in examples)),
        "phantoms": settings.phantoms * len(PLANES),
        "started_from": settings.start,
        "settings": said,
    }
