"""What became of a batch: the table, one file more closely, the confusion of labels and names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from facies.core.wire import CollectionOut
from facies.core.wire_classify import ClassifyOut
from facies.ui import batch, markup
from facies.ui.batch import VERDICTS, BatchRun
from facies.ui.confusion import name_of
from facies.ui.service import Service
from facies.ui.views import batch_detail, confusion_panel
from facies.ui.views.batch_files import BatchFile


def show(service: Service, collection: CollectionOut, run: BatchRun, files: Sequence[BatchFile]) -> None:
    """Draw what there is so far."""
    done = [one for one in files if one.key in run.outcomes]
    if not done:
        return
    if run.last is not None:
        _about(run.last)
    shown = _filtered(run, done)
    left, right = st.columns([24, 11], gap="medium")
    with left:
        chosen = _table(run, shown)
        st.download_button(
            "Download the whole table",
            data=lambda: batch.write_table((one.name, run.outcomes[one.key], one.truth) for one in done),
            file_name=f"{collection.name}-named.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="batch-csv",
        )
    with right, st.container(key="batch-detail"):
        if chosen is None:
            st.caption("Choose a row to see the image, its neighbours, and to search with it.")
        else:
            batch_detail.show(service, collection, run, chosen)
    if any(one.truth is not None for one in done):
        _confusion(run, done)


def _about(answer: ClassifyOut) -> None:
    words = [f"by {answer.vector}", f"learnt from {answer.validated or 0:,} validated images"]
    if answer.calibration_error is not None:
        words.append(f"probabilities are off by {answer.calibration_error:.1%} on average")
    st.caption(markup.plain(" \u00b7 ".join(words)))
    for note in answer.notes:
        st.caption(markup.plain(note))
    if answer.hidden:
        count = len(answer.hidden)
        with st.expander(f"{count} {'label is' if count == 1 else 'labels are'} out of the question"):
            st.dataframe([{"label": one.label, "why": one.reason} for one in answer.hidden], hide_index=True)


def _filtered(run: BatchRun, done: Sequence[BatchFile]) -> list[BatchFile]:
    counts = Counter(run.outcomes[one.key].verdict for one in done)
    with_it = [verdict for verdict in VERDICTS if counts[verdict]]
    chosen = st.pills(
        "Verdict",
        with_it,
        selection_mode="multi",
        key="batch-verdicts",
        format_func=lambda one: f"{VERDICTS[one]}  \u00b7  {counts[one]:,}",
        label_visibility="collapsed",
    )
    return [one for one in done if not chosen or run.outcomes[one.key].verdict in chosen]


def _table(run: BatchRun, shown: Sequence[BatchFile]) -> BatchFile | None:
    rows = [batch.table_row(one.name, run.outcomes[one.key], one.truth) for one in shown]
    named = {name for row in rows for name in row if row[name] not in (None, "")}
    event: Any = st.dataframe(
        [{name: value for name, value in row.items() if name in named} for row in rows],
        hide_index=True,
        height=min(560, 38 + 35 * max(1, len(rows))),
        key=f"batch-table-{id(run)}-{len(shown)}",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "probability": st.column_config.ProgressColumn("probability", format="%.0f %%", min_value=0, max_value=100),
            "stranger than": st.column_config.NumberColumn(
                "stranger than", format="%.0f %%", help="Share of the validated images that are less novel."
            ),
            "novelty": st.column_config.NumberColumn(
                "novelty", format="%.3f", help="Distance to the validated images, 0 to 2."
            ),
            "right": st.column_config.CheckboxColumn("right"),
        },
    )
    places = event["selection"]["rows"]
    return shown[places[0]] if places and places[0] < len(shown) else None


def _confusion(run: BatchRun, done: Sequence[BatchFile]) -> None:
    st.subheader("What is taken for what", anchor=False)
    apart = False
    if run.options.precision is not None:
        apart = st.toggle(
            "Unsure ones apart",
            value=True,
            key="batch-apart",
            help="Off: every image counts by its most probable label, however unsure.",
        )
    told = [(run.outcomes[one.key], one.truth) for one in done]
    chosen = confusion_panel.show_pairs(batch.confused(told, apart=apart), key="batch-confusion")
    if chosen is None:
        return
    names = [
        one.name
        for one in done
        if (answer := run.outcomes[one.key].answer) is not None
        and (one.truth, name_of(answer.top[0].label, answer.verdict if apart else None)) == chosen
    ]
    st.markdown(f"**{markup.plain(chosen[0])}**, named **{markup.plain(chosen[1])}**")
    st.dataframe([{"file": name} for name in names], hide_index=True)
