"""How hard generated cores are: colour alone against hypercolumns, on the same labels, for several seeds.

``python -m benchmarks.generated_cores --seeds 8`` prints the table of ``docs/segmentation_labels.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from facies.core.settings import Settings
from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.generated_cores import GeneratedScene, generate_core
from facies.indexer.segmentation.scores import compute_scores
from facies.models.segmentation.hypercolumns import Hypercolumns, open_hypercolumns
from facies.models.segmentation.pixel_classifier import fit_classifier
from facies.models.segmentation.prediction import predict

CARD = "lite0-stem-3"
STRIDE = 2
RADIUS_CELLS = 5
"""Of the smoothing, in cells of the stride: a box of 22 pixels, twice."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row of macro F1 for each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    maps = open_hypercolumns(CARD, weights_dir=Settings().weights_dir, offline=True)
    print(f"| seed | colour alone | {CARD} | colour alone, smoothed | {CARD}, smoothed |\n|---|---|---|---|---|")
    for seed in range(options.seeds):
        core = generate_core(seed)
        colour = score_colours(core, options.threads)
        deep = score_hypercolumns(core, maps, options.threads)
        print(f"| {seed} | {colour[0]:.3f} | {deep[0]:.3f} | {colour[1]:.3f} | {deep[1]:.3f} |", flush=True)


def score_colours(core: GeneratedScene, threads: int) -> tuple[float, float]:
    """Macro F1 of a forest on the red, green and blue of each pixel, plain and smoothed, at every second pixel."""
    labels = core.labels
    forest = fit_classifier(
        "extra-trees",
        core.image[labels.rows, labels.columns].astype(np.float32),
        labels.classes,
        classes=len(core.table),
        threads=threads,
    )
    seen = core.image[::STRIDE, ::STRIDE].astype(np.float32)
    plain = forest.probabilities(seen.reshape(-1, 3)).reshape(*seen.shape[:2], -1)
    smoothed = plain
    for _ in range(2):
        smoothed = ndimage.uniform_filter(smoothed, (2 * RADIUS_CELLS + 1, 2 * RADIUS_CELLS + 1, 1), mode="nearest")
    truth = core.truth[::STRIDE, ::STRIDE]
    return _score(truth, plain.argmax(-1)), _score(truth, smoothed.argmax(-1))


def score_hypercolumns(core: GeneratedScene, maps: Hypercolumns, threads: int) -> tuple[float, float]:
    """Macro F1 of a forest on hypercolumns, plain and smoothed, at every second pixel."""
    labels = core.labels
    whole = maps.maps(core.image)
    forest = fit_classifier(
        "extra-trees",
        whole.features_at(labels.rows, labels.columns),
        labels.classes,
        classes=len(core.table),
        threads=threads,
    )
    size = (core.image.shape[0], core.image.shape[1])
    masks = [
        np.concatenate(
            [
                band.probabilities.argmax(-1)
                for band in predict(forest, [whole], size, smoothing_cells=radius, threads=threads)
            ]
        )
        for radius in (0, RADIUS_CELLS)
    ]
    truth = core.truth[::STRIDE, ::STRIDE]
    plain, smoothed = (_score(truth, mask[::STRIDE, ::STRIDE]) for mask in masks)
    return plain, smoothed


def _score(truth: NDArray[np.integer], mask: NDArray[np.integer]) -> float:
    return compute_scores(count_confusion(truth, mask)).macro_f1


if __name__ == "__main__":
    main()
