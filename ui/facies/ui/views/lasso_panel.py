"""Below the map: what a lasso encloses, as a gallery, to be named or written down; or the image of one point."""

from __future__ import annotations

from functools import partial

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_maps import MOST_IMAGES, LassoLabelsOut, LassoOut, LegendOut, MapOut
from facies.ui import map_state, markup, naming, state
from facies.ui.components.component import Action
from facies.ui.components.grid import show_grid
from facies.ui.map_state import Lasso
from facies.ui.problems import show_problem
from facies.ui.service import Service

PAGE = 200
LABELS_SHOWN = 8


def show(service: Service, collection: CollectionOut, shown: MapOut, legend: LegendOut) -> None:
    """Draw what is enclosed, or the image that was opened; nothing where there is neither."""
    naming.show_outcome(service, collection)
    point, lasso = map_state.opened_point(), map_state.current_lasso()
    if point is not None and point[0] == shown.number:
        _point(service, collection, legend, point)
    if lasso is not None and lasso.map == shown.number:
        _lasso(service, collection, lasso, legend)
    elif point is None:
        st.caption("Draw a lasso around points to see and name their images. A click on a point opens its image.")


def _lasso(service: Service, collection: CollectionOut, lasso: Lasso, legend: LegendOut) -> None:
    try:
        with st.spinner("Looking at what is enclosed"):
            pages = [_look(service, collection, lasso, legend, page) for page in range(state.pages_shown("lasso"))]
    except FaciesError as error:
        show_problem(error)
        return
    found, images = pages[0], [image for page in pages for image in page.images]
    with st.container(key="lasso-head", horizontal=True, vertical_alignment="bottom"):
        words = "image" if found.count == 1 else "images"
        st.subheader(f"{found.count:,} {words} enclosed", anchor=False)
        if found.count:
            _form(service, collection, lasso, found)
            st.download_button(
                "Download as CSV",
                data=lambda: service.client.maps.lasso_table(collection.name, lasso.map, lasso.body()),
                file_name=f"{collection.name}-map-{lasso.map}.csv",
                mime="text/csv",
                on_click="ignore",
                icon=":material/download:",
                key="lasso-csv",
            )
        st.button("Clear", key="lasso-clear", type="tertiary", on_click=map_state.clear_lasso)
    if not found.count:
        return
    _labels(found)
    show_grid(
        images,
        service.link,
        key="lasso-grid",
        label=f"{len(images)} of {found.count} images enclosed",
        collection=collection.name,
        naming=naming.choices(collection),
        details_open=False,
        more=len(images) < min(found.count, MOST_IMAGES),
        on_action=partial(_act, service, collection),
    )


def _look(service: Service, collection: CollectionOut, lasso: Lasso, legend: LegendOut, page: int) -> LassoOut:
    body = lasso.body(offset=page * PAGE, limit=PAGE)
    key = ("lasso", collection.name, lasso.map, body.model_dump_json(), legend.revision)

    def ask() -> LassoOut:
        told = service.client.maps.lasso(collection.name, lasso.map, body)
        return told.model_copy(update={"ids": []})  # up to 20,000 of them, which nothing here asks for

    return state.remembered(key, ask)


def _labels(found: LassoOut) -> None:
    counts = list(found.labels.items())
    unnamed = found.count - sum(found.labels.values())
    if unnamed:
        counts.append(("without a label", unnamed))
    rest = sum(count for _, count in counts[LABELS_SHOWN:])
    shown = counts[:LABELS_SHOWN] + ([(f"{len(counts) - LABELS_SHOWN} others", rest)] if rest else [])
    st.html(markup.count_bars(shown))


def _form(service: Service, collection: CollectionOut, lasso: Lasso, found: LassoOut) -> None:
    label = st.selectbox(
        "Name them",
        sorted(collection.labels),
        index=None,
        key="lasso-label",
        placeholder="A label",
        accept_new_options=True,
        width=260,
    )
    st.checkbox(
        "keep what is validated", value=True, key="lasso-keep", help="Images whose label a person has validated stay."
    )
    st.button(
        f"Label {found.count:,}",
        key="lasso-apply",
        type="primary",
        icon=":material/label:",
        disabled=not label,
        on_click=_apply,
        args=(service, collection, lasso, found.count, map_state.times_cleared()),
    )


def _apply(service: Service, collection: CollectionOut, lasso: Lasso, expected: int, cleared: int) -> None:
    label, keep = str(st.session_state["lasso-label"]), bool(st.session_state["lasso-keep"])

    def ask() -> LassoLabelsOut:
        body = lasso.label_body(label, expected=expected, keep_validated=keep)
        return service.client.maps.label_lasso(collection.name, lasso.map, body)

    once = (lasso.map, lasso.body().model_dump_json(), cleared)
    done = naming.carry_out(collection, ask, lambda done: (_words(label, done), done.batch), once=once)
    if not isinstance(done, FaciesError):
        map_state.clear_lasso()


def _words(label: str, done: LassoLabelsOut) -> str:
    kept = f" {done.kept:,} stay as somebody has validated them." if done.kept else ""
    words = "1 image is" if done.count == 1 else f"{done.count:,} images are"
    return f"{words} now **{markup.plain(label)}**.{kept}"


def _point(service: Service, collection: CollectionOut, legend: LegendOut, point: tuple[int, int]) -> None:
    key = ("point", collection.name, legend.revision, point)
    found = state.attempt(lambda: state.remembered(key, lambda: service.client.maps.point(collection.name, *point)))
    if isinstance(found, FaciesError):
        show_problem(found)
        return
    show_grid(
        [found],
        service.link,
        key="point-grid",
        label="The image of this point",
        collection=collection.name,
        naming=naming.choices(collection),
        on_action=partial(_act, service, collection),
    )


def _act(service: Service, collection: CollectionOut, action: Action) -> None:
    naming.act(service, collection, action)
    if action["type"] == "similar":
        state.search_for(action["id"])
    elif action["type"] == "more":
        state.show_more("lasso")
