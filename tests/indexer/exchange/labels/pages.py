"""Collections of images without labels, two of them pages of one file, under names that no other test takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from facies.core.images import content_hash, image_id
from facies.core.records import Fingerprint, ImageRecord, VectorRecord
from facies.core.store import Point
from facies.core.workspace import Workspace
from facies.indexer.collections import payload_of, schema_of

PRINT = Fingerprint("card", "1" * 64, "squash", "one view", "numpy", "f32")
IMAGES = 6
numbers = iter(range(10**6))


def make(workspace: Workspace, name: str, images: int = IMAGES) -> list[str]:
    """A collection of images without labels, two of them pages of one file; gives their ids."""
    record = workspace.catalog.create_collection(name, "microfossils", [VectorRecord("a", 3, PRINT)])
    metadata: list[dict[str, Any]] = [{"well": 'W"1,\n', "depth_m": 1200.5}, {}, {"depth_m": 1300.0}]
    records = []
    for number in range(images):
        page = number if number < 2 else None
        sha256 = content_hash(b"pages" if number < 2 else str(number).encode())
        records.append(
            ImageRecord(
                id=image_id(sha256, page),
                sha256=sha256,
                page=page,
                uri=f"/in/{'pages.tif' if number < 2 else f'{number}.png'}",
                width=10,
                height=20,
                format="PNG",
                scaling="uint8",
                metadata=metadata[number % 3],
            )
        )
    workspace.catalog.add_images(name, records, actor="test")
    workspace.store.ensure(name, schema_of(record, workspace.catalog.metadata_fields(name)))
    vector = np.array([1, 0, 0], np.float32)
    workspace.store.upsert(name, [Point(one.id, {"a": vector}, payload_of(one)) for one in records])
    return [one.id for one in records]
