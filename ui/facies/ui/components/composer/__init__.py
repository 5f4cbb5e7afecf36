"""The query as it is put together: one example large, with a crop drawn on it, and all of them with their signs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias, cast

import numpy as np
import streamlit as st

from facies.core.wire import ImageOut
from facies.ui.components.grid import full_address
from facies.ui.components.sources import read_sources
from facies.ui.query import Query, QueryExample

Action: TypeAlias = dict[str, Any]
"""What a person did to the example ``key``: ``type`` is ``crop`` (with ``crop``), ``focus``, ``flip`` or ``remove``."""


@cache
def _renderer() -> Callable[..., Any]:
    return st.components.v2.component(
        "facies_composer",
        css=read_sources(["shared.css", "composer/composer.css"]),
        js=read_sources(["dom.js", "composer/crop.js", "composer/composer.js"]),
    )


def show_composer(
    query: Query, images: dict[str, ImageOut], link: Callable[[str], str], *, on_action: Callable[[Action], None]
) -> None:
    """Show the examples of a query.

    Args:
        query: with at least one example.
        images: by id, those examples that are images of the collection.
        link: turns a path of the API into an address for the browser.
        on_action: called before the next run with what the person did.
    """
    uploads = [e for e in query.examples if e.data is not None]
    places = {e.key: place for place, e in enumerate(uploads)}
    examples = [_to_item(e, places.get(e.key), images.get(e.image_id or ""), link) for e in query.examples]
    told = {"examples": examples, "focus": query.focus}
    told["version"] = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    files = np.empty(len(uploads), dtype=object)
    files[:] = [e.data for e in uploads]

    def heard() -> None:
        action = cast(Action | None, st.session_state["composer"].get("action"))
        if action:
            on_action(action)

    _renderer()(key="composer", data={"query": told} | ({"files": files} if uploads else {}), on_action_change=heard)


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
