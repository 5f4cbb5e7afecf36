"""Projections between catalogue and models: read once, and never taken for another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facies.core.errors import CatalogError
from facies.core.records import ProjectionRecord
from facies.core.workspace import Workspace
from facies.indexer.projections import ProjectionCache, read_projection, write_projection
from facies.models.projection import Projection

from .conftest import PixelEmbedder


def made(seed: int, source_dim: int = 16, dim: int = 5) -> Projection:
    rng = np.random.default_rng(seed)
    return Projection(
        rng.normal(size=source_dim).astype(np.float32),
        rng.normal(size=(source_dim, dim)).astype(np.float32),
        "drawn for a test",
    )


def test_a_projection_comes_back_as_it_was() -> None:
    projection = made(1)
    record = write_projection(projection)
    assert (record.digest, record.method, record.source_dim, record.dim) == (
        projection.digest,
        "drawn for a test",
        16,
        5,
    )
    back = read_projection(record, "here")
    np.testing.assert_array_equal(back.matrix, projection.matrix)
    np.testing.assert_array_equal(back.mean, projection.mean)


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: replace(record, data=record.data[: len(record.data) // 2]),
        lambda record: replace(record, data=b"no projection"),
        lambda record: replace(record, data=write_projection(made(2)).data),
        lambda record: replace(record, digest="0" * 64),
        lambda record: replace(record, method="another"),
        lambda record: replace(record, dim=4),
    ],
)
def test_a_damaged_one_is_refused(damage: object) -> None:
    assert callable(damage)
    with pytest.raises(CatalogError, match="of here is damaged"):
        read_projection(damage(write_projection(made(1))), "here")


def test_each_is_read_once_and_few_are_kept(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    records = {(record := write_projection(made(seed))).digest: record for seed in range(12)}
    asked: list[str] = []

    def read(_: object, digest: str) -> ProjectionRecord:
        asked.append(digest)
        return records[digest]

    monkeypatch.setattr(type(workspace.catalog), "projection", read)
    cache, digests = ProjectionCache(), list(records)
    for _ in range(3):
        assert cache.get(workspace.catalog, digests[0]).digest == digests[0]
    assert asked == digests[:1]
    for digest in digests[1:]:
        cache.get(workspace.catalog, digest)
    cache.get(workspace.catalog, digests[-1])
    assert asked == digests
    cache.get(workspace.catalog, digests[0])
    assert asked == [*digests, digests[0]]


def test_what_is_not_there_is_said(workspace: Workspace, embedder: PixelEmbedder) -> None:
    with pytest.raises(CatalogError, match="no projection"):
        ProjectionCache().get(workspace.catalog, "0" * 64)
