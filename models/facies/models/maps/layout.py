"""A layout by UMAP from neighbours that were found elsewhere. Slow to begin: umap compiles for ten seconds and more.

Run it in a process of its own, see `facies.models.maps.layout_process`.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facies.models.maps.neighbours import NeighbourTable

SPREAD: Final = 1.0


@dataclass(frozen=True, slots=True)
class LayoutOptions:
    """What decides a layout beside neighbours and start.

    Attributes:
        min_dist: how near to each other points may come, in units of the layout, 0 to 1.
        epochs: passes over all pairs; None: 500 for up to 10,000 points, 200 for more, as umap has it.
        seed: of the samples that are pushed apart; the same one gives the same layout on the same machine.
    """

    min_dist: float = 0.1
    epochs: int | None = None
    seed: int = 0


def lay_out(
    neighbours: NeighbourTable,
    start: NDArray[np.float32],
    options: LayoutOptions,
    progress: Callable[[int, int], None],
) -> NDArray[np.float32]:
    """Lay points out so that neighbours are near to each other.

    Args:
        neighbours: of all n points, none its own.
        start: shape (n, 2), where each begins.
        options: see there.
        progress: told how many epochs are done, of how many.

    Returns:
        shape (n, 2), float32.

    Source: McInnes, Healy & Melville (2018): UMAP: uniform manifold approximation and projection for dimension
    reduction, arXiv:1802.03426; the program is umap-learn.
    """
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

    count, k = neighbours.indices.shape
    indices = np.column_stack([np.arange(count, dtype=np.int32), neighbours.indices])
    distances = np.column_stack([np.zeros(count, dtype=np.float32), 1.0 - neighbours.similarities])
    random = np.random.RandomState(options.seed)  # umap takes no Generator
    nothing = np.zeros((count, 1), dtype=np.float32)  # in the place of vectors, which neighbours stand for
    graph, _, _ = fuzzy_simplicial_set(
        nothing, k + 1, random, "cosine", knn_indices=indices, knn_dists=distances.clip(0.0)
    )
    a, b = find_ab_params(SPREAD, options.min_dist)
    spread = np.where(np.ptp(start, axis=0) > 0, np.ptp(start, axis=0), 1.0)
    apart = start + 1e-4 * spread * random.normal(size=start.shape)  # points in one place could never be parted
    positions, _ = simplicial_set_embedding(
        nothing,
        graph,
        n_components=2,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=options.epochs,
        init=apart.astype(np.float32),
        random_state=random,
        metric="cosine",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        tqdm_kwds={"disable": False, "file": _Bar(progress), "bar_format": "{n_fmt} {total_fmt}", "mininterval": 0.5},
    )
    return np.ascontiguousarray(positions, dtype=np.float32)


class _Bar(io.StringIO):
    """Takes what a bar of progress writes for the eye, and tells the numbers in it."""

    def __init__(self, progress: Callable[[int, int], None]) -> None:
        super().__init__()
        self._progress = progress

    def write(self, text: str) -> int:
        numbers = text.split()
        if len(numbers) == 2 and all(one.isdigit() for one in numbers):
            self._progress(int(numbers[0]), int(numbers[1]))
        return len(text)
