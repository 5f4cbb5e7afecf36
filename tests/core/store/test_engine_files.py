"""What the pinned engine writes, read as this release understands it: a new release of the engine shows here."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
import qdrant_edge as edge

from facies.core.errors import StoreError
from facies.core.store.base import Point
from facies.core.store.build_child import Job, build
from facies.core.store.edge_conversion import edge_points
from facies.core.store.engine_files import (
    count_scanned,
    forget_quantization,
    is_bulk,
    read_quantization,
    read_vector_names,
    unfilled_bytes,
)
from facies.core.store.shard import Shard

DIM = 64


def make_shard(path: Path, count: int = 500) -> Shard:
    shard = Shard.create(path, {"v": DIM})
    rows = np.random.default_rng(0).normal(size=(count, DIM)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    points = [Point(str(uuid5(NAMESPACE_URL, str(i))), {"v": row}, {"n": i}) for i, row in enumerate(rows)]
    shard.write(lambda engine: engine.update(edge_points(points)), 10**6)
    shard.flush()
    return shard


def test_the_named_vectors_are_those_that_the_shard_has(tmp_path: Path) -> None:
    shard = make_shard(tmp_path / "shard", 3)
    assert read_vector_names(shard.path) == {"v"}
    shard.write(lambda one: one.update(edge.UpdateOperation.create_dense_vector("w", 4, edge.Distance.Cosine)), 0)
    assert read_vector_names(shard.path) == {"v", "w"}
    shard.write(lambda one: one.update(edge.UpdateOperation.delete_vector_name("v")), 0)
    assert read_vector_names(shard.path) == {"w"}
    shard.close()
    (shard.path / "edge_config.json").write_text("garbage")
    with pytest.raises(StoreError, match="damaged"):
        read_vector_names(shard.path)


def test_points_outside_the_graph_are_counted(tmp_path: Path) -> None:
    shard = make_shard(tmp_path / "shard")
    assert count_scanned(tmp_path / "shard") == 500
    shard.close()
    assert build(Job(tmp_path / "shard", {"v": DIM}, "none", 0))
    assert count_scanned(tmp_path / "shard") == 0
    again = Shard.load(tmp_path / "shard")
    ids = [str(uuid5(NAMESPACE_URL, str(i))) for i in range(7)]
    again.write(lambda engine: engine.update(edge.UpdateOperation.set_payload([*ids], {"n": 1})), 1000)
    again.flush()
    assert count_scanned(tmp_path / "shard") in {0, 7}  # the engine moves points only where it has to
    row = np.eye(DIM, dtype=np.float32)[0]
    again.write(lambda engine: engine.update(edge_points([Point(one, {"v": row}) for one in ids])), 1000)
    again.flush()
    assert count_scanned(tmp_path / "shard") == 7
    again.close()


def test_the_packing_is_read_and_taken_away(tmp_path: Path) -> None:
    make_shard(tmp_path / "shard").close()
    assert read_quantization(tmp_path / "shard") == "none"
    for packing in ("int8", "turbo4", "none", "int8"):
        assert build(Job(tmp_path / "shard", {"v": DIM}, packing, 0))
        assert read_quantization(tmp_path / "shard") == packing
        assert any((tmp_path / "shard").rglob("quantized*")) is (packing != "none")
    assert not build(Job(tmp_path / "shard", {"v": DIM}, "int8", 0))
    forget_quantization(tmp_path / "shard")
    forget_quantization(tmp_path / "shard")
    assert read_quantization(tmp_path / "shard") == "none"


@pytest.mark.parametrize("text", ["garbage", json.dumps({"quantization_config": {"binary": {}}})])
def test_a_configuration_that_is_not_ours_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "edge_config.json").write_text(text)
    with pytest.raises(StoreError, match=r"edge_config\.json"):
        read_quantization(tmp_path)
    with pytest.raises(StoreError):
        read_quantization(tmp_path / "none")


def test_the_bulk_is_most_of_a_shard(tmp_path: Path) -> None:
    make_shard(tmp_path / "shard").close()
    build(Job(tmp_path / "shard", {"v": DIM}, "int8", 0))
    files = [one for one in (tmp_path / "shard").rglob("*") if one.is_file()]
    names = {one.name for one in files if is_bulk(one)}
    assert {"matrix.dat", "graph.bin", "quantized.data"} <= names
    assert any(name.startswith("links") for name in names)
    for needed in ("edge_config.json", "segment.json", "id_tracker.mappings", "deleted.dat"):
        assert needed not in names
        assert any(one.name == needed for one in files)


def test_holes_that_will_be_filled_are_counted(tmp_path: Path) -> None:
    shard = make_shard(tmp_path / "shard", 10)
    shard.close()
    assert 2**20 < unfilled_bytes(tmp_path / "shard") <= 32 * 2**20
