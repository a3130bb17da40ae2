"""Whether a model's doubt can be trusted: sure errors, their order, promises, strangers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fetal.bundle import Calibration
from fetal.evaluation.labelled_predictions import Case, arrays
from fetal.metrics import (
    CalibrationLine,
    Interval,
    RiskCoverage,
    SetFigures,
    Strangers,
    SureErrors,
    adaptive_calibration_error,
    calibration_line,
    classwise_calibration_error,
    risk_coverage,
    set_figures,
    strangers,
    sure_errors,
)
from fetal.planes import PLANES

ALL = "all scans"
"""The kind of the first row of sure errors."""


@dataclass(frozen=True)
class Trust:
    """Whether a model knows when it is wrong, over all six planes.

    Attributes:
        sure_errors: sure and wrong: over all scans, by plane, and by kind of strange pictures.
        risk_coverage: the risk-coverage curve and its area.
        classwise: the calibration error of every plane's probability, in equal bins.
        adaptive: the same in bins of as many scans each.
        line: the calibration slope, and an intercept for each plane.
        sets: what sets of planes kept of their promise; None where the model promises none.
        strangers: how well unfamiliarity tells strange pictures, by kind; empty where none were
            shown, or the model cannot tell.
        hesitation: the same by how unsure the model was of its answer (one less the largest
            probability: the baseline of Hendrycks and Gimpel 2017).
    """

    sure_errors: tuple[SureErrors, ...]
    risk_coverage: RiskCoverage
    classwise: Interval
    adaptive: Interval
    line: CalibrationLine
    sets: SetFigures | None
    strangers: tuple[Strangers, ...]
    hesitation: tuple[Strangers, ...]

    @property
    def sure(self) -> SureErrors:
        """The sure errors over all scans."""
        return self.sure_errors[0]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        values = asdict(self)
        curve = values["risk_coverage"]
        curve |= {name: curve[name].tolist() for name in ("coverage", "risk")}
        return values

    def figures(self) -> dict[str, Any]:
        """The same without the curve, as a model's card holds it."""
        values = self.to_json()
        curve = values["risk_coverage"]
        return values | {"risk_coverage": {name: curve[name] for name in ("area", "excess")}}


def measure_trust(
    cases: Sequence[Case],
    calibration: Calibration,
    strange: Mapping[str, Sequence[Case]] | None = None,
) -> Trust:
    """Measure whether a model knows when it is wrong.

    Args:
        cases: what the model said of labelled scans; at least one.
        calibration: the model's.
        strange: what it said of pictures that show no plane it has learnt as such, by kind, such
            as “other anatomy”, “other device” or “no ultrasound”. Their plane is the right answer
            all the same: `Plane.OTHER` where they show none.

    Returns:
        The figures.
    """
    kinds = {kind: pictures for kind, pictures in (strange or {}).items() if pictures}
    labels, chances, patients = arrays(cases)
    tells = calibration.unknown_above is not None
    return Trust(
        sure_errors=_sure_errors(cases, kinds),
        risk_coverage=risk_coverage(labels, chances, patients),
        classwise=classwise_calibration_error(labels, chances, patients),
        adaptive=adaptive_calibration_error(labels, chances, patients),
        line=calibration_line(labels, chances, patients),
        sets=set_figures(calibration.plane_sets, labels, chances, patients)
        if calibration.plane_sets
        else None,
        strangers=strangers(
            [case.unfamiliarity for case in cases],
            patients,
            {
                kind: ([one.unfamiliarity for one in some], [one.patient for one in some])
                for kind, some in kinds.items()
            },
        )
        if tells
        else (),
        hesitation=strangers(
            [1 - case.confidence for case in cases],
            patients,
            {
                kind: ([1 - one.confidence for one in some], [one.patient for one in some])
                for kind, some in kinds.items()
            },
            threshold=1 - calibration.check_below,
        ),
    )


def _sure_errors(
    cases: Sequence[Case], kinds: Mapping[str, Sequence[Case]]
) -> tuple[SureErrors, ...]:
    by_plane = sorted(cases, key=lambda case: PLANES.index(case.plane))
    named = [(case.plane.title, case) for case in by_plane]
    named += [(kind, case) for kind, some in kinds.items() for case in some]
    rows = [(ALL, case) for case in cases] + named
    return sure_errors(
        [kind for kind, _ in rows],
        [case.sure for _, case in rows],
        [case.right for _, case in rows],
        [case.patient for _, case in rows],
    )
