"""Bodies of the HTTP API about labels: given, taken back, and their history."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from facies.core.records import LabelSource, LabelState
from facies.core.wire import Body, ImageIdText, ImageOut

MOST_LABELS = 10_000
"""In one request; a program sends several, an automatic run has a request of its own."""


class LabelIn(Body):
    """What a person says of one image."""

    id: ImageIdText
    label: str = Field(description="A name; where the collection uses a taxonomy, one of its taxa.")
    state: LabelState = Field("validated", description="How it is meant; `rejected`: the image does not show this.")
    note: str | None = Field(None, description="A remark, such as a question to another expert, or the reply.")
    seen: int | None = Field(
        None,
        description="The `event` of the image when the person looked, null where it had no label; where it is not the "
        "image's any more, nothing is changed. Left out: not checked.",
    )
    keep_validated: bool = Field(
        False, description="Leave the image alone where somebody has validated its label; for images not looked at."
    )


class LabelBody(Body):
    """Labels that are given together."""

    labels: list[LabelIn] = Field(min_length=1, max_length=MOST_LABELS)


class LabelBatchOut(Body):
    """Labels that were given together, by whom, when, and by what."""

    number: int
    collection: str
    source: LabelSource
    actor: str
    verified: bool = Field(description="Whether the actor has proved to be that.")
    created_at: datetime
    provenance: dict[str, Any] = Field(
        description="Model, recipe, thresholds, file ...; in lists of batches and in histories only plain values."
    )
    undoes: int | None = Field(description="Number of the batch that this one takes back.")
    in_effect: bool = Field(description="False where the batch was undone.")
    images: int = Field(description="How many images it labels, or the batch that it undoes.")


class LabelBatchPage(Body):
    """Batches of a collection, the newest first."""

    batches: list[LabelBatchOut]
    next_before: int | None = Field(description="What `before` asks for the page after this one; null at the end.")


class LabelEventOut(Body):
    """One entry in the history of an image's label."""

    event: int
    label: str
    state: LabelState
    confidence: float | None
    novelty: float | None
    neighbours: list[str]
    note: str | None
    current: bool = Field(description="Whether the image's label comes from this event.")
    batch: LabelBatchOut


class LabelHistoryOut(Body):
    """All that was ever said of an image, the oldest first."""

    id: str
    label: str | None
    state: LabelState | None
    events: list[LabelEventOut]


class LabelCountsOut(Body):
    """How far the labelling of a collection has come."""

    collection: str
    images: int
    validated: int
    predicted: int
    dubious: int
    rejected: int = Field(description="Images of which a person only said what they do not show.")
    unnamed: int = Field(description="Images of which nothing is said.")
    classes: dict[str, int] = Field(description="Labels with validated images, the most frequent first.")
    version: tuple[int, int] = Field(description="Changes with every change of labels.")


class LabelCheckOut(Body):
    """What a comparison of the catalogue's labels with the vector store's found."""

    collection: str
    images: int
    drifted: int
    lacking: int
    strange: int
    mended: int


Precision = Annotated[float, Field(gt=0, lt=1)]


class AutoLabelBody(Body):
    """Which images are to be labelled by themselves, and how sure that shall be."""

    precision: float = Field(0.95, gt=0, lt=1, description="Share of the labels that shall be right.")
    vector: str | None = Field(None, description="Named vector; the collection's default where empty.")
    where: dict[str, Any] | None = Field(None, description="Narrows the images to be labelled, as in a search.")
    group: str | None = Field(
        None, description="Metadata field, e.g. slide; images of one do not vouch for each other."
    )
    per_class: bool = Field(False, description="Whether each class shall reach the precision by itself.")
    gate: bool = Field(True, description="Whether images far from every validated one stay unknown.")
    examples: int = Field(20, ge=0, le=1000, description="Images of each outcome to give: the least sure ones.")
    curve: list[Precision] = Field(
        default_factory=list, max_length=100, description="Other precisions to foretell the outcome of besides."
    )
    apply: bool = Field(False, description="Whether to give the labels, as one batch, or only to say what would be.")
    version: tuple[int, int] | None = Field(
        None, description="With `apply`: `version` of the preview; refused where labels have changed since."
    )


class AutoImageOut(Body):
    """What would become of one image."""

    id: str
    image: ImageOut
    label: str = Field(description="The most probable one.")
    confidence: float = Field(description="Its probability.")
    novelty: float
    set: list[str] = Field(description="Labels of which one is right as often as was asked for.")


class AutoClassOut(Body):
    """What one label would come to."""

    label: str
    validated: int = Field(description="Validated images that were learnt from.")
    threshold: float = Field(description="Least probability; above 1 where none suffices.")
    labelled: int
    expected_right: float = Field(description="Sum of their probabilities.")


class AutoPointOut(Body):
    """What a precision would come to."""

    precision: float
    labelled: int
    in_sets: int
    unknown: int
    coverage: float = Field(description="Share of the images that gets a label.")
    held_out_precision: float | None = Field(description="Share of right labels among the held-out images.")
    expected_errors: float = Field(description="Wrong labels to be expected among those given.")
    expected_errors_interval: tuple[float, float]
    threshold: float = Field(description="Least probability of a label; above 1 where none suffices.")


class AutoLabelOut(Body):
    """What labelling by itself comes to; before anything is changed, unless `batch` says so."""

    collection: str
    vector: str
    model: str
    precision: float
    way: Literal["votes", "linear", "both"] = Field(description="How images are named: the best on held-out ones.")
    validated: int = Field(description="Validated images that were learnt from.")
    classes: int
    images: int = Field(description="Images without a name that a person gave.")
    labelled: int
    in_sets: int = Field(description="Images that get no label but a set of some.")
    unknown: int = Field(description="Images too far from every validated one.")
    coverage: float = Field(description="Share of the images that gets a label.")
    held_out_coverage: float = Field(description="The same of the validated images, each named without itself.")
    held_out_precision: float | None = Field(description="Share of right labels there; null where none is given.")
    held_out_interval: tuple[float, float] = Field(description="Interval of 95 % of that share.")
    expected_errors: float = Field(description="Wrong labels to be expected among those given.")
    expected_errors_interval: tuple[float, float]
    threshold: float = Field(description="Least probability of a label; above 1 where none suffices.")
    novelty_gate: float | None
    calibration_error: float = Field(description="Expected calibration error on the held-out validated images.")
    curve: list[AutoPointOut] = Field(description="What the other precisions asked for would come to, in their order.")
    by_class: list[AutoClassOut]
    examples_labelled: list[AutoImageOut]
    examples_in_sets: list[AutoImageOut]
    examples_unknown: list[AutoImageOut]
    version: tuple[int, int] = Field(description="Of the collection's labels, for `apply`.")
    batch: LabelBatchOut | None = Field(description="The batch that was given; null for a preview.")
    notes: list[str]
    seconds: float
