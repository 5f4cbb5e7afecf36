"""Selection: which images a person had best look at first, by what namers say of them.

All orders are total: images that count alike stay in the order in which they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import numpy as np

from facies.core.errors import DimensionMismatchError, QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facies.core.metrics import Indices
    from facies.models.calibration import Values
    from facies.models.knn import Probabilities

Doubt: TypeAlias = Literal["top", "entropy"]
"""How little the most probable name has, or how evenly all names share."""
DOUBTS: Final[tuple[Doubt, ...]] = get_args(Doubt)

_LEAST: Final = 1e-12
"""Probability that stands for none where a logarithm is taken."""


def measure_doubt(probabilities: Probabilities, by: Doubt = "top") -> Values:
    """Say how unsure names are, 0 to 1: 0 where one class has everything.

    Args:
        probabilities: shape (n, c), calibrated.
        by: ``top``: 1 less the probability of the most probable name; ``entropy``: the entropy by that of c equal
            shares.

    Returns:
        shape (n,).

    Source: Settles (2009): Active learning literature survey, 3.1 (least confident; entropy).

    Example:
        >>> measure_doubt(np.array([[0.75, 0.25], [0.5, 0.5]])).tolist()
        [0.25, 0.5]
    """
    if by == "top":
        doubt: Values = 1.0 - probabilities.max(axis=1)
        return doubt
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    entropy: Values = measure_entropy(probabilities) / np.log(probabilities.shape[1])
    return entropy


def measure_entropy(probabilities: Probabilities) -> Values:
    """Entropy of each row in nats: shape (n,), at least 0.

    Args:
        probabilities: shape (n, c).
    """
    entropy: Values = -(probabilities * np.log(np.maximum(probabilities, _LEAST))).sum(axis=1)
    return np.maximum(entropy, 0.0)


def find_rivals(probabilities: Probabilities) -> tuple[Indices, Indices, Values]:
    """Find the two most probable classes of each image, and how far apart they are.

    Args:
        probabilities: shape (n, c), c >= 2.

    Returns:
        the first and the second class and their margin, 0 to 1, each (n,). Of equal ones the lower code comes first.

    Raises:
        QueryError: there are fewer than two classes.

    Source: Settles (2009), 3.1 (margin sampling, after Scheffer, Decomain & Wrobel 2001).

    Example:
        >>> first, second, margin = find_rivals(np.array([[0.2, 0.5, 0.3]]))
        >>> first.tolist(), second.tolist(), margin.round(2).tolist()
        ([1], [2], [0.2])
    """
    if probabilities.shape[1] < 2:
        raise QueryError(f"a boundary takes at least 2 classes, got {probabilities.shape[1]}")
    rows = np.arange(len(probabilities))
    first = probabilities.argmax(axis=1)
    others = probabilities.copy()
    others[rows, first] = -1.0
    second = others.argmax(axis=1)
    return first, second, probabilities[rows, first] - probabilities[rows, second]


def measure_disagreement(named: Sequence[Probabilities]) -> Values:
    """Say how much several namers differ about each image, 0 to 1: 0 where they say the same.

    It is the Jensen-Shannon divergence, by its largest value, the logarithm of the number of namers.

    Args:
        named: two or more, each of shape (n, c), of the same images and classes.

    Returns:
        shape (n,).

    Raises:
        QueryError: there are fewer than two.
        DimensionMismatchError: they are not of as many images and classes.

    Source: Lin (1991): Divergence measures based on the Shannon entropy, IEEE Trans. Inf. Theory 37; for selection
    McCallum & Nigam (1998): Employing EM and pool-based active learning for text classification, ICML.

    Example:
        >>> measure_disagreement([np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])]).round(6).tolist()
        [1.0]
    """
    if len(named) < 2:
        raise QueryError(f"disagreement takes at least 2 vectors or models, got {len(named)}")
    for other in named[1:]:
        if other.shape != named[0].shape:
            raise DimensionMismatchError("what another namer says", named[0].size, other.size)
    mean = np.mean(named, axis=0)
    apart = measure_entropy(mean) - np.mean([measure_entropy(one) for one in named], axis=0)
    disagreement: Values = np.clip(apart / np.log(len(named)), 0.0, 1.0)
    return disagreement


def pick_highest(values: Values, count: int) -> Indices:
    """Indices of the ``count`` highest values, highest first; equal ones in the order in which they came.

    Args:
        values: shape (n,).
        count: at least 0; where there are fewer, all are given.

    Example:
        >>> pick_highest(np.array([0.1, 0.9, 0.9]), 2).tolist()
        [1, 2]
    """
    if count >= len(values):
        return np.argsort(-values, kind="stable")
    if not count:
        return np.empty(0, dtype=np.int64)
    limit = -np.partition(-values, count - 1)[count - 1]
    near = np.flatnonzero(values >= limit)
    chosen: Indices = near[np.argsort(-values[near], kind="stable")][:count]
    return chosen
