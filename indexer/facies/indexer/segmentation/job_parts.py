"""Parts that the parameters of segmentation are made of: places of files, strokes, sections, intervals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

from facies.core.errors import FaciesError
from facies.indexer.jobs.parameters import UPLOAD
from facies.indexer.segmentation.scales import check_mm_per_px, check_um_per_px

Place = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Strokes: TypeAlias = dict[str, JsonValue]
"""What a file of strokes holds, see `facies.indexer.segmentation.strokes`."""


def listed(value: object) -> object:
    """One of something as a list of one, so that either can be given."""
    return [value] if isinstance(value, str | Mapping) else value


def by_form(of_text: Any, otherwise: Any) -> BeforeValidator:
    """Read text in one way and all else in the other, so that a mistake is told of the form that was meant alone.

    Args:
        of_text: the type that text is read as.
        otherwise: the type of everything else.
    """
    text, other = TypeAdapter[Any](of_text), TypeAdapter[Any](otherwise)

    def read(value: object) -> object:
        return (text if isinstance(value, str) else other).validate_python(value)

    return BeforeValidator(read)


Places = Annotated[tuple[Place, ...], BeforeValidator(listed), Field(min_length=1)]
Id = Annotated[int, Field(ge=0, le=255)]
Area = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Kind: TypeAlias = Literal["extra-trees", "random-forest", "linear"]
Views: TypeAlias = Literal["none", "flips", "all"]
Trees = Annotated[int, Field(ge=1, le=2000)]
Seed = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Depth = Annotated[float, Field(allow_inf_nan=False)]


def _word(value: object) -> object:
    return str(value) if type(value) is int else value


def _card(name: str) -> str:
    from facies.models.segmentation.cards import card

    try:
        return card(name).name
    except FaciesError as error:
        raise ValueError(error.message) from error


def _mm_per_px(scale: float) -> float:
    return _plausible(scale, check_mm_per_px, "mm_per_px")


def _um_per_px(scale: float) -> float:
    return _plausible(scale, check_um_per_px, "um_per_px")


def _plausible(scale: float, check: Callable[[float, str], None], name: str) -> float:
    try:
        check(scale, name)
    except FaciesError as error:
        raise ValueError(error.message) from error
    return scale


def _radius_px(radius: float) -> float:
    from facies.models.segmentation.smoothing import check_radius_px

    return _plausible(radius, check_radius_px, "smoothing_px")


RadiusPx = Annotated[float, Field(ge=0, allow_inf_nan=False), AfterValidator(_radius_px)]
MmPerPx = Annotated[Positive, AfterValidator(_mm_per_px)]
UmPerPx = Annotated[Positive, AfterValidator(_um_per_px)]
ClassWord = Annotated[str, BeforeValidator(_word), Field(min_length=1)]
"""Name or id of a class."""
CardName = Annotated[str, AfterValidator(_card)]
"""Of hypercolumns; one that is not known is refused."""


Labels = Annotated[Place | Strokes, by_form(Place, Strokes)]


def _checked(labels: str | Strokes) -> str | Strokes:
    check_labels(labels)
    return labels


CheckedLabels = Annotated[Labels, AfterValidator(_checked)]
"""Labels of one picture, which are looked at when they are read; of several, the field says which it was."""


class Part(BaseModel):
    """A part of parameters: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SectionPart(Part):
    """A section of core, as a line of a list has it."""

    image: Place
    top_m: Depth
    base_m: Depth | None = None
    mm_per_px: MmPerPx | None = None

    @model_validator(mode="after")
    def _has_depths(self) -> Self:
        check_section(self.image, self.top_m, self.base_m, self.mm_per_px)
        return self


class PicturePart(Part):
    """A picture of a whole, with its strokes and its depths where it has them."""

    image: Place
    labels: CheckedLabels | None = None
    top_m: Depth | None = None
    base_m: Depth | None = None
    mm_per_px: MmPerPx | None = None

    @model_validator(mode="after")
    def _has_depths(self) -> Self:
        check_depths(self.image, self.top_m, self.base_m, self.mm_per_px)
        return self


class IntervalPart(Part):
    """A stretch of depth that fractions are wanted for."""

    top_m: Depth
    base_m: Depth
    name: str = ""


Pictures = Annotated[tuple[PicturePart, ...], Field(min_length=1, max_length=1000)]
_ListedSections = Annotated[tuple[SectionPart, ...], Field(min_length=1)]
_ListedIntervals = Annotated[tuple[IntervalPart, ...], Field(min_length=1)]
Sections = Annotated[Place | _ListedSections, by_form(Place, _ListedSections)]
Intervals = Annotated[Place | _ListedIntervals, by_form(Place, _ListedIntervals)]


def check_depths(image: str | None, top_m: float | None, base_m: float | None, mm_per_px: float | None) -> None:
    """Refuse depths of a photograph that make no sense, before it is read.

    Raises:
        ValueError: says why.
    """
    if top_m is not None:
        check_section(image or "", top_m, base_m, mm_per_px)
    elif base_m is not None:
        raise ValueError("base_m is given without top_m; give both, or top_m and mm_per_px")


def check_section(image: str, top_m: float, base_m: float | None, mm_per_px: float | None) -> None:
    """Refuse a section that makes no sense, before its photograph is read.

    Raises:
        ValueError: says why.
    """
    from facies.indexer.segmentation.depth import Section

    try:
        Section(Path(image), top_m, base_m, mm_per_px)
    except FaciesError as error:
        raise ValueError(error.message) from error


def check_labels(given: str | Strokes, where: str = "labels") -> None:
    """Refuse labels of no form that is read, and strokes that are none.

    Args:
        given: a place, or strokes.
        where: which labels they are.

    Raises:
        ValueError: says why.
    """
    from facies.indexer.segmentation.labels import FORMS
    from facies.indexer.segmentation.strokes import parse_strokes

    if isinstance(given, str):
        if not given.lower().endswith(FORMS):
            raise ValueError(
                f"labels are read from {', '.join(FORMS)} files, or stand in the order as strokes, got {given[:200]!r}"
            )
        return
    try:
        parse_strokes(json.dumps(given).encode(), where)
    except FaciesError as error:
        raise ValueError(error.message) from error


def split_labels(labels: Sequence[str | Strokes]) -> tuple[tuple[str, ...], dict[str, bytes]]:
    """Give strokes that stand among labels the form of files: the places of all, and the content of those files."""
    files: dict[str, bytes] = {}

    def name(number: int, one: str | Strokes) -> str:
        if isinstance(one, str):
            return one
        file = f"strokes-{number}.json"
        files[file] = json.dumps(one, ensure_ascii=False).encode()
        return f"{UPLOAD}{file}"

    return tuple(name(number, one) for number, one in enumerate(labels, start=1)), files
