"""A metric head: learns from labels which directions of the vectors tell the classes apart, and weighs these more.

Linear discriminant analysis: directions are scaled so that images of one class differ equally in all of them, then the
means of the classes span the directions that matter. What remains is kept at a lower weight, since a class of which no
label is there yet is told apart by that alone.

Source: Fisher (1936): The use of multiple measurements in taxonomic problems; with shrinkage, Friedman (1989):
Regularized discriminant analysis, JASA 84.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import ModelError, QueryError
from facies.models.covariance import Matrix, compute_covariance, fix_signs
from facies.models.projection import Projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facies.core.metrics import Embeddings

FEWEST_OF_A_CLASS = 2
"""Images of a class that show how its images differ; a single one shows nothing, and takes no part."""
_FEWEST_CLASSES = 2
_ROUNDING = 1e-10
"""Share of the largest variance, or of the squares of the values, below which there is none."""


@dataclass(frozen=True, slots=True)
class MetricHead:
    """How a head is fitted; the values were chosen as docs/quality.md tells.

    Attributes:
        dim: most values of a vector that are kept: those that tell the classes apart, one fewer than there are classes,
            then the strongest of the rest.
        shrinkage: above 0 and below 1; how far the covariance within classes is drawn towards one that is equal in all
            directions. Labels are few, and what hardly differs in them is not trusted for that.
        further: at least 0; weight of the rest.

    Raises:
        QueryError: a value is out of its range.
    """

    dim: int = 128
    shrinkage: float = 0.6
    further: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what would give no map."""
        if self.dim < 1 or not 0 < self.shrinkage < 1 or not self.further >= 0:
            raise QueryError(
                f"a metric head with {self}: expected dim of at least 1, shrinkage between 0 and 1, and further of at "
                "least 0"
            )

    def method(self, labels: int, classes: int) -> str:
        """As fingerprints have it."""
        return (
            f"adapted to {labels} labels of {classes} classes by LDA to {self.dim} (shrinkage {self.shrinkage:g}, "
            f"further {self.further:g})"
        )


def fit_metric_head(vectors: Embeddings, labels: Sequence[str], head: MetricHead | None = None) -> Projection:
    """Fit a head on labelled images.

    Args:
        vectors: shape (n, d), float32, unit rows.
        labels: n class names; a class with a single image takes no part.
        head: see there.

    Returns:
        the projection from d values to `MetricHead.dim`, or as many as the labelled images span where these are fewer.
        The same images give the same one, in any order within rounding.

    Raises:
        QueryError: vectors and labels differ in number.
        ModelError: fewer than two classes have two images, or images of a class do not differ.
    """
    head = head or MetricHead()
    rows, codes, counts = _take_part(vectors, labels)
    mean = rows.mean(axis=0)
    basis = _span(rows - mean)
    rows = (rows - mean) @ basis
    centres = np.stack([rows[codes == code].mean(axis=0) for code in range(len(counts))])
    equalise = _equalise_classes(rows - centres[codes], len(counts), len(mean), head.shrinkage)
    telling = _find_telling(centres @ equalise, counts)[:, : head.dim]
    further = _find_further(rows @ equalise, telling, head.dim - telling.shape[1])
    matrix = fix_signs(basis @ equalise @ np.hstack([telling, head.further * further]))
    # The scale of the whole means nothing, since what comes out is brought to unit length; 1 keeps float32 at ease.
    matrix /= np.linalg.norm(matrix, axis=0).max()
    return Projection(mean.astype(np.float32), matrix.astype(np.float32), head.method(len(rows), len(counts)))


def _take_part(vectors: Embeddings, labels: Sequence[str]) -> tuple[Matrix, NDArray[np.int64], NDArray[np.int64]]:
    """The rows of classes with several images, in float64, with the number of the class of each and the class sizes."""
    if len(vectors) != len(labels):
        raise QueryError(f"a metric head of {len(labels)} labels for {len(vectors)} vectors: expected as many")
    _, codes, counts = np.unique(np.asarray(labels, dtype=str), return_inverse=True, return_counts=True)
    there = counts >= FEWEST_OF_A_CLASS
    if np.count_nonzero(there) < _FEWEST_CLASSES:
        raise ModelError(
            f"a metric head needs {_FEWEST_CLASSES} classes with {FEWEST_OF_A_CLASS} labelled images each, and got "
            f"{np.count_nonzero(there)} ({len(labels)} labels of {len(counts)} classes). Label more images first, or "
            "search the vectors as they are."
        )
    kept = there[codes]
    return vectors[kept].astype(np.float64), (np.cumsum(there) - 1)[codes[kept]], counts[there]


def _span(rows: Matrix) -> Matrix:
    """An orthonormal basis (d, r) of what rows (n, d) span, or all d directions where they may span them.

    Nothing is lost by staying within: outside of it classes do not differ, and neither do images.
    """
    count, dim = rows.shape
    if count > dim:
        return np.eye(dim)
    _, lengths, directions = np.linalg.svd(rows, full_matrices=False)
    basis: Matrix = directions[lengths > np.sqrt(_ROUNDING) * lengths[0]].T
    return basis


def _equalise_classes(apart: Matrix, classes: int, dim: int, shrinkage: float) -> Matrix:
    """The map (r, r) after which images of one class differ equally in all directions; symmetric.

    Args:
        apart: shape (n, r), images less the mean of their class.
        classes: how many there are.
        dim: length of a whole vector, over which the mean variance is taken.
        shrinkage: see `MetricHead`.
    """
    covariance = apart.T @ apart / max(len(apart) - classes, 1)
    total = np.trace(covariance)
    if not total > _ROUNDING:
        raise ModelError("the labelled images of each class are all alike, so they say nothing of what to overlook")
    covariance *= 1 - shrinkage
    covariance[np.diag_indices_from(covariance)] += shrinkage * total / dim
    variances, directions = np.linalg.eigh(covariance)
    symmetric: Matrix = (directions / np.sqrt(variances)) @ directions.T
    return symmetric


def _find_telling(centres: Matrix, counts: NDArray[np.int64]) -> Matrix:
    """Orthonormal directions (r, at most c - 1) in which the means (c, r) of the classes differ, strongest first."""
    shares = counts / counts.sum()
    weighed = np.sqrt(shares)[:, None] * (centres - shares @ centres)
    _, lengths, directions = np.linalg.svd(weighed, full_matrices=False)
    telling: Matrix = directions[: len(counts) - 1][lengths[: len(counts) - 1] > np.sqrt(_ROUNDING) * lengths[0]].T
    return telling


def _find_further(rows: Matrix, telling: Matrix, wanted: int) -> Matrix:
    """Orthonormal directions (r, at most ``wanted``) in which rows (n, r) vary most beside those that tell."""
    rest = rows - (rows @ telling) @ telling.T
    variances, directions = np.linalg.eigh(compute_covariance(rest, rest.mean(axis=0)))
    strongest = np.argsort(-variances, kind="stable")[: max(wanted, 0)]
    # What is left in the directions that tell is rounding.
    further: Matrix = directions[:, strongest[variances[strongest] > _ROUNDING * variances.max()]]
    return further
