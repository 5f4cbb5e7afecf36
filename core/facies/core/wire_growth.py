"""Bodies of the HTTP API about growing a label by bisection."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from facies.core.wire import Body, ImageIdText, ImageOut
from facies.core.wire_labels import LabelBatchOut

MOST_ON_A_PAGE = 200


class CutBody(Body):
    """A place among the candidates: that of an image."""

    lead: float = Field(description="By how much it is more similar to the examples than to the nearest other class.")
    id: ImageIdText


class AuditCount(Body):
    """How many of a sample were right."""

    right: int = Field(ge=0)
    total: int = Field(ge=0)


class GrowthState(Body):
    """A session, whole: it comes with every answer, and goes back with the next request as it is."""

    label: str
    vector: str
    made_by: str
    examples: list[ImageIdText] = Field(max_length=64)
    others: list[list[ImageIdText]] = Field(default_factory=list, max_length=64)
    where: dict[str, Any] | None = None
    right: CutBody | None = Field(None, description="All before this image, and itself, are taken to be right.")
    wrong: CutBody | None = Field(None, description="From this image on all are taken to be wrong.")
    kept: list[ImageIdText] = Field(default_factory=list, description="What a person saw and left in.")
    taken_out: list[ImageIdText] = Field(default_factory=list, description="What a person saw and took out.")
    pages: int = Field(0, ge=0)
    page: list[CutBody] = Field(default_factory=list, max_length=MOST_ON_A_PAGE, description="Shown to be judged.")
    sample: list[CutBody] = Field(default_factory=list, description="Shown as an audit.")
    seed: int | None = None
    audited: AuditCount | None = None
    shorter: CutBody | None = None


class GrowBody(Body):
    """What to grow."""

    label: str = Field(min_length=1)
    examples: list[ImageIdText] = Field(
        default_factory=list, max_length=64, description="Images that show it; its validated ones where empty."
    )
    vector: str | None = None
    where: dict[str, Any] | None = None
    page: int = Field(20, ge=1, le=MOST_ON_A_PAGE, description="Images of a page.")


class GrowPageBody(Body):
    """What a person says of the page that was shown, and how large the next one shall be."""

    state: GrowthState
    verdict: Literal["right", "wrong"] | None = Field(
        None,
        description="`right`: but for those taken out; `wrong`: mostly. Empty: show the page that is to be judged.",
    )
    wrong: list[ImageIdText] = Field(default_factory=list, description="Ids on the page that do not belong.")
    page: int = Field(20, ge=1, le=MOST_ON_A_PAGE)


class GrowAuditBody(Body):
    """How large a sample of what would be accepted unseen shall be."""

    state: GrowthState
    images: int = Field(20, ge=1, le=MOST_ON_A_PAGE)
    seed: int = Field(0, ge=0, le=2**32 - 1)


class GrowAuditedBody(Body):
    """What a person says of each image of the sample."""

    state: GrowthState
    wrong: list[ImageIdText] = Field(default_factory=list, description="Ids of the sample that do not belong.")
    precision: float = Field(0.95, gt=0, le=1, description="Wanted; with less, the answer says where to cut.")


class GrowStateBody(Body):
    """A session alone."""

    state: GrowthState


class GrowAcceptBody(Body):
    """How a session ends."""

    state: GrowthState
    validate_unseen: bool = Field(False, description="Whether what nobody saw is validated, not predicted.")
    reject: bool = Field(False, description="Whether what was taken out is rejected for the label.")


class AuditOut(Body):
    """What a sample says of what would be accepted unseen."""

    right: int
    total: int
    low: float = Field(description="Lower end of the interval of 95 % for the share of right ones among the unseen.")
    high: float
    enough: bool = Field(description="False where the precision wanted was missed: shorten, or accept it all the same.")


class GrowOut(Body):
    """Where a session stands, and what is to be judged next."""

    state: GrowthState
    ask: Literal["page", "audit", "accept"] = Field(description="What is next: a page, an audit, or acceptance.")
    images: list[ImageOut] = Field(description="Of the page or the sample, in its order.")
    candidates: int
    right: int = Field(description="Candidates that would be accepted.")
    unseen: int = Field(description="Of these, those that nobody has seen.")
    open: int = Field(description="Candidates between the two cuts.")
    audit: AuditOut | None


class GrownOut(Body):
    """What was given."""

    batch: LabelBatchOut
    validated: int
    predicted: int
    rejected: int
    confidence: float | None = Field(description="Of the predictions: the lower end of what the audit says.")
    notes: list[str] = Field(default_factory=list, description="What a person should know, as what was not looked at.")
