"""What an evaluation found, as one frozen value."""

from dataclasses import asdict, dataclass
from typing import Any

from fetal.evaluation.baselines import Baseline
from fetal.evaluation.cost import Cost
from fetal.evaluation.trust import Trust
from fetal.metrics import Coverage, Evaluation, Interval, ReliabilityBin
from fetal.planes import PLANES, Plane

FEW = 30
"""Of a plane, a machine or a group with fewer scans, no figure is claimed."""


@dataclass(frozen=True)
class Group:
    """How a model fares on a part of the scans, such as those of one machine.

    Attributes:
        name: what the scans have in common.
        scans: how many there are.
        patients: how many patients they show.
        four: accuracy over those that show one of the four fetal planes; None of fewer than FEW.
        six: accuracy over all of them; None of fewer than FEW.
    """

    name: str
    scans: int
    patients: int
    four: Interval | None
    six: Interval | None


@dataclass(frozen=True)
class Mistake:
    """A scan whose plane the model got wrong.

    Attributes:
        digest: the scan's (`fetal.scans.Scan.digest`); no file name, which may hold a patient's.
        machine: the ultrasound machine's model, or None.
        plane: what the scan shows.
        said: what the model named.
        confidence: the probability that it stated for that, 0 to 1.
        chance: the probability that it left for the truth, 0 to 1.
        doubt: whether it asked for a check: `sure`, `check` or `unknown`.
    """

    digest: str
    machine: str | None
    plane: Plane
    said: Plane
    confidence: float
    chance: float
    doubt: str


@dataclass(frozen=True)
class Withstood:
    """What is left of a model's accuracy when scans are corrupted (`fetal.evaluation.corruptions`).

    Attributes:
        name: the corruption.
        scans: how many corrupted scans of the four fetal planes were measured.
        accuracy: over these.
        lost: how much less that is than on the same scans as they are; from paired resampling.
        unread: how many could no longer be read as a scan; they are in neither figure.
        sure_wrong: the share of them of which the model was sure and wrong.
        told: how well unfamiliarity tells them from the same scans as they are (area under the
            ROC curve); None where the model cannot tell.
    """

    name: str
    scans: int
    accuracy: Interval
    lost: Interval
    unread: int
    sure_wrong: Interval | None = None
    told: Interval | None = None


@dataclass(frozen=True)
class Report:
    """A model on a set of labelled scans: what was measured, and what came out.

    Every figure over scans comes with a 95 % interval from resampling patients. Of planes and
    groups with fewer than FEW scans there are counts and no figures.

    Attributes:
        made: the moment, ISO 8601 in UTC.
        program: this program's version.
        model: the model's name.
        model_digest: which very model (`fetal.bundle.Bundle.digest`).
        data: what the set is called.
        data_digest: SHA-256 over its scans, labels and patients: the same set, the same digest.
        scans: how many scans were measured.
        patients: how many patients they show.
        repeated: how many of the scans have the same pixels as an earlier one.
        left_out: how many scans were left out, by reason.
        four: the figures over the four fetal planes; None where no scan shows one.
        six: the figures over all six planes.
        reliability: stated probability against the share right, over `main`'s scans.
        coverage: accuracy of the surest of `main`'s scans.
        few: planes of which no figure is claimed, with their number of scans.
        machines: the figures by ultrasound machine, the most frequent first.
        doubts: the figures of what the model was sure of, asked to check, did not know.
        mistakes: how many scans it got wrong.
        worst: those that it got wrong with the highest stated probability, the worst first.
        withstood: the figures on corrupted scans; empty where nobody asked.
        trust: whether its doubt can be trusted, over all six planes.
        baselines: other ways to name planes, on the same scans.
        cost: its size, and the time that it took on which machine.
        strangers_left_out: how many strange pictures were not shown to it, by reason.
    """

    made: str
    program: str
    model: str
    model_digest: str
    data: str
    data_digest: str
    scans: int
    patients: int
    repeated: int
    left_out: dict[str, int]
    four: Evaluation | None
    six: Evaluation
    reliability: tuple[ReliabilityBin, ...]
    coverage: Coverage
    few: dict[Plane, int]
    machines: tuple[Group, ...]
    doubts: tuple[Group, ...]
    mistakes: int
    worst: tuple[Mistake, ...]
    withstood: tuple[Withstood, ...]
    trust: Trust
    baselines: tuple[Baseline, ...]
    cost: Cost
    strangers_left_out: dict[str, int]

    @property
    def main(self) -> Evaluation:
        """The figures that come first: over the four fetal planes, else over all six."""
        return self.four or self.six

    def to_json(self) -> dict[str, Any]:
        """Plain values; the two evaluations are as a model's card holds them."""
        values = asdict(self)
        curve = values["coverage"]
        curve |= {name: curve[name].tolist() for name in ("thresholds", "shares", "accuracy")}
        return values | {"trust": self.trust.to_json()}

    def figures(self) -> dict[str, Any]:
        """The figures as a model's card holds them (`fetal.bundle.Card.metrics`)."""
        four = {"four fetal planes": self.four.to_json()} if self.four else {}
        return {**four, "all six planes": self.six.to_json(), "trust": self.trust.figures()}

    @property
    def others(self) -> int:
        """How many of the scans show *Other*."""
        return sum(self.six.confusion[PLANES.index(Plane.OTHER)])
