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

from fetal import __version__
from fetal.bundle import Bundle, Calibration, Card, FeatureStatistics, Head, InputSpec
from fetal.metrics import evaluate
from fetal.planes import PLANES
from fetal.training.calibration import fit_doubt, fit_temperature, to_chances
from fetal.training.exact import answers, channels_of, exact_copy
from fetal.training.examples import Example
from fetal.training.familiarity import fit_features, fit_unknown
from fetal.training.features import Report
from fetal.training.frames import Frames
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
    sides: tuple[Frames, Frames],
    about: About,
    champion: Bundle | None,
    report: Report,
) -> tuple[Card, FeatureStatistics]:
    """Calibrate a trained model on validation patients and write down what it is.

    The statistics tell of every scan that the model has learnt from, simulated ones too: what it
    finds familiar is what it has seen. They are taken of the scans as they are, unvaried.

    Args:
        model: The network, trained.
        settings: The run's settings.
        examples: The scans of both sides.
        sides: The training and the validation frames.
        about: Name, data sets and limits.
        champion: The model that it started from, if any.
        report: Told of the validation accuracy.

    Returns:
        The card, and the statistics of the features.
    """
    mean, std = channels_of(model)
    exact = exact_copy(model, settings)
    train, validation = sides
    features, _ = answers(exact, settings, train)
    others, logits = answers(exact, settings, validation)
    statistics = fit_features(features, train.classes)
    temperature = fit_temperature(logits, validation.classes)
    figures = evaluate(validation.classes, to_chances(logits, temperature), validation.patients)
    report({"kind": "log", "text": f"Validation accuracy {figures.accuracy.percent()}."})
    names = [layer.name for layer in model.layers]
    card = Card(
        name=about.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        architecture=settings.architecture,
        input=InputSpec(settings.size, mean, std, settings.crop_to_sector),
        head=Head(maps=names[names.index("pool") - 1]),
        calibration=Calibration(
            temperature,
            check_below=fit_doubt(logits, validation.classes, temperature),
            unknown_above=fit_unknown(statistics.strangeness(others)),
        ),
        metrics={"validation": figures.to_json()},
        training=_origin(settings, examples),
        parent=champion.digest if champion and settings.start == "champion" else None,
        data=[dict(item) for item in about.data],
        limits=list(about.limits),
        versions={name: version(name) for name in ("keras", "numpy", "openvino")}
        | {"fetal": __version__, "backend": keras.backend.backend()},
    )
    return card, statistics


def _origin(settings: TrainingSettings, examples: Sequence[Example]) -> dict[str, Any]:
    lines = sorted(f"{item.digest} {item.plane} {item.side}" for item in examples)
    said = settings.to_json()
    if settings.weights:
        said["weights"] = Path(settings.weights).name
    return {
        "snapshot_digest": sha256("\n".join(lines).encode()).hexdigest(),
        "scans": len(examples),
        "patients": len({item.patient for item in examples}),
        "per_plane": dict(Counter(item.plane.value for item in examples)),
        "sides": dict(Counter(item.side for item in examples)),
        "phantoms": settings.phantoms * len(PLANES),
        "started_from": settings.start,
        "settings": said,
    }
