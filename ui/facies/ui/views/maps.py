"""The map of a collection: see what lies together, enclose it, look at it, name it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from facies.core.errors import FaciesError, MapNotFoundError
from facies.core.wire import CollectionOut
from facies.core.wire_maps import LegendOut, MapOut
from facies.ui import map_state, naming, state
from facies.ui.components.component import Action
from facies.ui.components.scatter import show_scatter
from facies.ui.problems import show_problem
from facies.ui.service import Service, load_collections, load_taxonomy
from facies.ui.views import collection_choice, lasso_panel, map_job, plain_map


def show(service: Service) -> None:
    """Draw the page."""
    state.read_address()
    map_state.read_address()
    collections = load_collections(service, state.current_collection())
    if not collections:
        collection_choice.welcome()
        return
    with st.container(key="map-head", horizontal=True, vertical_alignment="bottom"):
        collection = collection_choice.choose(collections)
        if collection is None:
            return
        maps = service.client.maps.maps(collection.name)
        shown = _choose_map(maps)
        colours = _choose_colours(service, collection) if shown is not None else None
        map_job.show_button(service, collection, maps)
    map_job.show_progress(service, collection)
    if shown is None or colours is None:
        _no_map(collection)
    else:
        _draw(service, collection, shown, colours)
    map_state.write_address()


def _choose_map(maps: Sequence[MapOut]) -> MapOut | None:
    if not maps:
        return None
    by_number = {one.number: one for one in maps}
    if map_state.current_map() not in by_number:
        map_state.set_map(None)
    wanted = map_state.current_map() or maps[0].number
    st.session_state["map-choice"] = wanted
    if len(maps) == 1:
        return maps[0]
    number = st.selectbox(
        "Map",
        list(by_number),
        key="map-choice",
        format_func=lambda one: _words(by_number[one]),
        on_change=lambda: map_state.set_map(st.session_state["map-choice"]),
        width=260,
    )
    return by_number.get(number or 0)


def _words(shown: MapOut) -> str:
    method = "" if shown.method == "umap" else ", principal plane"
    return f"{shown.number} \u00b7 {shown.created_at:%d %b %Y %H:%M}{method}{'' if shown.current else ', old vectors'}"


def _choose_colours(service: Service, collection: CollectionOut) -> map_state.Colours:
    choices = {map_state.Colours("label"): "Label", map_state.Colours("state"): "State of the label"}
    for rank in _ranks(service, collection):
        choices[map_state.Colours("label", rank)] = f"Label, by {rank}"
    choices |= {map_state.Colours(field): field for field in sorted(collection.fields)}
    wanted = map_state.current_colours()
    st.session_state["map-colours"] = wanted if wanted in choices else map_state.Colours("label")
    chosen = st.selectbox(
        "Coloured by",
        list(choices),
        key="map-colours",
        format_func=lambda one: choices[one],
        on_change=lambda: map_state.set_colours(st.session_state["map-colours"]),
        width=220,
    )
    return chosen if isinstance(chosen, map_state.Colours) else map_state.Colours("label")


def _ranks(service: Service, collection: CollectionOut) -> list[str]:
    """Ranks of the collection's taxonomy above that of its labels, from the lowest."""
    used = state.attempt(lambda: service.client.taxonomy.taxonomy_of(collection.name).taxonomy)
    if used is None or isinstance(used, FaciesError):
        return []
    taxa = load_taxonomy(service, used).taxa
    parents = {one.parent for one in taxa}
    return list(dict.fromkeys(one.rank for one in reversed(taxa) if one.name in parents and one.rank is not None))


def _draw(service: Service, collection: CollectionOut, shown: MapOut, colours: map_state.Colours) -> None:
    try:
        legend = service.client.maps.legend(collection.name, shown.number, colours.by, colours.rank)
    except MapNotFoundError as error:  # another process has replaced it meanwhile
        show_problem(error)
        return
    _facts(shown, legend)
    if map_state.is_plain():
        plain_map.show(service, collection, shown, legend)
    title = colours.by if colours.rank is None else f"{colours.by}, by {colours.rank}"
    show_scatter(
        shown,
        legend,
        service.link,
        key=f"map-{collection.name}",
        title=title[:1].upper() + title[1:],
        cleared=map_state.times_cleared(),
        on_action=lambda action: _act(shown, colours, action),
    )
    lasso_panel.show(service, collection, shown, legend)


def _facts(shown: MapOut, legend: LegendOut) -> None:
    words = [f"**{shown.points - legend.gone:,}** images", f"vector {shown.vector}"]
    if shown.method == "pca":
        words.append("the principal plane, while the layout is computed")
    elif shown.points > shown.fitted:
        words.append(f"{shown.points - shown.fitted:,} of them placed later")
    if shown.trustworthiness is not None:
        words.append(f"trustworthiness {shown.trustworthiness:.2f}")
    more = " \u00b7 ".join(words[1:])
    st.markdown(
        f"{words[0]} :gray[\u00b7 {more}]",
        help="Images that resemble each other lie together; distances between far groups mean little. Trustworthiness: "
        "how far neighbours on the map are neighbours in truth, 1 is best. Keys on the map: arrows move, + and - zoom, "
        "0 shows all, **m** moves and **l** draws a lasso, Enter opens what is in the middle, Escape clears the lasso.",
    )


def _act(shown: MapOut, colours: map_state.Colours, action: Action) -> None:
    if action["type"] == "lasso":
        naming.forget_outcome()
        map_state.set_lasso(map_state.Lasso.of(shown.number, colours, action))
    elif action["type"] == "clear":
        map_state.set_lasso(None)
    elif action["type"] == "unsupported":
        map_state.be_plain()
    elif action["type"] == "open":
        map_state.open_point(shown.number, action["index"])


def _no_map(collection: CollectionOut) -> None:
    with st.container(key="nothing", border=True):
        if collection.images:
            st.markdown(
                f"**{collection.name} has no map yet.** Make one above: images that resemble each other will lie "
                "together. It takes a minute for thousands of images, and some for a hundred thousand."
            )
        else:
            st.markdown(f"**{collection.name} holds no images yet.** Index some first.")
            st.page_link(
                st.session_state["pages"]["collections"], label="Open Collections", icon=":material/photo_library:"
            )
