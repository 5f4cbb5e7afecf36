"""What a job of kind ``segment`` can be told: the options of the commands, under their names.

A file is named by a place: ``upload:NAME`` came with the order, ``job:ID/NAME`` was made by another job, anything else
is a path. Strokes, sections and intervals may stand in the order itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, ModelWrapValidatorHandler, field_validator, model_validator

from facies.indexer.jobs.parameters import MADE, UPLOAD, JobParameters
from facies.indexer.segmentation.job_parts import (
    Area,
    CardName,
    CheckedLabels,
    ClassWord,
    Depth,
    Id,
    Intervals,
    Kind,
    Labels,
    MmPerPx,
    PicturePart,
    Pictures,
    Place,
    Places,
    Positive,
    RadiusPx,
    SectionPart,
    Sections,
    Seed,
    Strokes,
    Trees,
    UmPerPx,
    Views,
    check_depths,
    check_labels,
    listed,
    split_labels,
)

Action: TypeAlias = Literal["train", "apply", "evaluate", "suggest", "generate", "whole"]
Task: TypeAlias = Literal["core", "macerals"]
_OF_CORES: Final = ("sections", "top_m", "base_m", "mm_per_px", "not_rock", "intervals", "well")
_OF_MACERALS: Final = (
    *("um_per_px", "views", "background"),
    *("min_area_um2", "max_hole_um2", "min_area_px", "max_hole_px"),
)


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
                place = one.image if isinstance(one, SectionPart | PicturePart) else one
                if isinstance(place, str):
                    yield place

    def paths(self) -> tuple[str, ...]:
        """Places that are paths."""
        return tuple(place for place in self.places() if not place.startswith((UPLOAD, MADE)))


class MaskedParameters(SegmentParameters):
    """Of work that may be done on a folder of images with a folder of their masks.

    Attributes:
        images: the folder, a path or ``job:ID/NAME``.
        masks: the other one, in the same way.
    """

    images: Place | None = None
    masks: Place | None = None
    layers: Place | None = None
    classes: Place | None = None
    background: ClassWord | None = None
    pixels_per_class: int = Field(500, ge=1, le=1_000_000)

    def check_folders(self) -> None:
        """Refuse half of what masks need.

        Raises:
            ValueError: says what is missing.
        """
        if (self.images is None) != (self.masks is None):
            raise ValueError("images and masks go together: a folder of images, and one of their masks")
        if self.images is None and self.layers is not None:
            raise ValueError("layers says what the files of masks are; give images and masks too")


class TrainParameters(MaskedParameters):
    """Train on strokes or masks, as ``facies segment train`` does."""

    named: ClassVar[tuple[str, ...]] = ("image", "labels", "truth", "images", "masks", "layers", "classes")

    action: Literal["train"]
    task: Task = "core"
    image: Places | None = None
    labels: Annotated[tuple[Labels, ...], BeforeValidator(listed), Field(min_length=1)] | None = None
    truth: Places | None = None
    card: CardName = "lite0-stem-3"
    kind: Kind = "extra-trees"
    trees: Trees = 100
    seed: Seed = 0
    unlabelled: Id = 255
    mm_per_px: MmPerPx | None = None
    smoothing_mm: float | None = Field(None, ge=0, allow_inf_nan=False)
    smoothing_px: RadiusPx | None = None
    network: Literal["unet", "fpn"] | None = None
    encoder: str = "efficientnet-lite0"
    from_scratch: bool = False
    epochs: int = Field(60, ge=1)
    batches: int = Field(50, ge=1)
    batch: int = Field(8, ge=2)
    tile_px: int = Field(512, ge=32)
    is_validated: bool = Field(True, alias="validate")

    @field_validator("labels")
    @classmethod
    def _are_labels(cls, labels: tuple[str | Strokes, ...] | None) -> tuple[str | Strokes, ...] | None:
        for number, one in enumerate(labels or (), start=1):
            check_labels(one, "labels" if len(labels or ()) == 1 else f"labels, file {number}")
        return labels

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        self.check_folders()
        images, labels = len(self.image or ()), len(self.labels or ())
        if images != labels:
            raise ValueError(f"{images} images and {labels} labels are given; each image needs its own labels")
        if bool(images) == (self.images is not None):
            raise ValueError("give either image with labels, or images with masks, and not both")
        if self.truth is not None and len(self.truth) != images:
            raise ValueError(f"{len(self.truth)} truths and {images} images are given; each image needs its own truth")
        if self.network is not None and (self.images is None or self.task != "macerals"):
            raise ValueError("network needs the task macerals, and images with masks; give all of them")
        return self

    def split_files(self) -> tuple[Self, dict[str, bytes]]:
        """Strokes become files, so that the row of the job stays small."""
        if self.labels is None:
            return self, {}
        labels, files = split_labels(self.labels)
        return self.model_copy(update={"labels": labels}), files


class ApplyParameters(SegmentParameters):
    """Name every pixel, as ``facies segment apply`` does: one image, a whole core, or images of macerals."""

    named: ClassVar[tuple[str, ...]] = ("model", "image", "sections", "files", "intervals")

    action: Literal["apply"]
    task: Task | None = None
    model: Place
    image: Places | None = None
    sections: Sections | None = None
    files: Places | None = Field(None, description="Uploaded images that an uploaded list of sections names.")
    top_m: Depth | None = None
    base_m: Depth | None = None
    mm_per_px: MmPerPx | None = None
    rock: Literal["auto", "all"] = "auto"
    not_rock: Annotated[tuple[str, ...], BeforeValidator(listed)] = ()
    step_m: Positive = 0.01
    intervals: Intervals | None = None
    least_m: Positive = 0.05
    well: str = ""
    um_per_px: UmPerPx | None = None
    views: Views = "none"
    min_area_um2: Area | None = None
    max_hole_um2: Area | None = None
    min_area_px: int | None = Field(None, ge=0)
    max_hole_px: int | None = Field(None, ge=0)
    background: ClassWord | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.image is None) == (self.sections is None):
            raise ValueError("give either image or sections, and not both")
        if self.sections is not None and (self.top_m, self.base_m, self.mm_per_px) != (None, None, None):
            raise ValueError("sections have depths and scales of their own; leave top_m, base_m and mm_per_px out")
        if self.files is not None and not isinstance(self.sections, str):
            raise ValueError("files are the images of a list of sections; give sections as a place of such a list")
        if self.intervals is not None and self.sections is None and self.top_m is None:
            raise ValueError("fractions by interval need depths; give top_m and base_m of the image, or sections")
        if self.top_m is not None and len(self.image or ()) > 1:
            raise ValueError("several images have several depths; give them as sections")
        check_depths((self.image or ("",))[0], self.top_m, self.base_m, self.mm_per_px)
        return self

    def foreign(self, task: Task) -> list[str]:
        """The parameters that were given and mean nothing for what a model of a task names."""
        names = _OF_MACERALS if task == "core" else _OF_CORES
        return [name for name in names if getattr(self, name) != type(self).model_fields[name].default]


class EvaluateParameters(MaskedParameters):
    """Score masks, or macerals of images left out one by one, as ``facies segment evaluate`` does."""

    named: ClassVar[tuple[str, ...]] = ("mask", "truth", "images", "masks", "layers", "classes")

    action: Literal["evaluate"]
    task: Task = "core"
    mask: Places | None = None
    truth: Places | None = None
    ignored: Id | None = None
    leave_one_out: bool = False
    within_image: bool = False
    card: CardName = "lite0-stem-3"
    kind: Kind = "extra-trees"
    trees: Trees = 100
    seed: Seed = 0
    views: Views = "none"
    smoothing_px: RadiusPx | None = None

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        self.check_folders()
        masks, truths = len(self.mask or ()), len(self.truth or ())
        if masks != truths:
            raise ValueError(f"{masks} masks and {truths} truths are given; each mask needs its own truth")
        if bool(masks) == (self.images is not None):
            raise ValueError("give either mask with truth, or images with masks, and not both")
        if self.images is not None and (self.task != "macerals" or not self.leave_one_out):
            raise ValueError("images and masks are scored with the task macerals and leave_one_out; give both")
        if self.images is None and self.background is not None and self.background_id is None:
            raise ValueError(f"background is {self.background!r}; masks hold ids, so expected one from 0 to 255")
        return self

    @property
    def background_id(self) -> int | None:
        """The background as masks hold it."""
        word = self.background or ""
        return int(word) if word.isascii() and word.isdigit() and int(word) <= 255 else None


class SuggestParameters(SegmentParameters):
    """Say where to draw next, as ``facies segment suggest`` does."""

    named: ClassVar[tuple[str, ...]] = ("model", "image", "labels")

    action: Literal["suggest"]
    model: Place
    image: Place
    labels: CheckedLabels | None = None
    unlabelled: Id = 255
    count: int = Field(8, ge=1, le=1000)
    radius_px: int = Field(16, ge=1, le=1000)
    rock: Literal["auto", "all"] = "auto"
    top_m: Depth | None = None
    base_m: Depth | None = None
    mm_per_px: MmPerPx | None = None

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
    seed: Seed = 0
    count: int = Field(1, ge=1, le=1000)


class WholeParameters(SegmentParameters):
    """Train on the strokes of some pictures, name all, and say where to draw next: one job in place of three."""

    named: ClassVar[tuple[str, ...]] = ("pictures",)

    action: Literal["whole"]
    task: Task = "core"
    pictures: Pictures
    card: CardName = "lite0-stem-3"
    kind: Kind = "extra-trees"
    trees: Trees = 100
    seed: Seed = 0
    smoothing_px: RadiusPx | None = None
    is_validated: bool = Field(True, alias="validate")
    rock: Literal["auto", "all"] = "auto"
    not_rock: Annotated[tuple[ClassWord, ...], BeforeValidator(listed)] = ()
    step_m: Positive = 0.01
    least_m: Positive = 0.05
    well: str = ""
    um_per_px: UmPerPx | None = None
    min_area_um2: Area | None = None
    min_area_px: int | None = Field(None, ge=0)
    background: ClassWord | None = None
    count: int = Field(8, ge=0, le=100, description="Places to suggest in each picture that has strokes.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if all(one.labels is None for one in self.pictures):
            raise ValueError("no picture has labels; draw strokes on at least one")
        if self.task == "core" and len(self.pictures) > 1:
            lacking = [one.image for one in self.pictures if one.top_m is None]
            if lacking:
                raise ValueError(f"pictures of one core need depths each; {lacking[0]} has none")
        return self

    def places(self) -> Iterator[str]:
        """Pictures, and labels that are files."""
        yield from super().places()
        yield from (one.labels for one in self.pictures if isinstance(one.labels, str))

    def split_files(self) -> tuple[Self, dict[str, bytes]]:
        """Strokes become files, so that the row of the job stays small."""
        drawn = [one for one in self.pictures if one.labels is not None]
        labels, files = split_labels([one.labels for one in drawn if one.labels is not None])
        named = iter(labels)
        pictures = tuple(
            one if one.labels is None else one.model_copy(update={"labels": next(named)}) for one in self.pictures
        )
        return self.model_copy(update={"pictures": pictures}), files


ACTIONS: Final[Mapping[str, type[SegmentParameters]]] = {
    "train": TrainParameters,
    "apply": ApplyParameters,
    "evaluate": EvaluateParameters,
    "suggest": SuggestParameters,
    "generate": GenerateParameters,
    "whole": WholeParameters,
}
