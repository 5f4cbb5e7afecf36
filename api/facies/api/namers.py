"""The namers of a service: fitted when first wanted, kept until what they learnt from changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from facies.core.errors import QueryError
from facies.core.records import CollectionRecord, VectorRecord
from facies.indexer.labelling.review import open_review, read_teachers, teach_namer
from facies.indexer.named_vectors import get_vector
from facies.models.calibration import measure_reliability

if TYPE_CHECKING:
    from facies.core.filters import Filter
    from facies.core.workspace import Workspace
    from facies.indexer.labelling.review import Learn, Review, Teachers
    from facies.models.namers import Namer

MOST_KEPT: Final = 8
"""Namers held at a time, of up to 5,000 validated vectors each."""
_SHARE: Final = 20
"""Where labels have changed, a namer that took long to fit is used for so many times as long again."""

_Key: TypeAlias = tuple[str, VectorRecord, str | None, str]


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What was learnt from the validated images of a collection.

    Attributes:
        namer: the way of naming.
        teachers: the validated images.
        places: of each teacher by its id.
        notes: what a person should know.
        calibration_error: on the teachers, each named without itself.
    """

    namer: Namer
    teachers: Teachers
    places: dict[str, int]
    notes: tuple[str, ...]
    calibration_error: float


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was learnt, at which count of label changes, and how many images lacked the vector then."""

    learnt: Learnt
    changes: int
    lacking: int
    made_at: float
    took_s: float


@dataclass(slots=True)
class Namers:
    """Fits each namer once, however many requests want it at the same moment.

    Attributes:
        clock: gives seconds; a seam for tests.
    """

    clock: Callable[[], float] = time.monotonic
    _kept: dict[_Key, _Kept] = field(default_factory=dict, init=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, init=False)

    def get(
        self,
        workspace: Workspace,
        collection: CollectionRecord,
        vector: VectorRecord,
        *,
        group: str | None = None,
        where: Filter | None = None,
        latest: bool = False,
        advice: str = "",
    ) -> Learnt:
        """The namer that the validated images teach; one is fitted at a time.

        Args:
            workspace: the open data.
            collection: whose images teach.
            vector: that they are compared by.
            group: metadata field; images that share a value never vouch for each other.
            where: narrows the validated images.
            latest: whether only what the labels of now teach will do, as where labels are given by it.
            advice: what else to do where the validated images do not suffice.

        Raises:
            QueryError: the validated images do not suffice, or there is no such field.
        """
        key = (f"{collection.name} {collection.created_at.isoformat()}", vector, group, repr(where))
        with self._guard:
            kept = self._kept.get(key)
            if kept is None or not self._holds(workspace, collection.name, vector.name, kept, latest=latest):
                kept = self._kept[key] = self._fit(
                    workspace, collection.name, vector, group=group, where=where, advice=advice
                )
                while len(self._kept) > MOST_KEPT:
                    del self._kept[min(self._kept, key=lambda one: self._kept[one].made_at)]
            return kept.learnt

    def _holds(self, workspace: Workspace, collection: str, vector: str, kept: _Kept, *, latest: bool) -> bool:
        # A further model fills its vector, and the catalogue does not change with it.
        if workspace.catalog.label_changes(collection) == kept.changes and (
            not kept.lacking or workspace.store.count(collection, lacking=vector) == kept.lacking
        ):
            return True
        # Somebody who labels one image after another must not wait for a fit each time.
        return not latest and kept.took_s > 1 and self.clock() - kept.made_at < _SHARE * kept.took_s

    def _fit(
        self,
        workspace: Workspace,
        collection: str,
        vector: VectorRecord,
        *,
        group: str | None,
        where: Filter | None,
        advice: str,
    ) -> _Kept:
        start = self.clock()
        # Read before what is learnt from: a change between the two is then seen as one.
        changes = workspace.catalog.label_changes(collection)
        lacking = workspace.store.count(collection, lacking=vector.name)
        review = open_review(workspace, collection, vector.name, group=group, taught_by=where)
        try:
            teachers = read_teachers(workspace, review)
            namer = teach_namer(teachers)
        except QueryError as error:
            raise QueryError(f"{error.message} {advice}".rstrip()) from error
        held = namer.held_out.probabilities
        reliability = measure_reliability(held.max(axis=1), held.argmax(axis=1) == namer.validated.codes)
        places = {one.id: place for place, one in enumerate(teachers.standings)}
        now = self.clock()
        learnt = Learnt(namer, teachers, places, tuple(review.notes), reliability.error)
        return _Kept(learnt, changes, lacking, now, now - start)


def keep_learning(namers: Namers, group: str | None = None, *, latest: bool = False) -> Learn:
    """A way for reviews to come to what the validated images teach: fitted once, and kept.

    Args:
        namers: of the service.
        group: metadata field; images that share a value never teach each other's name.
        latest: see `Namers.get`.
    """

    def learn(workspace: Workspace, review: Review, vector: str | None) -> tuple[Teachers, Namer]:
        collection = workspace.catalog.collection(review.collection)
        chosen = review.vector if vector is None else get_vector(collection, vector)
        learnt = namers.get(workspace, collection, chosen, group=group, latest=latest)
        review.notes.extend(note for note in learnt.notes if note not in review.notes)
        return learnt.teachers, learnt.namer

    return learn


def name_examples(learnt: Learnt, vectors: list[np.ndarray], ids: list[str | None]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, shape (n, c), and novelty, shape (n,), of n examples.

    A validated image that is asked about whole is named as if nobody had named it: it knows its own name.

    Args:
        learnt: from the validated images.
        vectors: of the examples.
        ids: of those that are images of the collection, whole; None of the others.
    """
    named = learnt.namer.name(np.stack(vectors).astype(np.float32))
    probabilities, novelty = named.probabilities.copy(), named.novelty.copy()
    for row, one in enumerate(ids):
        place = None if one is None else learnt.places.get(one)
        if place is not None:
            probabilities[row] = learnt.namer.held_out.probabilities[place]
            novelty[row] = learnt.namer.held_out.novelty[place]
    return probabilities, novelty
