"""facies' way of segmenting, as a worker: the use cases that the command line calls, with files as people have them.

Reading the image and the labels, keeping the maps on disk, the statistics of drift and the uncertainty of every pixel
are in what is measured; the naive recipe has no like of them. Writing pictures and tables is not, on either side.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.segmentation_naive import THREADS
from benchmarks.spending import spend
from benchmarks.workers import serve_tasks
from facies.core.settings import ModelSettings, Settings
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.labels import read_labels
from facies.indexer.segmentation.naming import Naming
from facies.indexer.segmentation.pictures import read_picture
from facies.indexer.segmentation.training import Lesson, TrainingOrder, train
from facies.models.segmentation.linear import LinearPixels, preview
from facies.models.segmentation.pixel_classifier import fit_classifier
from facies.models.segmentation.upsampling import Grid, upsample_bands

Ids = NDArray[np.uint8]
WINDOW_PX = 512


class Worker:
    """One card on one image with its labels; maps are kept in a folder of its own."""

    def __init__(self, card: str, weights_dir: Path, folder: Path, unlabelled: int, scratch: Path) -> None:
        """Open the network, and load what is imported only where it is used."""
        for library in ("numba", "sklearn.ensemble", "sklearn.linear_model"):
            importlib.import_module(library)
        models = ModelSettings.model_validate(
            {"weights_dir": weights_dir, "threads": THREADS, "device": "cpu", "offline": True}
        )
        self._bench = Bench(Settings(data_dir=scratch, models=models))
        self._bench.hypercolumns(card)
        self._card, self._folder, self._unlabelled = card, folder, unlabelled

    def segment(self, labels: str = "labels.png", *, is_validated: bool = False) -> Ids:
        """Train on the labels, and name every pixel: ids (height, width)."""
        order = TrainingOrder(
            "core",
            (Lesson(self._folder / "image.png", self._folder / labels),),
            card=self._card,
            unlabelled=self._unlabelled,
            is_validated=is_validated,
        )
        model = train(order, self._bench).model
        naming = Naming(self._bench, model, read_picture(self._folder / "image.png", self._bench.limits))
        mask = np.concatenate([band.classes for band in naming.bands()])
        if naming.drift.is_drifting:
            raise RuntimeError(f"the image of training seems to drift: {naming.drift.sentence}")
        return model.classes.ids_of(mask)

    def fit_head(self, labels: str) -> LinearPixels:
        """Fit the linear head of previews; the maps are kept from the first time on."""
        picture = read_picture(self._folder / "image.png", self._bench.limits)
        found = read_labels(self._folder / labels, picture.shape, unlabelled=self._unlabelled)
        features = self._bench.features_at(picture, self._card, found.rows, found.columns)
        head = fit_classifier("linear", features, found.classes, classes=len(found.table), threads=THREADS)
        if not isinstance(head, LinearPixels):
            raise TypeError(f"a linear head was asked for, {type(head).__name__} came")
        return head

    def show(self, head: LinearPixels, pixels: Ids) -> Ids:
        """Compute the maps of a window and name its pixels: class indices (height, width)."""
        maps = self._bench.hypercolumns(self._card).maps(pixels)
        grid = Grid(maps.grid_shape, maps.stride, maps.grid_origin)
        bands = upsample_bands([preview(head, maps)], grid, (maps.height, maps.width))
        return np.concatenate([band.probabilities.argmax(axis=2).astype(np.uint8) for band in bands])

    def window(self) -> Ids:
        """The middle of the image."""
        pixels = read_picture(self._folder / "image.png", self._bench.limits).pixels
        top = (len(pixels) - WINDOW_PX) // 2
        return pixels[top : top + WINDOW_PX]


def main(card: str, weights_dir: str, folder: str, unlabelled: str) -> None:
    """Open the card, greet, then segment whenever asked.

    Args:
        card: of layers.
        weights_dir: folder of checkpoints.
        folder: has image.png, labels.png, and fewer labels in fewer.png.
        unlabelled: id of pixels without a label.
    """
    with tempfile.TemporaryDirectory() as scratch:
        worker = Worker(card, Path(weights_dir), Path(folder), int(unlabelled), Path(scratch))

        def measured(work: Callable[[], Ids], mask: str | None) -> dict[str, object]:
            found: list[Ids] = []
            took = spend(lambda: found.append(work()))
            if mask is not None:
                np.save(mask, found[0])
            return asdict(took)

        def relabel(mask: str) -> dict[str, object]:
            worker.segment("fewer.png")
            return measured(worker.segment, mask)

        def preview_window() -> dict[str, object]:
            head, window = worker.fit_head("labels.png"), worker.window()
            return measured(lambda: worker.show(head, window), None)

        def preview_strokes() -> dict[str, object]:
            worker.fit_head("fewer.png")
            window = worker.window()
            return measured(lambda: worker.show(worker.fit_head("labels.png"), window), None)

        serve_tasks(
            {"card": card},
            {
                "whole": lambda mask: measured(worker.segment, mask),
                "reported": lambda: measured(partial(worker.segment, is_validated=True), None),
                "relabel": relabel,
                "preview": preview_window,
                "preview_again": preview_strokes,
            },
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
