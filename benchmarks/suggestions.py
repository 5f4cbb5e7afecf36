"""Do strokes at suggested places teach more than strokes elsewhere? ``python -m benchmarks.suggestions DATA``.

Of the 56 strokes of the core `core-fixed` one of each class is drawn; twice 14 strokes are added, each along a level
line through a disc, in the true class of its middle. The places come from the suggestions, from the most doubtful discs
alone, or from chance: anywhere, or one in each of 14 equal parts of the depth. All keep off labelled pixels in the same
way. What is printed is the macro F1 over all pixels, by the shipped classifier on the shipped features.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facies.core.segmentation.class_table import ClassTable
from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.doubt import DoubtGrid
from facies.indexer.segmentation.scores import compute_scores
from facies.indexer.segmentation.suggestions import find_discs, find_free, suggest_strokes
from facies.models.segmentation.feature_maps import FeatureMaps
from facies.models.segmentation.hypercolumns import open_hypercolumns
from facies.models.segmentation.pixel_classifier import fit_classifier
from facies.models.segmentation.prediction import predict

Places = list[tuple[int, int]]
Labels = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Rows, columns and classes of labelled pixels."""

ADDED = 14
ROUNDS = 2
RADIUS_PX = 16
STROKE_PX = 7
SMOOTHING_CELLS = 8.0


@dataclass(frozen=True)
class Core:
    """The core with its truth."""

    truth: NDArray[np.int64]
    labels: NDArray[np.int64]
    strokes: NDArray[np.int64]
    maps: FeatureMaps

    @property
    def table(self) -> ClassTable:
        """Its classes."""
        return ClassTable.of_ids(np.unique(self.truth).tolist())


Chooser = Callable[[Core, Labels, DoubtGrid, np.random.Generator], Places]


def load_core(folder: Path) -> Core:
    """Load the core of the shared data and make its maps."""
    image, truth, labels = (np.asarray(Image.open(folder / f"{name}.png")) for name in ("image", "truth", "labels"))
    with np.load(folder / "strokes.npz") as held:
        strokes = held["stroke_id"].astype(np.int64)
    hypercolumns = open_hypercolumns("lite0-stem-3", weights_dir=folder, offline=True)
    return Core(truth.astype(np.int64), labels.astype(np.int64), strokes, hypercolumns.maps(image))


def begin(core: Core, rng: np.random.Generator) -> Labels:
    """One stroke of each class."""
    kept = [rng.choice(np.unique(core.strokes[core.labels == kind])) for kind in core.table.ids]
    rows, columns = np.nonzero(np.isin(core.strokes, kept) & (core.labels != 255))
    return rows, columns, core.labels[rows, columns]


def add_strokes(core: Core, labels: Labels, places: Places) -> Labels:
    """Strokes along level lines, where the class is that of the middle."""
    parts = [labels]
    for row, column in places:
        down = slice(max(0, row - STROKE_PX // 2), row + STROKE_PX // 2 + 1)
        across = slice(max(0, column - RADIUS_PX), column + RADIUS_PX + 1)
        rows, columns = np.nonzero(core.truth[down, across] == core.truth[row, column])
        rows, columns = rows + down.start, columns + across.start
        parts.append((rows, columns, core.truth[rows, columns]))
    one, two, three = (np.concatenate(which) for which in zip(*parts, strict=True))
    return one, two, three


def measure(core: Core, labels: Labels) -> tuple[float, DoubtGrid]:
    """Train, apply to the whole core, and score."""
    rows, columns, classes = labels
    classifier = fit_classifier("extra-trees", core.maps.features_at(rows, columns), classes, seed=0)
    shape = (core.truth.shape[0], core.truth.shape[1])
    doubt, kinds = DoubtGrid(shape, len(core.table)), np.empty(shape, dtype=np.int64)
    for band in predict(classifier, [core.maps], shape, smoothing_cells=SMOOTHING_CELLS, threads=2):
        ordered = np.partition(band.probabilities, -2, axis=2)
        doubt.add(band.top, band.probabilities, 1 - (ordered[..., -1] - ordered[..., -2]))
        kinds[band.top : band.top + len(band.probabilities)] = band.probabilities.argmax(axis=2)
    scores = compute_scores(count_confusion(core.truth, core.table.ids[kinds]))
    return scores.macro_f1 or 0.0, doubt


def choose_suggested(core: Core, labels: Labels, doubt: DoubtGrid, rng: np.random.Generator) -> Places:
    """The suggestions."""
    found = suggest_strokes(doubt, core.maps.features_at, labels[:2], core.table, ADDED, radius_px=RADIUS_PX)
    return [(one.row, one.column) for one in found]


def choose_doubtful(core: Core, labels: Labels, doubt: DoubtGrid, rng: np.random.Generator) -> Places:
    """The most doubtful discs, wherever they are."""
    down, across = doubt.centres
    discs = find_discs(doubt.uncertainty, find_free(doubt, labels[:2], None, RADIUS_PX), 2, ADDED)
    return list(zip(down[discs.rows[:ADDED]].tolist(), across[discs.columns[:ADDED]].tolist(), strict=True))


def choose_anywhere(core: Core, labels: Labels, doubt: DoubtGrid, rng: np.random.Generator) -> Places:
    """Any free places."""
    return _draw(core, labels, doubt, rng, parts=1)


def choose_by_depth(core: Core, labels: Labels, doubt: DoubtGrid, rng: np.random.Generator) -> Places:
    """One free place in each of as many equal parts of the depth."""
    return _draw(core, labels, doubt, rng, parts=ADDED)


def _draw(_: Core, labels: Labels, doubt: DoubtGrid, rng: np.random.Generator, *, parts: int) -> Places:
    is_free = find_free(doubt, labels[:2], None, RADIUS_PX)
    down, across = doubt.centres
    found: Places = []
    for rows in np.array_split(np.arange(len(down)), parts):
        free_rows, free_columns = np.nonzero(is_free[rows])
        for at in rng.choice(len(free_rows), min(ADDED // parts, len(free_rows)), replace=False):
            found.append((int(down[rows[free_rows[at]]]), int(across[free_columns[at]])))
    return found


WAYS: dict[str, Chooser] = {
    "suggestions": choose_suggested,
    "most doubtful alone": choose_doubtful,
    "chance, one in each part of the depth": choose_by_depth,
    "chance, anywhere": choose_anywhere,
}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds core-fixed")
    parser.add_argument("--first", type=int, default=0, help="first draw of strokes")
    parser.add_argument("--draws", type=int, default=4, help="how many draws of the first strokes")
    given = parser.parse_args()
    core = load_core(given.data / "core-fixed")
    found: dict[str, list[list[float]]] = {name: [] for name in WAYS}
    for draw in range(given.first, given.first + given.draws):
        first = begin(core, np.random.default_rng(draw))
        score, doubt_of_first = measure(core, first)
        for name, choose in WAYS.items():
            labels, doubt, line = first, doubt_of_first, [score]
            for _ in range(ROUNDS):
                labels = add_strokes(core, labels, choose(core, labels, doubt, np.random.default_rng(draw)))
                reached, doubt = measure(core, labels)
                line.append(reached)
            found[name].append(line)
            print(f"draw {draw}, {name}: {', '.join(f'{one:.3f}' for one in line)}", flush=True)
    print("\n| places of the strokes | 14 strokes | 28 | 42 |\n|---|---|---|---|")
    for name, lines in found.items():
        print(f"| {name} | {' | '.join(f'{mean:.3f}' for mean in np.mean(lines, axis=0))} |")


if __name__ == "__main__":
    main()
