"""Forests of decision trees as a few flat arrays: small on disk, quick to walk, and unable to hold anything but trees.

The nodes of a tree stand in breadth-first order, so the children of its n-th split are its nodes ``1 + 2n`` and
``2 + 2n``. No index of a node is ever stored: a file cannot name one outside the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationModelError
from facies.models.segmentation.forest_walk import WalkTables, walk_forest

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAF: Final = 0xFFFF
"""Stands in place of the feature where a node is a leaf; hence a forest looks at fewer features than this."""
MAX_NODES: Final = 2**27
_SUM_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Trees whose averaged leaves are the probabilities of classes.

    Attributes:
        features: shape (n,), uint16: what each node of all trees, one tree after the other, looks at, or `LEAF`.
        thresholds: shape (s,), float32, of the s splits in order; a value up to it goes to the left child.
        leaves: shape (l,), uint32, of the leaves in order: their row in `distributions`.
        tree_nodes: shape (t,), uint32: how many nodes each tree has.
        distributions: shape (d, K), float32, rows that add up to 1; the first K are the pure ones.
        feature_count: C, how many features a pixel has.

    Raises:
        SegmentationModelError: the arrays are no such trees.
    """

    features: NDArray[np.uint16]
    thresholds: NDArray[np.float32]
    leaves: NDArray[np.uint32]
    tree_nodes: NDArray[np.uint32]
    distributions: NDArray[np.float32]
    feature_count: int
    _tables: WalkTables = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._check_counts()
        self._check_values()
        object.__setattr__(self, "_tables", self._plant())

    @property
    def trees(self) -> int:
        """How many trees there are."""
        return len(self.tree_nodes)

    @property
    def classes(self) -> int:
        """How many classes there are, K."""
        return int(self.distributions.shape[1])

    def probabilities(self, features: NDArray[np.float32], *, threads: int = 1) -> NDArray[np.float32]:
        """Average the leaves that pixels end in.

        Args:
            features: shape (..., C), float32.
            threads: that walk at the same time; the answer is the same for any number.

        Returns:
            shape (..., K), float32, that add up to 1 along the last axis.

        Raises:
            SegmentationModelError: pixels have another number of features.
        """
        if features.shape[-1] != self.feature_count:
            raise SegmentationModelError(
                f"pixels have {features.shape[-1]} features, the forest was grown on {self.feature_count}"
            )
        shares = walk_forest(self._tables, features.reshape(-1, self.feature_count), threads=threads)
        return shares.reshape(*features.shape[:-1], self.classes)

    def _check_counts(self) -> None:
        nodes, splits = len(self.features), len(self.thresholds)
        if not 0 < nodes <= MAX_NODES or not self.trees:
            raise SegmentationModelError(f"a forest has {self.trees} trees of {nodes:,} nodes together, expected more")
        if int(self.tree_nodes.sum(dtype=np.uint64)) != nodes or not self.tree_nodes.min():
            raise SegmentationModelError(f"the trees of a forest do not add up to its {nodes:,} nodes")
        if int((self.features != LEAF).sum()) != splits or len(self.leaves) != nodes - splits:
            raise SegmentationModelError(
                f"a forest of {nodes:,} nodes has {splits:,} thresholds and {len(self.leaves):,} leaves that do not "
                "fit them"
            )
        if self.distributions.ndim != 2 or len(self.distributions) < self.classes or not self.classes:
            raise SegmentationModelError(
                f"distributions of shape {self.distributions.shape}, expected (d, K) with d >= K"
            )

    def _check_values(self) -> None:
        used = self.features[self.features != LEAF]
        if not 0 < self.feature_count < LEAF or (used.size and int(used.max()) >= self.feature_count):
            raise SegmentationModelError(f"a forest looks at features beyond the {self.feature_count} that pixels have")
        if int(self.leaves.max()) >= len(self.distributions):
            raise SegmentationModelError("a leaf of a forest points at a distribution that is not there")
        rows = self.distributions
        if not np.isfinite(self.thresholds).all() or not np.isfinite(rows).all():
            raise SegmentationModelError("a forest holds numbers that are not finite")
        if rows.min() < 0 or np.abs(rows.sum(axis=1, dtype=np.float64) - 1).max() > _SUM_TOLERANCE:
            raise SegmentationModelError("a leaf of a forest holds no distribution: its shares do not add up to 1")
        if not np.array_equal(rows[: self.classes], np.eye(self.classes, dtype=np.float32)):
            raise SegmentationModelError("the first distributions of a forest are not the pure ones")

    def _plant(self) -> WalkTables:
        is_split = self.features != LEAF
        sizes = self.tree_nodes.astype(np.int64)
        roots = np.cumsum(sizes) - sizes
        # Of each node: the root of its tree, and how many splits stand before it in its tree.
        root = np.repeat(roots, sizes)
        before = np.cumsum(is_split) - is_split
        rank = before - before[root]
        own = np.arange(len(is_split))
        child = np.where(is_split, root + 1 + 2 * rank, own)
        splits = np.add.reduceat(is_split.astype(np.int64), roots)
        if not np.array_equal(sizes, 2 * splits + 1) or (child[is_split] <= own[is_split]).any():
            raise SegmentationModelError("a tree of a forest is not one: some of its nodes cannot be reached")
        threshold = np.full(len(is_split), np.inf, np.float32)
        threshold[is_split] = self.thresholds
        leaf = np.zeros(len(is_split), np.uint32)
        leaf[~is_split] = self.leaves
        return WalkTables(
            threshold=threshold,
            child=child.astype(np.uint32),
            feature=np.where(is_split, self.features, 0).astype(np.uint16),
            leaf=leaf,
            roots=roots.astype(np.uint32),
            levels=np.ceil(np.log2(splits + 1)).astype(np.uint32),
            distributions=np.ascontiguousarray(self.distributions),
        )


def compact_forest(estimators: Sequence[Any], class_of: NDArray[np.intp], classes: int, feature_count: int) -> Forest:
    """Turn fitted trees of scikit-learn into a forest that names the same probabilities.

    Thresholds are rounded down to float32, the type of the features, which changes no comparison.

    Args:
        estimators: fitted ``DecisionTreeClassifier`` or ``ExtraTreeClassifier``.
        class_of: shape (k,): the class of each of their outputs.
        classes: how many there are, K; those that had no pixel get probability 0.
        feature_count: C.
    """
    features, thresholds, shares = [], [], []
    for estimator in estimators:
        tree = estimator.tree_
        order = _breadth_first(tree.children_left, tree.children_right)
        is_split = tree.children_left[order] >= 0
        features.append(np.where(is_split, tree.feature[order], LEAF).astype(np.uint16))
        thresholds.append(_round_down(tree.threshold[order[is_split]]))
        value = tree.value[order[~is_split], 0, :]
        shares.append((value / value.sum(axis=1, keepdims=True)).astype(np.float32))
    leaves = np.zeros((sum(map(len, shares)), classes), np.float32)
    leaves[:, class_of] = np.concatenate(shares)
    is_pure = leaves.max(axis=1) == 1
    mixed, rows = np.unique(leaves[~is_pure], axis=0, return_inverse=True)
    places = np.empty(len(leaves), np.uint32)
    places[is_pure] = leaves[is_pure].argmax(axis=1)
    places[~is_pure] = classes + rows.reshape(-1)
    return Forest(
        features=np.concatenate(features),
        thresholds=np.concatenate(thresholds),
        leaves=places,
        tree_nodes=np.array([len(nodes) for nodes in features], np.uint32),
        distributions=np.concatenate([np.eye(classes, dtype=np.float32), mixed]),
        feature_count=feature_count,
    )


def _breadth_first(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The nodes of a tree level by level, siblings beside each other."""
    level = np.zeros(1, np.int64)
    levels = []
    while level.size:
        levels.append(level)
        splits = level[left[level] >= 0]
        level = np.stack([left[splits], right[splits]], axis=1).reshape(-1)
    return np.concatenate(levels)


def _round_down(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 up to each value."""
    rounded = values.astype(np.float32)
    return np.where(rounded > values, np.nextafter(rounded, np.float32(-np.inf)), rounded)
