"""Exemplars of a class: the image in its middle, those at its boundary, and those of others that look like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from facies.core.metrics import Codes, Embeddings, Indices
    from facies.models.calibration import Values
    from facies.models.knn import Probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Exemplars:
    """What a reference plate of a class shows; all indices are of the images given.

    Attributes:
        medoid: the image most similar to the others of its class.
        typical: shape (t,): those next in similarity to the others, the medoid not among them.
        boundary: shape (b,): images of the class whose own probability leads least, or lags most.
        rivals: shape (b,): the most probable other class of each of these.
        margins: shape (b,), -1 to 1: by how much its own class leads.
        confusable: shape (f,): images of other classes nearest to one of the class.
        nearest: shape (f,): that one.
        similarities: shape (f,), the cosine of the two.
    """

    medoid: int
    typical: Indices
    boundary: Indices
    rivals: Codes
    margins: Values
    confusable: Indices
    nearest: Indices
    similarities: Values


def choose_exemplars(
    embeddings: Embeddings, codes: Codes, code: int, probabilities: Probabilities | None, count: int
) -> Exemplars:
    """Choose the images of a reference plate.

    Args:
        embeddings: shape (n, d), float32, unit rows, of validated images.
        codes: shape (n,), the class of each.
        code: the class of the plate.
        probabilities: shape (n, c), in which no image had a part in its own; None where there is one class alone: then
            nothing is at a boundary.
        count: most images of each kind, at least 1.

    Raises:
        QueryError: no image is of this class, or count is below 1.

    Source: the medoid after Kaufman & Rousseeuw (1990): Finding groups in data.
    """
    own, others = np.flatnonzero(codes == code), np.flatnonzero(codes != code)
    if not len(own):
        raise QueryError(f"no image is of class {code}")
    if count < 1:
        raise QueryError(f"{count} exemplars were asked for, expected at least 1")
    order = own[rank_by_centrality(embeddings[own])]
    boundary = rivals = np.empty(0, dtype=np.int64)
    margins = np.empty(0)
    if probabilities is not None and probabilities.shape[1] > 1:
        shares = probabilities[own].copy()
        of_own = shares[:, code].copy()
        shares[:, code] = -1.0
        lead = of_own - shares.max(axis=1)
        least = np.argsort(lead, kind="stable")[:count]
        boundary, rivals, margins = own[least], shares[least].argmax(axis=1), lead[least]
    best = np.full(len(others), -np.inf)
    mate = np.zeros(len(others), dtype=np.int64)
    for place in own:
        cosines = (embeddings[others] @ embeddings[place]).astype(np.float64)
        mate = np.where(cosines > best, place, mate)
        best = np.maximum(best, cosines)
    near = np.argsort(-best, kind="stable")[:count]
    confusable = others[near]
    return Exemplars(
        int(order[0]),
        order[1 : count + 1],
        boundary,
        rivals,
        margins,
        confusable,
        mate[near],
        np.clip(best[near], -1, 1),
    )


def rank_by_centrality(embeddings: Embeddings) -> Indices:
    """Order images by their mean similarity to all of them, the medoid first; equal ones as they came.

    Args:
        embeddings: shape (n, d), unit rows. For unit rows the mean similarity is the product with their mean.
    """
    mean = embeddings.mean(axis=0, dtype=np.float64)
    order: Indices = np.argsort(-np.round(embeddings @ mean, 9), kind="stable")
    return order
