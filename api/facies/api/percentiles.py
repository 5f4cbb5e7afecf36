"""What a similarity means in a collection: its percentile among the pairs of images that have the same label.

The cosines of one network lie between 0.3 and 0.9, those of another between 0.9 and 1. "As similar as the top 12 % of
pairs of one taxon" says the same of both.

The reference is a sample, the same for the same labels: at most `MOST_IMAGES` validated images and `MOST_PAIRS` pairs,
shared out evenly over the classes (of more than `MOST_CLASSES` the most frequent ones), so that a large class does not
speak for the others. It is made when a search first needs it, and kept in memory for each collection and named vector.
It is made anew after label events of the collection, but no more than a twentieth of the time is spent on that: while
labels come in, answers may be some seconds behind. What leaves no event (images deleted, vectors added) is seen after
`LIFETIME_S` at the latest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.metrics import Embeddings, Similarities
from facies.core.records import CollectionRecord, VectorRecord
from facies.core.workspace import Workspace

MOST_IMAGES = 2_000
MOST_PAIRS = 20_000
MOST_CLASSES = 500
LEAST_CLASSES = 2
LEAST_PAIRS = 20
"""With fewer classes or pairs nothing is said."""
LIFETIME_S = 600.0
_SHARE = 0.05
"""Of the time, that making references anew may take."""

_Made: TypeAlias = tuple[datetime, VectorRecord]
"""When the collection was created, and the vector: a collection may be deleted and made again under its name."""

Reference: TypeAlias = Similarities
"""Shape (n,), float32, rising: cosines of pairs of images with one label."""


def percentiles_of(similarities: Sequence[float], reference: Reference | None) -> list[float | None]:
    """The per cent of the reference that is less similar, for each similarity; None where there is no reference.

    >>> percentiles_of([0.5, 0.05], np.array([0.1, 0.2, 0.5, 0.9], np.float32))
    [50.0, 0.0]
    """
    if reference is None:
        return [None] * len(similarities)
    less = np.searchsorted(reference, np.asarray(similarities, dtype=np.float32), side="left")
    shares: list[float | None] = np.round(100 * less / len(reference), 2).tolist()
    return shares


def sample_pairs(classes: Sequence[Embeddings], most: int = MOST_PAIRS, seed: int = 0) -> Reference | None:
    """Measure the similarity of pairs of one class, as many of each class as its share of ``most`` allows.

    Args:
        classes: of each class the vectors (m, d) of some images, float32, unit rows.
        most: pairs in all.
        seed: of the draw.

    Returns:
        the rising cosines; None where there are fewer than `LEAST_CLASSES` classes with pairs, or `LEAST_PAIRS` pairs.
    """
    paired = [rows for rows in classes if len(rows) > 1]
    if len(paired) < LEAST_CLASSES:
        return None
    rng = np.random.default_rng(seed)
    cosines = np.concatenate([_measure_pairs(rows, max(1, most // len(paired)), rng) for rows in paired])
    return np.sort(np.clip(cosines, -1, 1)) if len(cosines) >= LEAST_PAIRS else None


def _measure_pairs(rows: Embeddings, most: int, rng: np.random.Generator) -> NDArray[np.float32]:
    one, other = np.triu_indices(len(rows), k=1)
    if len(one) > most:
        chosen = rng.choice(len(one), most, replace=False)
        one, other = one[chosen], other[chosen]
    cosines: NDArray[np.float32] = np.einsum("nd,nd->n", rows[one], rows[other])
    return cosines


def read_classes(workspace: Workspace, collection: str, vector: str) -> list[Embeddings]:
    """The vectors (m, d) of some validated images of each class, the first in order of id.

    Ids come from the content's hash, so that their order has nothing to do with what is shown: the first ones are as
    good as any draw, and need no list of all images.
    """
    catalog = workspace.catalog
    labels = list(islice(catalog.label_counts(collection), MOST_CLASSES))
    each = max(2, MOST_IMAGES // max(1, len(labels)))
    ids = [catalog.validated_ids(collection, label, each) for label in labels]
    points = workspace.store.get(collection, [one for some in ids for one in some], vectors=[vector])
    rows = {one: point.vectors[vector] for one, point in points.items() if vector in point.vectors}
    classes = [[rows[one] for one in some if one in rows] for some in ids]
    return [np.stack(some) for some in classes if some]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A reference, what it was made of, and when."""

    reference: Reference | None
    made_of: _Made
    newest: tuple[int, int]
    made_at: float
    took_s: float


@dataclass(slots=True)
class References:
    """The references of a service, each made once however many searches want it at the same moment.

    Attributes:
        clock: gives seconds; a seam for tests.
    """

    clock: Callable[[], float] = time.monotonic
    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict, init=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, init=False)
    _locks: dict[tuple[str, str], threading.Lock] = field(default_factory=dict, init=False)

    def get(self, workspace: Workspace, collection: CollectionRecord, vector: VectorRecord) -> Reference | None:
        """The reference of a named vector; None where too few images are labelled.

        Only the first search for it waits; while it is made anew, others go on with the old one.
        """
        key, made_of = (collection.name, vector.name), (collection.created_at, vector)
        kept = self._kept.get(key)
        if kept is not None and self._holds(workspace, key, kept, made_of):
            return kept.reference
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        usable = kept is not None and kept.made_of == made_of
        if not lock.acquire(blocking=not usable):
            return kept.reference if kept else None
        try:
            now = self._kept.get(key)
            if now is kept or now is None:  # nobody else made it meanwhile
                now = self._kept[key] = self._make(workspace, key, made_of)
            return now.reference
        finally:
            lock.release()

    def _holds(self, workspace: Workspace, key: tuple[str, str], kept: _Kept, made_of: _Made) -> bool:
        age_s = self.clock() - kept.made_at
        if kept.made_of != made_of or age_s > LIFETIME_S:
            return False
        if age_s * _SHARE < kept.took_s:
            return True
        newest, changed = workspace.catalog.newest_labels(key[0], kept.newest)
        if not changed and newest != kept.newest:
            with self._guard:
                if self._kept[key] is kept:  # so that the next search need not look through these events again
                    self._kept[key] = replace(kept, newest=newest)
        return not changed

    def _make(self, workspace: Workspace, key: tuple[str, str], made_of: _Made) -> _Kept:
        start = self.clock()
        # Read before the labels: what changes while they are read is then found by the next search.
        newest, _ = workspace.catalog.newest_labels(key[0])
        reference = sample_pairs(read_classes(workspace, *key))
        now = self.clock()
        return _Kept(reference, made_of, newest, now, now - start)
