"""The card of a model: what it is, what it was trained on, and how good it is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras

from fetal import __version__
from fetal.bundle import Bundle, Card, Head, InputSpec, SecondReaderCard
from fetal.training.data.examples import Example, phantoms
from fetal.training.features.float32_inference import channels_of
from fetal.training.networks.compute_device import describe
from fetal.training.settings import TrainingSettings
from fetal.training.stages.stage_context import StageContext
from fetal.training.validation import Validation


@dataclass(frozen=True)
class About:
    """What a card says besides what the run itself finds out."""

    name: str
    data: Sequence[Mapping[str, str]] = ()
    """Data sets: name, authors, licence, source."""
    limits: Sequence[str] = ()
    """Sentences on what the model cannot do."""
    statements: Mapping[str, str] = field(default_factory=dict)
    """What only people know, by a key of `fetal.bundle.STATEMENTS`."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many scans were there and not trained on, by reason."""


def write_card(
    context: StageContext,
    examples: Sequence[Example],
    validation: Validation,
    about: About,
    champion: Bundle | None,
    second_reader: SecondReaderCard | None = None,
    minutes: float | None = None,
) -> Card:
    """Write down what a trained model is.

    Args:
        context: What every stage of the run worked with; its network is trained.
        examples: The scans of both splits.
        validation: Its calibration and its figures.
        about: Name, data sets and limits.
        champion: The model that it started from; None if it started from none.
        second_reader: What is said of its second reader; None if it has none.
        minutes: How long the run took; None where it was stopped in between.

    Returns:
        The card.
    """
    settings = context.settings
    mean, std = channels_of(context.model)
    names = [layer.name for layer in context.model.layers]
    return Card(
        name=about.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        architecture=settings.architecture,
        input=InputSpec(settings.size, mean, std, settings.crop_to_sector),
        head=Head(maps=names[names.index("pool") - 1]),
        calibration=validation.calibration,
        metrics={"validation": validation.figures.to_json()},
        training=_origin(settings, examples)
        | {"computed_on": describe(), "minutes": minutes, "left_out": dict(about.left_out)},
        parent=champion.digest if champion else None,
        data=[dict(item) for item in about.data],
        limits=list(about.limits),
        statements=dict(about.statements),
        versions=_versions(),
        second_reader=second_reader,
    )


def _versions() -> dict[str, str]:
    said = {"fetal": __version__, "backend": keras.backend.backend()}
    for name in ("keras", "numpy", "openvino"):
        # A machine that only trains has no OpenVINO.
        with suppress(PackageNotFoundError):
            said[name] = version(name)
    return said


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
        "phantoms": len(phantoms(settings)),
        "started_from": settings.start,
        "settings": said,
    }
