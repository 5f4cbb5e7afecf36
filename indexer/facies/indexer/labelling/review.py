"""What every review of a collection starts from: what is validated, what is not, their vectors, and a namer.

Ids and labels of all images are held, vectors only of the validated ones, up to a bound; those of the others pass
through in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits

from facies.core.errors import QueryError
from facies.core.filters import matches
from facies.indexer.named_vectors import get_vector
from facies.indexer.sampling import pick_evenly
from facies.models.namers import Validated, fit_namer

if TYPE_CHECKING:
    from facies.core.filters import Filter
    from facies.core.metrics import Codes, Embeddings
    from facies.core.records import ImageRecord, LabelState, VectorRecord
    from facies.core.workspace import Workspace
    from facies.models.namers import Namer

AT_ONCE: Final = 1024
"""Vectors that are fetched at a time."""
MOST_VALIDATED: Final = 5_000
"""Validated images that teach a namer; of large classes some are left out, evenly."""
MOST_BYTES: Final = 2**28
"""Of vectors that are held at a time, where a way needs them all: 174,000 of 384 numbers."""
Learn: TypeAlias = "Callable[[Workspace, Review, str | None], tuple[Teachers, Namer]]"
"""How a review comes to what the validated images teach."""
_SURE: Final = ("validated", "dubious")
"""States that a person gave to what is there; what has one of them waits for nobody's look, or for an expert's."""


class Standing(NamedTuple):
    """How an image stands: what the catalogue says of it, without what a review does not need."""

    id: str
    label: str | None
    state: LabelState | None
    event: int | None
    group: str | None


@dataclass(frozen=True, slots=True)
class Review:
    """The images of a collection, by how they stand.

    Attributes:
        collection: its name.
        vector: by which they are compared.
        validated: those with a validated label.
        candidates: those that no person has named for sure, narrowed by the filter.
        flagged: those that a person doubts, narrowed by the filter.
        notes: what a person should know; grows as things are left out.
        learn: gives what the validated images teach, by a named vector (None: that of the review). A service keeps it,
            and may be content with what they taught a while ago.
    """

    collection: str
    vector: VectorRecord
    validated: tuple[Standing, ...]
    candidates: tuple[Standing, ...]
    flagged: tuple[Standing, ...]
    notes: list[str] = field(default_factory=list)
    learn: Learn = field(default_factory=lambda: learn_anew)


@dataclass(frozen=True, slots=True, eq=False)
class Teachers:
    """Validated images with their vectors.

    Attributes:
        standings: n of them.
        vectors: shape (n, d), float32, unit rows.
        classes: their labels in alphabetical order.
        codes: shape (n,): which of these each has.
        groups: shape (n,); None where groups play no part.
    """

    standings: tuple[Standing, ...]
    vectors: Embeddings
    classes: tuple[str, ...]
    codes: Codes
    groups: Codes | None


def open_review(
    workspace: Workspace,
    collection: str,
    vector: str | None = None,
    *,
    where: Filter | None = None,
    group: str | None = None,
    taught_by: Filter | None = None,
    learn: Learn | None = None,
) -> Review:
    """See how the images of a collection stand.

    Args:
        workspace: the open data.
        collection: its name.
        vector: named vector to compare by; None: the default one.
        where: narrows what is to be reviewed, not what is learnt from.
        group: metadata field; images that share a value never teach each other's name.
        taught_by: narrows what is learnt from.
        learn: see `Review`; None: anew each time.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: there is no vector, or no field, of this name.
    """
    chosen = choose_vector(workspace, collection, vector)
    fields = workspace.catalog.metadata_fields(collection)
    if group is not None and group not in fields:
        raise QueryError(f"collection {collection!r} has no field {group!r}; it has {', '.join(fields) or 'none'}.")
    validated, candidates, flagged = [], [], []
    for image in workspace.catalog.iter_images(collection):
        standing = _stand(image, group)
        if image.state == "validated" and (taught_by is None or matches(taught_by, _payload(image))):
            validated.append(standing)
        if where is not None and not matches(where, _payload(image)):
            continue
        if image.state not in _SURE:
            candidates.append(standing)
        elif image.state == "dubious":
            flagged.append(standing)
    standings = tuple(validated), tuple(candidates), tuple(flagged)
    return Review(collection, chosen, *standings, learn=learn or learn_anew)


def choose_vector(workspace: Workspace, collection: str, vector: str | None = None) -> VectorRecord:
    """The named vector of a collection, or its default one.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: there is no vector of this name.
    """
    return get_vector(workspace.catalog.collection(collection), vector)


def iter_vectors(
    workspace: Workspace, review: Review, standings: Sequence[Standing], vectors: Sequence[str] = ()
) -> Iterator[tuple[list[Standing], list[Embeddings]]]:
    """Read vectors in batches; images that lack one of them are passed over.

    Args:
        workspace: the open data.
        review: of the collection.
        standings: the images.
        vectors: names; none: that of the review.

    Yields:
        the images of a batch that have all of the vectors, at least one, and of each vector (n, d) float32.
    """
    names = list(vectors) or [review.vector.name]
    for start in range(0, len(standings), AT_ONCE):
        batch = standings[start : start + AT_ONCE]
        points = workspace.store.get(review.collection, [one.id for one in batch], vectors=names)
        there = [one for one in batch if one.id in points and all(name in points[one.id].vectors for name in names)]
        if there:
            yield (
                there,
                [
                    np.stack([np.asarray(points[one.id].vectors[name], dtype=np.float32) for one in there])
                    for name in names
                ],
            )


def read_vectors(
    workspace: Workspace, review: Review, standings: Sequence[Standing], vector: str | None = None
) -> tuple[list[Standing], Embeddings]:
    """Read the vectors of images at once; how many is for the caller to bound."""
    name = vector or review.vector.name
    there: list[Standing] = []
    rows = np.empty((len(standings), workspace.store.schema(review.collection).vectors[name]), np.float32)
    for batch, (vectors,) in iter_vectors(workspace, review, standings, [name]):
        rows[len(there) : len(there) + len(batch)] = vectors
        there += batch
    return there, rows[: len(there)]


def read_teachers(
    workspace: Workspace, review: Review, vector: str | None = None, *, most: int = MOST_VALIDATED
) -> Teachers:
    """Read the vectors of the validated images; of large classes some are left out, and told of.

    Raises:
        QueryError: no image has a validated label and the vector.
    """
    chosen = spread(review.validated, most)
    if len(chosen) < len(review.validated):
        taught = f"{len(chosen):,} were learnt from, a part of each class"
        _note(review, f"of {len(review.validated):,} validated images {taught}")
    there, vectors = read_vectors(workspace, review, chosen, vector)
    if not there:
        name = vector or review.vector.name
        lacks = f" that has the vector {name!r} yet" if chosen else ""
        raise QueryError(
            f"collection {review.collection!r} has no image with a validated label{lacks}, so nothing can be learnt. "
            "Validate some (`facies label give`), or index a folder or manifest of labelled images into it."
        )
    if len(there) < len(chosen):
        _note(
            review, f"{len(chosen) - len(there):,} validated images have no vector {vector or review.vector.name} yet"
        )
    classes, codes = np.unique([str(one.label) for one in there], return_inverse=True)
    groups = None
    if any(one.group is not None for one in there):
        # A NUL stands in no value: an image without one is a group of its own.
        groups = np.unique([one.group or f"\0{one.id}" for one in there], return_inverse=True)[1]
    return Teachers(tuple(there), vectors, tuple(map(str, classes)), codes, groups)


def teach_namer(teachers: Teachers) -> Namer:
    """Fit the way of naming that does best on held-out images.

    Raises:
        QueryError: see `facies.models.namers.fit_namer`.
    """
    return fit_namer(Validated(teachers.vectors, teachers.codes, teachers.classes, teachers.groups))


def learn_anew(workspace: Workspace, review: Review, vector: str | None = None) -> tuple[Teachers, Namer]:
    """Read the validated images, and fit a namer on them.

    Raises:
        QueryError: they do not suffice.
    """
    taught = read_teachers(workspace, review, vector)
    # The products are small: one thread each is as fast, and does not wait for cores that others use.
    with threadpool_limits(1):
        return taught, teach_namer(taught)


def spread(standings: Sequence[Standing], most: int) -> list[Standing]:
    """Keep so many images: small classes whole, of large ones as many of each, spread evenly over them.

    Example:
        >>> rows = [Standing(str(i), "a" if i < 2 else "b", "validated", None, None) for i in range(9)]
        >>> [one.label for one in spread(rows, 5)]
        ['a', 'a', 'b', 'b', 'b']
    """
    if len(standings) <= most:
        return list(standings)
    places: dict[str | None, list[int]] = {}
    for place, one in enumerate(standings):
        places.setdefault(one.label, []).append(place)
    kept: list[int] = []
    left = most
    for number, of_class in enumerate(sorted(places.values(), key=len)):
        share = min(len(of_class), left // (len(places) - number))
        kept += [of_class[at] for at in pick_evenly(len(of_class), share, seed=0)]
        left -= share
    return [standings[place] for place in sorted(kept)]


def check_limit(limit: int) -> None:
    """Refuse to look for no images.

    Raises:
        QueryError: the limit is below 1.
    """
    if limit < 1:
        raise QueryError(f"the limit is {limit}, expected at least 1")


def _note(review: Review, text: str) -> None:
    if text not in review.notes:
        review.notes.append(text)


def _stand(image: ImageRecord, group: str | None) -> Standing:
    value = None if group is None else image.metadata.get(group)
    return Standing(image.id, image.label, image.state, image.event, None if value is None else str(value))


def _payload(image: ImageRecord) -> dict[str, str | int | float]:
    named = {} if image.label is None else {"label": image.label, "state": str(image.state)}
    return {**image.metadata, **named, "sha256": image.sha256}
