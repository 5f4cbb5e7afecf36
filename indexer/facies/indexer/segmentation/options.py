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
Card: TypeAlias = Annotated[
    str, typer.Option(help="Hypercolumns: lite0-stem-3, lite0-stem, vgg16-pool1-pool2, or BACKBONE@LAYER+LAYER.")
]
Kind: TypeAlias = Annotated[
    Literal["extra-trees", "random-forest", "linear"],
    typer.Option(help="Classifier of pixels: the default, the published one, or one for previews."),
]
Trees: TypeAlias = Annotated[int, typer.Option(min=1, max=2000, help="Trees of a forest.")]
Seed: TypeAlias = Annotated[int, typer.Option(min=0, help="Of all chance; the same gives the same model.")]
SmoothingPx: TypeAlias = Annotated[
    float | None,
    typer.Option(min=0, metavar="PX", help="Radius of the smoothing in pixels; without any the task has one."),
]
Images: TypeAlias = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of images that have masks.")]
Masks: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of their masks, paired by name: ids, colours or .npy.")
]
Layers: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="CSV or JSON of file, class: each mask is a layer of one class.")
]
Background: TypeAlias = Annotated[
    str | None, typer.Option(metavar="ID", help="Id or name of the class that is no maceral, no foreground.")
]
PixelsPerClass: TypeAlias = Annotated[
    int, typer.Option(min=1, max=1_000_000, metavar="N", help="Pixels drawn from each class of each mask, at most.")
]
Views: TypeAlias = Annotated[
    Literal["none", "flips", "all"],
    typer.Option(help="Views whose answers are averaged: as it lies, 4 by mirrors, 8 with turns."),
]
Rock: TypeAlias = Annotated[
    Literal["auto", "all"], typer.Option(help="Look for tray and gaps, or take all of the picture for rock.")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON object, last on stdout.")]
