"""A batch is named slice by slice; whatever interrupts that, what was named stays and the rest goes on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from facies.core.client import File
from facies.core.errors import FaciesError, ServiceUnavailableError
from facies.core.wire import CollectionOut
from facies.ui import batch, classify_state
from facies.ui.batch import BatchRun
from facies.ui.problems import show_problem
from facies.ui.service import Service
from facies.ui.views.batch_files import BatchFile


def show(service: Service, collection: CollectionOut, files: Sequence[BatchFile]) -> BatchRun | None:
    """Offer to begin, go on with what was begun; gives the run where something was named."""
    if not files:
        _nothing_yet()
        return None
    run = _current(collection)
    waiting = [one for one in files if run is None or one.key not in run.outcomes]
    is_old = run is not None and run.options != classify_state.current_options()
    if run is None or is_old or (waiting and not run.goes_on):
        _offer(collection, files, waiting, run, is_old=is_old)
    if run is not None and run.fault is not None:
        show_problem(run.fault)
    if run is not None and run.goes_on and waiting:
        _go_on(service, run, waiting, len(files))
    return run


def _offer(
    collection: CollectionOut,
    files: Sequence[BatchFile],
    waiting: Sequence[BatchFile],
    run: BatchRun | None,
    *,
    is_old: bool,
) -> None:
    count = len(files if run is None or is_old else waiting)
    words = "1 image" if count == 1 else f"{count:,} images"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Name {words} again" if is_old else f"Go on with {words}" if run is not None else f"Name {words}",
            key="batch-start",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_begin,
            args=(collection, None if is_old else run),
        )
        if is_old:
            st.caption("The options have changed since; what stands below is by the earlier ones.")


def _begin(collection: CollectionOut, run: BatchRun | None) -> None:
    if run is not None:
        run.goes_on, run.fault = True, None
        return
    classify_state.set_run(BatchRun(collection.name, classify_state.current_options()))


def _stop() -> None:
    run = classify_state.current_run()
    if run is not None:
        run.goes_on = False


def _go_on(service: Service, run: BatchRun, waiting: Sequence[BatchFile], count: int) -> None:
    by_key = {one.key: one for one in waiting}
    with st.container(key="batch-progress", border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown("**Naming**")
            st.button("Stop", key="batch-stop", icon=":material/stop:", on_click=_stop)
        bar = st.progress(0.0)
        for keys in batch.cut_slices((one.key, one.size) for one in waiting):
            done = sum(key in run.outcomes for key in by_key) + count - len(waiting)
            bar.progress(done / count, text=f"{done:,} of {count:,} images")
            sent: list[File] = [(by_key[key].name, by_key[key].data) for key in keys]
            try:
                run.take(keys, service.client.classify(run.collection, *batch.ask(run.options, sent)))
            except ServiceUnavailableError:
                run.goes_on = False
                raise
            except FaciesError as error:
                run.fault = error
                break
    run.goes_on = False
    st.rerun()  # the progress goes away


def _current(collection: CollectionOut) -> BatchRun | None:
    """The run, unless it was of another collection."""
    run = classify_state.current_run()
    return run if run is not None and run.collection == collection.name else None


def _nothing_yet() -> None:
    with st.container(key="nothing", border=True):
        st.markdown(
            "**Drop images or a folder above**, hundreds at a time. Each gets its most probable labels with honest "
            "probabilities, and a verdict: a label, a set of labels, or unknown."
        )
        st.caption("Nothing is stored. To keep the images, index them under Collections, then label them there.")
