"""The gallery: tiles with thumbnails that are chosen, named, marked for and against, and looked at; by mouse and keys.

Thumbnails, and what the panel of details shows, reach the browser by the API's own addresses, never through
Streamlit's socket; so a tile is small, and a gallery may hold thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from facies.core.wire import ImageOut
from facies.core.wire_search import NeighbourOut
from facies.ui.components import inbox
from facies.ui.components.component import Action, Component, with_version

WEB_FORMATS = frozenset({"JPEG", "PNG", "WEBP", "GIF", "BMP"})
"""What every browser shows as it is; anything else is asked for as PNG."""

KEYS = 9
"""Labels that can lie on keys of their own."""

GRID = Component("grid", ("choice", "rows", "details", "bar", "cell", "leaving", "grid"))


@dataclass(frozen=True, slots=True)
class Tile:
    """An image, and what the page knows of it.

    Attributes:
        image: the image; a neighbour's similarity and percentile are shown.
        suggestion: the label that Enter accepts.
        confidence: its probability, 0 to 1.
        others: further labels that it may be, with their probabilities.
        note: one line that says why the image is here.
        folded: ids of near copies that get the label that it gets.
    """

    image: ImageOut
    suggestion: str | None = None
    confidence: float | None = None
    others: tuple[tuple[str, float], ...] = ()
    note: str | None = None
    folded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Naming:
    """What tiles can be labelled with.

    Attributes:
        labels: what the box offers; any other name can be typed too.
        keys: labels on the keys 1 to 9, in this order.
    """

    labels: Sequence[str]
    keys: Sequence[str] = ()


def show_grid(
    tiles: Sequence[Tile | ImageOut],
    link: Callable[[str], str],
    *,
    key: str,
    label: str,
    collection: str,
    can_mark: bool = False,
    naming: Naming | None = None,
    details_open: bool = True,
    more: bool = False,
    focus: bool = False,
    on_action: Callable[[Action], object],
) -> None:
    """Show images as tiles.

    Args:
        tiles: images, bare or with what is known of them beside that.
        link: turns a path of the API into an address for the browser.
        key: of the element; each listing of a page has its own.
        label: what the list is, for those who hear it.
        collection: that the images belong to.
        can_mark: whether tiles can be marked for and against.
        naming: what they can be labelled with; None where they cannot.
        details_open: whether the panel beside the tiles opens with the first choice; its key is ``d``.
        more: whether to offer more of them.
        focus: whether another listing takes the focus, so that keys are for it at once; ``g`` brings it back.
        on_action: called before the next run, once for each thing that the person did, in order: ``type`` is
            ``similar`` (with ``id``), ``refine`` (``positive``, ``negative``), ``more``, ``undo`` or ``label``, whose
            ``items`` are fields of `facies.core.wire_labels.LabelIn`.
    """
    deeds = inbox.current()
    place = f"/v1/collections/{quote(collection, safe='')}"
    data: dict[str, Any] = {
        "tiles": [to_tile(tile if isinstance(tile, Tile) else Tile(tile), link) for tile in tiles],
        "label": label,
        "name": collection,
        "collection": link(place),
        "origin": link(""),
        "can_mark": can_mark,
        "naming": None if naming is None else {"labels": list(naming.labels), "keys": list(naming.keys[:KEYS])},
        "details_open": details_open,
        "more": more,
        "focus": focus,
        "done": deeds.done.get(key, 0),
    }

    def hear(told: Action) -> None:
        deeds.take(key, told["deeds"], on_action)
        deeds.work()

    GRID.show(with_version(data), key=key, on_action=hear)


def to_tile(tile: Tile, link: Callable[[str], str]) -> dict[str, Any]:
    """What the browser needs of one tile."""
    image = tile.image
    neighbour = image if isinstance(image, NeighbourOut) else None
    suggested = () if tile.suggestion is None else ((tile.suggestion, tile.confidence or 0.0),)
    return {
        "id": image.id,
        "src": link(image.thumbnail),
        "original": link(image.original),
        "alt": f"{image.label or 'image without label'}, {file_name(image.path)}",
        "hint": "\n".join(f"{name}: {value}" for name, value in image.metadata.items()) or file_name(image.path),
        "label": image.label,
        "state": image.state,
        "event": image.event,
        "similarity": neighbour and neighbour.similarity,
        "percentile": neighbour and neighbour.percentile,
        "suggestion": tile.suggestion,
        "confidence": tile.confidence,
        "candidates": [*(suggested if tile.confidence is not None else ()), *tile.others],
        "note": tile.note,
        "folded": list(tile.folded or (neighbour.folded_ids if neighbour else ())),
    }


def full_address(image: ImageOut, link: Callable[[str], str]) -> str:
    """Where the browser finds the image at full size, in a format that it shows."""
    return link(
        image.original if image.format in WEB_FORMATS and image.page is None else f"{image.original}?render=png"
    )


def file_name(path: str) -> str:
    """The last part of a path or URL; of a ``zip://`` URI the member's.

    Example:
        >>> file_name("zip://slides/a.tif::/data/x.zip"), file_name("/data/b.png")
        ('a.tif', 'b.png')
    """
    return path.partition("::")[0].rstrip("/").rsplit("/", 1)[-1]
