"""A collection of drawn images, whose vectors and labels a test knows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facies.core.records import Fingerprint, ImageRecord, LabelState, VectorRecord
from facies.core.settings import Settings
from facies.core.store import Point
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.collections import payload_of, schema_of

NAME = "grains"
DIM = 8


def make_ids(count: int) -> list[str]:
    return sorted(str(uuid.uuid5(uuid.NAMESPACE_OID, f"grain {n}")) for n in range(count))


def add_images(workspace: Workspace, records: list[ImageRecord], vectors: np.ndarray) -> None:
    """Add images as an index run does: points first, then rows."""
    points = [Point(r.id, {"v": row}, payload_of(r)) for r, row in zip(records, vectors, strict=True)]
    workspace.store.upsert(NAME, points)
    workspace.catalog.add_images(NAME, records, actor="test")


def record_of(image_id: str, label: str | None = None) -> ImageRecord:
    sha256 = image_id.replace("-", "") * 2
    state: LabelState | None = None if label is None else "validated"
    return ImageRecord(image_id, sha256, None, f"/x/{image_id}.png", 9, 9, "PNG", "uint8", {"well": "A"}, label, state)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        vector = VectorRecord("v", DIM, Fingerprint("v", "0" * 64, "none", "one", "numpy", "f32"))
        record = workspace.catalog.create_collection(NAME, "generic", [vector])
        workspace.store.ensure(NAME, schema_of(record, {}))
        yield workspace


@pytest.fixture
def ids(opened: Workspace) -> list[str]:
    """Twelve images, the first four of which are labelled ``azolla``."""
    ids = make_ids(12)
    rows = np.random.default_rng(3).normal(size=(len(ids), DIM)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    add_images(opened, [record_of(one, "azolla" if n < 4 else None) for n, one in enumerate(ids)], rows)
    return ids
