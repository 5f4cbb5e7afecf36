"""A page with one gallery of 5,000 tiles, for `test_long_grid`: the pictures are those of a running service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import streamlit as st

from facies.ui.components.grid import Naming, Tile, show_grid
from facies.ui.service import open_service

COUNT = 5_000


def heard(action: Mapping[str, Any]) -> None:
    """Keep what was done, to be read on the page, and name the images as a service would."""
    st.session_state["heard"] = f"{action['type']} of {len(action.get('items', []))}"
    given = {item["id"]: item["label"] for item in action.get("items", [])}
    st.session_state["given"] = st.session_state.get("given", {}) | given


def main() -> None:
    """Draw the page."""
    service = open_service(os.environ["FACIES_UI__API_URL"], None)
    page = service.client.images("samples", limit=60)
    given = st.session_state.get("given", {})
    images = [
        page.images[place % 60].model_copy(update={"id": (key := str(UUID(int=place))), "label": given.get(key)})
        for place in range(COUNT)
    ]
    st.write(st.session_state.get("heard", "nothing heard"))
    show_grid(
        [Tile(image, suggestion="azolla", confidence=0.5 + place / COUNT / 2) for place, image in enumerate(images)],
        service.link,
        key="long",
        label="a long gallery",
        collection="samples",
        naming=Naming(["azolla", "spore"], ["azolla", "spore"]),
        details_open=False,
        on_action=heard,
    )


if __name__ == "__main__":
    main()
