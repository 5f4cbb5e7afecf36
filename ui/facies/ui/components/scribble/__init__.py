"""A picture to draw on: strokes in classes, a preview of what they lead to, and what a job has named.

The browser fetches tiles from the service and sends strokes straight to it; Python hears that something was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from facies.core.wire_drawings import DrawingOut, PictureOut
from facies.ui.components.component import Action, Component, with_version

SCRIBBLE = Component(
    "scribble",
    (
        *("view", "tiles", "named", "strokes", "saving", "preview", "classes"),
        *("overview", "tools", "drawing", "gestures", "board", "scribble"),
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stroke would teach most, in pixels of the picture."""

    row: int
    column: int
    radius_px: int
    reason: str


@dataclass(frozen=True, slots=True)
class Go:
    """Which place is to be looked at; ``number`` grows with each wish, so that the same one can be wished again."""

    place: int | None = None
    number: int = 0


def show_scribble(
    drawing: DrawingOut,
    picture: PictureOut,
    link: Callable[[str], str],
    *,
    key: str,
    named_by: str | None = None,
    places: Sequence[Place] = (),
    go: Go | None = None,
    loaded: int = 0,
    on_action: Callable[[Action], None],
) -> None:
    """Show a picture of a drawing to draw on.

    Args:
        drawing: with its classes.
        picture: one of its pictures.
        link: turns a path of the API into an address for the browser.
        key: of the element.
        named_by: id of a job that has named the picture, to be laid over it.
        places: where to draw next, in order.
        go: which of them is to be looked at.
        loaded: grows each time strokes have come in another way than by drawing, and are to be fetched anew.
        on_action: called before the next run with what happened, and is kept: ``type`` is ``kept`` (with ``revision``
            and ``strokes``) or ``classes``.
    """
    data = to_data(drawing, picture, link, named_by=named_by, places=places, go=go or Go(), loaded=loaded)
    SCRIBBLE.show(data, key=key, on_action=on_action)


def to_data(
    drawing: DrawingOut,
    picture: PictureOut,
    link: Callable[[str], str],
    *,
    named_by: str | None,
    places: Sequence[Place],
    go: Go,
    loaded: int,
) -> Action:
    """What the browser needs of a picture."""
    data: Action = {
        "drawing": link(drawing.path),
        "picture": {
            "path": link(picture.path),
            "name": picture.name,
            "width": picture.width,
            "height": picture.height,
            "tiles": picture.tiles.model_dump() | {"path": link(picture.tiles.path)},
        },
        "classes": [one.model_dump() for one in drawing.classes],
        "result": None if named_by is None else link(f"{picture.path}/masks/{named_by}"),
        "places": [
            {"row": one.row, "column": one.column, "radius_px": one.radius_px, "reason": one.reason} for one in places
        ],
        "go": {"place": go.place, "number": go.number},
        "loaded": loaded,
    }
    return with_version(data)
