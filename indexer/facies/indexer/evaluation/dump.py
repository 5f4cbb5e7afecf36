"""The ranking and the names themselves, for whoever computes the figures again.

``labels`` (n,) text; ``ranked`` (n, n - 1): for each image all others, nearest first; ``test_index`` and
``test_prediction`` (s, t): of each split the images to be named, and the class of the nearest of the gallery.

With groups also ``groups`` (n,) and ``candidates`` (n,): how many of a row are candidates, after which the images of
the query's own group follow. Splits then differ in size: the rest of a row holds -1, and no name.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import ConfigurationError
from facies.core.new_files import new_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from facies.indexer.evaluation.protocol import Evaluation
    from facies.indexer.evaluation.ranking import Block

SUFFIX = ".npz"
MOST_IMAGES = 20_000
"""A whole ranking of more would take over 1.6 GB."""


class RankingKept:
    """Keeps the blocks of a ranking, as int32, until they are written."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._ranked: list[NDArray[np.int32]] = []
        self._candidates: list[NDArray[np.int32]] = []

    def __call__(self, block: Block) -> None:
        """Keep a block.

        Raises:
            ConfigurationError: there are too many images for a whole ranking.
        """
        if block.ranked.shape[1] >= MOST_IMAGES:
            raise ConfigurationError(
                f"--dump writes the whole ranking, for at most {MOST_IMAGES:,} images; here are "
                f"{block.ranked.shape[1] + 1:,}. Leave it out, or evaluate fewer."
            )
        self._ranked.append(block.ranked.astype(np.int32))
        self._candidates.append(block.candidates.astype(np.int32))

    def write(self, target: Path, evaluation: Evaluation) -> None:
        """Write the ranking with labels, splits and names, complete or not at all.

        Raises:
            StorageError: the system refuses.
        """
        names = np.array(evaluation.classes)
        longest = max(len(split.test) for split in evaluation.splits)
        index = np.full((len(evaluation.splits), longest), -1, dtype=np.int32)
        prediction = np.full(index.shape, "", dtype=names.dtype)
        for row, (split, named) in enumerate(zip(evaluation.splits, evaluation.test_predictions, strict=True)):
            index[row, : len(named)], prediction[row, : len(named)] = split.test, names[named]
        write = partial(
            np.savez_compressed,
            labels=names[evaluation.labels],
            ranked=np.concatenate(self._ranked),
            test_index=index,
            test_prediction=prediction,
        )
        if evaluation.groups is not None:
            write = partial(write, groups=evaluation.groups, candidates=np.concatenate(self._candidates))
        with new_file(target) as part, part.open("wb") as stream:
            write(stream)
