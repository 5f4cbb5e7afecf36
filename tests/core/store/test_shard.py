"""Space, errors and recovery around one shard of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import qdrant_edge as edge

from facies.core.errors import CollectionNotFoundError, StorageError, StoreError, StoreUnavailableError
from facies.core.store.shard import Shard, check_space, engine_errors


@pytest.fixture
def shard(tmp_path: Path) -> Iterator[Shard]:
    made = Shard.create(tmp_path / "shard", {"v": 2})
    yield made
    made.abandon()


def add_point(engine: edge.EdgeShard) -> None:
    engine.update(edge.UpdateOperation.upsert_points([edge.Point(str(uuid4()), {"v": [1.0, 0.0]}, {})]))


def count(engine: edge.EdgeShard) -> int:
    return engine.count(edge.CountRequest(exact=True))


def test_the_log_is_on(shard: Shard, tmp_path: Path) -> None:
    assert any((tmp_path / "shard" / "wal").iterdir())


def test_it_recovers_after_the_engine_failed(shard: Shard) -> None:
    shard.write(add_point, 100)

    def fail(engine: edge.EdgeShard) -> None:
        add_point(engine)
        raise Exception("Not recovered from previous error")

    with pytest.raises(StoreError, match="Not recovered"):
        shard.write(fail, 100)
    assert shard.read(count) == 2
    shard.write(add_point, 100)
    assert shard.read(count) == 3


def test_a_write_that_does_not_fit_is_refused_before_the_engine_sees_it(shard: Shard) -> None:
    with pytest.raises(StorageError, match=r"disk is full \(\d+ MiB free, \d+ MiB needed\)"):
        shard.write(add_point, 2**60)
    assert shard.read(count) == 0
    shard.write(add_point, 100)


def test_a_closed_shard_says_so(shard: Shard, tmp_path: Path) -> None:
    shard.write(add_point, 100)
    shard.close()
    shard.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        shard.read(count)
    loaded = Shard.load(tmp_path / "shard")
    assert loaded.read(count) == 1
    loaded.close()


def test_much_written_brings_a_flush(shard: Shard) -> None:
    shard.write(add_point, 33 * 2**20)
    assert shard.read(count) == 1


def test_nothing_to_load(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        Shard.load(tmp_path / "none")
    with pytest.raises(StoreError, match="failed"):
        Shard.load(tmp_path)


def test_space_of_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        check_space(tmp_path / "none", 1)


class PanicException(BaseException):
    pass


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (Exception("IO Error: No space left on device (os error 28)"), StorageError),
        (Exception("failed to set length: File too large (os error 27)"), StorageError),
        (Exception("Read-only file system (os error 30)"), StorageError),
        (Exception("Vector dimension error: expected dim: 8, got 5"), StoreError),
        (ValueError("failed to convert NaN"), StoreError),
        (PanicException("index out of bounds"), StoreError),
        (CollectionNotFoundError("c"), CollectionNotFoundError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_every_error_of_the_engine_becomes_ours(raised: BaseException, expected: type[BaseException]) -> None:
    with pytest.raises(expected) as caught, engine_errors(Path("/data/c")):
        raise raised
    assert type(caught.value) is expected
