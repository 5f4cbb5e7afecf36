"""Command-line options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
