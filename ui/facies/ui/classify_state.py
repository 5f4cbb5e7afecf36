"""What one visitor's session remembers of batches that are named, and its mirror in the page's address.

The address holds the collection and the options: ``?collection=NAME&precision=0.95&group=slide&labels=folder``.
Uploads cannot be in an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast, get_args

import streamlit as st

from facies.ui import address, state
from facies.ui.batch import BatchOptions, BatchRun
from facies.ui.truth import TruthSource

PRECISION: Final = (0.5, 0.999)
"""Shares of right labels that can be asked for."""
ROLL_UP: Final = (0.05, 1.0)
"""Probabilities of a taxon that names can be brought up to."""

_SINGLE = ("vector", "precision", "group", "roll_up", "age", "depth", "labels")
_OPEN = ".."
"""Parts the ends of a range in an address; an end that is left out is open."""


def current_options() -> BatchOptions:
    """How the next batch is to be named."""
    return cast(BatchOptions, st.session_state.get("batch_options", BatchOptions()))


def set_options(options: BatchOptions) -> None:
    """Name the next batch in another way."""
    st.session_state["batch_options"] = options


def current_truth() -> TruthSource:
    """Where labels of the files come from."""
    return cast(TruthSource, st.session_state.get("batch_truth", "none"))


def set_truth(source: TruthSource) -> None:
    """Take the labels of files from elsewhere."""
    st.session_state["batch_truth"] = source


def current_run() -> BatchRun | None:
    """The batch that is being named, or was."""
    return cast(BatchRun | None, st.session_state.get("batch_run"))


def set_run(run: BatchRun | None) -> None:
    """Begin another one, or let it go."""
    st.session_state["batch_run"] = run


def read_address() -> None:
    """Follow the address where it says something new."""
    told = _told()
    if any(told.values()) and address.says_new(told, st.session_state.get("batch_told")):
        set_options(
            BatchOptions(
                vector=told["vector"],
                precision=_share(told["precision"], PRECISION),
                group=told["group"],
                roll_up=_share(told["roll_up"], ROLL_UP),
                only=tuple(st.query_params.get_all("only")),
                age=_ends(told["age"]),
                depth=_ends(told["depth"]),
            )
        )
        labels = told["labels"]
        set_truth(cast(TruthSource, labels) if labels in get_args(TruthSource) else "none")
    st.session_state["batch_told"] = told


def write_address() -> None:
    """Let the address say which collection names, and how."""
    options = current_options()
    told = {
        "collection": state.current_collection(),
        "vector": options.vector,
        "precision": "none" if options.precision is None else f"{options.precision:g}",
        "group": options.group,
        "roll_up": None if options.roll_up is None else f"{options.roll_up:g}",
        "age": _range_text(options.age),
        "depth": _range_text(options.depth),
        "labels": None if current_truth() == "none" else current_truth(),
    }
    params: dict[str, str | Sequence[str]] = {name: value for name, value in told.items() if value is not None}
    if options.only:
        params["only"] = list(options.only)
    st.query_params.from_dict(params)
    st.session_state["batch_told"] = _told()
    state.tell_collection()


def _told() -> dict[str, str | None]:
    told: dict[str, str | None] = {name: st.query_params.get(name) for name in _SINGLE}
    return told | {"only": "\n".join(st.query_params.get_all("only")) or None}


def _share(text: str | None, ends: tuple[float, float]) -> float | None:
    """A share of an address, within what the page can show; what is none counts as not asked for."""
    number, (low, high) = _number(text), ends
    return number if number is not None and low <= number <= high else None


def _ends(text: str | None) -> tuple[float | None, float | None]:
    low, _, high = (text or "").partition(_OPEN)
    return _number(low), _number(high)


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _range_text(ends: tuple[float | None, float | None]) -> str | None:
    low, high = ("" if end is None else f"{end:g}" for end in ends)
    return f"{low}{_OPEN}{high}" if low or high else None
