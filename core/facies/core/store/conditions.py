"""The few conditions that mean the same to every engine, and how a filter becomes them.

Each backend then translates them node by node into its own classes, and a node it does not know is an error: see
`facies.core.store.edge_conversion` and `facies.core.store.server_conversion`. They are apart because importing
qdrant_client takes two seconds, which the embedded default need not pay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from facies.core.filters import All, Any_, AnyOf, Equals, Filter, Not, Range, same_numbers


@dataclass(frozen=True, slots=True)
class TextIn:
    """The field at this JSON path holds one of these texts."""

    path: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberIn:
    """The field at this JSON path holds a number within the bounds."""

    path: str
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None


@dataclass(frozen=True, slots=True)
class IdIn:
    """The point has one of these ids."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class HasVector:
    """The point has the vector of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Never:
    """The condition does not hold."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Every:
    """All the conditions hold; also where there are none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One of the conditions holds, of which there is at least one."""

    conditions: tuple[Condition, ...]


Condition: TypeAlias = TextIn | NumberIn | IdIn | HasVector | Never | Every | Some

NOTHING = IdIn(frozenset())


def field_path(name: str) -> str:
    """Quote the name of a field, so that dots, brackets and spaces in it are not read as a JSON path."""
    return f'"{name}"'


def lower_filter(where: Filter | None, exclude: Iterable[str] = (), *, lacking: str | None = None) -> Condition | None:
    """Rewrite a filter, ids never to return, and a vector not to have, into conditions that all engines share.

    Qdrant keeps 3 and 3.0 apart when it compares for equality, an integer index truncates fractional bounds, and a
    float comes out of its payload storage up to an ulp off, though not out of an index. So a number is looked up as
    the range of all numbers that count as the same, over indexes of floats.

    Returns:
        The condition, or None where everything matches.
    """
    parts: list[Condition] = [] if where is None else [_lower(where)]
    if banned := frozenset(exclude):
        parts.append(Never(IdIn(banned)))
    if lacking is not None:
        parts.append(Never(HasVector(lacking)))
    return Every(tuple(parts)) if parts else None


def _lower(where: Filter) -> Condition:
    match where:
        case Equals(field, value):
            return _lower(AnyOf(field, (value,)))
        case AnyOf(field, values):
            path = field_path(field)
            texts = tuple(value for value in values if isinstance(value, str))
            numbers = {float(value) for value in values if not isinstance(value, str)}
            options: list[Condition] = [
                NumberIn(path, gte=low, lte=high) for low, high in map(same_numbers, sorted(numbers))
            ]
            if texts:
                options.append(TextIn(path, texts))
            return Some(tuple(options)) if options else NOTHING
        case Range(field, gt, gte, lt, lte):
            return NumberIn(
                field_path(field),
                gt=None if gt is None else same_numbers(gt)[1],
                gte=None if gte is None else same_numbers(gte)[0],
                lt=None if lt is None else same_numbers(lt)[0],
                lte=None if lte is None else same_numbers(lte)[1],
            )
        case Not(inner):
            return Never(_lower(inner))
        case All(inner):
            return Every(tuple(_lower(one) for one in inner))
        case Any_(inner):
            return Some(tuple(_lower(one) for one in inner)) if inner else NOTHING
        case _:
            assert_never(where)
