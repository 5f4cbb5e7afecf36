"""What is kept of a drawing on the disk, as pydantic models: nothing in a file is believed unread."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import Field

from facies.core.segmentation import ClassTable
from facies.core.segmentation.class_colours import colour_of, format_colour, parse_colour
from facies.core.segmentation.class_files import check_colours
from facies.core.segmentation.class_table import SegmentationClass
from facies.core.wire import Body
from facies.core.wire_drawings import DrawingClass, RunOut, Task
from facies.models.macerals import MACERALS

FORM: Final = 1
_ROCKS: Final = ("sandstone", "mudstone", "limestone")
"""To begin with; a core has others, and every name can be changed."""


class KeptPicture(Body):
    """A picture, of which the drawing has a copy of its own."""

    id: str
    name: str
    width: int
    height: int
    sha256: str
    collection: str | None = None
    image: str | None = None
    top_m: float | None = None
    base_m: float | None = None
    mm_per_px: float | None = None


class KeptDrawing(Body):
    """All of a drawing but its strokes and its pictures' pixels."""

    form: int = FORM
    id: str
    title: str
    task: Task
    classes: list[DrawingClass]
    pictures: list[KeptPicture] = Field(default_factory=list)
    runs: list[RunOut] = Field(default_factory=list)
    created_at: datetime
    changed_at: datetime

    def table(self) -> ClassTable:
        """The classes.

        Raises:
            ClassTableError: they make no table.
        """
        return table_of(self.classes)


def table_of(classes: list[DrawingClass]) -> ClassTable:
    """Classes as a table.

    Raises:
        ClassTableError: there are none, or two have one id, name or colour.
    """
    table = ClassTable(
        tuple(SegmentationClass(one.id, one.name, parse_colour(one.colour) or colour_of(one.id)) for one in classes)
    )
    check_colours(table, "the classes")
    return table


def first_classes(task: Task) -> list[DrawingClass]:
    """What a drawing begins with."""
    table = MACERALS if task == "macerals" else ClassTable.of_names(_ROCKS)
    return classes_of(table)


def classes_of(table: ClassTable) -> list[DrawingClass]:
    """A table as the API has it."""
    return [DrawingClass(id=one.id, name=one.name, colour=format_colour(one.colour)) for one in table.classes]
