"""Label what is sure: how sure is chosen while seeing what it comes to; then one batch, which can be undone."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Final

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_labels import (
    AutoImageOut,
    AutoLabelBody,
    AutoLabelOut,
    AutoPointOut,
    LabelBatchOut,
    LabelCountsOut,
)
from facies.ui import label_state, markup, naming, state
from facies.ui.components.component import Action
from facies.ui.components.grid import Tile, show_grid
from facies.ui.label_state import PRECISIONS, Work
from facies.ui.problems import show_problem
from facies.ui.service import Service, signature
from facies.ui.views import label_curve, label_scope, label_start

EXAMPLES: Final = 60
_ORDER: Final = "label-auto-order"


def show(service: Service, collection: CollectionOut, counts: LabelCountsOut) -> None:
    """Draw the preview and what can be done with it."""
    if not label_start.show_unless_taught(counts):
        return
    work = label_state.current()
    with st.container(key="auto-orders", horizontal=True, vertical_alignment="bottom"):
        _slider(work)
        label_scope.show(service, collection)
        _options(work)
    try:
        with st.spinner(f"Naming {collection.images - counts.validated - counts.dubious:,} images"):
            curve = _foretell_all(service, collection, work)
    except FaciesError as error:
        show_problem(error)
        return
    if not curve.images:
        _nothing(work)
        return
    point = next(one for one in curve.curve if one.precision == work.precision)
    _apply(service, collection, work, curve, point)
    label_curve.show(curve, point)
    _notes(curve)
    _details(service, collection, work, curve)


def _slider(work: Work) -> None:
    label_state.mirror("auto-precision", work.precision)
    st.select_slider(
        "Right labels asked for",
        PRECISIONS,
        key="auto-precision",
        format_func=percent,
        on_change=lambda: label_state.change(precision=st.session_state["auto-precision"]),
        help="Of the labels that are given, this share shall be right. The higher it is, the fewer images get one.",
    )


def percent(share: float) -> str:
    """A share as a person says it.

    >>> percent(0.95), percent(0.995)
    ('95 %', '99.5 %')
    """
    return f"{share * 100:g} %"


def _options(work: Work) -> None:
    label_state.mirror("auto-gate", work.gate)
    label_state.mirror("auto-classwise", work.per_class)
    with st.container(gap=None, width="content"):
        st.checkbox(
            "leave strangers unknown",
            key="auto-gate",
            help="Images far from every validated one get no label, however sure their name seems.",
            on_change=lambda: label_state.change(gate=st.session_state["auto-gate"]),
        )
        st.checkbox(
            "each class by itself",
            key="auto-classwise",
            help="Each class has to reach the share of right labels by itself, where enough images are named by it.",
            on_change=lambda: label_state.change(per_class=st.session_state["auto-classwise"]),
        )


def _body(work: Work, *, precision: float, examples: int) -> AutoLabelBody:
    scope = work.scope
    return AutoLabelBody(
        precision=precision,
        vector=scope.vector,
        where=scope.where,
        group=scope.group,
        per_class=work.per_class,
        gate=work.gate,
        examples=examples,
    )


def _foretell_all(service: Service, collection: CollectionOut, work: Work) -> AutoLabelOut:
    """What all places of the slider come to, in one answer."""
    body = _body(work, precision=label_state.PRECISION, examples=EXAMPLES).model_copy(
        update={"curve": list(PRECISIONS)}
    )
    return state.remembered(_key(collection, body), lambda: service.client.labels.auto(collection.name, body))


def _foretell(service: Service, collection: CollectionOut, work: Work, curve: AutoLabelOut) -> AutoLabelOut:
    """What the chosen place comes to in detail."""
    if work.precision == curve.precision:
        return curve
    body = _body(work, precision=work.precision, examples=EXAMPLES)
    return state.remembered(_key(collection, body), lambda: service.client.labels.auto(collection.name, body))


def _key(collection: CollectionOut, body: AutoLabelBody) -> Hashable:
    return ("auto", signature(collection), body.model_dump_json())


def _apply(service: Service, collection: CollectionOut, work: Work, curve: AutoLabelOut, point: AutoPointOut) -> None:
    low, high = point.expected_errors_interval
    st.html(
        markup.figures(
            [
                ("get a label", f"{point.labelled:,}"),
                ("of all that wait", f"{point.coverage:.0%}"),
                ("of them wrong, expected", f"{point.expected_errors:,.0f}"),
                ("wrong at least, at most", f"{low:,.0f} \u2013 {high:,.0f}"),
                ("get a set of names", f"{point.in_sets:,}"),
                ("stay unknown", f"{point.unknown:,}"),
            ]
        )
    )
    with st.container(key="auto-apply", horizontal=True, vertical_alignment="center"):
        words = "Label 1 image" if point.labelled == 1 else f"Label {point.labelled:,} images"
        st.button(
            words,
            key=f"auto-apply-now-{'-'.join(str(part) for part in curve.version)}",
            type="primary",
            icon=":material/label:",
            disabled=not point.labelled,
            on_click=_wish,
            args=(
                collection.name,
                _body(work, precision=work.precision, examples=0).model_copy(
                    update={"apply": True, "version": curve.version}
                ),
            ),
        )
        st.caption(
            "As predictions, in one batch that can be undone at any time. What a person validated or doubted stays."
            if point.labelled
            else "No probability reaches this share on the validated images: ask for less, or validate more.",
            width="stretch",
        )
    name, order = st.session_state.get(_ORDER, (None, None))
    if order is not None and name == collection.name:
        _give(service, collection, order)


def _wish(name: str, order: AutoLabelBody) -> None:
    """Keep what is wished: what the preview that was shown has foretold, not one of the next moment."""
    st.session_state[_ORDER] = (name, order)


def forget_wish() -> None:
    """Give no labels that were wished and not given yet: the page shows something else."""
    st.session_state.pop(_ORDER, None)


def _give(service: Service, collection: CollectionOut, order: AutoLabelBody) -> None:
    with st.spinner("Giving the labels"):
        naming.carry_out(
            collection,
            lambda: service.client.labels.auto(collection.name, order),
            _tell,
            once=(collection.name, *(order.version or ())),
        )
    forget_wish()
    st.rerun()


def _tell(given: AutoLabelOut) -> tuple[str, LabelBatchOut | None]:
    if given.batch is None:
        return "No image got a label.", None
    return f"**{given.batch.images:,}** images are labelled, batch {given.batch.number}.", given.batch


def _notes(curve: AutoLabelOut) -> None:
    way = {"votes": "votes of the nearest", "linear": "a linear head", "both": "votes of the nearest and a linear head"}
    st.caption(
        f"Learnt from {curve.validated:,} validated images of {curve.classes:,} classes by {way[curve.way]} "
        f"({curve.model}, vector {curve.vector}); each was named once without itself, which is where the expectations "
        f"come from. Probabilities are off by {curve.calibration_error:.3f} on average."
    )
    for note in curve.notes:
        st.caption(f":material/info: {markup.plain(note[:1].upper() + note[1:])}.")


def _details(service: Service, collection: CollectionOut, work: Work, curve: AutoLabelOut) -> None:
    try:
        with st.spinner("Looking at single images"):
            told = _foretell(service, collection, work, curve)
    except FaciesError as error:
        show_problem(error)
        return
    shown: list[tuple[str, str, Sequence[AutoImageOut]]] = [
        ("labelled", f"Labelled ({told.labelled:,})", told.examples_labelled),
        ("sets", f"Sets of names ({told.in_sets:,})", told.examples_in_sets),
        ("unknown", f"Unknown ({told.unknown:,})", told.examples_unknown),
    ]
    kinds = {"classes": "By class", **{kind: words for kind, words, _ in shown}}
    chosen = st.segmented_control(
        "Show",
        list(kinds),
        default="classes",
        key="auto-details",
        format_func=lambda kind: kinds[kind],
        label_visibility="collapsed",
    )
    if chosen in (None, "classes"):
        _classes(told)
        return
    images = next(images for kind, _, images in shown if kind == chosen)
    order = "the strangest first" if chosen == "unknown" else "the least sure first"
    if not images:
        st.caption("No image.")
        return
    st.caption(f"{len(images):,} of them, {order}. A label that you give here is validated, and teaches the preview.")
    show_grid(
        [_tile(one, chosen) for one in images],
        service.link,
        key=f"auto-grid-{chosen}",
        label=f"{len(images)} images that would be {chosen}",
        collection=collection.name,
        naming=naming.choices(collection),
        on_action=partial(act, service, collection),
    )


def _classes(told: AutoLabelOut) -> None:
    st.dataframe(
        [
            {
                "label": one.label,
                "validated": one.validated,
                "get it": one.labelled,
                "of them right": 100 * one.expected_right / one.labelled if one.labelled else None,
                "from a probability of": one.threshold if one.threshold <= 1 else None,
            }
            for one in told.by_class
        ],
        hide_index=True,
        column_config={
            "validated": st.column_config.NumberColumn(help="Images that were learnt from."),
            "of them right": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100, help="Expected, from their probabilities."
            ),
            "from a probability of": st.column_config.NumberColumn(
                format="%.2f", help="Empty where no probability reaches the share that is asked for."
            ),
        },
        height=min(36 * (len(told.by_class) + 1) + 2, 480),
    )


def _tile(one: AutoImageOut, kind: str) -> Tile:
    if kind == "unknown":
        note = f"novelty {one.novelty:.2f}"
    elif kind == "sets":
        note = " or ".join(one.set[:3]) + (f" or {len(one.set) - 3} more" if len(one.set) > 3 else "")
    else:
        note = None
    return Tile(one.image, one.label, one.confidence, note=note)


def act(service: Service, collection: CollectionOut, action: Action) -> None:
    """Do what was asked in a gallery of this page."""
    naming.act(service, collection, action)
    if action["type"] == "similar":
        state.search_for(action["id"])


def _nothing(work: Work) -> None:
    with st.container(key="nothing", border=True):
        if work.scope.only.count:
            st.markdown("**No image that passes waits for a name.** Widen *Which images* above.")
        else:
            st.markdown(
                "**Every image has a name that a person gave.** Index more images, or look for errors in Queues."
            )
