"""Whether all is well: the service, the stored vectors, the labels in them, the originals, the disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut, StoredOut
from facies.core.wire_labels import LabelCheckOut
from facies.core.wire_upkeep import MissingOriginalsOut, StorageOut
from facies.ui import markup, state
from facies.ui.problems import show_problem
from facies.ui.service import Service
from facies.ui.views import job_follow
from facies.ui.words import size

T = TypeVar("T")


def show(service: Service, collection: CollectionOut) -> None:
    """Draw what is known at once, and offer to look where that takes a while."""
    _service(service)
    _vectors(service, collection)
    _labels(service, collection)
    _originals(service, collection)
    _disk(service)


def _service(service: Service) -> None:
    st.subheader("Service", anchor=False)
    health = state.attempt(service.client.upkeep.ready)
    if isinstance(health, FaciesError):
        show_problem(health)
        return
    st.html(
        markup.facts(
            [
                ("facies", health.version),
                ("address", service.client.base_url),
                ("vectors", health.store),
                ("catalogue", health.catalog),
            ]
        )
    )


def _vectors(service: Service, collection: CollectionOut) -> None:
    st.subheader("Stored vectors", anchor=False)
    job_follow.show(service, "optimise", job_follow.newest(service, "optimise", collection.name))
    stored = state.attempt(lambda: service.client.collection(collection.name).stored)
    if isinstance(stored, FaciesError):
        show_problem(stored)
        return
    if stored is None:
        st.caption(
            "The vector store does not have this collection: a run was broken off when it was made. Index again."
        )
        return
    st.html(markup.figures(_stored_figures(stored)))
    if stored.points != collection.images:
        st.warning(
            f"{collection.images:,} images and {stored.points:,} points: index the source again to mend that.",
            icon=":material/sync_problem:",
        )
    if stored.error is not None:
        st.warning(f"The last building of the graph failed: {stored.error}", icon=":material/error:")
    st.button(
        "Build the graph",
        key="optimise",
        icon=":material/hub:",
        disabled=stored.optimizing or not stored.points,
        help="Searches among many images become faster, and vectors are packed as the settings say. Searches and "
        "writes go on meanwhile.",
        on_click=job_follow.order,
        args=(service, "optimise", {"collection": collection.name}),
    )


def _stored_figures(stored: StoredOut) -> list[tuple[str, str]]:
    return [
        ("points", f"{stored.points:,}"),
        ("in the graph", f"{stored.graphed:,}"),
        ("packing", stored.quantization),
        ("on the disk", "on a server" if stored.disk_bytes is None else size(stored.disk_bytes)),
    ]


def _labels(service: Service, collection: CollectionOut) -> None:
    st.subheader("Labels in the vector store", anchor=False)
    st.caption("Filters read labels from the vector store, which mirrors the catalogue. This compares the two.")
    labels = service.client.labels
    with st.container(horizontal=True, vertical_alignment="center"):
        found = _on_click("Compare", "check-labels", collection.name, lambda: labels.check(collection.name, mend=False))
    if not isinstance(found, LabelCheckOut):
        return
    wrong = found.drifted + found.lacking + found.strange
    if not wrong:
        st.success(f"All {found.images:,} images agree.", icon=":material/check_circle:")
        return
    st.warning(
        f"{found.drifted:,} images have another label there, {found.lacking:,} have no vectors, {found.strange:,} "
        "points belong to no image.",
        icon=":material/sync_problem:",
    )
    mended = _on_click("Mend them", "mend-labels", collection.name, lambda: labels.check(collection.name, mend=True))
    if isinstance(mended, LabelCheckOut):
        st.success(f"{mended.mended:,} were mended.", icon=":material/check_circle:")
        if mended.lacking:
            st.caption("Images without vectors get theirs when their source is indexed again.")


def _originals(service: Service, collection: CollectionOut) -> None:
    st.subheader("Originals", anchor=False)
    st.caption("Files that were indexed in place may have been moved since. Thumbnails and vectors remain.")
    upkeep = service.client.upkeep
    found = _on_click(
        "Look for them", "check-originals", collection.name, lambda: upkeep.missing_originals(collection.name)
    )
    if not isinstance(found, MissingOriginalsOut):
        return
    elsewhere = f" {found.elsewhere:,} behind a URL were not looked for." if found.elsewhere else ""
    if not found.missing:
        st.success(f"All {found.looked_at:,} are where they were.{elsewhere}", icon=":material/check_circle:")
        return
    st.warning(f"{found.missing:,} of {found.looked_at:,} are gone.{elsewhere}", icon=":material/find_in_page:")
    st.dataframe([{"file": one.path, "label": one.label, "id": one.id} for one in found.images], hide_index=True)
    st.caption("Where they have moved to another folder, this finds them by their content:")
    st.code(f"facies index FOLDER --relink FOLDER -c {collection.name}", language="bash")


def _disk(service: Service) -> None:
    st.subheader("Disk", anchor=False)
    found = _on_click("Measure", "check-disk", "", service.client.upkeep.storage)
    if not isinstance(found, StorageOut):
        return
    used = found.total_bytes - found.free_bytes
    st.progress(used / found.total_bytes, text=f"{size(found.free_bytes)} free of {size(found.total_bytes)}")
    st.caption(found.data_dir)
    st.dataframe(
        [{"part": one.name, "files": one.files, "size": size(one.bytes)} for one in found.parts], hide_index=True
    )


def _on_click(words: str, key: str, about: str, ask: Callable[[], T]) -> T | None:
    """Ask when a button is pressed, and keep the answer for as long as the session lasts."""
    place = f"{key}-answer-{about}"
    if st.button(words, key=key):
        with st.spinner("Looking"):
            st.session_state[place] = state.attempt(ask)
    answer: T | FaciesError | None = st.session_state.get(place)
    if isinstance(answer, FaciesError):
        show_problem(answer)
        return None
    return answer
