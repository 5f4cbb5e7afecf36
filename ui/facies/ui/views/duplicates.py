"""Near copies in a collection: found by a job, shown side by side, then deleted, named alike, or left."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

import streamlit as st

from facies.core.errors import FaciesError, ImageNotFoundError
from facies.core.wire import CollectionOut, ImageOut
from facies.core.wire_jobs import JobOut
from facies.ui import markup, naming, near_copies, state
from facies.ui.components.grid import file_name
from facies.ui.near_copies import Group
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts, signature
from facies.ui.views import job_follow

PAGE: Final = 8
MOST_SIDE_BY_SIDE: Final = 12
TILE_PX: Final = 168


@dataclass(slots=True)
class _Aside:
    """What a visit has done with of the groups of one job: images that it deleted, groups that it leaves."""

    job: str = ""
    gone: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the search for copies, and the groups that were found last."""
    st.markdown(
        "Pictures that are all but the same: scanned twice, exported in two formats, photographed again. Copies of the "
        "same bytes are never indexed twice."
    )
    job = job_follow.newest(service, "near-copies", collection.name)
    _form(service, collection, is_busy=job is not None and not job.is_over)
    job_follow.show(service, "near-copies", job)
    naming.show_outcome(service, collection)
    refused = st.session_state.pop("copies_refused", None)
    if isinstance(refused, FaciesError):
        show_problem(refused)
    if job is not None and job.state == "done":
        _groups(service, collection, job)


def _form(service: Service, collection: CollectionOut, *, is_busy: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        alike = st.number_input(
            "Alike from a cosine of",
            0.8,
            1.0,
            0.98,
            step=0.005,
            format="%.3f",
            key="copies-alike",
            width=180,
            help="1 finds what looks the same to the model to the last digit; 0.98 is a good start.",
        )
        st.button(
            "Find near copies",
            key="copies-find",
            type="primary",
            icon=":material/difference:",
            disabled=is_busy or not collection.images,
            on_click=job_follow.order,
            args=(service, "near-copies", {"collection": collection.name, "alike": alike}),
        )


def _groups(service: Service, collection: CollectionOut, job: JobOut) -> None:
    try:
        found = state.remembered(("near copies", job.id), lambda: _read(service, job))
    except FaciesError as error:
        show_problem(error)
        return
    result = cast("dict[str, Any]", job.result)
    for note in result["notes"]:
        st.caption(markup.plain(note))
    aside = _aside(collection.name)
    if aside.job != job.id:  # what was put aside was of older groups
        aside.job, aside.gone, aside.kept = job.id, set(), set()
    differing = sum(group.differs for group in found)
    only = bool(differing) and st.toggle(f"Only the {differing:,} whose labels differ", key="copies-differing")
    left = near_copies.still_open(found, gone=aside.gone, kept=aside.kept, differing_only=only)
    looked = f"{result['compared']:,} images were compared on {job.created_at:%d %B %Y, %H:%M} UTC"
    if not left:
        st.caption(f"No near copies {'are left' if found else 'at this cosine'}; {looked}.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        words = "1 group" if len(left) == 1 else f"{len(left):,} groups"
        st.markdown(f"**{words}** :gray[\u00b7 {looked}]", width="stretch")
        table = next((one for one in job.files if one.name == near_copies.TABLE_FILE), None)
        if table is not None:
            st.link_button("All as CSV", service.link(table.path), icon=":material/download:")
    shown = left[: PAGE * state.pages_shown("copies")]
    for group in shown:
        _group(service, collection, group)
    if len(shown) < len(left):
        st.button("Show more groups", key="copies-more", on_click=state.show_more, args=("copies",))


def _read(service: Service, job: JobOut) -> list[Group]:
    file = next(one for one in job.files if one.name == near_copies.GROUPS_FILE)
    data = io.BytesIO()
    service.client.jobs.download(file, data)
    return near_copies.read_groups(data.getvalue())


def _group(service: Service, collection: CollectionOut, group: Group) -> None:
    try:
        images = [_image(service, collection, one) for one in group.ids[:MOST_SIDE_BY_SIDE]]
    except FaciesError as error:
        show_problem(error)
        return
    there = [image for image in images if image is not None]
    if len(there) < 2:  # somebody else has deleted the others
        return
    labels = sorted({image.label for image in there if image.label is not None})
    with st.container(key=f"copies-{group.key}", border=True):
        differs = " :orange-badge[labels differ]" if len(labels) > 1 else ""
        more = len(group.ids) - len(there)
        st.markdown(
            f"{len(group.ids)} images :gray[\u00b7 similarity {group.similarity:.4f}]{differs}"
            + (f" :gray[\u00b7 {more} more are not shown]" if more else "")
        )
        with st.container(horizontal=True, gap="medium"):
            for image in there:
                with st.container(width=TILE_PX, gap="small"):
                    _side(service, image)
        _decide(service, collection, group, there, labels)


def _side(service: Service, image: ImageOut) -> None:
    st.html(markup.picture(service.link(image.thumbnail), image.label or "without a label"))
    st.markdown(f"**{markup.plain(image.label)}**" if image.label else ":gray[without a label]")
    st.caption(f"{markup.plain(file_name(image.path))} \u00b7 {image.width} \u00d7 {image.height} px")
    st.checkbox("delete", key=f"delete-{image.id}", help=image.path)


def _decide(
    service: Service, collection: CollectionOut, group: Group, there: Sequence[ImageOut], labels: Sequence[str]
) -> None:
    chosen = [image.id for image in there if st.session_state.get(f"delete-{image.id}")]
    with st.container(horizontal=True, vertical_alignment="center"):
        words = "1 image" if len(chosen) == 1 else f"{len(chosen)} images"
        if st.button(
            f"Delete {words}" if chosen else "Delete",
            key=f"copies-delete-{group.key}",
            icon=":material/delete:",
            disabled=not chosen,
        ):
            _ask_delete(service, collection, chosen)
        for label in labels if len(labels) > 1 else ():
            st.button(
                f"All are {markup.plain(label)}",
                key=f"copies-label-{group.key}-{label}",
                icon=":material/label:",
                on_click=_give,
                args=(service, collection, there, label),
            )
        st.button(
            "Leave them",
            key=f"copies-keep-{group.key}",
            type="tertiary",
            help="Puts the group aside for this visit.",
            on_click=_keep,
            args=(collection.name, group.key),
        )


@st.dialog("Delete images")
def _ask_delete(service: Service, collection: CollectionOut, chosen: Sequence[str]) -> None:
    words = "1 image leaves" if len(chosen) == 1 else f"{len(chosen)} images leave"
    st.markdown(
        f"**{words} {collection.name}** with vector and thumbnail. Originals that were indexed in place stay where "
        "they are, and come back when their folder is indexed again; copies of uploads are deleted."
    )
    if st.button(
        "Delete",
        type="primary",
        key="copies-delete-now",
        on_click=_delete,
        args=(service, collection.name, chosen),
    ):
        st.rerun()


def _delete(service: Service, collection: str, chosen: Sequence[str]) -> None:
    for one in chosen:
        gone = state.attempt(partial(service.client.delete_image, collection, one))
        if isinstance(gone, FaciesError) and not isinstance(gone, ImageNotFoundError):
            st.session_state["copies_refused"] = gone
            break
        _aside(collection).gone.add(one)
    forget_counts()


def _give(service: Service, collection: CollectionOut, there: Sequence[ImageOut], label: str) -> None:
    naming.give(
        service,
        collection,
        [{"id": image.id, "label": label, "state": "validated", "seen": image.event} for image in there],
        once=(signature(collection), label, *(image.id for image in there)),
    )


def _image(service: Service, collection: CollectionOut, image_id: str) -> ImageOut | None:
    try:
        return state.load_image(service, collection, image_id)
    except ImageNotFoundError:
        return None


def _aside(collection: str) -> _Aside:
    aside: _Aside = st.session_state.setdefault(f"copies_aside {collection}", _Aside())
    return aside


def _keep(collection: str, key: str) -> None:
    _aside(collection).kept.add(key)
