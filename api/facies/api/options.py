"""Command-line options that several commands have, and how what they take is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from facies.core.filters import parse_expressions, to_json

Collection = Annotated[str, typer.Option("--collection", "-c", help="Name of the collection.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line of stdout.")]
Api = Annotated[
    str | None, typer.Option(metavar="URL", help="Ask the service at this address, e.g. http://127.0.0.1:8000.")
]
Weights = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A checkpoint in place of the model's own sources of weights.")
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILTER", help="Only images that match, e.g. label=areoligera or depth_m>=1200; repeat to narrow."
    ),
]
VectorName = Annotated[str | None, typer.Option("--vector", help="Named vector; the collection's default if left out.")]


def filter_of(expressions: Sequence[str] | None) -> dict[str, Any] | None:
    """The JSON form of `Where` filters, which must all match; None where there are none.

    Raises:
        QueryError: one of them is no condition.
    """
    where = parse_expressions(expressions or [])
    return None if where is None else to_json(where)
