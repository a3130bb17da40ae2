"""Records of all parts of the API: pages of lists, problems, and who asks."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")

MOST_NUMBER = 2**31 - 1
"""The largest number of a row: PostgreSQL's integers have 32 bits."""

RowNumber = Annotated[int, Field(ge=1, le=MOST_NUMBER)]
Share = Annotated[float, Field(ge=0, le=1)]


class Record(BaseModel):
    """What the API gives; made of a value of the workbench that has the same names."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Asked(BaseModel):
    """What the API takes; a field that it does not know is an error, and not passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Record, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    next: str | None = Field(description="What `after` has to be for what follows; null at the end")


class Problem(Record):
    """Why a request was not carried out (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(description="The HTTP status in words")
    status: int
    detail: str = Field(description="What was expected, what was received, and what to do")


class Me(Record):
    """Whoever asks."""

    name: str = Field(description="The name that stands with what is done")
    permissions: list[str] = Field(description="What may be done now, as the audit names it")
    token: str | None = Field(description="What the token is for; null without accounts")
    scopes: list[str]
    ends_at: datetime | None = Field(description="When the token ends")


class Range(Record):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float
