"""A collection with everything that can be in one, and its exported file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from facies.core.images import content_hash, image_id
from facies.core.records import Fingerprint, ImageRecord, VectorRecord
from facies.core.store import Point
from facies.core.workspace import Workspace
from facies.indexer.collections import payload_of, schema_of
from facies.indexer.exchange.exporting import export_collection

PRINTS = {
    "a": Fingerprint("card-a", "1" * 64, "squash", "one view", "torch", "f32"),
    "b": Fingerprint("card-b", "2" * 64, "squash", "eight views", "openvino", "bf16"),
}


DIMS = {"a": 5, "b": 3}


def write_described(table: Any, document: Any, path: Path) -> None:
    """Write a table with a description that fits it as to hash and number of rows."""
    text = json.dumps(document)
    described = {"facies": text, "facies.sha256": content_hash(text.encode()), "facies.rows": str(table.num_rows)}
    pq.write_table(table.replace_schema_metadata(described), path)


def unit(rng: np.random.Generator, dim: int) -> Any:
    row = rng.normal(size=dim).astype(np.float32)
    return row / np.linalg.norm(row)


def fill(workspace: Workspace, name: str = "g", images: int = 20) -> None:
    """A collection with two vectors, every kind of field, every state of a label, pages, and gaps in all of them."""
    rng = np.random.default_rng(1)
    vectors = [VectorRecord(n, DIMS[n], PRINTS[n]) for n in ("a", "b")]
    record = workspace.catalog.create_collection(name, "figures", vectors)
    images_, points = [], []
    for i in range(images):
        sha256, page = content_hash(str(i // 2).encode()), (i % 2 if i < 6 else None)
        if page is None:
            sha256 = content_hash(f"one {i}".encode())
        state = ("validated", "predicted", "dubious", "rejected", None)[i % 5]
        metadata: dict[str, str | int | float] = {"well": f'6407/{i}-é\n"', "n": i * 10**13, "depth_m": i / 7}
        metadata = {k: v for j, (k, v) in enumerate(metadata.items()) if i < 3 or i % 3 != j}
        images_.append(
            ImageRecord(
                id=image_id(sha256, page),
                sha256=sha256,
                page=page,
                uri=f"/somewhere/{i}.png",
                width=10 + i,
                height=20,
                format="TIFF" if page is not None else "PNG",
                scaling="uint16 / 65535",
                metadata=metadata,
                label=None if state is None else f"l{i % 3}",
                state=state,  # type: ignore[arg-type]  # of the tuple above
            )
        )
        named = {n: unit(rng, DIMS[n]) for n in ("a", "b") if n == "a" or i % 4}
        points.append(Point(images_[-1].id, named, payload_of(images_[-1])))
    workspace.catalog.add_images(name, images_, actor="test")
    workspace.store.ensure(name, schema_of(record, workspace.catalog.metadata_fields(name)))
    workspace.store.upsert(name, points)
    workspace.store.flush()


@pytest.fixture
def gallery(workspace: Workspace) -> Workspace:
    fill(workspace)
    return workspace


def assert_equal(one: Workspace, name: str, other: Workspace, other_name: str) -> None:
    """The two collections are the same in all but their name and the moment of their making."""
    mine, theirs = one.catalog.collection(name), other.catalog.collection(other_name)
    assert (mine.preset, mine.vectors) == (theirs.preset, theirs.vectors)
    records = list(one.catalog.iter_images(name))
    assert records == list(other.catalog.iter_images(other_name))
    assert one.catalog.metadata_fields(name) == other.catalog.metadata_fields(other_name)
    assert one.catalog.label_counts(name) == other.catalog.label_counts(other_name)
    points, copies = (w.store.get(n, [r.id for r in records]) for w, n in ((one, name), (other, other_name)))
    assert points.keys() == copies.keys()
    for image_id_, point in points.items():
        copy = copies[image_id_]
        assert dict(point.payload) == dict(copy.payload)
        assert point.vectors.keys() == copy.vectors.keys()
        for vector, row in point.vectors.items():
            assert row.tobytes() == copy.vectors[vector].tobytes(), "bit for bit"


@pytest.fixture
def file(gallery: Workspace, tmp_path: Path) -> Path:
    target = tmp_path / "g.parquet"
    export_collection(gallery, "g", target)
    return target
