"""Bodies of the HTTP API about naming uploaded or stored images by the validated ones."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from facies.core.wire import Body
from facies.core.wire_search import Example, NeighbourOut
from facies.core.wire_taxonomy import Age, Depth, HiddenOut, RolledUpOut


class ClassifyBody(Body):
    """What to classify; each example gets an answer of its own."""

    examples: list[Example] = Field(min_length=1, max_length=256)
    k: int = Field(15, ge=1, description="Validated neighbours that are shown, and that vote by `temperature`.")
    top: int | None = Field(None, ge=1, description="Labels to give; 5, and 3 in a collection of scenes.")
    temperature: float | None = Field(
        None,
        gt=0,
        description="Count plain votes, softened by this, in place of calibrated probabilities.",
    )
    precision: float | None = Field(
        None, gt=0, lt=1, description="Also decide: a label that is right in such a share of cases, a set, or unknown."
    )
    group: str | None = Field(
        None, description="Metadata field, e.g. slide; images of one do not vouch for each other in the calibration."
    )
    where: dict[str, Any] | None = Field(None, description="Narrows the validated images that names are learnt from.")
    vector: str | None = None
    roll_up: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Also name each image by the lowest taxon of its first label's lineage that is so probable.",
    )
    only: list[str] | None = Field(
        None, min_length=1, description="Taxa that can be meant; labels that belong to none of them do not vote."
    )
    age: Age = None
    depth: Depth = None
    skip_unreadable: bool = Field(
        False, description="List files that cannot be read in `failures` and name the others; else one refuses all."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.temperature is not None and (self.precision is not None or self.group is not None):
            raise ValueError("`precision` and `group` go with calibrated probabilities; leave out `temperature`")
        return self


class PredictionOut(Body):
    """A label and its probability."""

    label: str
    probability: float


class ClassifiedOut(Body):
    """The answer for one example; ``name`` is the id or the file's name."""

    name: str
    top: list[PredictionOut]
    novelty: float | None = Field(None, description="Distance to the validated images, 0 to 2; null for plain votes.")
    strangeness: float | None = Field(None, description="Share of the validated images that are less novel.")
    verdict: Literal["label", "set", "unknown"] | None = Field(
        None, description="Where a precision was asked for: whether the first label is sure enough."
    )
    set: list[str] | None = Field(None, description="Labels of which one is right as often as was asked for.")
    neighbours: list[NeighbourOut]
    rolled_up: RolledUpOut | None = Field(None, description="The taxon that is certain enough, where it was asked for.")


class UnreadableOut(Body):
    """An example that could not be read, and why."""

    example: int = Field(description="Its position among the examples, from 0.")
    name: str
    reason: str


class ClassifyOut(Body):
    """The answers, in the order of the examples that could be read."""

    collection: str
    vector: str
    k: int
    way: Literal["votes", "linear", "both"] = Field(
        "votes", description="How images are named: by their neighbours, by a linear head, or by both."
    )
    calibrated: bool = Field(False, description="Whether the probabilities were fitted to be honest.")
    calibration_error: float | None = Field(
        None, description="Expected calibration error on the validated images, each named without itself."
    )
    validated: int | None = Field(None, description="Validated images that were learnt from; null for plain votes.")
    predictions: list[ClassifiedOut]
    failures: list[UnreadableOut] = Field(
        default_factory=list, description="Examples that are not among the predictions; see `skip_unreadable`."
    )
    notes: list[str] = Field(default_factory=list, description="What a person should know of the answer.")
    taxonomy: str | None = Field(None, description="The taxonomy that `roll_up`, `only`, `age` and `depth` went by.")
    hidden: list[HiddenOut] = Field(
        default_factory=list, description="Labels of the collection that were out of the question, with the reason."
    )


class ConfusionCellOut(Body):
    """Validated images of one label that were named alike."""

    label: str = Field(description="As a person said.")
    named: str = Field(description="The most probable label.")
    verdict: Literal["label", "set", "unknown"] | None = Field(
        None, description="Where a precision was asked for: whether that label is sure enough."
    )
    images: int
    ids: list[str] = Field(description="Some of them, the surest first.")


class ConfusionOut(Body):
    """How the validated images of a collection are named, each without itself."""

    collection: str
    vector: str
    way: Literal["votes", "linear", "both"]
    validated: int
    calibration_error: float = Field(description="Expected calibration error.")
    precision: float | None
    cells: list[ConfusionCellOut] = Field(description="Those with images, in order of label and name.")
    notes: list[str]
