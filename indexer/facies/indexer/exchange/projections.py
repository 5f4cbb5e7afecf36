"""The projections of a collection in its Parquet file: one entry of the key-value metadata for each, in base64.

They are not among what the Arrow schema says of itself, which writers repeat: one may take several megabytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from facies.core.errors import ModelError, SourceError
from facies.core.records import ProjectionRecord, VectorRecord
from facies.indexer.projections import read_projection, write_projection
from facies.models.projection import Projection

if TYPE_CHECKING:
    from facies.core.catalog import Catalog

KEY: Final = "facies.projection."
"""Followed by the digest."""


def load_projections(catalog: Catalog, vectors: Sequence[VectorRecord]) -> list[ProjectionRecord]:
    """Read the projections that these vectors need from a catalogue, each once.

    Raises:
        CatalogError: one is damaged.
    """
    digests = sorted({vector.projection for vector in vectors if vector.projection is not None})
    records = [catalog.projection(digest) for digest in digests]
    for record in records:
        read_projection(record, catalog.where)
    return records


def write_entries(projections: Sequence[ProjectionRecord]) -> dict[bytes, str]:
    """Bring projections into entries of a file's key-value metadata."""
    return {(KEY + one.digest).encode(): base64.b64encode(one.data).decode("ascii") for one in projections}


def read_entries(entries: Mapping[bytes, bytes], vectors: Sequence[VectorRecord], where: str) -> list[ProjectionRecord]:
    """Read the projections that these vectors need from a file's key-value metadata, and see that they fit.

    Raises:
        SourceError: one is missing, damaged, or does not make the vector that it should of the one that it should.
    """
    found: dict[str, ProjectionRecord] = {}
    for vector in vectors:
        if vector.projection is None:
            continue
        if vector.projection not in found:
            found[vector.projection] = _read(entries, vector, where)
        _check_fit(found[vector.projection], vector, vectors, where)
    return list(found.values())


def _read(entries: Mapping[bytes, bytes], vector: VectorRecord, where: str) -> ProjectionRecord:
    text = entries.get((KEY + str(vector.projection)).encode())
    if text is None:
        raise SourceError(
            f"{where} lacks projection {vector.projection}, which computes its vectors {vector.name!r}: a tool that "
            "rewrote the file has to keep its key-value metadata. Export the collection again"
        )
    try:
        data = base64.b64decode(text, validate=True)
        return write_projection(Projection.from_bytes(data), data)
    except (ModelError, ValueError) as error:
        raise SourceError(f"{where}: projection {vector.projection} is damaged ({error})") from error


def _check_fit(projection: ProjectionRecord, vector: VectorRecord, vectors: Sequence[VectorRecord], where: str) -> None:
    source = next((one for one in vectors if one.name == vector.source), None)
    if source is None:
        raise SourceError(f"{where}: vector {vector.name!r} is computed from {vector.source!r}, which is not in it")
    if projection.digest != vector.projection:
        raise SourceError(f"{where}: projection {vector.projection} is damaged: its values have another digest")
    made = (projection.source_dim, projection.dim, source.fingerprint.projected(projection.method, projection.digest))
    if made != (source.dim, vector.dim, vector.fingerprint):
        raise SourceError(
            f"{where}: projection {projection.digest} does not make vector {vector.name!r} of {source.name!r}: their "
            "dimensions or fingerprints differ"
        )
