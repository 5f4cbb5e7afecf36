"""The vector store's payload mirrors label and state, so that filters work within a search; the catalogue is the truth.

A collection notes the newest batch of labels that its payload has followed. Whoever labels brings the payload in line
after the catalogue's commit; whoever opens the data does so too, which heals a kill between the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from facies.core.records import ImageRecord, MetadataValue
from facies.indexer.collections import payload_of

if TYPE_CHECKING:
    from facies.core.store import Payload, VectorStore
    from facies.core.workspace import Workspace

MIRRORED: Final = ("label", "state")
_AT_ONCE: Final = 1000


@dataclass(slots=True)
class Drift:
    """What a comparison of catalogue and vector store found.

    Attributes:
        collection: its name.
        images: of the catalogue.
        drifted: of them, those whose payload says something else.
        lacking: of them, those that the store has no point of; an index run makes them again.
        strange: points of no image; an index run that was killed leaves them, and the next one takes them over.
        mended: payloads that were written anew.
    """

    collection: str
    images: int = 0
    drifted: int = 0
    lacking: int = 0
    strange: int = 0
    mended: int = 0


def follow_labels(workspace: Workspace, collection: str) -> int:
    """Bring the payload in line with all batches of labels that it has not followed yet; gives the number of images.

    Another process may label while this one writes what it read before: the labels are looked at until none is newer
    than those that were read.

    Raises:
        CollectionNotFoundError: there is none of this name.
        StoreError: the vector store does not answer; the next call goes on where this one began.
    """
    done = 0
    behind, newest = workspace.catalog.unfollowed(collection)
    while behind < newest:
        for records in workspace.catalog.touched_images(collection, behind, _AT_ONCE):
            write_payloads(workspace.store, collection, records)
            done += len(records)
        workspace.catalog.set_followed(collection, newest)
        behind, (_, newest) = newest, workspace.catalog.unfollowed(collection)
    return done


def follow_all_labels(workspace: Workspace) -> None:
    """Do the same for every collection: what to do when the data is opened."""
    for record in workspace.catalog.collections():
        follow_labels(workspace, record.name)


def mirror_labels(workspace: Workspace, collection: str, image_ids: Sequence[str]) -> None:
    """Write the payload of these images as the catalogue has them now."""
    if image_ids:
        write_payloads(workspace.store, collection, workspace.catalog.images(collection, image_ids).values())


def check_labels(workspace: Workspace, collection: str, *, mend: bool = True) -> Drift:
    """Compare the payload of every image with the catalogue, and mend what differs.

    Args:
        workspace: the open data.
        collection: its name.
        mend: whether to write payloads anew, or only to count.

    Raises:
        CollectionNotFoundError: there is none of this name.
    """
    found = Drift(collection)
    records = workspace.catalog.iter_images(collection, _AT_ONCE)
    while batch := list(islice(records, _AT_ONCE)):
        points = workspace.store.get(collection, [record.id for record in batch], vectors=False)
        there = [record for record in batch if record.id in points]
        drifted = [record for record in there if has_drifted(record, points[record.id].payload)]
        found.images += len(batch)
        found.lacking += len(batch) - len(there)
        found.drifted += len(drifted)
        if mend:
            for record in drifted:
                mend_payload(workspace.store, collection, record)
            found.mended += len(drifted)
    found.strange = max(0, workspace.store.count(collection) - (found.images - found.lacking))
    return found


def has_drifted(record: ImageRecord, payload: Payload) -> bool:
    """Whether the payload of a point says something else than the catalogue."""
    wanted = payload_of(record)
    return any(payload.get(name) != value for name, value in wanted.items()) or any(
        name in payload and name not in wanted for name in MIRRORED
    )


def mend_payload(store: VectorStore, collection: str, record: ImageRecord) -> None:
    """Write all that the payload of one image should say."""
    store.set_payload(collection, [record.id], payload_of(record))
    if record.label is None:
        store.drop_payload(collection, [record.id], MIRRORED)


def write_payloads(store: VectorStore, collection: str, records: Iterable[ImageRecord]) -> None:
    """Write label and state of images, those that have them alike together."""
    alike: dict[tuple[str | None, str | None], list[ImageRecord]] = {}
    for record in records:
        alike.setdefault((record.label, record.state), []).append(record)
    for (label, state), group in alike.items():
        ids = [record.id for record in group]
        if label is None or state is None:
            store.drop_payload(collection, ids, MIRRORED)
        else:
            fields: dict[str, MetadataValue] = {"label": label, "state": state}
            store.set_payload(collection, ids, fields)
