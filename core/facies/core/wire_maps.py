"""HTTP bodies of maps: what there is, what colours mean, and what a lasso encloses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import quote

from pydantic import Field

from facies.core.maps import MapMethod, MapRecord
from facies.core.records import LabelState
from facies.core.wire import Body, ImageOut
from facies.core.wire_labels import LabelBatchOut

MOST_IDS: Final = 20_000
"""Ids that an answer about a lasso lists; the count counts all."""

MOST_IMAGES: Final = 5_000
"""Images that an answer about a lasso describes."""

MOST_CORNERS: Final = 10_000
"""Corners of a polygon: a hand that draws for a minute makes fewer."""

ColumnType = Literal["u1", "u2", "f4"]


def made_of(record: MapRecord) -> int:
    """When a map was made, in microseconds: tells maps of one number apart, where a data folder was made anew."""
    return round(record.created_at.timestamp() * 1_000_000)


class MapOut(Body):
    """A map of a collection."""

    number: int = Field(description="Which it is; later maps have higher numbers.")
    collection: str
    vector: str = Field(description="The named vector whose neighbours are neighbours on the map.")
    method: MapMethod = Field(description="`pca` stands until `umap` is ready.")
    current: bool = Field(description="Whether the vector is made today as it was for the map.")
    points: int = Field(description="Images on it.")
    parts: int = Field(description="How many times points were added; positions of the first parts never change.")
    fitted: int = Field(description="Images that the layout was computed from; the others were placed on it.")
    start: int | None = Field(description="The map whose positions it started from.")
    trustworthiness: float | None = Field(description="Of a seeded sample; 1 is best.")
    parameters: dict[str, Any]
    created_at: datetime
    positions: str = Field(description="Path of the positions: float32, little endian, x and y of each point in turn.")

    @classmethod
    def of(cls, record: MapRecord, *, current: bool) -> Self:
        """The map as it is told."""
        facts = record.facts
        place = f"/v1/collections/{quote(record.collection, safe='')}/maps/{record.number}"
        return cls(
            number=record.number,
            collection=record.collection,
            vector=facts.vector,
            method=facts.method,
            current=current,
            points=record.points,
            parts=record.parts,
            fitted=facts.fitted,
            start=facts.start,
            trustworthiness=facts.trustworthiness,
            parameters=dict(facts.parameters),
            created_at=record.created_at,
            positions=f"{place}/positions?parts={record.parts}&made={made_of(record)}",
        )


class LegendEntry(Body):
    """One category of a map's colours."""

    code: int = Field(description="What the column holds for it.")
    value: str | None = Field(description="Its name; null for images without one.")
    count: int
    rest: bool = Field(False, description="Whether it stands for all categories that were too many to be told apart.")


class LegendOut(Body):
    """What the colours of a map mean, and where the column is that has one value for each point."""

    by: str = Field(description="`label`, `state`, or a metadata field.")
    rank: str | None = Field(description="Rank that labels were brought to.")
    kind: Literal["category", "number"]
    type: ColumnType = Field(
        description="Of the column: `u1`, `u2` (codes) or `f4` (numbers, NaN where there is none)."
    )
    points: int
    gone: int = Field(description="Points whose image is in the collection no more.")
    gone_code: int | None = Field(description="What the column holds for those; among numbers it is -inf.")
    entries: list[LegendEntry] = Field(description="Categories, the most frequent first; empty for numbers.")
    low: float | None = Field(description="Least number.")
    high: float | None = Field(description="Greatest number.")
    revision: str = Field(description="State of images and labels that this is true of.")
    column: str = Field(description="Path of the column, little endian.")


class Shown(Body):
    """Categories of a map that are shown; what is not shown is not enclosed by a lasso."""

    by: str = Field("label", max_length=255)
    rank: str | None = Field(None, max_length=40)
    values: list[str | None] = Field(max_length=65_536, description="Names as in the legend; null: without one.")
    rest: bool = Field(False, description="Whether the category that stands for all others is shown.")


Corner = tuple[Annotated[float, Field(allow_inf_nan=False)], Annotated[float, Field(allow_inf_nan=False)]]


class Lasso(Body):
    """A polygon on a map."""

    polygon: list[Corner] = Field(min_length=3, max_length=MOST_CORNERS, description="Corners in map coordinates.")
    parts: int | None = Field(None, ge=1, description="Of which parts of the map; all where left out.")
    shown: Shown | None = None


class LassoBody(Lasso):
    """What is to be told of the images that a polygon encloses."""

    offset: int = Field(0, ge=0, description="Images to pass over before those that are described.")
    limit: int = Field(200, ge=0, le=MOST_IMAGES, description="Most images to describe.")


class LassoOut(Body):
    """What a polygon encloses. Images that are in the collection no more are not counted."""

    map: int
    count: int
    ids: list[str] = Field(description=f"Ids of the first {MOST_IDS:,}, those nearest to the middle first.")
    images: list[ImageOut] = Field(description="Those from `offset` on, in the same order.")
    labels: dict[str, int] = Field(description="Images enclosed for each label, the most frequent first.")


class LassoLabelBody(Lasso):
    """A label for all that a polygon encloses."""

    label: str = Field(max_length=255)
    state: LabelState = "validated"
    note: str | None = Field(None, max_length=10_000)
    expected: int | None = Field(None, ge=0, description="How many were seen in it; another number is refused.")
    keep_validated: bool = Field(True, description="Leave images alone whose label somebody has validated.")


class LassoLabelsOut(Body):
    """What came of it."""

    count: int = Field(description="Images that got the label.")
    kept: int = Field(description="Images that were left alone, since their label is validated.")
    batch: LabelBatchOut | None = Field(description="To be undone as any other; null where nothing was labelled.")
