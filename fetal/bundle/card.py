"""The card of a model: what it is, how its input is made, how well it does, where it comes from."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from fetal.bundle.errors import CardError, UnknownFormatError, WrongPlanesError
from fetal.bundle.kept_plane_sets import read_plane_sets
from fetal.bundle.reader_card import SecondReaderCard
from fetal.metrics.conformal.set_thresholds import SetThresholds
from fetal.planes import PLANES, Plane

FORMAT = 1
"""The layout of the folder that this program writes and reads."""


@dataclass(frozen=True)
class InputSpec:
    """How a scan becomes the model's input.

    Attributes:
        size: side of the square input, in pixels (32 to 2048).
        mean: what is subtracted from each of the three channels, on the scale 0 to 255.
        std: what each channel is then divided by, above 0.
        crop_to_sector: whether the scan is cropped to the ultrasound sector first.
        channels: channels that the grey input is repeated to; always 3.
    """

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop_to_sector: bool = True
    channels: int = 3

    def __post_init__(self) -> None:
        _require(32 <= self.size <= 2048, "input.size", "between 32 and 2048", self.size)
        _require(self.channels == 3, "input.channels", "3", self.channels)
        for name, values in (("mean", self.mean), ("std", self.std)):
            expected = f"{self.channels} finite numbers"
            finite = len(values) == self.channels and all(map(math.isfinite, values))
            _require(finite, f"input.{name}", expected, values)
        _require(min(self.std) > 0, "input.std", "numbers above 0", self.std)


@dataclass(frozen=True)
class Head:
    """Where the heat maps come from: the last convolution's layer and the pooling above it."""

    maps: str
    pooling: str = "average"

    def __post_init__(self) -> None:
        _require(self.pooling == "average", "head.pooling", "“average”", self.pooling)


@dataclass(frozen=True)
class Calibration:
    """How a score becomes a probability, and below which a person is asked to check.

    Attributes:
        temperature: the logits are divided by it before the softmax (Guo et al. 2017); above 0.
        check_below: a prediction whose probability is lower is called doubtful; 0 to 1.
        unknown_above: a picture whose features are at least so strange is called unknown
            (`FeatureStatistics.strangeness`); above 0. None where an older program made the
            model: nothing is called unknown then.
        plane_sets: from which probability on a plane belongs to the set of planes that a scan may
            show, with a promise. None where an older program made the model.
    """

    temperature: float = 1.0
    check_below: float = 0.8
    unknown_above: float | None = None
    plane_sets: SetThresholds | None = None

    def __post_init__(self) -> None:
        possible = math.isfinite(self.temperature) and self.temperature > 0
        _require(possible, "calibration.temperature", "a number above 0", self.temperature)
        _require(0 <= self.check_below <= 1, "calibration.check_below", "0 to 1", self.check_below)
        unknown = self.unknown_above
        possible = unknown is None or (math.isfinite(unknown) and unknown > 0)
        _require(possible, "calibration.unknown_above", "a number above 0 or none", unknown)


@dataclass(frozen=True)
class Card:
    """What a model says about itself; `card.json` of its folder.

    Attributes:
        name: what people call it, such as “shipped 2026-11”.
        created: the moment it was written, ISO 8601 in UTC.
        architecture: the name that `fetal.training.networks.architectures.build` knows.
        input: how a scan becomes its input.
        head: where its heat maps come from.
        calibration: how its scores become probabilities.
        planes: its classes in the order of its scores; always the six planes.
        metrics: figures per set of scans, each with n and interval.
        training: what it was trained on and with which settings.
        parent: digest of the model that it started from.
        data: the data sets behind it: name, authors, licence, source.
        limits: sentences on what it cannot do.
        statements: what only people know of it, by a key of `STATEMENTS`: where its labels come
            from, whose the scans are, and the like.
        versions: the libraries that made it.
        second_reader: the network that says whether it agrees; none in models without one.
        extra: keys that this program does not know; kept as they are.

    Example:
        >>> card = Card("mine", "2026-11-23T10:00:00+00:00", "resnet50",
        ...             InputSpec(256, (40.0, 40.0, 40.0), (50.0, 50.0, 50.0)), Head("last"))
        >>> Card.from_json(card.to_json()) == card
        True
    """

    name: str
    created: str
    architecture: str
    input: InputSpec
    head: Head
    calibration: Calibration = field(default_factory=Calibration)
    planes: tuple[Plane, ...] = PLANES
    metrics: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None
    data: list[dict[str, Any]] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    statements: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    second_reader: SecondReaderCard | None = None

    def __post_init__(self) -> None:
        for name in ("name", "created", "architecture"):
            _require(bool(getattr(self, name).strip()), name, "a text", getattr(self, name))
        if self.planes != PLANES:
            raise WrongPlanesError(
                f"This model answers with the planes {', '.join(self.planes)}; expected "
                f"{', '.join(PLANES)}, in this order. Use a model that this program trained."
            )

    def to_json(self) -> dict[str, Any]:
        """The card as plain JSON values, in the order of `card.json`."""
        values = asdict(self)
        extra = values.pop("extra")
        values["planes"] = [plane.value for plane in self.planes]
        # Models without one have the same card as ever.
        values.pop("second_reader")
        if self.second_reader is not None:
            values["second_reader"] = self.second_reader.to_json()
        values["input"] |= {"mean": list(self.input.mean), "std": list(self.input.std)}
        return {"format": FORMAT, **values, **extra}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read and check a card.

        Args:
            values: the content of `card.json`.

        Returns:
            The card; keys that it does not know are in `extra`.

        Raises:
            UnknownFormatError: another version of this program wrote it.
            WrongPlanesError: its classes are not the six planes.
            CardError: something is missing or impossible.
        """
        if values.get("format") != FORMAT:
            raise UnknownFormatError(
                f"This model has format {values.get('format')!r}; this program reads format "
                f"{FORMAT}. Update the program, or use a model that this version wrote."
            )
        known = {item.name for item in fields(cls)} - {"extra"}
        given = {key: value for key, value in values.items() if key in known}
        try:
            given["input"] = _input(given["input"])
            given["head"] = Head(str(given["head"]["maps"]), str(given["head"]["pooling"]))
            given["calibration"] = _calibration(given["calibration"])
            given["planes"] = _planes(given["planes"])
            if given.get("second_reader") is not None:
                given["second_reader"] = SecondReaderCard.from_json(given["second_reader"])
            _check_types(given)
            extra = {key: values[key] for key in values if key not in known | {"format"}}
            return cls(**given, extra=extra)
        except KeyError as missing:
            raise CardError(
                f"The model's card lacks {missing}. Copy the model again from where it came from."
            ) from missing
        except (TypeError, AttributeError) as error:
            raise CardError(
                f"The model's card cannot be read ({error}). "
                "Copy the model again from where it came from."
            ) from error

    def to_text(self) -> str:
        """The text of `card.json`."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _require(holds: bool, key: str, expected: str, received: object) -> None:
    if not holds:
        raise CardError(
            f"The model's card says {key} = {received!r}; expected {expected}. "
            "Correct the card, or copy the model again."
        )


def _input(values: Mapping[str, Any]) -> InputSpec:
    return InputSpec(
        size=int(values["size"]),
        mean=tuple(float(value) for value in values["mean"]),
        std=tuple(float(value) for value in values["std"]),
        crop_to_sector=bool(values["crop_to_sector"]),
        channels=int(values["channels"]),
    )


def _calibration(values: Mapping[str, Any]) -> Calibration:
    unknown_above = values.get("unknown_above")
    return Calibration(
        temperature=float(values["temperature"]),
        check_below=float(values["check_below"]),
        unknown_above=None if unknown_above is None else float(unknown_above),
        plane_sets=read_plane_sets(values),
    )


def _planes(names: Sequence[str]) -> tuple[Plane, ...]:
    try:
        return tuple(Plane(name) for name in names)
    except ValueError as error:
        raise WrongPlanesError(
            f"This model answers with the planes {', '.join(map(str, names))}; expected "
            f"{', '.join(PLANES)}, in this order. Use a model that this program trained."
        ) from error


def _check_types(given: Mapping[str, Any]) -> None:
    expected: dict[str, type | tuple[type, ...]] = {
        "name": str,
        "created": str,
        "architecture": str,
        "metrics": dict,
        "training": dict,
        "parent": (str, type(None)),
        "data": list,
        "limits": list,
        "statements": dict,
        "versions": dict,
    }
    for key, kind in expected.items():
        if key in given and not isinstance(given[key], kind):
            raise TypeError(f"{key} is a {type(given[key]).__name__}")
        if key in ("name", "created", "architecture") and key not in given:
            raise KeyError(key)
