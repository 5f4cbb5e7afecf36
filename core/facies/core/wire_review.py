"""Bodies of the HTTP API about reviews: queues, reference plates, and groups of unknown images."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from facies.core.wire import Body, ImageOut
from facies.core.wire_classify import PredictionOut
from facies.core.wire_labels import LabelBatchOut

MOST_SHOWN = 1_000
"""Images of one kind on a reference plate."""
MOST_QUEUED = 5_000
MOST_LEFT_OUT = 100_000
"""Images of one queue."""


class QueueBody(Body):
    """Which images are wanted for a look."""

    by: Literal["uncertain", "boundary", "diverse", "disagreement", "errors", "duplicates", "flagged"]
    limit: int = Field(50, ge=1, le=MOST_QUEUED)
    vector: str | None = Field(None, description="Named vector to compare by; the collection's default where empty.")
    other_vectors: list[str] = Field(
        default_factory=list, max_length=8, description="For `disagreement`; all of the collection where empty."
    )
    group: str | None = Field(
        None, description="Metadata field; images that share a value, such as a slide, never teach each other's name."
    )
    where: dict[str, Any] | None = Field(None, description="Narrows the images, as in a search.")
    doubt: Literal["top", "entropy"] = Field(
        "top", description="How `uncertain` is measured: by the most probable label, or by all."
    )
    alike: float = Field(0.98, gt=-1, le=1, description="Cosine from which images are near-duplicates.")
    without: list[str] = Field(
        default_factory=list,
        max_length=MOST_LEFT_OUT,
        description="Ids of images that are left out, as those that a person has passed over: how to go on in a queue, "
        "also while labels change.",
    )
    fold: bool = Field(
        False,
        description="Whether near-duplicates among images that wait for a name come as one item, the first of them; "
        "has no part in `errors`, `duplicates` and `flagged`, which are about what people said of each image.",
    )


class QueueItemOut(Body):
    """An image that is worth a look, and why."""

    image: ImageOut
    value: float | None = Field(
        description="`uncertain`: doubt, 0 to 1; `boundary`: margin of the two most probable labels, 0 to 1; "
        "`diverse`: distance, 0 to 2; `disagreement`: Jensen-Shannon divergence, 0 to 1; `errors`: how well "
        "the label fits, 0 to 1; `duplicates`: cosine."
    )
    suggestions: list[PredictionOut] = Field(description="The most probable labels.")
    by_vector: dict[str, str] = Field(description="The most probable label by each vector, where these disagree.")
    folded_ids: list[str] = Field(
        default_factory=list, description="With `fold`: near-duplicates that would come further down the queue."
    )
    mate: ImageOut | None = Field(description="The near-duplicate with another label.")
    note: str | None = Field(description="What a person remarked who called the label dubious.")
    actor: str | None = Field(description="Who that was.")


class QueueOut(Body):
    """Images that are worth a look, the most so first."""

    by: str
    collection: str
    vector: str
    looked_at: int
    items: list[QueueItemOut]
    notes: list[str]


class ExemplarOut(Body):
    """An image of a reference plate."""

    image: ImageOut
    other: str | None = Field(description="The class that it is most confused with, at a boundary.")
    margin: float | None = Field(description="By how much its own class is more probable than that one, -1 to 1.")
    nearest: str | None = Field(description="Id of the image of the plate's class that it looks like.")
    similarity: float | None = Field(description="Their cosine.")


class PlateOut(Body):
    """What a class looks like in its middle, at its boundary, and what is confused with it."""

    label: str
    collection: str
    vector: str
    images: int = Field(description="Validated images of the class.")
    medoid: ExemplarOut
    typical: list[ExemplarOut]
    boundary: list[ExemplarOut]
    confusable: list[ExemplarOut]
    notes: list[str]


class UnknownsBody(Body):
    """How unknown images are found and grouped."""

    vector: str | None = None
    where: dict[str, Any] | None = None
    group: str | None = Field(None, description="Metadata field; images that share a value are not compared.")
    share: float = Field(0.75, gt=0, le=1, description="Of the validated images that count as known; the gate.")
    fewest: int = Field(5, ge=2, description="Images of a group, at least.")
    name_by: Literal["number", "nearest"] = Field(
        "number", description="`Unknown A`, or after the nearest class, `Areoligera sp. A`."
    )
    shown: int = Field(1, ge=1, le=200, description="Images of each group to give whole, the medoid first.")


class UnknownGroupOut(Body):
    """Unknown images that may be one taxon."""

    name: str = Field(description="Provisional; no label of the collection has it.")
    images: int
    medoid: ImageOut
    shown: list[ImageOut] = Field(description="As many as were asked for, from the middle outwards.")
    nearest: str | None = Field(description="The nearest class with validated images.")
    distance: float | None = Field(description="1 less the cosine of the two middles, 0 to 2.")
    members: list[str] = Field(description="Ids, from the middle outwards.")


class UnknownsOut(Body):
    """Unknown images of a collection, in groups."""

    collection: str
    vector: str
    looked_at: int
    gate: float | None = Field(description="Novelty beyond which an image is unknown; null with nothing validated.")
    unknown: int
    groups: list[UnknownGroupOut]
    apart: list[str] = Field(description="Ids of unknown images that belong to no group, the strangest first.")
    batch: LabelBatchOut | None = Field(None, description="The batch that gave the names, where that was asked for.")
    notes: list[str]


class RenameBody(Body):
    """Labels that become another one."""

    names: list[str] = Field(min_length=1, max_length=100)
    to: str = Field(min_length=1)
    validate_images: bool = Field(
        False, description="Whether predictions become validated: somebody has seen each image."
    )
