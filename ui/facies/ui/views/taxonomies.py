"""Taxonomies: look one up, bring one in, let a collection use one, and put right the labels that it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_taxonomy import TaxonomySummaryOut, TaxonOut
from facies.ui import markup, state, taxa
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts, load_collections, load_taxonomy
from facies.ui.views import label_check

FILE_TYPES: Final = ["csv", "txt", "tsv", "zip"]


def show(service: Service) -> None:
    """Draw the page."""
    known = sorted(service.client.taxonomy.taxonomies(), key=lambda one: one.name)
    with st.container(key="taxonomy-head", horizontal=True, vertical_alignment="bottom"):
        st.header("Taxonomy", anchor=False)
        chosen = _choose(known)
    told = st.session_state.pop("taxonomy_problem", None)
    if isinstance(told, FaciesError):
        show_problem(told)
    for note in st.session_state.pop("taxonomy_notes", ()):
        st.info(markup.plain(note), icon=":material/info:")
    names, labels, bring = st.tabs(["Names", "Labels of a collection", "Bring one in"], key="taxonomy-tabs")
    with names:
        if chosen is not None:
            _names(service, chosen)
    with labels:
        _collection(service, known)
    with bring:
        _import(service)
    if chosen is not None:
        st.query_params.from_dict({"taxonomy": chosen.name})


def _choose(known: Sequence[TaxonomySummaryOut]) -> TaxonomySummaryOut | None:
    by_name = {one.name: one for one in known}
    wanted = st.session_state.get("taxonomy-choice") or st.query_params.get("taxonomy")
    st.session_state["taxonomy-choice"] = wanted if wanted in by_name else next(iter(by_name), None)
    name = st.selectbox(
        "Taxonomy",
        list(by_name),
        key="taxonomy-choice",
        format_func=lambda one: f"{one}  \u00b7  {by_name[one].taxa:,} taxa",
        width=360,
    )
    return by_name.get(name or "")


def _names(service: Service, chosen: TaxonomySummaryOut) -> None:
    shown = load_taxonomy(service, chosen.name)
    about = [shown.title]
    about += [f"{word}: {told}" for word, told in (("source", shown.source), ("licence", shown.licence)) if told]
    if chosen.collections:
        about.append(f"used by {', '.join(chosen.collections)}")
    st.caption(" \u00b7 ".join(markup.plain(part) for part in about if part))
    wanted = st.text_input(
        "Find",
        key="taxon-find",
        placeholder="A name, synonym or code, or a part of one",
        label_visibility="collapsed",
    )
    found = taxa.find(shown.taxa, wanted)
    if not found:
        st.caption(f"No name, synonym or code of {chosen.name} has {markup.plain(repr(wanted))} in it.")
        return
    st.dataframe(_table(found), hide_index=True, height=460)
    with st.container(horizontal=True):
        st.download_button(
            "Download as CSV",
            data=lambda: service.client.taxonomy.table(chosen.name),
            file_name=f"{chosen.name}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="taxonomy-csv",
        )
        if chosen.imported_at is not None:
            st.button(
                "Delete",
                key="taxonomy-delete",
                icon=":material/delete:",
                disabled=bool(chosen.collections),
                help="Only where no collection uses it.",
                on_click=_delete,
                args=(service, chosen.name),
            )


def _table(found: Sequence[tuple[int, TaxonOut]]) -> list[dict[str, str]]:
    """A row for each taxon; a column that would be empty is left out."""
    indent = "\u2003"
    rows = [
        {
            "name": indent * depth + one.name,
            "rank": one.rank or "",
            "code": one.code or "",
            "synonyms": ", ".join(one.synonyms),
            "age, Ma": taxa.range_words(one.age_ma),
            "depth, m": taxa.range_words(one.depth_m),
        }
        for depth, one in found
    ]
    told = [name for name in rows[0] if any(row[name] for row in rows)]
    return [{name: row[name] for name in told} for row in rows]


def _collection(service: Service, known: Sequence[TaxonomySummaryOut]) -> None:
    collections = load_collections(service)
    if not collections:
        st.caption("There is no collection yet.")
        return
    by_name = {one.name: one for one in collections}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Collection", list(by_name), key="taxonomy-collection", width=300)
        collection = by_name[name or collections[0].name]
        used = service.client.taxonomy.taxonomy_of(collection.name).taxonomy
        _use(service, collection, used, [one.name for one in known])
    if used is None:
        st.caption(
            f"{collection.name} uses no taxonomy: any text may be a label. With one, misspellings are noticed, labels "
            "become accepted names, and answers and maps can be brought to a higher rank."
        )
        return
    label_check.show(service, collection, used)


def _use(service: Service, collection: CollectionOut, used: str | None, known: Sequence[str]) -> None:
    key = f"taxonomy-used-{collection.name}"
    st.session_state[key] = used
    st.selectbox(
        "uses",
        list(known),
        index=None,
        key=key,
        placeholder="No taxonomy",
        width=300,
        on_change=_set_used,
        args=(service, collection.name, key),
    )


def _import(service: Service) -> None:
    with st.form("taxonomy-import", border=False):
        file = st.file_uploader(
            "A table (CSV), a Darwin Core taxon table, or an archive of one", type=FILE_TYPES, key="taxonomy-file"
        )
        name = st.text_input("Name", key="taxonomy-name", placeholder="that of the file")
        replace = st.checkbox("Take the place of the one of this name", key="taxonomy-replace")
        if st.form_submit_button("Bring it in", type="primary", icon=":material/upload_file:") and file is not None:
            made = state.attempt(
                lambda: service.client.taxonomy.import_taxonomy(
                    (file.name, file.getvalue()), name=name.strip() or None, replace=replace
                )
            )
            if isinstance(made, FaciesError):
                show_problem(made)
                return
            st.session_state["taxonomy_notes"] = [
                f"{made.taxonomy.name}: {made.taxonomy.taxa:,} taxa were brought in.",
                *made.notes,
            ]
            load_taxonomy.clear()
            st.query_params["taxonomy"] = made.taxonomy.name
            del st.session_state["taxonomy-choice"]
            st.rerun()


def _set_used(service: Service, collection: str, key: str) -> None:
    chosen: str | None = st.session_state[key]
    _keep(state.attempt(lambda: service.client.taxonomy.use_taxonomy(collection, chosen)))
    forget_counts()


def _delete(service: Service, name: str) -> None:
    _keep(state.attempt(lambda: service.client.taxonomy.delete_taxonomy(name)))
    load_taxonomy.clear()


def _keep(answer: object) -> None:
    if isinstance(answer, FaciesError):
        st.session_state["taxonomy_problem"] = answer
