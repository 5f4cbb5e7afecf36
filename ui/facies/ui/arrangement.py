"""How the answer to a query is put together, as chosen on the page or told by an address. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

DEFAULT_K = 24
LARGEST_K = 200
FOLD = 0.98
"""Cosine from which an image counts as a near copy of the one before it."""
PARAMS = ("k", "model", "beside", "rerank", "fold", "diversity", "group", "per", "strategy")
"""Names in an address; `model` may come several times."""

Strategy = Literal["average", "best_score"]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is asked beside the examples and the filter.

    Attributes:
        k: neighbours of a page, 1 to 200.
        vectors: named vectors to search in; none: the collection's default one.
        beside: whether several are answered side by side, not fused into one list.
        rerank: whether the first candidates are ordered anew; None: where that was measured to help.
        fold: whether near copies are folded into the one before them.
        diversity: how much to prefer what differs from what stands before, 0 to 1.
        group: field of which few images of each value come; None for no such limit.
        per_group: how many of each value, at least 1.
        strategy: how several examples are joined: by their mean, or by the best of them.
    """

    k: int = DEFAULT_K
    vectors: tuple[str, ...] = ()
    beside: bool = False
    rerank: bool | None = None
    fold: bool = False
    diversity: float = 0.0
    group: str | None = None
    per_group: int = 1
    strategy: Strategy = "average"

    @property
    def is_beside(self) -> bool:
        """Whether there are several lists to show."""
        return self.beside and len(self.vectors) > 1

    def options(self) -> dict[str, Any]:
        """Fields of a `SearchBody`; what stands at its default is left out."""
        several = len(self.vectors) > 1
        wanted: dict[str, Any] = {
            "vector": None if several or not self.vectors else self.vectors[0],
            "vectors": list(self.vectors) if several else None,
            "rerank": self.rerank,
            "fold": FOLD if self.fold else None,
            "diversity": self.diversity or None,
            "group_by": self.group,
            "per_group": self.per_group if self.group is not None and self.per_group > 1 else None,
            "strategy": None if self.strategy == "average" else self.strategy,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def words(self) -> list[str]:
        """What differs from the plain order, for the line above the results."""
        said = []
        if self.fold:
            said.append("near copies folded")
        if self.group is not None:
            said.append(f"{self.per_group} of each {self.group}")
        if self.diversity:
            said.append(f"diversity {self.diversity:g}")
        if self.strategy == "best_score":
            said.append("nearest to any example")
        return said

    def to_params(self) -> dict[str, str | list[str]]:
        """What an address says of it; nothing where all stands at its default."""
        told: dict[str, str | list[str] | None] = {
            "k": None if self.k == DEFAULT_K else str(self.k),
            "model": list(self.vectors) or None,
            "beside": "yes" if self.beside else None,
            "rerank": {None: None, True: "yes", False: "no"}[self.rerank],
            "fold": "yes" if self.fold else None,
            "diversity": f"{self.diversity:g}" if self.diversity else None,
            "group": self.group,
            "per": None if self.per_group == 1 else str(self.per_group),
            "strategy": None if self.strategy == "average" else self.strategy,
        }
        return {name: value for name, value in told.items() if value is not None}


def read_params(told: Mapping[str, Sequence[str]]) -> Arrangement:
    """The arrangement of an address. What is no number, or out of range, counts as not said.

    Args:
        told: the values of each name of `PARAMS` that the address has.

    Example:
        >>> read_params({"k": ["12"], "fold": ["yes"], "per": ["many"]})
        Arrangement(k=12, vectors=(), beside=False, rerank=None, fold=True, diversity=0.0, group=None, per_group=1, \
strategy='average')
    """
    last = {name: values[-1] for name, values in told.items() if values}
    strategy = last.get("strategy", "average")
    return Arrangement(
        k=int(_number(last.get("k"), DEFAULT_K, 1, LARGEST_K)),
        vectors=tuple(dict.fromkeys(told.get("model", ()))),
        beside=last.get("beside") == "yes",
        rerank={"yes": True, "no": False}.get(last.get("rerank", "")),
        fold=last.get("fold") == "yes",
        diversity=_number(last.get("diversity"), 0.0, 0.0, 1.0),
        group=last.get("group") or None,
        per_group=int(_number(last.get("per"), 1, 1, 100)),
        strategy=cast(Strategy, strategy) if strategy in ("average", "best_score") else "average",
    )


def _number(text: str | None, default: float, low: float, high: float) -> float:
    try:
        value = float(text) if text is not None else default
    except ValueError:
        return default
    return value if low <= value <= high else default
