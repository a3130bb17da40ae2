"""Records of scans: as they come in, as they are stored, and what the model sees on them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from fetal.api.records.shared_records import Record, Share
from fetal.planes import Plane

Doubt = Literal["sure", "check", "unknown"]
Label = Literal["brain", "abdomen", "femur", "thorax", "cervix", "other", "unusable"]
Source = Literal["upload", "import", "sample"]
Outcome = Literal[
    "added", "already there", "refused", "waits for you", "set aside", "left out", "not read"
]


class PlaneSetRecord(Record):
    """The planes that a scan may show, with a promise."""

    planes: list[Plane]
    unpromised: list[Plane]
    coverage: Share
    words: str


class SecondOpinionRecord(Record):
    """What the model's second reader says."""

    probabilities: dict[Plane, float]
    no_plane: Share
    agrees: bool
    words: str


class Scan(Record):
    """A stored scan, with its label and the model's opinion."""

    id: int
    name: str
    patient: str = Field(description="The patient's pseudonym")
    named_patient: bool = Field(description="False where the patient is unknown")
    source: Source
    added_at: datetime
    added_by: str
    width: int = Field(description="Pixels")
    height: int = Field(description="Pixels")
    machine: str | None
    predicted: Plane | None
    probabilities: dict[Plane, float] = Field(description="Calibrated; empty without an opinion")
    confidence: Share | None
    doubt: Doubt | None = Field(description="`unknown`: not a plane that the model knows")
    doubt_words: str
    plane_set: PlaneSetRecord | None
    second_opinion: SecondOpinionRecord | None
    model_name: str | None
    label: Label | None
    label_id: int | None = Field(description="The annotation whose label stands")
    label_kind: str | None
    labelled_by: str | None
    labelled_at: datetime | None
    note: str
    agrees: bool | None = Field(description="Whether model and person say the same")


class TakenFile(Record):
    """What became of one file."""

    file: str = Field(description="Its name as it was sent; it is not stored")
    outcome: Outcome
    scan_id: int | None = Field(description="The scan, new or already there")
    sentence: str
    waiting: int | None = Field(description="Its number under `/quarantine`, where it waits")


class TakenFiles(Record):
    """What became of the files of a request, in their order."""

    results: list[TakenFile]


class Heat(Record):
    """Where the model sees each plane: Grad-CAM, in the network's own cells.

    The cells cover a square of the scan evenly; outside the scan and its sector they mean nothing.
    """

    left: int = Field(description="Left edge of the square, in the scan's pixels; may be below 0")
    top: int = Field(description="Its upper edge, in the scan's pixels")
    side: int = Field(description="Its side, in the scan's pixels")
    cells: dict[Plane, list[list[float]]] = Field(description="Rows of values from 0 to 1")


class PredictionRecord(Record):
    """What the model that predicts now says of a scan."""

    scan_id: int
    model: str
    plane: Plane
    probabilities: dict[Plane, float]
    confidence: Share
    doubt: Doubt
    words: str
    unfamiliarity: float = Field(description="From 1 on, the scan is no plane the model knows")
    plane_set: PlaneSetRecord | None
    second_opinion: SecondOpinionRecord | None
    heat: Heat


class Waiting(Record):
    """A scan that waits for a person before it is stored; in memory alone."""

    number: int
    file: str
    reason: str
    width: int
    height: int


class WaitingScans(Record):
    """All scans that wait for whoever asks, the first that came first."""

    items: list[Waiting]
