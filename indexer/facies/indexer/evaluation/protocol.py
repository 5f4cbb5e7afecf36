"""The whole protocol on vectors and labels: one `Evaluation`, from which every table, report and comparison is made.

- k-nearest-neighbour names for k = 1, 3, 5, 7, 9 over ten splits: macro F1 and balanced accuracy;
- a balanced logistic regression over the same splits;
- retrieval of each image among all others: P@n_k, average precision, precision and recall at cuts, area under their
  curve.

Neighbours are those by cosine. Given a network's raw outputs too, the same is computed by Euclidean distance on them,
as the published script does, whose figures this reproduces for the same features.

Source: Martinsen et al. (2024): The 3-billion fossil question, https://doi.org/10.1016/j.aiig.2024.100080;
https://github.com/equinor/scampi-benchmark/blob/main/run_evaluation.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits

from facies.core.errors import QueryError
from facies.core.metrics import Codes
from facies.indexer.evaluation.classification import Scores, give_scale, score_regression, score_votes
from facies.indexer.evaluation.ranking import Block, Features, Order, rank_gallery, rank_split
from facies.indexer.evaluation.retrieval import Retrieval, compute_retrieval
from facies.indexer.evaluation.splits import Split, compute_splits

if TYPE_CHECKING:
    from facies.core.metrics import Indices
    from facies.core.wire_search import RerankMethod
    from facies.models.rerank import Reranker

KS = (1, 3, 5, 7, 9)
OnBlock: TypeAlias = Callable[[Block], None]


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """What one order of neighbours gives.

    Attributes:
        knn: names by vote, for each k of `KS`.
        regression: names by the logistic regression.
        retrieval: of every image.
        nearest: of each split, (t, 9): the nearest images of the gallery.
    """

    knn: Mapping[int, Scores]
    regression: Scores
    retrieval: Retrieval
    nearest: tuple[Indices, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The figures of one set of vectors.

    Attributes:
        classes: names, in alphabetical order.
        labels: shape (n,): class of each image.
        groups: shape (n,), or None.
        splits: at most ten.
        measures: by cosine, re-ranked where that was asked for.
        euclidean: by Euclidean distance on raw outputs, never re-ranked; None without these.
        reranked_by: the method by which `measures` are; None: they are not.
    """

    classes: tuple[str, ...]
    labels: Codes
    groups: Codes | None
    splits: tuple[Split, ...]
    measures: Measures
    euclidean: Measures | None
    reranked_by: RerankMethod | None

    @property
    def test_predictions(self) -> tuple[Codes, ...]:
        """Of each split, (t,): the class of each test image's nearest neighbour."""
        return tuple(self.labels[found[:, 0]] for found in self.measures.nearest)


def evaluate(
    vectors: Features,
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    rerank: Reranker | None = None,
    raw: Features | None = None,
    on_block: OnBlock | None = None,
) -> Evaluation:
    """Measure how well vectors find and name images of the same class.

    Args:
        vectors: shape (n, d), float32, unit rows.
        labels: n class names.
        groups: the group of each image, where images of one group are near-duplicates: they never find each other.
        rerank: how the first candidates are ordered anew; None: not at all.
        raw: shape (n, d'), the network's outputs at their own length, for the published figures.
        on_block: told each block of the ranking by cosine, which is not kept.

    Raises:
        QueryError: there are too few images, classes or groups.
    """
    if not len(vectors) == len(labels) == len(vectors if groups is None else groups):
        raise QueryError(f"{len(labels)} labels and groups for {len(vectors)} vectors: expected as many")
    if not len(labels):
        raise QueryError("there is no labelled image to evaluate")
    classes, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    grouped = None if groups is None else np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1]
    splits = compute_splits(codes, grouped)
    # The products here are small: one thread each is as fast, and does not wait for cores that others use.
    with threadpool_limits(1, user_api="blas"):
        subject = _Subject(codes, grouped, splits)
        measures = _measure(vectors, Order("cosine", rerank), subject, scaled=give_scale(vectors), on_block=on_block)
        euclidean = None if raw is None else _measure(raw, Order("euclidean"), subject, scaled=raw)
    method = None if rerank is None else rerank.method
    return Evaluation(tuple(str(name) for name in classes), codes, grouped, splits, measures, euclidean, method)


@dataclass(frozen=True, slots=True, eq=False)
class _Subject:
    labels: Codes
    groups: Codes | None
    splits: tuple[Split, ...]


def _measure(
    features: Features, order: Order, subject: _Subject, *, scaled: Features, on_block: OnBlock | None = None
) -> Measures:
    labels, splits = subject.labels, subject.splits
    nearest = [rank_split(features, split, order, max(KS)) for split in splits]
    blocks = rank_gallery(features, order, subject.groups)
    return Measures(
        knn={k: score_votes(nearest, labels, splits, k) for k in KS},
        regression=score_regression(scaled, labels, splits),
        retrieval=compute_retrieval(_told(blocks, on_block), labels),
        nearest=tuple(nearest),
    )


def _told(blocks: Iterator[Block], on_block: OnBlock | None) -> Iterator[Block]:
    for block in blocks:
        if on_block is not None:
            on_block(block)
        yield block
