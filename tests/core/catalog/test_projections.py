"""Projections as rows: bytes come back as they were."""

from __future__ import annotations

import pytest

from facies.core.catalog import Catalog, projections
from facies.core.errors import CatalogError
from facies.core.records import Fingerprint, ProjectionRecord, VectorRecord

BIG = ProjectionRecord("ab" * 32, "whitened by views", 4, 3, bytes(range(256)) * 30_000)


def test_bytes_come_back_as_they_were(catalog: Catalog) -> None:
    raw = VectorRecord("raw", 4, Fingerprint("card", "0" * 64, "p", "r", "torch", "f32"))
    print_ = raw.fingerprint.projected(BIG.method, BIG.digest)
    catalog.create_collection("c", "generic", [raw, VectorRecord("w", 3, print_, "raw", BIG.digest)], [BIG])
    assert catalog.projection(BIG.digest) == BIG
    assert "data" not in repr(BIG)


def test_what_is_there_stays_and_what_nothing_needs_goes(catalog: Catalog) -> None:
    with catalog._writing() as connection:
        projections.put(connection, [BIG, BIG])
        assert projections.fetch(connection, BIG.digest) == BIG
        projections.sweep(connection, [None, "cd" * 32, BIG.digest, BIG.digest])
        with pytest.raises(CatalogError, match="no projection abab"):
            projections.fetch(connection, BIG.digest)
