"""One file of a batch: the picture, its labels, what it resembles; and the way to a search with it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_classify import ClassifiedOut
from facies.ui import batch, markup, state
from facies.ui.batch import BatchRun
from facies.ui.components.component import Action
from facies.ui.components.grid import show_grid
from facies.ui.problems import show_problem
from facies.ui.query import example_of_upload
from facies.ui.service import Service, signature
from facies.ui.views.batch_files import BatchFile

NEIGHBOURS: Final = 6
_SHOWN_BY_BROWSERS: Final = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"}


def show(service: Service, collection: CollectionOut, run: BatchRun, file: BatchFile) -> None:
    """Draw the file and what was said of it."""
    st.markdown(f"**{markup.plain(file.name)}**")
    outcome = run.outcomes[file.key]
    if outcome.answer is None:
        st.text(outcome.reason or "")
        return
    if PurePath(file.name).suffix.lower() in _SHOWN_BY_BROWSERS:
        st.image(file.data, width="stretch")
    else:
        st.caption("Browsers do not show this kind of file; it was read nevertheless.")
    _labels(outcome.answer)
    st.button(
        "Search with this image",
        key="batch-search",
        icon=":material/image_search:",
        on_click=_to_search,
        args=(collection.name, file),
    )
    with st.expander("What it resembles", on_change="rerun", key=f"batch-neighbours-{file.key}") as neighbours:
        if neighbours.open:
            _neighbours(service, collection, run, file)


def _labels(answer: ClassifiedOut) -> None:
    st.html(
        markup.bar_list(((one.label, one.probability, f"{one.probability:.0%}") for one in answer.top), kind="votes")
    )
    told = []
    if answer.verdict == "set":
        told.append(("one of", ", ".join(answer.set or ())))
    if answer.rolled_up is not None:
        taxon = answer.rolled_up
        reached = "" if taxon.reached else ", less than was asked for"
        told.append((taxon.rank or "taxon", f"{taxon.taxon} ({taxon.probability:.0%}{reached})"))
    if answer.novelty is not None and answer.strangeness is not None:
        told.append(("novelty", f"{answer.novelty:.3f}; {answer.strangeness:.0%} of the validated are less novel"))
    st.html(markup.facts(told))


def _neighbours(service: Service, collection: CollectionOut, run: BatchRun, file: BatchFile) -> None:
    body, files = batch.ask(run.options, [(file.name, file.data)], k=NEIGHBOURS)
    key = ("batch neighbours", signature(collection), file.key, body.model_dump_json())
    with st.spinner("Searching"):
        answer = state.attempt(
            lambda: state.remembered(key, lambda: service.client.classify(collection.name, body, files))
        )
    if isinstance(answer, FaciesError):
        show_problem(answer)
        return
    found = answer.predictions[0].neighbours if answer.predictions else []
    show_grid(
        found,
        service.link,
        key="batch-grid",
        label=f"{len(found)} validated neighbours of {file.name}",
        collection=collection.name,
        details_open=False,
        on_action=_act,
    )


def _to_search(collection: str, file: BatchFile) -> None:
    state.set_collection(collection)
    state.search_with(example_of_upload(file.name, file.data))


def _act(action: Action) -> None:
    if action["type"] == "similar":
        state.search_for(action["id"])
