"""What a training run is made of: one frozen value that a card, a job and a table can hold."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any

from fetal.training.augmentation_settings import Augmentation
from fetal.training.setting_checks import SettingsError, check_one_of, check_within

__all__ = [
    "PRESETS",
    "RANGES",
    "Augmentation",
    "SettingsError",
    "Stage",
    "TrainingSettings",
    "check_one_of",
    "check_within",
    "completed",
]


RANGES: dict[str, tuple[float, float]] = {
    "size": (32, 2048),
    "batch": (1, 1024),
    "variants": (1, 64),
    "phantoms": (0, 5000),
    "early_phantoms": (0, 5000),
    "weight_decay": (0, 1),
    "label_smoothing": (0, 0.5),
    "dropout": (0, 0.95),
    "rehearsal": (0, 100),
    "keep": (0, 1),
    "average": (0, 0.9999),
    "fragments": (0, 0.9),
    "second_reader": (0, 100),
}
"""The least and the most that a setting may be. What lies beyond trains nothing, or needs more
memory and time than anybody has: a typing error, told before a job is queued."""


@dataclass(frozen=True)
class Stage:
    """One part of a schedule: which layers learn, for how long and how fast."""

    name: str
    learn: str
    """`head` (on cached features), a stage of the architecture such as `conv5`, or `all`."""
    epochs: int
    learning_rate: float
    schedule: str = "cosine"
    """`cosine` (after a short warm-up) or `plateau` (a third whenever validation stands still)."""
    patience: int = 6
    """Epochs without a lower validation loss after which the stage ends."""
    keeps: str = "best"
    """`best`: the weights of the epoch with the lowest validation loss; `last`: those of the last
    epoch, where no validation scan shows what is learnt, such as simulated scans."""

    def __post_init__(self) -> None:
        check_one_of("schedule", self.schedule, ("cosine", "plateau"))
        check_one_of("keeps", self.keeps, ("best", "last"))
        check_within(self, "epochs", 1, 1000)
        check_within(self, "learning_rate", 0, 10)
        check_within(self, "patience", 1, 1000)


@dataclass(frozen=True)
class TrainingSettings:
    """All that decides a run besides its scans.

    Example:
        >>> PRESETS["original"].size
        661
    """

    name: str = "default"
    architecture: str = "resnet50"
    size: int = 256
    """Side of the square that the model sees, in pixels."""
    crop_to_sector: bool = True
    normalise: str = "imagenet"
    """`imagenet` (what the start's weights expect) or `training set` (its mean and deviation)."""
    start: str = "champion"
    """`champion`, `weights` (a file), `imagenet` (Keras's download) or `nothing`."""
    weights: str | None = None
    """Path to the weights file when `start` is `weights`."""
    stages: tuple[Stage, ...] = field(default_factory=tuple)
    optimizer: str = "adamw"
    """`sgd` (with momentum 0.9), `plain_sgd`, `adam` or `adamw`."""
    weight_decay: float = 0.01
    """For `adamw`."""
    loss: str = "categorical"
    """`categorical` or `binary` cross-entropy, or `focal`, which counts a scan the less the surer
    the network already is of its plane (Lin et al. 2017)."""
    label_smoothing: float = 0.05
    class_weights: bool = True
    batch: int = 16
    dropout: float = 0.2
    augmentation: Augmentation = field(default_factory=Augmentation)
    mixed_precision: bool = True
    """Use 16-bit arithmetic where the device is quicker with it."""
    batch_statistics: bool = False
    """Whether batch normalisation that came with its kernels learns too, with the statistics of
    each batch; otherwise only one that starts fresh does. A few hundred scans in small batches
    blur statistics, but without them a high rate, such as 0.01 for all layers, learns nothing."""
    cache_features: bool = True
    """Keep on disk what frozen layers make of a scan, for later epochs and other runs."""
    variants: int = 4
    """Fixed variations of each scan that stages with frozen layers learn from, one an epoch in
    turn; the first is the scan as it is. Only with `cache_features`."""
    phantoms: int = 0
    """Simulated scans of each plane that are added to the training split."""
    early_phantoms: int = 0
    """Simulated scans of heads at 11 to 15 weeks that are added too, and a third as many of the
    abdomen and of the thorax at that age."""
    rehearsal: float = 0.0
    """With start `champion`: how much what the champion knew counts beside the new scans, so that
    it is not forgotten; 0 does not rehearse it."""
    keep: float = 0.0
    """With start `champion`: the champion's share in the mean of its weights and the trained ones
    that the run ends with (Wortsman et al. 2022); 0 ends with the trained ones."""
    average: float = 0.0
    """Momentum of a running mean of the weights, such as 0.99, which is validated and kept in
    their place (Polyak and Juditsky 1992; Izmailov et al. 2018); 0 keeps the weights themselves.
    Not for the stage that learns the head alone."""
    fragments: float = 0.0
    """Chance that a training scan is shown as a frame of no plane, labelled Other: a corner far
    enlarged, or halves of two planes. Stages that learn more than the head then look at every
    scan anew."""
    second_reader: int = 0
    """With start `champion`: how often the champion's second reader, where it has one, learns from
    each scan too; 0 carries it along as it is."""
    seed: int = 7

    def __post_init__(self) -> None:
        check_one_of("normalise", self.normalise, ("imagenet", "training set"))
        check_one_of("start", self.start, ("champion", "weights", "imagenet", "nothing"))
        check_one_of("optimizer", self.optimizer, ("sgd", "plain_sgd", "adam", "adamw"))
        check_one_of("loss", self.loss, ("categorical", "binary", "focal"))
        if self.start == "weights" and not self.weights:
            raise SettingsError(
                "Start “weights” expects the path of a weights file; none was given. "
                "Set `weights` or choose another start."
            )
        for name, (least, most) in RANGES.items():
            check_within(self, name, least, most)
        if not self.stages:
            raise SettingsError("`stages` expects at least one stage; received none.")

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a card or a database holds them."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TrainingSettings":
        """The inverse of `to_json`.

        Raises:
            SettingsError: a name is unknown or a value out of range.
        """
        try:
            return cls(
                **{
                    **data,
                    "stages": tuple(Stage(**stage) for stage in data["stages"]),
                    "augmentation": Augmentation(**data["augmentation"]),
                }
            )
        except (TypeError, KeyError) as error:
            raise SettingsError(
                f"These settings do not fit this version of the program: {error}. "
                "Compare them with a preset."
            ) from error

    def but(self, **changes: Any) -> "TrainingSettings":
        """A copy with some settings changed."""
        return replace(self, **changes)


def completed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give settings that an older version stored the usual value of each that it did not have.

    Args:
        settings: as `TrainingSettings.to_json` of that version gave them.

    Example:
        >>> completed({"name": "older", "stages": [{"name": "All layers"}]})["stages"][0]["keeps"]
        'best'
    """
    return {
        **_usual(TrainingSettings),
        **settings,
        "augmentation": _usual(Augmentation) | settings.get("augmentation", {}),
        "stages": [_usual(Stage) | stage for stage in settings.get("stages", ())],
    }


def _usual(kind: type[TrainingSettings | Stage | Augmentation]) -> dict[str, Any]:
    return {one.name: one.default for one in fields(kind) if one.default is not MISSING}


_PLACE_ONLY = Augmentation(gain=0.0, contrast=0.0, gamma=0.0, speckle=0.0, blur=0.0)

PRESETS: dict[str, TrainingSettings] = {
    "default": TrainingSettings(
        stages=(
            Stage("Last layer", "head", epochs=20, learning_rate=1e-3),
            Stage("Upper layers", "conv5", epochs=8, learning_rate=1e-5, patience=3),
        ),
        rehearsal=1.0,
        keep=0.5,
    ),
    "shipped": TrainingSettings(
        name="shipped",
        start="weights",
        weights="resnet50_imagenet_partial.npz",
        stages=(
            Stage("Upper layers", "conv5", epochs=4, learning_rate=5e-4),
            Stage("All layers", "all", epochs=16, learning_rate=6e-5, patience=16),
        ),
        augmentation=Augmentation(
            rotation=20.0,
            zoom=0.25,
            gain=0.2,
            contrast=0.45,
            lift=0.2,
            coarseness=3.0,
            writing=0.25,
            blank=0.2,
        ),
        phantoms=20,
    ),
    "original": TrainingSettings(
        name="original",
        size=661,
        crop_to_sector=False,
        normalise="training set",
        start="imagenet",
        stages=(Stage("All layers", "all", epochs=40, learning_rate=0.01, schedule="plateau"),),
        optimizer="plain_sgd",
        label_smoothing=0.0,
        class_weights=False,
        dropout=0.0,
        augmentation=replace(_PLACE_ONLY, flip_vertical=True, rotation=20.0, zoom=0.2, shift=0.1),
        mixed_precision=False,
        batch_statistics=True,
    ),
}
"""Named settings: `default` retrains the champion, `shipped` made the shipped model, and
`original` is the recipe of the published experiment (661 x 661 x 3, mean and deviation of the
training set, one-hot labels, flips both ways, rotation, crop, SGD 0.01 lowered on plateaus)."""
