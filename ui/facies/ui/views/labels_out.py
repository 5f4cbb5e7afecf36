"""Labels of a collection as files of other tools; the browser fetches them from the service itself."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

import streamlit as st

from facies.core.wire import CollectionOut
from facies.core.wire_label_files import LabelFormat
from facies.ui.service import Service

FORMATS: Final[dict[LabelFormat, tuple[str, str]]] = {
    "csv": ("CSV", "one row an image with label, state, who, when, and metadata: for a spreadsheet or a script"),
    "parquet": ("Parquet", "the same for a data frame, types kept"),
    "coco": ("COCO", "JSON for training and for labelling tools"),
    "ecotaxa": ("EcoTaxa", "a table in a zip file, with the images if wanted"),
    "darwin-core": ("Darwin Core", "an archive of occurrences, for GBIF and other registers"),
}
STATES: Final = ("validated", "predicted", "dubious", "rejected")


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the choices, and the way to the file."""
    if not collection.labelled:
        st.caption("No image has a label yet, so there is nothing to take out.")
        return
    chosen = st.radio(
        "Format",
        list(FORMATS),
        captions=[about for _, about in FORMATS.values()],
        format_func=lambda one: FORMATS[one][0],
        key="export-format",
    )
    states = st.pills(
        "Only labels that are",
        STATES,
        selection_mode="multi",
        key="export-states",
        help="None chosen: all of them.",
    )
    depth = None
    numbers = sorted(name for name, kind in collection.fields.items() if kind != "keyword")
    if chosen == "darwin-core" and numbers:
        depth = st.selectbox(
            "Depth in metres",
            numbers,
            index=numbers.index("depth_m") if "depth_m" in numbers else None,
            key="export-depth",
            placeholder="none",
        )
    pictures = chosen == "ecotaxa" and st.checkbox("Images go along", key="export-pictures")
    address = to_path(collection.name, chosen, states=states, depth=depth, pictures=pictures)
    st.link_button(f"Download {FORMATS[chosen][0]}", service.link(address), type="primary", icon=":material/download:")
    st.caption("An image folder with one sub-folder a label is written by the command line:")
    st.code(f"facies label export FOLDER -c {collection.name}", language="bash")


def to_path(collection: str, chosen: LabelFormat, *, states: list[str], depth: str | None, pictures: bool) -> str:
    """The path of an export.

    >>> to_path("a b", "csv", states=["validated"], depth=None, pictures=False)
    '/v1/collections/a%20b/labels/export?format=csv&state=validated'
    """
    params = [("format", str(chosen)), *(("state", one) for one in states)]
    params += [] if depth is None else [("depth", depth)]
    params += [("pictures", "true")] if pictures else []
    return f"/v1/collections/{quote(collection, safe='')}/labels/export?{urlencode(params)}"
