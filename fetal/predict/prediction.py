"""What a model says about one scan."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fetal import explain
from fetal.metrics.conformal.plane_set import PlaneSet
from fetal.metrics.conformal.set_thresholds import SetThresholds
from fetal.planes import PLANES, Plane
from fetal.predict.second_opinion import SecondOpinion
from fetal.predict.uncertainty import Doubt
from fetal.scans import Scan
from fetal.scans.letterbox import Framing
from fetal.scans.sector.detect_sector import stored_sector


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says about one scan.

    Attributes:
        plane: the most probable plane.
        probabilities: calibrated probability of every plane, 0 to 1, summing to 1.
        doubt: whether a person should check it.
        words: the same in words.
        unfamiliarity: how unlike the scans that the model has learnt from, as a multiple of what
            the model's card still calls familiar: from 1 on, the doubt is `UNKNOWN`. 0 where the
            model cannot tell, because an older program made it.
        second_opinion: what the model's second reader says; none where it has no second reader.
        set_thresholds: from which probability on a plane is in `plane_set`; none where an older
            program made the model.
        heat: float32 (6, h, w), 0 to 1: where each plane is seen, in the network's own cells.
        framing: the square of the scan that the model saw.
        scan: the scan.

    Example:
        >>> prediction = load_model().predict("scan.png")  # doctest: +SKIP
        >>> prediction.plane, round(prediction.confidence, 2)  # doctest: +SKIP
        (<Plane.BRAIN: 'brain'>, 0.99)
    """

    plane: Plane
    probabilities: dict[Plane, float]
    doubt: Doubt
    words: str
    heat: npt.NDArray[np.float32] = field(repr=False)
    framing: Framing = field(repr=False)
    scan: Scan = field(repr=False)
    unfamiliarity: float = 0.0
    set_thresholds: SetThresholds | None = field(default=None, repr=False)
    second_opinion: SecondOpinion | None = None

    @property
    def plane_set(self) -> PlaneSet | None:
        """The planes that the scan may show, with a promise; none where the model makes none.

        Example:
            >>> load_model().predict("scan.png").plane_set.promise  # doctest: +SKIP
            'brain or other, 95 %'
        """
        thresholds = self.set_thresholds
        return None if thresholds is None else thresholds.set_of(self.probabilities)

    @property
    def confidence(self) -> float:
        """The calibrated probability of `plane`, 0 to 1."""
        return self.probabilities[self.plane]

    def heat_map(
        self, plane: Plane | None = None, heat: explain.Heat | None = None
    ) -> npt.NDArray[np.float32]:
        """Where the model sees a plane, on the scan's own pixels.

        Args:
            plane: which plane to explain; by default the predicted one.
            heat: of another method, float32 (6, h, w), as `Model.explain` gives it; by default
                Grad-CAM's.

        Returns:
            float32 (H, W), 0 to 1; 0 outside the sector and outside what the model saw.
        """
        cells = (self.heat if heat is None else heat)[PLANES.index(plane or self.plane)]
        whole = self.framing.unapply(explain.enlarge(cells, self.framing.size))
        return np.where(stored_sector(self.scan.pixels), whole, np.float32(0))

    def overlay(
        self,
        plane: Plane | None = None,
        opacity: float = 0.5,
        colours: str = "cividis",
        heat: explain.Heat | None = None,
    ) -> npt.NDArray[np.uint8]:
        """The scan with the heat map over it.

        Args:
            plane: which plane to explain; by default the predicted one.
            opacity: how much of the scan the hotter half covers, 0 to 1.
            colours: one of `fetal.explain.COLOUR_MAPS`.
            heat: of another method, as `heat_map` takes it.

        Returns:
            uint8 (H, W, 3), red, green, blue, of the scan's size.
        """
        shown = self.heat_map(plane, heat)
        return explain.overlay(self.scan.pixels, shown, opacity=opacity, colours=colours)
