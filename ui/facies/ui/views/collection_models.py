"""The named vectors of a collection side by side; a further model added, made the default, or dropped."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut, ModelOut, VectorOut
from facies.core.wire_upkeep import VectorStateOut
from facies.ui import confusion, markup, state
from facies.ui.batch import BatchOptions
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts, load_models
from facies.ui.views import confusion_panel, job_follow
from facies.ui.views.collection_dialogs import model_choice

FINGERPRINT_WORDS: Final = {
    "card": "model card",
    "weights_sha256": "weights (SHA-256)",
    "preprocessing": "preprocessing",
    "recipe": "recipe",
    "runtime": "runtime",
    "precision": "precision",
}


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the vectors, and the form for another model."""
    if not collection.vectors:
        st.caption("No vectors yet: the first images that are indexed decide the model.")
        return
    _refused()
    job = job_follow.newest(service, "add-model", collection.name)
    job_follow.show(service, "add-model", job)
    if job is not None and job.state == "done" and isinstance(job.result, dict):
        _added(job.result)
    cards = state.attempt(lambda: load_models(service))
    known = {} if isinstance(cards, FaciesError) else {card.name: card for card in cards}
    states = {one.name: one for one in service.client.upkeep.vectors(collection.name)}
    _side_by_side(service, collection, known, states)
    for vector in collection.vectors:
        _vector(service, collection, vector, known.get(vector.fingerprint.get("card", vector.name)), states)
    _add(service, collection, is_busy=job is not None and not job.is_over)


def _side_by_side(
    service: Service,
    collection: CollectionOut,
    known: dict[str, ModelOut],
    states: dict[str, VectorStateOut],
) -> None:
    is_measured = bool(st.session_state.get(f"measured-{collection.name}"))
    rows = []
    for vector in collection.vectors:
        card = known.get(vector.fingerprint.get("card", vector.name))
        there = states.get(vector.name)
        row: dict[str, Any] = {
            "vector": vector.name,
            "searched by": "the default" if there is not None and there.is_default else "",
            "dimensions": vector.dim,
            "input, px": None if card is None else card.input_px,
            "images without it": None if there is None else there.lacking,
        }
        rows.append(row | (_figures(service, collection, vector) if is_measured else {}))
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"right": share, "mean F1": share, "probabilities off by": share, "sure at 0.95": share},
    )
    if not collection.labelled:
        st.caption("Figures of naming need validated labels.")
    elif not is_measured:
        st.button(
            "Compare how well they name",
            key="measure-vectors",
            icon=":material/query_stats:",
            help="Each validated image is named without itself, by each vector.",
            on_click=lambda: st.session_state.update({f"measured-{collection.name}": True}),
        )
    else:
        st.caption(
            "right: share of validated images whose most probable label is theirs, each named without itself. "
            "sure at 0.95: share that gets one label at that precision."
        )


def _figures(service: Service, collection: CollectionOut, vector: VectorOut) -> dict[str, Any]:
    options = BatchOptions(vector=vector.name, precision=0.95)
    found = confusion_panel.load_own(service, collection, options)
    if isinstance(found, FaciesError):
        return {"right": None, "note": found.message}
    every = confusion.measure(
        confusion.count_cells((one.label, one.named) for one in found.cells for _ in range(one.images))
    )
    sure = confusion.measure(confusion_panel.to_cells(found.cells))
    return {
        "right": every.precision,
        "mean F1": every.macro_f1,
        "probabilities off by": found.calibration_error,
        "sure at 0.95": sure.coverage,
        "note": "; ".join(found.notes),
    }


def _vector(
    service: Service,
    collection: CollectionOut,
    vector: VectorOut,
    card: ModelOut | None,
    states: dict[str, VectorStateOut],
) -> None:
    title = card.title if card else vector.name
    there = states.get(vector.name)
    is_default = there is not None and there.is_default
    with st.container(key=f"vector-{vector.name}", border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            named = (
                "" if vector.name in (title, vector.fingerprint.get("card")) else f" \u00b7 {markup.plain(vector.name)}"
            )
            mark = " :green-badge[the default]" if is_default else ""
            st.markdown(f"**{markup.plain(title)}**{named}{mark}", width="stretch")
            if there is not None and not is_default:
                _buttons(service, collection, there)
        if card is not None:
            st.html(markup.facts(_card_lines(card)))
        with st.expander("How the vectors were made", expanded=len(collection.vectors) == 1):
            st.caption("A query has to be made in the same way, or it is refused.")
            st.html(markup.facts(_made_lines(vector)))


def _buttons(service: Service, collection: CollectionOut, there: VectorStateOut) -> None:
    st.button(
        "Search by it",
        key=f"default-{there.name}",
        disabled=there.lacking > 0,
        help=f"{there.lacking:,} images lack it; add the model again to fill them." if there.lacking else None,
        on_click=_change,
        args=(service, collection.name, there.name, "default"),
    )
    st.button(
        "Drop",
        key=f"drop-{there.name}",
        type="tertiary",
        icon=":material/delete:",
        help="Takes its vectors away; images, labels and the other vectors stay.",
        on_click=_change,
        args=(service, collection.name, there.name, "drop"),
    )


def _card_lines(card: ModelOut) -> list[tuple[str, str]]:
    lines = [("publication", card.publication), ("licence", card.licence), ("input", f"{card.input_px} px")]
    return [*lines, ("notes", card.notes)] if card.notes else lines


def _made_lines(vector: VectorOut) -> list[tuple[str, str]]:
    computed = (
        [] if vector.source is None else [("computed from", vector.source), ("projection", str(vector.projection))]
    )
    fingerprint = [(FINGERPRINT_WORDS.get(name, name), value) for name, value in vector.fingerprint.items()]
    return [*computed, *fingerprint, ("dimension", str(vector.dim)), ("fingerprint digest", vector.digest)]


def _add(service: Service, collection: CollectionOut, *, is_busy: bool) -> None:
    st.subheader("Add a model", anchor=False)
    st.caption(
        "Every image is embedded from its original with the further model. Labels and the vectors that are there stay, "
        "and searches go on meanwhile."
    )
    with st.form(f"add-model-{collection.name}", border=False):
        model = model_choice(service, key=f"add-model-card-{collection.name}", placeholder="Choose a model")
        name = st.text_input(
            "Name of the new vector",
            key=f"add-model-as-{collection.name}",
            placeholder="that of the model",
            help="Another name lets the same model be there twice, made in another way.",
        )
        default = st.checkbox(
            "Search by it once every image has it", value=False, key=f"add-model-default-{collection.name}"
        )
        wanted = st.form_submit_button("Add it", type="primary", icon=":material/add:", disabled=is_busy)
    if wanted and model is None:
        st.warning("Which model? Choose one.", icon=":material/help:")
    elif wanted:
        parameters = {"collection": collection.name, "model": model, "default": default}
        job_follow.order(service, "add-model", parameters | ({"vector": name.strip()} if name.strip() else {}))
        st.rerun()


def _added(result: dict[str, Any]) -> None:
    failures = result.get("failures") or []
    if not failures and not result.get("lacking"):
        return
    with st.container(key="added-model", border=True):
        st.markdown(f"**{markup.plain(str(result.get('vector')))}**: {result.get('lacking'):,} images lack it.")
        for note in result.get("notes") or []:
            st.caption(markup.plain(note))
        if failures:
            st.dataframe([{"file": one["path"], "reason": one["reason"]} for one in failures], hide_index=True)


def _change(service: Service, collection: str, vector: str, what: str) -> None:
    upkeep = service.client.upkeep
    call = upkeep.set_default_vector if what == "default" else upkeep.drop_vector
    done = state.attempt(lambda: call(collection, vector))
    if isinstance(done, FaciesError):
        st.session_state["vector_refused"] = done
    forget_counts()


def _refused() -> None:
    told = st.session_state.pop("vector_refused", None)
    if isinstance(told, FaciesError):
        show_problem(told)
