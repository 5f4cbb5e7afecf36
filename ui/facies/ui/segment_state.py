"""What one visitor's session remembers of the page that segments, and its mirror in the page's address.

Strokes and classes are not among it: the service keeps them, so ``?drawing=ID&picture=ID&job=ID`` brings all back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import streamlit as st

from facies.core.errors import FaciesError
from facies.ui import address
from facies.ui.components.scribble import Go


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked at.

    Attributes:
        drawing: id of the drawing; None: none is open.
        picture: id of its picture; None: the first.
        job: id of the run whose result is shown; None: the newest.
        collection: that a new drawing is to be begun from, with ``image``.
        image: id of the image there.
    """

    drawing: str | None = None
    picture: str | None = None
    job: str | None = None
    collection: str | None = None
    image: str | None = None


def current() -> Choice:
    """What is looked at."""
    return cast(Choice, st.session_state.get("segment", Choice()))


def open_drawing(drawing: str | None, picture: str | None = None) -> None:
    """Look at another drawing, or at none."""
    st.session_state["segment"] = Choice(drawing, picture)
    st.session_state.pop("segment-go", None)


def choose_picture(picture: str | None) -> None:
    """Look at another picture of the drawing."""
    st.session_state["segment"] = replace(current(), picture=picture)
    st.session_state.pop("segment-go", None)


def choose_job(job: str | None) -> None:
    """Show the result of another run; None for the newest."""
    st.session_state["segment"] = replace(current(), job=job)


def go_to(place: int) -> None:
    """Have the picture moved to a place where a stroke is wanted."""
    st.session_state["segment-go"] = Go(place, current_go().number + 1)


def current_go() -> Go:
    """The place that the picture is to be moved to."""
    return cast(Go, st.session_state.get("segment-go", Go()))


def times_loaded() -> int:
    """How often strokes came in another way than by drawing."""
    return cast(int, st.session_state.get("segment-loaded", 0))


def load_again() -> None:
    """Have the picture fetch its strokes anew."""
    st.session_state["segment-loaded"] = times_loaded() + 1


def keep_problem(answer: object) -> None:
    """Keep an error of a callback, to be shown in the next run."""
    if isinstance(answer, FaciesError):
        st.session_state["segment-problem"] = answer


def take_problem() -> FaciesError | None:
    """The error of the last callback, once."""
    return cast(FaciesError | None, st.session_state.pop("segment-problem", None))


def read_address() -> None:
    """Follow the address where it says something new."""
    names = ("drawing", "picture", "job", "collection", "image")
    told = tuple(st.query_params.get(name) for name in names)
    if any(told) and address.says_new(told, st.session_state.get("segment_told")):
        drawing, picture, job, collection, image = told
        is_source = drawing is None and collection is not None and image is not None
        if drawing is not None or is_source:
            st.session_state["segment"] = Choice(
                drawing, picture, job, *((collection, image) if is_source else (None, None))
            )
    st.session_state["segment_told"] = told


def write_address() -> None:
    """Let the address say what is looked at."""
    chosen = current()
    told = (chosen.drawing, chosen.picture, chosen.job, chosen.collection, chosen.image)
    st.session_state["segment_told"] = told
    names = ("drawing", "picture", "job", "collection", "image")
    st.query_params.from_dict({name: value for name, value in zip(names, told, strict=True) if value is not None})
