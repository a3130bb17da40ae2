"""Records of model versions, comparisons and promotions."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from fetal.api.records.shared_records import Asked, Range, Record, RowNumber
from fetal.planes import Plane


class ModelRecord(Record):
    """One model version."""

    id: int
    digest: str
    name: str
    is_champion: bool = Field(description="Whether it predicts now")
    added_at: datetime
    parent_name: str | None
    run_id: int | None
    promoted_at: datetime | None
    origin: Literal["shipped", "retrained"]
    card: dict[str, Any] = Field(description="What it says about itself, as in its card.json")


class DisagreementRecord(Record):
    """A scan of the locked test set of which two models say different things."""

    scan_id: int
    label: Plane
    first: Plane
    second: Plane


class ComparisonRecord(Record):
    """Two models on the locked test set."""

    first_id: int
    second_id: int
    n_scans: int
    n_patients: int
    first_accuracy: Range | None
    second_accuracy: Range | None
    difference: Range | None = Field(description="How much more accurate the second is, a share")
    verdict: Literal["better", "not worse", "worse"] | None
    left_out: int
    words: str
    disagreements: list[DisagreementRecord]


class NewPromotion(Asked):
    """A promotion."""

    instead_of: RowNumber | None = Field(
        default=None, description="The version that predicted when this was decided"
    )
    compare: bool = Field(
        default=True, description="Compare both first, so that the audit keeps the outcome"
    )


class RollBack(Asked):
    """The way back to the version that predicted before."""

    instead_of: RowNumber | None = Field(
        default=None, description="The version that predicted when this was decided"
    )


class PromotionRecord(Record):
    """One change of the model that predicts."""

    id: int
    model_id: int
    model_name: str
    previous_name: str | None
    kind: str
    who: str
    at: datetime
