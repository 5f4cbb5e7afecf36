"""The gallery: tiles with thumbnails, one of which can be opened; keys; marks for and against.

Thumbnails reach the browser by the API's own addresses, never through Streamlit's socket.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias, cast

import streamlit as st

from facies.core.wire import ImageOut
from facies.core.wire_search import NeighbourOut
from facies.ui.components.sources import read_sources

Action: TypeAlias = dict[str, Any]
"""What a person did: ``type`` is ``similar`` (with ``id``), ``refine`` (``positive``, ``negative``) or ``more``."""

WEB_FORMATS = frozenset({"JPEG", "PNG", "WEBP", "GIF", "BMP"})
"""What every browser shows as it is; anything else is asked for as PNG."""


@cache
def _renderer() -> Callable[..., Any]:
    return st.components.v2.component(
        "facies_grid",
        css=read_sources(["shared.css", "grid/grid.css"]),
        js=read_sources(["dom.js", "grid/details.js", "grid/grid.js"]),
    )


def show_grid(
    images: Sequence[ImageOut],
    link: Callable[[str], str],
    *,
    key: str,
    label: str,
    can_mark: bool,
    more: bool,
    on_action: Callable[[Action], None],
) -> None:
    """Show images as tiles.

    Args:
        images: neighbours (their similarity is shown) or plain images.
        link: turns a path of the API into an address for the browser.
        key: of the element; results and browsing have one each.
        label: what the list is, for those who hear it.
        can_mark: whether tiles can be marked for and against.
        more: whether to offer more of them.
        on_action: called before the next run with what the person did.
    """
    tiles = [to_tile(image, link) for image in images]
    data = {"tiles": tiles, "label": label, "can_mark": can_mark, "more": more}
    data["version"] = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()

    def heard() -> None:
        action = cast(Action | None, st.session_state[key].get("action"))
        if action:
            on_action(action)

    _renderer()(key=key, data=data, on_action_change=heard)


def to_tile(image: ImageOut, link: Callable[[str], str]) -> dict[str, Any]:
    """What the browser needs of one image."""
    return {
        "id": image.id,
        "src": link(image.thumbnail),
        "full": full_address(image, link),
        "original": link(image.original),
        "alt": f"{image.label or 'image without label'}, {file_name(image.path)}",
        "hint": "\n".join(f"{name}: {value}" for name, value in _facts(image)),
        "label": image.label,
        "state": image.state,
        "width": image.width,
        "height": image.height,
        "similarity": image.similarity if isinstance(image, NeighbourOut) else None,
        "facts": _facts(image),
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


def _facts(image: ImageOut) -> list[tuple[str, str | int | float]]:
    facts: list[tuple[str, str | int | float]] = list(image.metadata.items())
    facts += [("file", file_name(image.path))]
    if image.page is not None:
        facts += [("page", image.page + 1)]
    facts += [("size", f"{image.width} \u00d7 {image.height} px"), ("format", f"{image.format}, {image.scaling}")]
    if image.state is not None:
        facts += [("label is", image.state)]
    return facts
