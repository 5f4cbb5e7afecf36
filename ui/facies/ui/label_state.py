"""What one visitor's session remembers of the label page, and its mirror in the page's address.

``?collection=NAME&work=queue&by=boundary&only=well%3D6407/6-5&group=slide``: whoever opens it sees the same work. How
far a person has come in it is the session's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast, get_args

import streamlit as st

from facies.ui import address, state
from facies.ui.where import FilterChoice, read_texts, to_texts, to_where

Kind: TypeAlias = Literal["automatic", "queue", "grow", "unknowns", "batches"]
Reason: TypeAlias = Literal["uncertain", "boundary", "diverse", "disagreement", "errors", "duplicates", "flagged"]

PRECISIONS: Final = (*(n / 100 for n in range(50, 90, 5)), *(n / 100 for n in range(90, 100)), 0.995)
"""Where the slider can stand."""
PRECISION: Final = 0.95
SIZES: Final = (50, 200, 1_000, 5_000)
"""Images of a queue that are loaded at a time."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which images are worked on, and by what they are compared.

    Attributes:
        only: narrows the images.
        vector: named vector; None: the collection's default.
        group: metadata field; images that share a value, such as a slide, never vouch for each other.
    """

    only: FilterChoice = field(default_factory=FilterChoice)
    vector: str | None = None
    group: str | None = None

    @property
    def where(self) -> dict[str, Any] | None:
        """The filter as the service takes it."""
        return to_where(self.only)


@dataclass(frozen=True, slots=True)
class Work:
    """What a person works at.

    Attributes:
        kind: the section of the page.
        by: why images are in the queue.
        size: of the queue.
        fold: whether near copies wait as one.
        precision: share of right labels that is asked for.
        per_class: whether each class shall reach it by itself.
        gate: whether images far from every validated one stay unknown.
        label: that is grown.
        like: ids of images that show it; its validated ones where there is none.
        scope: which images, compared by what.
    """

    kind: Kind = "automatic"
    by: Reason = "uncertain"
    size: int = SIZES[0]
    fold: bool = True
    precision: float = PRECISION
    per_class: bool = False
    gate: bool = True
    label: str | None = None
    like: tuple[str, ...] = ()
    scope: Scope = field(default_factory=Scope)


def current() -> Work:
    """What was chosen."""
    return cast(Work, st.session_state.get("label_work", Work()))


def change(**fields: Any) -> None:
    """Work at something else."""
    st.session_state["label_work"] = replace(current(), **fields)


def scope_to(**fields: Any) -> None:
    """Work on other images, or compare them by something else."""
    change(scope=replace(current().scope, **fields))


def mirror(key: str, value: Any) -> None:
    """Let a widget show what was chosen; one that shows it already is left alone, for a hand may be moving it."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def begin_elsewhere() -> None:
    """Look at another collection: its images, fields and vectors are others."""
    change(scope=Scope(), label=None, like=())


def read_address(kinds: Mapping[str, str]) -> bool:
    """Follow the address where it says something new, and tell whether it does.

    Args:
        kinds: those of the collection's fields.
    """
    told = {name: tuple(st.query_params.get_all(name)) for name in _NAMES if name in st.query_params}
    said = (st.query_params.get("collection"), told)
    is_new = bool(told) and address.says_new(said, st.session_state.get("label_told"))
    if is_new:
        st.session_state["label_work"] = from_params(told, kinds)
    st.session_state["label_told"] = said
    return is_new


def write_address() -> None:
    """Let the address say what is worked at."""
    told = to_params(current())
    name = state.current_collection()
    st.session_state["label_told"] = (name, {param: tuple(values) for param, values in told.items()})
    st.query_params.from_dict({**({} if name is None else {"collection": name}), **told})
    state.tell_collection()


def to_params(work: Work) -> dict[str, list[str]]:
    """What the address says of it: what differs from the usual, and has a part in this kind of work.

    >>> to_params(Work("queue", "boundary", scope=Scope(FilterChoice({"label": ("azolla",)}), group="slide")))
    {'work': ['queue'], 'by': ['boundary'], 'only': ['label=azolla'], 'group': ['slide']}
    """
    told: dict[str, list[str]] = {"work": [work.kind]}
    if work.kind == "automatic":
        told["precision"] = [f"{work.precision:g}"]
        told |= {"classwise": ["1"]} if work.per_class else {}
        told |= {} if work.gate else {"gate": ["0"]}
    if work.kind == "queue":
        told["by"] = [work.by]
        told |= {"size": [str(work.size)]} if work.size != SIZES[0] else {}
        told |= {} if work.fold else {"fold": ["0"]}
    if work.kind == "grow":
        told |= {"label": [work.label]} if work.label else {}
        told |= {"like": list(work.like)} if work.like else {}
    if work.kind != "batches":
        only = to_texts(work.scope.only)
        told |= {"only": only} if only else {}
        told |= {"vector": [work.scope.vector]} if work.scope.vector else {}
    if work.kind not in ("batches", "grow"):
        told |= {"group": [work.scope.group]} if work.scope.group else {}
    return told


def from_params(told: Mapping[str, Sequence[str]], kinds: Mapping[str, str]) -> Work:
    """Read an address; what makes no sense is left at the usual.

    Args:
        told: values by name.
        kinds: of each field of the collection, see `facies.ui.where.read_texts`.
    """
    usual = Work()

    def one(name: str) -> str | None:
        return next(iter(told.get(name, ())), None)

    return Work(
        kind=_among(one("work"), get_args(Kind), usual.kind),
        by=_among(one("by"), get_args(Reason), usual.by),
        size=_among(_number(one("size")), SIZES, usual.size),
        fold=one("fold") != "0",
        precision=_among(_number(one("precision")), PRECISIONS, usual.precision),
        per_class=one("classwise") == "1",
        gate=one("gate") != "0",
        label=one("label"),
        like=tuple(told.get("like", ())),
        scope=Scope(read_texts(told.get("only", ()), kinds)[0], one("vector"), one("group")),
    )


def _among(value: Any, choices: Sequence[T], usual: T) -> T:
    return next((one for one in choices if one == value), usual)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


_NAMES: Final = (
    "work", "precision", "classwise", "gate", "by", "size", "fold", "label", "like", "only", "vector", "group",
)  # fmt: skip
