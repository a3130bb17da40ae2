"""Model versions: listed, compared, promoted, and the way back."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from fetal.api.callers import Promoter, Reader
from fetal.api.once_only import Key, once
from fetal.api.paging import After, Limit, number_of
from fetal.api.problems import documented
from fetal.api.records.model_records import (
    ComparisonRecord,
    DisagreementRecord,
    ModelRecord,
    NewPromotion,
    PromotionRecord,
    RollBack,
)
from fetal.api.records.shared_records import MOST_NUMBER, Page, Range
from fetal.metrics import Interval
from fetal.workbench.models import promotion
from fetal.workbench.models.comparison import Comparison

router = APIRouter(tags=["models"], responses=documented(404, 409))

ModelNumber = Annotated[int, Path(ge=1, le=MOST_NUMBER, description="The version's number")]


@router.get("/models")
def listed(caller: Reader, after: After = None, limit: Limit = 100) -> Page[ModelRecord]:
    """List model versions, the newest first; `is_champion` says which one predicts now."""
    before = number_of(after)
    versions = sorted(promotion.versions(caller.workbench), key=lambda one: -one.id)
    found = [one for one in versions if before is None or one.id < before]
    shown = found[:limit]
    more = str(shown[-1].id) if len(found) > limit else None
    return Page(items=[ModelRecord.model_validate(one) for one in shown], next=more)


@router.get("/models/{model_id}/comparison")
def comparison(
    caller: Reader,
    model_id: ModelNumber,
    champion: Annotated[
        int | None,
        Query(ge=1, le=MOST_NUMBER, description="Compared with this version [the champion]"),
    ] = None,
) -> ComparisonRecord:
    """Compare a version with the champion on the locked test set.

    Predictions that are missing are made first, which takes a tenth of a second of CPU a scan.
    """
    first = champion or caller.workbench.champion().version.id
    return _told(promotion.compare(caller.workbench, first, model_id))


@router.post("/models/{model_id}/promote", response_model=ModelRecord)
def promote(
    caller: Promoter, model_id: ModelNumber, new: NewPromotion, key: Key = None
) -> Response:
    """Let a version predict from now on, for everybody.

    Where a second person has to agree, `is_champion` of the answer is false until one does.
    """

    def decide() -> ModelRecord:
        seen = caller.workbench.champion().version.id
        shown = (
            promotion.compare(caller.workbench, seen, model_id)
            if new.compare and seen != model_id
            else None
        )
        kept = promotion.promote(
            caller.workbench, model_id, caller.name, shown, instead_of=new.instead_of
        )
        return ModelRecord.model_validate(kept)

    asked = (f"POST /models/{model_id}/promote", new.model_dump_json().encode())
    return once(caller, key, asked, decide)


@router.post("/models/roll-back", response_model=ModelRecord)
def roll_back(caller: Promoter, new: RollBack, key: Key = None) -> Response:
    """Go back to the version that predicted before the present one was promoted."""

    def go_back() -> ModelRecord:
        back = promotion.roll_back(caller.workbench, caller.name, instead_of=new.instead_of)
        return ModelRecord.model_validate(back)

    return once(caller, key, ("POST /models/roll-back", new.model_dump_json().encode()), go_back)


@router.get("/promotions")
def promotions(caller: Reader, after: After = None, limit: Limit = 100) -> Page[PromotionRecord]:
    """List every change of the model that predicts, the newest first."""
    before = number_of(after)
    every = promotion.promotions(caller.workbench)
    found = [one for one in every if before is None or one.id < before]
    shown = found[:limit]
    more = str(shown[-1].id) if len(found) > limit else None
    return Page(items=[PromotionRecord.model_validate(one) for one in shown], next=more)


def _told(found: Comparison) -> ComparisonRecord:
    return ComparisonRecord(
        first_id=found.first_id,
        second_id=found.second_id,
        n_scans=found.n_scans,
        n_patients=found.n_patients,
        first_accuracy=_range(found.first.accuracy) if found.first else None,
        second_accuracy=_range(found.second.accuracy) if found.second else None,
        difference=_range(found.difference) if found.difference else None,
        verdict=found.verdict.verdict.value if found.verdict else None,
        left_out=found.left_out,
        words=found.words,
        disagreements=[
            DisagreementRecord(
                scan_id=one.scan.id, label=one.label, first=one.first, second=one.second
            )
            for one in found.disagreements
        ],
    )


def _range(figure: Interval) -> Range:
    return Range.model_validate(figure)
