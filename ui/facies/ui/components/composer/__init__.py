"""The query as it is put together: one example large, with a crop drawn on it, and all of them with their signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from facies.core.wire import ImageOut
from facies.ui.components.component import Action, Component, with_version
from facies.ui.components.grid import full_address
from facies.ui.query import Query, QueryExample

COMPOSER = Component("composer", ("crop", "composer"))


def show_composer(
    query: Query, images: dict[str, ImageOut], link: Callable[[str], str], *, on_action: Callable[[Action], None]
) -> None:
    """Show the examples of a query.

    Args:
        query: with at least one example.
        images: by id, those examples that are images of the collection.
        link: turns a path of the API into an address for the browser.
        on_action: called before the next run with what the person did to the example ``key``: ``type`` is ``crop``
            (with ``crop``), ``focus``, ``flip`` or ``remove``.
    """
    uploads = [e for e in query.examples if e.data is not None]
    places = {e.key: place for place, e in enumerate(uploads)}
    examples = [_to_item(e, places.get(e.key), images.get(e.image_id or ""), link) for e in query.examples]
    told = with_version({"examples": examples, "focus": query.focus})
    files = np.empty(len(uploads), dtype=object)
    files[:] = [e.data for e in uploads]
    data = {"query": told} | ({"files": files} if uploads else {})
    COMPOSER.show(data, key="composer", on_action=on_action)


def _to_item(
    example: QueryExample, place: int | None, image: ImageOut | None, link: Callable[[str], str]
) -> dict[str, Any]:
    return {
        "key": example.key,
        "name": example.name,
        "positive": example.positive,
        "file": place,
        "src": link(image.thumbnail) if image else None,
        "full": full_address(image, link) if image else None,
        "crop": example.crop.model_dump() if example.crop else None,
    }
