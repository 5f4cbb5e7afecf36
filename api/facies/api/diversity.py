"""Diversity: the first candidates in an order that avoids what resembles those that stand before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facies.api.candidates import Steps
from facies.api.point_reader import PointReader
from facies.core.metrics import Embeddings, Similarities
from facies.core.store import Vector


def diversify_steps(steps: Steps, diversity: float, target: Vector, reader: PointReader) -> Steps:
    """Order the first step anew by `order_diversely`; what lies beyond follows as it was.

    The relevance of the image at place i is the i-th largest cosine to the query of the step. In an order by similarity
    that is the image's own; in any other (re-ranked, fused) the places count, on the scale of the cosines.
    """
    first = next(steps, [])
    rows = reader.rows([hit.id for hit in first])
    relevance = -np.sort(-(rows @ target))
    yield [first[place] for place in order_diversely(rows, relevance, diversity)]
    yield from steps


def order_diversely(rows: Embeddings, relevance: Similarities, diversity: float) -> NDArray[np.int64]:
    """Choose one after the other what is relevant and unlike those chosen: maximal marginal relevance (MMR).

    The next one is argmax over the rest of lambda * relevance - (1 - lambda) * (largest cosine to one chosen before, at
    least 0), with lambda = 1 - diversity; of equals the first. The first choice is the most relevant one. To be the
    opposite of what was chosen is no merit: beyond 0, where images have nothing in common, none differs more.

    Args:
        rows: shape (n, d), float32, unit rows.
        relevance: shape (n,), falling.
        diversity: 0 leaves the order as it is, 1 looks at differences alone.

    Returns:
        shape (n,), the places in their new order.

    Source: Carbonell & Goldstein (1998): The use of MMR, diversity-based reranking for reordering documents and
    producing summaries, SIGIR.
    """
    count = len(rows)
    order = np.empty(count, dtype=np.int64)
    if not count:
        return order
    cosines = rows @ rows.T
    weighed = np.float32(1 - diversity) * relevance
    resembled = np.zeros(count, dtype=np.float32)
    order[0] = 0
    for place in range(1, count):
        np.maximum(resembled, cosines[order[place - 1]], out=resembled)
        weighed[order[place - 1]] = -np.inf
        order[place] = np.argmax(weighed - np.float32(diversity) * resembled)
    return order
