"""Measures of a whole ranking: every image is a query, and what it finds is of its class or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from facies.core.metrics import Codes, Indices
    from facies.indexer.evaluation.ranking import Block

CUTS = (1, *range(10, 200, 10), 500)
"""Numbers of results at which precision and recall are taken, beside the size of the query's class."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Retrieval:
    """What each of n queries found. Queries without anything to find have NaN everywhere and take no part in means.

    Attributes:
        relevant: shape (n,): how many candidates are of the query's class, n_k.
        p_at_nk: shape (n,): the share of them among the first n_k.
        average_precision: shape (n,).
        precision: shape (n, len(CUTS)): at each cut; results past the end of a small gallery count as wrong.
        recall: shape (n, len(CUTS)).
        neighbours: shape (n, m): the first candidates of each query; -1 where there are no more.
    """

    relevant: Indices
    p_at_nk: Values
    average_precision: Values
    precision: Values
    recall: Values
    neighbours: Indices

    @property
    def mean_p_at_nk(self) -> float:
        """P@n_k: the mean over queries."""
        return float(np.nanmean(self.p_at_nk))

    @property
    def mean_average_precision(self) -> float:
        """The mean over queries, mAP."""
        return float(np.nanmean(self.average_precision))

    @property
    def curve(self) -> tuple[Values, Values]:
        """Recall and precision, rising in recall, from (0, 1) to (1, 0); see `trace_curve`."""
        at_nk = np.concatenate([[np.nanmean(self.p_at_nk)], np.nanmean(self.precision, axis=0)])
        # Where k is the number of relevant ones, recall is precision.
        return trace_curve(np.concatenate([[at_nk[0]], np.nanmean(self.recall, axis=0)]), at_nk)

    @property
    def pr_auc(self) -> float:
        """Area under `curve`, by trapezoids."""
        recall, precision = self.curve
        return float(np.trapezoid(precision, recall))


def compute_retrieval(blocks: Iterable[Block], labels: Codes, *, neighbours: int = 10) -> Retrieval:
    """Measure what the queries found.

    Args:
        blocks: the rankings of all images, in order.
        labels: class of each image.
        neighbours: how many first candidates are kept.

    Raises:
        QueryError: no query has anything to find.

    Source: Manning, Raghavan & Schütze (2008): Introduction to information retrieval, ch. 8.4; P@n_k and the cuts from
    https://github.com/equinor/scampi-benchmark.
    """
    parts = [_measure(block, labels, neighbours) for block in blocks]
    whole = Retrieval(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    if not whole.relevant.any():
        raise QueryError("no labelled image has another of its class to find; label more images of each class")
    return whole


def trace_curve(recall: Values, precision: Values) -> tuple[Values, Values]:
    """Order points of a precision-recall curve by recall, and end it at (0, 1) and (1, 0).

    Example:
        >>> [values.tolist() for values in trace_curve(np.array([0.6, 0.2]), np.array([0.5, 0.9]))]
        [[0.0, 0.2, 0.6, 1.0], [1.0, 0.9, 0.5, 0.0]]
    """
    rising = np.argsort(recall, kind="stable")
    return np.concatenate([[0.0], recall[rising], [1.0]]), np.concatenate([[1.0], precision[rising], [0.0]])


def _measure(block: Block, labels: Codes, neighbours: int) -> tuple[NDArray[np.float64] | Indices, ...]:
    ranked, count = block.ranked, block.ranked.shape[1]
    queries = labels[block.start : block.start + len(ranked)]
    positions = np.arange(1, count + 1)
    admitted = positions <= block.candidates[:, None]
    right = (labels[ranked] == queries[:, None]) & admitted
    found = np.cumsum(right, axis=1)
    relevant = found[:, -1]
    lacking = np.where(relevant > 0, relevant, np.nan)  # divides to NaN where there is nothing to find
    rows = np.arange(len(ranked))
    at_cuts = found[:, [min(cut, count) - 1 for cut in CUTS]]
    first = np.full((len(ranked), neighbours), -1)
    first[:, : min(neighbours, count)] = np.where(admitted, ranked, -1)[:, :neighbours]
    return (
        relevant,
        found[rows, np.maximum(relevant, 1) - 1] / lacking,
        np.sum(found / positions, axis=1, where=right) / lacking,
        np.where(relevant[:, None] > 0, at_cuts / np.array(CUTS), np.nan),
        at_cuts / lacking[:, None],
        first,
    )
