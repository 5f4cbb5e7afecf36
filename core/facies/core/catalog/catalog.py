"""The catalogue: what is in the collections, in SQL. One transaction a call; safe to use from several threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from facies.core.catalog import collections, images, metadata, projections, vectors
from facies.core.catalog.copying import copy_database
from facies.core.catalog.engine import open_engine
from facies.core.catalog.jobs import Jobs
from facies.core.catalog.labelling import Labelling
from facies.core.catalog.maps import Maps
from facies.core.catalog.taxonomies import Taxonomies
from facies.core.errors import ImageNotFoundError, QueryError
from facies.core.records import (
    CollectionRecord,
    ImageRecord,
    LabelBatch,
    ProjectionRecord,
    VectorRecord,
)

if TYPE_CHECKING:
    from facies.core.catalog.images import Added
    from facies.core.records import FieldKind, LabelSource

_LARGEST = 2**63 - 1  # of a database's integer


def open_catalog(url: str) -> Catalog:
    """Open the catalogue; make it where there is none, migrate it where it is older than this facies.

    Several processes may do so at once.

    Args:
        url: an SQLAlchemy URL, e.g. ``sqlite:////folder/catalog.sqlite``; missing folders are made.

    Raises:
        ConfigurationError: the URL is not one of a supported database.
        StorageError: the folder or the file cannot be written, or the disk is full.
        CatalogError: the file is damaged, is no catalogue, or was written by a newer facies.
    """
    return Catalog(*open_engine(url))


class Catalog(Labelling, Taxonomies, Jobs, Maps):
    """Collections, images, labels, jobs and maps.

    A method returns when its transaction is on disk, or raises and has changed nothing. Beside the errors named at each
    method, all raise StorageError (disk full, not writable) and CatalogError (damaged, busy for too long, closed).
    """

    # --- collections ---

    def create_collection(
        self,
        name: str,
        preset: str,
        vectors: Sequence[VectorRecord],
        computed_by: Sequence[ProjectionRecord] = (),
    ) -> CollectionRecord:
        """Add a collection; the first vector is the one searched by default.

        Args:
            name: of the collection.
            preset: recorded with it.
            vectors: at least one, each with a name of its own.
            computed_by: the projections of those that are computed from others.

        Raises:
            CollectionExistsError: the name is taken.
            CatalogError: a vector is computed from one that is not among them, or by a projection that is not there.
        """
        with self._writing() as connection:
            return collections.create(connection, name, preset, vectors, computed_by)

    def collection(self, name: str) -> CollectionRecord:
        """Read one collection.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        with self._reading() as connection:
            return collections.fetch(connection, name)

    def collections(self) -> list[CollectionRecord]:
        """Read all collections in order of name."""
        with self._reading() as connection:
            return collections.fetch_all(connection)

    def delete_collection(self, name: str) -> None:
        """Delete a collection with its images, label events and fields.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        with self._writing() as connection:
            collections.remove(connection, name)

    # --- named vectors ---

    def add_vector(
        self, name: str, vector: VectorRecord, computed_by: ProjectionRecord | None = None, *, default: bool = False
    ) -> CollectionRecord:
        """Add a named vector to a collection, behind those that it has; with ``default`` searches use it from now on.

        Raises:
            CollectionNotFoundError: there is none of this name.
            CatalogError: the collection has a vector of this name, or lacks what this one is computed from.
        """
        with self._changing_vectors(name, computed_by) as connection:
            vectors.add(connection, name, vector, default=default)
            return collections.fetch(connection, name)

    def replace_vector(
        self, name: str, old: str, new: VectorRecord, computed_by: ProjectionRecord | None = None
    ) -> CollectionRecord:
        """Put a named vector in the place of another one, which may be the default, in one transaction.

        Raises:
            CollectionNotFoundError: there is no collection of this name.
            QueryError: it has no vector of the old name.
            CatalogError: it has one of the new name, lacks what that one is computed from, or computes others from the
                old one.
        """
        with self._changing_vectors(name, computed_by) as connection:
            vectors.replace(connection, name, old, new)
            return collections.fetch(connection, name)

    def set_default_vector(self, name: str, vector: str) -> CollectionRecord:
        """Make a vector of a collection the one that is searched by default.

        Raises:
            CollectionNotFoundError: there is no collection of this name.
            QueryError: it has no vector of this name.
        """
        with self._changing_vectors(name) as connection:
            vectors.set_default(connection, name, vector)
            return collections.fetch(connection, name)

    def remove_vector(self, name: str, vector: str) -> CollectionRecord:
        """Take a named vector that is not the default from a collection, with the projection that only it needed.

        Raises:
            CollectionNotFoundError: there is no collection of this name.
            QueryError: it has no vector of this name.
            CatalogError: it is the default, or others are computed from it.
        """
        with self._changing_vectors(name) as connection:
            vectors.remove(connection, name, vector)
            return collections.fetch(connection, name)

    def projection(self, digest: str) -> ProjectionRecord:
        """Read the projection that computes a named vector; it is there as long as a vector of any collection needs it.

        Raises:
            CatalogError: there is none of this digest.
        """
        with self._reading() as connection:
            return projections.fetch(connection, digest)

    # --- images ---

    def add_images(
        self,
        collection: str,
        records: Sequence[ImageRecord],
        *,
        actor: str,
        source: LabelSource = "import",
        provenance: Mapping[str, Any] | None = None,
        into: int | None = None,
    ) -> Added:
        """Add images in one transaction: all of them are there afterwards, or none.

        An image that is there already stays as it is. A record's label becomes a label event (state ``validated`` where
        the record names none) unless the image has events, also from before it was deleted: those stand. The points
        of new images are in the vector store already, with the labels of their records.

        Args:
            collection: name of the collection.
            records: images; of several with one id the first counts.
            actor: who, or what, does it.
            source: what the labels come from.
            provenance: what else there is to know of where the labels come from, as JSON.
            into: the batch that earlier images of the same run came with; a new one where it was undone meanwhile.

        Raises:
            CollectionNotFoundError: there is none of this name.
            CatalogError: a record's metadata has a reserved name or a value that is neither text nor a finite number.
        """
        batch = LabelBatch(source, actor, provenance=provenance or {})
        with self._writing() as connection:
            collections.lock(connection, collection)
            return images.add(connection, collection, records, batch, into)

    def image(self, collection: str, image_id: str) -> ImageRecord:
        """Read one image.

        Raises:
            CollectionNotFoundError, ImageNotFoundError: there is none of this name, or id.
        """
        found = self.images(collection, [image_id])
        if image_id not in found:
            raise ImageNotFoundError(collection, image_id)
        return found[image_id]

    def images(self, collection: str, ids: Sequence[str]) -> dict[str, ImageRecord]:
        """Read images by id, in the order of the ids; unknown ids are absent."""
        with self._reading() as connection:
            found = images.fetch(connection, collection, ids)
            if len(found) < len(ids) or not ids:  # one image that is there says that its collection is
                collections.require(connection, collection)
            return found

    def known(self, collection: str, ids: Sequence[str]) -> set[str]:
        """Tell which of these ids are images of the collection; faster than reading them, and no error without one."""
        with self._reading() as connection:
            return images.known(connection, collection, ids)

    def images_of(self, collection: str, sha256s: Sequence[str]) -> dict[str, list[ImageRecord]]:
        """Read the images made from files of these contents, pages in order; unknown contents are absent."""
        with self._reading(collection) as connection:
            return images.fetch_by_content(connection, collection, sha256s)

    def has_content(self, collection: str, sha256: str) -> bool:
        """Whether there is an image made from a file of this content; no collection of this name has none.

        An index run asks it of every file, so it reads no row.
        """
        with self._reading() as connection:
            return images.has_content(connection, collection, sha256)

    def content_hashes(self, collection: str) -> list[str]:
        """Read the hashes of the files that there are images of, each once, in no order."""
        with self._reading(collection) as connection:
            return images.fetch_hashes(connection, collection)

    def list_images(
        self, collection: str, *, offset: int = 0, limit: int = 100, label: str | None = None
    ) -> list[ImageRecord]:
        """Read a page of images in order of id; with ``label``, of the images whose current label it is.

        Raises:
            QueryError: offset or limit is negative or beyond 63 bits.
        """
        if not (0 <= offset <= _LARGEST and 0 <= limit <= _LARGEST):
            raise QueryError(f"offset {offset} and limit {limit} must lie between 0 and {_LARGEST}")
        with self._reading(collection) as connection:
            return images.fetch_page(connection, collection, offset=offset, limit=limit, label=label)

    def iter_images(self, collection: str, batch: int = 1000) -> Iterator[ImageRecord]:
        """Read every image in order of id, ``batch`` at a time, without holding a transaction in between.

        Raises:
            QueryError: ``batch`` is less than 1.
        """
        if batch < 1:
            raise QueryError(f"batch is {batch}, expected at least 1")
        last = ""
        while True:
            with self._reading(collection) as connection:
                records = images.fetch_after(connection, collection, last, batch)
            yield from records
            if len(records) < batch:
                return
            last = records[-1].id

    def count(self, collection: str) -> int:
        """Count the images of a collection."""
        with self._reading(collection) as connection:
            return images.count(connection, collection)

    def set_uri(self, collection: str, sha256: str, uri: str) -> int:
        """Say where the file with this content lies now; gives the number of images (its pages) that follow it."""
        with self._writing() as connection:
            collections.lock(connection, collection)
            return images.set_uri(connection, collection, sha256, uri)

    def move_uris(self, old: str, new: str) -> int:
        """In all collections let originals below the folder ``old`` lie below ``new``; gives the number of images."""
        with self._writing() as connection:
            return images.move_uris(connection, old.rstrip("/") + "/", new.rstrip("/") + "/")

    def delete_images(self, collection: str, ids: Sequence[str]) -> int:
        """Delete images; gives the number that were there. Label events stay: added again, an image is named again."""
        with self._writing() as connection:
            collections.lock(connection, collection)
            return images.remove(connection, collection, ids)

    # --- fields ---

    def metadata_fields(self, collection: str) -> dict[str, FieldKind]:
        """Read the metadata fields and their kinds: ``keyword``, ``integer`` or ``float``, in order of name.

        A kind holds every value ever added: whole numbers with decimals make ``float``, numbers with text ``keyword``.
        """
        with self._reading(collection) as connection:
            return metadata.fields(connection, collection)

    # --- life ---

    def check(self) -> None:
        """Ask the database for an answer; raises CatalogError or StorageError where it gives none."""
        with self._reading() as connection:
            connection.execute(text("SELECT 1 FROM collections"))

    def copy_to(self, path: Path) -> None:
        """Write a copy of the whole catalogue to a new file, as it is at one moment; others may go on writing.

        Raises:
            ConfigurationError: the catalogue is no SQLite file; its database has tools of its own for this.
            StorageError: the disk is full or the folder cannot be written.
        """
        self._check_open()
        copy_database(self._engine, path, self.where)

    @contextmanager
    def _changing_vectors(self, name: str, computed_by: ProjectionRecord | None = None) -> Iterator[Connection]:
        given = [] if computed_by is None else [computed_by]
        with self._writing() as connection:
            collections.lock(connection, name)
            projections.put(connection, given)
            yield connection
            projections.sweep(connection, [one.digest for one in given])  # what no vector needs is not kept
