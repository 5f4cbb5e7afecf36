"""What one visitor's session remembers of the label page, and its mirror in the page's address.

``?collection=NAME&work=queue&by=boundary&only=well%3D6407/6-5&group=slide``: whoever opens it sees the same work. How
far a person has come in it is the session's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast, get_args

import streamlit as st

from facies.ui import state
from facies.ui.where import Bounds, FilterChoice, split_words, to_where

Kind: TypeAlias = Literal["automatic", "queue", "grow", "unknowns", "batches"]
Reason: TypeAlias = Literal["uncertain", "boundary", "diverse", "disagreement", "errors", "duplicates", "flagged"]

PRECISIONS: Final = (*(n / 100 for n in range(50, 90, 5)), *(n / 100 for n in range(90, 100)), 0.995)
"""Where the slider can stand."""
PRECISION: Final = 0.95
SIZES: Final = (50, 200, 1_000, 5_000)
"""Images of a queue that are loaded at a time."""

T = TypeVar("T")
_RANGE: Final = re.compile(r"([^=<>]+)(>=|<=)(-?[0-9.eE+]+)")


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


def read_address() -> None:
    """Follow the address where it says something new."""
    told = {name: tuple(st.query_params.get_all(name)) for name in _NAMES if name in st.query_params}
    if told and told != st.session_state.get("label_told"):
        st.session_state["label_work"] = from_params(told)
    st.session_state["label_told"] = told


def write_address() -> None:
    """Let the address say what is worked at."""
    told = to_params(current())
    st.session_state["label_told"] = {name: tuple(values) for name, values in told.items()}
    name = state.current_collection()
    st.query_params.from_dict({**({} if name is None else {"collection": name}), **told})
    state.tell_collection()


def to_params(work: Work) -> dict[str, list[str]]:
    """What the address says of it: what differs from the usual, and has a part in this kind of work.

    >>> to_params(Work("queue", "boundary", scope=Scope(FilterChoice(labels=("azolla",)), group="slide")))
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
        only = write_only(work.scope.only)
        told |= {"only": only} if only else {}
        told |= {"vector": [work.scope.vector]} if work.scope.vector else {}
    if work.kind not in ("batches", "grow"):
        told |= {"group": [work.scope.group]} if work.scope.group else {}
    return told


def from_params(told: Mapping[str, Sequence[str]]) -> Work:
    """Read an address; what makes no sense is left at the usual."""
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
        scope=Scope(read_only(told.get("only", ())), one("vector"), one("group")),
    )


def write_only(choice: FilterChoice) -> list[str]:
    """A filter as the address says it.

    >>> write_only(FilterChoice(words={"well": ("a", "b")}, bounds={"depth_m": (1200, None)}))
    ['well=a|b', 'depth_m>=1200']
    """
    named = {"label": choice.labels, **choice.words}
    told = [f"{name}={'|'.join(values)}" for name, values in named.items() if values]
    for name, (low, high) in choice.bounds.items():
        told += [f"{name}>={low}"] if low is not None else []
        told += [f"{name}<={high}"] if high is not None else []
    return told


def read_only(told: Iterable[str]) -> FilterChoice:
    """The filter that an address says.

    >>> read_only(["label=azolla", "depth_m>=1200", "depth_m<=1300"])
    FilterChoice(labels=('azolla',), words={}, bounds={'depth_m': (1200.0, 1300.0)})
    """
    words: dict[str, tuple[str, ...]] = {}
    bounds: dict[str, Bounds] = {}
    for text in told:
        ends = _RANGE.fullmatch(text)
        value = _number(ends[3]) if ends else None
        if ends and value is not None:
            low, high = bounds.get(ends[1], (None, None))
            bounds[ends[1]] = (value, high) if ends[2] == ">=" else (low, value)
        elif not ends:
            name, _, values = text.partition("=")
            words[name] = split_words(values)
    labels = words.pop("label", ())
    return FilterChoice(labels, {name: values for name, values in words.items() if name and values}, bounds)


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
