"""Pixel classifiers: what is fitted on labelled pixels and names all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import ClassifierError, TooFewClassesError
from facies.models.segmentation.forest import LEAF, compact_forest
from facies.models.segmentation.linear import fit_linear_pixels

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

ClassifierKind: TypeAlias = Literal["extra-trees", "random-forest", "linear"]
KINDS: Final[tuple[ClassifierKind, ...]] = get_args(ClassifierKind)
TREES: Final = 100
PIXELS_OF_A_TREE: Final = 0.5
"""The share of labelled pixels, drawn with replacement, that an extremely randomised tree is grown on. Pixels of a
stroke are much alike: half of them halve the time and were measured to name as many pixels rightly."""
_FEW_PIXELS: Final = 2_000
"""Of so few, growing takes no time, and each counts: every tree has all of them."""
FEATURES_OF_A_SPLIT: Final = 0.2
"""The share of features that extremely randomised trees choose each split from. Their usual square root is quicker to
grow and was measured to name fewer pixels rightly; the random forest keeps it, as published."""


class PixelClassifier(Protocol):
    """What names pixels by their features."""

    @property
    def classes(self) -> int:
        """How many classes there are, K."""

    @property
    def feature_count(self) -> int:
        """How many features a pixel has, C."""

    def probabilities(self, features: NDArray[np.float32], *, threads: int = 1) -> NDArray[np.float32]:
        """Name pixels.

        Args:
            features: shape (..., C), float32.
            threads: to compute with; the answer is the same for any number.

        Returns:
            shape (..., K), float32, that add up to 1 along the last axis.
        """


def fit_classifier(
    kind: ClassifierKind,
    features: NDArray[np.float32],
    codes: NDArray[np.integer],
    *,
    classes: int | None = None,
    seed: int = 0,
    trees: int = TREES,
    threads: int = 1,
) -> PixelClassifier:
    """Fit a classifier on labelled pixels.

    The same pixels give the same classifier to the last bit, in whatever order they come and with any number of
    threads: they are sorted first, and each tree has a seed of its own.

    Args:
        kind: ``extra-trees``, ``random-forest`` (the published recipe) or ``linear`` (for previews).
        features: shape (n, C), float32, finite.
        codes: shape (n,): class index of each, 0 to K - 1.
        classes: K; None: as many as the largest index needs. Those without a pixel get probability 0.
        seed: of the trees' chance.
        trees: of a forest, at least 1.
        threads: that grow trees at the same time, at least 1.

    Raises:
        ClassifierError: there is no such kind, or the pixels cannot be learnt from.
        TooFewClassesError: all pixels are of one class.

    Source: scikit-learn ``ExtraTreesClassifier``, ``RandomForestClassifier``, ``LinearDiscriminantAnalysis``; Geurts,
        Ernst & Wehenkel (2006): Extremely randomized trees, Mach. Learn. 63.
    """
    count = _check(kind, features, codes, classes, trees)
    rows, indices = sort_pixels(features, codes)
    if kind == "linear":
        return fit_linear_pixels(rows, indices, count)
    model = _forest(kind, len(rows), trees=trees, seed=seed, threads=threads).fit(rows, indices)
    return compact_forest(model.estimators_, model.classes_, count, rows.shape[1])


def sort_pixels(
    features: NDArray[np.float32], codes: NDArray[np.integer]
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Bring pixels into the one order that the set of them has: by class, then by the bytes of their features.

    Args:
        features: shape (n, C), float32.
        codes: shape (n,).
    """
    rows = np.ascontiguousarray(features, dtype=np.float32) + np.float32(0)  # no negative zero, which has other bytes
    by_bytes = np.argsort(rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).reshape(-1), kind="stable")
    order = by_bytes[np.argsort(codes[by_bytes], kind="stable")]
    return rows[order], codes[order].astype(np.intp)


def _forest(
    kind: ClassifierKind, pixels: int, *, trees: int, seed: int, threads: int
) -> ExtraTreesClassifier | RandomForestClassifier:
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

    if kind == "random-forest":
        return RandomForestClassifier(n_estimators=trees, random_state=seed, n_jobs=threads)
    has_many = pixels >= _FEW_PIXELS
    return ExtraTreesClassifier(
        n_estimators=trees,
        max_features=FEATURES_OF_A_SPLIT,
        bootstrap=has_many,
        max_samples=PIXELS_OF_A_TREE if has_many else None,
        random_state=seed,
        n_jobs=threads,
    )


def _check(
    kind: str, features: NDArray[np.float32], codes: NDArray[np.integer], classes: int | None, trees: int
) -> int:
    if kind not in KINDS:
        raise ClassifierError(f"no classifier {kind!r}; there are {', '.join(KINDS)}")
    if features.ndim != 2 or not 0 < features.shape[1] < LEAF or codes.shape != features.shape[:1]:
        raise ClassifierError(
            f"features of shape {features.shape} and classes of shape {codes.shape}, expected (n, C) and (n,) with C "
            f"from 1 to {LEAF - 1:,}"
        )
    if trees < 1:
        raise ClassifierError(f"a forest of {trees} trees was asked for, expected at least 1")
    if not np.isfinite(features).all():
        raise ClassifierError("features of labelled pixels hold numbers that are not finite; compute the maps again")
    seen = np.unique(codes)
    if len(seen) < 2:
        raise TooFewClassesError("the pixels to learn from", [f"class {code}" for code in seen])
    count = int(seen[-1]) + 1 if classes is None else classes
    if seen[0] < 0 or seen[-1] >= count:
        raise ClassifierError(f"class indices run from {seen[0]} to {seen[-1]}, expected 0 to {count - 1}")
    return count
