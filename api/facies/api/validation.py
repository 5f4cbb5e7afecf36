"""What pydantic says of a body, as our error and in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from facies.core.errors import QueryError

_Body = TypeVar("_Body", bound=BaseModel)


def describe_validation(problems: Sequence[Any]) -> str:
    """One line from pydantic's list of problems: where, what was expected, what came.

    Example:
        >>> describe_validation([{"loc": ("body", "k"), "msg": "Input should be at least 1", "input": 0}])
        'body.k: Input should be at least 1, got 0'
    """
    return "; ".join(_describe(problem) for problem in problems)


def _describe(problem: Any) -> str:
    *outer, last = problem["loc"] or ("",)
    place = ".".join(map(str, problem["loc"]))
    if problem.get("type") == "json_invalid":
        where, at = (".".join(map(str, outer)), f" at character {last}") if isinstance(last, int) else (place, "")
        return f"{where}: not JSON: {problem['ctx']['error']}{at}"
    if isinstance(problem.get("input"), bytes):
        return f"{place}: expected JSON; send it with the header `content-type: application/json`"
    if problem.get("type") == "missing":
        return f"{place}: {problem['msg']}"
    if problem.get("type") == "value_error" and isinstance(problem.get("input"), Mapping):
        # Said of a whole body, which is neither named on the command line nor to be repeated.
        reason = problem["msg"].removeprefix("Value error, ")
        return f"{place}: {reason}" if place else reason
    return f"{place}: {problem['msg']}, got {_short(problem.get('input'))}"


def make_body(kind: type[_Body], /, **fields: object) -> _Body:
    """Make a body from values that a person gave.

    Raises:
        QueryError: a value does not fit.
    """
    try:
        return kind(**fields)
    except ValidationError as error:
        raise QueryError(describe_validation(error.errors())) from error


def parse_body(kind: type[_Body], text: str, field: str) -> _Body:
    """Read a body from a form field that holds JSON.

    Raises:
        QueryError: it is not the JSON of this body.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        found = [{**problem, "loc": (field, *problem["loc"])} for problem in error.errors()]
        raise QueryError(describe_validation(found)) from error


def _short(value: object, length: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= length else f"{text[:length]}..."
