"""A confusion matrix with the figures of each class: of a batch whose labels are known, or of a collection itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut, ImageOut
from facies.core.wire_classify import ConfusionCellOut, ConfusionOut
from facies.ui import confusion, markup, naming, state
from facies.ui.batch import BatchOptions
from facies.ui.components.component import Action
from facies.ui.components.grid import show_grid
from facies.ui.confusion import Cell, Figures
from facies.ui.problems import show_problem
from facies.ui.service import Service, signature

MOST_IMAGES = 24


def show_pairs(pairs: Iterable[tuple[str, str]], *, key: str) -> tuple[str, str] | None:
    """Draw the confusion of pairs of label and name; gives the cell that was chosen."""
    return _show(confusion.count_cells(pairs), key=key)


def show_own(service: Service, collection: CollectionOut, options: BatchOptions) -> None:
    """Draw how the validated images of a collection are named, each without itself."""
    naming.show_outcome(service, collection)
    st.markdown("Each validated image is named as if nobody had named it.")
    found = load_own(service, collection, options)
    if isinstance(found, FaciesError):
        show_problem(found)
        return
    st.caption(
        f"by {found.vector} \u00b7 {found.validated:,} validated images \u00b7 probabilities are off by "
        f"{found.calibration_error:.1%} on average"
    )
    for note in found.notes:
        st.caption(markup.plain(note))
    chosen = _show(to_cells(found.cells), key="own-confusion")
    if chosen is not None:
        _images(service, collection, found.cells, chosen)


def load_own(service: Service, collection: CollectionOut, options: BatchOptions) -> ConfusionOut | FaciesError:
    """The confusion of a collection; asked for again when it, or the options, change."""
    key = ("confusion", signature(collection), options.vector, options.group, options.precision)
    with st.spinner("Naming each validated image without itself"):
        return state.attempt(
            lambda: state.remembered(
                key,
                lambda: service.client.upkeep.confusion(
                    collection.name, vector=options.vector, group=options.group, precision=options.precision
                ),
            )
        )


def to_cells(cells: Iterable[ConfusionCellOut]) -> list[Cell]:
    """Cells as the service counts them, those of one verdict together."""
    return confusion.count_cells(
        (one.label, confusion.name_of(one.named, one.verdict)) for one in cells for _ in range(one.images)
    )


def show_figures(figures: Figures) -> None:
    """Draw what a confusion matrix comes to, in four numbers."""
    st.html(
        markup.figures(
            [
                ("images", f"{figures.images:,}"),
                ("get one label", _share(figures.coverage)),
                ("of these right", _share(figures.precision)),
                ("mean F1 of the classes", _share(figures.macro_f1)),
            ]
        )
    )


def _share(value: float | None) -> str:
    return "\u2013" if value is None else f"{value:.1%}"


def _show(cells: Sequence[Cell], *, key: str) -> tuple[str, str] | None:
    figures = confusion.measure(cells)
    show_figures(figures)
    event: Any = st.vega_lite_chart(
        spec=confusion.to_spec(cells, night=st.context.theme.type == "dark"),
        key=key,
        on_select="rerun",
        selection_mode="cell",
        width="content",
    )
    st.caption("A row is what it is, a column what it is named; colour is the share of the row. Click a cell.")
    rows = confusion.class_rows(figures)
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(rows, hide_index=True, column_config={"precision": share, "recall": share, "F1": share})
    st.download_button(
        "Download these figures",
        data=lambda: _write(rows),
        file_name="classes.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"{key}-csv",
    )
    return confusion.chosen_cell(event)


def _images(
    service: Service, collection: CollectionOut, cells: Sequence[ConfusionCellOut], chosen: tuple[str, str]
) -> None:
    there = [
        one for cell in cells if (cell.label, confusion.name_of(cell.named, cell.verdict)) == chosen for one in cell.ids
    ]
    images = [_image(service, collection, one) for one in there[:MOST_IMAGES]]
    st.markdown(f"**{markup.plain(chosen[0])}**, named **{markup.plain(chosen[1])}**")
    show_grid(
        [image for image in images if image is not None],
        service.link,
        key="own-confusion-grid",
        label=f"images of {chosen[0]} that are named {chosen[1]}",
        collection=collection.name,
        naming=naming.choices(collection, first=_labels_of(chosen)),
        on_action=partial(_act, service, collection),
    )


def _labels_of(chosen: tuple[str, str]) -> list[str]:
    """The labels of a cell, which come first on the keys."""
    return [one for one in dict.fromkeys(chosen) if one not in (confusion.SET, confusion.UNKNOWN)]


def _image(service: Service, collection: CollectionOut, image_id: str) -> ImageOut | None:
    found = state.attempt(lambda: state.load_image(service, collection, image_id))
    return None if isinstance(found, FaciesError) else found


def _act(service: Service, collection: CollectionOut, action: Action) -> None:
    if action["type"] == "similar":
        state.search_for(action["id"])
    else:
        naming.act(service, collection, action)


def _write(rows: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    table = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()
