"""Ten ways to part labelled images into a gallery and images to be named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from facies.core.errors import QueryError
from facies.core.metrics import Codes, Indices

SEEDS = tuple(range(10))
TEST_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One way to part the images.

    Attributes:
        seed: from 0 to 9.
        train: indices of the gallery.
        test: indices of the images to be named, none of them in the gallery.
    """

    seed: int
    train: Indices
    test: Indices


def compute_splits(labels: Codes, groups: Codes | None = None, share: float = TEST_SHARE) -> tuple[Split, ...]:
    """Part the images ten times, one fifth to be named each time.

    Without groups the splits are stratified by class and are exactly those of the published protocol. With groups a
    whole group goes to one side. They are then drawn by chance (scikit-learn's ``GroupShuffleSplit``), one fifth of the
    groups at a time: ``StratifiedGroupKFold`` orders groups by how unevenly they fill the classes and lets its seed
    decide among equals alone, so that ten seeds give nearly the same folds of a few groups. Test images whose class the
    gallery lacks are left out, since no vector could name them; so is a split that has no others.

    Args:
        labels: class of each image; without groups each class has at least two images.
        groups: the group of each image, e.g. the slide it was cut from.
        share: of the images, or groups, that are to be named; the published protocol has one fifth.

    Raises:
        QueryError: there are too few images, classes or groups.

    Source: scikit-learn ``train_test_split`` with ``stratify``, seeds 0 to 9, as in
    https://github.com/equinor/scampi-benchmark/blob/main/run_evaluation.py.
    """
    classes = len(np.unique(labels))
    if classes < 2:
        raise QueryError(
            f"the labelled images are of {classes} class{'' if classes == 1 else 'es'}; telling classes apart takes at "
            "least 2. Label images of another class too."
        )
    return _split_by_class(labels, classes, share) if groups is None else _split_by_group(labels, groups, share)


def _split_by_class(labels: Codes, classes: int, share: float) -> tuple[Split, ...]:
    count = len(labels)
    rarest = int(np.bincount(labels)[np.unique(labels)].min())
    if rarest < 2:
        raise QueryError("a class has a single image; leave it out, or label a second one")
    tested = int(np.ceil(share * count))
    if min(tested, count - tested) < classes:
        raise QueryError(
            f"{count} labelled images of {classes} classes: one fifth, {tested}, must hold an image of each class. "
            f"Label at least {5 * (classes - 1) + 1} images, or evaluate fewer classes."
        )
    splits = []
    for seed in SEEDS:
        train, test = train_test_split(np.arange(count), test_size=share, stratify=labels, random_state=seed)
        splits.append(Split(seed, train, test))
    return tuple(splits)


def _split_by_group(labels: Codes, groups: Codes, share: float) -> tuple[Split, ...]:
    count = len(np.unique(groups))
    if count < 2:
        raise QueryError("all labelled images are of one group, so none is left to be found; evaluate without groups")
    if count == len(groups):
        raise QueryError(
            "each labelled image is a group of its own. Where the values of the column are paths, `--group-parts 1` "
            "takes their first part; where images have no common source, evaluate without groups."
        )
    splits = tuple(_answerable(labels, groups, share))
    if not splits:
        raise QueryError("no class has images in two groups, so none could be named; evaluate without groups")
    return splits


def _answerable(labels: Codes, groups: Codes, share: float) -> Iterator[Split]:
    for seed in SEEDS:
        drawn = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
        train, test = next(drawn.split(labels, groups=groups))
        test = test[np.isin(labels[test], labels[train])]
        if len(test):
            yield Split(seed, train, test)
