"""What the tables, curves, masks and plot of one very tall photograph cost. ``python -m benchmarks.tall_core``.

A picture of 40,000 x 800 pixels and 14 classes is drawn, with probabilities band by band as a prediction gives them;
what it takes to draw them is left out. Memory growth is that of the process's peak since the picture was there.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facies.core.segmentation.class_table import ClassTable
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.depth_plot import make_strip, write_depth_plot
from facies.indexer.segmentation.doubt import DoubtGrid
from facies.indexer.segmentation.fraction_tables import write_depth_fractions, write_row_fractions
from facies.indexer.segmentation.fractions import RowTally, by_step
from facies.indexer.segmentation.intervals import find_intervals
from facies.indexer.segmentation.las_curves import write_las
from facies.indexer.segmentation.masks import MaskCanvas, write_mask, write_overlay, write_uncertainty
from facies.indexer.segmentation.rock import RockMask, find_rock

HEIGHT, WIDTH, KINDS, LAYER, BAND = 40_000, 800, 14, 400, 256
Band = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]


def peak_mb() -> float:
    """Largest resident size of the process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass
class Laps:
    """Prints what each step took."""

    before_mb: float = field(default_factory=peak_mb)
    since_s: float = field(default_factory=time.process_time)

    def end(self, name: str, left_out_s: float = 0.0) -> None:
        """End a step."""
        took_s = time.process_time() - self.since_s - left_out_s
        print(f"| {name} | {took_s:.1f} | {peak_mb() - self.before_mb:.0f} MB |", flush=True)
        self.since_s = time.process_time()


def draw_image(rng: np.random.Generator, layers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Layers of rock with a strip of cardboard at the left."""
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    for top in range(0, HEIGHT, LAYER):
        image[top : top + LAYER] = np.clip(100 + 8 * layers[top] + rng.normal(0, 10, (LAYER, WIDTH, 3)), 0, 255)
    image[:, :60] = (140, 105, 60)
    return image


def draw_band(rng: np.random.Generator, layers: NDArray[np.int64]) -> Band:
    """Classes, a fifth of them wrong, with probabilities and uncertainty."""
    classes = np.repeat(layers[:, None], WIDTH, axis=1)
    is_wrong = rng.random(classes.shape) < 0.2
    classes[is_wrong] = rng.integers(0, KINDS, is_wrong.sum())
    probabilities = np.full((*classes.shape, KINDS), 0.5 / (KINDS - 1), np.float32)
    np.put_along_axis(probabilities, classes[..., None], np.float32(0.5), 2)
    return classes, probabilities, np.full(classes.shape, 0.46, np.float32)


def take_bands(
    rng: np.random.Generator, layers: NDArray[np.int64], rock: RockMask
) -> tuple[RowTally, MaskCanvas, float]:
    """Count and keep all bands; last, the seconds that drawing them took."""
    tally, canvas, doubt = (
        RowTally((HEIGHT, WIDTH), KINDS),
        MaskCanvas((HEIGHT, WIDTH)),
        DoubtGrid((HEIGHT, WIDTH), KINDS),
    )
    drawing_s = 0.0
    for top in range(0, HEIGHT, BAND):
        began = time.process_time()
        classes, probabilities, uncertainty = draw_band(rng, layers[top : top + BAND])
        drawing_s += time.process_time() - began
        tally.add(top, classes, uncertainty, rock.rows(top, top + len(classes)))
        canvas.add(top, classes, uncertainty)
        doubt.add(top, probabilities, uncertainty)
    return tally, canvas, drawing_s


def measure(folder: Path) -> None:
    """Do all steps, and print a table."""
    rng = np.random.default_rng(0)
    layers = np.repeat(rng.integers(0, KINDS, HEIGHT // LAYER), LAYER)
    image, table, scale = draw_image(rng, layers), ClassTable.of_ids(range(KINDS)), DepthScale(1000, 1010, HEIGHT)
    print("| step | CPU s | peak growth so far |\n|---|---|---|")
    laps = Laps()
    rock = find_rock(image)
    laps.end("rock mask")
    tally, canvas, drawing_s = take_bands(rng, layers, rock)
    laps.end("rows, mask and cells of doubt, by bands", drawing_s)
    rows = tally.finish()
    intervals = find_intervals([(scale, rows)], 0.05)
    laps.end("intervals of at least 5 cm")
    write_row_fractions(folder / "rows.csv", [("core", scale, rows)], table)
    bins = by_step([(scale, rows)])
    write_depth_fractions(folder / "cm.csv", bins, table)
    write_las(folder / "core.las", bins, table)
    laps.end("tables and curves")
    write_mask(folder / "mask.png", canvas.classes, table)
    write_uncertainty(folder / "uncertainty.png", canvas.uncertainty)
    laps.end("mask and uncertainty")
    write_overlay(folder / "overlay.jpg", image, canvas.classes, table)
    laps.end("overlay")
    write_depth_plot(folder / "plot.png", [make_strip("core", scale, rows, image, canvas.classes)], intervals, table)
    laps.end("plot")


def main() -> None:
    """Measure in a folder that is removed afterwards."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder))


if __name__ == "__main__":
    main()
