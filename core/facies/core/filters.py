"""One small filter language for every backend: equals, any_of, range, not, all, any.

A filter is a tree of frozen dataclasses. Its JSON form::

    {"field": "label", "equals": "areoligera"}
    {"field": "well", "any_of": ["6407/6-5", "6407/6-6"]}
    {"field": "depth_m", "range": {"gte": 1200, "lt": 1300}}
    {"not": F}    {"all": [F, ...]}    {"any": [F, ...]}

On the command line: ``label=areoligera``, ``well!=x``, ``depth_m>=1200``, ``well=a|b`` (see `parse_expression`).
`matches` is the meaning of a filter in plain Python; the stores must agree with it, and a property test holds them
to that.

A field that an image lacks is never equal to anything and lies in no range, so ``not`` of such a condition selects the
image. Text equals text only and numbers equal numbers only: 3 equals 3.0 but not "3". Numbers that differ by less than
one part in 10**15 count as the same, since an engine's payload storage gives back floats that are an ulp off.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from facies.core.errors import QueryError
from facies.core.records import Metadata, MetadataValue

MAX_INTEGER: Final = 10**15
"""Largest whole number, either sign, that a filter or payload may hold; beyond it neighbours count as the same."""

_SLACK: Final = 4 * sys.float_info.epsilon

MAX_DEPTH: Final = 32
"""Deepest nesting of a filter in JSON."""

_BOUNDS: Final = ("gt", "gte", "lt", "lte")


@dataclass(frozen=True, slots=True)
class Equals:
    """The field has this value."""

    field: str
    value: MetadataValue

    def __post_init__(self) -> None:
        _check_field(self.field)
        _check_value(self.field, self.value)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field has one of these values; with none listed, nothing matches."""

    field: str
    values: tuple[MetadataValue, ...]

    def __post_init__(self) -> None:
        _check_field(self.field)
        for value in self.values:
            _check_value(self.field, value)


@dataclass(frozen=True, slots=True)
class Range:
    """The field is a number within all bounds that are given, at least one of them."""

    field: str
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None

    def __post_init__(self) -> None:
        _check_field(self.field)
        given = [bound for bound in (self.gt, self.gte, self.lt, self.lte) if bound is not None]
        if not given:
            raise QueryError(f"the range on {self.field!r} has no bound; give at least one of {', '.join(_BOUNDS)}.")
        for bound in given:
            if isinstance(bound, str):
                raise QueryError(f"a bound of the range on {self.field!r} is text ({bound!r}), expected a number.")
            _check_value(self.field, bound)


@dataclass(frozen=True, slots=True)
class Not:
    """The inner filter does not match."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class All:
    """Every inner filter matches; with none, everything does."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 (the trailing underscore keeps it apart from typing.Any)
    """At least one inner filter matches; with none, nothing does."""

    filters: tuple[Filter, ...]


Filter: TypeAlias = Equals | AnyOf | Range | Not | All | Any_


def matches(where: Filter, payload: Metadata) -> bool:
    """Tell whether a payload satisfies a filter: the meaning that every store must reproduce.

    >>> matches(Range("depth_m", gte=1200), {"depth_m": 1250.5})
    True
    >>> matches(Not(Equals("well", "a")), {})
    True
    """
    match where:
        case Equals(field, value):
            return field in payload and _equal(payload[field], value)
        case AnyOf(field, values):
            return field in payload and any(_equal(payload[field], value) for value in values)
        case Range(field):
            return field in payload and _within(payload[field], where)
        case Not(inner):
            return not matches(inner, payload)
        case All(inner):
            return all(matches(one, payload) for one in inner)
        case Any_(inner):
            return any(matches(one, payload) for one in inner)


def parse_filter(document: object) -> Filter:
    """Read the JSON form of a filter.

    Args:
        document: what ``json.loads`` gives.

    Raises:
        QueryError: the document is no filter; the message names the part and the forms that exist.
    """
    return _parse(document, "filter", MAX_DEPTH)


def to_json(where: Filter) -> dict[str, Any]:
    """Give the JSON form of a filter, so that ``parse_filter(to_json(f)) == f``."""
    match where:
        case Equals(field, value):
            return {"field": field, "equals": value}
        case AnyOf(field, values):
            return {"field": field, "any_of": list(values)}
        case Range(field):
            bounds = {name: getattr(where, name) for name in _BOUNDS}
            return {"field": field, "range": {name: bound for name, bound in bounds.items() if bound is not None}}
        case Not(inner):
            return {"not": to_json(inner)}
        case All(inner):
            return {"all": [to_json(one) for one in inner]}
        case Any_(inner):
            return {"any": [to_json(one) for one in inner]}


_EXPRESSION = re.compile(r"(?P<field>[^=<>!]+?)\s*(?P<operator>!=|>=|<=|=|>|<)(?P<value>.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_VALUE = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^|"]+?))\s*(?:\||$)')
_COMPARISONS: Final = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


def parse_expression(text: str) -> Filter:
    """Read one condition as it is typed on the command line.

    ``field=value``, ``field!=value``, ``field=a|b`` (either), ``field!=a|b`` (neither), and ``field>=number`` with
    ``>``, ``<`` and ``<=``. A value that reads as a number stands for that number and for the text alike, since a
    shell does not tell them apart; in double quotes it is text only, and may hold ``|``.

    >>> parse_expression("depth_m>=1200")
    Range(field='depth_m', gt=None, gte=1200, lt=None, lte=None)
    >>> parse_expression("well=a|b")
    AnyOf(field='well', values=('a', 'b'))

    Raises:
        QueryError: the text is no condition.
    """
    found = _EXPRESSION.fullmatch(text.strip())
    if found is None:
        raise QueryError(
            f"{text!r} is not a condition; expected field=value, field!=value, field=a|b or field>=number (>, <, <=)."
        )
    field, operator, value = found["field"], found["operator"], found["value"].strip()
    if operator in _COMPARISONS:
        if not _NUMBER.fullmatch(value):
            raise QueryError(f"{text!r} compares with {value!r}, expected a number after {operator}.")
        return Range(field, **{_COMPARISONS[operator]: _number(value)})
    values = _values(text, value)
    equal: Filter = Equals(field, values[0]) if len(values) == 1 else AnyOf(field, tuple(values))
    return Not(equal) if operator == "!=" else equal


def parse_expressions(texts: Sequence[str]) -> Filter | None:
    """Read several conditions that must all hold; None where there are none."""
    conditions = tuple(parse_expression(text) for text in texts)
    if len(conditions) <= 1:
        return conditions[0] if conditions else None
    return All(conditions)


def _values(text: str, value: str) -> list[MetadataValue]:
    values: list[MetadataValue] = []
    position = 0
    while position < len(value):
        found = _VALUE.match(value, position)
        if found is None:
            break
        bare = found["bare"]
        if bare is None:
            values.append(found["quoted"])
        elif _NUMBER.fullmatch(bare):
            values += [_number(bare), bare]
        else:
            values.append(bare)
        position = found.end()
    if not values or position < len(value) or value.endswith("|"):
        raise QueryError(
            f'{text!r} has no value that can be read; expected value, a|b or "quoted text" after the sign.'
        )
    return values


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _parse(document: object, place: str, depth: int) -> Filter:
    if depth == 0:
        raise QueryError(f"the filter is nested deeper than {MAX_DEPTH} levels at {place}.")
    if not isinstance(document, Mapping):
        raise QueryError(f"{place} is {type(document).__name__}, expected an object such as {_EXAMPLE}.")
    match dict(document):
        case {"field": str(field), "equals": value, **rest} if not rest:
            return Equals(field, value)
        case {"field": str(field), "any_of": list(values), **rest} if not rest:
            return AnyOf(field, tuple(values))
        case {"field": str(field), "range": dict(bounds), **rest} if not rest and set(bounds) <= set(_BOUNDS):
            return Range(field, **bounds)
        case {"not": inner, **rest} if not rest:
            return Not(_parse(inner, f"{place}.not", depth - 1))
        case {"all": list(inner), **rest} if not rest:
            return All(tuple(_parse(one, f"{place}.all[{i}]", depth - 1) for i, one in enumerate(inner)))
        case {"any": list(inner), **rest} if not rest:
            return Any_(tuple(_parse(one, f"{place}.any[{i}]", depth - 1) for i, one in enumerate(inner)))
    raise QueryError(
        f"{place} has the keys {sorted(map(str, document))}, expected field with one of equals, any_of (a list) or "
        f"range (gt, gte, lt, lte); or not, all (a list), any (a list). For example {_EXAMPLE}."
    )


_EXAMPLE: Final = '{"field": "label", "equals": "areoligera"}'


def _check_field(field: str) -> None:
    if not is_field_name(field):
        raise QueryError(
            f"{field!r} cannot name a field; expected 1 to 200 characters without a double quote or backslash."
        )


def is_field_name(name: object) -> bool:
    """Tell whether a payload field may have this name: 1 to 200 characters of text, no double quote, no backslash."""
    return isinstance(name, str) and 0 < len(name) <= 200 and not set('"\\') & set(name) and _is_unicode(name)


def is_field_value(value: object) -> bool:
    """Tell whether a payload field may have this value: text, or a finite number; no bool."""
    if isinstance(value, str):
        return _is_unicode(value)
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) <= MAX_INTEGER
    return isinstance(value, float) and math.isfinite(value)


def _check_value(field: str, value: object) -> None:
    if not is_field_value(value):
        raise QueryError(
            f"the value {value!r} for {field!r} is {type(value).__name__}; expected text, a finite number, or an "
            "integer of at most 10**15. Flags are kept as 0 and 1 or as text."
        )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, as from a file name that is not UTF-8
        return False
    return True


def same_numbers(value: float) -> tuple[float, float]:
    """Give the least and the greatest number that count as the same as this one.

    >>> same_numbers(0)
    (0.0, 0.0)
    """
    margin = abs(value) * _SLACK
    return max(value - margin, -sys.float_info.max), min(value + margin, sys.float_info.max)


def _equal(stored: MetadataValue, wanted: MetadataValue) -> bool:
    if isinstance(stored, str) or isinstance(wanted, str):
        return stored == wanted
    least, greatest = same_numbers(wanted)
    return least <= stored <= greatest


def _within(stored: MetadataValue, bounds: Range) -> bool:
    return not isinstance(stored, str) and (
        (bounds.gt is None or stored > same_numbers(bounds.gt)[1])
        and (bounds.gte is None or stored >= same_numbers(bounds.gte)[0])
        and (bounds.lt is None or stored < same_numbers(bounds.lt)[0])
        and (bounds.lte is None or stored <= same_numbers(bounds.lte)[1])
    )
