"""How the second reader is fine-tuned: one frozen value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from fetal.training.settings import Augmentation, SettingsError, check_one_of, check_within

ROWS, COLUMNS = 224, 288
"""The frame that SonoNet's authors trained it on, in pixels."""

READER_RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 1000),
    "batch": (1, 1024),
    "learning_rate": (0, 10),
    "weight_decay": (0, 1),
    "distillation": (0, 10),
    "outliers": (0, 100),
    "fragments": (0, 1),
    "keep": (0, 1),
    "seed": (0, 2**31),
}
"""The least and the most that a setting may be."""

LEARNS = ("head", "conv5", "conv4", "conv3", "conv2", "all")
"""What may learn: the head alone, the convolutions from one group upwards, or everything."""


@dataclass(frozen=True)
class SecondReaderSettings:
    """How the second reader learns our planes without forgetting its own classes.

    Example:
        >>> SecondReaderSettings(distillation=1.0).learn
        'conv5'
    """

    learn: str = "conv5"
    """One of `LEARNS`. Batch normalisation keeps its statistics and its scale in any case."""
    epochs: int = 10
    batch: int = 32
    learning_rate: float = 1e-4
    """What a cosine with a short warm-up reaches."""
    weight_decay: float = 0.01
    distillation: float = 0.5
    """How much it counts how far its fourteen probabilities leave those that it gave untrained
    (Li and Hoiem 2017, “Learning without Forgetting”)."""
    outliers: float = 1.0
    """How much a scan of no standard plane counts, beside 1 for every other."""
    fragments: float = 0.1
    """How many frames that show no plane any more are made up of scans for each scan."""
    keep: float = 0.0
    """The share of the untrained weights in the mean that it ends with (Wortsman et al. 2022)."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 7

    def __post_init__(self) -> None:
        check_one_of("learn", self.learn, LEARNS)
        for name, (least, most) in READER_RANGES.items():
            check_within(self, name, least, most)

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a card holds them."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SecondReaderSettings":
        """The inverse of `to_json`.

        Raises:
            SettingsError: a name is unknown or a value out of range.
        """
        try:
            return cls(**{**data, "augmentation": Augmentation(**data["augmentation"])})
        except (TypeError, KeyError) as error:
            raise SettingsError(
                f"These settings of a second reader do not fit this version: {error}."
            ) from error

    def but(self, **changes: Any) -> "SecondReaderSettings":
        """A copy with some settings changed."""
        return replace(self, **changes)
