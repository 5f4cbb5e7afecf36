"""How search grows with the number of vectors, as one picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.searching import ROOM, case_of
from benchmarks.table import Table
from facies.core.settings import StoreSettings

PANELS: Mapping[str, Mapping[str, str]] = {
    "median time of a search (ms)": {
        "engine p50": "facies, engine",
        "http p50": "facies, HTTP by id",
        "hnswlib p50": "hnswlib",
        "numpy p50": "numpy scan",
    },
    "recall@10": {
        "engine recall@10": "facies",
        "filtered 1 % recall@10": "facies, filter 1 %",
        "hnswlib recall@10": "hnswlib",
    },
    "seconds": {
        "building the graph": "facies, graph",
        "hnswlib build": "hnswlib, graph",
        "loading": "facies, loading",
        "opening, to the first answer": "facies, opening",
    },
    "MiB": {"disk": "facies, disk", "memory of the service": "facies, service in memory"},
}
"""The panels: label of the axis, and the quantities with their names."""


def draw_growth(table: Table, sizes: list[int], path: Path) -> Path:
    """Draw the growth of every quantity over the sizes that were measured, into a PNG file."""
    # Imported here: it is a tool for developers and takes a second to load.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7.5), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (label, quantities) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
        for quantity, name in quantities.items():
            points = [(size, table.value(ROOM, case_of(size, StoreSettings()), quantity)) for size in sizes]
            there = [(size, value) for size, value in points if value is not None]
            if there:
                axes.plot(*zip(*there, strict=True), marker="o", label=name)
        axes.set_xscale("log")
        axes.set_xticks(sizes, [case_of(size, StoreSettings()) for size in sizes], minor=False)
        axes.minorticks_off()
        if label != "recall@10":
            axes.set_yscale("log")
        axes.set_xlabel("vectors of 384 dimensions")
        axes.set_ylabel(label)
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize="small")
    about = table.machine
    figure.suptitle(
        f"Search in the embedded store, {about['cpu']}, {about['cores']} cores, commit {about['commit']}",
        fontsize="medium",
    )
    figure.savefig(path, dpi=120)
    return path
