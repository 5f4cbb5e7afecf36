"""Unknowns of a collection: images that lie far from all validated ones, in groups that may be one taxon each.

A group gets a provisional name as a prediction, in a batch that can be undone. Promoting it to a real name, and merging
groups, are further batches: the label of every image that has one of the names becomes another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from facies.core.errors import QueryError
from facies.core.metrics import exact_neighbours, other_neighbours
from facies.core.records import Label, LabelBatch
from facies.indexer.labelling.giving import give_labels
from facies.indexer.labelling.plates import unknown_class
from facies.indexer.labelling.renaming import renamed
from facies.indexer.labelling.review import iter_vectors, open_review, read_teachers, read_vectors
from facies.indexer.labelling.taxa import resolve_labels
from facies.indexer.sampling import pick_evenly
from facies.models.novelty import GATE, NEIGHBOURS, compute_novelty, fit_gate
from facies.models.unknowns import FEWEST, group_unknowns, name_groups

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from facies.core.actors import Actor
    from facies.core.filters import Filter
    from facies.core.records import LabelBatchRecord
    from facies.core.workspace import Workspace
    from facies.indexer.labelling.review import Review, Standing, Teachers
    from facies.models.calibration import Values

NameBy: TypeAlias = Literal["number", "nearest"]
"""``Unknown A``; or after the nearest class, ``Areoligera sp. A``, which claims a kinship that nobody has seen."""

MOST_GROUPED: Final = 10_000
"""Unknown images that groups are sought among."""


@dataclass(frozen=True, slots=True)
class Provisional:
    """A group of unknown images.

    Attributes:
        name: provisional, that no label of the collection has.
        members: ids, from the middle outwards; the first is the medoid.
        nearest: the nearest validated class; None where nothing is validated.
        distance: 1 less the cosine of the two middles, 0 to 2.
    """

    name: str
    members: tuple[str, ...]
    nearest: str | None
    distance: float | None


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Unknown images of a collection.

    Attributes:
        collection: its name.
        vector: by which images were compared.
        looked_at: images without a name that a person gave.
        gate: novelty beyond which an image is unknown; None where nothing is validated.
        unknown: images beyond it.
        groups: the largest first.
        apart: ids of unknown images that belong to none, the strangest first.
        versions: of the label of each member when it was read.
        novelty: of each member; empty where nothing is validated.
        notes: what a person should know.
    """

    collection: str
    vector: str
    looked_at: int
    gate: float | None
    unknown: int
    groups: tuple[Provisional, ...]
    apart: tuple[str, ...]
    versions: dict[str, int | None]
    novelty: dict[str, float]
    notes: tuple[str, ...]


def find_unknowns(
    workspace: Workspace,
    collection: str,
    *,
    vector: str | None = None,
    where: Filter | None = None,
    group: str | None = None,
    share: float = GATE,
    fewest: int = FEWEST,
    name_by: NameBy = "number",
) -> Unknowns:
    """Gather the images beyond the novelty gate into groups.

    Args:
        workspace: the open data.
        collection: its name.
        vector: named vector to compare by; None: the default.
        where: narrows the images.
        group: metadata field; validated images that share a value are not compared with each other.
        share: of the validated images that the gate lets through, see `facies.models.novelty.fit_gate`.
        fewest: images of a group, at least 2.
        name_by: what groups are named by.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: a number is out of its range, or there is no vector or field of a name.
    """
    review = open_review(workspace, collection, vector, where=where, group=group)
    teachers = read_teachers(workspace, review) if review.validated else None
    if teachers is None:
        review.notes.append("no image is validated, so every one counts as unknown")
    gate = _fit_gate(teachers, share)
    strange, novelty, looked_at = _find_strange(workspace, review, teachers, gate)
    chosen = pick_evenly(len(strange), MOST_GROUPED, seed=0)
    if len(chosen) < len(strange):
        review.notes.append(f"of {len(strange):,} unknown images {len(chosen):,} were grouped, spread evenly")
    there, vectors = read_vectors(workspace, review, [strange[place] for place in chosen])
    far = novelty[chosen]
    known = vectors[:0] if teachers is None else teachers.vectors
    codes = np.empty(0, np.int64) if teachers is None else teachers.codes
    found = group_unknowns(vectors, known, codes, fewest=fewest)
    nearest = [
        None if teachers is None or one.nearest is None else teachers.classes[one.nearest] for one in found.groups
    ]
    # A name that was ever given stays with the images of then, in their history.
    ever = workspace.catalog.labels_from(collection, "clusters")
    taken = {*workspace.catalog.label_counts(collection), *ever}
    names = name_groups(nearest if name_by == "nearest" else [None] * len(nearest), sorted(taken))
    names = _keep_names(names, [[there[place].label for place in one.members] for one in found.groups], ever)
    groups = tuple(
        Provisional(name, tuple(there[place].id for place in one.members), taxon, one.distance)
        for name, one, taxon in zip(names, found.groups, nearest, strict=True)
    )
    apart = found.apart[np.argsort(-far[found.apart], kind="stable")]
    return Unknowns(
        collection,
        review.vector.name,
        looked_at,
        gate,
        len(strange),
        groups,
        tuple(there[place].id for place in apart),
        {one.id: one.event for one in there},
        {} if teachers is None else {one.id: float(value) for one, value in zip(there, far, strict=True)},
        tuple(review.notes),
    )


def _keep_names(
    names: Sequence[str], labels: Sequence[Sequence[str | None]], provisional: AbstractSet[str]
) -> list[str]:
    """Let a group keep the provisional name that more than half of its images have already."""
    kept: list[str] = []
    for name, members in zip(names, labels, strict=True):
        (most, count), *_ = Counter(members).most_common(1)
        has = most is not None and most in provisional and most not in kept and 2 * count > len(members)
        kept.append(most if has and most is not None else name)
    return kept


def give_provisional(workspace: Workspace, found: Unknowns, actor: Actor) -> LabelBatchRecord:
    """Give every member of a group its provisional name, as a prediction that can be undone.

    Raises:
        QueryError: there is no group.
        StaleLabelError: somebody has labelled one of the images meanwhile; nothing was changed.
    """
    if not found.groups:
        raise QueryError(f"collection {found.collection!r} has no group of unknown images that could be named")
    labels = {
        one: Label(group.name, "predicted", novelty=found.novelty.get(one))
        for group in found.groups
        for one in group.members
    }
    provenance = {
        "vector": found.vector,
        "gate": found.gate,
        "groups": {
            group.name: {"images": len(group.members), "medoid": group.members[0], "nearest": group.nearest}
            for group in found.groups
        },
    }
    batch = LabelBatch("clusters", actor.name, actor.verified, provenance)
    return give_labels(workspace, found.collection, labels, batch, seen={one: found.versions[one] for one in labels})


def rename_labels(
    workspace: Workspace, collection: str, names: Sequence[str], to: str, actor: Actor, *, validate: bool = False
) -> LabelBatchRecord:
    """Give every image that has one of the names another one: promotes a provisional taxon, or merges several.

    What was predicted stays a prediction, since nobody has seen each image, unless ``validate`` says that somebody has.
    What a person rejected stays rejected under its name.

    Args:
        workspace: the open data.
        collection: its name.
        names: labels, at least one.
        to: the new one; where the collection uses a taxonomy a taxon, or another label that images have.
        actor: who does it.
        validate: whether predictions become validated.

    Raises:
        QueryError: no image has one of the names, or nothing would change.
        StaleLabelError: somebody has labelled one of the images meanwhile; nothing was changed.
        UnknownTaxonError: the new name is no taxon of the collection's taxonomy.
    """
    to = to.strip()
    if to:
        to = resolve_labels(workspace, collection, [to], present=workspace.catalog.label_counts(collection))[to]
    old = dict.fromkeys(name for name in names if name != to)
    if not to or not old:
        raise QueryError(f"{', '.join(map(repr, names)) or 'nothing'} cannot become {to!r}: give labels and a new one")
    records = [one for one in workspace.catalog.iter_images(collection) if one.label in old and one.state != "rejected"]
    there = {str(record.label) for record in records}
    for name in old:
        if name not in there:
            raise unknown_class(collection, name, workspace.catalog.label_counts(collection), "labelled")
    labels = renamed(workspace, collection, records, dict.fromkeys(old, to), validate=validate)
    batch = LabelBatch("person", actor.name, actor.verified, {"renamed": list(old), "to": to, "validated": validate})
    return give_labels(workspace, collection, labels, batch, seen={one.id: one.event for one in records})


def _fit_gate(teachers: Teachers | None, share: float) -> float | None:
    if teachers is None:
        return None
    mates = 1 if teachers.groups is None else int(np.bincount(teachers.groups).max())
    most = len(teachers.codes) - mates
    if most < 1:
        raise QueryError("all validated images are one, or of one group: how far they lie apart cannot be told")
    similarities = other_neighbours(teachers.vectors, min(NEIGHBOURS, most), teachers.groups)[1]
    return fit_gate(compute_novelty(similarities), share)


def _find_strange(
    workspace: Workspace, review: Review, teachers: Teachers | None, gate: float | None
) -> tuple[list[Standing], Values, int]:
    """The candidates beyond the gate with their novelty, and how many were looked at."""
    strange: list[Standing] = []
    novelty: list[Values] = [np.empty(0)]
    looked_at = 0
    for batch, (vectors,) in iter_vectors(workspace, review, review.candidates):
        looked_at += len(batch)
        if teachers is None or gate is None:
            strange += batch
            novelty.append(np.zeros(len(batch)))
            continue
        far = compute_novelty(exact_neighbours(vectors, teachers.vectors, min(NEIGHBOURS, len(teachers.codes)))[1])
        beyond = np.flatnonzero(far > gate)
        strange += [batch[place] for place in beyond]
        novelty.append(far[beyond])
    return strange, np.concatenate(novelty), looked_at
