"""A page with one long gallery over a running service, for `benchmarks.ui_grid`; labels are given as on every page."""

from __future__ import annotations

import os
from functools import partial
from typing import Final

import streamlit as st

from facies.core.wire import ImageOut
from facies.ui import naming
from facies.ui.components.grid import show_grid
from facies.ui.service import Service, load_collections, open_service

PAGE: Final = 500


def read_images(service: Service, name: str, count: int) -> list[ImageOut]:
    """The first images of a collection."""
    images: list[ImageOut] = []
    while len(images) < count:
        images += service.client.images(name, offset=len(images), limit=PAGE).images
    return images[:count]


service = open_service(os.environ["FACIES_UI__API_URL"], None)
collection = load_collections(service)[0]
naming.show_outcome(service, collection)
show_grid(
    read_images(service, collection.name, int(st.query_params["count"])),
    service.link,
    key="gallery",
    label="a long gallery",
    collection=collection.name,
    naming=naming.choices(collection),
    details_open=False,
    on_action=partial(naming.act, service, collection),
)
