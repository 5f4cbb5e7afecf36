"""``python -m benchmarks.segment_quality``: how well classifiers on every card name pixels, against dense truth.

Each set is one image with strokes and a truth for every pixel that nothing was chosen by. Every card whose weights are
at hand is measured with every classifier, plain and smoothed; beside them the naive recipe with the default card's
layers. The table goes to stdout, and with ``--write`` into the documentation.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.machine import describe_machine
from benchmarks.quality import write_into
from benchmarks.segmentation_naive import STAGES, THREADS, NaiveNetwork, name_pixels
from benchmarks.spending import spend
from benchmarks.table import say
from facies.core.errors import WeightsNotFoundError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.label_image import label_image_pixels
from facies.indexer.segmentation.labelled_pixels import LabelledPixels
from facies.indexer.segmentation.scores import compute_scores
from facies.indexer.segmentation.training import SMOOTHING_PX as TASK_SMOOTHING_PX
from facies.models.segmentation.cards import CARDS, DEFAULT
from facies.models.segmentation.hypercolumns import Hypercolumns, open_hypercolumns
from facies.models.segmentation.pixel_classifier import KINDS, ClassifierKind

Ids = NDArray[np.uint8]
SMOOTHING_PX = TASK_SMOOTHING_PX["core"]
"""The radius that cores get where nobody gives one."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An image with strokes and dense truth; pixels of the truth that are `unjudged` take no part in the score."""

    name: str
    image: Ids
    labels: Ids
    truth: Ids
    unlabelled: int


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; None where nothing was measured, whose reason stands in `remark`."""

    image: str
    card: str
    classifier: str
    plain: float | None
    smoothed: float | None
    cpu_s: float | None
    remark: str = ""


def read_core(folder: Path) -> Subject:
    """The mosaic of 14 textures of rock."""
    image, labels, truth = (_pixels(folder / f"{name}.png") for name in ("image", "labels", "truth"))
    return Subject("core-fixed", image, labels, truth, unlabelled=255)


def read_scribbles(folder: Path) -> Subject:
    """The photograph of napari-convpaint's tests; 0 is no label."""
    image, labels, truth = (
        _pixels(folder / f"0000_{name}.png") for name in ("img", "scribbles_all_01500_w3", "ground_truth")
    )
    return Subject("scribble-test", image[..., :3], labels, truth, unlabelled=0)


SETS = {"core-fixed": read_core, "scribble-test": read_scribbles}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every set with every card and classifier."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segment_quality", description=__doc__)
    parser.add_argument("data", type=Path, help=f"folder that holds {' and '.join(SETS)}")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--weights", type=Path, help="folder of checkpoints beside those that are installed")
    parser.add_argument("--write", type=Path, help="a page whose part between the marks is replaced by the table")
    options = parser.parse_args(arguments)
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as scratch:
        weights_dir = options.weights or Path(scratch)
        for name in options.sets:
            for line in measure(SETS[name](options.data / name), weights_dir):
                say(str(line))
                lines.append(line)
    text = f"{as_markdown(lines)}\n\n{describe_run()}"
    print(text)
    if options.write is not None:
        write_into(options.write, text)


def measure(subject: Subject, weights_dir: Path) -> Iterator[Line]:
    """Measure an image with the naive recipe, then with every card and classifier."""
    yield measure_naive(subject, weights_dir)
    for name in CARDS:
        try:
            hypercolumns = open_hypercolumns(name, weights_dir=weights_dir, offline=True, threads=THREADS)
        except WeightsNotFoundError:
            yield Line(subject.name, name, "", None, None, None, "its published weights are not at hand")
            continue
        for kind in KINDS:
            yield measure_ours(subject, hypercolumns, kind)


def measure_naive(subject: Subject, weights_dir: Path) -> Line:
    """The naive recipe on the layers of the default card."""
    from facies.models.registry import get_card
    from facies.models.weights import find_weights

    backbone = get_card(STAGES[DEFAULT][0])
    found = find_weights(backbone, weights_dir=weights_dir, hub_endpoint="", offline=True)
    network = NaiveNetwork(DEFAULT, found.path)
    masks: list[Ids] = []
    took = spend(lambda: masks.append(name_pixels(network.cube(subject.image), subject.labels, subject.unlabelled)))
    return Line(subject.name, DEFAULT, "naive recipe", score(subject, masks[0]), None, took.cpu_s)


def measure_ours(subject: Subject, hypercolumns: Hypercolumns, kind: ClassifierKind) -> Line:
    """One card and classifier, plain and smoothed; the CPU is that of maps, fit and the smoothed mask together."""
    table = ClassTable.of_ids(int(one) for one in np.unique(subject.labels) if one != subject.unlabelled)
    labels = label_image_pixels(subject.labels, subject.truth.shape, table, subject.name, unlabelled=subject.unlabelled)
    masks: list[Ids] = []
    took = spend(lambda: masks.append(segment(subject.image, labels, hypercolumns, kind, SMOOTHING_PX)))
    plain = segment(subject.image, labels, hypercolumns, kind, 0)
    return Line(subject.name, hypercolumns.card.name, kind, score(subject, plain), score(subject, masks[0]), took.cpu_s)


def segment(
    image: Ids, labels: LabelledPixels, hypercolumns: Hypercolumns, kind: ClassifierKind, smoothing_px: float
) -> Ids:
    """Train on an image's labelled pixels and name all its pixels: ids (height, width)."""
    from facies.models.segmentation.pixel_classifier import fit_classifier
    from facies.models.segmentation.prediction import predict

    maps = hypercolumns.maps(image)
    classifier = fit_classifier(
        kind,
        maps.features_at(labels.rows, labels.columns),
        labels.classes,
        classes=len(labels.table),
        threads=THREADS,
    )
    bands = predict(
        classifier, [maps], labels.shape, smoothing_cells=smoothing_px / hypercolumns.card.stride, threads=THREADS
    )
    return np.concatenate([labels.table.ids_of(band.probabilities.argmax(2)) for band in bands])


def score(subject: Subject, mask: Ids) -> float:
    """Dense macro F1: over all pixels of the truth."""
    return compute_scores(count_confusion(subject.truth, mask)).macro_f1


def as_markdown(lines: Sequence[Line]) -> str:
    """One table; the best of each image stands out."""
    rows = ["| image | card | classifier | macro F1, plain | smoothed | CPU s |", "|---|---|---|---|---|---|"]
    for line in lines:
        best = max(f1 for one in lines if one.image == line.image for f1 in (one.plain, one.smoothed) if f1 is not None)
        figures = " | ".join(_shown(f1, best) for f1 in (line.plain, line.smoothed))
        cpu = "" if line.cpu_s is None else f"{line.cpu_s:.1f}"
        rows.append(f"| {line.image} | {line.card} | {line.classifier or line.remark} | {figures} | {cpu} |")
    return "\n".join(rows)


def _shown(f1: float | None, best: float) -> str:
    if f1 is None:
        return ""
    return f"**{f1:.3f}**" if f1 == best else f"{f1:.3f}"


def describe_run() -> str:
    """A line on what the figures were measured on."""
    machine = describe_machine()
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} at {machine['commit']}: {THREADS} threads on {machine['cpu']}; CPU "
        f"of maps, training and the smoothed mask together, smoothing radius {SMOOTHING_PX:g} px."
    )


def _pixels(path: Path) -> Ids:
    with Image.open(path) as opened:
        return np.array(opened)


if __name__ == "__main__":
    main()
