"""What one visitor's session remembers of maps, and its mirror in the page's address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

import streamlit as st

from facies.core.wire_maps import LassoBody, LassoLabelBody, Shown
from facies.ui import address, state


@dataclass(frozen=True, slots=True)
class Colours:
    """What a map is coloured by: ``label``, ``state`` or a field; labels perhaps at a rank."""

    by: str = "label"
    rank: str | None = None


@dataclass(frozen=True, slots=True)
class Lasso:
    """A polygon that was drawn on a map, and the categories that were shown then; None for all."""

    map: int
    polygon: tuple[tuple[float, float], ...]
    shown: Shown | None

    @classmethod
    def of(cls, number: int, colours: Colours, action: Mapping[str, Any]) -> Self:
        """Read what the component tells."""
        polygon = tuple((float(x), float(y)) for x, y in action["polygon"])
        told = action.get("shown")
        shown = (
            None if told is None else Shown(by=colours.by, rank=colours.rank, values=told["values"], rest=told["rest"])
        )
        return cls(number, polygon, shown)

    def body(self, *, offset: int = 0, limit: int = 0) -> LassoBody:
        """As a question for what it encloses."""
        return LassoBody(polygon=list(self.polygon), shown=self.shown, offset=offset, limit=limit)

    def label_body(self, label: str, *, expected: int, keep_validated: bool) -> LassoLabelBody:
        """As an order to label what it encloses."""
        return LassoLabelBody(
            polygon=list(self.polygon),
            shown=self.shown,
            label=label,
            expected=expected,
            keep_validated=keep_validated,
        )


def current_map() -> int | None:
    """The number of the map that was chosen; None for the newest."""
    return cast(int | None, st.session_state.get("map"))


def set_map(number: int | None) -> None:
    """Look at another map. A lasso belongs to one map."""
    if number != current_map():
        st.session_state["map"] = number
        set_lasso(None)


def current_colours() -> Colours:
    """What the map is coloured by."""
    return cast(Colours, st.session_state.get("colours", Colours()))


def set_colours(colours: Colours) -> None:
    """Colour the map by something else; the lasso stays, and encloses hidden categories again."""
    st.session_state["colours"] = colours
    lasso = current_lasso()
    if lasso is not None and lasso.shown is not None:
        st.session_state["lasso"] = Lasso(lasso.map, lasso.polygon, None)


def current_lasso() -> Lasso | None:
    """The lasso that was drawn."""
    return cast(Lasso | None, st.session_state.get("lasso"))


def set_lasso(lasso: Lasso | None) -> None:
    """Take over another lasso, or none."""
    st.session_state["lasso"] = lasso
    st.session_state.pop("point", None)
    st.session_state["lasso_pages"] = 1


def clear_lasso() -> None:
    """Have the component let its lasso go."""
    set_lasso(None)
    st.session_state["lassos_cleared"] = times_cleared() + 1


def times_cleared() -> int:
    """How often the lasso was to go."""
    return cast(int, st.session_state.get("lassos_cleared", 0))


def is_plain() -> bool:
    """Whether this visitor's browser has no WebGL 2."""
    return cast(bool, st.session_state.get("plain_map", False))


def be_plain() -> None:
    """Show maps without WebGL 2 from now on."""
    st.session_state["plain_map"] = True


def open_point(number: int, index: int) -> None:
    """Look at the image of one point."""
    st.session_state["point"] = (number, index)


def opened_point() -> tuple[int, int] | None:
    """The map and the point whose image is looked at."""
    return cast(tuple[int, int] | None, st.session_state.get("point"))


def read_address() -> None:
    """Follow the address, once: ``?map=3&by=label&rank=genus``."""
    params = st.query_params
    told = (params.get("map"), params.get("by"), params.get("rank"))
    if not any(told) or not address.says_new(told, st.session_state.get("map_told")):
        return
    st.session_state["map_told"] = told
    number, by, rank = told
    if number is not None and number.isdigit():
        set_map(int(number))
    if by is not None:
        st.session_state["colours"] = Colours(by, rank)


def write_address() -> None:
    """Let the address say which map is shown, and how."""
    colours = current_colours()
    number = current_map()
    told = (None if number is None else str(number), colours.by, colours.rank)
    st.session_state["map_told"] = told
    params: dict[str, str | Sequence[str]] = {
        name: value
        for name, value in zip(("collection", "map", "by", "rank"), (state.current_collection(), *told), strict=True)
        if value is not None
    }
    st.query_params.from_dict(params)
    state.tell_collection()
