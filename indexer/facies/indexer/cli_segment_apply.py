"""``facies segment apply`` and ``suggest``: what a trained model says of photographs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from facies.core.errors import ConfigurationError
from facies.core.folders import no_empty_folder_left
from facies.indexer.segmentation.options import (
    Background,
    BaseM,
    Json,
    MmPerPx,
    Model,
    Rock,
    TopM,
    Unlabelled,
    Views,
)

if TYPE_CHECKING:
    from facies.indexer.segmentation.depth import Section

TaskOfModel = Annotated[
    Literal["core", "macerals"] | None, typer.Option(help="What the model is expected to be for; it knows itself.")
]


def apply(
    *,
    task: TaskOfModel = None,
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for masks, tables, curves and plots.")],
    image: Annotated[
        list[Path] | None,
        typer.Option(help="A photograph; with depths a core of one section; of macerals it may be repeated."),
    ] = None,
    sections: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV or JSON: image, top_m, and base_m or mm_per_px, of each section."),
    ] = None,
    top_m: TopM = None,
    base_m: BaseM = None,
    mm_per_px: MmPerPx = None,
    rock: Rock = "auto",
    not_rock: Annotated[
        list[str] | None, typer.Option(metavar="CLASS", help="Name or id of a class that is no rock; may be repeated.")
    ] = None,
    step_m: Annotated[float, typer.Option(metavar="M", help="Height of a bin of the curves, metres.")] = 0.01,
    intervals: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV or JSON of top_m, base_m, name: fractions of each.")
    ] = None,
    least_m: Annotated[float, typer.Option(metavar="M", help="Least thickness of an interval of one class.")] = 0.05,
    well: Annotated[str, typer.Option(help="Name of the well, for the LAS file and the plot.")] = "",
    um_per_px: Annotated[
        float | None, typer.Option(metavar="UM", help="Scale of photomicrographs: micrometres a pixel shows.")
    ] = None,
    views: Views = "none",
    min_area_um2: Annotated[
        float | None, typer.Option(min=0, metavar="UM2", help="Least area of a maceral; smaller ones are given away.")
    ] = None,
    max_hole_um2: Annotated[
        float | None, typer.Option(min=0, metavar="UM2", help="Holes of the background up to it are filled.")
    ] = None,
    min_area_px: Annotated[int | None, typer.Option(min=0, metavar="PX", help="The same without a scale.")] = None,
    max_hole_px: Annotated[int | None, typer.Option(min=0, metavar="PX", help="The same without a scale.")] = None,
    background: Background = None,
    json: Json = False,
) -> None:
    """Name every pixel; run it again after an interruption and it goes on behind the last section or image.

    Exit status 1 where a section or image could not be read; the others are done.
    """
    from facies.indexer.segmentation.maceral_commands import check_task, run_macerals
    from facies.indexer.segmentation.maceral_order import MaceralOrder

    images = tuple(image or ())
    of_macerals = {
        "--um-per-px": um_per_px,
        "--min-area-um2": min_area_um2,
        "--max-hole-um2": max_hole_um2,
        "--min-area-px": min_area_px,
        "--max-hole-px": max_hole_px,
        "--background": background,
        "--views": None if views == "none" else views,
    }
    of_cores = {
        "--sections": sections,
        "--top-m": top_m,
        "--base-m": base_m,
        "--mm-per-px": mm_per_px,
        "--not-rock": not_rock,
        "--intervals": intervals,
        "--well": well or None,
    }
    if check_task(model, task) == "macerals":
        _refuse(of_cores, "macerals")
        order_of_macerals = MaceralOrder(
            model=model,
            images=images,
            out=out,
            um_per_px=um_per_px,
            views=views,
            min_area_um2=min_area_um2,
            max_hole_um2=max_hole_um2,
            min_area_px=min_area_px,
            max_hole_px=max_hole_px,
            background=background,
        )
        with no_empty_folder_left(out):
            status = run_macerals(order_of_macerals, as_json=json)
        raise typer.Exit(status)
    _refuse(of_macerals, "cores")
    if len(images) > 1:
        raise ConfigurationError(f"{len(images)} images of a core are given; list them with their depths in --sections")
    only = images[0] if images else None
    from facies.indexer.segmentation.commands import run_core_command
    from facies.indexer.segmentation.core_order import CoreOrder
    from facies.indexer.segmentation.las_curves import WellHeader
    from facies.indexer.segmentation.section_list import read_named_intervals, read_sections

    section = _section(only, top_m, base_m, mm_per_px)
    if sections is not None and (only is not None or section is not None):
        raise ConfigurationError("--sections has images and depths of its own; leave --image and its depths out")
    if sections is not None and mm_per_px is not None:
        raise ConfigurationError(
            "--sections gives each image its own scale, as mm_per_px or base_m; leave --mm-per-px out"
        )
    order = CoreOrder(
        model=model,
        out=out,
        sections=read_sections(sections) if sections is not None else (() if section is None else (section,)),
        image=None if section is not None else only,
        mm_per_px=mm_per_px,
        finds_rock=rock == "auto",
        not_rock=tuple(not_rock or ()),
        step_m=step_m,
        intervals=() if intervals is None else read_named_intervals(intervals),
        least_m=least_m,
        header=WellHeader(well=well),
        is_list=sections is not None,
        lists=tuple(path for path in (sections, intervals) if path is not None),
    )
    with no_empty_folder_left(out):
        status = run_core_command(order, as_json=json)
    raise typer.Exit(status)


def suggest(
    *,
    model: Model,
    image: Annotated[Path, typer.Option(help="The photograph to draw on.")],
    labels: Annotated[Path | None, typer.Option(help="Strokes that it has already: no place is on one.")] = None,
    unlabelled: Unlabelled = 255,
    count: Annotated[int, typer.Option(min=1, max=1000, help="Places that are wanted, at most.")] = 8,
    radius_px: Annotated[int, typer.Option(min=1, max=1000, help="Radius of a place, in pixels.")] = 16,
    rock: Rock = "auto",
    top_m: TopM = None,
    base_m: BaseM = None,
    mm_per_px: MmPerPx = None,
    json: Json = False,
) -> None:
    """Say where the next strokes would teach most: where the model is in doubt, spread over depth and looks."""
    from facies.indexer.segmentation.commands import run_suggestion
    from facies.indexer.segmentation.suggesting import SuggestionOrder

    order = SuggestionOrder(
        model=model,
        image=image,
        labels=labels,
        unlabelled=unlabelled,
        count=count,
        radius_px=radius_px,
        finds_rock=rock == "auto",
        section=_section(image, top_m, base_m, mm_per_px),
        mm_per_px=mm_per_px,
    )
    run_suggestion(order, as_json=json)


def _section(image: Path | None, top_m: float | None, base_m: float | None, mm_per_px: float | None) -> Section | None:
    """The image as a section, where it has a depth."""
    from facies.indexer.segmentation.depth import Section

    if top_m is None:
        if base_m is not None:
            raise ConfigurationError("--base-m is given without --top-m; give both, or --top-m and --mm-per-px")
        return None
    if image is None:
        raise ConfigurationError("--top-m is the depth of an image; give --image too")
    return Section(image, top_m, base_m, mm_per_px)


def _refuse(options: Mapping[str, object], of: str) -> None:
    """Refuse options that mean nothing for what the model names."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise ConfigurationError(f"the model names {of}, and {', '.join(given)} means nothing there; leave it out")
