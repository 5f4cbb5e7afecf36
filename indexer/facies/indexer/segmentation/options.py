"""Options that several commands of ``facies segment`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

Task: TypeAlias = Annotated[
    Literal["core", "macerals"], typer.Option(help="Core photographs by depth, or macerals in photomicrographs.")
]
Model: TypeAlias = Annotated[Path, typer.Option(help="The file that `facies segment train` wrote.")]
Unlabelled: TypeAlias = Annotated[
    int, typer.Option(min=0, max=255, metavar="N", help="Value of label images that says nothing about a pixel.")
]
Classes: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Table of classes, JSON or CSV with id, name, colour.")
]
TopM: TypeAlias = Annotated[float | None, typer.Option(metavar="M", help="Depth of the image's upper edge, metres.")]
BaseM: TypeAlias = Annotated[float | None, typer.Option(metavar="M", help="Depth of its lower edge, metres.")]
MmPerPx: TypeAlias = Annotated[
    float | None, typer.Option(metavar="MM", help="Scale: millimetres a pixel of the image shows.")
]
Rock: TypeAlias = Annotated[
    Literal["auto", "all"], typer.Option(help="Look for tray and gaps, or take all of the picture for rock.")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON object, last on stdout.")]
