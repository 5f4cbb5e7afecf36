"""What a job of kind ``segment`` can be told: the options of the commands, under their names.

A file is named by a place: ``upload:NAME`` came with the order, ``job:ID/NAME`` was made by another job, anything else
is a path. Strokes, sections and intervals may stand in the order itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, ModelWrapValidatorHandler, field_validator, model_validator

from facies.core.errors import FaciesError
from facies.indexer.jobs.parameters import MADE, UPLOAD, JobParameters
from facies.indexer.segmentation.job_parts import (
    Depth,
    Id,
    IntervalPart,
    Place,
    Places,
    Positive,
    SectionPart,
    Strokes,
    check_depths,
    check_labels,
    listed,
    split_labels,
)

Action: TypeAlias = Literal["train", "apply", "evaluate", "suggest", "generate"]
Task: TypeAlias = Literal["core", "macerals"]


class SegmentParameters(JobParameters):
    """What all actions have; read as this class, parameters become those of their action.

    Attributes:
        action: what is to be done.
        within: folders that nothing is read outside of; a service sets them by its own settings.
    """

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)
    named: ClassVar[tuple[str, ...]] = ()
    """Parameters that name files."""

    action: Action
    within: tuple[str, ...] | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _of_action(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Any:
        wanted = given.get("action") if cls is SegmentParameters and isinstance(given, Mapping) else None
        found = ACTIONS.get(wanted) if isinstance(wanted, str) else None
        return read(given) if found is None else found.model_validate(given)

    def places(self) -> Iterator[str]:
        """Every place of a file, whatever its form."""
        for name in self.named:
            value = getattr(self, name)
            for one in value if isinstance(value, tuple) else (value,):
                place = one.image if isinstance(one, SectionPart) else one
                if isinstance(place, str):
                    yield place

    def paths(self) -> tuple[str, ...]:
        """Places that are paths."""
        return tuple(place for place in self.places() if not place.startswith((UPLOAD, MADE)))


class TrainParameters(SegmentParameters):
    """Train on strokes, as ``facies segment train`` does."""

    named: ClassVar[tuple[str, ...]] = ("image", "labels", "classes")

    action: Literal["train"]
    task: Task = "core"
    image: Places
    labels: Annotated[tuple[Place | Strokes, ...], BeforeValidator(listed), Field(min_length=1)]
    card: str = "lite0-stem-3"
    kind: Literal["extra-trees", "random-forest", "linear"] = "extra-trees"
    trees: int = Field(100, ge=1, le=2000)
    seed: int = Field(0, ge=0)
    unlabelled: Id = 255
    classes: Place | None = None
    mm_per_px: Positive | None = None
    smoothing_mm: float | None = Field(None, ge=0, allow_inf_nan=False)
    smoothing_px: float | None = Field(None, ge=0, allow_inf_nan=False)
    is_validated: bool = Field(True, alias="validate")

    @field_validator("card")
    @classmethod
    def _is_card(cls, name: str) -> str:
        from facies.models.segmentation.cards import card

        try:
            return card(name).name
        except FaciesError as error:
            raise ValueError(error.message) from error

    @field_validator("labels")
    @classmethod
    def _are_labels(cls, labels: tuple[str | Strokes, ...]) -> tuple[str | Strokes, ...]:
        for one in labels:
            check_labels(one)
        return labels

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if len(self.image) != len(self.labels):
            raise ValueError(
                f"{len(self.image)} images and {len(self.labels)} labels are given; each image needs its own labels"
            )
        return self

    def split_files(self) -> tuple[Self, dict[str, bytes]]:
        """Strokes become files, so that the row of the job stays small."""
        labels, files = split_labels(self.labels)
        return self.model_copy(update={"labels": labels}), files


class ApplyParameters(SegmentParameters):
    """Name every pixel, as ``facies segment apply`` does; one image, or a whole core."""

    named: ClassVar[tuple[str, ...]] = ("model", "image", "sections", "files", "intervals")

    action: Literal["apply"]
    task: Task | None = None
    model: Place
    image: Place | None = None
    sections: Place | Annotated[tuple[SectionPart, ...], Field(min_length=1)] | None = None
    files: Places | None = Field(None, description="Uploaded images that an uploaded list of sections names.")
    top_m: Depth | None = None
    base_m: Depth | None = None
    mm_per_px: Positive | None = None
    rock: Literal["auto", "all"] = "auto"
    not_rock: Annotated[tuple[str, ...], BeforeValidator(listed)] = ()
    step_m: Positive = 0.01
    intervals: Place | Annotated[tuple[IntervalPart, ...], Field(min_length=1)] | None = None
    least_m: Positive = 0.05
    well: str = ""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.image is None) == (self.sections is None):
            raise ValueError("give either image or sections, and not both")
        if self.sections is not None and (self.top_m is not None or self.base_m is not None):
            raise ValueError("sections have depths of their own; leave top_m and base_m out")
        if self.files is not None and not isinstance(self.sections, str):
            raise ValueError("files are the images of a list of sections; give sections as a place of such a list")
        if self.intervals is not None and self.sections is None and self.top_m is None:
            raise ValueError("fractions by interval need depths; give top_m and base_m of the image, or sections")
        check_depths(self.image, self.top_m, self.base_m, self.mm_per_px)
        return self


class EvaluateParameters(SegmentParameters):
    """Score masks against the truth, as ``facies segment evaluate`` does."""

    named: ClassVar[tuple[str, ...]] = ("mask", "truth")

    action: Literal["evaluate"]
    mask: Places
    truth: Places
    background: Id | None = None
    ignored: Id | None = None

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if len(self.mask) != len(self.truth):
            raise ValueError(
                f"{len(self.mask)} masks and {len(self.truth)} truths are given; each mask needs its own truth"
            )
        return self


class SuggestParameters(SegmentParameters):
    """Say where to draw next, as ``facies segment suggest`` does."""

    named: ClassVar[tuple[str, ...]] = ("model", "image", "labels")

    action: Literal["suggest"]
    model: Place
    image: Place
    labels: Place | Strokes | None = None
    unlabelled: Id = 255
    count: int = Field(8, ge=1, le=1000)
    radius_px: int = Field(16, ge=1, le=1000)
    rock: Literal["auto", "all"] = "auto"
    top_m: Depth | None = None
    base_m: Depth | None = None
    mm_per_px: Positive | None = None

    @field_validator("labels")
    @classmethod
    def _is_labels(cls, labels: str | Strokes | None) -> str | Strokes | None:
        if labels is not None:
            check_labels(labels)
        return labels

    @model_validator(mode="after")
    def _has_depths(self) -> Self:
        check_depths(self.image, self.top_m, self.base_m, self.mm_per_px)
        return self

    def split_files(self) -> tuple[Self, dict[str, bytes]]:
        """Strokes become a file, so that the row of the job stays small."""
        if self.labels is None:
            return self, {}
        (labels,), files = split_labels([self.labels])
        return self.model_copy(update={"labels": labels}), files


class GenerateParameters(SegmentParameters):
    """Draw scenes with their truth, as ``facies segment generate`` does."""

    action: Literal["generate"]
    task: Task = "core"
    seed: int = Field(0, ge=0)
    count: int = Field(1, ge=1, le=1000)


ACTIONS: Final[Mapping[str, type[SegmentParameters]]] = {
    "train": TrainParameters,
    "apply": ApplyParameters,
    "evaluate": EvaluateParameters,
    "suggest": SuggestParameters,
    "generate": GenerateParameters,
}
