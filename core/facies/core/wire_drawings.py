"""Bodies of the HTTP API about drawings: pictures with strokes on them, from which whole cores are named."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from facies.core.wire import Body

Task: TypeAlias = Literal["core", "macerals"]
ClassifierKind: TypeAlias = Literal["extra-trees", "random-forest", "linear"]
Number = Annotated[float, Field(allow_inf_nan=False, gt=-1e9, lt=1e9)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, lt=1e9)]
Area = Annotated[float, Field(allow_inf_nan=False, ge=0, lt=1e12)]
MOST_POINTS: Final = 20_000
"""Of one stroke."""
MOST_CHANGES: Final = 2_000
"""Strokes that one change adds, or takes away."""


class DrawingClass(Body):
    """A class that strokes are drawn in. Strokes know its id alone, so a new name or colour changes no stroke."""

    id: int = Field(ge=0, lt=255, description="255 stands for no class in label images.")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    colour: str = Field(pattern="^#[0-9a-f]{6}$")


class StrokeBody(Body):
    """A stroke of a brush, in pixels of the picture."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    id: int = Field(ge=0, lt=2**31, description="Chosen by whoever draws, at random, so that two may draw at once.")
    class_id: int = Field(alias="class", ge=0, lt=255)
    width: Positive = Field(description="Of the brush, in pixels.")
    points: list[tuple[Number, Number]] = Field(
        min_length=1, max_length=MOST_POINTS, description="x from the left and y from the top."
    )


class StrokeChange(Body):
    """Strokes to take away and to add. What is done already is not done twice, so a change may be sent again."""

    remove: list[int] = Field(default_factory=list, max_length=MOST_CHANGES, description="Ids of strokes.")
    add: list[StrokeBody] = Field(default_factory=list, max_length=MOST_CHANGES)


class StrokesOut(Body):
    """The strokes of a picture."""

    revision: int = Field(description="Grows with every change.")
    strokes: list[StrokeBody]


class RevisionOut(Body):
    """What a change has led to."""

    revision: int
    strokes: int = Field(description="How many there are now.")
    by_class: dict[int, int] = Field(description="Strokes of each class, by its id.")


class TilesOut(Body):
    """How a picture is cut up for browsers, which refuse pictures of more than some ten thousand pixels."""

    path: str = Field(description="Behind it come level, row and column: `PATH/0/12/3`.")
    size: int = Field(description="Side of a tile, in pixels of its level.")
    levels: int = Field(description="Level 0 is the picture itself; each further one has half the pixels each way.")


class PictureOut(Body):
    """A picture of a drawing."""

    id: str
    name: str
    width: int
    height: int
    sha256: str = Field(description="Of the file, by which the report of a job names the picture too.")
    collection: str | None = Field(None, description="That it was taken from.")
    image: str | None = Field(None, description="Its id there.")
    top_m: float | None = None
    base_m: float | None = None
    mm_per_px: float | None = None
    revision: int = Field(description="Of its strokes.")
    strokes: int
    by_class: dict[int, int] = Field(description="Strokes of each class, by its id.")
    problem: str | None = Field(None, description="Why its strokes cannot be read, so that they count as none here.")
    path: str
    tiles: TilesOut


class RunOut(Body):
    """A job that was ordered of a drawing."""

    job: str
    revisions: dict[str, int] = Field(description="Of the strokes of each picture, when it was ordered.")


class DrawingOut(Body):
    """Pictures with strokes on them, the classes that they are drawn in, and the jobs that were ordered of them."""

    id: str
    title: str
    task: Task
    classes: list[DrawingClass]
    pictures: list[PictureOut]
    runs: list[RunOut] = Field(description="The newest last.")
    created_at: datetime
    changed_at: datetime
    path: str


class DrawingBody(Body):
    """A drawing to begin."""

    title: str = Field("", max_length=200)
    task: Task = "core"
    classes: list[DrawingClass] = Field(default_factory=list, max_length=255)


class DrawingChange(Body):
    """What is to be another of a drawing; what is left out stays."""

    title: str | None = Field(None, max_length=200)
    classes: list[DrawingClass] | None = Field(
        None, max_length=255, description="All of them. A class goes only with the last of its strokes."
    )


class PictureBody(Body):
    """Where a picture is to be copied from: an image of a collection, or a path of the service's own disk."""

    collection: str | None = None
    image: str | None = None
    path: str | None = Field(None, description="Below the folders that may be read over HTTP.")


class PicturePlace(Body):
    """Where a picture lies in the core; with all left out its depth is not known."""

    top_m: Number | None = None
    base_m: Number | None = None
    mm_per_px: Positive | None = None


class WindowBody(Body):
    """A part of a picture, in its pixels."""

    x: int = Field(0, ge=0)
    y: int = Field(0, ge=0)
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class PreviewBody(Body):
    """What is to be named while somebody draws."""

    window: WindowBody
    step: int = Field(1, ge=1, le=4096, description="Every so many pixels are wanted, across and down.")
    kind: ClassifierKind = Field("linear", description="Trees take longer, and are what a job takes.")
    smoothing_px: float | None = Field(None, ge=0, le=1000, allow_inf_nan=False, description="None: as a job.")
    client: str = Field("", max_length=64, description="Who asks: of one client only the newest preview is made.")
    turn: int = Field(0, ge=0, description="Which one of this client.")


class PreviewOut(Body):
    """What is said of a preview, beside its picture."""

    window: WindowBody = Field(description="What was named: as much of what was asked for as may be, about its middle.")
    step: int
    fractions: dict[int, float] = Field(description="Shares of the window by id of class.")
    uncertainty: float = Field(description="Mean of the window, 0 sure to 1 undecided.")
    notes: list[str] = Field(default_factory=list)
    seconds: float


class RunBody(Body):
    """How the pictures are to be named; what is left out is as in `facies segment`."""

    kind: ClassifierKind = "extra-trees"
    validated: bool = Field(True, description="Whether strokes are held out for a score, which takes time.")
    smoothing_px: float | None = Field(None, ge=0, le=1000, allow_inf_nan=False)
    not_rock: list[int] = Field(default_factory=list, description="Ids of classes that are no rock, of a core.")
    finds_rock: bool = Field(True, description="Whether tray and gaps are looked for, of a core.")
    step_m: Positive = 0.01
    least_m: Positive = 0.05
    well: str = Field("", max_length=200)
    um_per_px: Positive | None = Field(None, description="Width of a pixel, of macerals.")
    min_area_um2: Area | None = None
    min_area_px: int | None = Field(None, ge=0)
    background: int | None = Field(None, ge=0, lt=255, description="Id of the class that is no maceral.")
    suggestions: int = Field(8, ge=0, le=100, description="Places where more strokes would teach most.")


class StrokeFileBody(Body):
    """Strokes as a file holds them, see docs/segmentation_labels.md."""

    model_config = ConfigDict(extra="allow")

    strokes: list[JsonValue]
