"""Where no drawing is open: those that there are, and how to begin another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_drawings import DrawingBody, DrawingOut, PictureBody, Task
from facies.ui import markup, segment_state, state
from facies.ui.problems import show_problem
from facies.ui.service import Service, load_collections

TASKS: Final[dict[Task, str]] = {"core": "Core by depth", "macerals": "Macerals"}
MOST_LISTED: Final = 12
MOST_IMAGES: Final = 1000

Add = Callable[[str], None]
"""Adds pictures to the drawing of an id."""


def show(service: Service) -> None:
    """Draw the page without a drawing."""
    st.header("Segment", anchor=False)
    st.markdown(
        "Draw a few strokes on a photograph and have every pixel named: a whole core with fractions by depth, or "
        "macerals with their areas. Strokes are kept as you draw them."
    )
    problem = segment_state.take_problem()
    if problem is not None:
        show_problem(problem)
    begin, go_on = st.columns([3, 2], gap="large")
    with begin:
        _begin(service)
    with go_on:
        _go_on(service)


def _begin(service: Service) -> None:
    with st.container(key="segment-begin", border=True):
        st.subheader("Begin", anchor=False)
        task = st.segmented_control(
            "What is it?",
            list(TASKS),
            default="core",
            required=True,
            key="segment-task",
            format_func=lambda one: TASKS[one],
        )
        title = st.text_input("Title", key="segment-title", placeholder="Well A-1, boxes 12 to 16", max_chars=200)
        add = choose_pictures(service, "begin")
        if st.button(
            "Begin to draw", key="segment-begin-now", type="primary", icon=":material/draw:", disabled=add is None
        ):
            _make(service, DrawingBody(title=title, task=task), add)


def choose_pictures(service: Service, key: str) -> Add | None:
    """Let a person choose pictures; gives what adds them to a drawing, or None where none are chosen."""
    chosen = segment_state.current()
    ways = ["From this computer", "From a collection", "From the service's disk"]
    way = st.segmented_control(
        "Pictures",
        ways,
        default=ways[1] if chosen.image is not None else ways[0],
        required=True,
        key=f"segment-way-{key}",
    )
    if way == ways[0]:
        return _from_files(service, key)
    if way == ways[1]:
        return _from_collection(service, key)
    path = st.text_input("Path", key=f"segment-path-{key}", placeholder="/data/cores/a1/12.tif").strip()
    return (lambda drawing: _add(service, drawing, PictureBody(path=path))) if path else None


def _from_files(service: Service, key: str) -> Add | None:
    files = st.file_uploader(
        "Photographs",
        accept_multiple_files=True,
        key=f"segment-files-{key}-{segment_state.times_loaded()}",
        help="Of one core several, in any order. They are copied to the service; each is up to 256 MB.",
    )

    def add(drawing: str) -> None:
        for file in files:
            service.client.drawings.upload_picture(drawing, file.name, file)

    return add if files else None


def _from_collection(service: Service, key: str) -> Add | None:
    collections = {one.name: one for one in load_collections(service, segment_state.current().collection)}
    if not collections:
        st.caption("There is no collection yet.")
        return None
    names = list(collections)
    wanted = segment_state.current().collection or state.current_collection()
    name = st.selectbox(
        "Collection", names, index=names.index(wanted) if wanted in names else 0, key=f"segment-collection-{key}"
    )
    images = _images(service, collections[name])
    if not images:
        st.caption(f"{name} holds no images.")
        return None
    ids = list(images)
    given = segment_state.current().image
    if given is not None and given not in images and name == segment_state.current().collection:
        found = state.attempt(lambda: service.client.image(name, given))
        if isinstance(found, FaciesError):
            show_problem(found)
        else:
            images = {given: found.path, **images}
            ids = list(images)
    image = st.selectbox(
        "Image",
        ids,
        index=ids.index(given) if given in ids else None,
        key=f"segment-image-{key}",
        format_func=lambda one: images[one].rpartition("/")[2],
        placeholder="Choose one, or type a part of its name",
    )
    if image is None:
        return None
    shown = service.client.image(name, image)
    st.html(markup.mosaic([(service.link(shown.thumbnail), shown.path)]))
    return lambda drawing: _add(service, drawing, PictureBody(collection=name, image=image))


def _images(service: Service, collection: CollectionOut) -> dict[str, str]:
    """The first images of a collection, with their paths."""
    key = ("segment images", collection.name, collection.images)
    page = state.remembered(key, lambda: service.client.images(collection.name, limit=MOST_IMAGES))
    return {one.id: one.path for one in page.images}


def _add(service: Service, drawing: str, body: PictureBody) -> None:
    service.client.drawings.add_picture(drawing, body)


def _make(service: Service, body: DrawingBody, add: Add | None) -> None:
    with st.spinner("Copying the pictures and laying them out"):
        made = state.attempt(lambda: service.client.drawings.begin(body))
        if isinstance(made, FaciesError):
            show_problem(made)
            return
        added = state.attempt(lambda: add(made.id) if add is not None else None)
    if isinstance(added, FaciesError):
        show_problem(added)
        state.attempt(lambda: service.client.drawings.delete(made.id))  # it has nothing that anybody drew
        return
    segment_state.open_drawing(made.id)
    st.rerun()


def _go_on(service: Service) -> None:
    st.subheader("Go on", anchor=False)
    drawings = service.client.drawings.list()
    if not drawings:
        st.caption("What you draw is kept on the service and stands here.")
        return
    for one in drawings[:MOST_LISTED]:
        _card(one)
    if len(drawings) > MOST_LISTED:
        st.caption(f"and {len(drawings) - MOST_LISTED} older ones; a link to one opens it.")


def _card(drawing: DrawingOut) -> None:
    strokes = sum(one.strokes for one in drawing.pictures)
    names = ", ".join(one.name for one in drawing.pictures[:3]) or "no picture"
    with st.container(key=f"card-drawing-{drawing.id}", border=True, gap="small"):
        st.button(
            markup.plain(drawing.title or names),
            key=f"open-drawing-{drawing.id}",
            type="tertiary",
            on_click=segment_state.open_drawing,
            args=(drawing.id,),
        )
        counts = (_count(len(drawing.pictures), "picture"), _count(strokes, "stroke"))
        st.caption(" \u00b7 ".join((TASKS[drawing.task], *counts, f"{drawing.changed_at:%d %b %Y %H:%M}")))
        damaged = [one.name for one in drawing.pictures if one.problem is not None]
        if damaged:
            st.caption(f":material/warning: The strokes of {markup.plain(', '.join(damaged))} cannot be read.")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
