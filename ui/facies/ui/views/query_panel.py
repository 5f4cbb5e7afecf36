"""The left side of the search page: the examples, ways to add one, and what the neighbours say it is."""

from __future__ import annotations

from typing import Any

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut, ImageOut
from facies.core.wire_search import Crop
from facies.ui import state
from facies.ui.components.composer import show_composer
from facies.ui.query import Query, example_of_id, example_of_upload
from facies.ui.service import Service
from facies.ui.views import suggestion


def show(service: Service, collection: CollectionOut, images: dict[str, ImageOut] | FaciesError) -> None:
    """Draw the panel."""
    query = state.current_query()
    _lost(state.lost_uploads())
    if query.examples:
        _heading(query)
        if not isinstance(images, FaciesError):
            show_composer(query, images, service.link, on_action=_compose)
            suggestion.show(service, collection, query)
        with st.expander("Add an example", icon=":material/add:"):
            _uploader("Images from this computer")
            _id_field()
    else:
        _uploader("Search with your own image")
        _id_field()


def _lost(uploads: int) -> None:
    """Say which part of the query is gone, where a session ended or a link was opened by somebody else."""
    if uploads:
        which, them = ("1 uploaded image is", "it") if uploads == 1 else (f"{uploads} uploaded images are", "them")
        with st.container(key="lost-uploads", border=True):
            st.markdown(
                f":material/image_not_supported: **{which} not here any more.** Uploads are kept by an open page "
                f"alone, and this one was opened anew. Add {them} again to search as before."
            )


def _heading(query: Query) -> None:
    with st.container(
        key="query-head", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        words = "Query" if len(query.examples) == 1 else f"Query of {len(query.examples)} examples"
        st.subheader(words, anchor=False)
        st.button("Start over", key="start-over", type="tertiary", icon=":material/restart_alt:", on_click=_start_over)


def _uploader(label: str) -> None:
    key = f"uploader-{st.session_state.setdefault('uploader', 0)}"
    st.file_uploader(
        label,
        accept_multiple_files=True,
        key=key,
        on_change=_take_uploads,
        args=(key,),
        help="JPEG, PNG, TIFF, WebP, GIF or BMP. Nothing is stored: the image is only compared.",
    )


def _id_field() -> None:
    st.text_input(
        "or the id of an image of the collection",
        key="id-field",
        placeholder="Paste an id and press Enter",
        on_change=_take_id,
        autocomplete="off",
    )


def _take_uploads(key: str) -> None:
    files = st.session_state.get(key) or []
    if files:
        state.set_query(state.current_query().add(example_of_upload(f.name, f.getvalue()) for f in files))
        st.session_state["uploader"] += 1  # a fresh, empty field: the query shows the files from here on


def _take_id() -> None:
    image_id = st.session_state["id-field"]
    st.session_state["id-field"] = ""
    if image_id.strip():
        state.set_query(state.current_query().add([example_of_id(image_id)]))


def _start_over() -> None:
    state.set_query(Query())


def _compose(action: dict[str, Any]) -> None:
    query, key = state.current_query(), action["key"]
    if action["type"] == "crop":
        crop = action.get("crop")
        state.set_query(query.crop(key, Crop(**crop) if crop else None))
    elif action["type"] == "focus":
        st.session_state["query"] = query.look_at(key)
    elif action["type"] == "flip":
        state.set_query(query.flip(key))
    elif action["type"] == "remove":
        state.set_query(query.remove(key))
