"""Re-ranking in a search: when it is done, and what it does to the first candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facies.api.candidates import Steps
from facies.api.point_reader import PointReader
from facies.core.errors import QueryError
from facies.core.metrics import Embeddings
from facies.core.records import VectorRecord
from facies.core.store import Hit, Vector
from facies.core.wire_search import SearchBody
from facies.models.rerank import RERANKERS, Reranker

SAME = 0.9999
"""Cosine above which a candidate is taken for the image that was asked about: it stays in front."""


def choose_reranker(body: SearchBody, vector: VectorRecord) -> Reranker | None:
    """How the candidates of a search in this vector are re-ranked: as the body says, else where it helps.

    Several vectors that are fused are decided on, and re-ranked, one by one. Without a word of the body it is done
    where vectors are computed from others, whitened or adapted: there it was measured to find more of a class at no
    loss in the first place (docs/quality.md).

    Raises:
        QueryError: re-ranking is asked for with the strategy ``best_score``. That has no one vector from which affinity
            could spread: the mean of the positive examples would forget what the negative ones said.
    """
    asked = body.rerank or body.rerank_by is not None
    if asked and body.strategy == "best_score":
        raise QueryError(
            "re-ranking starts from one vector, and the strategy best_score keeps the examples apart; ask for the "
            "strategy average, or leave re-ranking out"
        )
    if body.rerank is False or not (asked or (vector.is_derived and body.strategy == "average")):
        return None
    return RERANKERS[body.rerank_by or "diffusion"]


def rerank_steps(steps: Steps, target: Vector, reader: PointReader, reranker: Reranker) -> Steps:
    """Order the first step by how strongly its images belong to the query; what lies beyond follows as it was."""
    first = next(steps, [])
    yield order_by_affinity(first, target, reader.rows([hit.id for hit in first]), reranker)
    yield from steps


def order_by_affinity(candidates: Sequence[Hit], target: Vector, rows: Embeddings, reranker: Reranker) -> list[Hit]:
    """Order candidates by how strongly they belong to the query; those with equal affinity stay as they were.

    The image itself, where it is among the candidates, stays first: nothing belongs to it more than it does.

    Args:
        candidates: most similar first.
        target: the query's vector (d,), of length 1.
        rows: theirs, (m, d).
        reranker: measures the affinity.
    """
    # A copy would be a second node where the query stands: whoever asks by upload shall get the answer of the id.
    copies = [place for place, hit in enumerate(candidates) if hit.similarity > SAME]
    others = [place for place, hit in enumerate(candidates) if hit.similarity <= SAME]
    affinities = reranker.affinities(target, rows[others])
    order = np.argsort(-affinities, kind="stable")
    return [candidates[place] for place in [*copies, *(others[number] for number in order)]]
