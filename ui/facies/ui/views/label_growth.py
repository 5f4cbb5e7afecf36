"""Grow a label: pages of images in the order of how much they look like it are judged as a whole, by one key or two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_growth import AuditOut, GrownOut, GrowOut
from facies.core.wire_labels import LabelBatchOut, LabelCountsOut
from facies.ui import growth_state, label_state, markup, naming, state
from facies.ui.components.component import Action
from facies.ui.components.grid import Naming, Tile, show_grid
from facies.ui.growth import looks_words, share_parts
from facies.ui.growth_state import PAGES, Growing
from facies.ui.problems import show_problem
from facies.ui.service import Service
from facies.ui.views import label_auto, label_scope

_AT_WORK: Final = "Ordering the candidates"
_FROM_HERE: Final = "wrong from here on"
"""What lies on the key 1: no label, but where the page turns wrong."""

KEYS: Final = """On the tiles: the arrows move, **x** takes the chosen ones out, **Enter** puts them back, **1** takes
out the chosen one and all behind it, **u** takes back what was last said of the page. **y** says that the rest of the
page is right, **n** that the page is mostly wrong. **g** goes back to the tiles."""


def show(service: Service, collection: CollectionOut, counts: LabelCountsOut) -> None:
    """Draw where the growing stands, or the way to begin."""
    growing = growth_state.current(collection.name)
    if growing is None:
        _start(service, collection, counts)
        return
    if growing.order is not None:
        with st.spinner(_AT_WORK):
            growing.carry_out()
        st.rerun()
    if growing.problem is not None:
        show_problem(growing.problem)
        growing.problem = None
    _head(growing)
    if growing.told.ask == "page":
        _page(service, collection, growing)
    elif growing.told.ask == "audit":
        _audit(service, collection, growing)
    else:
        _accept(service, collection, growing)


def _start(service: Service, collection: CollectionOut, counts: LabelCountsOut) -> None:
    work = label_state.current()
    st.markdown(
        "All images that nobody has named are put in the order of how much they look like the examples. You judge few "
        "pages of that order: it is searched like a dictionary. This is for labels of many images; below some 300 "
        "*Automatic* takes fewer looks."
    )
    with st.container(key="grow-orders", horizontal=True, vertical_alignment="bottom"):
        names = list(
            dict.fromkeys([*counts.classes, *sorted(collection.labels), *([work.label] if work.label else [])])
        )
        label_state.mirror("grow-label", work.label)
        st.selectbox(
            "Label to grow",
            names,
            index=None,
            key="grow-label",
            placeholder="Choose or type one",
            accept_new_options=True,
            format_func=lambda name: f"{name} ({counts.classes.get(name, 0):,} validated)",
            on_change=lambda: label_state.change(label=st.session_state["grow-label"]),
            width=320,
        )
        page = st.selectbox("Images of a page", PAGES, index=2, key="grow-page", width=150)
        label_scope.show(service, collection, groups=False)
        _examples(work)
    known = work.label is not None and counts.classes.get(work.label, 0) > 0
    if work.label and not known and not work.like:
        st.caption(
            f"No image is validated as {markup.plain(work.label)}: give images that show it, by their ids, or put them "
            "together in *Search* and take them over."
        )
    if st.button(
        "Begin",
        key="grow-begin",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not work.label or not (known or work.like),
    ):
        _begin(service, collection, page)


def _examples(work: label_state.Work) -> None:
    searched = [e.image_id for e in state.current_query().positive if e.image_id is not None and e.crop is None]
    count = len(work.like)
    with st.popover(
        f"Examples \u00b7 {count} images" if count else "Examples", icon=":material/image:", key="grow-like"
    ):
        st.caption("Without any, validated images of the label are the examples.")
        label_state.mirror("grow-ids", "\n".join(work.like))
        st.text_area(
            "Ids of images that show it, one a line",
            key="grow-ids",
            on_change=lambda: label_state.change(like=tuple(dict.fromkeys(st.session_state["grow-ids"].split()))),
        )
        st.button(
            f"Take the {len(searched)} images of the search",
            key="grow-searched",
            disabled=not searched,
            on_click=label_state.change,
            kwargs={"like": tuple(searched)},
        )


def _begin(service: Service, collection: CollectionOut, page: int) -> None:
    work = label_state.current()
    with st.spinner(_AT_WORK):
        told = state.attempt(lambda: service.client.review.grow(collection.name, growth_state.started(work, page)))
    if isinstance(told, FaciesError):
        show_problem(told)
        return
    naming.forget_outcome()
    growth_state.keep(Growing(collection.name, told, page))
    st.rerun()


def _head(growing: Growing) -> None:
    told = growing.told
    with st.container(key="grow-head", horizontal=True, vertical_alignment="center"):
        st.subheader(markup.plain(told.state.label), anchor=False)
        st.markdown(
            f":gray[{told.candidates:,} candidates \u00b7 {told.state.pages:,} pages judged \u00b7 "
            f"{looks_words(told, growing.page)}]",
            help=KEYS,
            width="stretch",
        )
        st.button(
            "Give up",
            key="grow-stop",
            type="tertiary",
            icon=":material/close:",
            help="Nothing was labelled so far, and nothing will be.",
            on_click=growth_state.keep,
            args=(None,),
        )
    st.html(markup.share_bar(f"Candidates for {told.state.label}", share_parts(told)))


def _page(service: Service, collection: CollectionOut, growing: Growing) -> None:
    right = _left_in(growing)
    with st.container(key="grow-verdict", horizontal=True, vertical_alignment="center"):
        words = "All are right" if not growing.out else f"The other {right:,} are right"
        judge = partial(_judge, service, collection, growing)
        _button(growing, "grow-right", words, partial(judge, "right"), icon=":material/check:", shortcut="y")
        _button(growing, "grow-wrong", "Mostly wrong", partial(judge, "wrong"), icon=":material/close:", shortcut="n")
        st.caption(
            f"Are these {markup.plain(growing.told.state.label)}? Take out those that are not; where most are not, say "
            "so: of single images nothing is said then.",
            width="stretch",
        )
    _grid(service, collection, growing, "grow-page-grid")


def _button(growing: Growing, key: str, words: str, order: Callable[[], object], **options: Any) -> None:
    """A button for the page that is shown, and for no later one: it is another one each time."""
    st.button(
        words,
        key=f"{key}-{growing.turn}",
        type="primary" if options["shortcut"] == "y" else "secondary",
        on_click=growing.ask_for,
        args=(growing.turn, order),
        **options,
    )


def _judge(service: Service, collection: CollectionOut, growing: Growing, verdict: Literal["right", "wrong"]) -> None:
    growing.go_on(service.client.review.grow_page(collection.name, growing.judged(verdict)))


def _audit(service: Service, collection: CollectionOut, growing: Growing) -> None:
    told = growing.told
    if not told.state.sample:
        with st.container(key="grow-verdict", horizontal=True, vertical_alignment="center"):
            draw = partial(_draw, service, collection, growing)
            _button(growing, "grow-draw", "Draw a sample", draw, icon=":material/casino:", shortcut="y")
            st.caption(
                f"{told.unseen:,} images would be accepted that nobody has looked at. Look at "
                f"{min(growing.audit, told.unseen):,} of them, drawn by chance, to know how many are right.",
                width="stretch",
            )
        return
    with st.container(key="grow-verdict", horizontal=True, vertical_alignment="center"):
        words = "All are right" if not growing.out else f"{_left_in(growing):,} are right, {len(growing.out):,} not"
        judge = partial(_judge_sample, service, collection, growing)
        _button(growing, "grow-audited", words, judge, icon=":material/check:", shortcut="y")
        st.caption(
            f"A sample drawn by chance (seed {told.state.seed}). Look at each: what is left in counts as right.",
            width="stretch",
        )
    _grid(service, collection, growing, "grow-audit-grid")


def _draw(service: Service, collection: CollectionOut, growing: Growing) -> None:
    growing.go_on(service.client.review.grow_audit(collection.name, growing.sampled()))
    growing.audits += 1


def _judge_sample(service: Service, collection: CollectionOut, growing: Growing) -> None:
    growing.go_on(service.client.review.grow_audited(collection.name, growing.audited()))


def _accept(service: Service, collection: CollectionOut, growing: Growing) -> None:
    told = growing.told
    if told.audit is not None:
        _tell_audit(told.audit, told.unseen, growing.precision)
    if told.unseen:
        st.checkbox(
            f"validate the {told.unseen:,} that nobody looked at too",
            key="grow-unseen",
            help="Else they are predictions, as sure as the lower end of the interval: they do not teach.",
        )
    out = len(told.state.taken_out)
    if out:
        st.checkbox(f"reject {markup.plain(told.state.label)} for what was taken out ({out:,})", key="grow-reject")
    with st.container(key="grow-verdict", horizontal=True, vertical_alignment="center"):
        give = partial(_give, service, collection, growing)
        words, icon = f"Label {told.right:,} images", ":material/label:"
        _button(growing, "grow-accept", words, give, icon=icon, shortcut="y", disabled=not told.right)
        if told.audit is not None and not told.audit.enough and told.state.shorter is not None:
            shorten = partial(_shorten, service, collection, growing)
            _button(growing, "grow-shorten", "Shorten", shorten, icon=":material/content_cut:", shortcut="n")
            st.caption("Cuts back to where the sample had the share that is wanted; what is left is audited anew.")
    if not told.right:
        st.caption("No page was right, so there is nothing to label.")


def _shorten(service: Service, collection: CollectionOut, growing: Growing) -> None:
    growing.go_on(service.client.review.grow_shorten(collection.name, growing.shortened()))


def _tell_audit(audit: AuditOut, unseen: int, precision: float) -> None:
    told = [("of the sample right", f"{audit.right:,} of {audit.total:,}")]
    if unseen:
        told.append((f"of the {unseen:,} unseen right, at 95 %", f"{audit.low:.0%} \u2013 {audit.high:.0%}"))
    st.html(markup.figures(told))
    if not audit.enough:
        st.caption(f":material/warning: Less than the {precision:.0%} that is wanted.")


def _give(service: Service, collection: CollectionOut, growing: Growing) -> None:
    told = growing.told
    body = growing.accepted(
        validate_unseen=bool(told.unseen and st.session_state.get("grow-unseen")),
        reject=bool(told.state.taken_out and st.session_state.get("grow-reject")),
    )
    done = naming.carry_out(
        collection,
        lambda: service.client.review.grow_accept(collection.name, body),
        lambda given: (grown_words(told, given), given.batch),
    )
    growing.is_over = isinstance(done, GrownOut)


def grown_words(told: GrowOut, given: GrownOut) -> str:
    """What was given, in words."""
    counts = [(given.validated, "validated"), (given.predicted, "predicted"), (given.rejected, "rejected")]
    parts = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    notes = "".join(f" {markup.plain(note[:1].upper() + note[1:])}." for note in given.notes)
    return f"**{markup.plain(told.state.label)}**: {parts}.{notes}"


def _grid(service: Service, collection: CollectionOut, growing: Growing, key: str) -> None:
    label = growing.told.state.label
    tiles = [
        Tile(image, suggestion=label, note="taken out" if image.id in growing.out else None)
        for image in growing.told.images
    ]
    show_grid(
        tiles,
        service.link,
        key=key,
        label=f"{len(tiles)} images, most like {label} first",
        collection=collection.name,
        naming=Naming([label], [_FROM_HERE]),
        details_open=False,
        focus=True,
        on_action=partial(_act, service, collection, growing),
    )


def _act(service: Service, collection: CollectionOut, growing: Growing, action: Action) -> None:
    if action["type"] == "label":
        hear(service, collection, growing, action["items"])
    elif action["type"] == "undo":
        take_back(service, collection, growing)
    else:
        label_auto.act(service, collection, action)


def hear(service: Service, collection: CollectionOut, growing: Growing, items: Sequence[Mapping[str, Any]]) -> None:
    """Take images of the page out or put them back; what is called something else gets that label at once.

    Args:
        service: that holds the collection.
        collection: the collection.
        growing: the session.
        items: what was said in the gallery, fields of `facies.core.wire_labels.LabelIn`.
    """
    grown = growing.told.state.label
    other = [item for item in items if item["label"] not in (grown, _FROM_HERE)]
    given = naming.give(service, collection, other) if other else None
    growing.past.append((growing.out, given.number if isinstance(given, LabelBatchOut) else None))
    for item in items:
        if item["label"] == _FROM_HERE:
            growing.take_out_from(item["id"])
        else:
            growing.take_out([item["id"]], out=item["state"] != "validated" or item in other)


def take_back(service: Service, collection: CollectionOut, growing: Growing) -> None:
    """Take back what was last said of the page that is shown, with the labels that were given by it."""
    if not growing.past:
        naming.keep_outcome(collection, "Nothing to undo: nothing was said of this page.")
        return
    out, batch = growing.past[-1]
    if batch is not None:
        naming.undo(service, collection, batch)
    growing.past.pop()
    growing.out = out


def _left_in(growing: Growing) -> int:
    return len(growing.told.images) - len(growing.out)
