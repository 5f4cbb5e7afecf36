"""Classifiers of pixels on images whose truth is known: what they take, what they get right, and how smoothing helps.

``python -m benchmarks.pixel_classifiers DATA`` measures on the folders core-fixed and scribble-test in DATA, then on
generated cores; ``--drift`` also carries the model of core-fixed to the folder core-columns. Times are CPU seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.ensemble import ExtraTreesClassifier

from benchmarks.table import Table
from facies.core.settings import Settings
from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.scores import compute_scores
from facies.models.segmentation.drift import StatisticsGatherer, measure_drift
from facies.models.segmentation.feature_maps import FeatureMaps
from facies.models.segmentation.forest import Forest
from facies.models.segmentation.hypercolumns import Hypercolumns, open_hypercolumns
from facies.models.segmentation.linear import LinearPixels, preview
from facies.models.segmentation.pixel_classifier import KINDS, ClassifierKind, PixelClassifier, fit_classifier
from facies.models.segmentation.prediction import predict

ROOM = "pixel classifiers"
RADII = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
"""Cells of a grid of stride 2."""
GENERATED = 3


@dataclass(frozen=True, eq=False)
class Case:
    """An image with few labels and all of the truth."""

    name: str
    image: NDArray[np.uint8]
    labels: NDArray[np.integer]
    truth: NDArray[np.integer]
    unlabelled: int


def cases(data: Path) -> list[Case]:
    """The real images, and generated cores."""
    fixed, scribbles = data / "core-fixed", data / "scribble-test"
    found = [
        Case("core-fixed", _rgb(fixed / "image.png"), _ids(fixed / "labels.png"), _ids(fixed / "truth.png"), 255),
        Case(
            "scribble-test",
            _rgb(scribbles / "0000_img.png"),
            _ids(scribbles / "0000_scribbles_all_01500_w3.png"),
            _ids(scribbles / "0000_ground_truth.png"),
            0,
        ),
    ]
    for seed in range(GENERATED):
        core = generate_core(seed)
        labels = np.full(core.truth.shape, 255, np.uint8)
        labels[core.labels.rows, core.labels.columns] = core.table.ids_of(core.labels.classes)
        found.append(Case(f"generated {seed}", core.image, labels, core.truth, 255))
    return found


def measure_case(table: Table, case: Case, hypercolumns: Hypercolumns, kinds: Sequence[ClassifierKind]) -> None:
    """Fit and apply each kind, and score it under each radius."""
    maps = hypercolumns.maps(case.image)
    rows, columns = np.nonzero(case.labels != case.unlabelled)
    ids, codes = np.unique(case.labels[rows, columns], return_inverse=True)
    features = maps.features_at(rows, columns)
    for kind in kinds:
        name = f"{case.name} {kind}"
        start = time.process_time()
        model = fit_classifier(kind, features, codes)
        table.add(ROOM, name, "fit", time.process_time() - start, "CPU s")
        for radius in RADII:
            start = time.process_time()
            mask = _mask(model, maps, case, radius)
            if radius in (0.0, 4.0):
                table.add(ROOM, name, f"apply, radius {radius:g}", time.process_time() - start, "CPU s")
            scores = compute_scores(count_confusion(case.truth, ids[mask]))
            table.add(ROOM, name, f"macro F1, radius {radius:g}", scores.macro_f1 or 0.0)
        if isinstance(model, Forest):
            table.add(ROOM, name, "nodes", len(model.features))
        if isinstance(model, LinearPixels):
            start = time.process_time()
            preview(model, maps, 0, min(256, maps.grid_shape[0]))
            table.add(ROOM, name, "preview of 512 rows", time.process_time() - start, "CPU s")


def measure_walk(table: Table, case: Case, hypercolumns: Hypercolumns) -> None:
    """The walk against scikit-learn's own, on the same trees and the same pixels."""
    maps = hypercolumns.maps(case.image)
    rows, columns = np.nonzero(case.labels != case.unlabelled)
    features, codes = maps.features_at(rows, columns), np.unique(case.labels[rows, columns], return_inverse=True)[1]
    pixels = maps.grid().reshape(-1, maps.channels)
    theirs = ExtraTreesClassifier(100, max_features=0.2, random_state=0).fit(features, codes)
    ours = fit_classifier("extra-trees", features, codes)
    start = time.perf_counter()
    ours.probabilities(pixels[:10])
    table.add(ROOM, f"{case.name} walk", "first call", time.perf_counter() - start, "s")
    for name, run in (("scikit-learn", theirs.predict_proba), ("walk", ours.probabilities)):
        spent = []
        for _ in range(3):
            start = time.process_time()
            run(pixels)
            spent.append(time.process_time() - start)
        table.add(ROOM, f"{case.name} {name}", "probabilities", min(spent), "CPU s")


def measure_drifts(table: Table, data: Path, hypercolumns: Hypercolumns, trained: Case) -> None:
    """Carry a model to other images, and say what its drift report reads there."""
    maps = hypercolumns.maps(trained.image)
    rows, columns = np.nonzero(trained.labels != trained.unlabelled)
    codes = np.unique(trained.labels[rows, columns], return_inverse=True)[1]
    model = fit_classifier("extra-trees", maps.features_at(rows, columns), codes)
    half = trained.image.shape[0] // 16 * 8
    images = {
        trained.name: trained.image,
        "its upper half": trained.image[:half],
        "its lower half": trained.image[half:],
        "a quarter darker": (trained.image * 0.75).astype(np.uint8),
        "half the size": np.asarray(Image.fromarray(trained.image).resize((184, 1346), Image.Resampling.BOX)),
        **{f"generated {seed}": generate_core(seed).image for seed in range(2)},
        **{path.stem: _rgb(path)[:3000] for path in sorted((data / "core-columns").glob("*.jpeg"))},
    }
    training = None
    for name, image in images.items():
        gatherer = StatisticsGatherer(maps.channels)
        for _ in predict(model, hypercolumns.tiles(image), image.shape[:2], statistics=gatherer):
            pass
        training = training or gatherer.statistics()
        report = measure_drift(training, gatherer.statistics())
        table.add(ROOM, f"{trained.name} on {name}", "unsure share", report.unsure_share)
        table.add(ROOM, f"{trained.name} on {name}", "mean shift", report.mean_shift)
        table.add(ROOM, f"{trained.name} on {name}", "warns", report.is_drifting)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--card", default="lite0-stem-3")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--cases", nargs="+", default=None, help="beginnings of the names of cases; all without it")
    parser.add_argument("--drift", action="store_true")
    options = parser.parse_args(arguments)
    hypercolumns = open_hypercolumns(options.card, weights_dir=Settings().weights_dir, offline=True)
    table = Table()
    every = [one for one in cases(options.data) if options.cases is None or one.name.startswith(tuple(options.cases))]
    for case in every:
        measure_case(table, case, hypercolumns, options.kinds)
    measure_walk(table, every[0], hypercolumns)
    if options.drift:
        measure_drifts(table, options.data, hypercolumns, every[0])
    print(table.text())


def _mask(model: PixelClassifier, maps: FeatureMaps, case: Case, radius: float) -> NDArray[np.intp]:
    bands = predict(model, maps.tiles(), (maps.height, maps.width), smoothing_cells=radius)
    return np.concatenate([band.probabilities.argmax(axis=2) for band in bands])


def _rgb(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path).convert("RGB"))


def _ids(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path))


if __name__ == "__main__":
    main()
