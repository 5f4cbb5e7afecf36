"""Reference plates: what a class looks like in its middle, at its boundary, and what is confused with it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facies.core.errors import QueryError
from facies.indexer.labelling.review import check_limit, open_review, read_teachers, teach_namer
from facies.models.exemplars import choose_exemplars

if TYPE_CHECKING:
    from collections.abc import Collection

    from facies.core.workspace import Workspace
    from facies.indexer.labelling.review import Teachers
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
) -> Plate:
    """Choose the images of the plate of a class from the validated ones.

    Args:
        workspace: the open data.
        collection: its name.
        label: the class.
        vector: named vector to compare by; None: the default.
        count: most images of each kind, at least 1.
        group: metadata field; images that share a value never teach each other's name.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: no image is validated as this class, naming those that come near; or count is below 1.
    """
    check_limit(count)
    review = open_review(workspace, collection, vector, group=group)
    teachers = read_teachers(workspace, review)
    if label not in teachers.classes:
        raise unknown_class(collection, label, teachers.classes)
    code = teachers.classes.index(label)
    found = choose_exemplars(teachers.vectors, teachers.codes, code, _name(teachers, review.notes), count)

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


def _name(teachers: Teachers, notes: list[str]) -> Probabilities | None:
    try:
        return teach_namer(teachers).held_out.probabilities
    except QueryError as error:
        # What the class looks like can be shown all the same.
        notes.append(f"no boundary is shown: {error.message}")
        return None
