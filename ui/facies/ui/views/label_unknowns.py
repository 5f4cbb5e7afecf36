"""Unknowns: images far from all that is validated, in groups that may be one taxon each; named, promoted, merged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, cast

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import Body, CollectionOut
from facies.core.wire_labels import LabelBatchOut, LabelCountsOut
from facies.core.wire_review import RenameBody, UnknownGroupOut, UnknownsBody, UnknownsOut
from facies.ui import label_state, markup, naming, state
from facies.ui.components.grid import Tile, show_grid
from facies.ui.problems import show_problem
from facies.ui.service import Service, signature
from facies.ui.views import label_auto, label_scope

SHOWN: Final = 12
"""Images of a group that are shown before it is opened."""
MOST_SHOWN: Final = 200


def show(service: Service, collection: CollectionOut, counts: LabelCountsOut) -> None:
    """Draw the groups."""
    fewest, share = _orders(service, collection)
    scope = label_state.current().scope
    body = UnknownsBody(
        vector=scope.vector, where=scope.where, group=scope.group, fewest=fewest, share=share, shown=MOST_SHOWN
    )
    try:
        with st.spinner("Gathering what is unlike everything validated"):
            found = state.remembered(
                ("unknowns", signature(collection), body.model_dump_json()),
                lambda: service.client.review.unknowns(collection.name, body),
            )
    except FaciesError as error:
        show_problem(error)
        return
    _head(service, collection, found, body)
    for group in found.groups:
        _group(service, collection, group)
    if found.groups:
        _merge(service, collection, found)


def _orders(service: Service, collection: CollectionOut) -> tuple[int, float]:
    with st.container(key="unknown-orders", horizontal=True, vertical_alignment="bottom"):
        fewest = st.number_input("Images of a group, at least", 2, 1000, 5, key="unknown-fewest", width=220)
        share = st.slider(
            "Validated images that count as known",
            0.5,
            0.99,
            0.75,
            0.01,
            key="unknown-share",
            format="percent",
            width=320,
            help="How far from all others an image has to lie: farther than this share of the validated ones do.",
        )
        label_scope.show(service, collection)
    return int(fewest), float(share)


def _head(service: Service, collection: CollectionOut, found: UnknownsOut, body: UnknownsBody) -> None:
    in_groups = sum(group.images for group in found.groups)
    with st.container(key="unknown-head", horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{found.unknown:,}** of {found.looked_at:,} images without a person's name are unknown: "
            f"{in_groups:,} of them in {len(found.groups):,} groups, {len(found.apart):,} apart.",
            width="stretch",
        )
        st.button(
            "Give provisional names",
            key=f"unknown-name-{collection.revision}",
            type="primary",
            icon=":material/label:",
            disabled=not found.groups,
            help="Each image of a group gets the group's name as a prediction, in one batch that can be undone.",
            on_click=_name,
            args=(service, collection, body),
        )
    for note in found.notes:
        st.caption(f":material/info: {markup.plain(note[:1].upper() + note[1:])}.")
    if not found.groups:
        with st.container(key="nothing", border=True):
            st.markdown("**No group of unknown images.** Let fewer images make a group, or fewer count as known.")


def _group(service: Service, collection: CollectionOut, group: UnknownGroupOut) -> None:
    named = group.name in collection.labels
    key = f"unknown-{group.members[0]}"
    with st.container(key=key, border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            near = "" if group.nearest is None else f", nearest to **{markup.plain(group.nearest)}**"
            far = "" if group.distance is None else f" (distance {group.distance:.2f})"
            st.markdown(
                f"**{markup.plain(group.name)}** :gray[\u00b7 {group.images:,} images{near}{far}]", width="stretch"
            )
            opened = st.toggle("all images", key=f"{key}-open", disabled=group.images <= SHOWN)
            st.button(
                "Grow",
                key=f"{key}-grow",
                icon=":material/unfold_more:",
                type="tertiary",
                help="Finds more that look like these.",
                on_click=label_state.change,
                kwargs={"kind": "grow", "label": group.name, "like": tuple(group.members[:64])},
            )
            if named:
                _promote(service, collection, group, key)
        images = group.shown if opened else group.shown[:SHOWN]
        show_grid(
            [Tile(image, note="medoid" if place == 0 else None) for place, image in enumerate(images)],
            service.link,
            key=f"{key}-grid",
            label=f"{len(images)} of {group.images} images of {group.name}",
            collection=collection.name,
            naming=naming.choices(collection, [group.name]),
            details_open=False,
            on_action=partial(label_auto.act, service, collection),
        )
        if opened and group.images > MOST_SHOWN:
            st.caption(f"The {MOST_SHOWN} nearest to the middle are shown.")


def _promote(service: Service, collection: CollectionOut, group: UnknownGroupOut, key: str) -> None:
    with st.popover("Rename", icon=":material/edit:", key=f"{key}-rename"):
        _rename_form(service, collection, [group.name], f"{key}-to", "Rename")


def _merge(service: Service, collection: CollectionOut, found: UnknownsOut) -> None:
    names = [group.name for group in found.groups if group.name in collection.labels]
    if len(names) < 2:
        return
    with st.container(key="unknown-merge", border=True, gap="small"):
        st.markdown("**Merge groups**")
        chosen = st.multiselect("Groups that are one taxon", names, key="unknown-merged")
        _rename_form(service, collection, chosen, "unknown-merge-to", "Merge")


def _rename_form(service: Service, collection: CollectionOut, names: list[str], key: str, words: str) -> None:
    to = st.selectbox(
        "Becomes",
        sorted(collection.labels),
        index=None,
        key=key,
        accept_new_options=True,
        placeholder="A label, or a new name",
    )
    seen = st.checkbox("somebody has looked at each image", key=f"{key}-seen", help="Then the labels are validated.")
    st.button(
        words,
        key=f"{key}-now",
        type="primary",
        disabled=not names or to is None,
        on_click=_rename,
        args=(service, collection, names, str(to or ""), seen),
    )


def _name(service: Service, collection: CollectionOut, body: UnknownsBody) -> None:
    def give() -> LabelBatchOut:
        given = service.client.review.unknowns(collection.name, body.model_copy(update={"shown": 1}), give=True)
        return cast(LabelBatchOut, given.batch)

    _do(collection, give, "got the provisional name of their group", by=body)


def _rename(service: Service, collection: CollectionOut, names: list[str], to: str, seen: bool) -> None:
    body = RenameBody(names=names, to=to, validate_images=seen)
    became = f"are now {markup.plain(to)}"
    _do(collection, lambda: service.client.review.rename(collection.name, body), became, by=body)


def _do(collection: CollectionOut, give: Callable[[], LabelBatchOut], became: str, *, by: Body) -> None:
    naming.carry_out(
        collection,
        give,
        lambda done: (f"**{done.images:,}** images {became}.", done),
        once=(signature(collection), by.model_dump_json()),
    )
