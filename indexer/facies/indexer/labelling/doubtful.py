"""Images whose names are in doubt: the uncertain, those between two classes, those on which vectors disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from facies.core.errors import QueryError
from facies.core.records import Prediction
from facies.indexer.labelling.queue_items import Found, QueueItem
from facies.indexer.labelling.review import choose_vector, iter_vectors, read_vectors
from facies.models.selection import find_rivals, measure_disagreement, measure_doubt, pick_highest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facies.core.metrics import Embeddings
    from facies.core.workspace import Workspace
    from facies.indexer.labelling.queue_items import QueueOrder
    from facies.indexer.labelling.review import Review, Standing
    from facies.models.calibration import Values
    from facies.models.knn import Probabilities
    from facies.models.namers import Namer

_SUGGESTIONS: Final = 3


def find_uncertain(workspace: Workspace, review: Review, order: QueueOrder) -> Found:
    """Candidates by falling doubt, see `facies.models.selection.measure_doubt`, which is their value."""
    return _find(workspace, review, order, lambda named: measure_doubt(named, order.doubt))


def find_boundary(workspace: Workspace, review: Review, order: QueueOrder) -> Found:
    """Candidates by rising margin of the two most probable classes, 0 to 1, which is their value."""
    return _find(workspace, review, order, lambda named: -find_rivals(named)[2])


def find_disagreement(workspace: Workspace, review: Review, order: QueueOrder) -> Found:
    """Candidates by how much namers disagree that were taught by different vectors, 0 to 1, which is their value."""
    names = _list_vectors(workspace, review, order.others)
    namers = [review.learn(workspace, review, name)[1] for name in names]
    classes = sorted({label for namer in namers for label in namer.validated.classes})
    there: list[Standing] = []
    values: list[Values] = [np.empty(0)]
    said: list[list[int]] = []
    for batch, rows in iter_vectors(workspace, review, order.leave_out(review.candidates), names):
        named = [_name(namer, vectors, classes) for namer, vectors in zip(namers, rows, strict=True)]
        there += batch
        values.append(measure_disagreement(named))
        said += np.stack([one.argmax(axis=1) for one in named], axis=1).tolist()
    measured = np.concatenate(values)
    items = [
        QueueItem(
            there[place].id,
            there[place].event,
            float(measured[place]),
            by_vector=tuple((name, classes[code]) for name, code in zip(names, said[place], strict=True)),
        )
        for place in pick_highest(measured, order.limit)
    ]
    return Found(items, len(there))


def suggest(namer: Namer, vectors: Embeddings) -> list[tuple[Prediction, ...]]:
    """The most probable labels of each image, at most three."""
    named = namer.name(vectors).probabilities
    first = np.argsort(-named, axis=1, kind="stable")[:, :_SUGGESTIONS]
    classes = namer.validated.classes
    return [
        tuple(Prediction(classes[code], float(row[code])) for code in codes)
        for row, codes in zip(named, first, strict=True)
    ]


def _find(workspace: Workspace, review: Review, order: QueueOrder, measure: Callable[[Probabilities], Values]) -> Found:
    _, namer = review.learn(workspace, review, None)
    there: list[Standing] = []
    values: list[Values] = [np.empty(0)]
    for batch, (vectors,) in iter_vectors(workspace, review, order.leave_out(review.candidates)):
        there += batch
        values.append(measure(namer.name(vectors).probabilities))
    measured = np.concatenate(values)
    chosen = pick_highest(measured, order.limit)
    # Named again: to keep the probabilities of all would take more than to read a page of vectors twice.
    shown, vectors = read_vectors(workspace, review, [there[place] for place in chosen])
    items = [
        QueueItem(one.id, one.event, abs(float(value)), suggestions)
        for one, value, suggestions in zip(shown, measured[chosen], suggest(namer, vectors), strict=True)
    ]
    return Found(items, len(there))


def _list_vectors(workspace: Workspace, review: Review, others: Sequence[str]) -> list[str]:
    record = workspace.catalog.collection(review.collection)
    wanted = [choose_vector(workspace, review.collection, name) for name in others] or list(record.vectors)
    names = list(dict.fromkeys([review.vector.name, *(vector.name for vector in wanted)]))
    if len(names) < 2:
        there = ", ".join(vector.name for vector in record.vectors)
        raise QueryError(
            f"disagreement takes two vectors, and collection {review.collection!r} is compared by {names[0]!r} alone "
            f"(there are: {there}). `facies collections add-model {review.collection} --model CARD` adds another; name "
            "it with --other-vector."
        )
    return names


def _name(namer: Namer, vectors: Embeddings, classes: Sequence[str]) -> Probabilities:
    """The probabilities of classes in this order; those that a namer does not know have none."""
    named = namer.name(vectors).probabilities
    aligned: Probabilities = np.zeros((len(vectors), len(classes)))
    aligned[:, [classes.index(label) for label in namer.validated.classes]] = named
    return aligned
