"""Reference plates: what a class looks like in its middle, at its boundary, and what is confused with it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import QueryError
from facies.indexer.labelling.review import check_limit, open_review, read_teachers
from facies.models.exemplars import choose_exemplars

if TYPE_CHECKING:
    from collections.abc import Collection

    from facies.core.workspace import Workspace
    from facies.indexer.labelling.review import Learn, Review, Teachers
    from facies.models.knn import Probabilities


@dataclass(frozen=True, slots=True)
class Exemplar:
    """An image of a plate.

    Attributes:
        id: of the image.
        label: its own.
        other: the class that it is most confused with, at a boundary.
        margin: by how much its own class leads that one, -1 to 1.
        nearest: id of the image of the plate's class that it looks like, of another class.
        similarity: their cosine.
    """

    id: str
    label: str
    other: str | None = None
    margin: float | None = None
    nearest: str | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Plate:
    """A reference plate.

    Attributes:
        label: the class.
        collection: its name.
        vector: by which images were compared.
        images: validated ones of the class.
        medoid: the image most similar to the others.
        typical: the next ones.
        boundary: images of the class that are named least surely, with what they are taken for.
        confusable: images of other classes that look most like one of this.
        notes: what a person should know.
    """

    label: str
    collection: str
    vector: str
    images: int
    medoid: Exemplar
    typical: tuple[Exemplar, ...]
    boundary: tuple[Exemplar, ...]
    confusable: tuple[Exemplar, ...]
    notes: tuple[str, ...]


def make_plate(
    workspace: Workspace,
    collection: str,
    label: str,
    *,
    vector: str | None = None,
    count: int = 6,
    group: str | None = None,
    learn: Learn | None = None,
) -> Plate:
    """Choose the images of the plate of a class from the validated ones.

    Args:
        workspace: the open data.
        collection: its name.
        label: the class.
        vector: named vector to compare by; None: the default.
        count: most images of each kind, at least 1.
        group: metadata field; images that share a value never teach each other's name.
        learn: see `facies.indexer.labelling.review.Review`.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: no image is validated as this class, naming those that come near; or count is below 1.
    """
    check_limit(count)
    review = open_review(workspace, collection, vector, group=group, learn=learn)
    teachers = read_teachers(workspace, review)
    if label not in teachers.classes:
        raise unknown_class(collection, label, teachers.classes)
    code = teachers.classes.index(label)
    found = choose_exemplars(teachers.vectors, teachers.codes, code, _name(workspace, review, teachers), count)

    def show(place: int) -> Exemplar:
        return Exemplar(teachers.standings[place].id, teachers.classes[teachers.codes[place]])

    return Plate(
        label,
        collection,
        review.vector.name,
        sum(one.label == label for one in review.validated),
        show(found.medoid),
        tuple(show(place) for place in found.typical),
        tuple(
            replace(show(place), other=teachers.classes[rival], margin=float(margin))
            for place, rival, margin in zip(found.boundary, found.rivals, found.margins, strict=True)
        ),
        tuple(
            replace(show(place), nearest=teachers.standings[mate].id, similarity=float(cosine))
            for place, mate, cosine in zip(found.confusable, found.nearest, found.similarities, strict=True)
        ),
        tuple(review.notes),
    )


def unknown_class(collection: str, label: str, known: Collection[str], how: str = "validated as") -> QueryError:
    """The error that names the labels nearest to one that no image has."""
    close = difflib.get_close_matches(label, list(known), n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    return QueryError(
        f"collection {collection!r} has no image {how} {label!r}.{hint} "
        f"`facies collections show {collection}` lists its labels."
    )


def _name(workspace: Workspace, review: Review, teachers: Teachers) -> Probabilities | None:
    """What each validated image is taken for that had no part in it; None where nothing can be learnt."""
    try:
        taught, namer = review.learn(workspace, review, None)
    except QueryError as error:
        # What the class looks like can be shown all the same.
        review.notes.append(f"no boundary is shown: {error.message}")
        return None
    return _align(namer.held_out.probabilities, taught, teachers)


def _align(named: Probabilities, taught: Teachers, teachers: Teachers) -> Probabilities:
    """Put what was said of the images that taught in the order of those of now; new ones are sure of their label."""
    known = [code for code, name in enumerate(taught.classes) if name in teachers.classes]
    columns = [teachers.classes.index(taught.classes[code]) for code in known]
    places = {(one.id, one.label): place for place, one in enumerate(taught.standings)}
    aligned: Probabilities = np.zeros((len(teachers.codes), len(teachers.classes)))
    for row, one in enumerate(teachers.standings):
        place = places.get((one.id, one.label))
        if place is None:
            aligned[row, teachers.codes[row]] = 1.0
        else:
            aligned[row, columns] = named[place, known]
    return aligned
